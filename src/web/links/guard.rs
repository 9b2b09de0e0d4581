//! What keeps answers apart from what programs and other sites send, and guessing from being cheap.

use super::form::Form;
use crate::crypto::token::{OpaqueToken, same_text};
use crate::web::middleware::network_of;
use crate::web::pages::confirm::CSRF_FIELD;
use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many dead links a network may open at once.
const MISSES_AT_ONCE: NonZeroU32 = NonZeroU32::new(30).expect("30 is not 0");
/// How long it takes until one more is allowed: 30 in ten minutes.
const SECONDS_PER_MISS: u64 = 20;
/// After this many misses, networks that have been quiet are forgotten.
const SWEEP_EVERY: u32 = 1_000;
/// How long a page may stay open, in minutes.
const FORM_MINUTES: i64 = 30;

/// Counts dead links, or codes that do not exist, per network. Live ones are never held up by it: many offices sit
/// behind one address.
pub struct Misses {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    count: AtomicU32,
}

impl Default for Misses {
    fn default() -> Self {
        let period = std::time::Duration::from_secs(SECONDS_PER_MISS);
        let quota = Quota::with_period(period)
            .unwrap_or_else(|| Quota::per_minute(MISSES_AT_ONCE))
            .allow_burst(MISSES_AT_ONCE);
        Self {
            limiter: RateLimiter::keyed(quota),
            count: AtomicU32::new(0),
        }
    }
}

impl Misses {
    /// Counts a miss of this caller; false when there were too many.
    pub fn admit(&self, caller: Option<IpAddr>) -> bool {
        if self.count.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let network = caller.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), network_of);
        self.limiter.check_key(&network).is_ok()
    }
}

/// The name of the cookie. Browsers take the `__Host-` prefix over TLS only, and without it a neighbouring host could
/// set the cookie; plain http is for trying things out on one's own machine.
fn cookie_name(public_url: &str) -> &'static str {
    if is_secure(public_url) { "__Host-c" } else { "c" }
}

fn is_secure(public_url: &str) -> bool {
    public_url.starts_with("https://")
}

/// The token of the visitor's forms: the one that they have already, so that two open pages do not disturb each
/// other, or a fresh one.
pub(super) fn form_token(request: &HttpRequest, public_url: &str) -> String {
    request
        .cookie(cookie_name(public_url))
        .map(|cookie| cookie.value().to_owned())
        .filter(|value| value.parse::<OpaqueToken>().is_ok())
        .unwrap_or_else(|| OpaqueToken::generate().expose().to_owned())
}

/// The cookie that goes with a form. `Lax`, because a link from a mail that is read in a browser comes from another site: with
/// `Strict` the page would not see the cookie that the visitor has, and a second page would disturb the first. No form of
/// another site brings it along either way.
pub(super) fn form_cookie(csrf: &str, public_url: &str) -> Cookie<'static> {
    Cookie::build(cookie_name(public_url), csrf.to_owned())
        .path("/")
        .secure(is_secure(public_url))
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::minutes(FORM_MINUTES))
        .finish()
}

/// Whether the form mirrors the visitor's cookie: another site can send a form, but knows no cookie of ours.
pub(super) fn is_same_form(request: &HttpRequest, public_url: &str, form: &Form) -> bool {
    request
        .cookie(cookie_name(public_url))
        .is_some_and(|cookie| !cookie.value().is_empty() && same_text(cookie.value(), form.get(CSRF_FIELD)))
}

/// Whether nothing in the request says that it comes from elsewhere. Old browsers say nothing.
pub(super) fn is_from_our_page(request: &HttpRequest, public_url: &str) -> bool {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or("unreadable"))
    };
    header("sec-fetch-site").is_none_or(|site| site.eq_ignore_ascii_case("same-origin"))
        && header("origin").is_none_or(|origin| origin.eq_ignore_ascii_case(public_url))
}

/// Whether the body is that of a form.
pub(super) fn is_form(request: &HttpRequest) -> bool {
    let given = request
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    let essence = given.map(|given| given.split(';').next().unwrap_or("").trim());
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn over_tls_the_cookie_has_the_prefix_that_no_other_host_can_set() {
        let cookie = |public_url| form_cookie("x", public_url).to_string();
        let secure = cookie("https://handback.example");
        assert!(
            secure.starts_with("__Host-c=x; ") && secure.contains("Secure") && secure.contains("Path=/"),
            "{secure}"
        );
        let plain = cookie("http://127.0.0.1:8080");
        assert!(plain.starts_with("c=x; ") && !plain.contains("Secure"), "{plain}");
    }

    #[test]
    fn only_what_says_that_it_comes_from_elsewhere_is_taken_to() {
        let ours = "https://handback.example";
        for (headers, expected) in [
            (vec![], true),
            (vec![("sec-fetch-site", "same-origin"), ("origin", ours)], true),
            (vec![("sec-fetch-site", "none")], false),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("origin", "https://handback.example.evil.example")], false),
            (vec![("origin", "null")], false),
        ] {
            let request = headers.iter().fold(TestRequest::post(), |request, header| {
                request.insert_header(*header)
            });
            let request = request.to_http_request();
            assert_eq!(is_from_our_page(&request, ours), expected, "{headers:?}");
        }
    }
}
