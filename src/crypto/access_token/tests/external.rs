//! Tokens of another issuer, forged in every way that is known.

use super::forge::{Signer, encode, with};
use crate::crypto::access_token::external::{ExternalClaims, ExternalRules, SignatureAlgorithm, TokenType};
use crate::crypto::access_token::key_set::KeySet;
use crate::crypto::access_token::{TokenError, install_provider};
use aws_lc_rs::hmac;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

const ISSUER: &str = "https://idp.exempel.example/realms/kommun";
const AUDIENCE: &str = "https://handback.exempelkommunen.example";
const NOW: i64 = 1_790_000_000;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW + seconds, 0).unwrap()
}

fn rules() -> ExternalRules {
    install_provider();
    ExternalRules {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        algorithms: SignatureAlgorithm::ALL.to_vec(),
        token_type: TokenType::AccessToken,
        client_claim: "client_id".to_owned(),
        scope_claim: "scope".to_owned(),
        max_lifetime: TimeDelta::hours(1),
    }
}

fn header(algorithm: &str) -> Value {
    json!({ "alg": algorithm, "typ": "at+jwt", "kid": "k1" })
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "hr-system", "client_id": "hr-system", "jti": "7f2c", "iat": NOW,
        "exp": NOW + 600, "scope": "hr read",
    })
}

fn set(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

/// An issuer with one Ed25519 key, and the rules that its tokens are judged by.
struct Stage {
    signer: Signer,
    keys: KeySet,
    rules: ExternalRules,
}

impl Stage {
    fn new() -> Self {
        let signer = Signer::fresh("EdDSA");
        let keys = set(&[signer.jwk("k1")]);
        Self {
            signer,
            keys,
            rules: rules(),
        }
    }

    fn verify(&self, token: &str) -> Result<ExternalClaims, TokenError> {
        self.rules.verify(token, &self.keys, at(0))
    }

    fn with_header(&self, change: Value) -> Result<ExternalClaims, TokenError> {
        self.verify(&self.signer.token(&with(header("EdDSA"), &change), &claims()))
    }

    fn with_claims(&self, change: Value) -> Result<ExternalClaims, TokenError> {
        self.verify(&self.signer.token(&header("EdDSA"), &with(claims(), &change)))
    }
}

#[test]
fn a_good_token_of_every_algorithm_verifies_to_what_it_says() {
    for algorithm in ["ES256", "PS256", "RS256", "EdDSA"] {
        let signer = Signer::fresh(algorithm);
        let keys = set(&[with(signer.jwk("k1"), &json!({ "alg": algorithm, "use": "sig" }))]);
        let token = signer.token(&header(algorithm), &claims());
        let expected = ExternalClaims {
            client_id: "hr-system".to_owned(),
            subject: "hr-system".to_owned(),
            scopes: vec!["hr".to_owned(), "read".to_owned()],
            expires_at: at(600),
        };
        assert_eq!(rules().verify(&token, &keys, at(0)), Ok(expected), "{algorithm}");
    }
}

#[test]
fn the_token_does_not_choose_its_algorithm() {
    let rsa = Signer::fresh("RS256");
    let public = rsa.jwk("k1");
    let keys = set(&[with(public.clone(), &json!({ "alg": "RS256" }))]);
    let verify = |token: &str| rules().verify(token, &keys, at(0)).unwrap_err();
    let unsigned = |algorithm: &str| {
        format!(
            "{}.{}",
            encode(header(algorithm).to_string().as_bytes()),
            encode(claims().to_string().as_bytes())
        )
    };
    for algorithm in ["none", "None", "nOnE", "", "rs256", "RS512", "HS384"] {
        assert_eq!(
            verify(&format!("{}.", unsigned(algorithm))),
            TokenError::WrongAlgorithm,
            "{algorithm}"
        );
    }
    // The public key, in every form in which somebody may take it for a secret.
    let message = unsigned("HS256");
    for secret in [public["n"].to_string(), public.to_string(), String::new()] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = encode(hmac::sign(&key, message.as_bytes()).as_ref());
        assert_eq!(verify(&format!("{message}.{tag}")), TokenError::WrongAlgorithm);
    }
    // A signature that is good, by an algorithm that the key is not for, and that the issuer may not use.
    assert_eq!(
        verify(&rsa.token(&header("PS256"), &claims())),
        TokenError::WrongAlgorithm
    );
    assert_eq!(
        verify(&rsa.token(&header("ES256"), &claims())),
        TokenError::WrongAlgorithm
    );
    let mut strict = rules();
    strict.algorithms = vec![SignatureAlgorithm::Es256];
    let good = rsa.token(&header("RS256"), &claims());
    assert_eq!(
        strict.verify(&good, &keys, at(0)),
        Err(TokenError::WrongAlgorithm)
    );
}

#[test]
fn a_signature_of_nothing_or_of_somebody_else_is_bad() {
    for algorithm in ["ES256", "PS256", "RS256", "EdDSA"] {
        let (signer, other) = (Signer::fresh(algorithm), Signer::fresh(algorithm));
        let keys = set(&[signer.jwk("k1")]);
        let verify = |token: &str| rules().verify(token, &keys, at(0)).unwrap_err();
        let good = signer.token(&header(algorithm), &claims());
        let (message, signature) = good.rsplit_once('.').unwrap();
        let length = signature.len() * 3 / 4;
        for bytes in [
            vec![],
            vec![0; length],
            vec![1; length],
            vec![0xff; length],
            vec![0x30, 6, 2, 1, 0, 2, 1, 0],
        ] {
            assert_eq!(
                verify(&format!("{message}.{}", encode(&bytes))),
                TokenError::BadSignature,
                "{algorithm}"
            );
        }
        assert_eq!(
            verify(&other.token(&header(algorithm), &claims())),
            TokenError::BadSignature
        );
        let more = encode(
            with(claims(), &json!({ "scope": "admin" }))
                .to_string()
                .as_bytes(),
        );
        let head = good.split('.').next().unwrap();
        assert_eq!(
            verify(&format!("{head}.{more}.{signature}")),
            TokenError::BadSignature
        );
    }
}

#[test]
fn a_key_that_the_token_brings_along_or_points_to_is_not_used() {
    let stage = Stage::new();
    let own = Signer::fresh("EdDSA");
    let evil = "https://evil.example/keys";
    let change = json!({ "jwk": own.jwk("k1"), "jku": evil, "x5u": evil, "x5c": ["AAAA"] });
    let forged = own.token(&with(header("EdDSA"), &change), &claims());
    assert_eq!(stage.verify(&forged), Err(TokenError::BadSignature));
    assert!(stage.with_header(json!({ "jku": evil, "x5u": evil })).is_ok());
}

#[test]
fn a_key_id_is_a_name_and_nothing_else() {
    let stage = Stage::new();
    let long = "k".repeat(257);
    for kid in [
        json!(null),
        json!(""),
        json!(7),
        json!(["k1"]),
        json!("k2"),
        json!("../../dev/null"),
        json!("k1\u{0}"),
        json!("k1' OR '1'='1"),
        json!("https://evil.example/k1"),
        json!("K1"),
        json!("k1 "),
        json!(long),
    ] {
        assert_eq!(
            stage.with_header(json!({ "kid": kid })),
            Err(TokenError::UnknownKey),
            "{kid}"
        );
    }
}

#[test]
fn only_access_tokens_pass_and_no_extension_is_understood() {
    let stage = Stage::new();
    assert!(stage.with_header(json!({ "typ": "Application/AT+JWT" })).is_ok());
    for typ in [
        json!("JWT"),
        json!("id+jwt"),
        json!("logout+jwt"),
        json!("dpop+jwt"),
        json!(7),
        json!(null),
    ] {
        assert_eq!(
            stage.with_header(json!({ "typ": typ })),
            Err(TokenError::WrongType),
            "{typ}"
        );
    }
    for crit in [
        json!(["b64"]),
        json!(["exp"]),
        json!([]),
        json!("b64"),
        json!(false),
    ] {
        let found = stage.with_header(json!({ "crit": crit, "b64": false }));
        assert_eq!(found, Err(TokenError::CriticalExtension), "{crit}");
    }
}

#[test]
fn an_issuer_that_types_all_its_tokens_alike_still_passes_no_id_token() {
    let mut stage = Stage::new();
    stage.rules.token_type = TokenType::Plain;
    stage.rules.client_claim = "azp".to_owned();
    stage.rules.scope_claim = "roles".to_owned();
    let entra = json!({
        "client_id": null, "jti": null, "scope": null, "azp": "6f1d", "sub": "9a77", "roles": ["Handback.Hr"],
    });
    let verify = |header: Value, change: Value| {
        let claims = with(with(claims(), &entra), &change);
        stage.verify(&stage.signer.token(&with(self::header("EdDSA"), &header), &claims))
    };
    let found = verify(json!({ "typ": "JWT" }), json!({})).unwrap();
    assert_eq!(
        (found.client_id.as_str(), found.subject.as_str()),
        ("6f1d", "9a77")
    );
    assert_eq!(found.scopes, ["Handback.Hr"]);
    assert!(verify(json!({}), json!({ "typ": "Bearer" })).is_ok());
    for mark in [
        json!({ "nonce": "n" }),
        json!({ "at_hash": "h" }),
        json!({ "c_hash": "h" }),
        json!({ "typ": "ID" }),
        json!({ "typ": "Refresh" }),
    ] {
        assert_eq!(
            verify(json!({ "typ": "JWT" }), mark.clone()),
            Err(TokenError::WrongType),
            "{mark}"
        );
    }
    assert_eq!(
        verify(json!({ "typ": null }), json!({})),
        Err(TokenError::WrongType)
    );
}

#[test]
fn every_claim_that_a_decision_needs_is_required_and_has_its_type() {
    let stage = Stage::new();
    for name in ["iss", "aud", "exp", "iat", "sub", "client_id", "jti"] {
        assert_eq!(
            stage.with_claims(json!({ name: null })),
            Err(TokenError::MissingClaim),
            "{name}"
        );
        for other in [
            json!([]),
            json!({}),
            json!(true),
            json!(1.5),
            json!([1]),
            json!(""),
        ] {
            assert!(
                stage.with_claims(json!({ name: other })).is_err(),
                "{name} = {other}"
            );
        }
    }
    for other in [json!(7), json!({}), json!(true), json!(["read", 7])] {
        assert_eq!(
            stage.with_claims(json!({ "scope": other })),
            Err(TokenError::Malformed),
            "{other}"
        );
    }
    assert_eq!(
        stage.with_claims(json!({ "scope": null })).unwrap().scopes,
        Vec::<String>::new()
    );
    assert_eq!(
        stage
            .with_claims(json!({ "scope": ["a", "b c"] }))
            .unwrap()
            .scopes,
        ["a", "b c"]
    );
}

#[test]
fn another_issuer_is_refused_and_the_audience_must_hold_us() {
    let stage = Stage::new();
    for issuer in [
        json!("https://evil.example"),
        json!(format!("{ISSUER}/")),
        json!(ISSUER.to_uppercase()),
    ] {
        assert_eq!(
            stage.with_claims(json!({ "iss": issuer })),
            Err(TokenError::WrongIssuer)
        );
    }
    assert_eq!(
        stage.with_claims(json!({ "iss": [ISSUER] })),
        Err(TokenError::Malformed)
    );
    assert!(
        stage
            .with_claims(json!({ "aud": ["https://other.example", AUDIENCE] }))
            .is_ok()
    );
    for audience in [
        json!("https://other.example"),
        json!(["https://other.example"]),
        json!([]),
        json!(format!("{AUDIENCE}/")),
    ] {
        assert_eq!(
            stage.with_claims(json!({ "aud": audience })),
            Err(TokenError::WrongAudience),
            "{audience}"
        );
    }
    assert_eq!(
        stage.with_claims(json!({ "aud": [AUDIENCE, 7] })),
        Err(TokenError::Malformed)
    );
}

#[test]
fn a_token_is_valid_in_its_time_and_lives_no_longer_than_its_issuer_may_let_it() {
    let stage = Stage::new();
    let token = stage.signer.token(&header("EdDSA"), &claims());
    let verify = |seconds| stage.rules.verify(&token, &stage.keys, at(seconds)).map(drop);
    assert_eq!(verify(-31), Err(TokenError::NotYetValid));
    assert_eq!(verify(-30), Ok(()));
    assert_eq!(verify(629), Ok(()));
    assert_eq!(verify(630), Err(TokenError::Expired));
    assert_eq!(
        stage.with_claims(json!({ "nbf": NOW + 31 })),
        Err(TokenError::NotYetValid)
    );
    assert!(stage.with_claims(json!({ "exp": NOW + 3_600 })).is_ok());
    for (iat, exp) in [(NOW, NOW + 3_601), (NOW, NOW), (NOW, NOW - 1), (0, NOW + 600)] {
        let found = stage.with_claims(json!({ "iat": iat, "exp": exp }));
        assert_eq!(found, Err(TokenError::BadLifetime), "{iat} {exp}");
    }
    for extreme in [
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!(NOW as f64 + 600.5),
    ] {
        assert_eq!(
            stage.with_claims(json!({ "exp": extreme })),
            Err(TokenError::Malformed),
            "{extreme}"
        );
    }
}

#[test]
fn what_is_not_a_plain_signed_token_with_unique_members_is_malformed() {
    let stage = Stage::new();
    let good = stage.signer.token(&header("EdDSA"), &claims());
    for token in [
        "",
        "..",
        "a.b",
        "a.b.c",
        &format!("{good}.a.b"),
        &format!(" {good}"),
        &good.replace('.', "=."),
    ] {
        assert_eq!(stage.verify(token), Err(TokenError::Malformed), "{token}");
    }
    let twice = |object: Value, member: &str| object.to_string().replacen('{', &format!("{{{member},"), 1);
    let head = header("EdDSA").to_string();
    for (header, claims) in [
        (twice(header("EdDSA"), r#""kid":"k1""#), claims().to_string()),
        (head.clone(), twice(claims(), r#""sub":"somebody else""#)),
        (head, "[]".to_owned()),
    ] {
        let token = stage.signer.token_of_text(&header, &claims, "EdDSA");
        assert_eq!(stage.verify(&token), Err(TokenError::Malformed), "{claims}");
    }
    assert_eq!(
        stage.with_claims(json!({ "x": "x".repeat(8 * 1024) })),
        Err(TokenError::TooLarge)
    );
}
