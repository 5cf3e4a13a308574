//! The proxies between us and a phone that has registered through them: Path (RFC 3327).
//!
//! A Path is no more proved than a Contact: whoever may register can write one. So what is sent to the
//! phone bears it as its Route, but goes where the REGISTER has come from, or to the port that the
//! nearest proxy names on that host (H27).

use crate::sip::Flow;
use crate::sip::header::{Name, Route, Syntax};
use crate::sip::message::{Fault, Message};
use std::net::SocketAddr;

/// The option tag.
pub const PATH: &str = "path";

/// Nobody is behind more proxies.
const MOST: usize = 8;
/// Bytes of one, which mostly has a mark of its own in it.
const LONGEST: usize = 512;

/// The Path of a REGISTER: the proxy nearest to us first, as in the Route of what we send.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proxies(Vec<Route>);

impl Proxies {
    /// Reads it: eight proxies of 512 bytes at most, each of them a loose router (RFC 3327 §4).
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(request: &Message) -> Result<Self, Fault> {
        let bad = |why| Fault::Invalid(Name::Path, Syntax(why));
        let mut all = vec![];
        for route in request.list(Name::Path) {
            if all.len() == MOST || route.len() > LONGEST {
                return Err(bad("more or longer than is kept"));
            }
            let route = Route::parse(route).map_err(|Syntax(why)| bad(why))?;
            if !route.is_loose() {
                return Err(bad("a proxy without lr"));
            }
            all.push(route);
        }
        Ok(Self(all))
    }

    /// Whether the phone has come by itself.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the one that the phone has come to keeps the flow to it (RFC 5626 §5.1): it is the last one.
    pub fn keep_flows(&self) -> bool {
        self.0.last().is_some_and(|edge| edge.uri.params.has("ob"))
    }

    /// The Route of a request to the phone, as written.
    pub fn routes(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// Where the nearest one says that it is, if that is on the host that `from` leads to, and spoken to
    /// in the same way.
    pub fn place(&self, from: Flow) -> Option<Flow> {
        let nearest = &self.0.first()?.uri;
        let ip = nearest.host.ip()?;
        let ours = from.transport.uri_parameter().unwrap_or("udp");
        let theirs = nearest.transport().unwrap_or("udp");
        let is_there = ip == from.remote.ip()
            && from.transport.can_be_sought()
            && theirs.eq_ignore_ascii_case(ours);
        let remote = SocketAddr::new(ip, nearest.port_or_default());
        is_there.then_some(Flow {
            remote,
            connection: 0,
            ..from
        })
    }
}
