//! Who may come in.

use super::harness::{Answer, Harness, send};
use crate::db::service_accounts;
use crate::domain::actor::Scope;
use chrono::TimeDelta;
use uuid::Uuid;

const PATH: &str = "/v1/legal-entities";

async fn get(server: &Harness, token: &str) -> Answer {
    send(server.request("GET", PATH).bearer_auth(token)).await
}

#[tokio::test]
async fn a_request_without_a_good_token_is_401_and_learns_no_more() {
    let server = Harness::start().await;
    let answer = send(server.request("GET", PATH)).await;
    answer.is_problem(401, "unauthenticated");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    let good = server.token(&[Scope::Read]).await;
    assert_eq!(get(&server, &good).await.status, 200);
    // A character inside the signature; the last one has bits that mean nothing.
    let mut changed = good.clone();
    let at = good.len() - 10;
    let other = if &good[at..=at] == "A" { "B" } else { "A" };
    changed.replace_range(at..=at, other);
    for token in ["x", "a.b.c", changed.as_str()] {
        let answer = get(&server, token).await;
        answer.is_problem(401, "invalid-token");
        assert_eq!(
            answer.header("www-authenticate"),
            r#"Bearer error="invalid_token""#
        );
        assert!(answer.json()["detail"].is_null());
    }
    server.stop().await;
}

#[tokio::test]
async fn a_token_comes_in_one_authorization_header_and_nowhere_else() {
    let server = Harness::start().await;
    let token = server.token(&[Scope::Read]).await;
    let twice = server
        .request("GET", PATH)
        .bearer_auth(&token)
        .header("authorization", format!("Bearer {token}"));
    send(twice).await.is_problem(400, "malformed-request");
    let query = server.request("GET", &format!("{PATH}?access_token={token}"));
    let answer = send(query).await;
    answer.is_problem(400, "malformed-request");
    assert!(!answer.text().contains(&token));
    server.stop().await;
}

#[tokio::test]
async fn a_token_dies_with_its_time_and_with_its_account() {
    let server = Harness::start().await;
    let account = server.account(&[Scope::Read]).await;
    let token = server.token_of(&account).await;
    assert_eq!(get(&server, &token).await.status, 200);
    let id = account.id;
    server.write(move |tx| service_accounts::revoke(tx, id)).await;
    get(&server, &token).await.is_problem(401, "invalid-token");

    let other = server.token(&[Scope::Read]).await;
    assert_eq!(get(&server, &other).await.status, 200);
    server.app.clock.advance(TimeDelta::hours(2));
    get(&server, &other).await.is_problem(401, "invalid-token");
    server.stop().await;
}

#[tokio::test]
async fn a_token_without_the_scope_is_403_and_told_which_one() {
    let server = Harness::start().await;
    let token = server.token(&[Scope::Mdm]).await;
    let answer = get(&server, &token).await;
    answer.is_problem(403, "forbidden");
    assert_eq!(
        answer.header("www-authenticate"),
        r#"Bearer error="insufficient_scope", scope="read""#
    );
    server.stop().await;
}

#[tokio::test]
async fn a_client_gets_a_token_by_basic_or_by_form_for_all_or_some_of_its_scopes() {
    let server = Harness::start().await;
    let account = server.account(&[Scope::Desk, Scope::Read]).await;
    let request = server
        .request("POST", "/oauth/token")
        .basic_auth(account.id, Some(account.secret.expose()))
        .form(&[("grant_type", "client_credentials"), ("scope", "read")]);
    let answer = send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_eq!(
        (&body["token_type"], &body["scope"]),
        (&"Bearer".into(), &"read".into())
    );
    assert_eq!(body["expires_in"], 3_600);
    assert_eq!(
        get(&server, body["access_token"].as_str().unwrap()).await.status,
        200
    );
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_client_and_a_wrong_secret_are_the_same_refusal() {
    let server = Harness::start().await;
    let account = server.account(&[Scope::Read]).await;
    let revoked = server.account(&[Scope::Read]).await;
    let id = revoked.id;
    server.write(move |tx| service_accounts::revoke(tx, id)).await;
    let secret = account.secret.expose();
    let mut answers = Vec::new();
    for (id, secret) in [
        (account.id.to_string(), "hbs_wrong"),
        (account.id.to_string(), revoked.secret.expose()),
        (Uuid::nil().to_string(), secret),
        ("not-an-id".to_owned(), secret),
        (revoked.id.to_string(), revoked.secret.expose()),
    ] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &id),
            ("client_secret", secret),
        ];
        let answer = send(server.request("POST", "/oauth/token").form(&form)).await;
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (401, r#"Basic realm="handback""#)
        );
        answers.push(answer.body);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(answers[0].starts_with(br#"{"error":"invalid_client""#));
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_token_request_is_refused_in_the_words_of_the_standard() {
    let server = Harness::start().await;
    let account = server.account(&[Scope::Read]).await;
    let credentials = format!(
        "client_id={}&client_secret={}",
        account.id,
        account.secret.expose()
    );
    let form = "application/x-www-form-urlencoded";
    for (media_type, body, error) in [
        (form, credentials.clone(), "invalid_request"),
        (
            form,
            format!("grant_type=password&{credentials}"),
            "unsupported_grant_type",
        ),
        (
            form,
            format!("grant_type=client_credentials&{credentials}&scope=admin"),
            "invalid_scope",
        ),
        (
            form,
            format!("grant_type=client_credentials&{credentials}&scope=read+nothing"),
            "invalid_scope",
        ),
        (
            form,
            format!("grant_type=client_credentials&grant_type=x&{credentials}"),
            "invalid_request",
        ),
        ("application/json", "{}".to_owned(), "invalid_request"),
    ] {
        let request = server
            .request("POST", "/oauth/token")
            .header("content-type", media_type)
            .body(body);
        let answer = send(request).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (400, Some(error))
        );
    }
    let both = server
        .request("POST", "/oauth/token")
        .basic_auth(account.id, Some(account.secret.expose()));
    let both = both
        .header("content-type", form)
        .body(format!("grant_type=client_credentials&{credentials}"));
    assert_eq!(send(both).await.json()["error"], "invalid_request");
    server.stop().await;
}
