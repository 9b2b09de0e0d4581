mod external;
pub(crate) mod forge;
mod key_set;

use super::*;
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

const ISSUER: &str = "https://handback.exempelkommunen.example";
const AUDIENCE: &str = "https://handback.exempelkommunen.example/v1";
const NOW: i64 = 1_790_000_000;

fn now() -> DateTime<Utc> {
    at(0)
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW + seconds, 0).unwrap()
}

fn tokens() -> AccessTokens {
    AccessTokens::new(&Keyring::for_tests(), ISSUER, AUDIENCE, TimeDelta::minutes(10)).unwrap()
}

fn grant() -> AccessGrant {
    AccessGrant {
        subject: "0198c0de-0000-7000-8000-000000000001".to_owned(),
        client_id: "0198c0de-0000-7000-8000-000000000001".to_owned(),
        scopes: vec!["employments:write".to_owned(), "cases:read".to_owned()],
        version: 3,
    }
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "test-2" })
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": grant().subject, "client_id": grant().client_id,
        "jti": Uuid::from_u128(7), "iat": NOW, "exp": NOW + 600, "scope": "employments:write cases:read", "ver": 3,
    })
}

/// `base` with the members of `change`; null takes a member away.
fn with(base: Value, change: Value) -> Value {
    forge::with(base, &change)
}

fn unsigned(header: &str, claims: &str) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    )
}

/// A token with any content, signed as our issuer with the key `test-2` would.
fn signed_text(header: &str, claims: &str) -> String {
    let message = unsigned(header, claims);
    let signature = key_pair(Keyring::for_tests().current())
        .unwrap()
        .sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn signed(header: &Value, claims: &Value) -> String {
    signed_text(&header.to_string(), &claims.to_string())
}

fn with_claims(change: Value) -> Result<AccessClaims, TokenError> {
    tokens().verify(&signed(&header(), &with(claims(), change)), now())
}

fn with_header(change: Value) -> Result<AccessClaims, TokenError> {
    tokens().verify(&signed(&with(header(), change), &claims()), now())
}

#[test]
fn an_issued_token_verifies_to_what_was_granted() {
    let token = tokens().issue(&grant(), now(), Uuid::from_u128(7)).unwrap();
    let verified = tokens().verify(&token, at(599)).unwrap();
    assert_eq!(
        verified,
        AccessClaims {
            grant: grant(),
            id: Uuid::from_u128(7),
            issued_at: now(),
            expires_at: at(600)
        }
    );
    assert_eq!(read_header(&token).unwrap(), *header().as_object().unwrap());
}

#[test]
fn the_hand_made_token_of_these_tests_is_good_so_that_its_changes_are_what_is_refused() {
    assert!(with_claims(json!({})).is_ok());
    assert!(with_header(json!({})).is_ok());
}

#[test]
fn tokens_of_the_former_key_verify_until_it_leaves_the_keyring() {
    let keyring = |text: &str| Keyring::parse_for_tests(text);
    let key =
        |kid: &str, letter: &str| format!("[[key]]\nid = \"{kid}\"\nkey = \"{}{letter}=\"\n", "A".repeat(42));
    let issuer =
        |keyring: &Keyring| AccessTokens::new(keyring, ISSUER, AUDIENCE, TimeDelta::hours(1)).unwrap();
    let before = issuer(&keyring(&format!("current = \"old\"\n{}", key("old", "E"))));
    let during = issuer(&keyring(&format!(
        "current = \"new\"\n{}{}",
        key("old", "E"),
        key("new", "I")
    )));
    let after = issuer(&keyring(&format!("current = \"new\"\n{}", key("new", "I"))));
    let old = before.issue(&grant(), now(), Uuid::nil()).unwrap();
    let new = during.issue(&grant(), now(), Uuid::nil()).unwrap();
    assert!(during.verify(&old, now()).is_ok());
    assert!(after.verify(&new, now()).is_ok());
    assert_eq!(after.verify(&old, now()), Err(TokenError::UnknownKey));
    assert_eq!(before.verify(&new, now()), Err(TokenError::UnknownKey));
}

#[test]
fn a_token_that_another_key_or_no_key_signed_is_refused() {
    let good = signed(&header(), &claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let verify = |token: &str| tokens().verify(token, now()).unwrap_err();
    assert_eq!(verify(&format!("{message}.")), TokenError::BadSignature);
    assert_eq!(
        verify(&format!("{message}.{}", "A".repeat(86))),
        TokenError::BadSignature
    );
    assert_eq!(
        verify(&format!("{message}.{}", &signature[..80])),
        TokenError::BadSignature
    );
    let more = with(claims(), json!({ "scope": "admin" })).to_string();
    let changed = format!("{}.{signature}", unsigned(&header().to_string(), &more));
    assert_eq!(verify(&changed), TokenError::BadSignature);
    assert_eq!(
        with_header(json!({ "kid": "test-1" })),
        Err(TokenError::BadSignature)
    );
    assert_eq!(
        with_header(json!({ "kid": "test-3" })),
        Err(TokenError::UnknownKey)
    );
    assert_eq!(with_header(json!({ "kid": null })), Err(TokenError::UnknownKey));
    assert_eq!(
        with_header(json!({ "kid": ["test-2"] })),
        Err(TokenError::UnknownKey)
    );
}

#[test]
fn the_token_does_not_choose_its_algorithm() {
    let none = with(header(), json!({ "alg": "none" })).to_string();
    let token = format!("{}.", unsigned(&none, &claims().to_string()));
    assert_eq!(tokens().verify(&token, now()), Err(TokenError::WrongAlgorithm));

    // The classic: our public key used as the secret of an HMAC.
    let public = key_pair(Keyring::for_tests().current()).unwrap();
    let secret = hmac::Key::new(hmac::HMAC_SHA256, public.public_key().as_ref());
    let message = unsigned(
        &with(header(), json!({ "alg": "HS256" })).to_string(),
        &claims().to_string(),
    );
    let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&secret, message.as_bytes()));
    assert_eq!(
        tokens().verify(&format!("{message}.{tag}"), now()),
        Err(TokenError::WrongAlgorithm)
    );

    for alg in [
        json!("NONE"),
        json!("eddsa"),
        json!("ES256"),
        json!(["EdDSA"]),
        json!(null),
    ] {
        assert_eq!(
            with_header(json!({ "alg": alg })),
            Err(TokenError::WrongAlgorithm)
        );
    }
}

#[test]
fn a_key_that_the_token_brings_along_is_not_used() {
    let own = Ed25519KeyPair::generate().unwrap();
    let x = URL_SAFE_NO_PAD.encode(own.public_key().as_ref());
    let header = with(
        header(),
        json!({ "jwk": { "kty": "OKP", "crv": "Ed25519", "x": x }, "jku": "https://evil.example/", "x5c": ["AAAA"] }),
    );
    let message = unsigned(&header.to_string(), &claims().to_string());
    let signature = URL_SAFE_NO_PAD.encode(own.sign(message.as_bytes()));
    let verified = tokens().verify(&format!("{message}.{signature}"), now());
    assert_eq!(verified, Err(TokenError::BadSignature));
    assert!(with_header(json!({ "jku": "https://evil.example/", "x5u": "https://evil.example/" })).is_ok());
}

#[test]
fn only_the_type_of_an_access_token_passes() {
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert!(with_header(json!({ "typ": typ })).is_ok(), "{typ}");
    }
    for typ in [
        json!("JWT"),
        json!("id+jwt"),
        json!("application/application/at+jwt"),
        json!(""),
        json!(null),
    ] {
        assert_eq!(
            with_header(json!({ "typ": typ })),
            Err(TokenError::WrongType),
            "{typ}"
        );
    }
    for crit in [json!(["exp"]), json!([]), json!("b64")] {
        assert_eq!(
            with_header(json!({ "crit": crit })),
            Err(TokenError::CriticalExtension)
        );
    }
}

#[test]
fn every_required_claim_is_required_and_has_its_type() {
    for name in ["iss", "aud", "exp", "iat", "sub", "client_id", "jti", "ver"] {
        assert_eq!(
            with_claims(json!({ name: null })),
            Err(TokenError::MissingClaim),
            "{name}"
        );
        for other in [json!([]), json!({}), json!(true), json!(1.5)] {
            assert!(with_claims(json!({ name: other })).is_err(), "{name} = {other}");
        }
    }
    assert_eq!(with_claims(json!({ "jti": "7" })), Err(TokenError::Malformed));
    assert_eq!(with_claims(json!({ "ver": "3" })), Err(TokenError::Malformed));
    assert_eq!(
        with_claims(json!({ "scope": ["admin"] })),
        Err(TokenError::Malformed)
    );
    assert_eq!(
        with_claims(json!({ "scope": null })).unwrap().grant.scopes,
        Vec::<String>::new()
    );
}

#[test]
fn another_issuer_or_audience_is_refused_also_inside_a_list_with_ours() {
    assert_eq!(
        with_claims(json!({ "iss": "https://evil.example" })),
        Err(TokenError::WrongIssuer)
    );
    assert_eq!(
        with_claims(json!({ "iss": format!("{ISSUER}/") })),
        Err(TokenError::WrongIssuer)
    );
    assert_eq!(
        with_claims(json!({ "iss": [ISSUER] })),
        Err(TokenError::Malformed)
    );
    assert_eq!(
        with_claims(json!({ "aud": "https://evil.example" })),
        Err(TokenError::WrongAudience)
    );
    assert_eq!(
        with_claims(json!({ "aud": [AUDIENCE, "https://evil.example"] })),
        Err(TokenError::Malformed)
    );
}

#[test]
fn a_token_is_valid_in_its_time_with_half_a_minute_of_leeway() {
    let token = signed(&header(), &claims());
    let verify = |seconds| tokens().verify(&token, at(seconds)).map(drop);
    assert_eq!(verify(-31), Err(TokenError::NotYetValid));
    assert_eq!(verify(-30), Ok(()));
    assert_eq!(verify(629), Ok(()));
    assert_eq!(verify(630), Err(TokenError::Expired));
    assert!(with_claims(json!({ "nbf": NOW + 30 })).is_ok());
    assert_eq!(
        with_claims(json!({ "nbf": NOW + 31 })),
        Err(TokenError::NotYetValid)
    );
    assert_eq!(with_claims(json!({ "nbf": "soon" })), Err(TokenError::Malformed));
}

#[test]
fn no_token_lives_longer_than_a_day_or_ends_before_it_begins() {
    let day = 24 * 60 * 60;
    assert!(with_claims(json!({ "exp": NOW + day })).is_ok());
    for (iat, exp) in [(NOW, NOW + day + 1), (NOW, NOW), (NOW, NOW - 1), (0, NOW + 600)] {
        assert_eq!(
            with_claims(json!({ "iat": iat, "exp": exp })),
            Err(TokenError::BadLifetime)
        );
    }
    for extreme in [i64::MAX, i64::MIN] {
        assert_eq!(with_claims(json!({ "exp": extreme })), Err(TokenError::Malformed));
        assert_eq!(with_claims(json!({ "iat": extreme })), Err(TokenError::Malformed));
    }
    for seconds in [0, -1, day + 1] {
        let made = AccessTokens::new(
            &Keyring::for_tests(),
            ISSUER,
            AUDIENCE,
            TimeDelta::seconds(seconds),
        );
        assert_eq!(made.err(), Some(IssuerError::Lifetime));
    }
}

#[test]
fn what_is_not_a_plain_signed_token_is_malformed() {
    let good = signed(&header(), &claims());
    let verify = |token: &str| tokens().verify(token, now()).unwrap_err();
    for token in [
        "",
        ".",
        "..",
        "a.b",
        "å.å.å",
        &format!("{good}.a.b"),
        &format!("{good}."),
        &format!(" {good}"),
    ] {
        assert_eq!(verify(token), TokenError::Malformed, "{token}");
    }
    assert_eq!(
        verify(&signed_text("[]", &claims().to_string())),
        TokenError::Malformed
    );
    assert_eq!(
        verify(&signed_text(&header().to_string(), "7")),
        TokenError::Malformed
    );
    let long = with(claims(), json!({ "x": "x".repeat(8 * 1024) }));
    assert_eq!(verify(&signed(&header(), &long)), TokenError::TooLarge);
}

#[test]
fn a_member_that_appears_twice_is_refused_in_header_and_claims() {
    let twice = |object: Value, member: &str| object.to_string().replacen('{', &format!("{{{member},"), 1);
    let header_twice = twice(header(), r#""kid":"test-1""#);
    let claims_twice = twice(claims(), r#""sub":"somebody else""#);
    let verify = |header: &str, claims: &str| tokens().verify(&signed_text(header, claims), now());
    assert_eq!(
        verify(&header_twice, &claims().to_string()),
        Err(TokenError::Malformed)
    );
    assert_eq!(
        verify(&header().to_string(), &claims_twice),
        Err(TokenError::Malformed)
    );
}
