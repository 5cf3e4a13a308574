//! Whom a webhook may be sent to: the world, but not the networks that only we can reach (H16).

use crate::settings::Network;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whom a webhook may be sent to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Networks of our own that are allowed nevertheless.
    allowed: Vec<Network>,
}

impl Reach {
    /// The world, and these networks.
    pub fn new(allowed: Vec<Network>) -> Self {
        Self { allowed }
    }

    /// Whether an address may be connected to.
    pub fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.allowed.iter().any(|network| holds(network, address))
    }
}

fn holds(network: &Network, address: IpAddr) -> bool {
    let of = Network {
        address,
        prefix: network.prefix,
    };
    network.address.is_ipv4() == address.is_ipv4() && network.base() == of.base()
}

/// Addresses that mean the same host wherever one is, by the registries of special-purpose addresses (RFC
/// 6890), and not more than one.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = matches!(
        address.octets(),
        // This network; shared by providers (RFC 6598); protocol assignments; benchmarks; reserved.
        [0, ..] | [100, 64..128, ..] | [192, 0, 0, _] | [198, 18..20, ..] | [240..=255, ..]
    );
    !special
        && !address.is_private()
        && !address.is_loopback()
        && !address.is_link_local()
        && !address.is_documentation()
        && !address.is_multicast()
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let first = address.segments();
    // Only 2000::/3 is given out. In it: Teredo and other protocols, documentation, and 6to4, whose
    // addresses hide IPv4 ones, as those of NAT64 do outside of it.
    let special = matches!(
        first,
        [0x2001, ..0x200, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, ..0x1000, ..]
    );
    (0x2000..0x4000).contains(&first[0]) && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn private_loopback_and_link_local_addresses_are_refused_in_all_spellings() {
        let reach = Reach::default();
        for inside in [
            "127.0.0.1",
            "127.255.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:1::",
            "2001:db8::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!reach.has(address(inside)), "{inside}");
        }
        for outside in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(reach.has(address(outside)), "{outside}");
        }
    }

    #[test]
    fn what_a_setting_allows_is_reached_and_nothing_beside_it() {
        let network = |base, prefix| Network {
            address: address(base),
            prefix,
        };
        let reach = Reach::new(vec![network("10.1.0.0", 16), network("fd00::", 8)]);
        for (text, fine) in [
            ("10.1.255.1", true),
            ("::ffff:10.1.0.1", true),
            ("10.2.0.1", false),
            ("fd99::1", true),
            ("fc00::1", false),
        ] {
            assert_eq!(reach.has(address(text)), fine, "{text}");
        }
    }
}
