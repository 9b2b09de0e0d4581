//! How many requests one caller may make. Callers are told apart by their service account, and before they
//! have proved one by the network they come from, so that guessing tokens is limited too.

use super::client_ip;
use crate::config::HttpConfig;
use crate::web::context::RequestContext;
use crate::web::problem::{Problem, ProblemType};
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

/// Requests for a token per second and network in the long run: far more than clients need that keep their
/// tokens, far too few to guess a secret.
const TOKENS_PER_SECOND: u32 = 5;
/// Requests for a token that a network may make at once.
const TOKENS_AT_ONCE: u32 = 20;
/// After this many requests, callers that have been quiet are forgotten.
const SWEEP_EVERY: u32 = 10_000;
/// Probes of the machinery around us must not be refused.
const UNLIMITED: [&str; 3] = ["/livez", "/readyz", "/metrics"];
/// The endpoint with the limit of its own.
const TOKEN_ENDPOINT: &str = "/oauth/token";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Client(Uuid),
    Network(IpAddr),
}

struct Limit {
    limiter: RateLimiter<Key, DashMapStateStore<Key>, DefaultClock, StateInformationMiddleware>,
    per_second: u32,
    burst: u32,
}

/// The limits of one process.
pub struct Limits {
    callers: Option<Limit>,
    tokens: Option<Limit>,
    trusted: Vec<IpNet>,
    count: AtomicU32,
}

/// What is left to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    per_second: u32,
    burst: u32,
    remaining: u32,
}

impl Limits {
    /// The configured limits; none when the rate is 0.
    pub fn new(config: &HttpConfig) -> Self {
        let callers = Limit::new(config.rate_limit_per_second, config.rate_limit_burst);
        let tokens = callers
            .as_ref()
            .and_then(|_| Limit::new(TOKENS_PER_SECOND, TOKENS_AT_ONCE));
        Self {
            callers,
            tokens,
            trusted: config.trusted_proxies.clone(),
            count: AtomicU32::new(0),
        }
    }

    /// Lets the request through or not.
    pub(super) fn admit(
        &self,
        request: &ServiceRequest,
        context: &RequestContext,
    ) -> Result<Option<Allowance>, Problem> {
        let path = request.path();
        if UNLIMITED.contains(&path) {
            return Ok(None);
        }
        let (limit, client) = if path == TOKEN_ENDPOINT {
            (&self.tokens, None)
        } else {
            (&self.callers, context.client())
        };
        let Some(limit) = limit else {
            return Ok(None);
        };
        let network = || {
            client_ip(request.request(), &self.trusted).map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), network_of)
        };
        let key = client.map_or_else(|| Key::Network(network()), Key::Client);
        if self.count.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.sweep();
        }
        limit.admit(key).map(Some)
    }

    fn sweep(&self) {
        for limit in [&self.callers, &self.tokens].into_iter().flatten() {
            limit.limiter.retain_recent();
            limit.limiter.shrink_to_fit();
        }
    }
}

impl Limit {
    fn new(per_second: u32, burst: u32) -> Option<Self> {
        let rate = NonZeroU32::new(per_second)?;
        let quota = Quota::per_second(rate).allow_burst(NonZeroU32::new(burst)?);
        Some(Self {
            limiter: RateLimiter::dashmap(quota).with_middleware(),
            per_second,
            burst,
        })
    }

    fn admit(&self, key: Key) -> Result<Allowance, Problem> {
        let allowance = |remaining| Allowance {
            per_second: self.per_second,
            burst: self.burst,
            remaining,
        };
        match self.limiter.check_key(&key) {
            Ok(state) => Ok(allowance(state.remaining_burst_capacity())),
            Err(refused) => {
                let wait = refused.wait_time_from(DefaultClock::default().now());
                let seconds = (wait.as_secs() + 1).to_string();
                let (policy, left) = allowance(0).texts(&seconds);
                Err(Problem::new(ProblemType::RateLimited)
                    .header("retry-after", seconds)
                    .header("ratelimit-policy", policy)
                    .header("ratelimit", left))
            }
        }
    }
}

impl Allowance {
    /// `RateLimit-Policy` and `RateLimit` (IETF draft draft-ietf-httpapi-ratelimit-headers).
    fn texts(self, until: &str) -> (String, String) {
        let window = self.burst.div_ceil(self.per_second);
        (
            format!("\"default\";q={};w={window}", self.burst),
            format!("\"default\";r={};t={until}", self.remaining),
        )
    }

    pub(super) fn write(self, headers: &mut HeaderMap) {
        let until = self
            .burst
            .saturating_sub(self.remaining)
            .div_ceil(self.per_second);
        let (policy, left) = self.texts(&until.to_string());
        for (name, text) in [("ratelimit-policy", policy), ("ratelimit", left)] {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// The network that one household or one office has: /24 of IPv4, /64 of IPv6.
pub(in crate::web) fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from(u32::from(address) & 0xffff_ff00)),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_callers_requests_do_not_count_against_another() {
        let limit = Limit::new(1, 2).unwrap();
        let (one, other) = (Key::Client(Uuid::nil()), Key::Network([192, 0, 2, 0].into()));
        assert_eq!(limit.admit(one).unwrap().remaining, 1);
        assert_eq!(limit.admit(one).unwrap().remaining, 0);
        let refused = limit.admit(one).unwrap_err().reply("r");
        let header = |name: &str| refused.headers.iter().find(|(n, _)| n == name).unwrap().1.clone();
        assert_eq!(refused.status, 429);
        assert_eq!(header("retry-after"), "1");
        assert_eq!(header("ratelimit"), "\"default\";r=0;t=1");
        assert_eq!(header("ratelimit-policy"), "\"default\";q=2;w=2");
        assert!(limit.admit(other).is_ok());
    }

    #[test]
    fn neighbours_share_a_network() {
        let network = |text: &str| network_of(text.parse().unwrap()).to_string();
        assert_eq!(network("192.0.2.77"), "192.0.2.0");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
