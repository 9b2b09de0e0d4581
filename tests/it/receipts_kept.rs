//! What a receipt says stays as it was, and strangers can prove that we said it.

use crate::receipts::{complete, completed, correct, page, receipt, reopen};
use crate::support::db::for_each_database;
use crate::support::http::{Answer, TestCaller, TestServer};
use crate::support::story::{Story, Visitor, all_well, read};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use handback::app::App;
use handback::crypto::keyring::Keyring;
use handback::domain::actor::Scope;
use handback::domain::termination::TerminationState;
use handback::services::{keys, receipts};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const KEYS: &str = "/.well-known/handback-receipts/jwks.json";

/// The receipt as JSON without its signature, as a page, as a PDF and as the signed text.
async fn in_every_form(reader: &TestCaller<'_>, story: &Story) -> (Value, String, Vec<u8>, String) {
    let path = format!("/v1/terminations/{}/receipt", story.case);
    let formed = async |media_type: &str| {
        let request = reader.request(Method::GET, &path).header("accept", media_type);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{media_type}");
        let is = answer.headers()["content-type"].to_str().unwrap();
        assert!(is.starts_with(media_type), "{is}");
        answer.bytes().await.unwrap().to_vec()
    };
    let mut facts: Value = serde_json::from_slice(&formed("application/json").await).unwrap();
    let in_json = facts.as_object_mut().unwrap().remove("signed").unwrap();
    let alone = String::from_utf8(formed("application/jose").await).unwrap();
    assert_eq!(in_json, alone);
    let html = String::from_utf8(formed("text/html").await).unwrap();
    (facts, html, formed("application/pdf").await, alone)
}

/// The desk changes its mind about the SIM card of a completed case, which completes again at once.
async fn complete_again(desk: &TestCaller<'_>, story: &Story) {
    reopen(desk, story).await;
    let cracked = json!({ "state": "deviation", "reason": "Sprucken" });
    let _ = correct(desk, story, ("sim", cracked)).await;
}

#[test]
fn a_receipt_says_for_ever_what_it_said_on_the_day_of_issue() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let story = completed(db, &server).await;
        let desk = server.caller(&[Scope::Desk, Scope::Read]).await;
        let before = in_every_form(&desk, &story).await;
        assert_eq!(before.0["devices"][0]["model"], "Exempel X1");
        for change in [
            "UPDATE device SET model = 'Exempel X2'",
            "UPDATE person SET name = name || ' Nytt'",
            "UPDATE unit SET name = 'Skolan i byn'",
            "UPDATE legal_entity SET name = 'Utbildningsnämnden'",
            "UPDATE assignment SET accessories = '[\"fodral\"]'",
        ] {
            db.execute(change);
        }
        assert!(before == in_every_form(&desk, &story).await);

        complete_again(&desk, &story).await;
        let after = in_every_form(&desk, &story).await.0;
        assert_ne!(before.0["verification_code"], after["verification_code"]);
        assert_eq!(after["devices"][0]["model"], "Exempel X2");
        assert_eq!(after["devices"][0]["accessories"][0]["name"], "fodral");
        assert_eq!(after["holder_name"], "Anna Ek Nytt");
        assert_eq!(after["title"]["sv"], "Kvittens med avvikelse");
        assert_eq!(
            after["deviations"],
            json!([{ "sv": "Sprucken", "en": "Sprucken" }])
        );

        // Whoever is named in the register no more is not named by an old receipt.
        db.execute("UPDATE person SET name = NULL WHERE name = 'Anna Ek Nytt'");
        let (facts, html, _, _) = in_every_form(&desk, &story).await;
        assert!(facts["holder_name"].is_null() && !html.contains("Anna Ek"));
        server.stop().await;
    });
}

/// A stranger: the signed text and the published keys are all that goes in.
fn check(signed: &str, published: &str) -> Result<Value, ErrorKind> {
    let keys: JwkSet = serde_json::from_str(published).unwrap();
    let kid = decode_header(signed)
        .map_err(|error| error.kind().clone())?
        .kid
        .unwrap();
    let key = DecodingKey::from_jwk(keys.find(&kid).expect("the key is published")).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    decode::<Value>(signed, &key, &validation)
        .map(|signed| signed.claims)
        .map_err(|error| error.kind().clone())
}

/// The signed text under the same signature, with one text of the payload in place of another.
fn with_payload(signed: &str, from: &str, to: &str) -> String {
    let parts: Vec<&str> = signed.split('.').collect();
    let payload = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    assert!(payload.contains(from), "{payload}");
    let payload = URL_SAFE_NO_PAD.encode(payload.replace(from, to));
    format!("{}.{payload}.{}", parts[0], parts[2])
}

/// The same service with a keyring of which no key was there before.
fn rotated(app: &App) -> App {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring");
    Keyring::generate_file(&path, "2028a").unwrap();
    App {
        keyring: Arc::new(Keyring::load(&path).unwrap()),
        ..app.clone()
    }
}

#[test]
fn a_stranger_proves_with_the_published_keys_that_we_said_it_also_after_the_keys_were_exchanged() {
    for_each_database(async |db| {
        keys::check_at_start(db.app()).await.unwrap();
        let server = TestServer::start(db);
        let story = completed(db, &server).await;
        server.run_jobs().await;
        let reader = server.caller(&[Scope::Read]).await;
        let (facts, _, _, signed) = in_every_form(&reader, &story).await;
        let published = page(&server, KEYS).await.expect(StatusCode::OK);
        assert_eq!(published.header("content-type"), "application/jwk-set+json");
        assert_eq!(published.header("cache-control"), "public, max-age=3600");
        let claims = check(&signed, &published.body).unwrap();
        let iss = &story.app.config.public_url;
        assert_eq!(claims, json!({ "iss": iss, "receipt": facts }));
        let header = decode_header(&signed).unwrap();
        assert_eq!(header.typ.as_deref(), Some("handback-receipt+jwt"));

        let forged = with_payload(&signed, "7Q2K", "7Q2L");
        assert_eq!(check(&forged, &published.body), Err(ErrorKind::InvalidSignature));
        let same = with_payload(&signed, "7Q2K", "7Q2K");
        assert_eq!(same, signed, "the test forges nothing but the fact");
        // What we sign for another purpose is no receipt.
        assert_eq!(
            check(reader.token(), &published.body),
            Err(ErrorKind::InvalidSignature)
        );
        server.stop().await;

        let app = rotated(db.app());
        keys::check_at_start(&app).await.unwrap();
        let server = TestServer::start_app(db, app);
        let published = page(&server, KEYS).await.expect(StatusCode::OK);
        assert_eq!(check(&signed, &published.body), Ok(claims));
        let reader = server.caller(&[Scope::Read]).await;
        let (again, _, _, signed_anew) = in_every_form(&reader, &story).await;
        assert_eq!((again, true), (facts, signed_anew != signed));
        let header = decode_header(&signed_anew).unwrap();
        assert_eq!(header.kid.as_deref(), Some("2028a"));
        assert!(check(&signed_anew, &published.body).is_ok());
        server.stop().await;
    });
}

/// The last statement of the migration that brought codes: it gives one to each case that was completed before.
fn give_codes(kind: &str) -> &'static str {
    let migration = if kind == "sqlite" {
        include_str!("../../migrations/sqlite/2026-11-24-000012_receipts/up.sql")
    } else {
        include_str!("../../migrations/postgres/2026-11-24-000012_receipts/up.sql")
    };
    migration
        .find("INSERT INTO receipt")
        .map(|at| &migration[at..])
        .unwrap()
}

#[test]
fn a_case_that_an_earlier_version_completed_gets_a_code_and_its_facts_are_kept_from_the_next_start_on() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let story = completed(db, &server).await;
        let before = receipt(&server, &story).await;
        db.execute("DELETE FROM receipt");
        db.execute(give_codes(db.kind()));
        let given = receipt(&server, &story).await;
        assert_ne!(given["verification_code"], before["verification_code"]);
        let code = given["verification_code"].as_str().unwrap();
        let genuine = page(&server, &format!("/verify/{code}"))
            .await
            .expect(StatusCode::OK);
        assert!(
            genuine.body.contains("Kvittensen är äkta") && genuine.body.contains("25 februari 2027"),
            "{}",
            genuine.body
        );
        assert_eq!(given["devices"], before["devices"]);

        assert_eq!(receipts::freeze_missing(&story.app).await, Ok(1));
        assert_eq!(receipts::freeze_missing(&story.app).await, Ok(0));
        db.execute("UPDATE device SET model = 'Exempel X2'");
        assert_eq!(receipt(&server, &story).await, given);
        server.stop().await;
    });
}

#[test]
fn an_answer_that_is_undone_takes_the_receipt_along_and_the_next_one_has_another_code() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let story = Story::begin(db).await;
        complete(&story, &server).await;
        let first = receipt(&server, &story).await;
        let token = read(db.mailer().sent().last().unwrap()).token.unwrap();
        let visitor = Visitor::open(&server, &token).await;
        let undo = BTreeMap::from([("act", "undo"), ("undo", "yes")]);
        visitor.gets(&undo, StatusCode::SEE_OTHER).await;
        assert_eq!(story.record().await.termination.state, TerminationState::Open);
        let old = format!("/verify/{}", first["verification_code"].as_str().unwrap());
        let replaced = page(&server, &old).await.expect(StatusCode::OK);
        assert!(replaced.body.contains("Den ersätts av en nyare kvittens"));
        let reader = server.caller(&[Scope::Read]).await;
        let path = format!("/v1/terminations/{}/receipt", story.case);
        let _: Answer = reader.get(&path).await.expect(StatusCode::CONFLICT);

        let visitor = Visitor::open(&server, &token).await;
        visitor.gets(&all_well(), StatusCode::SEE_OTHER).await;
        let second = receipt(&server, &story).await;
        assert_ne!(first["verification_code"], second["verification_code"]);
        let replaced = page(&server, &old).await.expect(StatusCode::OK);
        assert!(replaced.body.contains("Kvittensen gäller inte längre"));
        server.stop().await;
    });
}
