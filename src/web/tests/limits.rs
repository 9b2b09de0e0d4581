//! The rate limit.

use super::harness::{Harness, send};
use crate::domain::actor::Scope;

#[tokio::test]
async fn a_caller_above_the_limit_waits_and_others_and_probes_do_not() {
    let server = Harness::start_with(|config| {
        config.http.rate_limit_per_second = 1;
        config.http.rate_limit_burst = 3;
    })
    .await;
    let (token, other) = (
        server.token(&[Scope::Read]).await,
        server.token(&[Scope::Read]).await,
    );
    let get = |token: &str| send(server.request("GET", "/v1/legal-entities").bearer_auth(token));
    let first = get(&token).await;
    assert_eq!(
        (first.status, first.header("ratelimit-policy")),
        (200, "\"default\";q=3;w=3")
    );
    assert_eq!(first.header("ratelimit"), "\"default\";r=2;t=1");
    let mut refused = None;
    for _ in 0..10 {
        let answer = get(&token).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    refused.is_problem(429, "rate-limited");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(get(&other).await.status, 200);
    for _ in 0..10 {
        assert_eq!(send(server.request("GET", "/livez")).await.status, 200);
    }
    server.stop().await;
}

#[tokio::test]
async fn guessing_secrets_is_limited_by_network() {
    let server = Harness::start_with(|config| config.http.rate_limit_per_second = 1_000).await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "x"),
            ("client_secret", "y"),
        ];
        statuses.push(
            send(server.request("POST", "/oauth/token").form(&form))
                .await
                .status,
        );
    }
    assert_eq!(statuses.first(), Some(&401));
    assert!(statuses.contains(&429));
    server.stop().await;
}
