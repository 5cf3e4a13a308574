//! Where a call goes, and whose it is: numbers, routes and trunks.

mod number;

pub use number::{masked, normal};

use crate::settings::{Account, Destination, Network, Trunk};
use std::net::IpAddr;

/// What the called number reaches: the first route whose pattern fits.
pub fn destination(account: &Account, called: &str) -> Option<Destination> {
    let called = normal(called);
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(prefix) => called.starts_with(&normal(prefix)),
        None => called == normal(pattern),
    };
    let mut routes = account.routes.iter();
    routes
        .find(|route| fits(&route.number))
        .map(|route| route.to)
}

/// A source that belongs to no trunk: it inherits nothing (H25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} belongs to no trunk")]
pub struct Stranger(pub IpAddr);

/// The trunk that a request from this address belongs to: the one with the longest prefix.
///
/// # Errors
/// If the address is in no trunk's networks.
pub fn trunk_for(account: &Account, source: IpAddr) -> Result<&Trunk, Stranger> {
    // A socket for both families shows IPv4 as ::ffff:a.b.c.d.
    let source = source.to_canonical();
    let prefix_of = |trunk: &Trunk| {
        let networks = trunk
            .from
            .iter()
            .filter(|network| contains(network, source));
        networks.map(|network| network.prefix).max()
    };
    let trunks = account.trunks.iter();
    trunks
        .filter_map(|trunk| Some((prefix_of(trunk)?, trunk)))
        .max_by_key(|(prefix, _)| *prefix)
        .map(|(_, trunk)| trunk)
        .ok_or(Stranger(source))
}

fn contains(network: &Network, address: IpAddr) -> bool {
    let same = Network {
        address,
        prefix: network.prefix,
    };
    network.address.is_ipv4() == address.is_ipv4() && network.base() == same.base()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{QueueId, TrunkId};
    use crate::settings::{Dialling, Recording, Route, Timeouts, WrapUp};

    fn account() -> Account {
        let route = |number: &str, to| Route {
            number: number.into(),
            to,
        };
        let trunk = |id, networks: &[(&str, u8)]| Trunk {
            from: networks.iter().map(|(a, p)| network(a, *p)).collect(),
            ..Trunk::new(TrunkId(id), &format!("trunk {id}"))
        };
        Account {
            name: "test".into(),
            queues: vec![],
            agents: vec![],
            trunks: vec![
                trunk(1, &[("192.0.2.0", 24), ("2001:db8::", 32)]),
                trunk(2, &[("192.0.2.128", 25), ("10.0.0.7", 32)]),
            ],
            routes: vec![
                route("9196", Destination::Echo),
                route("+49 (30) 1234*", Destination::Queue(QueueId(2))),
                route("alice", Destination::Music),
                route("+*", Destination::Queue(QueueId(1))),
            ],
            outbound: vec![],
            dialling: Dialling::default(),
            timeouts: Timeouts::default(),
            wrap_up: WrapUp::default(),
            recording: Recording::default(),
        }
    }

    fn network(address: &str, prefix: u8) -> Network {
        Network {
            address: address.parse().expect("an address"),
            prefix,
        }
    }

    #[test]
    fn the_first_route_that_fits_counts() {
        let account = account();
        for (called, to) in [
            ("9196", Some(Destination::Echo)),
            ("91967", None),
            ("+49301234", Some(Destination::Queue(QueueId(2)))),
            ("0049-30-1234-567", Some(Destination::Queue(QueueId(2)))),
            ("+493012", Some(Destination::Queue(QueueId(1)))),
            ("alice", Some(Destination::Music)),
            ("Alice", None),
            ("", None),
            ("*", None),
        ] {
            assert_eq!(destination(&account, called), to, "{called}");
        }
    }

    #[test]
    fn the_longest_prefix_counts_and_strangers_get_nothing() {
        let account = account();
        for (source, trunk) in [
            ("192.0.2.1", Some(1)),
            ("192.0.2.200", Some(2)),
            ("::ffff:192.0.2.200", Some(2)),
            ("10.0.0.7", Some(2)),
            ("10.0.0.8", None),
            ("2001:db8:1::1", Some(1)),
            ("2001:db9::1", None),
            ("::1", None),
        ] {
            let source = source.parse().expect("an address");
            let found = trunk_for(&account, source).ok();
            assert_eq!(found.map(|found| found.id.0), trunk, "{source}");
        }
    }

    #[test]
    fn a_prefix_of_nothing_is_everybody() {
        assert!(contains(&network("0.0.0.0", 0), IpAddr::from([8, 8, 8, 8])));
        assert!(!contains(&network("0.0.0.0", 0), IpAddr::from([0_u16; 8])));
    }
}
