//! Requests and the ways they go: large ones, lost connections, peers that are not there.
//!
//! ```text
//!   to a place over UDP, larger than a packet ──▶ over TCP ──refused──▶ over UDP after all
//!   to a place over UDP ── ICMP says that nobody is there ──▶ Unreachable
//! ```

use super::super::effect::collect;
use super::super::route::{Way, fresh, is_on};
use super::{ClientInvite, ClientKey, ClientOther, Key, Machine, Notice, Slot, Told};
use super::{Transactions, TxId, client_invite, client_other};
use crate::sip::message::Method;
use crate::sip::{Flow, ListenerId, Transport};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A longer request goes over TCP, since nobody knows what the path takes (RFC 3261 §18.1.1).
const LARGEST: usize = 1_300;

/// So long a place that refused TCP is not asked again.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Places remembered; one more, and all are asked again.
const MAX_REFUSING: usize = 1_024;

/// What begins the Via of a request of ours.
const VIA: &[u8] = b"\r\nVia: SIP/2.0/";

/// A branch of ours is in the first bytes of its request: what ICMP quotes (RFC 792) is no longer.
const BRANCH: &[u8] = b";branch=";

impl Transactions {
    /// The way of a request that may be too large for a datagram (RFC 3261 §18.1.1): with the one to
    /// go back to, if it changes. Only a place is reached in another way; a flow is what it is.
    pub(super) fn widened(
        &self,
        now: Instant,
        way: Way,
        bytes: Vec<u8>,
    ) -> (Way, Vec<u8>, Option<Flow>) {
        let datagram = way.flow;
        let refuses = self
            .refusing
            .get(&datagram.remote)
            .is_some_and(|until| *until > now);
        let fits = bytes.len() <= LARGEST;
        if datagram.transport != Transport::Udp || !way.is_place || fits || refuses {
            return (way, bytes, None);
        }
        let Some(listener) = self.stream_beside(datagram) else {
            return (way, bytes, None);
        };
        let stream = fresh(Transport::Tcp, listener, datagram.remote);
        let bytes = self.written_for(stream, bytes);
        (stream.into(), bytes, Some(datagram))
    }

    /// A CANCEL goes where its INVITE went, under the same Via (§9.1).
    pub(super) fn beside_invite(
        &self,
        key: &ClientKey,
        way: Way,
        bytes: Vec<u8>,
    ) -> (Way, Vec<u8>) {
        let invite = ClientKey::new(key.branch(), Method::Invite);
        let slot = self.client(&invite).and_then(|id| self.slots.get(&id));
        let moved = slot.filter(|slot| slot.flow.transport != way.flow.transport);
        match moved.map(|slot| slot.flow) {
            Some(flow) if *key.method() == Method::Cancel => {
                (flow.into(), self.written_for(flow, bytes))
            }
            Some(_) | None => (way, bytes),
        }
    }

    /// A request with the topmost Via of another way than it was written for.
    pub(super) fn written_for(&self, flow: Flow, bytes: Vec<u8>) -> Vec<u8> {
        let Some(listener) = self.listeners.get(usize::from(flow.listener.0)) else {
            return bytes;
        };
        let Some(from) = bytes.windows(VIA.len()).position(|window| window == VIA) else {
            return bytes;
        };
        let from = from + VIA.len();
        let (before, rest) = bytes.split_at(from);
        let Some(params) = rest.iter().position(|byte| *byte == b';') else {
            return bytes;
        };
        let via = format!("{} {}", flow.transport.via_name(), listener.advertised);
        [
            before,
            via.as_bytes(),
            rest.get(params..).unwrap_or_default(),
        ]
        .concat()
    }

    /// A connection is gone: requests on it have failed, or go over UDP; responses take the other
    /// way.
    pub(in crate::sip::endpoint) fn closed(&mut self, now: Instant, gone: Flow) -> Vec<Notice> {
        let on_it = |slot: &Slot| is_on(slot.flow, gone);
        let touched = self.slots.iter().filter(|(_, slot)| on_it(slot));
        let touched: Vec<_> = touched.map(|(id, _)| *id).collect();
        let mut notices = vec![];
        for id in touched {
            let Some(slot) = self.slots.get_mut(&id) else {
                continue;
            };
            match (&slot.key, slot.fallback.take()) {
                (Key::Client(_), Some(datagram)) => {
                    notices.extend(self.gone_back(now, id, datagram));
                    continue;
                }
                (Key::Server(_), Some(fallback)) => slot.flow = fallback,
                // The other way cannot be opened either.
                (_, None) if gone.connection == 0 => notices.extend(slot.unreachable(id)),
                (_, None) => {}
            }
            notices.extend(self.undelivered(now, id));
        }
        notices
    }

    /// ICMP says that nobody takes our datagrams there, and quotes one (RFC 3261 §18.4, F12). Its
    /// branch is what nobody else can know: who lies about it has seen our packets.
    pub(in crate::sip::endpoint) fn refused(
        &mut self,
        now: Instant,
        flow: Flow,
        quoted: &[u8],
    ) -> Option<Notice> {
        let method = quoted.split(|byte| *byte == b' ').next()?;
        let method = Method::of(std::str::from_utf8(method).ok()?);
        let from = quoted
            .windows(BRANCH.len())
            .position(|window| window == BRANCH)?;
        let rest = quoted.get(from + BRANCH.len()..)?;
        // A branch that is cut off is none.
        let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric())?;
        let branch = std::str::from_utf8(rest.get(..end)?).ok()?;
        let id = self.client(&ClientKey::new(branch, method))?;
        self.slots.get(&id).filter(|slot| slot.flow == flow)?;
        self.undelivered(now, id)
    }

    fn undelivered(&mut self, now: Instant, id: TxId) -> Option<Notice> {
        self.step(id, |machine| match machine {
            Machine::ClientInvite(machine) => {
                collect(|out| machine.handle(now, client_invite::Event::TransportFailed, out))
            }
            Machine::ClientOther(machine) => {
                collect(|out| machine.handle(now, client_other::Event::TransportFailed, out))
            }
            Machine::ServerInvite(_) | Machine::ServerOther(_) => vec![],
        })
    }

    /// TCP was refused: the request goes over UDP, however large (§18.1.1). A peer that has answered
    /// over the connection has it already.
    fn gone_back(&mut self, now: Instant, id: TxId, datagram: Flow) -> Option<Notice> {
        let slot = self.slots.get(&id)?;
        if slot.flow.connection != 0 {
            return self.undelivered(now, id);
        }
        let request = self.written_for(datagram, slot.request.clone());
        if self.refusing.len() >= MAX_REFUSING {
            self.refusing.clear();
        }
        self.refusing.insert(datagram.remote, now + REMEMBERED);
        let timing = self.timing;
        let slot = self.slots.get_mut(&id)?;
        (slot.flow, slot.name, slot.request) = (datagram, None, request.clone());
        let effects = match slot.machine {
            Machine::ClientInvite(_) => collect(|out| {
                slot.machine =
                    Machine::ClientInvite(ClientInvite::new(now, request, false, timing, out));
            }),
            Machine::ClientOther(_) => collect(|out| {
                slot.machine =
                    Machine::ClientOther(ClientOther::new(now, request, false, timing, out));
            }),
            Machine::ServerInvite(_) | Machine::ServerOther(_) => return None,
        };
        self.settle(id, effects)
    }

    /// The TCP listener that stands beside a UDP one: for the same peers, if there are several.
    fn stream_beside(&self, datagram: Flow) -> Option<ListenerId> {
        let own = self.listeners.get(usize::from(datagram.listener.0))?;
        let all = self.listeners.iter().enumerate().filter(|(_, listener)| {
            listener.transport == Transport::Tcp && listener.local.is_ipv4() == own.local.is_ipv4()
        });
        let differs = |other: SocketAddr| other != own.advertised;
        let (index, _) = all.min_by_key(|(_, listener)| {
            (
                listener.digest.is_some() != own.digest.is_some(),
                differs(listener.advertised),
            )
        })?;
        u16::try_from(index).ok().map(ListenerId)
    }
}

impl Slot {
    /// What its owner is told if no response can reach the peer: requests tell it themselves.
    fn unreachable(&self, tx: TxId) -> Option<Notice> {
        let (owner, told) = (self.owner, Some(Told::Unreachable));
        let notice = Notice {
            tx,
            owner,
            told,
            over: false,
        };
        match &self.machine {
            Machine::ServerInvite(_) => Some(notice),
            Machine::ServerOther(_) | Machine::ClientInvite(_) | Machine::ClientOther(_) => None,
        }
    }
}
