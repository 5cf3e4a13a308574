//! From a URI to places: the steps of RFC 3263 §4.
//!
//! ```text
//!   numeric host ───────────────────────────────────────────────▶ the place
//!   port given ─────────────────────────────────▶ A, AAAA ──────▶ places
//!   transport given ──────────────▶ SRV ─ none ─▶ A, AAAA ──────▶ places
//!   neither ─────────▶ NAPTR ─ none ─▶ SRV of each transport ──┘
//!                        └── the SRV it names ──▶ A, AAAA ──────▶ places
//! ```
//!
//! Each step asks what is known of a name. What is not known yet is noted as pending, and the steps
//! beyond it are for when it is.

use super::question::{Kind, Naptr, Query, Record, Srv};
use super::{Family, Reach, order};
use crate::random::Random;
use crate::sip::uri::{Host, Scheme, Uri};
use crate::sip::{Hop, Transport};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Places that one URI leads to at most: a caller does not wait for more to fail.
const MAX_HOPS: usize = 16;

/// Targets of a service that are looked at: of more, those of the lowest priority.
const MAX_TARGETS: usize = 16;

/// Addresses of one host and family that are looked at.
const MAX_ADDRESSES: usize = 8;

/// What is known of a name.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// These records; none where there are none.
    Records(Vec<Record>),
    /// Nothing yet: it is being asked.
    Pending,
    /// DNS does not say, and never has.
    Failed,
}

/// Where a URI leads to, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Located {
    /// In the order in which they are to be tried.
    pub hops: Vec<Hop>,
    /// Whether an answer is under way that may change them.
    pub pending: bool,
}

/// Takes the steps with what `look` knows.
pub(super) fn locate(
    uri: &Uri,
    reach: &[Reach],
    random: &mut Random,
    look: impl FnMut(Query) -> Known,
) -> Located {
    let mut search = Search {
        reach,
        random,
        look,
        name: uri.host.to_string().trim_matches(['[', ']']).into(),
        found: Located::default(),
    };
    search.run(uri);
    search.found.hops.truncate(MAX_HOPS);
    search.found
}

struct Search<'a, L> {
    reach: &'a [Reach],
    random: &'a mut Random,
    look: L,
    /// What a certificate must show (RFC 5922 §4).
    name: Arc<str>,
    found: Located,
}

impl<L: FnMut(Query) -> Known> Search<'_, L> {
    fn run(&mut self, uri: &Uri) {
        let secure = match uri.scheme {
            Scheme::Sip => false,
            Scheme::Sips => true,
            Scheme::Tel | Scheme::Other(_) => return,
        };
        let Ok(wanted) = wanted(uri, secure) else {
            return;
        };
        // §4: `maddr` stands for the host.
        let maddr = uri
            .params
            .get("maddr")
            .and_then(|text| Host::parse(text).ok());
        let target = maddr.unwrap_or_else(|| uri.host.clone());
        let usual = wanted.unwrap_or_else(|| self.usual(secure));
        match (target, uri.port, wanted) {
            (Host::V4(ip), port, _) => self.hop(usual, ip.into(), port),
            (Host::V6(ip), port, _) => self.hop(usual, ip.into(), port),
            (Host::Name(host), Some(port), _) => self.addresses(&host, usual, Some(port)),
            (Host::Name(host), None, Some(transport)) => {
                if !self.service(&service_name(transport, &host), transport) {
                    self.addresses(&host, transport, None);
                }
            }
            (Host::Name(host), None, None) => self.domain(&host, secure, usual),
        }
    }

    /// §4.1: neither port nor transport is said.
    fn domain(&mut self, host: &str, secure: bool, usual: Transport) {
        let mut rules = self.rules(host, secure);
        rules.sort_by_key(|(rule, _)| (rule.order, rule.preference));
        let lowest = rules.first().map(|(rule, _)| rule.order);
        rules.retain(|(rule, _)| Some(rule.order) == lowest);
        if !rules.is_empty() {
            for (rule, transport) in rules.into_iter().take(MAX_TARGETS) {
                self.service(&rule.replacement, transport);
            }
            return;
        }
        if self.found.pending {
            return;
        }
        let all: &[Transport] = match secure {
            true => &[Transport::Tls],
            false => &[Transport::Udp, Transport::Tcp],
        };
        let mut exists = false;
        for transport in all.iter().copied() {
            if self.can(transport) {
                exists |= self.service(&service_name(transport, host), transport);
            }
        }
        if !exists {
            self.addresses(host, usual, None);
        }
    }

    /// The rules of a domain for transports that we speak.
    fn rules(&mut self, host: &str, secure: bool) -> Vec<(Naptr, Transport)> {
        let rules = match self.look(host, Kind::Naptr) {
            Known::Records(records) => records,
            // Some servers choke on the question: what follows is asked without.
            Known::Pending | Known::Failed => return vec![],
        };
        let rules = rules.into_iter().filter_map(|record| match record {
            Record::Naptr(rule) => Some(rule),
            Record::Srv(_) | Record::Address(_) => None,
        });
        let usable = rules.filter_map(|rule| {
            let service = rule.service.to_ascii_uppercase();
            let transport = match service.as_str() {
                "SIP+D2U" if !secure => Transport::Udp,
                "SIP+D2T" if !secure => Transport::Tcp,
                "SIPS+D2T" => Transport::Tls,
                _ => return None,
            };
            let is_srv = rule.flags.eq_ignore_ascii_case("s") && rule.regexp.is_empty();
            (is_srv && self.can(transport)).then_some((rule, transport))
        });
        usable.collect()
    }

    /// §4.2: the targets of a service. `false` if there is no such service.
    fn service(&mut self, name: &str, transport: Transport) -> bool {
        let records = match self.look(name, Kind::Srv) {
            Known::Records(records) => records,
            // It may well be there: what follows without it would be somewhere else.
            Known::Pending | Known::Failed => return true,
        };
        let targets = records.into_iter().filter_map(|record| match record {
            Record::Srv(target) => Some(target),
            Record::Naptr(_) | Record::Address(_) => None,
        });
        let mut targets: Vec<Srv> = targets.collect();
        if targets.is_empty() {
            return false;
        }
        // RFC 2782: a single `.` says that the service is not given.
        targets.retain(|srv| !srv.target.is_empty() && srv.port > 0);
        targets.sort();
        targets.truncate(MAX_TARGETS);
        for target in order::ordered(targets, self.random) {
            self.addresses(&target.target, transport, Some(target.port));
        }
        true
    }

    /// The addresses of a host, of the families that we speak, in our order of them.
    fn addresses(&mut self, host: &str, transport: Transport, port: Option<u16>) {
        // A target is a name, but some write an address.
        if let Some(ip) = Host::parse(host).ok().and_then(|host| host.ip()) {
            return self.hop(transport, ip, port);
        }
        let families: Vec<_> = self
            .reach
            .iter()
            .filter(|reach| reach.transport == transport)
            .collect();
        for family in families.into_iter().map(|reach| reach.family) {
            let kind = match family {
                Family::V4 => Kind::V4,
                Family::V6 => Kind::V6,
            };
            if let Known::Records(records) = self.look(host, kind) {
                for record in records.into_iter().take(MAX_ADDRESSES) {
                    if let Record::Address(ip) = record {
                        self.hop(transport, ip, port);
                    }
                }
            }
        }
    }

    fn hop(&mut self, transport: Transport, ip: IpAddr, port: Option<u16>) {
        let family = Family::of(ip);
        let reach = Reach { transport, family };
        if !self.reach.contains(&reach) || !is_somebody(ip) {
            return;
        }
        let port = port.unwrap_or_else(|| transport.default_port());
        let hop = Hop {
            transport,
            address: SocketAddr::new(ip, port),
            name: transport.is_secure().then(|| Arc::clone(&self.name)),
        };
        if !self.found.hops.contains(&hop) {
            self.found.hops.push(hop);
        }
    }

    fn look(&mut self, name: &str, kind: Kind) -> Known {
        let Some(query) = Query::new(name, kind) else {
            return Known::Records(vec![]);
        };
        let enough = self.found.hops.len() >= MAX_HOPS;
        let known = match enough {
            true => Known::Records(vec![]),
            false => (self.look)(query),
        };
        self.found.pending |= matches!(known, Known::Pending);
        known
    }

    fn can(&self, transport: Transport) -> bool {
        self.reach.iter().any(|reach| reach.transport == transport)
    }

    /// What is spoken where nothing is said (§4.1): UDP, or TLS for `sips`.
    fn usual(&self, secure: bool) -> Transport {
        match secure {
            true => Transport::Tls,
            false if self.can(Transport::Udp) => Transport::Udp,
            false => Transport::Tcp,
        }
    }
}

/// The transport that the URI asks for. An error where we cannot speak it to anybody.
fn wanted(uri: &Uri, secure: bool) -> Result<Option<Transport>, ()> {
    let Some(wanted) = uri.transport() else {
        return Ok(None);
    };
    let is = |name: &str| wanted.eq_ignore_ascii_case(name);
    match secure {
        _ if is("tls") => Ok(Some(Transport::Tls)),
        // RFC 3261 §26.2.2: TLS over what the parameter says.
        true if is("tcp") => Ok(Some(Transport::Tls)),
        false if is("tcp") => Ok(Some(Transport::Tcp)),
        false if is("udp") => Ok(Some(Transport::Udp)),
        _ => Err(()),
    }
}

/// The name of a service of a domain (§4.1, RFC 2782).
fn service_name(transport: Transport, host: &str) -> String {
    let service = match transport {
        Transport::Udp => "_sip._udp",
        Transport::Tcp => "_sip._tcp",
        Transport::Tls => "_sips._tcp",
        // Nobody opens a WebSocket to a service (RFC 7118).
        Transport::Ws => "_ws._tcp",
        Transport::Wss => "_wss._tcp",
    };
    format!("{service}.{host}")
}

/// Whether one host can be there: not all of them, and not none.
fn is_somebody(ip: IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !ip.is_unspecified() && !ip.is_multicast() && !broadcast
}
