//! Who gets in, and what is answered to those who do not or who knock wrongly.

use super::{Directory, connection, operator};
use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{Answer, TestServer};
use chrono::TimeDelta;
use handback::domain::actor::Scope;
use handback::services::scim::connections;
use reqwest::{Method, StatusCode};
use serde_json::json;

#[track_caller]
fn scim_error(answer: &Answer, status: u16) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/scim+json");
    let body = answer.json();
    assert_eq!(
        body["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:Error"])
    );
    assert_eq!(body["status"], status.to_string());
    assert!(!body["detail"].as_str().unwrap().is_empty());
}

#[actix_web::test]
async fn the_token_of_a_connection_opens_this_door_and_no_other() {
    let db = TestDb::sqlite();
    let server = TestServer::start(&db);
    let directory = Directory::new(&server).await;
    let _ = directory.get("/Users").await.expect(StatusCode::OK);
    let elsewhere = server
        .anonymous(Method::GET, "/v1/people")
        .bearer_auth(&directory.token);
    let _ = Answer::of(elsewhere).await.expect(StatusCode::UNAUTHORIZED);
    let everything = server.caller(Scope::ALL).await;
    for path in [
        "/scim/v2/Users",
        "/scim/v2/ServiceProviderConfig",
        "/scim/v2/Schemas",
    ] {
        scim_error(&everything.get(path).await, 401);
        let nobody = Answer::of(server.anonymous(Method::GET, path)).await;
        scim_error(&nobody, 401);
        assert_eq!(nobody.header("www-authenticate"), "Bearer");
    }
    server.stop().await;
}

#[test]
fn tokens_expire_are_changed_over_and_are_revoked() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let ctx = operator(db);
        let (_, _, first) = connections::create(&ctx, connection("entra")).await.unwrap();
        let try_it = async |secret: &str| {
            let request = server
                .anonymous(Method::GET, "/scim/v2/Users")
                .bearer_auth(secret);
            Answer::of(request).await.status
        };
        let rotate = async |at_once| {
            let (_, _, secret) = connections::rotate(&ctx, "entra".to_owned(), 30, at_once)
                .await
                .unwrap();
            secret
        };
        let second = rotate(false).await;
        assert_eq!(try_it(first.expose()).await, StatusCode::OK);
        assert_eq!(try_it(second.expose()).await, StatusCode::OK);
        let third = rotate(false).await;
        assert_eq!(
            try_it(first.expose()).await,
            StatusCode::UNAUTHORIZED,
            "two at most"
        );
        assert_eq!(try_it(second.expose()).await, StatusCode::OK);
        let fourth = rotate(true).await;
        assert_eq!(try_it(third.expose()).await, StatusCode::UNAUTHORIZED);
        assert_eq!(try_it(fourth.expose()).await, StatusCode::OK);
        let clock = &db.app().clock;
        clock.set(clock.now() + TimeDelta::days(30));
        assert_eq!(
            try_it(fourth.expose()).await,
            StatusCode::UNAUTHORIZED,
            "it has expired"
        );
        let fifth = rotate(false).await;
        assert_eq!(try_it(fifth.expose()).await, StatusCode::OK);
        connections::revoke(&ctx, "entra".to_owned()).await.unwrap();
        assert_eq!(try_it(fifth.expose()).await, StatusCode::UNAUTHORIZED);
        assert!(
            connections::rotate(&ctx, "entra".to_owned(), 30, false)
                .await
                .is_err()
        );
        assert!(connections::create(&ctx, connection("entra")).await.is_err());
        server.stop().await;
    });
}

#[actix_web::test]
async fn every_refusal_has_the_form_of_scim() {
    let db = TestDb::sqlite();
    let server = TestServer::start(&db);
    let directory = Directory::new(&server).await;
    for path in [
        "/Groups",
        "/Users/x",
        "/Users/01939e5c-5b6a-7c1e-8f00-0242ac120002",
        "/Schemas/x",
        "",
        "/Me",
    ] {
        scim_error(&directory.get(path).await, 404);
    }
    let wrong_method = directory.send(Method::DELETE, "/Users", &json!({})).await;
    scim_error(&wrong_method, 405);
    assert_eq!(wrong_method.header("allow"), "GET, HEAD, POST, OPTIONS");
    scim_error(&directory.send(Method::POST, "/Schemas", &json!({})).await, 405);
    let picture = directory
        .server
        .anonymous(Method::POST, "/scim/v2/Users")
        .bearer_auth(&directory.token)
        .header("content-type", "image/png")
        .body("x");
    scim_error(&Answer::of(picture).await, 415);
    for body in ["{", "[1", r#"{"userName":"a","userName":"b"}"#] {
        let request = directory.request(Method::POST, "/Users").body(body);
        let answer = Answer::of(request).await;
        scim_error(&answer, 400);
        assert_eq!(answer.json()["scimType"], "invalidSyntax");
    }
    let large = directory
        .request(Method::POST, "/Users")
        .body(format!("\"{}\"", "x".repeat(300_000)));
    scim_error(&Answer::of(large).await, 413);
    let filtered = directory.get("/Schemas?filter=id%20pr").await;
    scim_error(&filtered, 403);
    let number = directory.get("/Users?count=many").await;
    scim_error(&number, 400);
    server.stop().await;
}

#[actix_web::test]
async fn a_strict_connection_is_held_to_the_letter() {
    let db = TestDb::sqlite();
    let server = TestServer::start(&db);
    let strict = Directory::with(&server, |new| new.is_strict = true).await;
    let with_noise = json!({ "userName": "a", "roles": [] });
    let refused = strict.send(Method::POST, "/Users", &with_noise).await;
    assert_eq!(refused.json()["scimType"], "invalidSyntax");
    let id = strict.make(&json!({ "userName": "a" })).await;
    let as_text = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "active", "value": "False" }],
    });
    let refused = strict
        .send(Method::PATCH, &format!("/Users/{id}"), &as_text)
        .await;
    assert_eq!(refused.json()["scimType"], "invalidValue");
    server.stop().await;
}

#[test]
fn of_many_who_make_the_same_account_at_once_one_does() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let directory = Directory::new(&server).await;
        let body = json!({ "userName": "alva" });
        let racing = (0..20).map(|_| directory.send(Method::POST, "/Users", &body));
        let mut statuses: Vec<u16> = futures_util::future::join_all(racing)
            .await
            .iter()
            .map(|answer| answer.status.as_u16())
            .collect();
        statuses.sort_unstable();
        assert_eq!(statuses[0], 201);
        assert!(statuses[1..].iter().all(|status| *status == 409), "{statuses:?}");
        server.stop().await;
    });
}

#[test]
fn a_directory_sees_its_own_accounts_only_and_pages_are_whole() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let (mine, theirs) = (Directory::new(&server).await, Directory::new(&server).await);
        let id = mine.make(&json!({ "userName": "alva" })).await;
        let _ = theirs
            .get(&format!("/Users/{id}"))
            .await
            .expect(StatusCode::NOT_FOUND);
        assert_eq!(theirs.get("/Users").await.json()["totalResults"], 0);
        theirs.make(&json!({ "userName": "ALVA" })).await;
        for n in 0..25 {
            mine.make(
                &json!({ "userName": format!("u{n}"), "title": if n % 2 == 0 { "even" } else { "odd" } }),
            )
            .await;
        }
        let mut seen = Vec::new();
        for start in [1, 11, 21] {
            let page = mine
                .get(&format!("/Users?startIndex={start}&count=10&attributes=userName"))
                .await
                .json();
            assert_eq!(page["totalResults"], 26);
            seen.extend(
                page["Resources"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|user| user["id"].to_string()),
            );
        }
        seen.dedup();
        assert_eq!(seen.len(), 26);
        let even = mine
            .get("/Users?filter=title%20eq%20%22EVEN%22&startIndex=3&count=4")
            .await
            .json();
        assert_eq!(
            (&even["totalResults"], &even["itemsPerPage"]),
            (&json!(13), &json!(4))
        );
        let tag = mine.get(&format!("/Users/{id}")).await.etag();
        let known = mine
            .request(Method::GET, &format!("/Users/{id}"))
            .header("if-none-match", tag);
        let _ = Answer::of(known).await.expect(StatusCode::NOT_MODIFIED);
        server.stop().await;
    });
}
