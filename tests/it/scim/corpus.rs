//! What real clients send, as kept in `tests/scim`: each case is a conversation and what must come of it. `.ci/scim` holds
//! the same conversations with a server that others wrote.

use super::Directory;
use crate::support::db::for_each_database;
use crate::support::http::TestServer;
use reqwest::Method;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// All cases, by name.
fn cases() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scim");
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect()
}

/// Puts what was saved in its place.
fn filled(text: &str, saved: &Map<String, Value>) -> String {
    saved.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value.as_str().unwrap())
    })
}

/// Whether everything that is expected is there; lists must be of the same length.
fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|found| fits(value, found))),
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len() && expected.iter().zip(found).all(|(one, other)| fits(one, other))
        }
        (expected, found) => expected == found,
    }
}

async fn play(directory: &Directory<'_, '_>, name: &str, case: &Value) {
    let mut saved = Map::new();
    for (at, step) in case["steps"].as_array().unwrap().iter().enumerate() {
        let at = format!("{name}, step {}", at + 1);
        let method = Method::from_bytes(step["method"].as_str().unwrap().as_bytes()).unwrap();
        let path = filled(step["path"].as_str().unwrap(), &saved);
        let mut request = directory.request(method, &path);
        for (header, value) in step["headers"].as_object().into_iter().flatten() {
            request = request.header(header, value.as_str().unwrap());
        }
        if !step["body"].is_null() {
            request = request.body(filled(&step["body"].to_string(), &saved));
        }
        let answer = crate::support::http::Answer::of(request).await;
        assert_eq!(answer.status.as_u16(), step["status"], "{at}: {}", answer.body);
        if answer.status == reqwest::StatusCode::NO_CONTENT {
            assert_eq!(answer.body, "", "{at}");
            continue;
        }
        assert_eq!(answer.header("content-type"), "application/scim+json", "{at}");
        let body = answer.json();
        let expected: Value = serde_json::from_str(&filled(&step["expect"].to_string(), &saved)).unwrap();
        if !expected.is_null() {
            assert!(fits(&expected, &body), "{at}: expected {expected}, got {body}");
        }
        for pointer in step["absent"].as_array().into_iter().flatten() {
            assert_eq!(body.pointer(pointer.as_str().unwrap()), None, "{at}: {body}");
        }
        if let Some(id) = step["save"].as_str() {
            let location = format!("/scim/v2/Users/{}", body["id"].as_str().unwrap());
            assert!(answer.header("location").ends_with(&location), "{at}");
            assert_eq!(answer.header("etag"), body["meta"]["version"], "{at}");
            saved.insert(id.to_owned(), body["id"].clone());
        }
    }
}

#[test]
fn every_client_gets_what_it_means() {
    let cases = cases();
    assert_eq!(cases.len(), 29);
    for_each_database(async |db| {
        let server = TestServer::start(db);
        for (name, case) in &cases {
            // A directory of its own for each: none sees the accounts of another.
            play(&Directory::new(&server).await, name, case).await;
        }
        server.stop().await;
    });
}
