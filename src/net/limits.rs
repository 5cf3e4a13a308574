//! How many connections there may be, and how long they may be silent (H10, H11).

use super::Why;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

/// The limits of all that has connections. UDP is not concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once with one address.
    pub per_address: usize,
    /// Peers at once that have connected and not yet shaken hands.
    pub handshakes: usize,
    /// For the handshakes of TLS and WebSocket, from the opening on.
    pub handshake: Duration,
    /// From then to the first whole message or keep-alive.
    pub first: Duration,
    /// For the rest of a message that has begun.
    pub partial: Duration,
    /// Without any message or keep-alive: longer than the hour for which phones register.
    pub idle: Duration,
    /// For the peer to accept a connection: after that there may be another way to it.
    pub connect: Duration,
    /// For the peer to take what we write.
    pub patience: Duration,
    /// Messages waiting to be written on one connection; with more it is closed.
    pub queue: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            per_address: 256,
            handshakes: 1_024,
            handshake: Duration::from_secs(10),
            first: Duration::from_secs(30),
            partial: Duration::from_secs(10),
            idle: Duration::from_secs(3_900),
            connect: Duration::from_secs(4),
            patience: Duration::from_secs(10),
            queue: 64,
        }
    }
}

/// Who has how many connections.
#[derive(Debug, Default)]
pub(super) struct Places {
    total: usize,
    by_address: BTreeMap<IpAddr, usize>,
    /// Whose handshake is going on, by the number of the connection.
    shaking: BTreeSet<u64>,
}

impl Places {
    /// Takes a place for a connection, or tells why there is none.
    pub(super) fn take(&mut self, limits: &Limits, address: IpAddr) -> Result<(), Why> {
        let address = network(address);
        let own = self.by_address.get(&address).copied().unwrap_or(0);
        if own >= limits.per_address {
            return Err(Why::PerAddress);
        }
        if self.total >= limits.connections {
            return Err(Why::Connections);
        }
        self.total += 1;
        self.by_address.insert(address, own + 1);
        Ok(())
    }

    /// Whether one more peer may begin to shake hands.
    pub(super) fn may_shake(&self, limits: &Limits) -> Result<(), Why> {
        let has_room = self.shaking.len() < limits.handshakes;
        has_room.then_some(()).ok_or(Why::Handshakes)
    }

    pub(super) fn shakes(&mut self, connection: u64) {
        self.shaking.insert(connection);
    }

    /// The handshake is over, well or not.
    pub(super) fn has_shaken(&mut self, connection: u64) {
        self.shaking.remove(&connection);
    }

    pub(super) fn give_back(&mut self, address: IpAddr) {
        let address = network(address);
        self.total = self.total.saturating_sub(1);
        match self.by_address.get_mut(&address) {
            Some(own) if *own > 1 => *own -= 1,
            Some(_) | None => drop(self.by_address.remove(&address)),
        }
    }

    pub(super) fn total(&self) -> usize {
        self.total
    }
}

/// Who counts as one: an IPv4 address, or an IPv6 network of 64 bits, as one peer has it whole.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_in_all_and_for_one_address() {
        let limits = Limits {
            connections: 3,
            per_address: 2,
            ..Limits::default()
        };
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        let mut places = Places::default();
        assert_eq!(places.take(&limits, one), Ok(()));
        assert_eq!(places.take(&limits, one), Ok(()));
        assert_eq!(places.take(&limits, one), Err(Why::PerAddress));
        assert_eq!(places.take(&limits, other), Ok(()));
        let third = places.take(&limits, address("192.0.2.3"));
        assert_eq!(third, Err(Why::Connections));
        places.give_back(one);
        assert_eq!(places.take(&limits, one), Ok(()));
        for address in [one, one, other] {
            places.give_back(address);
        }
        assert_eq!((places.total(), places.by_address.len()), (0, 0));
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        let limits = Limits {
            per_address: 1,
            ..Limits::default()
        };
        let mut places = Places::default();
        let mut take = |text: &str| places.take(&limits, text.parse().expect("an address"));
        assert_eq!(take("2001:db8::1"), Ok(()));
        assert_eq!(take("2001:db8::2"), Err(Why::PerAddress));
        assert_eq!(take("2001:db8:0:1::1"), Ok(()));
    }
}
