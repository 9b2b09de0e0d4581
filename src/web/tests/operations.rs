//! Health, numbers and the documentation.

use super::harness::{Harness, send};

#[tokio::test]
async fn a_migrated_database_makes_the_service_ready() {
    let server = Harness::start().await;
    let ready = send(server.request("GET", "/readyz")).await;
    assert_eq!(
        (ready.status, &ready.json()["checks"]),
        (200, &serde_json::json!(["database", "migrations"]))
    );
    assert_eq!(
        send(server.request("GET", "/livez")).await.json()["status"],
        "live"
    );
    server.stop().await;
}

#[tokio::test]
async fn the_numbers_are_for_this_machine_alone() {
    let server = Harness::start().await;
    let local = send(server.request("GET", "/metrics")).await;
    assert_eq!(
        (local.status, local.header("content-type")),
        (200, "text/plain; version=0.0.4; charset=utf-8")
    );
    for name in ["x-forwarded-for", "forwarded", "via"] {
        let forwarded = send(server.request("GET", "/metrics").header(name, "127.0.0.1")).await;
        forwarded.is_problem(404, "not-found");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_documentation_page_asks_nobody_else_and_runs_no_inline_script() {
    let server = Harness::start().await;
    let page = send(server.request("GET", "/docs")).await;
    assert!(
        page.header("content-security-policy")
            .contains("script-src 'self'")
    );
    let html = page.text();
    assert!(!html.contains("://"), "{html}");
    let scripts: Vec<&str> = html
        .match_indices("<script")
        .map(|(at, _)| &html[at..at + 40])
        .collect();
    assert!(
        scripts
            .iter()
            .all(|script| script.starts_with("<script src=\"/docs/")),
        "{scripts:?}"
    );
    for part in html
        .split('"')
        .filter(|part| part.starts_with("/docs/") || part.starts_with("/openapi"))
    {
        assert_eq!(send(server.request("GET", part)).await.status, 200, "{part}");
    }
    for part in [
        "/docs/index.html",
        "/docs/swagger-initializer.js",
        "/docs/..%2fCargo.toml",
    ] {
        send(server.request("GET", part))
            .await
            .is_problem(404, "not-found");
    }
    let document = send(server.request("GET", "/openapi.yaml")).await;
    assert!(document.text().starts_with("openapi: 3.1.0"));
    assert_eq!(document.header("content-type"), "application/yaml");
    server.stop().await;
}
