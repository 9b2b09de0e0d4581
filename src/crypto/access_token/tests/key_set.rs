//! Which keys of an issuer are used, and for what.

use super::forge::{Signer, encode, with};
use crate::crypto::access_token::TokenError;
use crate::crypto::access_token::external::SignatureAlgorithm::{self, EdDsa, Es256, Ps256, Rs256};
use crate::crypto::access_token::key_set::{KeySet, KeySetError};
use serde_json::{Value, json};

fn set(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

/// What the key `k` of the set can be used for.
fn uses(set: &KeySet) -> Vec<SignatureAlgorithm> {
    let all = SignatureAlgorithm::ALL.iter().copied();
    all.filter(|algorithm| set.find("k", *algorithm).is_ok())
        .collect()
}

#[test]
fn a_key_is_for_what_its_type_and_its_own_words_allow() {
    let (p256, rsa, ed25519) = (
        Signer::fresh("ES256"),
        Signer::fresh("RS256"),
        Signer::fresh("EdDSA"),
    );
    for (signer, change, expected) in [
        (&p256, json!({}), vec![Es256]),
        (&rsa, json!({}), vec![Ps256, Rs256]),
        (&ed25519, json!({}), vec![EdDsa]),
        (
            &rsa,
            json!({ "alg": "PS256", "use": "sig", "key_ops": ["verify"] }),
            vec![Ps256],
        ),
        // Whatever is published beside it is nothing to us.
        (
            &rsa,
            json!({ "x5c": ["AAAA"], "x5t": "AA", "issuer": "https://idp.exempel.example" }),
            vec![Ps256, Rs256],
        ),
    ] {
        assert_eq!(
            uses(&set(&[with(signer.jwk("k"), &change)])),
            expected,
            "{change}"
        );
    }
}

#[test]
fn a_key_that_is_for_something_else_or_nobodys_is_left_out() {
    let (p256, rsa, ed25519) = (
        Signer::fresh("ES256"),
        Signer::fresh("RS256"),
        Signer::fresh("EdDSA"),
    );
    let small = encode(&[0xff; 255]);
    let huge = encode(&[0xff; 1025]);
    for (signer, change) in [
        (&rsa, json!({ "use": "enc" })),
        (&rsa, json!({ "use": 7 })),
        (&rsa, json!({ "key_ops": ["encrypt"] })),
        (&rsa, json!({ "key_ops": "verify" })),
        (&rsa, json!({ "alg": "RSA-OAEP" })),
        (&rsa, json!({ "alg": "ES256" })),
        (&rsa, json!({ "alg": "HS256" })),
        (&rsa, json!({ "alg": null, "kty": "oct", "k": "AAAA" })),
        (&rsa, json!({ "d": "AAAA" })),
        (&rsa, json!({ "kid": null })),
        (&rsa, json!({ "kid": "å" })),
        (&rsa, json!({ "n": small })),
        (&rsa, json!({ "n": huge })),
        (&rsa, json!({ "n": "not base64!" })),
        (&rsa, json!({ "e": "AQ" })),
        (&rsa, json!({ "e": "Ag" })),
        (&rsa, json!({ "e": "" })),
        (&p256, json!({ "crv": "P-384" })),
        (&p256, json!({ "x": "AAAA" })),
        (&p256, json!({ "y": null })),
        (&p256, json!({ "alg": "EdDSA" })),
        (&ed25519, json!({ "crv": "X25519" })),
        (&ed25519, json!({ "x": "AAAA" })),
        (&ed25519, json!({ "kty": "EC" })),
    ] {
        let found = set(&[with(signer.jwk("k"), &change)]);
        assert_eq!(uses(&found), [], "{change}");
        assert!(!found.has("k"), "{change}");
    }
}

#[test]
fn two_keys_of_one_name_for_one_algorithm_are_none() {
    let (one, other, third) = (
        Signer::fresh("EdDSA"),
        Signer::fresh("EdDSA"),
        Signer::fresh("ES256"),
    );
    let found = set(&[one.jwk("k"), other.jwk("k"), third.jwk("k")]);
    assert_eq!(uses(&found), [Es256]);
    assert_eq!(found.find("k", EdDsa).err(), Some(TokenError::UnknownKey));
}

#[test]
fn what_is_no_key_set_is_refused_whole_and_an_empty_one_is_a_set() {
    for text in [
        "",
        "[]",
        "{}",
        "null",
        r#"{"keys":{}}"#,
        r#"{"keys":["k"]}"#,
        r#"{"keys":[],"keys":[]}"#,
        "<html></html>",
        r#"{"keys":[{"kid":"a","kid":"b"}]}"#,
    ] {
        assert_eq!(
            KeySet::parse(text.as_bytes()).err(),
            Some(KeySetError::NotASet),
            "{text}"
        );
    }
    let many = vec![json!({}); 101];
    let text = json!({ "keys": many }).to_string();
    assert_eq!(KeySet::parse(text.as_bytes()).err(), Some(KeySetError::TooMany));
    assert!(KeySet::parse(br#"{"keys":[]}"#).is_ok());
}
