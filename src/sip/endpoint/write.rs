//! The messages the endpoint writes.

use super::Endpoint;
use super::config::{Listener, MAX_FORWARDS, Paths};
use super::reliable::RELIABLE;
use crate::sip::dialog::Dialog;
use crate::sip::dialog::session_timer::TIMER;
use crate::sip::header::{Address, Cause, Name, quote};
use crate::sip::message::{Builder, Message, Method};
pub(super) use crate::sip::refer::party;
use crate::sip::uri::{Scheme, Uri};
use crate::sip::{Event, Flow, ListenerId, Reliable, Terms, Transport, Warning};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

/// The one type of body we understand.
pub(super) const SDP: &str = "application/sdp";

/// The methods we serve: the one place where they stand.
const METHODS: &[Method] = &[
    Method::Invite,
    Method::Ack,
    Method::Cancel,
    Method::Bye,
    Method::Options,
    Method::Info,
    Method::Prack,
    Method::Update,
    Method::Refer,
    Method::Subscribe,
];

/// The extensions that we understand, whoever asks for them.
pub(super) const EXTENSIONS: &[&str] = &[RELIABLE, TIMER, "replaces", "norefersub"];

/// A final answer of 300–699.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Other words than the usual.
    pub(super) reason: String,
    pub(super) headers: Vec<(Name<'static>, String)>,
}

impl Refusal {
    pub(super) fn new(status: u16) -> Self {
        Self {
            status,
            reason: String::new(),
            headers: vec![],
        }
    }

    pub(super) fn because(status: u16, reason: impl ToString) -> Self {
        Self {
            reason: reason.to_string(),
            ..Self::new(status)
        }
    }

    pub(super) fn with(mut self, name: Name<'static>, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// The answer to a request.
    pub(super) fn write(&self, request: &Message, tag: &str) -> Builder {
        let builder = Builder::reply_to(request, self.status, &self.reason, Some(tag));
        let headers = self.headers.iter();
        headers.fold(builder, |builder, (name, value)| {
            builder.header(*name, value)
        })
    }

    pub(super) fn retry_after(self, after: Duration) -> Self {
        let seconds = after.as_secs().max(1);
        self.with(Name::RetryAfter, seconds)
    }
}

/// What a request of ours, its CANCEL and the ACK to its refusal have in common.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) uri: String,
    pub(super) via: String,
    pub(super) branch: String,
    pub(super) routes: Vec<String>,
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) call_id: String,
    pub(super) cseq: u32,
    /// Authorization and Proxy-Authorization, for this method and URI (§22).
    pub(super) credentials: Vec<(Name<'static>, String)>,
    pub(super) max_forwards: u8,
}

impl Head {
    /// A request with all headers that are mandatory.
    pub(super) fn write(&self, method: &Method) -> Builder {
        let credentials = self.credentials.iter();
        credentials.fold(self.write_to(method, &self.to), |builder, (name, value)| {
            builder.header(*name, value)
        })
    }

    /// The ACK to a refusal: of its To, and else of the INVITE (§17.1.1.3).
    pub(super) fn ack(&self, refusal: &Message) -> Vec<u8> {
        let to = refusal.to();
        self.write_to(&Method::Ack, to.as_ref().unwrap_or(&self.to))
            .build()
    }

    /// The CANCEL of the INVITE (§9.1), and why (RFC 3326).
    pub(super) fn cancel(&self, why: Option<&Cause>) -> Vec<u8> {
        let cancel = self.write_to(&Method::Cancel, &self.to);
        match why {
            Some(why) => cancel.header(Name::Reason, why).build(),
            None => cancel.build(),
        }
    }

    fn write_to(&self, method: &Method, to: &Address) -> Builder {
        let builder = Builder::request(method, &self.uri)
            .header(Name::Via, &self.via)
            .header(Name::MaxForwards, self.max_forwards);
        let routes = self.routes.iter();
        routes
            .fold(builder, |builder, route| builder.header(Name::Route, route))
            .header(Name::From, &self.from)
            .header(Name::To, to)
            .header(Name::CallId, &self.call_id)
            .header(Name::CSeq, format_args!("{} {method}", self.cseq))
    }
}

impl Endpoint {
    pub(super) fn listener(&self, id: ListenerId) -> Option<&Listener> {
        self.config.listeners.get(usize::from(id.0))
    }

    /// Whether a method is served on this listener.
    pub(super) fn serves(&self, method: &Method, listener: ListenerId) -> bool {
        METHODS.contains(method) || (*method == Method::Register && self.is_registrar(listener))
    }

    pub(super) fn is_registrar(&self, listener: ListenerId) -> bool {
        self.listener(listener)
            .is_some_and(|listener| listener.registrar)
    }

    pub(super) fn paths(&self, listener: ListenerId) -> Paths {
        self.listener(listener)
            .map_or_else(Paths::default, |listener| listener.paths)
    }

    /// The value of Allow.
    pub(super) fn allow(&self, listener: ListenerId) -> String {
        let register = self.is_registrar(listener).then_some(&Method::Register);
        let all: Vec<_> = METHODS.iter().chain(register).map(Method::text).collect();
        all.join(", ")
    }

    /// The value of Supported, under these terms.
    pub(super) fn supported(&self, terms: &Terms) -> String {
        let extensions = EXTENSIONS.iter().copied().filter(|option| match *option {
            RELIABLE => terms.reliable != Reliable::Off,
            TIMER => terms.session_timer.interval.is_some(),
            _ => true,
        });
        extensions.collect::<Vec<_>>().join(", ")
    }

    /// Our Contact: the listener, and nothing about what is behind it. For a dialog whose first
    /// request was for a `sips:` URI it is one, too (§12.1.1, §8.1.1.8).
    pub(super) fn contact(&self, listener: ListenerId, about: Option<&Uri>) -> String {
        self.contact_of("", listener, about)
    }

    /// The same with a user part, by which we know who was told it.
    pub(super) fn contact_of(
        &self,
        user: &str,
        listener: ListenerId,
        about: Option<&Uri>,
    ) -> String {
        let Some(listener) = self.listener(listener) else {
            return String::new();
        };
        let parameter = listener.transport.uri_parameter();
        let parameter = parameter.map_or_else(String::new, |name| format!(";transport={name}"));
        let scheme = match about.map(|uri| &uri.scheme) {
            Some(Scheme::Sips) => "sips",
            Some(Scheme::Sip | Scheme::Tel | Scheme::Other(_)) | None => "sip",
        };
        let at = if user.is_empty() { "" } else { "@" };
        let address = listener.advertised;
        format!("<{scheme}:{user}{at}{address}{parameter}>")
    }

    /// A Via of ours with a new branch, and the branch (§8.1.1.7, RFC 3581 §3).
    pub(super) fn via(&mut self, flow: Flow) -> (String, String) {
        let branch = format!("z9hG4bK{}", self.random.hex(16));
        let sent_by = self
            .listener(flow.listener)
            .map(|listener| listener.advertised);
        let sent_by = sent_by.unwrap_or(flow.remote);
        let transport = flow.transport.via_name();
        // RFC 5923 §5.1: on a connection that we open, and on which we may have to show who we are.
        let alias = match (flow.transport, flow.connection) {
            (Transport::Tls, 0) => ";alias",
            (_, _) => "",
        };
        let via = format!("SIP/2.0/{transport} {sent_by};rport{alias};branch={branch}");
        (via, branch)
    }

    /// The head of a request in a dialog, and its way.
    pub(super) fn head_in(
        &mut self,
        dialog: &Dialog,
        method: &Method,
        cseq: u32,
        made_on: Flow,
    ) -> (Head, Flow) {
        let to = dialog.addressing();
        let flow = super::route::next_flow(&to, made_on, &self.config.listeners);
        let (via, branch) = self.via(flow);
        let credentials = self.known_credentials(dialog, method, &to.uri, flow);
        // A proxy by name is sought; but credentials go where the call was sent, and nowhere else.
        if super::route::is_sought(&to) && credentials.is_empty() {
            let seeker = self.transactions.hold(&branch, flow);
            let uri = to.next_hop.clone();
            self.events.push_back(Event::Sought { seeker, uri });
        }
        let head = Head {
            uri: to.uri.to_string(),
            via,
            branch,
            routes: to.routes,
            from: dialog.local.clone(),
            to: dialog.remote.clone(),
            call_id: dialog.call_id.clone(),
            cseq,
            credentials,
            max_forwards: MAX_FORWARDS,
        };
        (head, flow)
    }

    /// A Warning of ours (RFC 3261 §20.43): the agent is the listener.
    pub(super) fn warned(&self, flow: Flow, warning: &Warning) -> String {
        let agent = self.listener(flow.listener);
        let agent = agent.map_or(flow.remote, |listener| listener.advertised);
        format!("{} {agent} {}", warning.code, quote(&warning.text))
    }

    /// A refusal, written.
    pub(super) fn refusal(&self, request: &Message, refusal: &Refusal, tag: &str) -> Vec<u8> {
        refusal.write(request, tag).build()
    }

    /// Answers a request of which nothing is kept (§8.2.7). Its repetitions get the same.
    pub(super) fn refuse(&mut self, flow: Flow, request: &Message, refusal: &Refusal) {
        match refusal.status {
            401 => self.counters.challenged += 1,
            403 => self.counters.forbidden += 1,
            503 => self.counters.overloaded += 1,
            400 | 505 | 513 => self.counters.malformed += 1,
            _ => {}
        }
        let tag = self.stateless_tag(request);
        let bytes = self.refusal_that_fits(request, refusal, &tag);
        self.reply_once(flow, request, bytes);
    }

    pub(super) fn reply_once(&mut self, flow: Flow, request: &Message, bytes: Vec<u8>) {
        if !self.asker.may_get(&bytes) {
            return self.counters.unanswered += 1;
        }
        let (flow, _) = super::route::reply_flow(request, flow);
        self.transactions.send_once(flow, bytes);
    }

    /// The same for each copy of a request, and unknown beforehand: 32 bits (§19.3).
    pub(super) fn stateless_tag(&self, request: &Message) -> String {
        let mut hasher = DefaultHasher::new();
        self.secret.hash(&mut hasher);
        request.call_id().unwrap_or_default().hash(&mut hasher);
        request.header(Name::CSeq).hash(&mut hasher);
        request.header(Name::From).hash(&mut hasher);
        format!("{:08x}", hasher.finish() as u32)
    }
}

/// The body of a message, if it is SDP.
pub(super) fn sdp_of(message: &Message) -> Option<Vec<u8>> {
    message.content(SDP).map(<[u8]>::to_vec)
}

/// What a peer says of why (RFC 3326).
pub(super) fn cause_of(message: &Message) -> Option<Cause> {
    Cause::of(message.list(Name::Reason))
}
