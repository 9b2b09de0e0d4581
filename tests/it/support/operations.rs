//! Every operation of the description of the API, ready to be called.

use super::http::TestServer;
use handback::web::openapi;
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeMap;

/// Operations that anybody may call: probes, what tells how to call, and what is published for strangers. Nothing else
/// belongs here.
pub const OPEN: &[&str] = &[
    "health_live",
    "health_ready",
    "metrics_read",
    "openapi_read",
    "receipt_keys_read",
    "token_issue",
];

/// One operation of the description, ready to be called.
pub struct Operation {
    pub method: Method,
    pub path: String,
    pub body: Option<Value>,
}

/// All of them, by their id.
pub fn operations() -> BTreeMap<String, Operation> {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let mut found = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            let schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str();
            let body = schema.map(|reference| {
                let component = document.pointer(reference.trim_start_matches('#')).unwrap();
                let example = &component["examples"][0];
                assert!(!example.is_null(), "{reference} has no example");
                example.clone()
            });
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = path
                .replace("{source}", "hr")
                .replace("{name}", "hr")
                .replace("{external_id}", "e-1")
                .replace("{snapshot_id}", "s-1")
                .replace("{check}", "returned")
                .replace("{kind}", "ordinary")
                .replace("{id}", "01939e5c-5b6a-7c1e-8f00-0242ac120002")
                .replace("{merge}", "01939e5c-5b6a-7c1e-8f00-0242ac120004")
                .replace("{item}", "01939e5c-5b6a-7c1e-8f00-0242ac120003");
            found.insert(id.to_owned(), Operation { method, path, body });
        }
    }
    found
}

/// The call that the description promises an answer to, but for the token.
pub fn call(server: &TestServer<'_>, operation: &Operation, key: &str) -> reqwest::RequestBuilder {
    let mut request = server
        .anonymous(operation.method.clone(), &operation.path)
        .header("idempotency-key", key)
        .header("if-match", "\"v1\"");
    if operation.method == Method::GET {
        request = server.anonymous(Method::GET, &operation.path);
    }
    match &operation.body {
        Some(body) => request.json(body),
        None => request,
    }
}
