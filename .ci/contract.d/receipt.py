"""The desk closes a case, and a stranger with nothing but the published keys and PyJWT checks its receipt."""

import base64
import json
import sys
import urllib.request

import jwt

BASE, TOKEN = sys.argv[1:]
KEYS = f"{BASE}/.well-known/handback-receipts/jwks.json"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(method, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **headers}
    with opener.open(urllib.request.Request(BASE + path, data, headers, method=method)) as answer:
        return answer.read().decode()


def expect(what, fine):
    print(f"{'ok  ' if fine else 'FAIL'} {what}")
    if not fine:
        sys.exit(1)


def case():
    return json.loads(call("GET", f"/v1/terminations/{CASE}"))


CASE = json.loads(call("GET", "/v1/terminations?state=scheduled"))["items"][0]["id"]
for item in case()["items"]:
    for check in item["checks"]:
        now = case()
        if now["state"] == "completed":
            break
        if check["check"] == "codes":
            codes = [{"kind": kind, "answer": "unknown"} for kind in ("screen_lock", "sim_pin", "other")]
            call("POST", f"/v1/terminations/{CASE}/items/{item['id']}/codes", {"codes": codes})
        path = f"/v1/terminations/{CASE}/items/{item['id']}/checks/{check['check']}"
        call("PUT", path, {"state": "deviation", "reason": "Ligger kvar på hotellet."}, **{"If-Match": "*"})
expect("the case is closed with deviations", case()["state"] == "completed")

path = f"/v1/terminations/{CASE}/receipt"
body = json.loads(call("GET", path, Accept="application/json"))
signed = call("GET", path, Accept="application/jose")
expect("the signed receipt alone is the one in the JSON", body.pop("signed") == signed)

with opener.open(KEYS) as answer:
    keys = jwt.PyJWKSet.from_json(answer.read())
key = keys[jwt.get_unverified_header(signed)["kid"]]
claims = jwt.decode(signed, key, algorithms=["EdDSA"])
expect("the signature is good", claims["iss"] == BASE)
expect("and covers every fact", claims["receipt"] == body)

head, payload, signature = signed.split(".")
forged = base64.urlsafe_b64decode(payload + "==").replace(b'"has_deviation":true', b'"has_deviation":false')
forged = base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
expect("the forger has changed something", forged != payload)
try:
    jwt.decode(f"{head}.{forged}.{signature}", key, algorithms=["EdDSA"])
    expect("a changed fact is refused", False)
except jwt.InvalidSignatureError:
    expect("a changed fact is refused", True)
