//! All transactions of the endpoint: found by key, driven by messages and deadlines.

mod again;
mod held;
mod ways;

pub(super) use again::Sent;

use super::config::Listener;
use super::effect::{Effect, collect};
use super::peers::CarrierId;
use super::route::Way;
use crate::sip::timers::Timers;
use crate::sip::transaction::{
    ClientInvite, ClientKey, ClientOther, MergeKey, Response, ServerInvite, ServerKey, ServerOther,
    Timing, client_invite, client_other, server_invite, server_other,
};
use crate::sip::{Flow, SessionId, Transmit};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// A transaction of this endpoint, unique in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TxId(u64);

#[derive(Debug, Default)]
pub(super) struct Transactions {
    timing: Timing,
    /// For the Via of a request that goes another way than it was written for.
    listeners: Vec<Listener>,
    /// Places that do not take TCP, until when.
    refusing: BTreeMap<SocketAddr, Instant>,
    slots: BTreeMap<TxId, Slot>,
    servers: HashMap<ServerKey, TxId>,
    clients: HashMap<ClientKey, TxId>,
    /// Requests outside dialogs, to know one that has come a second time by another way
    /// (RFC 3261 §8.2.2.2).
    merges: HashMap<MergeKey, TxId>,
    timers: Timers<TxId>,
    next: u64,
    /// What waits for where its proxy is.
    held: held::Held,
    out: VecDeque<Transmit>,
}

#[derive(Debug)]
struct Slot {
    machine: Machine,
    key: Key,
    merge: Option<MergeKey>,
    flow: Flow,
    /// Who must be at the end of `flow`, while it is to be opened.
    name: Option<Arc<str>>,
    /// Whether it may be reached in another way: see [`Way`].
    is_place: bool,
    /// Where responses go once the connection is gone (RFC 3261 §18.2.2), and a request that is too
    /// large for a datagram when it cannot be opened (§18.1.1).
    fallback: Option<Flow>,
    owner: Owner,
    /// Our request, in case it is challenged; empty for one of the peer.
    request: Vec<u8>,
    /// How often it has been sent anew with credentials.
    tries: u8,
}

/// Who is told what becomes of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Nobody waits for its outcome.
    None,
    /// The session's INVITE, ours or the peer's.
    Invite(SessionId),
    /// Our BYE.
    Bye(SessionId),
    /// Another request of ours in a dialog.
    Within(SessionId),
    /// Our REGISTER at a carrier.
    Register(CarrierId),
    /// Our OPTIONS to a carrier.
    Options(CarrierId),
}

#[derive(Debug)]
enum Key {
    Server(ServerKey),
    Client(ClientKey),
}

#[derive(Debug)]
enum Machine {
    ServerInvite(ServerInvite),
    ServerOther(ServerOther),
    ClientInvite(ClientInvite),
    ClientOther(ClientOther),
}

/// What a transaction tells its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The response at hand is news.
    Deliver,
    /// No response came.
    Expired,
    /// The request could not be delivered.
    Unreachable,
    /// An ACK for the dialog.
    PassAck,
}

/// Something for the owner of a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notice {
    pub(super) tx: TxId,
    pub(super) owner: Owner,
    pub(super) told: Option<Told>,
    /// The transaction is no more.
    pub(super) over: bool,
}

impl Transactions {
    pub(super) fn new(timing: Timing, listeners: Vec<Listener>) -> Self {
        Self {
            timing,
            listeners,
            ..Self::default()
        }
    }

    /// The peer's INVITE, answered 100.
    pub(super) fn serve_invite(&mut self, arrival: Arrival, trying: Response) -> TxId {
        let reliable = arrival.flow.transport.is_reliable();
        let mut effects = vec![];
        let machine = ServerInvite::new(trying, reliable, self.timing, &mut effects);
        let id = self.serve(arrival, Machine::ServerInvite(machine));
        self.settle(id, effects);
        id
    }

    /// The peer's INVITE, refused at once.
    pub(super) fn refuse_invite(&mut self, now: Instant, arrival: Arrival, refusal: Response) {
        let reliable = arrival.flow.transport.is_reliable();
        let mut effects = vec![];
        let machine = ServerInvite::refused(now, refusal, reliable, self.timing, &mut effects);
        let id = self.serve(arrival, Machine::ServerInvite(machine));
        self.settle(id, effects);
    }

    /// A request of another method.
    pub(super) fn serve_other(&mut self, arrival: Arrival) -> TxId {
        let reliable = arrival.flow.transport.is_reliable();
        let machine = ServerOther::new(reliable, self.timing);
        self.serve(arrival, Machine::ServerOther(machine))
    }

    /// Sends our INVITE.
    pub(super) fn send_invite(
        &mut self,
        now: Instant,
        key: ClientKey,
        way: impl Into<Way>,
        bytes: Vec<u8>,
        owner: Owner,
    ) -> TxId {
        let (way, bytes, fallback) = self.widened(now, way.into(), bytes);
        let (reliable, mut effects) = (way.flow.transport.is_reliable(), vec![]);
        let machine = ClientInvite::new(now, bytes.clone(), reliable, self.timing, &mut effects);
        let machine = Machine::ClientInvite(machine);
        let id = self.mint();
        let slot = Slot {
            fallback,
            ..Slot::client(machine, key, way, owner, bytes)
        };
        self.send(id, slot, effects)
    }

    /// Sends our request of another method.
    pub(super) fn send_other(
        &mut self,
        now: Instant,
        key: ClientKey,
        way: impl Into<Way>,
        bytes: Vec<u8>,
        owner: Owner,
    ) -> TxId {
        let (way, bytes) = self.beside_invite(&key, way.into(), bytes);
        let (way, bytes, fallback) = self.widened(now, way, bytes);
        let (reliable, mut effects) = (way.flow.transport.is_reliable(), vec![]);
        let machine = ClientOther::new(now, bytes.clone(), reliable, self.timing, &mut effects);
        let machine = Machine::ClientOther(machine);
        let id = self.mint();
        let slot = Slot {
            fallback,
            ..Slot::client(machine, key, way, owner, bytes)
        };
        self.send(id, slot, effects)
    }

    /// The transaction that a request belongs to; an ACK or a CANCEL asks with the key of its INVITE.
    pub(super) fn server(&self, key: &ServerKey) -> Option<TxId> {
        self.servers.get(key).copied()
    }

    pub(super) fn client(&self, key: &ClientKey) -> Option<TxId> {
        self.clients.get(key).copied()
    }

    /// Whether the same request is being served already, come by another way.
    pub(super) fn is_merged(&self, key: &MergeKey) -> bool {
        self.merges.contains_key(key)
    }

    pub(super) fn owner(&self, id: TxId) -> Owner {
        self.slots.get(&id).map_or(Owner::None, |slot| slot.owner)
    }

    /// Whether this is an INVITE of a peer without final response.
    pub(super) fn is_proceeding(&self, id: TxId) -> bool {
        match self.slots.get(&id).map(|slot| &slot.machine) {
            Some(Machine::ServerInvite(machine)) => machine.is_proceeding(),
            Some(Machine::ServerOther(_) | Machine::ClientInvite(_) | Machine::ClientOther(_))
            | None => false,
        }
    }

    /// The owner of the transaction answers.
    pub(super) fn respond(&mut self, now: Instant, id: TxId, response: Response) {
        let _ = self.step(id, |machine| match machine {
            Machine::ServerInvite(machine) => {
                collect(|out| machine.handle(now, server_invite::Event::Respond(response), out))
            }
            Machine::ServerOther(machine) => {
                collect(|out| machine.handle(now, server_other::Event::Respond(response), out))
            }
            Machine::ClientInvite(_) | Machine::ClientOther(_) => vec![],
        });
    }

    /// The peer has sent the request again.
    pub(super) fn repeated(&mut self, now: Instant, id: TxId) {
        let _ = self.step(id, |machine| match machine {
            Machine::ServerInvite(machine) => {
                collect(|out| machine.handle(now, server_invite::Event::Retransmission, out))
            }
            Machine::ServerOther(machine) => {
                collect(|out| machine.handle(now, server_other::Event::Retransmission, out))
            }
            Machine::ClientInvite(_) | Machine::ClientOther(_) => vec![],
        });
    }

    /// An ACK with the branch of an INVITE.
    pub(super) fn acknowledged(&mut self, now: Instant, id: TxId) -> Option<Notice> {
        self.step(id, |machine| match machine {
            Machine::ServerInvite(machine) => {
                collect(|out| machine.handle(now, server_invite::Event::Ack, out))
            }
            Machine::ServerOther(_) | Machine::ClientInvite(_) | Machine::ClientOther(_) => vec![],
        })
    }

    /// The connection asked for is there: it has brought a response.
    pub(super) fn heard_on(&mut self, id: TxId, flow: Flow) {
        if let Some(slot) = self.slots.get_mut(&id)
            && super::route::is_on(slot.flow, flow)
        {
            slot.flow = flow;
        }
    }

    /// A response has come. `ack` writes the ACK, if one of 300–699 wants it.
    pub(super) fn response(
        &mut self,
        now: Instant,
        id: TxId,
        status: u16,
        ack: impl FnOnce() -> Vec<u8>,
    ) -> Option<Notice> {
        let flow = self.slots.get(&id)?.flow;
        let ack = (status >= 300).then(|| self.written_for(flow, ack()));
        let ack = ack.unwrap_or_default();
        self.step(id, |machine| match machine {
            Machine::ClientInvite(machine) => {
                let event = match status {
                    ..200 => client_invite::Event::Provisional,
                    200..300 => client_invite::Event::Success,
                    300.. => client_invite::Event::Failure { ack },
                };
                collect(|out| machine.handle(now, event, out))
            }
            Machine::ClientOther(machine) => {
                let event = match status {
                    ..200 => client_other::Event::Provisional,
                    200.. => client_other::Event::Final,
                };
                collect(|out| machine.handle(now, event, out))
            }
            Machine::ServerInvite(_) | Machine::ServerOther(_) => vec![],
        })
    }

    /// A CANCEL for this INVITE of ours is on its way.
    pub(super) fn cancelled(&mut self, now: Instant, id: TxId) {
        let _ = self.step(id, |machine| match machine {
            Machine::ClientInvite(machine) => {
                collect(|out| machine.handle(now, client_invite::Event::Cancelled, out))
            }
            Machine::ServerInvite(_) | Machine::ServerOther(_) | Machine::ClientOther(_) => vec![],
        });
    }

    /// Fires one deadline that has passed: `None` when there is no more. What is told is inside.
    pub(super) fn timeout(&mut self, now: Instant) -> Option<Option<Notice>> {
        let id = self.timers.pop(now)?;
        Some(self.step(id, |machine| match machine {
            Machine::ServerInvite(machine) => {
                collect(|out| machine.handle(now, server_invite::Event::Timeout, out))
            }
            Machine::ServerOther(machine) => {
                collect(|out| machine.handle(now, server_other::Event::Timeout, out))
            }
            Machine::ClientInvite(machine) => {
                collect(|out| machine.handle(now, client_invite::Event::Timeout, out))
            }
            Machine::ClientOther(machine) => {
                collect(|out| machine.handle(now, client_other::Event::Timeout, out))
            }
        }))
    }

    /// Forgets a transaction whose peer cannot be reached any more.
    pub(super) fn drop(&mut self, id: TxId) {
        let Some(slot) = self.slots.remove(&id) else {
            return;
        };
        self.timers.set(id, None);
        match &slot.key {
            Key::Server(key) => self.servers.remove(key),
            Key::Client(key) => self.clients.remove(key),
        };
        if let Some(merge) = &slot.merge {
            self.merges.remove(merge);
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn contains(&self, id: TxId) -> bool {
        self.slots.contains_key(&id)
    }

    /// Sends without a transaction: an ACK to a 2xx, an answer to a stranger.
    pub(super) fn send_once(&mut self, flow: Flow, bytes: Vec<u8>) {
        let name = None;
        self.out.push_back(Transmit { flow, name, bytes });
    }

    pub(super) fn check(&self) {
        self.timers.check();
        let keys = self.servers.len() + self.clients.len();
        debug_assert_eq!(keys, self.slots.len(), "each transaction has its one key");
        debug_assert!(self.merges.len() <= self.servers.len());
    }

    fn serve(&mut self, arrival: Arrival, machine: Machine) -> TxId {
        let id = self.mint();
        self.servers.insert(arrival.key.clone(), id);
        if let Some(merge) = &arrival.merge {
            self.merges.insert(merge.clone(), id);
        }
        let slot = Slot {
            machine,
            key: Key::Server(arrival.key),
            merge: arrival.merge,
            flow: arrival.flow,
            name: None,
            is_place: false,
            fallback: arrival.fallback,
            owner: arrival.owner,
            request: vec![],
            tries: 0,
        };
        self.slots.insert(id, slot);
        id
    }

    fn send<E: Into<Effect>>(&mut self, id: TxId, slot: Slot, effects: Vec<E>) -> TxId {
        if let Key::Client(key) = &slot.key {
            self.clients.insert(key.clone(), id);
        }
        self.slots.insert(id, slot);
        self.settle(id, effects);
        id
    }

    fn mint(&mut self) -> TxId {
        self.next += 1;
        TxId(self.next)
    }

    fn step(&mut self, id: TxId, run: impl FnOnce(&mut Machine) -> Vec<Effect>) -> Option<Notice> {
        let effects = run(&mut self.slots.get_mut(&id)?.machine);
        self.settle(id, effects)
    }

    /// Sends, sets the deadline anew, forgets what has terminated. A step tells one thing at most.
    fn settle<E: Into<Effect>>(&mut self, id: TxId, effects: Vec<E>) -> Option<Notice> {
        let slot = self.slots.get(&id)?;
        let (due, over) = slot.machine.outlook();
        let (owner, mut told) = (slot.owner, None);
        for effect in effects {
            match effect.into() {
                Effect::Send(bytes) => self.out.push_back(Transmit {
                    flow: slot.flow,
                    name: slot.name.clone(),
                    bytes,
                }),
                Effect::Tell(news) => told = Some(news),
            }
        }
        if over {
            self.drop(id);
        } else {
            self.timers.set(id, due);
        }
        (told.is_some() || over).then_some(Notice {
            tx: id,
            owner,
            told,
            over,
        })
    }
}

/// A request that is to be served by a transaction.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) key: ServerKey,
    /// For requests outside a dialog.
    pub(super) merge: Option<MergeKey>,
    /// Where responses go.
    pub(super) flow: Flow,
    /// Where they go once that connection is gone.
    pub(super) fallback: Option<Flow>,
    pub(super) owner: Owner,
}

impl Slot {
    fn client(machine: Machine, key: ClientKey, way: Way, owner: Owner, request: Vec<u8>) -> Self {
        Self {
            machine,
            key: Key::Client(key),
            merge: None,
            flow: way.flow,
            name: way.name,
            is_place: way.is_place,
            fallback: None,
            owner,
            request,
            tries: 0,
        }
    }
}

impl Machine {
    /// The deadline, and whether all is over.
    fn outlook(&self) -> (Option<Instant>, bool) {
        match self {
            Self::ServerInvite(machine) => (machine.poll_timeout(), machine.is_terminated()),
            Self::ServerOther(machine) => (machine.poll_timeout(), machine.is_terminated()),
            Self::ClientInvite(machine) => (machine.poll_timeout(), machine.is_terminated()),
            Self::ClientOther(machine) => (machine.poll_timeout(), machine.is_terminated()),
        }
    }
}
