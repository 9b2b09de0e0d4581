"""Speaking SCIM: one request, the conversations of tests/scim, and a connection to hold them on."""

import json
import pathlib
import subprocess
import urllib.error
import urllib.request

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(root, method, path, body, headers):
    request = urllib.request.Request(root + path, method=method, headers=headers)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("content-type", "application/scim+json")
    try:
        answer = opener.open(request)
    except urllib.error.HTTPError as error:
        answer = error
    text = answer.read()
    return answer.status, json.loads(text) if text else None, answer.headers


def filled(value, ids):
    text = json.dumps(value)
    for name, own in ids.items():
        text = text.replace("{" + name + "}", own)
    return json.loads(text)


def conversations():
    """All of them, by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(pathlib.Path("tests/scim").glob("*.json"))}


def new_connection(handback, data, name):
    """Makes a connection of this name; says its token."""
    command = [handback, "scim-connection", "create", name, "--json", "--data-dir", data]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["token"]
