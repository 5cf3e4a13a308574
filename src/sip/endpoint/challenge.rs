//! Requests of ours that are challenged (RFC 3261 §8.1.3.5, §22.2, §22.3): asked once more.
//!
//! ```text
//!   request ──401, 407──▶ Keyring ─┬─ answered ──▶ the same with credentials: a new branch, CSeq + 1
//!                                  └─ not, or the third time ──▶ the refusal counts
//! ```
//!
//! The new transaction takes the name of the old, so that whoever waits for its outcome goes on
//! waiting and need not know. The old one stays by itself as long as the refusal may be repeated.

use super::Endpoint;
use super::peers::Carrier;
use super::session::{Cancel, Failure, State};
use super::transactions::{Owner, Sent, TxId};
use crate::sip::auth::{Headers, Keyring, Unanswered};
use crate::sip::dialog::Dialog;
use crate::sip::header::Name;
use crate::sip::message::{Builder, Message, Method, Start};
use crate::sip::transaction::ClientKey;
use crate::sip::uri::Uri;
use crate::sip::{Flow, SessionId};
use std::time::Instant;

/// How often one request is asked again with credentials (H12): once for each of two realms on its
/// way, and once for a nonce that was too old.
const TRIES: u8 = 3;

impl Endpoint {
    /// A 401 or 407 has come on `flow` to a request of ours. Says whether nothing more is to be
    /// done about it: the request has been sent anew, or the failure told.
    pub(super) fn challenged(
        &mut self,
        now: Instant,
        tx: TxId,
        sent: &Sent,
        flow: Flow,
        response: &Message,
    ) -> bool {
        match self.ask_again(now, tx, sent, flow, response) {
            Ok(()) => true,
            Err(reason) => match sent.owner {
                Owner::Invite(id) if self.is_calling_out(id, tx) => {
                    let status = response.status().unwrap_or_default();
                    self.fork_refused(now, id, tx, Failure::new(status, reason));
                    self.settle(id);
                    true
                }
                Owner::Register(id) => {
                    self.register_answered(now, id, flow, response, Some(reason));
                    true
                }
                Owner::None
                | Owner::Invite(_)
                | Owner::Bye(_)
                | Owner::Within(_)
                | Owner::Options(_) => false,
            },
        }
    }

    /// What a request in a dialog has with it from the start, as it would be asked for again.
    pub(super) fn known_credentials(
        &mut self,
        dialog: &Dialog,
        method: &Method,
        uri: &Uri,
        flow: Flow,
    ) -> Headers {
        let id = self.tags.get(dialog.local.tag().unwrap_or_default());
        match id.and_then(|id| self.sessions.get_mut(id)) {
            Some(session) if !session.keyring.is_empty() => {
                let (random, host) = (&mut self.random, flow.remote.ip());
                let uri = uri.to_string();
                session.keyring.headers(random, host, method, &uri)
            }
            Some(_) | None => vec![],
        }
    }

    fn ask_again(
        &mut self,
        now: Instant,
        tx: TxId,
        sent: &Sent,
        flow: Flow,
        response: &Message,
    ) -> Result<(), &'static str> {
        let unanswered = |why: Unanswered| why.text();
        let request = Message::parse(sent.bytes.clone());
        let request = request.map_err(|_| unanswered(Unanswered::NoCredentials))?;
        let Start::Request { method, uri } = request.start() else {
            return Err(unanswered(Unanswered::NoCredentials));
        };
        if !self.may_go_on(sent.owner, tx) {
            return Err("Cancelled");
        }
        let keyring = self.keyring(sent.owner);
        // Both where it was sent to and where the answer came from.
        let keyring = keyring.filter(|keyring| keyring.is_for(sent.flow.remote.ip()));
        let keyring = keyring.ok_or_else(|| unanswered(Unanswered::NoCredentials))?;
        let from = flow.remote.ip();
        keyring
            .challenged(from, &request, response)
            .map_err(unanswered)?;
        if sent.tries >= TRIES {
            return Err("Challenged Again and Again");
        }
        let (via, branch) = self.via(sent.flow);
        let cseq = self.next_cseq(sent.owner, tx, &request);
        let (mut random, to) = (self.random.fork(), sent.flow.remote.ip());
        let credentials = self.keyring(sent.owner).map(|keyring| {
            // The way it goes, not the one that the answer came by.
            keyring.headers(&mut random, to, method, uri)
        });
        let credentials = credentials.unwrap_or_default();
        let bytes = rewritten(&request, &via, cseq, credentials);
        let key = ClientKey::new(&branch, method.clone());
        self.transactions.again(now, tx, key, sent, method, bytes);
        if let Owner::Within(id) = sent.owner {
            self.sent_again(id, tx, &via, &branch, cseq);
        }
        if let (Owner::Invite(id), Method::Invite) = (sent.owner, method)
            && let Some(fork) = self.fork(id, tx)
        {
            // The ACK and the CANCEL belong to the INVITE that is under way (§9.1, §17.1.1.3).
            fork.head.via = via;
            fork.head.branch = branch;
            fork.head.cseq = cseq;
            fork.rung = false;
        }
        Ok(())
    }

    /// Whether the request is still wanted.
    fn may_go_on(&self, owner: Owner, tx: TxId) -> bool {
        match owner {
            // That somebody is there is known by the challenge.
            Owner::None | Owner::Options(_) => false,
            Owner::Invite(id) => {
                let state = self.sessions.get(&id).map(|session| &session.state);
                let talking = matches!(state, Some(State::Talking(_)));
                talking || self.is_calling_out(id, tx)
            }
            Owner::Bye(_) | Owner::Register(_) => true,
            Owner::Within(id) => self.is_open_within(id, tx),
        }
    }

    /// Whether this INVITE of a call of ours has not been given up.
    fn is_calling_out(&self, id: SessionId, tx: TxId) -> bool {
        self.sessions.get(&id).is_some_and(|session| {
            let fork = session.forks.iter().find(|fork| fork.tx == tx);
            session.is_calling() && fork.is_some_and(|fork| fork.cancel == Cancel::No)
        })
    }

    fn keyring(&mut self, owner: Owner) -> Option<&mut Keyring> {
        match owner {
            Owner::None | Owner::Options(_) => None,
            Owner::Register(id) => self.carrier(id).map(Carrier::keyring),
            Owner::Invite(id) | Owner::Bye(id) | Owner::Within(id) => {
                let session = self.sessions.get_mut(&id)?;
                Some(&mut session.keyring)
            }
        }
    }

    /// The number of the request that follows (§22.2: one more).
    fn next_cseq(&mut self, owner: Owner, tx: TxId, sent: &Message) -> u32 {
        let after = sent.cseq().map_or(0, |(number, _)| number) + 1;
        match owner {
            Owner::None | Owner::Options(_) => after,
            Owner::Register(id) => self.carrier(id).map_or(after, Carrier::next_cseq),
            Owner::Within(id) => self.next_within(id, tx).unwrap_or(after),
            Owner::Invite(id) | Owner::Bye(id) => {
                let session = self.sessions.get_mut(&id);
                match session.map(|session| &mut session.state) {
                    Some(State::Talking(talking)) => talking.dialog.next_seq(),
                    Some(State::Ending(dialog)) => dialog.next_seq(),
                    Some(State::Calling { .. } | State::Invited(_) | State::Over) | None => {
                        let fork = self.fork(id, tx);
                        fork.map_or(after, |fork| fork.head.cseq + 1)
                    }
                }
            }
        }
    }
}

/// The request as it was, but for what makes it another one, and with these credentials.
fn rewritten(request: &Message, via: &str, cseq: u32, credentials: Headers) -> Vec<u8> {
    let (method, uri) = match request.start() {
        Start::Request { method, uri } => (method, uri),
        Start::Response { .. } => (request.method(), ""),
    };
    let builder = Builder::request(method, uri).header(Name::Via, via);
    let replaced = [
        Name::Via,
        Name::CSeq,
        Name::Authorization,
        Name::ProxyAuthorization,
        Name::ContentType,
    ];
    let kept = request
        .fields()
        .filter(|(name, _)| !replaced.contains(name));
    let builder = kept.fold(builder, |builder, (name, value)| {
        builder.header(name, value)
    });
    let builder = builder.header(Name::CSeq, format_args!("{cseq} {method}"));
    let builder = credentials
        .into_iter()
        .fold(builder, |builder, (name, value)| {
            builder.header(name, value)
        });
    match request.header(Name::ContentType) {
        Some(kind) => builder.body(kind, request.body()).build(),
        None => builder.build(),
    }
}
