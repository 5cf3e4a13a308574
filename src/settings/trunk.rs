//! A trunk: a carrier or another switch, that brings calls, takes them, or both.

use super::{Habits, Secret};
use crate::id::TrunkId;
use std::net::IpAddr;
use std::time::Duration;

/// A peer that brings calls, takes them, or both, and is no agent's phone.
#[derive(Clone, Debug, PartialEq)]
pub struct Trunk {
    /// What records call it.
    pub id: TrunkId,
    /// What people and metrics call it; unique.
    pub name: String,
    /// The networks its requests come from. Empty: it brings no calls, or only those of its
    /// registration.
    pub from: Vec<Network>,
    /// The called numbers that are its own, `*` at the end for any rest: tells apart trunks that call
    /// from one network (H25). Empty: all.
    pub called: Vec<String>,
    /// Where its calls go; `None`: it takes none.
    pub server: Option<Server>,
    /// What stands between: all that is sent to the server goes there.
    pub outbound_proxy: Option<Server>,
    /// How its server proves over TLS who it is.
    pub verify: Verify,
    /// The user of its registration and credentials.
    pub user: Option<String>,
    /// What answers its challenges.
    pub password: Option<Secret>,
    /// The realms whose challenges are answered; empty: the first one seen (H6).
    pub realms: Vec<String>,
    /// How long a registration is asked for (60 s to a day); `None`: the trunk knows us by our address.
    pub register: Option<Duration>,
    /// The host of our From; `None`: our own address, or the server's where we register.
    pub from_domain: Option<String>,
    /// How often it is asked whether it lives: 5 s to an hour; `None`: never.
    pub options: Option<Duration>,
    /// Calls at once, both ways; 0: no limit.
    pub max_calls: u32,
    /// Calls that begin in a second, both ways; 0: no limit.
    pub calls_per_second: u32,
    /// How it writes numbers.
    pub numbers: Numbers,
    /// What of its callers' identity is believed, and what it is told of ours.
    pub identity: Identity,
    /// Whether a customer's call rings the agent of their conversation alone, while that agent is
    /// there (R60).
    pub sticky_agent: bool,
    /// Whether its calls are of the WhatsApp class: not transferred (R124), called back by hand (R71).
    pub whatsapp: bool,
    /// The habits of the peer.
    pub habits: Habits,
}

impl Trunk {
    /// A trunk of which no more is known: it brings and takes nothing yet.
    pub fn new(id: TrunkId, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            from: vec![],
            called: vec![],
            server: None,
            outbound_proxy: None,
            verify: Verify::Name,
            user: None,
            password: None,
            realms: vec![],
            register: None,
            from_domain: None,
            options: None,
            max_calls: 0,
            calls_per_second: 0,
            numbers: Numbers::default(),
            identity: Identity::default(),
            sticky_agent: false,
            whatsapp: false,
            habits: Habits::default(),
        }
    }
}

/// An address and the length of its prefix: `203.0.113.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// An address in it.
    pub address: IpAddr,
    /// The bits that all its addresses share: 0–32, or 0–128.
    pub prefix: u8,
}

/// How a server proves over TLS who it is (RFC 5922).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// Its certificate has its name, and an authority has signed it.
    #[default]
    Name,
    /// It shows the certificate with this SHA-256.
    Pinned([u8; 32]),
    /// It need not: whoever is at the address is taken for it.
    None,
}

/// A SIP server by name or address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// A domain or an address; an IPv6 address in square brackets.
    pub host: String,
    /// `None`: by DNS, or the transport's own.
    pub port: Option<u16>,
    /// `None`: by DNS, or UDP.
    pub transport: Option<Transport>,
}

/// How messages travel to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A connection.
    Tcp,
    /// An encrypted connection.
    Tls,
}

impl Server {
    /// As a URI: of a user there, if one is given.
    pub fn uri(&self, user: Option<&str>) -> String {
        let user = user.map_or_else(String::new, |user| format!("{user}@"));
        let port = self
            .port
            .map_or_else(String::new, |port| format!(":{port}"));
        let transport = match self.transport {
            None => "",
            Some(Transport::Udp) => ";transport=udp",
            Some(Transport::Tcp) => ";transport=tcp",
            Some(Transport::Tls) => ";transport=tls",
        };
        format!("sip:{user}{}{port}{transport}", self.host)
    }
}

/// How somebody who dials writes numbers: what is needed to read them as E.164 (R147).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The country that national numbers are of: its digits; `None`: they stay as they are.
    pub country: Option<String>,
    /// What stands before a country where no plus sign does: `00`, `011`. Empty: nothing.
    pub international_prefix: String,
    /// What stands before a national number: `0`, `1`. Empty: nothing.
    pub national_prefix: String,
}

impl Default for Plan {
    /// `00` and `0`, as in most countries, and no country.
    fn default() -> Self {
        Self {
            country: None,
            international_prefix: "00".to_owned(),
            national_prefix: "0".to_owned(),
        }
    }
}

/// How a trunk writes numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// What its numbers mean.
    pub plan: Plan,
    /// How it wants ours.
    pub format: Format,
    /// Digits taken off the front of a number so written: 0–15.
    pub strip: u8,
    /// Put before it then.
    pub prefix: String,
}

/// The form of an E.164 number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `+493012345`.
    #[default]
    Plus,
    /// The international prefix instead of the plus sign: `00493012345`.
    International,
    /// `03012345` in the own country; others as [`Format::International`].
    National,
    /// `493012345`, in both directions.
    Plain,
}

/// Who calls: what is believed, and what is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Whether P-Asserted-Identity, Remote-Party-ID, Diversion and History-Info of the peer are
    /// believed (RFC 3325 §5); else they are as if they were not there.
    pub trust: bool,
    /// The number shown on calls out, E.164; `None`: the user of the trunk, or else the agent's.
    pub caller_id: Option<String>,
    /// Calls out show no number, and the peer is asked to keep it (RFC 3323).
    pub withhold: bool,
}
