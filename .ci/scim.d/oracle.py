"""Holds the conversations of tests/scim with the program and with scim2-server, and compares what comes of them.

oracle.py BASE DATA_DIR HANDBACK: a fresh connection is made for each conversation, and a fresh oracle is started.
"""

import collections
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

from talk import call, conversations, filled, new_connection

# Where clients depart from the letter of the RFC, or the RFC leaves a choice. Each is understood here; scim2-server is
# told the same thing to the letter. A departure that no conversation has any more fails the judge, too.
DEPARTURES = {
    "unknown-attributes": "attributes that the schema does not have are left out",
    "text-boolean": 'true and false come as texts ("False")',
    "packed-value": 'a single value comes in a list ([{"$ref": null, "value": "False"}])',
    "bare-manager": "the manager comes as a plain id",
    "dotted-names": "without a path, members have dotted and qualified names",
    "create-by-filter": "a chosen address that is not there is made (the RFC: noTarget)",
    "filter-on-chosen-value": 'emails[type eq "work"].value eq "…" in a filter',
    "put-without-active": "a PUT without `active` leaves it as it is",
    "error-word": "scim2-server refuses as well, in other words or by another rule",
    "order": "each server has its own order of a list",
}

base, data, handback = sys.argv[1:4]
def comparable(value, ids):
    """What two servers can agree on: no ids, dates, addresses or words of their own."""
    if isinstance(value, dict):
        dropped = {"id", "meta", "detail", "schemas"}
        return {k: comparable(v, ids) for k, v in value.items() if k not in dropped and v not in (None, [])}
    if isinstance(value, (list, tuple)):
        return [comparable(item, ids) for item in value]
    if isinstance(value, str):
        for name, own in ids.items():
            value = value.replace(own, "{" + name + "}")
    return value


class Server:
    def __init__(self, root, headers):
        self.root, self.headers, self.ids = root, headers, {}

    def take(self, step, to_the_letter):
        path, body = step["path"], step.get("body")
        if to_the_letter and "letter" in step:
            letter = step["letter"]
            if set(letter) == {"path"}:
                path = letter["path"]
            else:
                body = letter
        headers = self.headers | step.get("headers", {})
        status, answer, _ = call(self.root, step["method"], filled(path, self.ids), filled(body, self.ids), headers)
        if "save" in step and answer:
            self.ids[step["save"]] = answer.get("id", "")
        after = None
        if "id" in self.ids:
            after = call(self.root, "GET", "/Users/" + self.ids["id"], None, self.headers)[:2]
        return comparable([status, answer, after], self.ids)


def oracle_with(folder):
    """scim2-server with our own schemas and types of resources."""
    headers = {"Authorization": "Bearer " + new_connection(handback, data, "oracle")}
    for name, path in [("schemas", "/Schemas"), ("types", "/ResourceTypes")]:
        resources = call(base, "GET", path, None, headers)[1]["Resources"]
        for resource in resources:
            resource.pop("meta", None)
        (folder / name).write_text(json.dumps(resources))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["scim2-server", "--port", str(port), "--dynamic-tenants"]
        + ["--schema", folder / "schemas", "--resource-type", folder / "types"],
        stdout=open(folder / "log", "w"),
        stderr=subprocess.STDOUT,
    )
    root = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            if call(root + "/none/v2", "GET", "/Users", None, {})[0] == 200:
                return process, root
        except OSError:
            time.sleep(0.1)
    process.terminate()
    raise SystemExit("scim2-server does not start: " + (folder / "log").read_text())


def main():
    folder = pathlib.Path(tempfile.mkdtemp())
    process, oracle = oracle_with(folder)
    wrong, steps, departures = [], 0, collections.Counter()
    try:
        cases = conversations()
        for name, case in cases.items():
            ours = Server(base, {"Authorization": "Bearer " + new_connection(handback, data, name)})
            theirs = Server(f"{oracle}/{name}/v2", {})
            for number, step in enumerate(case["steps"], 1):
                steps += 1
                departures[step.get("differs")] += 1
                one, other = ours.take(step, False), theirs.take(step, True)
                if step.get("differs") == "error-word":
                    one[1] = other[1] = None
                if step.get("differs") == "order":
                    one[1].pop("Resources"), other[1].pop("Resources")
                # A change is answered with the account or with nothing (RFC 7644 §3.5.2); the account afterwards tells.
                if step["method"] == "PATCH" and (one[0], other[0]) == (200, 204):
                    one[:2] = other[:2] = []
                if one != other:
                    wrong.append(f"{name}, step {number}:\n  ours   {json.dumps(one)}\n  theirs {json.dumps(other)}")
    finally:
        process.terminate()
        process.wait()
    departures.pop(None, None)
    for name in sorted(set(departures) ^ set(DEPARTURES)):
        wrong.append(f"the departure {name} is not listed, or listed and not there")
    if wrong:
        raise SystemExit("\n".join(wrong))
    print(f"{len(cases)} conversations, {steps} steps, {sum(departures.values())} of them to the letter for scim2-server:")
    for name, count in sorted(departures.items()):
        print(f"  {count:3} {name}: {DEPARTURES[name]}")


main()
