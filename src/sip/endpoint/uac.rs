//! Our calls: from our INVITEs to the one dialog that remains (RFC 3261 §13.2, §9.1, §16.7).

use super::Endpoint;
use super::config::{Outbound, Target};
use super::refresh::{allows_update, timer_of};
use super::reliable::MAX_DIALOGS;
use super::route::is_on;
use super::session::{Ack, Cancel, Early, Failure, Fork, Session, State, Talking};
use super::transactions::{Notice, Owner, Told, TxId};
use super::uas::contact_of;
use super::write::{Head, Refusal, cause_of, sdp_of};
use crate::sip::auth::Keyring;
use crate::sip::dialog::{Dialog, Seed, session_timer};
use crate::sip::header::{Address, Cause};
use crate::sip::message::{Message, Method, Start};
use crate::sip::transaction::ClientKey;
use crate::sip::uri::Uri;
use crate::sip::{Event, Flow, SessionId, Terms};
use std::time::{Duration, Instant};

/// What the other phones of who has answered are told, so that they count no missed call (RFC 3326 §3).
const ELSEWHERE: &str = "Call completed elsewhere";

impl Endpoint {
    pub(super) fn call(&mut self, now: Instant, outbound: Outbound) -> SessionId {
        let id = self.mint_session();
        let (call_id, local_tag) = (self.random.hex(32), self.random.hex(16));
        let targets = if self.sessions.len() >= self.config.max_sessions {
            Err(Failure::new(503, "No Room"))
        } else {
            self.targets(&outbound)
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
        session.terms = Terms {
            reliable: outbound.reliable,
            session_timer: outbound.session_timer,
        };
        for target in targets {
            let fork = self.send_invite(now, id, &session, target, &outbound);
            session.forks.push(fork);
        }
        session.outbound = Some(Box::new(outbound));
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
                // RFC 4028 §7.3
                let min = session_timer::min_se(response).filter(|_| status == 422);
                if min.is_some_and(|min| self.invite_longer(now, id, tx, min)) {
                    return;
                }
                let reason = match response.start() {
                    Start::Response { reason, .. } => reason,
                    Start::Request { .. } => "",
                };
                let failure = Failure {
                    status,
                    reason: reason.chars().take(128).collect(),
                    retry_after: response.retry_after(),
                    cause: cause_of(response),
                };
                self.fork_refused(now, id, tx, failure);
            }
        }
    }

    /// One of our INVITEs has its final refusal.
    pub(super) fn fork_refused(&mut self, now: Instant, id: SessionId, tx: TxId, failure: Failure) {
        if let Some(fork) = self.fork(id, tx) {
            fork.finished = true;
            // RFC 5626 §5.3: the flow has failed.
            if failure.status == 430 && self.next_flow_of(now, id, tx) {
                return;
            }
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
        let quiet = !fork.rung;
        match notice.told {
            Some(Told::Unreachable) if quiet && self.next_flow_of(now, id, notice.tx) => {}
            Some(Told::Expired) => {
                // A 2xx that is only late would leave the peer talking to nobody.
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.linger = Some(now + patience);
                }
                if quiet && self.next_flow_of(now, id, notice.tx) {
                    return;
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
        self.refuse_change(now, id, &Refusal::new(487));
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
        if calling
            && status > 100
            && let Some(early) = self.early_dialog(now, id, tx, flow, response)
        {
            let (session, sdp) = (id, sdp_of(response));
            self.events.push_back(Event::Ringing {
                session,
                status,
                sdp,
                early,
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
        let cseq = fork.head.cseq;
        let early = self.sessions.get_mut(&id).and_then(|session| {
            let is_it = |early: &Early| early.dialog.remote_tag() == tag;
            let at = session.early.iter().position(is_it)?;
            Some(session.early.swap_remove(at))
        });
        if let Some(early) = &early {
            dialog.go_on(&early.dialog);
        }
        self.acknowledge(id, tx, &dialog, cseq, made_on, tag.clone());
        if !wins {
            return self.send_bye(now, &mut dialog, made_on, None, Owner::None);
        }
        // What another early dialog, or this one, has still asked is overtaken.
        self.refuse_change(now, id, &Refusal::new(487));
        let (answer, said) = early.map_or((None, None), |early| (early.answer, early.said));
        // §13.2.1: the answer that came reliably counts, whatever is in the 2xx; and if there was more
        // after it, that does.
        let sdp = match &said {
            Some(_) => None,
            None => answer.or_else(|| sdp_of(response)),
        };
        if let Some(session) = self.sessions.get_mut(&id) {
            session.why = Some(Cause::new(200, ELSEWHERE));
            let outbound = session.outbound.take();
            let said = said.or_else(|| outbound.map(|outbound| outbound.sdp));
            session.early.clear();
            let before = session.sent.len();
            session.sent.retain(|sent| sent.is_with(&tag));
            if session.sent.len() < before {
                session.keys.forget_told();
            }
            // What was offered in a dialog that is no more is wanted in this one.
            if !session.has_offered()
                && let Some(change) = session.change.as_mut().filter(|change| change.is_open())
            {
                change.mended(now);
            }
            session.state = State::Talking(Box::new(Talking {
                dialog,
                flow: made_on,
                unacked: None,
                timer: timer_of(now, response, session.terms.session_timer),
                updates: allows_update(response),
                said: said.unwrap_or_default(),
                prack: None,
                hang_up: None,
            }));
        }
        let session = id;
        self.events.push_back(Event::Answered { session, sdp });
        self.cancel_all(now, id, Some(tx));
        self.tell_key(now, id);
    }

    /// Sends the ACK of a 2xx, and keeps it for when that is repeated.
    fn acknowledge(
        &mut self,
        id: SessionId,
        tx: TxId,
        dialog: &Dialog,
        cseq: u32,
        made_on: Flow,
        tag: String,
    ) {
        let (head, flow) = self.head_in(dialog, &Method::Ack, cseq, made_on);
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
            cause: failure.cause,
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
        let why = self
            .sessions
            .get(&id)
            .and_then(|session| session.why.clone());
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
        let (bytes, flow) = (fork.head.cancel(why.as_ref()), fork.flow);
        let key = ClientKey::new(&fork.head.branch, Method::Cancel);
        self.transactions.cancelled(now, tx);
        self.transactions
            .send_other(now, key, flow, bytes, Owner::None);
    }

    pub(super) fn fork(&mut self, id: SessionId, tx: TxId) -> Option<&mut Fork> {
        let forks = &mut self.sessions.get_mut(&id)?.forks;
        forks.iter_mut().find(|fork| fork.tx == tx)
    }
}
