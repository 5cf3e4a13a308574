//! Via: the way a request has come and its responses go (RFC 3261 §18.2, §20.42; RFC 3581).

use super::{Params, Syntax, is_token};
use crate::sip::uri::{Host, parse_host_port};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// One hop of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// What carries the messages.
    pub protocol: Protocol,
    /// Where the sender believes it listens.
    pub host: Host,
    /// The port it believes it listens on, if written.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport` and the like.
    pub params: Params,
}

/// The transport written in a Via.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    Udp,
    Tcp,
    Tls,
    Sctp,
    Ws,
    Wss,
    /// Another token, as written.
    Other(String),
}

/// A branch that begins so was made by RFC 3261 and identifies its transaction (§8.1.1.7).
const COOKIE: &str = "z9hG4bK";

/// Responses go here where nothing else is said (RFC 3261 §18.2.2).
const DEFAULT_PORT: u16 = 5060;

impl Via {
    /// Reads one element of a Via header.
    pub fn parse(text: &str) -> Result<Self, Syntax> {
        const FORM: Syntax = Syntax("not SIP/2.0/transport host:port");
        let mut parts = text.splitn(3, '/').map(str::trim);
        let (Some(name), Some(version), Some(rest)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(FORM);
        };
        // Another version is answered with 505, and the answer needs this Via.
        if !name.eq_ignore_ascii_case("SIP") || !is_token(version) {
            return Err(FORM);
        }
        let (transport, rest) = rest.split_once([' ', '\t']).ok_or(FORM)?;
        let rest = rest.trim_start();
        let (sent_by, params) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
        let (host, port) = parse_host_port(sent_by)?;
        Ok(Self {
            protocol: Protocol::parse(transport)?,
            host,
            port,
            params: Params::parse(params)?,
        })
    }

    /// The branch, whatever it looks like.
    pub fn branch(&self) -> Option<&str> {
        self.params
            .get("branch")
            .filter(|branch| !branch.is_empty())
    }

    /// The branch if it identifies a transaction by itself: it has the cookie of RFC 3261 and
    /// something behind it.
    pub fn magic_branch(&self) -> Option<&str> {
        self.branch().filter(|branch| {
            let cookie = branch.get(..COOKIE.len());
            cookie.is_some_and(|c| c.eq_ignore_ascii_case(COOKIE)) && branch.len() > COOKIE.len()
        })
    }

    /// The address the request was seen to come from, as the receiver noted it.
    pub fn received(&self) -> Option<IpAddr> {
        let text = self.params.get("received")?;
        let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        inner.unwrap_or(text).parse().ok()
    }

    /// `Some(None)` where the sender asks for symmetric responses (RFC 3581 §3), `Some(Some(port))`
    /// where the receiver has noted the port.
    pub fn rport(&self) -> Option<Option<u16>> {
        self.params.get("rport").map(|port| port.parse().ok())
    }

    /// The multicast or other address to answer to, as written.
    pub fn maddr(&self) -> Option<&str> {
        self.params.get("maddr")
    }

    /// The time to live of multicast packets.
    pub fn ttl(&self) -> Option<u8> {
        self.params.get("ttl")?.parse().ok()
    }

    /// Notes where the request has come from: `received` where it differs from what the sender
    /// wrote (RFC 3261 §18.2.1) or symmetric responses are asked for, then with `rport`
    /// (RFC 3581 §4). What the sender claims in these parameters is overwritten.
    pub fn note_source(&mut self, source: SocketAddr) {
        let ip = source.ip().to_canonical();
        let symmetric = self.params.has("rport");
        self.params.remove("received");
        if symmetric {
            self.params.set("rport", Some(&source.port().to_string()));
        }
        if symmetric || self.host.ip() != Some(ip) {
            self.params.set("received", Some(&ip.to_string()));
        }
    }

    /// Where a response over UDP goes once [`Via::note_source`] has been applied (RFC 3261
    /// §18.2.2, RFC 3581 §4). `maddr` is ignored: it would let anyone aim our answers.
    pub fn reply_address(&self, source: SocketAddr) -> SocketAddr {
        let port = match self.rport() {
            Some(Some(port)) => port,
            Some(None) => source.port(),
            None => self.port.unwrap_or(DEFAULT_PORT),
        };
        SocketAddr::new(source.ip(), port)
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.protocol, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.params.fmt(f)
    }
}

impl Protocol {
    fn parse(text: &str) -> Result<Self, Syntax> {
        let known = [
            Self::Udp,
            Self::Tcp,
            Self::Tls,
            Self::Sctp,
            Self::Ws,
            Self::Wss,
        ];
        let found = known
            .into_iter()
            .find(|one| one.text().eq_ignore_ascii_case(text));
        match found {
            Some(protocol) => Ok(protocol),
            None if is_token(text) => Ok(Self::Other(text.to_owned())),
            None => Err(Syntax("a broken transport")),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Sctp => "SCTP",
            Self::Ws => "WS",
            Self::Wss => "WSS",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(text: &str) -> Via {
        Via::parse(text).expect("a good Via")
    }

    #[test]
    fn a_via_is_read_with_spaces_anywhere() {
        let via = via("SIP  /   2.0 /udp  192.0.2.2 : 5070 ; branch = z9hG4bKx");
        assert_eq!(
            via.to_string(),
            "SIP/2.0/UDP 192.0.2.2:5070; branch = z9hG4bKx"
        );
        assert_eq!(via.magic_branch(), Some("z9hG4bKx"));
    }

    #[test]
    fn addresses_may_be_ipv6() {
        let via = via("SIP/2.0/TCP [2001:db8::9]:5060;received=[2001:db8::1];ttl=3;maddr=a");
        assert_eq!(via.host.ip(), "2001:db8::9".parse().ok());
        assert_eq!(via.received(), "2001:db8::1".parse().ok());
        assert_eq!((via.ttl(), via.maddr()), (Some(3), Some("a")));
    }

    #[test]
    fn broken_ones_are_refused() {
        for text in [
            "",
            "SIP/2.0/UDP",
            "SIP/2 0/UDP h",
            "HTTP/2.0/UDP h",
            "SIP/2.0/U;P h",
            "SIP/2.0/UDP h:0",
            "SIP/2.0/UDP h:99999",
            "SIP/2.0/UDP 2001:db8::1",
            "SIP/2.0/UDP h;=x",
        ] {
            assert!(Via::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_source_is_noted_where_it_differs() {
        let source: SocketAddr = "192.0.2.9:6000".parse().expect("an address");
        let mut same = via("SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bK1");
        same.note_source(source);
        assert_eq!(same.received(), None);
        assert_eq!(same.reply_address(source).to_string(), "192.0.2.9:5062");

        let mut nat = via("SIP/2.0/UDP 10.0.0.1;received=203.0.113.5;branch=z9hG4bK1");
        nat.note_source(source);
        assert_eq!(
            nat.received(),
            Some(source.ip()),
            "the claim is overwritten"
        );
        assert_eq!(nat.reply_address(source).to_string(), "192.0.2.9:5060");
    }

    #[test]
    fn symmetric_responses_are_answered_with_both() {
        let source: SocketAddr = "192.0.2.9:6000".parse().expect("an address");
        let mut via = via("SIP/2.0/UDP 192.0.2.9:5062;rport;branch=z9hG4bK1");
        assert_eq!(via.rport(), Some(None));
        via.note_source(source);
        assert_eq!(
            via.to_string(),
            "SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bK1;rport=6000;received=192.0.2.9"
        );
        assert_eq!(via.reply_address(source), source);
    }

    #[test]
    fn an_old_branch_is_no_transaction_id() {
        let bare = via("SIP/2.0/UDP h;branch=z9hG4bK");
        assert_eq!(
            (bare.branch(), bare.magic_branch()),
            (Some("z9hG4bK"), None)
        );
        assert_eq!(via("SIP/2.0/UDP h;branch=1").magic_branch(), None);
    }
}
