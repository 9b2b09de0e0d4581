//! Which addresses an organisation's services can have.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether something can be reached there that is meant to be called. The organisation's own networks (RFC 1918,
/// RFC 4193, RFC 6598) can: its identity provider is often inside. This machine, its link (where clouds put their metadata
/// service), groups, and ranges that are nobody's cannot.
pub(super) fn is_reachable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_reachable_v4(address),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(inner) => is_reachable_v4(inner),
            None => is_reachable_v6(address),
        },
    }
}

fn is_reachable_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        // Reserved, and the broadcast address.
        || a >= 240
        // Protocol assignments, 6to4 relays, benchmarks.
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_reachable_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_unique_local = first & 0xfe00 == 0xfc00;
    let is_global = first & 0xe000 == 0x2000;
    // Teredo, documentation twice.
    let special = (first, second) == (0x2001, 0)
        || (first, second) == (0x2001, 0x0db8)
        || (first == 0x3fff && second & 0xf000 == 0);
    // The metadata address of one cloud is a unique local one.
    let is_metadata = address == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    (is_global || is_unique_local) && !special && !is_metadata
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, translated (RFC 6052) or 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_service_can_have_is_not_reachable_however_it_is_written() {
        for text in [
            "0.0.0.0",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "100::1",
        ] {
            assert!(!is_reachable(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn an_identity_provider_may_be_inside_or_outside() {
        for text in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "20.190.128.1",
            "2603:1026::1",
            "fd12:3456::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_reachable(text.parse().unwrap()), "{text}");
        }
    }
}
