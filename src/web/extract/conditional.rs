//! Conditional requests (RFC 9110 §13): edits name the version they are meant for, reads the one they have.

use super::header_problem;
use crate::domain::record::ExpectedVersion;
use crate::web::etag::version_in;
use crate::web::problem::{Problem, ProblemType};
use actix_web::dev::Payload;
use actix_web::http::header::{self, EntityTag, Header};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use std::future::{Ready, ready};

/// The `If-Match` header of an edit. Without it the answer is 428. Weak tags never match.
#[derive(Clone, Debug)]
pub struct IfMatch(pub ExpectedVersion);

/// The `If-None-Match` header of a read.
#[derive(Clone, Debug)]
pub struct IfNoneMatch(Option<header::IfNoneMatch>);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(expected(request).map(Self))
    }
}

fn expected(request: &HttpRequest) -> Result<ExpectedVersion, Problem> {
    if !request.headers().contains_key("if-match") {
        return Err(Problem::new(ProblemType::PreconditionRequired));
    }
    match header::IfMatch::parse(request) {
        Ok(header::IfMatch::Any) => Ok(ExpectedVersion::Any),
        Ok(header::IfMatch::Items(tags)) if !tags.is_empty() => Ok(ExpectedVersion::OneOf(
            tags.iter()
                .filter(|tag| !tag.weak)
                .filter_map(|tag| version_in(tag.tag()))
                .collect(),
        )),
        Ok(header::IfMatch::Items(_)) | Err(_) => Err(header_problem(
            "if-match",
            "malformed",
            "Send the ETag of the resource as it came, with its quotes.",
        )),
    }
}

impl FromRequest for IfNoneMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl IfNoneMatch {
    /// The condition of the request, if it has one.
    ///
    /// # Errors
    /// The header is malformed.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        if !request.headers().contains_key("if-none-match") {
            return Ok(Self(None));
        }
        match request.get_header::<header::IfNoneMatch>() {
            Some(header::IfNoneMatch::Items(tags)) if tags.is_empty() => Err(malformed()),
            Some(condition) => Ok(Self(Some(condition))),
            None => Err(malformed()),
        }
    }

    /// Whether the caller has this version: the comparison is weak.
    pub fn names(&self, version: i64) -> bool {
        let is_version = |tag: &EntityTag| version_in(tag.tag()) == Some(version);
        match &self.0 {
            None => false,
            Some(header::IfNoneMatch::Any) => true,
            Some(header::IfNoneMatch::Items(tags)) => tags.iter().any(is_version),
        }
    }
}

fn malformed() -> Problem {
    header_problem(
        "if-none-match",
        "malformed",
        "Send the ETag of the resource as it came, with its quotes.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn if_match(values: &[&str]) -> Result<ExpectedVersion, ProblemType> {
        let mut request = TestRequest::default();
        for value in values {
            request = request.append_header(("if-match", *value));
        }
        expected(&request.to_http_request()).map_err(|problem| problem.kind())
    }

    #[test]
    fn strong_tags_lists_and_the_star_are_understood_and_weak_tags_match_nothing() {
        use ExpectedVersion::{Any, OneOf};
        assert_eq!(if_match(&[r#""v3""#]), Ok(OneOf(vec![3])));
        assert_eq!(if_match(&[r#""x", "v3" , W/"v4","v5""#]), Ok(OneOf(vec![3, 5])));
        assert_eq!(if_match(&[r#""v1""#, r#""v2""#]), Ok(OneOf(vec![1, 2])));
        assert_eq!(if_match(&[r#"W/"v3""#]), Ok(OneOf(vec![])));
        assert_eq!(if_match(&["*"]), Ok(Any));
        assert_eq!(if_match(&[]), Err(ProblemType::PreconditionRequired));
        for bad in ["", "v3", "3", "\"v3", ","] {
            assert_eq!(if_match(&[bad]), Err(ProblemType::MalformedRequest), "{bad}");
        }
    }

    #[test]
    fn a_read_compares_weakly() {
        let names = |value: &str, version| {
            let request = TestRequest::default()
                .insert_header(("if-none-match", value))
                .to_http_request();
            IfNoneMatch::of(&request).unwrap().names(version)
        };
        assert!(names(r#""v3""#, 3) && names(r#"W/"v3""#, 3) && names("*", 3) && names(r#""v1", "v3""#, 3));
        assert!(!names(r#""v3""#, 4));
    }
}
