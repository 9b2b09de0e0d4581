//! Which formats a caller takes (RFC 9110 §12.5.1).

use crate::web::problem::MEDIA_TYPE as PROBLEM;
use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT;

/// Whether an answer in JSON, or at least a problem, is something that the caller takes. Who does not say takes
/// everything.
///
/// Reads generously: HTTP clients in use send `*` for `*/*` and weights such as `.2`.
pub fn accepts_json(request: &HttpRequest) -> bool {
    let text = accept(request);
    text.is_empty()
        || ["application/json", PROBLEM]
            .iter()
            .any(|format| weight(&text, format) > 0.0)
}

/// Whether the caller would rather have this format than JSON.
pub fn prefers(request: &HttpRequest, format: &str) -> bool {
    let text = accept(request);
    weight(&text, format) > weight(&text, "application/json")
}

/// The one of these formats that the caller likes best, the first of those that are the same to them; none if none will
/// do. Who does not say takes the first.
pub fn preferred<'f>(request: &HttpRequest, formats: &[&'f str]) -> Option<&'f str> {
    let text = accept(request);
    if text.is_empty() {
        return formats.first().copied();
    }
    let mut best: Option<(&str, f32)> = None;
    for format in formats {
        let weight = weight(&text, format);
        if weight > best.map_or(0.0, |(_, best)| best) {
            best = Some((format, weight));
        }
    }
    best.map(|(format, _)| format)
}

/// All that the caller says about formats; empty if that is nothing.
fn accept(request: &HttpRequest) -> String {
    let texts = request.headers().get_all(ACCEPT);
    let texts: Vec<&str> = texts.map(|value| value.to_str().unwrap_or("")).collect();
    texts.join(",").trim_matches([' ', '\t', ',']).to_owned()
}

/// The weight of a format: that of the most specific range that it is in, 0 if it is in none.
fn weight(accept: &str, format: &str) -> f32 {
    let (group, _) = format.split_once('/').unwrap_or((format, ""));
    let ranges = accept.split(',').filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let specificity = match range.as_str() {
            "*/*" | "*" => 0,
            range if range == format => 2,
            range if range.strip_suffix("/*") == Some(group) => 1,
            _ => return None,
        };
        let weight = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(1.0, |(_, weight)| weight.trim().parse().unwrap_or(1.0));
        Some((specificity, weight))
    });
    ranges
        .max_by_key(|(specificity, _)| *specificity)
        .map_or(0.0, |(_, weight)| weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn accepts(values: &[&str]) -> bool {
        let request = values.iter().fold(TestRequest::default(), |request, value| {
            request.append_header(("accept", *value))
        });
        accepts_json(&request.to_http_request())
    }

    #[test]
    fn whoever_takes_json_problems_or_everything_or_does_not_say_is_served() {
        for fine in [
            &[][..],
            &[""],
            &["*/*"],
            &["application/*"],
            &["application/json"],
            &["Application/JSON; charset=utf-8"],
            &["application/problem+json"],
            &["application/xml;q=0.9, application/json;q=0.1"],
            &["application/xml", "application/json"],
            // What an old Java client sends by itself.
            &["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"],
        ] {
            assert!(accepts(fine), "{fine:?}");
        }
    }

    #[test]
    fn a_format_is_preferred_by_its_weight_and_json_wins_a_tie() {
        let prefers_csv = |value: &str| {
            let request = TestRequest::default().append_header(("accept", value));
            prefers(&request.to_http_request(), "text/csv")
        };
        for csv in [
            "text/csv",
            "text/*",
            "text/csv, application/json;q=0.5",
            "text/csv, */*;q=0.1",
        ] {
            assert!(prefers_csv(csv), "{csv}");
        }
        for json in [
            "*/*",
            "",
            "text/csv;q=0",
            "text/csv;q=0.4, application/json;q=0.5",
            "text/csv, */*",
        ] {
            assert!(!prefers_csv(json), "{json}");
        }
    }

    #[test]
    fn of_several_formats_the_one_with_the_most_weight_is_taken() {
        let formats = ["application/json", "text/csv", "text/html"];
        let taken = |value: &str| {
            let request = TestRequest::default().append_header(("accept", value));
            preferred(&request.to_http_request(), &formats)
        };
        assert_eq!(taken(""), Some("application/json"));
        assert_eq!(taken("*/*"), Some("application/json"));
        assert_eq!(taken("text/*"), Some("text/csv"));
        assert_eq!(taken("text/html, */*;q=0.8"), Some("text/html"));
        assert_eq!(taken("image/png"), None);
    }

    #[test]
    fn whoever_takes_other_things_only_is_not() {
        for other in [
            &["application/xml"][..],
            &["text/html, text/*"],
            &["application/jsonp"],
            &["application/json;q=0"],
            &["*/*, application/*;q=0"],
            &["?"],
        ] {
            assert!(!accepts(other), "{other:?}");
        }
    }
}
