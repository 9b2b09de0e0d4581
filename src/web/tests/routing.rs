//! Methods, paths, headers.

use super::harness::{Harness, send};
use std::time::Duration;

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_problems() {
    let server = Harness::start().await;
    send(server.request("GET", "/v1/nothing"))
        .await
        .is_problem(404, "not-found");
    send(server.request("GET", "/"))
        .await
        .is_problem(404, "not-found");
    for method in ["DELETE", "PUT", "TRACE", "BREW"] {
        let answer = send(server.request(method, "/v1/legal-entities")).await;
        answer.is_problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), "GET, HEAD, POST, OPTIONS");
    }
    let answer = send(server.request("OPTIONS", "/livez")).await;
    assert_eq!(
        (answer.status, answer.header("allow")),
        (204, "GET, HEAD, OPTIONS")
    );
    server.stop().await;
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let server = Harness::start().await;
    let token = server.admin().await;
    for path in ["/livez", "/openapi.yaml", "/v1/legal-entities", "/v1/nothing"] {
        let get = send(server.request("GET", path).bearer_auth(&token)).await;
        let request = format!(
            "HEAD {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        let (head, closed) = server.raw(request.as_bytes(), Duration::from_secs(5)).await;
        assert!(closed && head.ends_with("\r\n\r\n"), "{path}: {head}");
        assert!(
            head.starts_with(&format!("HTTP/1.1 {}", get.status)),
            "{path}: {head}"
        );
        let length = format!("content-length: {}\r\n", get.body.len());
        assert!(
            head.to_ascii_lowercase().contains(&length),
            "{path}: {head} / {length}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_its_request_id() {
    let server = Harness::start().await;
    let requests = [
        ("GET", "/livez", 200),
        ("GET", "/docs", 200),
        ("OPTIONS", "/livez", 204),
        ("GET", "/v1/legal-entities", 401),
        ("GET", "/v1/nothing", 404),
        ("DELETE", "/livez", 405),
        ("GET", "/test/panic", 500),
    ];
    for (method, path, status) in requests {
        let answer = send(server.request(method, path).header("x-request-id", "my.id-1_A")).await;
        assert_eq!(
            (answer.status, answer.header("x-request-id")),
            (status, "my.id-1_A"),
            "{path}"
        );
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert!(
            answer
                .header("content-security-policy")
                .contains("default-src 'none'"),
            "{path}"
        );
        assert_eq!(
            answer.headers.get_all("content-security-policy").iter().count(),
            1
        );
        assert_eq!(answer.header("server"), "");
    }
    let answer = send(server.request("GET", "/livez").header("x-request-id", "a b")).await;
    assert!(uuid::Uuid::parse_str(answer.header("x-request-id")).is_ok());
    server.stop().await;
}

#[tokio::test]
async fn a_panic_is_a_problem_that_tells_nothing_and_the_server_goes_on() {
    let server = Harness::start().await;
    for _ in 0..3 {
        let answer = send(server.request("GET", "/test/panic")).await;
        answer.is_problem(500, "internal-error");
        assert!(!answer.text().contains("swordfish"));
    }
    assert_eq!(send(server.request("GET", "/livez")).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_handler_that_never_ends_is_given_up() {
    let server = Harness::start_with(|config| config.http.request_deadline = Duration::from_millis(50)).await;
    let answer = send(server.request("GET", "/test/slow")).await;
    answer.is_problem(503, "deadline-exceeded");
    assert_eq!(answer.header("retry-after"), "5");
    server.stop().await;
}

#[tokio::test]
async fn every_documented_operation_is_served_with_exactly_its_methods() {
    let server = Harness::start().await;
    let document = serde_json::to_value(crate::web::openapi::document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        let mut methods: Vec<String> = item
            .as_object()
            .unwrap()
            .keys()
            .map(|key| key.to_uppercase())
            .collect();
        if methods.contains(&"GET".to_owned()) {
            methods.push("HEAD".to_owned());
        }
        methods.push("OPTIONS".to_owned());
        methods.sort();
        let concrete = path.replace("{id}", "01939e5c-5b6a-7c1e-8f00-0242ac120002");
        let answer = send(server.request("OPTIONS", &concrete)).await;
        let mut served: Vec<&str> = answer.header("allow").split(", ").collect();
        served.sort_unstable();
        assert_eq!(served, methods, "{path}");
    }
    server.stop().await;
}
