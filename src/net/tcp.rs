//! SIP over TCP and what stands on it: accepts, opens on demand, and knows each connection by a
//! number.
//!
//! A flow with connection 0 names a peer, not a connection: the first message to it opens one,
//! later ones share it. What comes back on it bears its number. Over TLS this is done only for
//! peers that can prove a name, or that we have [`Met`]; a WebSocket is never opened by us.
//!
//! The connection of a peer stands for one that we would open, if the peer has asked for that and proved
//! who it is ([`super::tls::Claimed`]). What is bound to a connection, a registered phone or a dialog,
//! is served on it in any case.

use super::connection::{Connection, Opened};
use super::limits::{Limits, Places};
use super::tls::{Chain, Claimed, Identity, Met, Trust};
use super::{Socket, Tally, Why, connection};
use crate::sip::{Flow, Input, ListenerId, Transport};
use anyhow::{Context as _, bail, ensure};
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

/// Connections that the system accepts before we do.
const BACKLOG: i32 = 1_024;

/// How long connections may take to write their last messages when we stop.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Wait after a failed accept: mostly descriptors have run out, and may come back (F22).
const RECOVERY: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Tcp {
    shared: Arc<Shared>,
    runtime: Handle,
    listeners: BTreeMap<ListenerId, Listening>,
    /// Connections to open, for the task that does.
    opener: mpsc::UnboundedSender<Wanted>,
    opening: AbortHandle,
}

/// A socket that is listened on.
#[derive(Debug)]
struct Listening {
    address: SocketAddr,
    identity: Option<Arc<Identity>>,
    task: AbortHandle,
}

/// A connection asked for.
#[derive(Debug)]
enum Wanted {
    Open(Opened),
    /// There is no place for it, or it may not be: whoever asked is told.
    Refused(Flow),
}

/// What listeners and connections share.
pub(super) struct Shared {
    pub(super) limits: Limits,
    pub(super) tally: Arc<Tally>,
    /// Nobody wants to hear of anything any more.
    pub(super) stopping: AtomicBool,
    pub(super) trust: Trust,
    deliver: Mutex<Box<dyn Fn(Input) -> bool + Send>>,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    places: Places,
    last: u64,
    /// Messages to each connection. One that is gone from here closes after its last message.
    open: BTreeMap<u64, mpsc::Sender<Vec<u8>>>,
    /// Connections by whom they reach: those that we opened, and those of peers that have proved to be
    /// there. One that reaches a name is not used for another.
    reach: BTreeMap<Peer, u64>,
    /// Where the peers of others claim to be.
    claimed: Claimed,
    /// Who has been here over TLS.
    met: Met,
}

/// Whom a connection reaches, and the name that was proved, if one was asked for.
type Peer = (ListenerId, SocketAddr, Option<Arc<str>>);

/// Who opens a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Us,
    Peer,
}

/// A socket on which connections are accepted.
struct Door {
    listener: TcpListener,
    id: ListenerId,
    transport: Transport,
    /// Of TLS and WSS.
    acceptor: Option<TlsAcceptor>,
}

impl Tcp {
    pub(super) fn new(
        limits: Limits,
        trust: Trust,
        tally: Arc<Tally>,
        runtime: &Handle,
        deliver: impl Fn(Input) -> bool + Send + 'static,
    ) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared {
            limits,
            tally,
            trust,
            deliver: Mutex::new(Box::new(deliver)),
            stopping: AtomicBool::new(false),
            table: Mutex::default(),
        });
        // Bounded by the limit of connections, and by what is sent while it is reached.
        let (opener, mut wanted) = mpsc::unbounded_channel();
        let opening = runtime.spawn({
            let shared = Arc::clone(&shared);
            async move {
                while let Some(wanted) = wanted.recv().await {
                    let shared = Arc::clone(&shared);
                    match wanted {
                        Wanted::Open(opened) => {
                            tokio::spawn(connection::open(opened, shared));
                        }
                        Wanted::Refused(flow) => {
                            tokio::spawn(connection::refuse(flow, shared));
                        }
                    }
                }
            }
        });
        let opening = opening.abort_handle();
        Ok(Self {
            shared,
            runtime: runtime.clone(),
            listeners: BTreeMap::new(),
            opener,
            opening,
        })
    }

    pub(super) fn listen(&mut self, socket: Socket) -> io::Result<()> {
        let listener = bind(socket.address)?;
        let address = listener.local_addr()?;
        let _context = self.runtime.enter();
        let door = Door {
            listener: TcpListener::from_std(listener)?,
            id: socket.listener,
            transport: socket.transport,
            acceptor: socket.identity.as_ref().map(|identity| match socket.asks {
                true => identity.asking_acceptor(),
                false => identity.acceptor(),
            }),
        };
        let (id, task) = (
            door.id,
            tokio::spawn(accept(door, Arc::clone(&self.shared))),
        );
        let listening = Listening {
            address,
            identity: socket.identity,
            task: task.abort_handle(),
        };
        self.listeners.insert(id, listening);
        Ok(())
    }

    pub(super) fn local_addr(&self, id: ListenerId) -> Option<SocketAddr> {
        self.listeners.get(&id).map(|listening| listening.address)
    }

    pub(super) fn connections(&self) -> usize {
        self.shared.table().places.total()
    }

    /// Queues a message for a connection, and opens one if need be.
    pub(super) fn send(
        &self,
        flow: Flow,
        name: Option<Arc<str>>,
        bytes: Vec<u8>,
    ) -> anyhow::Result<()> {
        let number = match flow.connection {
            0 => self.to_peer(flow, name)?,
            number => number,
        };
        let mut table = self.shared.table();
        let queue = table
            .open
            .get(&number)
            .context("the connection is closed")?;
        match queue.try_send(bytes) {
            Ok(()) => Ok(()),
            Err(TrySendError::Closed(_)) => bail!("the connection is closed"),
            Err(TrySendError::Full(_)) => {
                // The peer does not read: what it misses makes the rest useless.
                table.open.remove(&number);
                self.shared.tally.reasons.note(Why::Unread);
                bail!("the peer does not read: the connection is given up")
            }
        }
    }

    /// The number of the connection to a peer, which may be in the opening still.
    fn to_peer(&self, flow: Flow, name: Option<Arc<str>>) -> anyhow::Result<u64> {
        let listening = self
            .listeners
            .get(&flow.listener)
            .context("no such listener")?;
        let secure = flow.transport.is_secure();
        let name = name.filter(|_| secure);
        let known = || {
            self.shared
                .table()
                .met
                .name_of(flow.remote)
                .filter(|_| secure)
        };
        let name = name.or_else(known);
        let peer = (flow.listener, flow.remote, name.clone());
        if let Some(number) = self.shared.table().reach.get(&peer) {
            return Ok(*number);
        }
        if let Some(number) = self.shared.proved(&peer) {
            self.shared.table().reach.insert(peer, number);
            return Ok(number);
        }
        if let Err(why) = self.may_open(flow, name.as_deref()) {
            self.opener.send(Wanted::Refused(flow))?;
            return Err(why);
        }
        let entered = self.shared.enter(flow, By::Us);
        let Some((number, queue)) = entered else {
            self.opener.send(Wanted::Refused(flow))?;
            bail!("too many connections");
        };
        let mut table = self.shared.table();
        if let Some(name) = &name {
            table.met.note_name(flow.remote, Arc::clone(name));
        }
        table.reach.insert(peer, number);
        drop(table);
        let flow = Flow {
            connection: number,
            ..flow
        };
        let opened = Opened {
            flow,
            name,
            identity: listening.identity.clone(),
            local: listening.address,
            queue,
        };
        self.opener.send(Wanted::Open(opened))?;
        Ok(number)
    }

    /// Whether a connection may be opened there at all.
    fn may_open(&self, flow: Flow, name: Option<&str>) -> anyhow::Result<()> {
        ensure!(
            flow.transport.can_be_opened(),
            "a WebSocket is opened by its client alone (RFC 7118)"
        );
        ensure!(
            !flow.transport.is_secure()
                || name.is_some()
                || self.shared.table().met.has(flow.remote.ip()),
            "no TLS connection has come from that address: nobody knows who answers there"
        );
        Ok(())
    }

    /// Ends listening; connections write what they have and close.
    pub(super) fn stop(self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        for listening in self.listeners.values() {
            listening.task.abort();
        }
        self.shared.table().open.clear();
        let since = Instant::now();
        while self.connections() > 0 && since.elapsed() < LAST_WORDS {
            thread::sleep(Duration::from_millis(5));
        }
        self.opening.abort();
    }
}

impl Shared {
    /// Whether the inbox took it, or nobody wants it any more.
    pub(super) fn offer(&self, input: Input) -> bool {
        self.stopping.load(Ordering::Relaxed) || lock(&self.deliver)(input)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    /// Gives a connection its number and queue, if there is a place for it.
    fn enter(&self, flow: Flow, by: By) -> Option<(u64, connection::Queue)> {
        if self.stopping.load(Ordering::Relaxed) {
            return None;
        }
        let mut table = self.table();
        let shakes = by == By::Peer && flow.transport.shakes_hands();
        let room = match shakes {
            true => table.places.may_shake(&self.limits),
            false => Ok(()),
        };
        let taken = room.and_then(|()| table.places.take(&self.limits, flow.remote.ip()));
        if let Err(why) = taken {
            self.tally.reasons.note(why);
            return None;
        }
        table.last += 1;
        let number = table.last;
        if shakes {
            table.places.shakes(number);
        }
        let (sender, messages) = mpsc::channel(self.limits.queue.max(1));
        let pong = sender.downgrade();
        table.open.insert(number, sender);
        Some((number, connection::Queue { messages, pong }))
    }

    /// A peer has shaken hands, as its transport wants it.
    pub(super) fn shaken(&self, flow: Flow) {
        self.table().places.has_shaken(flow.connection);
    }

    /// A peer has shaken hands over TLS.
    pub(super) fn meet(&self, flow: Flow) {
        self.table().met.note(flow.remote.ip());
    }

    /// A peer says that it is reached at that port of its host (RFC 5923 §5.1).
    pub(super) fn claim(&self, flow: Flow, port: u16, shown: &Chain) {
        let place = SocketAddr::new(flow.remote.ip(), port);
        let (connection, shown) = (flow.connection, Arc::clone(shown));
        self.table()
            .claimed
            .note(flow.listener, place, connection, shown);
    }

    /// A connection whose peer has proved to be that one.
    fn proved(&self, peer: &Peer) -> Option<u64> {
        let (listener, place, name) = peer;
        let name = name.as_deref()?;
        let claimed = self.table().claimed.at(*listener, *place).into_iter();
        let mut proved = claimed.filter(|(_, shown)| self.trust.is_proved(name, shown));
        proved.next().map(|(connection, _)| connection)
    }

    /// A connection has ended. Says where whoever was reached by it was thought to be.
    pub(super) fn leave(&self, flow: Flow) -> BTreeSet<SocketAddr> {
        let mut table = self.table();
        table.open.remove(&flow.connection);
        table.places.has_shaken(flow.connection);
        table.places.give_back(flow.remote.ip());
        table.claimed.forget(flow.connection);
        let of_it = |(_, number): &(&Peer, &u64)| **number == flow.connection;
        let reached = table.reach.iter().filter(of_it);
        let reached = reached.map(|((_, place, _), _)| *place).collect();
        table.reach.retain(|_, number| *number != flow.connection);
        reached
    }
}

/// A socket of one family: an IPv6 listener leaves IPv4 to another of the same port.
fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    // Connections of an earlier run that are ending do not keep the port.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &address)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

async fn accept(door: Door, shared: Arc<Shared>) {
    loop {
        let (stream, remote) = match door.listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a listener cannot accept");
                tokio::time::sleep(RECOVERY).await;
                continue;
            }
        };
        let flow = Flow {
            transport: door.transport,
            listener: door.id,
            remote,
            connection: 0,
        };
        // Without a place the stream is closed here.
        if let Some((connection, queue)) = shared.enter(flow, By::Peer) {
            let flow = Flow { connection, ..flow };
            let connection = Connection::new(flow, Arc::clone(&shared));
            tokio::spawn(connection.accepted(stream, queue, door.acceptor.clone()));
        }
    }
}

/// A lock whose holders leave no half-done work behind: a panic in one changes nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
