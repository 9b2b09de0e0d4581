//! Where a request comes from.

use actix_web::HttpRequest;
use ipnet::IpNet;
use std::net::IpAddr;

/// The header in which a proxy says for whom it asks. Only this one: a proxy that writes it passes a
/// caller's `Forwarded` header on as it came, and believing both would let the caller choose.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the caller: that of the connection, or when a trusted proxy holds the connection, the
/// right-most address in its header that is not itself a trusted proxy.
pub fn client_ip(request: &HttpRequest, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return Some(peer);
    }
    let values: Vec<&str> = request
        .headers()
        .get_all(FORWARDED_FOR)
        .filter_map(|value| value.to_str().ok())
        .collect();
    let mut nearest = peer;
    for hop in values.iter().flat_map(|value| value.split(',')).rev() {
        // Something unreadable was written by somebody beyond the last proxy that we know.
        let Ok(address) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        nearest = address.to_canonical();
        if !is_trusted(&nearest) {
            break;
        }
    }
    Some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn seen(peer: &str, forwarded: &[&str]) -> String {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:4711").parse().unwrap());
        for value in forwarded {
            request = request.append_header((FORWARDED_FOR, *value));
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "127.0.0.1/32".parse().unwrap()];
        client_ip(&request.to_http_request(), &trusted)
            .unwrap()
            .to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_from_the_right() {
        assert_eq!(seen("192.0.2.1", &["198.51.100.9"]), "192.0.2.1");
        assert_eq!(seen("10.0.0.1", &["203.0.113.5, 198.51.100.9"]), "198.51.100.9");
        assert_eq!(
            seen("10.0.0.1", &["203.0.113.5, 198.51.100.9, 10.2.2.2"]),
            "198.51.100.9"
        );
        assert_eq!(seen("10.0.0.1", &["203.0.113.5", "198.51.100.9"]), "198.51.100.9");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["203.0.113.5, unknown"]), "10.0.0.1");
    }
}
