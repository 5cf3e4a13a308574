use crate::sip::auth::Digest;
use crate::sip::guard;
use crate::sip::transaction::Timing;
use crate::sip::{
    Credential, Flow, Hop, ListenerId, Party, PeerId, Reliable, SessionTimer, Terms, Trail,
    Transport,
};
use std::net::SocketAddr;
use std::time::Duration;

/// What an endpoint is set up with. Every bound has its policy beside it.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our sockets; [`ListenerId`] counts in them.
    pub listeners: Vec<Listener>,
    /// For the User-Agent and Server headers.
    pub user_agent: String,
    /// The timers of the transactions.
    pub timing: Timing,
    /// Sessions at one time, both ways. One more is refused: 503.
    pub max_sessions: usize,
    /// Transactions at one time. A request for which there is no room is answered 503 without one.
    pub max_transactions: usize,
    /// Contacts registered at one time, of all users. One more is refused: 503.
    pub max_contacts: usize,
    /// Contacts of one user. One more replaces the one that would expire first.
    pub max_contacts_per_user: usize,
    /// Shortest time a contact may ask for; shorter is refused: 423 (RFC 3261 §10.3).
    pub min_expires: Duration,
    /// Longest time a contact is kept; longer is shortened.
    pub max_expires: Duration,
    /// How long a callee may let our INVITE ring; then it is cancelled and has failed with 408.
    pub longest_ring: Duration,
    /// What a 503 asks peers to wait.
    pub retry_after: Duration,
    /// What calls are taken under, unless [`crate::sip::Command::Terms`] says otherwise.
    pub terms: Terms,
    /// What strangers may do. Beyond it they are not heard.
    pub guard: guard::Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listeners: vec![],
            user_agent: "Cordboard".to_owned(),
            timing: Timing::default(),
            max_sessions: 10_000,
            max_transactions: 100_000,
            max_contacts: 50_000,
            max_contacts_per_user: 10,
            min_expires: Duration::from_secs(60),
            max_expires: Duration::from_secs(3600),
            longest_ring: Duration::from_secs(300),
            retry_after: Duration::from_secs(5),
            terms: Terms::default(),
            guard: guard::Limits::default(),
        }
    }
}

/// One of our sockets, and who may use it how.
#[derive(Clone, Debug)]
pub struct Listener {
    /// UDP, or TCP where connections are accepted.
    pub transport: Transport,
    /// Where it is bound.
    pub local: SocketAddr,
    /// What peers are told in Via and Contact: the address under which they reach us.
    pub advertised: SocketAddr,
    /// How REGISTER and INVITE must authenticate; `None`: whoever comes.
    pub digest: Option<Digest>,
    /// Whether REGISTER is served. Without `digest` none succeeds.
    pub registrar: bool,
    /// From whom a registrar takes the Path of proxies.
    pub paths: Paths,
}

/// Who may register through proxies that ask to be on the way to the phone (RFC 3327 §5.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paths {
    /// Whoever registers. A phone that does not know the extension is not told of them.
    #[default]
    Any,
    /// Who says to know the extension, and is then told who has put themselves there. Any other gets 420.
    Supported,
}

/// What is asked of a peer at most to forward (RFC 3261 §8.1.1.6).
pub const MAX_FORWARDS: u8 = 70;

/// A call we make.
#[derive(Clone, Debug, PartialEq)]
pub struct Outbound {
    /// Whom.
    pub target: Target,
    /// Who calls, as the peer is told. An empty host stands for our own address.
    pub from: Party,
    /// The SDP offer.
    pub sdp: Vec<u8>,
    /// Further headers, name and value. Those that the endpoint writes itself are left out.
    pub headers: Vec<(String, String)>,
    /// What the challenges of the host that this is sent to are answered with (RFC 3261 §22);
    /// nobody else's are.
    pub credentials: Vec<Credential>,
    /// The proxies it must pass, the next one first: Route headers as written. Those of a user's phones are
    /// known from their registration, and these are not for them.
    pub routes: Vec<String>,
    /// The carrier it goes through, if we are registered there: our Contact is then the one that
    /// was registered.
    pub peer: Option<PeerId>,
    /// Whether ringing is told reliably.
    pub reliable: Reliable,
    /// The session timer to ask for.
    pub session_timer: SessionTimer,
    /// How many hops it may still take: one less than the call that causes it, 70 otherwise.
    pub max_forwards: u8,
    /// The trail of the call that causes it.
    pub trail: Trail,
}

impl Outbound {
    /// A call from nobody with nothing to say: to be filled.
    pub fn to(target: Target) -> Self {
        Self {
            target,
            from: Party::default(),
            sdp: vec![],
            headers: vec![],
            credentials: vec![],
            routes: vec![],
            peer: None,
            reliable: Reliable::default(),
            session_timer: SessionTimer::default(),
            max_forwards: MAX_FORWARDS,
            trail: Trail::default(),
        }
    }
}

/// Whom a call goes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// All registered contacts of a user at once. The first 200 wins.
    User(String),
    /// One SIP URI, and the way to it.
    Uri {
        /// The Request-URI.
        uri: String,
        /// How it is reached.
        path: Path,
    },
}

/// The way to a URI.
#[derive(Clone, Debug, PartialEq)]
pub enum Path {
    /// A way that is known to work.
    Flow(Flow),
    /// From this listener to the address in the URI, which must be literal: names are resolved
    /// above.
    Listener(ListenerId),
    /// To this place, from a listener of its transport and address family: of several, from one
    /// for trunks.
    Hop(Hop),
}

/// What the endpoint holds and has seen, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Sessions now, those included that only wait for their last message.
    pub sessions: usize,
    /// Transactions now.
    pub transactions: usize,
    /// Registered contacts now.
    pub contacts: usize,
    /// Requests received that could be read.
    pub requests: u64,
    /// Responses received that could be read.
    pub responses: u64,
    /// Input dropped as it was no SIP.
    pub garbage: u64,
    /// Requests answered 400 or the like, as they made no sense.
    pub malformed: u64,
    /// Responses that belong to nothing, dropped.
    pub stray_responses: u64,
    /// ACKs that belong to nothing, dropped.
    pub stray_acks: u64,
    /// Requests and responses that repeated one already seen.
    pub repeated: u64,
    /// Requests answered 401.
    pub challenged: u64,
    /// Requests answered 403, or refused after wrong credentials.
    pub forbidden: u64,
    /// Requests answered 503, as a bound was reached or the endpoint drains.
    pub overloaded: u64,
    /// Messages dropped unread, as their source or all strangers send too many.
    pub limited: u64,
    /// Messages dropped unread, as their source is banned.
    pub banned: u64,
    /// Requests dropped, as their sender calls itself a scanner.
    pub scanners: u64,
    /// Requests of strangers without an answer, as the answer were larger than the question.
    pub unanswered: u64,
    /// Bans so far.
    pub bans: u64,
    /// Messages given to the network.
    pub sent: u64,
}
