//! Carriers: their registrations and their health, driven by requests outside dialogs.
//!
//! ```text
//!   Command::Peers ──▶ Carrier ─┬─ Enrolment ──Ask──▶ REGISTER ──answer──▶ Enrolment ──Tell──▶ Event
//!                               └─ Pulse ──────Ask──▶ OPTIONS ───answer──▶ Pulse ──────Tell──▶ Event
//! ```

use super::Endpoint;
use super::route::{Way, is_on, way_to};
use super::transactions::{Notice, Owner, Told};
use super::write::{Head, SDP};
use crate::sip::auth::Keyring;
use crate::sip::enrol::{self, Enrolment};
use crate::sip::event::Party;
use crate::sip::header::{Address, Name};
use crate::sip::message::{Message, Method};
use crate::sip::pulse::{self, Pulse};
use crate::sip::transaction::ClientKey;
use crate::sip::uri::Uri;
use crate::sip::{Event, Flow, MAX_FORWARDS, Peer, PeerId, PeerState};
use std::net::IpAddr;
use std::time::Instant;

/// A carrier of this endpoint, unique in its life: one whose settings change is another, while
/// the registration of the former is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CarrierId(u32);

/// A carrier and what is between us.
#[derive(Debug)]
pub(super) struct Carrier {
    peer: Peer,
    enrolment: Option<Enrolment>,
    pulse: Option<Pulse>,
    /// What the challenges to REGISTER are answered with.
    keyring: Keyring,
    /// All REGISTERs of one life have one Call-ID, and rising numbers (RFC 3261 §10.2).
    call_id: String,
    local_tag: String,
    cseq: u32,
    /// The way that the last REGISTER was answered by: calls for us come by it.
    flow: Option<Flow>,
    /// It has been taken from the settings, and is only here to be signed off.
    leaving: bool,
}

impl Endpoint {
    /// The carriers from now on.
    pub(super) fn set_peers(&mut self, now: Instant, peers: Vec<Peer>) {
        let ids: Vec<_> = self.carriers.keys().copied().collect();
        let mut kept = vec![];
        for id in ids {
            let Some(carrier) = self.carriers.get(&id).filter(|carrier| !carrier.leaving) else {
                continue;
            };
            match peers.iter().find(|peer| carrier.is_for(peer)) {
                Some(peer) => {
                    kept.push(peer.id);
                    self.carrier_moved(now, id, peer);
                }
                None => self.carrier_leaves(now, id),
            }
        }
        for peer in peers {
            if !kept.contains(&peer.id) {
                kept.push(peer.id);
                self.carrier_comes(now, peer);
            }
        }
    }

    /// Calls are taken no more, or again: so carriers are not to bring any.
    pub(super) fn drain(&mut self, now: Instant, draining: bool) {
        self.draining = draining;
        let staying = self.carriers.iter().filter(|(_, carrier)| !carrier.leaving);
        for id in staying.map(|(id, _)| *id).collect::<Vec<_>>() {
            let event = match draining {
                true => enrol::Event::Withdraw,
                false => enrol::Event::Resume,
            };
            self.enrol(now, id, &event);
        }
    }

    /// The final answer to a REGISTER, and why its challenge was left.
    pub(super) fn register_answered(
        &mut self,
        now: Instant,
        id: CarrierId,
        flow: Flow,
        response: &Message,
        why: Option<&'static str>,
    ) {
        if let Some(carrier) = self.carriers.get_mut(&id) {
            carrier.flow = Some(flow);
            if why.is_some() {
                carrier.keyring.forget();
            }
        }
        self.enrol(now, id, &enrol::Event::Answered(response, why));
    }

    pub(super) fn options_answered(&mut self, now: Instant, id: CarrierId, status: u16) {
        self.feel(now, id, pulse::Event::Answered(status));
    }

    /// What the transaction of a REGISTER or an OPTIONS tells without an answer.
    pub(super) fn carrier_notice(&mut self, now: Instant, id: CarrierId, notice: Notice) {
        let status = match notice.told {
            Some(Told::Expired) => 408,
            Some(Told::Unreachable) => 503,
            Some(Told::Deliver | Told::PassAck) | None => return,
        };
        match notice.owner {
            Owner::Register(_) => {
                if let Some(carrier) = self.carriers.get_mut(&id) {
                    carrier.flow = None;
                }
                self.enrol(now, id, &enrol::Event::Failed(status));
            }
            Owner::Options(_) => self.feel(now, id, pulse::Event::Failed(status)),
            Owner::None | Owner::Invite(_) | Owner::Bye(_) | Owner::Within(_) => {}
        }
    }

    pub(super) fn carriers_timeout(&mut self, now: Instant) {
        while let Some(id) = self.carrier_timers.pop(now) {
            self.feel(now, id, pulse::Event::Timeout);
            self.enrol(now, id, &enrol::Event::Timeout);
        }
    }

    /// A connection is gone, and with it the way of the calls of whoever is registered on it.
    pub(super) fn carriers_closed(&mut self, now: Instant, gone: Flow) {
        let on_it = |carrier: &Carrier| carrier.flow.is_some_and(|flow| is_on(flow, gone));
        let all = self.carriers.iter().filter(|(_, carrier)| on_it(carrier));
        for id in all.map(|(id, _)| *id).collect::<Vec<_>>() {
            if let Some(carrier) = self.carriers.get_mut(&id) {
                carrier.flow = None;
            }
            self.enrol(now, id, &enrol::Event::FlowLost);
        }
    }

    /// The carrier with which this user part is registered as our Contact.
    pub(super) fn carrier_of_contact(&self, user: &str) -> Option<&Peer> {
        let mut all = self.carriers.values();
        let carrier = all.find(|carrier| {
            let contact = carrier.enrolment.as_ref().map(Enrolment::contact);
            contact == Some(user)
        })?;
        Some(&carrier.peer)
    }

    /// The user part of the Contact that is registered with a carrier.
    pub(super) fn registered_contact(&self, peer: PeerId) -> Option<&str> {
        let mut all = self.carriers.values();
        let carrier = all.find(|carrier| carrier.peer.id == peer && !carrier.leaving)?;
        carrier.enrolment.as_ref().map(Enrolment::contact)
    }

    pub(super) fn carrier(&mut self, id: CarrierId) -> Option<&mut Carrier> {
        self.carriers.get_mut(&id)
    }

    pub(super) fn check_carriers(&self) {
        self.carrier_timers.check();
        for carrier in self.carriers.values() {
            let left = carrier.enrolment.as_ref().is_some_and(|one| !one.is_gone());
            debug_assert!(
                !carrier.leaving || left,
                "a carrier has left and is still here"
            );
        }
    }

    fn carrier_comes(&mut self, now: Instant, peer: Peer) {
        self.next_carrier += 1;
        let id = CarrierId(self.next_carrier);
        let (hops, random, mut out) = (peer.hops.len(), &mut self.random, vec![]);
        let pulse = peer.options_every;
        let pulse = pulse.map(|every| Pulse::new(now, every, hops, random));
        let wish = peer.registration.as_ref();
        let enrolment = wish.map(|wish| Enrolment::new(now, wish.expires, hops, random, &mut out));
        let carrier = Carrier {
            keyring: Keyring::new(peer.credentials.clone(), peer.hosts()),
            peer,
            enrolment,
            pulse,
            call_id: self.random.hex(32),
            local_tag: self.random.hex(16),
            cseq: 0,
            flow: None,
            leaving: false,
        };
        self.carriers.insert(id, carrier);
        self.enrol_effects(now, id, out);
        self.settle_carrier(id);
    }

    /// The carrier is the same, perhaps found elsewhere.
    fn carrier_moved(&mut self, now: Instant, id: CarrierId, peer: &Peer) {
        let Some(carrier) = self.carriers.get_mut(&id) else {
            return;
        };
        if carrier.peer.hops == peer.hops {
            return;
        }
        let used = carrier.enrolment.as_ref().map_or(0, Enrolment::hop);
        let used = carrier.peer.hops.get(used);
        let kept = used.and_then(|hop| peer.hops.iter().position(|one| one == hop));
        let hops = peer.hops.len();
        carrier.peer = peer.clone();
        carrier.keyring.set_hosts(peer.hosts());
        if let Some(pulse) = &mut carrier.pulse {
            pulse.moved(hops);
        }
        self.enrol(now, id, &enrol::Event::Moved(hops, kept));
    }

    fn carrier_leaves(&mut self, now: Instant, id: CarrierId) {
        if let Some(carrier) = self.carriers.get_mut(&id) {
            carrier.leaving = true;
            carrier.pulse = None;
        }
        self.enrol(now, id, &enrol::Event::Withdraw);
        self.settle_carrier(id);
    }

    fn enrol(&mut self, now: Instant, id: CarrierId, event: &enrol::Event<'_>) {
        let Some(carrier) = self.carriers.get_mut(&id) else {
            return;
        };
        let mut out = vec![];
        if let Some(enrolment) = &mut carrier.enrolment {
            enrolment.handle(now, event, &mut self.random, &mut out);
        }
        self.enrol_effects(now, id, out);
        self.settle_carrier(id);
    }

    fn enrol_effects(&mut self, now: Instant, id: CarrierId, effects: Vec<enrol::Effect>) {
        for effect in effects {
            match effect {
                enrol::Effect::Ask { hop, expires } => {
                    if self.send_register(now, id, hop, expires).is_none() {
                        self.enrol(now, id, &enrol::Event::Failed(503));
                    }
                }
                enrol::Effect::Tell(state) => self.tell_peer(id, state),
            }
        }
    }

    fn feel(&mut self, now: Instant, id: CarrierId, event: pulse::Event) {
        let Some(carrier) = self.carriers.get_mut(&id) else {
            return;
        };
        let mut out = vec![];
        if let Some(pulse) = &mut carrier.pulse {
            pulse.handle(now, event, &mut self.random, &mut out);
        }
        for effect in out {
            match effect {
                pulse::Effect::Ask(hop) => {
                    if self.send_options(now, id, hop).is_none() {
                        self.feel(now, id, pulse::Event::Failed(503));
                    }
                }
                pulse::Effect::Tell(state) => self.tell_peer(id, state),
            }
        }
        self.settle_carrier(id);
    }

    fn tell_peer(&mut self, id: CarrierId, state: PeerState) {
        if let Some(carrier) = self.carriers.get(&id) {
            let id = carrier.peer.id;
            self.events.push_back(Event::Peer { id, state });
        }
    }

    /// Sets the deadline anew, and forgets who has left.
    fn settle_carrier(&mut self, id: CarrierId) {
        let Some(carrier) = self.carriers.get(&id) else {
            return;
        };
        let gone = carrier.enrolment.as_ref().is_none_or(Enrolment::is_gone);
        if carrier.leaving && gone {
            self.carriers.remove(&id);
            return self.carrier_timers.set(id, None);
        }
        let enrolment = carrier.enrolment.as_ref().and_then(Enrolment::poll_timeout);
        let pulse = carrier.pulse.as_ref().and_then(Pulse::poll_timeout);
        let due = [enrolment, pulse].into_iter().flatten().min();
        self.carrier_timers.set(id, due);
    }

    /// `None` where there is no way to that hop.
    fn send_register(
        &mut self,
        now: Instant,
        id: CarrierId,
        hop: usize,
        expires: u32,
    ) -> Option<()> {
        let way = self.way_to_carrier(id, hop)?;
        let (via, branch) = self.via(way.flow);
        let carrier = self.carriers.get_mut(&id)?;
        let aor = Uri::parse(&carrier.peer.registration.as_ref()?.aor).ok()?;
        let uri = Uri::parse(&carrier.peer.uri).ok()?;
        carrier.cseq += 1;
        let (random, host) = (&mut self.random, way.flow.remote.ip());
        let (method, text) = (Method::Register, uri.to_string());
        let credentials = carrier.keyring.headers(random, host, &method, &text);
        let head = Head {
            uri: text,
            via,
            branch,
            max_forwards: MAX_FORWARDS,
            routes: carrier.peer.routes.clone(),
            from: Address::new(aor.clone()).with_tag(&carrier.local_tag),
            to: Address::new(aor),
            call_id: carrier.call_id.clone(),
            cseq: carrier.cseq,
            credentials,
        };
        let user = carrier.enrolment.as_ref().map(Enrolment::contact);
        let user = user.unwrap_or_default().to_owned();
        let listener = way.flow.listener;
        let bytes = head
            .write(&method)
            .header(Name::Contact, self.contact_of(&user, listener, Some(&uri)))
            .header(Name::Expires, expires)
            .header(Name::Allow, self.allow(listener))
            .header(Name::UserAgent, &self.config.user_agent)
            .build();
        let key = ClientKey::new(&head.branch, method);
        let owner = Owner::Register(id);
        self.transactions.send_other(now, key, way, bytes, owner);
        Some(())
    }

    fn send_options(&mut self, now: Instant, id: CarrierId, hop: usize) -> Option<()> {
        let way = self.way_to_carrier(id, hop)?;
        let (via, branch) = self.via(way.flow);
        let (call_id, tag) = (self.random.hex(32), self.random.hex(16));
        let from = self.caller(&Party::default(), way.flow);
        let carrier = self.carriers.get(&id)?;
        let uri = Uri::parse(&carrier.peer.uri).ok()?;
        let head = Head {
            uri: uri.to_string(),
            via,
            branch,
            max_forwards: MAX_FORWARDS,
            routes: carrier.peer.routes.clone(),
            from: from.with_tag(&tag),
            to: Address::new(uri.clone()),
            call_id,
            cseq: 1,
            credentials: vec![],
        };
        let contact = self.contact(way.flow.listener, Some(&uri));
        let bytes = head
            .write(&Method::Options)
            .header(Name::Contact, contact)
            .header(Name::Accept, SDP)
            .header(Name::UserAgent, &self.config.user_agent)
            .build();
        let key = ClientKey::new(&head.branch, Method::Options);
        let owner = Owner::Options(id);
        self.transactions.send_other(now, key, way, bytes, owner);
        Some(())
    }

    /// The connection that we are registered on, if it leads to that hop; else a way of its own.
    fn way_to_carrier(&self, id: CarrierId, hop: usize) -> Option<Way> {
        let carrier = self.carriers.get(&id)?;
        let hop = carrier.peer.hops.get(hop)?;
        let leads_there =
            |flow: &Flow| flow.remote == hop.address && flow.transport == hop.transport;
        match carrier.flow.filter(leads_there) {
            Some(flow) => Some(flow.into()),
            None => way_to(hop, &self.config.listeners),
        }
    }
}

impl Carrier {
    pub(super) fn keyring(&mut self) -> &mut Keyring {
        &mut self.keyring
    }

    pub(super) fn next_cseq(&mut self) -> u32 {
        self.cseq += 1;
        self.cseq
    }

    /// Whether it is this one, wherever that is found.
    fn is_for(&self, peer: &Peer) -> bool {
        let there = Peer {
            hops: self.peer.hops.clone(),
            ..peer.clone()
        };
        self.peer == there
    }
}

impl Peer {
    /// The addresses of its places.
    pub(super) fn hosts(&self) -> Vec<IpAddr> {
        self.hops.iter().map(|hop| hop.address.ip()).collect()
    }
}
