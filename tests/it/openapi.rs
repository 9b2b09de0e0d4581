//! The committed description of the API is the one that the code gives.

use handback::web::openapi;

#[test]
fn openapi_yaml_says_what_the_code_does() {
    let committed = include_str!("../../openapi.yaml");
    let current = openapi::to_yaml();
    let first_difference = committed
        .lines()
        .zip(current.lines())
        .position(|(old, new)| old != new);
    assert!(
        committed == current,
        "openapi.yaml is not up to date (first difference in line {:?}). Run: cargo run -- openapi > openapi.yaml",
        first_difference.map(|line| line + 1)
    );
}
