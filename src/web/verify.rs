//! `/verify`: anybody checks whether a receipt is genuine, by the code on it. No code reaches a log: the request log has
//! the route pattern.

use super::context::RequestContext;
use super::middleware::client_ip;
use super::pages::site::{page, site};
use super::pages::{ErrorKind, ErrorPage, Verdict, VerifyPage};
use super::problem::Problem;
use super::state::State;
use crate::domain::language::Language;
use crate::domain::verification_code::VerificationCode;
use crate::services::receipts::{self, Genuineness};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, Header, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use std::sync::Arc;
use url::form_urlencoded;

/// The language, and whether it was chosen on the page.
type Spoken = (Language, bool);

/// Shows the form; with a code in the query, leads to the page of that code.
///
/// # Errors
/// The server was put together without state, or the page cannot be written.
pub async fn ask(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let state = State::of(&request)?;
    let spoken = spoken(&request);
    let Some(typed) = parameter(&request, "code").filter(|typed| !typed.trim().is_empty()) else {
        return answer(&state, spoken, Verdict::NotAsked, String::new());
    };
    let Ok(code) = typed.parse::<VerificationCode>() else {
        return unknown(&request, &state, spoken, typed);
    };
    let chosen = if spoken.1 {
        format!("?lang={}", spoken.0)
    } else {
        String::new()
    };
    Ok(HttpResponse::SeeOther()
        .insert_header(("location", format!("/verify/{code}{chosen}")))
        .insert_header(("referrer-policy", "no-referrer"))
        .insert_header(("cache-control", "no-store"))
        .finish())
}

/// Says whether the receipt with a code is genuine.
///
/// # Errors
/// As [`ask`]; the database cannot be used.
pub async fn show(request: HttpRequest, code: web::Path<String>) -> Result<HttpResponse, Problem> {
    let state = State::of(&request)?;
    let spoken = spoken(&request);
    let typed = code.into_inner();
    let Ok(code) = typed.parse::<VerificationCode>() else {
        return unknown(&request, &state, spoken, typed);
    };
    match receipts::verify(&state.app, code).await? {
        Genuineness::Genuine(day) => answer(&state, spoken, Verdict::Genuine(day), String::new()),
        Genuineness::Replaced => answer(&state, spoken, Verdict::Replaced, String::new()),
        Genuineness::Unknown => unknown(&request, &state, spoken, typed),
    }
}

/// There is no such receipt. Whoever asks for many of those may not ask for more for a while.
fn unknown(
    request: &HttpRequest,
    state: &Arc<State>,
    spoken: Spoken,
    typed: String,
) -> Result<HttpResponse, Problem> {
    let caller = client_ip(request, &state.app.config.http.trusted_proxies);
    if state.verify_misses.admit(caller) {
        return answer(state, spoken, Verdict::Unknown, typed);
    }
    let refused = ErrorPage {
        language: spoken.0,
        site: site(&state.app.config),
        kind: ErrorKind::TooMany,
        reference: RequestContext::of(request).map(|context| context.request_id().to_owned()),
    };
    page(StatusCode::TOO_MANY_REQUESTS, refused.render())
}

fn answer(
    state: &Arc<State>,
    (language, is_chosen): Spoken,
    verdict: Verdict,
    typed: String,
) -> Result<HttpResponse, Problem> {
    let view = VerifyPage {
        language,
        site: site(&state.app.config),
        is_chosen,
        verdict,
        typed,
    };
    let status = match verdict {
        Verdict::NotAsked | Verdict::Genuine(_) | Verdict::Replaced => StatusCode::OK,
        Verdict::Unknown => StatusCode::NOT_FOUND,
    };
    let mut answer = page(status, view.render())?;
    let headers = answer.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(language.as_str()),
    );
    // The address holds the code, and the page links to nobody who is to see it.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(answer)
}

fn parameter(request: &HttpRequest, wanted: &str) -> Option<String> {
    form_urlencoded::parse(request.query_string().as_bytes())
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value.into_owned())
}

/// The language chosen on the page; else the one of ours that the browser likes best.
fn spoken(request: &HttpRequest) -> Spoken {
    let chosen = parameter(request, "lang").and_then(|value| value.parse().ok());
    if let Some(language) = chosen {
        return (language, true);
    }
    let accepted = header::AcceptLanguage::parse(request).ok();
    let wanted = accepted.and_then(|accepted| {
        accepted
            .ranked()
            .into_iter()
            .find_map(|language| match language.item()?.primary_language() {
                "sv" => Some(Language::Sv),
                "en" => Some(Language::En),
                _ => None,
            })
    });
    (wanted.unwrap_or_default(), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn the_page_speaks_the_first_language_of_ours_that_the_browser_asks_for() {
        for (header, expected) in [
            (None, Language::Sv),
            (Some("en-GB,en;q=0.9,sv;q=0.8"), Language::En),
            (Some("sv-SE, en;q=0.5"), Language::Sv),
            (Some("de, en;q=0.2, sv;q=0.1"), Language::En),
            (Some("fi, *;q=0.1"), Language::Sv),
            (Some(";;;"), Language::Sv),
        ] {
            let request = header.into_iter().fold(TestRequest::default(), |request, value| {
                request.insert_header(("accept-language", value))
            });
            assert_eq!(spoken(&request.to_http_request()).0, expected, "{header:?}");
        }
        let chosen = TestRequest::with_uri("/verify?lang=en").insert_header(("accept-language", "sv"));
        assert_eq!(spoken(&chosen.to_http_request()), (Language::En, true));
    }
}
