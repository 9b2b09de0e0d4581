"""Breaks one thing at a time between the conversations of tests/scim and the program, and sees that each is noticed.

faults.py BASE DATA_DIR HANDBACK. Of these faults scim2-tester notices the five that are marked; the rest is what the
conversations are for.
"""

import http.server
import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

from talk import call, conversations, filled, new_connection, opener

base, data, handback = sys.argv[1:4]

FAULTS = [
    "filters are ignored",
    "startIndex and count are ignored",
    "If-Match is ignored",
    "`Replace` with a capital is refused",
    "a PATCH without a path is refused",
    "a userName that is taken is accepted",
    "answers are application/json",
    "ETag is missing",
    "Location is missing",
    "making answers 200",  # scim2-tester, too
    "404 is text/plain",  # scim2-tester, too
    "405 is 404",  # scim2-tester, too
    "DELETE keeps the account",  # scim2-tester, too
    "totalResults is missing",  # scim2-tester, too
]


class Proxy(http.server.BaseHTTPRequestHandler):
    fault = None

    def log_message(self, *_):
        pass

    def serve(self):
        fault, method, path = Proxy.fault, self.command, self.path
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length", "connection")}
        dropped = {"filters are ignored": ["filter"], "startIndex and count are ignored": ["startIndex", "count"]}.get(fault, [])
        if dropped:
            parts = urllib.parse.urlsplit(path)
            query = [(k, v) for k, v in urllib.parse.parse_qsl(parts.query) if k not in dropped]
            path = urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))
            if path.endswith("/.search"):
                body = json.dumps({k: v for k, v in json.loads(body).items() if k not in dropped}).encode()
        if fault == "If-Match is ignored":
            headers = {k: v for k, v in headers.items() if k.lower() != "if-match"}
        operations = json.loads(body).get("Operations", []) if method == "PATCH" and body else []
        if fault == "`Replace` with a capital is refused" and any(o["op"] != o["op"].lower() for o in operations):
            return self.reply(400, {"content-type": "application/scim+json"}, b"{}")
        if fault == "a PATCH without a path is refused" and any("path" not in o for o in operations):
            return self.reply(400, {"content-type": "application/scim+json"}, b"{}")
        if fault == "DELETE keeps the account" and method == "DELETE" and "/Users/" in path:
            return self.reply(204, {}, b"")
        request = urllib.request.Request(base + path, method=method, headers=headers, data=body or None)
        try:
            answer = opener.open(request)
        except urllib.error.HTTPError as error:
            answer = error
        status, text = answer.status, answer.read()
        headers = {k.lower(): v for k, v in answer.headers.items() if k.lower() in ("content-type", "etag", "location", "allow")}
        if fault == "a userName that is taken is accepted" and status == 409:
            status, text = 201, json.dumps(json.loads(body) | {"id": "x", "meta": {}}).encode()
        if fault == "answers are application/json" and headers.get("content-type") == "application/scim+json":
            headers["content-type"] = "application/json"
        if fault == "ETag is missing":
            headers.pop("etag", None)
        if fault == "Location is missing":
            headers.pop("location", None)
        if fault == "making answers 200" and status == 201:
            status = 200
        if fault == "404 is text/plain" and status == 404:
            headers["content-type"] = "text/plain"
        if fault == "405 is 404" and status == 405:
            status = 404
        if fault == "totalResults is missing" and b"totalResults" in text:
            text = json.dumps({k: v for k, v in json.loads(text).items() if k != "totalResults"}).encode()
        self.reply(status, headers, text)

    def reply(self, status, headers, text):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve


def fits(expected, found):
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(k in found and fits(v, found[k]) for k, v in expected.items())
    if isinstance(expected, list):
        return isinstance(found, list) and len(expected) == len(found) and all(map(fits, expected, found))
    return expected == found


def absent(pointer, body):
    for part in pointer.strip("/").split("/"):
        if isinstance(body, list):
            body = body[int(part)] if int(part) < len(body) else None
        else:
            body = body.get(part) if isinstance(body, dict) else None
    return body is None


def play(root, headers, case):
    """What is wrong with the answers, or nothing."""
    ids = {}
    for step in case["steps"]:
        sent = headers | step.get("headers", {})
        status, body, got = call(root, step["method"], filled(step["path"], ids), filled(step.get("body"), ids), sent)
        if status != step["status"]:
            return f"{status} instead of {step['status']}"
        if status == 204:
            continue
        if got["content-type"] != "application/scim+json":
            return "the media type"
        if not fits(filled(step.get("expect", {}), ids), body):
            return "the answer"
        if not all(absent(pointer, body) for pointer in step.get("absent", [])):
            return "something is there that is not to be"
        if "save" in step:
            ids[step["save"]] = body["id"]
            if not (got["location"] or "").endswith("/Users/" + body["id"]) or got["etag"] != body["meta"]["version"]:
                return "the headers"
    return None


def noticed(root, headers, cases):
    for name, case in cases.items():
        try:
            wrong = play(root, headers, case)
        except (ValueError, KeyError) as error:
            wrong = repr(error)
        for user in call(base, "GET", "/Users", None, headers)[1]["Resources"]:
            call(base, "DELETE", "/Users/" + user["id"], None, headers)
        if wrong:
            return f"{name}: {wrong}"
    return None


def main():
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{proxy.server_port}"
    headers = {"Authorization": "Bearer " + new_connection(handback, data, "faults")}
    cases = conversations()
    unbroken = noticed(root, headers, cases)
    if unbroken:
        raise SystemExit(f"nothing is broken, and yet: {unbroken}")
    missed = []
    for fault in FAULTS:
        Proxy.fault = fault
        found = noticed(root, headers, cases)
        print(f"  {fault}: {found}")
        missed += [] if found else [fault]
    if missed:
        raise SystemExit(f"not noticed: {missed}")
    print(f"{len(FAULTS)} faults, all noticed")


main()
