//! HTTP out: the one client that calls other systems, with a guard around it.
//!
//! It follows no redirect, uses no proxy of the environment, keeps no cookie, and bounds the time and the size of an
//! answer. It connects to no address that no service of an organisation has: a name that leads to this machine or to
//! the metadata service of a cloud is an attack on the machine, whoever controls the name. The guard sits in the
//! resolver that the connection uses, so what was checked is what is connected to.

mod addresses;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use addresses::is_reachable;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::ACCEPT;
use reqwest::{Client, StatusCode};
use url::{Host, Url};

use crate::config::is_this_machine;

/// Time to connect.
const CONNECT: Duration = Duration::from_secs(3);
/// Time for the whole exchange.
const TOTAL: Duration = Duration::from_secs(5);

/// Why there is no answer. Nothing of what was received is repeated.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The client cannot be set up: mostly, the machine has no certificates of authorities.
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
    /// The address is none that we connect to.
    #[error("the address is not one to connect to")]
    Refused,
    /// No connection, no valid certificate, or no answer in time.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// Another status than 200.
    #[error("the answer has status {0}")]
    Status(u16),
    /// The answer is larger than it may be.
    #[error("the answer is too large")]
    TooLarge,
}

/// The client. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: Client,
}

impl Outbound {
    /// Sets the client up.
    ///
    /// # Errors
    /// [`OutboundError::Setup`].
    pub fn new() -> Result<Self, OutboundError> {
        crate::integrations::install_tls_provider();
        let client = Client::builder()
            .user_agent(concat!("handback/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .dns_resolver(GuardedResolver)
            .build()
            .map_err(|error| OutboundError::Setup(chain(&error)))?;
        Ok(Self { client })
    }

    /// Reads a document of at most `limit` bytes from an address of the configuration.
    ///
    /// # Errors
    /// [`OutboundError`]; a redirect is a status like others.
    pub async fn get(&self, url: &Url, limit: usize) -> Result<Vec<u8>, OutboundError> {
        if !may_call(url) {
            return Err(OutboundError::Refused);
        }
        let no_answer = |error: reqwest::Error| OutboundError::NoAnswer(chain(&error.without_url()));
        let request = self.client.get(url.clone()).header(ACCEPT, "application/json");
        let mut answer = request.send().await.map_err(no_answer)?;
        if answer.status() != StatusCode::OK {
            return Err(OutboundError::Status(answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
            if body.len() + chunk.len() > limit {
                return Err(OutboundError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Names are judged by the resolver, addresses here: a client does not resolve those. http is for this machine alone,
/// and this machine must be named as what it is.
fn may_call(url: &Url) -> bool {
    let is_fine = match url.host() {
        Some(Host::Domain(_)) => true,
        Some(Host::Ipv4(address)) => is_reachable(address.into()),
        Some(Host::Ipv6(address)) => is_reachable(address.into()),
        None => false,
    };
    is_this_machine(url) || (url.scheme() == "https" && is_fine)
}

/// The machine's resolver, without the answers that lead where nothing is to be had.
struct GuardedResolver;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let is_this_machine = name.as_str() == "localhost";
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found
                .filter(|address| {
                    let ip = address.ip();
                    if is_this_machine {
                        ip.is_loopback()
                    } else {
                        is_reachable(ip)
                    }
                })
                .collect();
            if allowed.is_empty() {
                return Err("the name leads to no address to connect to".into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// An error with its causes, in one line: the outermost alone says nothing but that it failed.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}
