"""Plays a client of oidc-provider, and then everybody who would like to be one."""

import base64
import hashlib
import hmac
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

BASE, ISSUER = sys.argv[1:]
AUDIENCE = "urn:handback"
open_url = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def send(url, token=None, form=None, basic=None, method=None):
    """The status and the body."""
    request = urllib.request.Request(url, method=method)
    if token is not None:
        request.add_header("Authorization", "Bearer " + token)
    if basic is not None:
        request.add_header("Authorization", "Basic " + base64.b64encode(basic.encode()).decode())
    if form is not None:
        request.data = urllib.parse.urlencode(form).encode()
    try:
        with open_url(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def issued(client="outsider", scope="handback.read handback.hr"):
    """A token of the real issuer."""
    form = {"grant_type": "client_credentials", "scope": scope, "resource": AUDIENCE}
    status, body = send(ISSUER + "/token", form=form, basic=client + ":secret-of-the-test")
    assert status == 200, (status, body)
    return json.loads(body)["access_token"]


def call(token, path="/v1/legal-entities"):
    return send(BASE + path, token)[0]


def expect(what, found, wanted):
    print(f"{'ok  ' if found == wanted else 'FAIL'} {what}: {found}")
    if found != wanted:
        sys.exit(1)


def encode(data):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def play():
    first = issued()
    header = jwt.get_unverified_header(first)
    expect("the issuer types its access tokens", header["typ"], "at+jwt")
    expect("a token of the issuer is accepted", call(first), 200)
    expect("what the account does not have is not had", call(issued(scope="handback.hr")), 403)
    expect("a client without an account is refused", call(issued("stranger")), 401)
    # Not shown yet: what was verified once may live on until its keys are ten minutes old.
    return issued()


def rotate(unseen):
    # The service asks an issuer at most twice a minute, and asked when the first token came.
    send(ISSUER + "/rotate", method="POST")
    time.sleep(31)
    new = issued()
    expect("a token of the new key is accepted after one look", call(new), 200)
    expect("a token of the withdrawn key is refused", call(unseen), 401)
    return new


def forgeries(good):
    """Tokens as somebody makes them who has no key of the issuer, by class."""
    head, payload, signature = good.split(".")
    header, claims = jwt.get_unverified_header(good), jwt.decode(good, options={"verify_signature": False})
    mine = ec.generate_private_key(ec.SECP256R1())
    my_jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(mine.public_key()))
    published = json.loads(send(ISSUER + "/jwks")[1])["keys"][0]
    evil = "http://127.0.0.1:9/keys"

    def unsigned(**change):
        return f"{encode({**header, **change})}.{payload}"

    def signed(key=mine, algorithm="ES256", claims=claims, **change):
        merged = {name: value for name, value in {**header, **change}.items() if name != "alg" and value is not None}
        if "typ" in change and change["typ"] is None:
            merged["typ"] = ""  # PyJWT then leaves it out
        return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm, headers=merged)

    for name in ["none", "None", "NONE", "nOnE", "", "null"]:
        yield "no signature", unsigned(alg=name) + "."
        yield "no signature", unsigned(alg=name) + "." + signature
    yield "no algorithm", f"{encode({k: v for k, v in header.items() if k != 'alg'})}.{payload}.{signature}"
    secrets = [json.dumps(published), published["x"], "", "secret", "key-1", "/dev/null", "\0"]
    for algorithm in ["HS256", "HS384", "HS512"]:
        digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
        for secret in secrets:
            message = unsigned(alg=algorithm)
            yield "algorithm confusion", f"{message}.{encode(hmac.new(secret.encode(), message.encode(), digest).digest())}"
    for algorithm in ["RS256", "PS256", "RS512", "ES384", "ES512", "ES256K", "EdDSA", "es256", "ES256 ", "HS1", "dir"]:
        yield "another algorithm", f"{unsigned(alg=algorithm)}.{signature}"
    for bytes_ in [b"", b"\0" * 64, b"\0" * 63 + b"\1", b"\1" * 64, b"\xff" * 64, b"\x30\x06\x02\x01\x00\x02\x01\x00", b"\0" * 8]:
        yield "psychic signature", f"{head}.{payload}.{encode(bytes_)}"
    kids = [
        "../../../../dev/null", "/dev/null", "key-1' OR '1'='1", "key-1; DROP TABLE service_account", "x\0", "", "å", "$(id)",
        "http://127.0.0.1:9/k", "k" * 300, "key-0", "KEY-1",
    ]
    for kid in kids:
        yield "key id", signed(kid=kid)
    yield "key id", signed(kid=None)
    yield "key brought along", signed(jwk=my_jwk)
    yield "key brought along", signed(jwk=my_jwk, kid=None)
    for name in ["jku", "x5u"]:
        yield "key pointed to", signed(**{name: evil})
        yield "key pointed to", signed(**{name: ISSUER + "/jwks@evil.example"})
    yield "certificate", signed(x5c=["MIIB"], x5t="AAAA")
    yield "extension", signed(crit=["b64"], b64=False)
    yield "extension", signed(crit=["exp"])
    yield "extension", signed(crit=[])
    for typ in ["JWT", "id+jwt", "logout+jwt", "at+jwt; x=y", "", None]:
        yield "type", signed(typ=typ)
        yield "type", f"{unsigned(typ=typ)}.{signature}"
    for name in ["cty", "zip", "epk"]:
        yield "header of encryption", signed(**{name: "JWT"})
    yield "encrypted", f"{head}.{payload}.{signature}.{payload}.{signature}"
    for change in [
        {"scope": "handback.admin admin"}, {"client_id": "admin"}, {"exp": 2**62}, {"exp": -1}, {"iss": BASE}, {"iss": [ISSUER]},
        {"aud": "*"}, {"aud": [AUDIENCE, "x"]}, {"nbf": 0}, {"sub": {"$ne": 1}}, {"iss": "https://evil.example"},
    ]:
        yield "claims changed", f"{head}.{encode({**claims, **change})}.{signature}"
        yield "claims of another key", signed(claims={**claims, **change})
    yield "another key", signed()
    yield "another key", signed(rsa.generate_private_key(65537, 2048), "RS256")
    yield "another key", signed(ed25519.Ed25519PrivateKey.generate(), "EdDSA")
    twice = json.dumps(claims).replace("{", '{"client_id": "admin", ', 1).encode()
    yield "member twice", f"{head}.{encode(twice)}.{signature}"
    for text in ["", ".", "..", "...", "a.b.c", "e30.e30.", f"{head}.{payload}", f"{head}.{payload}.{signature}=", good[:-4], good + "A"]:
        yield "not a token", text or "-"
    yield "too large", f"{head}.{encode({**claims, 'x': 'x' * 9000})}.{signature}"
    yield "not JSON", f"{encode(b'[' * 3000)}.{payload}.{signature}"
    yield "not JSON", f"{head}.{encode(b'[' * 3000)}.{signature}"


def main():
    new = rotate(play())
    count, classes = 0, set()
    for kind, token in forgeries(new):
        status = call(token)
        if status != 401:
            sys.exit(f"FAIL {kind}: {status} for {token}")
        count += 1
        classes.add(kind)
    print(f"ok   {count} forged tokens of {len(classes)} classes were refused")
    expect("that is all of them", count >= 120 and len(classes) >= 18, True)
    expect("a good token still is one", call(new), 200)


main()
