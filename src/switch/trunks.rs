//! The trunks as SIP knows them: whom we register with and watch, where they are reached, and what
//! they tell of their health.

use super::{Notice, Output, Switch};
use crate::id::TrunkId;
use crate::settings::{self, Server, Trunk};
use crate::sip::uri::{Host, Uri};
use crate::sip::{self, Credential, Hop, Peer, PeerId, PeerState, Registration, Transport};
use std::time::Instant;

impl Switch {
    /// Tells SIP whom to register with and whom to watch; again when DNS says something new of where
    /// they are.
    pub(super) fn watch_trunks(&mut self, now: Instant) {
        let account = self.account.trunks.clone();
        let mut peers = vec![];
        for trunk in &account {
            let places = self.places(now, trunk);
            let Some(mut peer) = peer(trunk, places) else {
                continue;
            };
            // Among equals each look-up draws anew whose turn it is: that is no news.
            let old = self.peers.iter().find(|old| old.id == peer.id);
            if let Some(old) = old.filter(|old| same_places(&old.hops, &peer.hops)) {
                peer.hops.clone_from(&old.hops);
            }
            peers.push(peer);
        }
        if peers != self.peers {
            self.peers.clone_from(&peers);
            self.sip.command(now, sip::Command::Peers(peers));
        }
    }

    /// The state of a trunk has changed.
    pub(super) fn peer_changed(&mut self, id: PeerId, state: PeerState) {
        let trunk = TrunkId(id.0);
        let (news, health) = match state {
            PeerState::Registered { service_route, .. } => {
                self.service_routes.insert(trunk, service_route);
                (self.board.registered(trunk, true), TrunkState::Registered)
            }
            PeerState::Unregistered { status, .. } => {
                self.service_routes.remove(&trunk);
                let state = TrunkState::Unregistered(status);
                (self.board.registered(trunk, false), state)
            }
            PeerState::Up { .. } => (self.board.up(trunk, true), TrunkState::Up),
            PeerState::Down { status } => (self.board.up(trunk, false), TrunkState::Down(status)),
        };
        if news {
            self.out(Output::Notice(None, Notice::Trunk(trunk, health)));
        }
    }

    /// Where a trunk is reached, in the order of trial, as far as it is known.
    pub(super) fn places(&mut self, now: Instant, trunk: &Trunk) -> Vec<Hop> {
        let first = trunk.outbound_proxy.as_ref().or(trunk.server.as_ref());
        let uri = first.and_then(|server| Uri::parse(&server.uri(None)).ok());
        let hops = uri.map(|uri| self.resolver.locate(now, &uri).hops);
        self.look_up();
        hops.unwrap_or_default()
    }

    /// The proxies that a call through this trunk must pass.
    pub(super) fn routes(&self, trunk: &Trunk) -> Vec<String> {
        let service = self.service_routes.get(&trunk.id).into_iter().flatten();
        proxies(trunk).into_iter().chain(service.cloned()).collect()
    }
}

/// A trunk as SIP watches it; `None` for one that takes no calls.
fn peer(trunk: &Trunk, hops: Vec<Hop>) -> Option<Peer> {
    let server = trunk.server.as_ref()?;
    let domain = trunk.from_domain.as_ref().unwrap_or(&server.host);
    let registration = trunk.register.zip(trunk.user.as_ref());
    let registration = registration.map(|(expires, user)| Registration {
        aor: uri(Some(user), domain, None).to_string(),
        expires,
    });
    Some(Peer {
        id: PeerId(trunk.id.0),
        uri: server.uri(None),
        hops,
        routes: proxies(trunk),
        credentials: credentials(trunk),
        registration,
        options_every: trunk.options,
    })
}

fn same_places(one: &[Hop], other: &[Hop]) -> bool {
    one.len() == other.len() && one.iter().all(|hop| other.contains(hop))
}

/// What a trunk tells of its health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkState {
    /// We are registered there.
    Registered,
    /// We are not: the status.
    Unregistered(u16),
    /// It answers OPTIONS.
    Up,
    /// It does not: the status.
    Down(u16),
}

/// What the challenges of a trunk are answered with.
pub(super) fn credentials(trunk: &Trunk) -> Vec<Credential> {
    let Some((user, password)) = trunk.user.as_ref().zip(trunk.password.as_ref()) else {
        return vec![];
    };
    let credential = |realm| Credential {
        realm,
        user: user.clone(),
        password: password.0.clone(),
    };
    match trunk.realms.is_empty() {
        true => vec![credential(None)],
        false => trunk
            .realms
            .iter()
            .cloned()
            .map(Some)
            .map(credential)
            .collect(),
    }
}

/// Somebody at a trunk, as the Request-URI of a call to them.
pub(super) fn uri(user: Option<&str>, host: &str, server: Option<&Server>) -> Uri {
    let host = Host::parse(host).unwrap_or_else(|_| Host::Name(host.to_owned()));
    let port = server.and_then(|server| server.port);
    let mut uri = Uri::sip(user.unwrap_or_default(), host, port);
    let transport = server.and_then(|server| server.transport);
    // UDP is what a URI without the parameter means anyway, where there is no DNS to say otherwise.
    if let Some(name) = transport.and_then(|transport| known(transport).uri_parameter()) {
        uri.params.set("transport", Some(name));
    }
    uri
}

fn proxies(trunk: &Trunk) -> Vec<String> {
    let proxy = trunk.outbound_proxy.iter();
    proxy
        .map(|proxy| format!("<{};lr>", proxy.uri(None)))
        .collect()
}

fn known(transport: settings::Transport) -> Transport {
    match transport {
        settings::Transport::Udp => Transport::Udp,
        settings::Transport::Tcp => Transport::Tcp,
        settings::Transport::Tls => Transport::Tls,
    }
}
