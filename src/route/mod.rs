//! Where a call goes, and whose it is: numbers, routes and trunks.

mod board;
mod hours;
mod number;
mod outbound;
mod pace;

pub use board::{Board, Busy, Count, Health};
pub use hours::Calendar;
pub use number::{is_e164, masked, normal, read_from, write};
pub use outbound::{Barred, Dialler, dialled, ways_out};
pub use pace::Pace;

use crate::settings::{Account, Destination, Network, Route, Trunk, fits};
use std::net::IpAddr;

/// What the called number reaches: the first route whose pattern fits.
pub fn destination(account: &Account, called: &str) -> Option<Destination> {
    route_to(account, called).map(|route| route.to)
}

/// What the called number reaches, of the routes that name some numbers: all but `*`.
pub fn named_destination(account: &Account, called: &str) -> Option<Destination> {
    let route = route_to(account, called)?;
    (route.number != "*").then_some(route.to)
}

/// A source that belongs to no trunk, or to nobody knows which: it inherits nothing (H25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stranger {
    /// The address is in no trunk's networks.
    #[error("{0} belongs to no trunk")]
    Unknown(IpAddr),
    /// Nothing tells which of several trunks it is.
    #[error(
        "{0} belongs to trunks that the called number tells from each other: it is none of theirs"
    )]
    Ambiguous(IpAddr),
}

/// The trunk that a call to this number from this address belongs to: of those with the longest
/// prefix the one whose numbers it is, else the one that is not known by a registration.
///
/// # Errors
/// If the address is in no trunk's networks, or nothing tells several apart.
pub fn trunk_for<'a>(
    account: &'a Account,
    source: IpAddr,
    called: &str,
) -> Result<&'a Trunk, Stranger> {
    // A socket for both families shows IPv4 as ::ffff:a.b.c.d.
    let source = source.to_canonical();
    let prefix_of = |trunk: &Trunk| {
        let networks = trunk
            .from
            .iter()
            .filter(|network| contains(network, source));
        networks.map(|network| network.prefix).max()
    };
    let longest = account.trunks.iter().filter_map(prefix_of).max();
    let longest = longest.ok_or(Stranger::Unknown(source))?;
    let near: Vec<&Trunk> = account
        .trunks
        .iter()
        .filter(|trunk| prefix_of(trunk) == Some(longest))
        .collect();
    let owns = |trunk: &&&Trunk| {
        let number = read_from(&trunk.numbers, called);
        let mut patterns = trunk.called.iter();
        patterns.any(|pattern| fits(pattern, &number))
    };
    let takes_all = |trunk: &&&Trunk| trunk.called.is_empty();
    let by_number = near.iter().find(owns);
    let only = |trunks: Vec<&&'a Trunk>| match trunks[..] {
        [trunk] => Some(*trunk),
        _ => None,
    };
    let others = || near.iter().filter(takes_all);
    let found = by_number
        .copied()
        .or_else(|| only(others().collect()))
        .or_else(|| only(others().filter(|trunk| trunk.register.is_none()).collect()));
    found.ok_or(Stranger::Ambiguous(source))
}

fn route_to<'a>(account: &'a Account, called: &str) -> Option<&'a Route> {
    let called = normal(called);
    let mut routes = account.routes.iter();
    routes.find(|route| match route.number.strip_suffix('*') {
        Some(prefix) => called.starts_with(&normal(prefix)),
        None => called == normal(&route.number),
    })
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

    pub(super) fn account() -> Account {
        let route = |number: &str, to| Route {
            number: number.into(),
            to,
        };
        let trunk = |id, networks: &[(&str, u8)]| Trunk {
            from: networks.iter().map(|(a, p)| network(a, *p)).collect(),
            ..Trunk::new(TrunkId(id), &format!("trunk {id}"))
        };
        Account {
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
            ..Account::new("test")
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
            let found = trunk_for(&account, source, "100").ok();
            assert_eq!(found.map(|found| found.id.0), trunk, "{source}");
        }
    }

    #[test]
    fn h25_of_two_trunks_on_one_network_the_number_tells_which_or_neither() {
        let mut account = account();
        account.trunks[1].from = account.trunks[0].from.clone();
        let source = IpAddr::from([192, 0, 2, 1]);
        let of = |account: &Account, called: &str| {
            let found = trunk_for(account, source, called);
            found.map(|trunk| trunk.id.0)
        };
        assert_eq!(of(&account, "100"), Err(Stranger::Ambiguous(source)));
        account.trunks[1].called = vec!["+4930*".into()];
        assert_eq!(of(&account, "0049 30 1"), Ok(2));
        assert_eq!(of(&account, "+4940"), Ok(1));
        account.trunks[0].called = vec!["+4940*".into()];
        assert_eq!(of(&account, "+4950"), Err(Stranger::Ambiguous(source)));
        account.trunks.truncate(1);
        account.trunks[0].called = vec!["+4940*".into()];
        assert_eq!(of(&account, "+4950"), Err(Stranger::Ambiguous(source)));
    }

    #[test]
    fn h25_of_two_trunks_the_registered_one_is_known_by_its_registration_alone() {
        let mut account = account();
        account.trunks[1].from = account.trunks[0].from.clone();
        account.trunks[1].register = Some(std::time::Duration::from_secs(60));
        let source = IpAddr::from([192, 0, 2, 1]);
        let found = trunk_for(&account, source, "100").expect("the first");
        assert_eq!(found.id, TrunkId(1));
    }

    #[test]
    fn a_prefix_of_nothing_is_everybody() {
        assert!(contains(&network("0.0.0.0", 0), IpAddr::from([8, 8, 8, 8])));
        assert!(!contains(&network("0.0.0.0", 0), IpAddr::from([0_u16; 8])));
    }
}
