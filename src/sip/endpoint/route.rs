//! Which way a message goes: RFC 3261 §12.2.1.1 and §18.2.2, RFC 3581, RFC 3263 for literal
//! addresses.

use super::config::Listener;
use crate::sip::dialog::Addressing;
use crate::sip::message::Message;
use crate::sip::uri::{Scheme, Uri};
use crate::sip::{Flow, Hop, ListenerId, Transport};
use std::net::SocketAddr;
use std::sync::Arc;

/// The way of a request.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) flow: Flow,
    /// Who must be there, if a connection is yet to be opened: see [`Hop::name`].
    pub(super) name: Option<Arc<str>>,
    /// Whether it is a place that may be reached in another way, too, and no flow of a peer.
    pub(super) is_place: bool,
}

impl From<Flow> for Way {
    fn from(flow: Flow) -> Self {
        Self {
            flow,
            name: None,
            is_place: false,
        }
    }
}

/// The way to a place, from the listener that fits: one that asks nobody to authenticate, if there
/// are several, since trunks expect us there.
pub(super) fn way_to(hop: &Hop, listeners: &[Listener]) -> Option<Way> {
    let fits = |listener: &&(usize, &Listener)| {
        let (_, listener) = listener;
        listener.transport == hop.transport && listener.local.is_ipv4() == hop.address.is_ipv4()
    };
    let all = listeners.iter().enumerate();
    let fitting = all.filter(|one| fits(&one));
    let (index, _) = fitting.min_by_key(|(_, listener)| listener.digest.is_some())?;
    let listener = ListenerId(u16::try_from(index).ok()?);
    Some(Way {
        flow: fresh(hop.transport, listener, hop.address),
        name: hop.name.clone(),
        is_place: true,
    })
}

/// The address in a URI, if it is literal.
pub(super) fn literal(uri: &Uri) -> Option<SocketAddr> {
    let ip = uri.host.ip()?;
    Some(SocketAddr::new(ip, uri.port_or_default()))
}

/// A flow of this listener to an address; a connection is yet to be opened.
pub(super) fn fresh(transport: Transport, listener: ListenerId, remote: SocketAddr) -> Flow {
    Flow {
        transport,
        listener,
        remote,
        connection: 0,
    }
}

/// Whether what goes over `flow` is lost with `gone`: the same one, or a connection that was to
/// be opened to the same peer.
pub(super) fn is_on(flow: Flow, gone: Flow) -> bool {
    flow == gone
        || (flow.connection == 0
            && flow.transport.is_reliable()
            && Flow {
                connection: 0,
                ..gone
            } == flow)
}

/// The way of a request in a dialog made on `made_on`.
///
/// A proxy that has asked for it is followed. A peer itself is sought at its Contact only if that
/// is where its packets come from: a Contact that differs is a private address behind a NAT,
/// and the flow leads there. From UDP to TCP and back it is followed; but not from an encrypted
/// way to one that is not, nor to a WebSocket, which only the peer can open.
pub(super) fn next_flow(to: &Addressing, made_on: Flow, listeners: &[Listener]) -> Flow {
    let Some(address) = literal(&to.next_hop) else {
        return made_on;
    };
    // RFC 5626 §4.3: the peer wants to be reached on the flow, wherever its Contact is.
    if !to.by_route && to.next_hop.params.has("ob") {
        return made_on;
    }
    let same_host = address.ip() == made_on.remote.ip();
    if !same_host && !to.by_route {
        return made_on;
    }
    let wants = to.next_hop.transport().unwrap_or_default();
    let change = match made_on.transport {
        Transport::Udp if wants.eq_ignore_ascii_case("tcp") => Some(Transport::Tcp),
        Transport::Tcp if wants.eq_ignore_ascii_case("udp") => Some(Transport::Udp),
        Transport::Udp | Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => None,
    };
    if let Some(transport) = change {
        let fits = |listener: &Listener| listener.transport == transport;
        let found = listeners.iter().position(fits);
        if let Some(index) = found.and_then(|index| u16::try_from(index).ok()) {
            return fresh(transport, ListenerId(index), address);
        }
        return made_on;
    }
    let transport = made_on.transport;
    match transport.is_reliable() {
        // The connection to that host is used while it is there, whatever port it came from.
        true if same_host && made_on.connection != 0 => made_on,
        true if !transport.can_be_opened() => made_on,
        true | false => fresh(transport, made_on.listener, address),
    }
}

/// Whether the next hop is a proxy that has recorded itself by name: only a look-up tells where it
/// is. A peer that is a name itself is where its packets come from.
pub(super) fn is_sought(to: &Addressing) -> bool {
    let is_sip = matches!(to.next_hop.scheme, Scheme::Sip | Scheme::Sips);
    to.by_route && is_sip && to.next_hop.host.ip().is_none()
}

/// The flow once the connection of a dialog is gone: a new one to the peer's Contact or proxy. A
/// Contact elsewhere is a private address, or one that we are to be aimed at.
pub(super) fn reopened(to: &Addressing, gone: Flow) -> Flow {
    let is_right = |next: &SocketAddr| to.by_route || next.ip() == gone.remote.ip();
    let next = literal(&to.next_hop).filter(is_right);
    fresh(gone.transport, gone.listener, next.unwrap_or(gone.remote))
}

/// The way of a response, and the one to take when that connection is gone (RFC 3261 §18.2.2).
/// The source has been noted in the request.
pub(super) fn reply_flow(request: &Message, flow: Flow) -> (Flow, Option<Flow>) {
    let Ok(via) = request.top_via() else {
        return (flow, None);
    };
    if !flow.transport.is_reliable() {
        let remote = via.reply_address(flow.remote);
        return (Flow { remote, ..flow }, None);
    }
    let port = via.port.unwrap_or_else(|| flow.transport.default_port());
    let sent_by = SocketAddr::new(flow.remote.ip(), port);
    let again = fresh(flow.transport, flow.listener, sent_by);
    (flow, flow.transport.can_be_opened().then_some(again))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_at_the_source_is_followed_and_a_private_one_is_not() {
        let made_on = flow(Transport::Udp, 40_000, 0);
        let direct = next("sip:b@198.51.100.7:5070", false, made_on);
        assert_eq!(direct.remote.port(), 5070);
        assert_eq!(next("sip:b@192.168.1.5:5060", false, made_on), made_on);
        assert_eq!(next("sip:b@phone.example", false, made_on), made_on);
    }

    #[test]
    fn rfc_5626_a_contact_that_is_outbound_is_reached_on_its_flow() {
        let made_on = flow(Transport::Udp, 40_000, 0);
        assert_eq!(next("sip:b@198.51.100.7:5070;ob", false, made_on), made_on);
        let proxy = next("sip:203.0.113.5;lr;ob", true, made_on);
        assert_eq!(proxy.remote, SocketAddr::from(([203, 0, 113, 5], 5060)));
    }

    #[test]
    fn a_route_is_followed_wherever_it_leads_if_it_is_an_address() {
        let made_on = flow(Transport::Udp, 40_000, 0);
        let proxy = next("sip:203.0.113.5;lr", true, made_on);
        assert_eq!(proxy.remote, SocketAddr::from(([203, 0, 113, 5], 5060)));
        assert_eq!(next("sip:proxy.example;lr", true, made_on), made_on);
        let other = next("sip:203.0.113.5;lr;transport=tcp", true, made_on);
        assert_eq!(
            (other.transport, other.listener),
            (Transport::Tcp, ListenerId(1))
        );
    }

    #[test]
    fn a_live_connection_is_used_and_a_lost_one_opened_anew() {
        let made_on = flow(Transport::Tcp, 40_000, 9);
        assert_eq!(
            next("sip:b@198.51.100.7;transport=tcp", false, made_on),
            made_on
        );
        let elsewhere = to("sip:b@10.0.0.9", false);
        let to = to("sip:b@198.51.100.7;transport=tcp", false);
        let again = reopened(&to, made_on);
        assert_eq!((again.connection, again.remote.port()), (0, 5060));
        let private = reopened(&elsewhere, made_on);
        assert_eq!(private.remote, made_on.remote, "never elsewhere");
        assert!(is_on(made_on, made_on) && !is_on(again, made_on));
        assert!(
            is_on(
                again,
                Flow {
                    connection: 12,
                    ..again
                }
            ),
            "the one just opened"
        );
    }

    #[test]
    fn a_websocket_is_the_only_way_to_its_phone() {
        let made_on = flow(Transport::Wss, 40_000, 9);
        for uri in [
            "sip:b@x7f3.invalid;transport=ws",
            "sip:b@198.51.100.7;transport=udp",
            "sip:b@198.51.100.7:5060",
        ] {
            assert_eq!(next(uri, false, made_on), made_on, "{uri}");
        }
        assert_eq!(next("sip:203.0.113.5;lr", true, made_on), made_on);
    }

    #[test]
    fn what_is_encrypted_stays_so() {
        let made_on = flow(Transport::Tls, 40_000, 9);
        let stays = next("sip:b@198.51.100.7;transport=tcp", false, made_on);
        assert_eq!(stays, made_on);
        let again = reopened(&to("sip:b@198.51.100.7;transport=tls", false), made_on);
        assert_eq!(
            (again.transport, again.remote.port(), again.connection),
            (Transport::Tls, 5061, 0)
        );
    }

    fn next(uri: &str, by_route: bool, made_on: Flow) -> Flow {
        let listener = |transport| Listener {
            transport,
            local: made_on.remote,
            advertised: made_on.remote,
            digest: None,
            registrar: false,
            paths: Default::default(),
        };
        let listeners = [listener(Transport::Udp), listener(Transport::Tcp)];
        next_flow(&to(uri, by_route), made_on, &listeners)
    }

    fn to(uri: &str, by_route: bool) -> Addressing {
        let uri = Uri::parse(uri).expect("a URI");
        Addressing {
            uri: uri.clone(),
            routes: vec![],
            next_hop: uri,
            by_route,
        }
    }

    fn flow(transport: Transport, port: u16, connection: u64) -> Flow {
        Flow {
            connection,
            ..fresh(
                transport,
                ListenerId(0),
                SocketAddr::from(([198, 51, 100, 7], port)),
            )
        }
    }
}
