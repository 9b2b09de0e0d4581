//! The query of the address. A parameter that is unknown or comes twice is refused: a filter that is silently
//! ignored shows more than was asked for. A handler that takes no query has none: see [`refuse_query`].

use super::is_plain_name;
use super::serde_fault::{self, Wire};
use crate::crypto::digest::{Digest, digest};
use crate::domain::page::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::web::context::RequestContext;
use crate::web::problem::{Fault, Problem, ProblemType};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use std::collections::HashSet;
use std::future::{Ready, ready};
use url::form_urlencoded;

/// The query as a `T`, which derives `Deserialize` with `deny_unknown_fields`.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

/// The query of a list: `limit`, `cursor` and the filters `T`.
#[derive(Clone, Debug)]
pub struct ListQuery<T> {
    /// The filters.
    pub filter: T,
    /// How many rows.
    pub(in crate::web) limit: u32,
    /// The cursor, not yet checked.
    pub(in crate::web) cursor: Option<String>,
    /// Everything but the cursor, in the order in which it was sent.
    pub(in crate::web) others: Vec<(String, String)>,
}

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        note_read(request);
        ready(unique_pairs(request.query_string()).and_then(|pairs| read(&pairs).map(Self)))
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for ListQuery<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        note_read(request);
        ready(Self::parse(request.query_string()))
    }
}

/// The query of an operation that has none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParameters {}

/// Refuses every parameter, for handlers that take none.
///
/// # Errors
/// The first parameter, as one that is unknown or repeated.
pub fn refuse_query(request: &HttpRequest) -> Result<(), Problem> {
    let pairs = unique_pairs(request.query_string())?;
    read::<NoParameters>(&pairs).map(|_| ())
}

fn note_read(request: &HttpRequest) {
    if let Some(context) = RequestContext::of(request) {
        context.is_query_read.set(true);
    }
}

impl<T: DeserializeOwned> ListQuery<T> {
    fn parse(query: &str) -> Result<Self, Problem> {
        let mut others = unique_pairs(query)?;
        let cursor = others
            .iter()
            .position(|(name, _)| name == "cursor")
            .map(|at| others.remove(at).1);
        let (paging, filters): (Vec<_>, Vec<_>) =
            others.iter().cloned().partition(|(name, _)| name == "limit");
        let limit = paging
            .first()
            .map_or(Ok(DEFAULT_LIMIT), |(_, text)| parse_limit(text))?;
        Ok(Self {
            filter: read(&filters)?,
            limit,
            cursor,
            others,
        })
    }
}

impl<T> ListQuery<T> {
    /// What a cursor of this list is bound to, beside the route: the filters, whatever their order.
    pub(in crate::web) fn filter_digest(&self) -> Digest {
        let mut filters: Vec<_> = self.others.iter().filter(|(name, _)| name != "limit").collect();
        filters.sort();
        let parts: Vec<&[u8]> = filters
            .iter()
            .flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()])
            .collect();
        digest(&parts)
    }
}

/// Reads a text filter of `MIN` to `MAX` characters, for `#[serde(default, deserialize_with = …)]`.
///
/// # Errors
/// It is shorter or longer, or has control characters.
pub fn text_filter<'de, const MIN: usize, const MAX: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if (MIN..=MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Ok(Some(text))
    } else {
        Err(D::Error::custom("not a text of the right length"))
    }
}

fn parse_limit(text: &str) -> Result<u32, Problem> {
    let limit = text
        .parse::<u32>()
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit));
    limit.ok_or_else(|| {
        refused(Fault::parameter(
            "limit",
            "out_of_range",
            "A limit is a number from 1 to 200.",
        ))
    })
}

fn unique_pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut seen = HashSet::new();
    match pairs.iter().find(|(name, _)| !seen.insert(name)) {
        Some((name, _)) => Err(refused(Fault::parameter(
            if is_plain_name(name) { name.as_str() } else { "" },
            "repeated_parameter",
            "Send this parameter once.",
        ))),
        None => Ok(pairs),
    }
}

fn read<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, Problem> {
    let text: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(reader).map_err(|error| refused(serde_fault::fault(&error, Wire::Query)))
}

fn refused(fault: Fault) -> Problem {
    Problem::new(ProblemType::MalformedRequest).error(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        kind: Option<Kind>,
        unit: Option<u32>,
        #[serde(default, deserialize_with = "text_filter::<1, 3, _>")]
        name: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Company,
    }

    fn fault(query: &str) -> (String, String) {
        let reply = ListQuery::<Filter>::parse(query).unwrap_err().reply("r");
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(reply.status, 400);
        let fault = &body["errors"][0];
        (
            fault["parameter"].as_str().unwrap().to_owned(),
            fault["code"].as_str().unwrap().to_owned(),
        )
    }

    #[test]
    fn a_parameter_that_is_unknown_repeated_or_out_of_range_is_named() {
        for (query, parameter, code) in [
            ("colour=red", "colour", "unknown_parameter"),
            ("kind=company&kind=company", "kind", "repeated_parameter"),
            ("limit=1&limit=2", "limit", "repeated_parameter"),
            ("kind=other", "kind", "unknown_value"),
            ("unit=x", "unit", "invalid_value"),
            ("name=", "name", "invalid_value"),
            ("name=abcd", "name", "invalid_value"),
            ("name=a%00", "name", "invalid_value"),
            ("limit=0", "limit", "out_of_range"),
            ("limit=201", "limit", "out_of_range"),
            ("limit=", "limit", "out_of_range"),
            ("limit=-1", "limit", "out_of_range"),
            ("191212121212=1", "", "unknown_parameter"),
        ] {
            assert_eq!(fault(query), (parameter.to_owned(), code.to_owned()), "{query}");
        }
    }

    #[test]
    fn filters_are_read_and_the_page_has_a_default_size() {
        let query = ListQuery::<Filter>::parse("unit=7&kind=company&name=%C3%A5%C3%A4%C3%B6").unwrap();
        assert_eq!((query.filter.unit, query.filter.kind.is_some()), (Some(7), true));
        assert_eq!(query.filter.name.as_deref(), Some("åäö"));
        assert_eq!((query.limit, query.cursor), (50, None));
    }

    #[test]
    fn the_digest_of_the_filters_ignores_order_limit_and_cursor_and_nothing_else() {
        let digest = |query| ListQuery::<Filter>::parse(query).unwrap().filter_digest();
        assert_eq!(
            digest("kind=company&unit=1"),
            digest("unit=1&limit=5&kind=company&cursor=x")
        );
        assert_ne!(digest("unit=1"), digest("unit=2"));
        assert_ne!(digest("unit=1"), digest(""));
    }
}
