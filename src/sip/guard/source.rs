//! Who counts as one sender, and the networks of those one knows.

use std::net::IpAddr;

/// A sender as limits count it: an IPv4 address, or an IPv6 network of 64 bits, as one peer has it
/// whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source(IpAddr);

/// Addresses that share the first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// An address in it.
    pub address: IpAddr,
    /// The bits that all its addresses share: 0–32, or 0–128.
    pub prefix: u8,
}

impl Source {
    /// The source that an address belongs to.
    pub fn of(address: IpAddr) -> Self {
        // A socket for both families shows IPv4 as ::ffff:a.b.c.d.
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        })
    }

    /// Its address, or the first one of its network.
    pub fn address(self) -> IpAddr {
        self.0
    }
}

impl Network {
    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let prefix = u32::from(self.prefix);
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.checked_shr(32 - prefix.min(32)).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.checked_shr(128 - prefix.min(128)).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_an_ipv4_address_or_an_ipv6_network() {
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:2"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
    }

    #[test]
    fn a_network_has_the_addresses_of_its_prefix() {
        let network = |text: &str, prefix| Network {
            address: address(text),
            prefix,
        };
        let office = network("198.51.100.7", 24);
        assert!(office.contains(address("198.51.100.255")));
        assert!(office.contains(address("::ffff:198.51.100.1")));
        assert!(!office.contains(address("198.51.101.7")));
        assert!(!office.contains(address("2001:db8::1")));
        assert!(network("0.0.0.0", 0).contains(address("203.0.113.1")));
        assert!(network("192.0.2.1", 32).contains(address("192.0.2.1")));
        assert!(!network("192.0.2.1", 32).contains(address("192.0.2.0")));
        let site = network("2001:db8:5::", 48);
        assert!(site.contains(address("2001:db8:5:ffff::1")));
        assert!(!site.contains(address("2001:db8:6::1")));
        assert!(network("2001:db8::1", 128).contains(address("2001:db8::1")));
    }

    fn source(text: &str) -> Source {
        Source::of(address(text))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }
}
