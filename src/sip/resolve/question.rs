//! What DNS is asked, and what it says.

use std::net::IpAddr;
use std::time::Duration;

/// One question to DNS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Query {
    /// The full domain name: lower case, without the dot at its end.
    pub name: String,
    /// What is asked of it.
    pub kind: Kind,
}

/// The type of the records asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Which transports a domain speaks, and under which names (RFC 3403).
    Naptr,
    /// Which hosts and ports give a service (RFC 2782).
    Srv,
    /// IPv4 addresses.
    V4,
    /// IPv6 addresses.
    V6,
}

/// What DNS says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// These records, good for so long: the shortest of their times.
    Records { records: Vec<Record>, ttl: Duration },
    /// There are none, for so long at least (RFC 2308).
    Nothing { ttl: Duration },
    /// It did not say: no answer in time, or one that is none.
    Failed,
}

/// One record, as far as it is of use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Record {
    Naptr(Naptr),
    Srv(Srv),
    Address(IpAddr),
}

/// A rule that leads from a domain to the name of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Naptr {
    /// The lowest order with a service that we speak counts alone.
    pub order: u16,
    /// Within an order the lowest is tried first.
    pub preference: u16,
    /// `s` where an SRV record is next: the one kind that SIP has (RFC 3263 §4.1).
    pub flags: String,
    /// `SIP+D2U` and the like.
    pub service: String,
    /// SIP has none.
    pub regexp: String,
    /// The name of the SRV records.
    pub replacement: String,
}

/// A host and port that give a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Srv {
    /// The lowest is tried first.
    pub priority: u16,
    /// Among equals: how often this one is, beside the others.
    pub weight: u16,
    pub port: u16,
    /// The host; empty where the service is decidedly not given.
    pub target: String,
}

impl Query {
    /// A question about a name as people write it. `None` where no such name can be: nobody is asked
    /// about it.
    pub fn new(name: &str, kind: Kind) -> Option<Self> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let sound = |label: &str| (1..=63).contains(&label.len());
        let is_name = name.len() <= 253 && name.split('.').all(sound);
        is_name.then_some(Self { name, kind })
    }
}
