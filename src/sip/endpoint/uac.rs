//! Our calls: from our INVITEs to the one dialog that remains (RFC 3261 §13.2, §9.1, §16.7).

use super::Endpoint;
use super::config::{Outbound, Path, Target};
use super::route::{Way, fresh, is_on, literal, way_to};
use super::session::{Ack, Cancel, Failure, Fork, Session, State, Talking};
use super::transactions::{Notice, Owner, Told, TxId};
use super::uas::contact_of;
use super::write::{Head, SDP, sdp_of};
use crate::sip::auth::Keyring;
use crate::sip::dialog::{Dialog, Seed};
use crate::sip::event::Party;
use crate::sip::header::{Address, Name};
use crate::sip::message::{Message, Method, Start};
use crate::sip::transaction::ClientKey;
use crate::sip::uri::{Host, Uri};
use crate::sip::{Event, Flow, SessionId, Trail};
use std::time::{Duration, Instant};

/// The dialogs that one INVITE may make by forking on its way; more are ignored.
const MAX_DIALOGS: usize = 8;

impl Endpoint {
    pub(super) fn call(&mut self, now: Instant, outbound: Outbound) -> SessionId {
        let id = self.mint_session();
        let (call_id, local_tag) = (self.random.hex(32), self.random.hex(16));
        let targets = if self.sessions.len() >= self.config.max_sessions {
            Err(Failure::new(503, "No Room"))
        } else {
            self.targets(&outbound.target)
        };
        let targets = match targets {
            Ok(targets) => targets,
            Err(failure) => {
                self.tell_failure(id, failure);
                return id;
            }
        };
        let state = State::Calling {
            until: now + self.config.longest_ring,
            failure: None,
        };
        let mut session = Session::new(call_id, local_tag, state);
        session.user = match &outbound.target {
            Target::User(user) => Some(user.clone()),
            Target::Uri { .. } => None,
        };
        if let Target::Uri { .. } = &outbound.target {
            let hosts = targets.iter().map(|to| to.way.flow.remote.ip());
            session.keyring = Keyring::new(outbound.credentials.clone(), hosts.collect());
        }
        for target in targets {
            let fork = self.send_invite(now, id, &session, target, &outbound);
            session.forks.push(fork);
        }
        self.tags.insert(session.local_tag.clone(), id);
        self.sessions.insert(id, session);
        self.settle(id);
        id
    }

    /// A response to one of our INVITEs that its transaction finds new.
    pub(super) fn invite_response(
        &mut self,
        now: Instant,
        id: SessionId,
        tx: TxId,
        flow: Flow,
        response: &Message,
    ) {
        let status = response.status().unwrap_or_default();
        match status {
            ..200 => self.provisional(now, id, tx, flow, response),
            200..300 => self.success(now, id, tx, flow, response),
            300.. => {
                let reason = match response.start() {
                    Start::Response { reason, .. } => reason,
                    Start::Request { .. } => "",
                };
                let failure = Failure {
                    status,
                    reason: reason.chars().take(128).collect(),
                    retry_after: response.retry_after(),
                };
                self.fork_refused(now, id, tx, failure);
            }
        }
    }

    /// One of our INVITEs has its final refusal.
    pub(super) fn fork_refused(&mut self, now: Instant, id: SessionId, tx: TxId, failure: Failure) {
        if let Some(fork) = self.fork(id, tx) {
            fork.finished = true;
            self.fork_failed(now, id, failure);
        }
    }

    /// What the transaction of one of our INVITEs tells without a response.
    pub(super) fn invite_notice(&mut self, now: Instant, id: SessionId, notice: Notice) {
        let patience = self.config.timing.patience();
        let Some(fork) = self.fork(id, notice.tx) else {
            // A call received.
            if notice.told == Some(Told::Unreachable) {
                self.answer_undeliverable(now, id, notice.tx);
            }
            return;
        };
        if notice.over {
            fork.finished = true;
        }
        match notice.told {
            Some(Told::Expired) => {
                // A 2xx that is only late would leave the peer talking to nobody.
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.linger = Some(now + patience);
                }
                self.fork_failed(now, id, Failure::new(408, "Request Timeout"));
            }
            Some(Told::Unreachable) => {
                self.fork_failed(now, id, Failure::new(503, "Unreachable"));
            }
            Some(Told::Deliver | Told::PassAck) | None => {}
        }
    }

    /// A 2xx whose transaction has given up: says whether it was to an INVITE of ours.
    pub(super) fn late_2xx(
        &mut self,
        now: Instant,
        flow: Flow,
        response: &Message,
        branch: &str,
    ) -> bool {
        let ok = response
            .status()
            .is_some_and(|status| (200..300).contains(&status));
        let from = response.from().ok();
        let tag = from.as_ref().and_then(Address::tag).unwrap_or_default();
        let Some(&id) = self.tags.get(tag).filter(|_| ok) else {
            return false;
        };
        let session = self.sessions.get(&id);
        let fork = session.and_then(|session| {
            let same_call = response.call_id() == Ok(session.call_id.as_str());
            let fork = session.forks.iter().find(|fork| fork.head.branch == branch);
            fork.filter(|_| same_call && *response.method() == Method::Invite)
        });
        let Some(tx) = fork.map(|fork| fork.tx) else {
            return false;
        };
        self.success(now, id, tx, flow, response);
        self.settle(id);
        true
    }

    pub(super) fn fork_head(&self, id: SessionId, tx: TxId) -> Option<Head> {
        let forks = &self.sessions.get(&id)?.forks;
        forks
            .iter()
            .find(|fork| fork.tx == tx)
            .map(|fork| fork.head.clone())
    }

    /// The user does not want to wait for an answer any longer.
    pub(super) fn abandon(&mut self, now: Instant, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.state = State::Over;
        }
        self.cancel_all(now, id, None);
    }

    pub(super) fn rung_too_long(&mut self, now: Instant, id: SessionId) {
        self.fail(now, id, Failure::new(408, "Request Timeout"));
    }

    fn provisional(
        &mut self,
        now: Instant,
        id: SessionId,
        tx: TxId,
        flow: Flow,
        response: &Message,
    ) {
        let status = response.status().unwrap_or_default();
        let Some(fork) = self.fork(id, tx) else {
            return;
        };
        fork.rung = true;
        if is_on(fork.flow, flow) {
            fork.flow = flow;
        }
        if fork.cancel == Cancel::Wanted {
            return self.cancel(now, id, tx);
        }
        let calling = self.sessions.get(&id).is_some_and(Session::is_calling);
        if calling && status > 100 {
            let (session, sdp) = (id, sdp_of(response));
            self.events.push_back(Event::Ringing {
                session,
                status,
                sdp,
                early: 0,
            });
        }
    }

    /// Each 2xx is acknowledged (§13.2.2.4). The first makes the session; any other dialog is
    /// ended again.
    fn success(&mut self, now: Instant, id: SessionId, tx: TxId, flow: Flow, response: &Message) {
        let calling = self.sessions.get(&id).is_some_and(Session::is_calling);
        let Some(fork) = self.fork(id, tx) else {
            return;
        };
        let Ok(to) = response.to() else { return };
        let tag = to.tag().unwrap_or_default().to_owned();
        let made_on = match flow.transport.is_reliable() {
            true => flow,
            false => fork.flow,
        };
        if let Some(ack) = fork.acks.iter().find(|ack| ack.tag == tag) {
            let (flow, bytes) = (ack.flow, ack.bytes.clone());
            self.counters.repeated += 1;
            return self.transactions.send_once(flow, bytes);
        }
        if fork.acks.len() >= MAX_DIALOGS {
            return;
        }
        let contact = contact_of(response).ok().flatten();
        let target = contact.or_else(|| Uri::parse(&fork.head.uri).ok());
        let Some(target) = target else { return };
        let wins = calling && fork.cancel == Cancel::No;
        let mut dialog = Dialog::uac(Seed {
            call_id: fork.head.call_id.clone(),
            local: fork.head.from.clone(),
            remote: to,
            cseq: fork.head.cseq,
            record_routes: response.record_routes().unwrap_or_default(),
            target,
        });
        self.acknowledge(id, tx, &dialog, made_on, tag);
        if !wins {
            return self.send_bye(now, &mut dialog, made_on, None, Owner::None);
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            session.state = State::Talking(Box::new(Talking {
                dialog,
                flow: made_on,
                unacked: None,
                asked: None,
                hang_up: None,
            }));
        }
        let (session, sdp) = (id, sdp_of(response));
        self.events.push_back(Event::Answered { session, sdp });
        self.cancel_all(now, id, Some(tx));
    }

    /// Sends the ACK of a 2xx, and keeps it for when that is repeated.
    fn acknowledge(
        &mut self,
        id: SessionId,
        tx: TxId,
        dialog: &Dialog,
        made_on: Flow,
        tag: String,
    ) {
        let (head, flow) = self.head_in(dialog, &Method::Ack, dialog.local_seq, made_on);
        let bytes = head.write(&Method::Ack).build();
        self.transactions.send_once(flow, bytes.clone());
        if let Some(fork) = self.fork(id, tx) {
            fork.acks.push(Ack { tag, flow, bytes });
        }
    }

    /// One fork has failed; the call has when all have, or when somebody has refused for all.
    fn fork_failed(&mut self, now: Instant, id: SessionId, failure: Failure) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let all = session.forks.iter().all(|fork| fork.finished);
        let State::Calling { failure: best, .. } = &mut session.state else {
            return;
        };
        if best.as_ref().is_none_or(|best| failure.outranks(best)) {
            *best = Some(failure);
        }
        let final_word = best.take_if(|best| all || best.status >= 600);
        if let Some(failure) = final_word {
            self.fail(now, id, failure);
        }
    }

    fn fail(&mut self, now: Instant, id: SessionId, failure: Failure) {
        self.abandon(now, id);
        self.tell_failure(id, failure);
    }

    fn tell_failure(&mut self, session: SessionId, failure: Failure) {
        let retry_after = failure
            .retry_after
            .map(|s| Duration::from_secs(u64::from(s)));
        self.events.push_back(Event::Failed {
            session,
            status: failure.status,
            reason: failure.reason,
            retry_after,
        });
    }

    fn cancel_all(&mut self, now: Instant, id: SessionId, but: Option<TxId>) {
        let forks = self.sessions.get(&id).map(|session| session.forks.iter());
        let open = forks.into_iter().flatten().filter(|fork| !fork.finished);
        let open: Vec<_> = open
            .map(|fork| fork.tx)
            .filter(|tx| Some(*tx) != but)
            .collect();
        for tx in open {
            self.cancel(now, id, tx);
        }
    }

    /// §9.1: only once a provisional response has come; the peer may not know the INVITE yet.
    fn cancel(&mut self, now: Instant, id: SessionId, tx: TxId) {
        let Some(fork) = self.fork(id, tx) else {
            return;
        };
        if fork.cancel == Cancel::Sent || !fork.acks.is_empty() {
            return;
        }
        if !fork.rung {
            fork.cancel = Cancel::Wanted;
            return;
        }
        fork.cancel = Cancel::Sent;
        let (bytes, flow) = (fork.head.cancel(), fork.flow);
        let key = ClientKey::new(&fork.head.branch, Method::Cancel);
        self.transactions.cancelled(now, tx);
        self.transactions
            .send_other(now, key, flow, bytes, Owner::None);
    }

    fn send_invite(
        &mut self,
        now: Instant,
        id: SessionId,
        session: &Session,
        target: To,
        outbound: &Outbound,
    ) -> Fork {
        let flow = target.way.flow;
        let (via, branch) = self.via(flow);
        let head = Head {
            uri: target.uri,
            via,
            branch,
            routes: outbound.routes.clone(),
            from: self
                .caller(&outbound.from, flow)
                .with_tag(&session.local_tag),
            to: target.to,
            call_id: session.call_id.clone(),
            cseq: 1,
            credentials: vec![],
            max_forwards: outbound.max_forwards,
        };
        let asked = Uri::parse(&head.uri).ok();
        let trail = outbound.trail.written();
        let registered = outbound.peer.and_then(|peer| self.registered_contact(peer));
        let registered = registered.unwrap_or_default();
        let invite = head.write(&Method::Invite);
        let invite = trail
            .iter()
            .fold(invite, |invite, trail| invite.header(Trail::HEADER, trail));
        let invite = invite
            .header(
                Name::Contact,
                self.contact_of(registered, flow.listener, asked.as_ref()),
            )
            .header(Name::Allow, self.allow(flow.listener))
            .header(Name::UserAgent, &self.config.user_agent);
        let extra = outbound.headers.iter().filter(|(name, _)| !is_ours(name));
        let invite = extra.fold(invite, |invite, (name, value)| invite.raw(name, value));
        let invite = match &outbound.sdp {
            Some(sdp) => invite.body(SDP, sdp),
            None => invite,
        };
        let key = ClientKey::new(&head.branch, Method::Invite);
        let owner = Owner::Invite(id);
        let bytes = invite.build();
        let tx = self
            .transactions
            .send_invite(now, key, target.way, bytes, owner);
        Fork {
            tx,
            flow,
            head,
            rung: false,
            cancel: Cancel::No,
            finished: false,
            acks: vec![],
        }
    }

    pub(super) fn caller(&self, party: &Party, flow: Flow) -> Address {
        let ours = self
            .listener(flow.listener)
            .map(|listener| listener.advertised.ip());
        let ours = Host::from(ours.unwrap_or_else(|| flow.remote.ip()));
        let host = Host::parse(&party.host).unwrap_or(ours);
        let address = Address::new(Uri::sip(&party.user, host, None));
        address.with_display(party.display.as_deref().unwrap_or_default())
    }

    fn targets(&self, target: &Target) -> Result<Vec<To>, Failure> {
        match target {
            Target::User(user) => {
                let mut all = vec![];
                for binding in self.registrar.contacts_of(user) {
                    let ours = self.listener(binding.flow.listener);
                    let ours = ours.map(|listener| listener.advertised.ip());
                    let host = Host::from(ours.unwrap_or_else(|| binding.flow.remote.ip()));
                    all.push(To {
                        uri: binding.contact.to_string(),
                        way: binding.flow.into(),
                        to: Address::new(Uri::sip(user, host, None)),
                    });
                }
                if all.is_empty() {
                    return Err(Failure::new(480, "Not Registered"));
                }
                Ok(all)
            }
            Target::Uri { uri, path } => {
                let parsed = Uri::parse(uri).map_err(|_| Failure::new(400, "Bad URI"))?;
                let unreachable = || Failure::new(503, "No Way There");
                let way = match path {
                    Path::Flow(flow) => Way::from(*flow),
                    Path::Listener(id) => {
                        let listener = self.listener(*id).ok_or_else(unreachable)?;
                        let remote = literal(&parsed).ok_or_else(unreachable)?;
                        fresh(listener.transport, *id, remote).into()
                    }
                    Path::Hop(hop) => {
                        way_to(hop, &self.config.listeners).ok_or_else(unreachable)?
                    }
                };
                let uri = parsed.to_string();
                let to = Address::new(Uri {
                    params: Default::default(),
                    headers: String::new(),
                    ..parsed
                });
                Ok(vec![To { uri, way, to }])
            }
        }
    }

    pub(super) fn fork(&mut self, id: SessionId, tx: TxId) -> Option<&mut Fork> {
        let forks = &mut self.sessions.get_mut(&id)?.forks;
        forks.iter_mut().find(|fork| fork.tx == tx)
    }
}

/// One place to send an INVITE to.
struct To {
    uri: String,
    way: Way,
    to: Address,
}

/// Headers that the endpoint writes itself.
fn is_ours(name: &str) -> bool {
    let ours = [
        Name::Via,
        Name::MaxForwards,
        Name::Route,
        Name::RecordRoute,
        Name::From,
        Name::To,
        Name::CallId,
        Name::CSeq,
        Name::Contact,
        Name::Allow,
        Name::UserAgent,
        Name::ContentType,
        Name::ContentLength,
        Name::ContentEncoding,
        Trail::HEADER,
    ];
    ours.contains(&Name::of(name))
}
