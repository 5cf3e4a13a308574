//! Reliable provisional responses, both ways (RFC 3262).
//!
//! ```text
//!   callee:  Ring ─▶ 18x, RSeq ─▶ PRACK ─▶ 200 ─▶ the next 18x, or the 200 that had to wait
//!   caller:  18x, RSeq ─▶ PRACK        (once; a repetition is dropped, one out of order, too)
//! ```

use super::Endpoint;
use super::in_dialog::InDialog;
use super::refresh::allows_update;
use super::requests::{Draft, Purpose};
use super::session::{Early, Session, State};
use super::transactions::TxId;
use super::uas::contact_of;
use super::write::{Refusal, sdp_of};
use crate::sip::dialog::reliable::{Effect, Next};
use crate::sip::dialog::{Dialog, Seed};
use crate::sip::header::{Name, seconds};
use crate::sip::message::{Builder, Message, Method};
use crate::sip::transaction::Response;
use crate::sip::uri::Uri;
use crate::sip::{Bye, Event, Flow, Reliable, SessionId};
use std::time::Instant;

/// The option tag.
pub(super) const RELIABLE: &str = "100rel";

/// The dialogs that one INVITE may make by forking on its way; more are ignored.
pub(super) const MAX_DIALOGS: usize = 8;

impl Endpoint {
    /// Sends a provisional response reliably, when its turn comes; `false`: it is not to be.
    pub(super) fn ring_reliably(&mut self, now: Instant, id: SessionId, next: &Next) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else {
            return false;
        };
        let wished = session.terms.reliable;
        let State::Invited(invited) = &mut session.state else {
            return false;
        };
        let reliable = match (wish_of(&invited.request), wished) {
            // §3: where it is required, each one is.
            (Reliable::Required, _) => true,
            (Reliable::Off, _) | (_, Reliable::Off) => false,
            (Reliable::Supported, Reliable::Supported) => next.sdp.is_some(),
            (Reliable::Supported, Reliable::Required) => true,
        };
        // §5: where the offer is to be ours, it is in the first of them. Who insists, and cannot be told
        // it yet, has the 100.
        let offers = next.sdp.is_some() || invited.provisionals.has_described();
        if reliable && !offers && sdp_of(&invited.request).is_none() {
            return wish_of(&invited.request) == Reliable::Required;
        }
        if !reliable {
            return false;
        }
        if let Some((rseq, next)) = invited.provisionals.want(next.clone()) {
            self.send_reliably(now, id, rseq, &next);
        }
        true
    }

    fn send_reliably(&mut self, now: Instant, id: SessionId, rseq: u32, next: &Next) {
        let Some(response) = self.accepting(id, next.status, next.sdp.as_deref()) else {
            return;
        };
        let response = response.header(Name::Require, RELIABLE);
        let bytes = response.header(Name::RSeq, rseq).build();
        let timing = self.config.timing;
        let session = self.sessions.get_mut(&id);
        if let Some(State::Invited(invited)) = session.map(|session| &mut session.state) {
            let tx = invited.tx;
            invited
                .provisionals
                .sent(now, rseq, next, bytes.clone(), timing);
            let status = next.status;
            self.transactions
                .respond(now, tx, Response { status, bytes });
        }
    }

    /// The caller has one of ours (§3).
    pub(super) fn prack_received(
        &mut self,
        now: Instant,
        prack: InDialog<'_>,
    ) -> Result<(), Refusal> {
        let InDialog { id, request, .. } = prack;
        let (rseq, invite) = rack(request).ok_or_else(|| Refusal::because(400, "Bad RAck"))?;
        let stray = || Refusal::new(481);
        let session = self.sessions.get_mut(&id).ok_or_else(stray)?;
        let (had_sdp, late) = match &mut session.state {
            State::Invited(invited) => {
                let ours = invited.request.cseq().map(|(number, _)| number);
                if ours != Ok(invite) {
                    return Err(stray());
                }
                let had_sdp = invited.provisionals.acknowledged(rseq);
                (
                    had_sdp.ok_or_else(stray)?,
                    sdp_of(&invited.request).is_none(),
                )
            }
            // It has crossed with our final response.
            State::Talking(talking) => {
                talking
                    .prack
                    .take_if(|open| *open == rseq)
                    .ok_or_else(stray)?;
                (false, false)
            }
            State::Calling { .. } | State::Ending(_) | State::Over => return Err(stray()),
        };
        self.note_request(&prack)?;
        let sdp = sdp_of(request);
        let open = |session: &Session| session.asked.is_some() || session.has_offered();
        let open = self.sessions.get(&id).is_some_and(open);
        if sdp.is_some() && !(had_sdp && late) && !open {
            // A new offer: our 200 to the PRACK answers it (§5).
            self.ask(prack);
        } else {
            self.accept(now, prack, Builder::reply_to(request, 200, "", None));
            if had_sdp && late {
                // An answer that is owed and not given is an empty one: no use to anybody.
                let (session, answer) = (id, Some(sdp.unwrap_or_default()));
                self.events.push_back(Event::Changed { session, answer });
            }
        }
        self.ring_on(now, id);
        self.answer_held(now, id);
        Ok(())
    }

    /// Sends the next that has waited for a PRACK.
    fn ring_on(&mut self, now: Instant, id: SessionId) {
        let session = self.sessions.get_mut(&id);
        let next = match session.map(|session| &mut session.state) {
            // A final answer is all that counts now.
            Some(State::Invited(invited)) if invited.answer.is_some() => None,
            Some(State::Invited(invited)) => invited.provisionals.take_next(),
            Some(State::Calling { .. } | State::Talking(_) | State::Ending(_) | State::Over)
            | None => None,
        };
        if let Some((rseq, next)) = next {
            self.send_reliably(now, id, rseq, &next);
        }
    }

    /// Sends the answer that had to wait for a PRACK, if it has come (§3).
    pub(super) fn answer_held(&mut self, now: Instant, id: SessionId) {
        let session = self.sessions.get_mut(&id).filter(|s| s.asked.is_none());
        if let Some(State::Invited(invited)) = session.map(|session| &mut session.state)
            && !invited.provisionals.holds_2xx()
            && let Some(sdp) = invited.answer.take()
        {
            self.answer(now, id, &sdp);
        }
    }

    /// A provisional response of ours may be due once more.
    pub(super) fn provisional_due(&mut self, now: Instant, id: SessionId) {
        let session = self.sessions.get_mut(&id);
        let Some(State::Invited(invited)) = session.map(|session| &mut session.state) else {
            return;
        };
        let tx = invited.tx;
        match invited.provisionals.timeout(now) {
            Some(Effect::Send(status, bytes)) => {
                self.transactions
                    .respond(now, tx, Response { status, bytes })
            }
            // §3: the INVITE is refused with a 5xx.
            Some(Effect::NoPrack) => {
                let refusal = Refusal::because(504, "No PRACK");
                if self.refuse_invited(now, id, &refusal) {
                    let (session, how) = (id, Bye::NoAck);
                    self.events.push_back(Event::Ended { session, how });
                }
            }
            None => {}
        }
    }

    /// Notes a provisional response to our INVITE: in which early dialog it is, counted from 0;
    /// `None`: it is not to be told, as it repeats one or has come out of order (§4).
    pub(super) fn early_dialog(
        &mut self,
        now: Instant,
        id: SessionId,
        tx: TxId,
        flow: Flow,
        response: &Message,
    ) -> Option<u8> {
        let to = response.to().ok()?;
        let tag = to.tag().unwrap_or_default().to_owned();
        let session = self.sessions.get_mut(&id)?;
        let fork = session.forks.iter().find(|fork| fork.tx == tx)?;
        let known = session
            .early
            .iter()
            .position(|early| early.tx == tx && early.dialog.remote_tag() == tag);
        let index = match known {
            Some(index) => index,
            None if session.early.len() >= MAX_DIALOGS => return None,
            None => {
                let contact = contact_of(response).ok().flatten();
                let dialog = Dialog::uac(Seed {
                    call_id: fork.head.call_id.clone(),
                    local: fork.head.from.clone(),
                    remote: to,
                    cseq: fork.head.cseq,
                    record_routes: response.record_routes().unwrap_or_default(),
                    target: contact.or_else(|| Uri::parse(&fork.head.uri).ok())?,
                });
                session.early.push(Early {
                    tx,
                    dialog,
                    flow: fork.flow,
                    rseq: None,
                    answer: None,
                    said: None,
                    updates: false,
                });
                session.early.len() - 1
            }
        };
        let (invite, offered) = (fork.head.cseq, session.terms.reliable != Reliable::Off);
        let early = session.early.get_mut(index)?;
        if flow.transport.is_reliable() {
            early.flow = flow;
        }
        early.updates |= allows_update(response);
        let rseq = response.header(Name::RSeq).and_then(seconds);
        let rseq = rseq.filter(|_| offered && !tag.is_empty() && requires(response, RELIABLE));
        if let Some(rseq) = rseq {
            if early
                .rseq
                .is_some_and(|last| Some(rseq) != last.checked_add(1))
            {
                return None;
            }
            early.rseq = Some(rseq);
            if early.answer.is_none() {
                early.answer = sdp_of(response);
            }
            session.told.clone_from(&tag);
            let rack = format!("{rseq} {invite} {}", Method::Invite);
            let draft = Draft {
                purpose: Purpose::Prack,
                tag: &tag,
                headers: vec![(Name::RAck, rack)],
                body: None,
            };
            self.send_within(now, id, &draft);
        } else {
            session.told = tag;
        }
        u8::try_from(index).ok()
    }
}

impl Session {
    /// Whether an offer of ours waits for the answer of this peer.
    pub(super) fn awaits_answer(&self, tag: &str) -> bool {
        match &self.state {
            State::Invited(invited) => {
                invited.provisionals.holds_2xx() && sdp_of(&invited.request).is_none()
            }
            State::Calling { .. } => {
                let early = self.early_with(tag);
                early.is_none_or(|early| early.answer.is_none())
            }
            State::Talking(talking) => {
                let unacked = talking.unacked.as_ref();
                unacked.is_some_and(|unacked| unacked.late)
            }
            State::Ending(_) | State::Over => false,
        }
    }
}

/// Whether a caller acknowledges provisional responses.
pub(super) fn wish_of(invite: &Message) -> Reliable {
    match (requires(invite, RELIABLE), invite.supports(RELIABLE)) {
        (true, _) => Reliable::Required,
        (false, true) => Reliable::Supported,
        (false, false) => Reliable::Off,
    }
}

/// Whether a message insists on an option.
pub(super) fn requires(message: &Message, option: &str) -> bool {
    message
        .require()
        .any(|one| one.eq_ignore_ascii_case(option))
}

/// The RAck of a PRACK: RSeq, and the number of the INVITE (§7.2).
fn rack(prack: &Message) -> Option<(u32, u32)> {
    let mut words = prack.header(Name::RAck)?.split_ascii_whitespace();
    let (rseq, cseq) = (seconds(words.next()?)?, seconds(words.next()?)?);
    (words.next() == Some(Method::Invite.text()) && words.next().is_none()).then_some((rseq, cseq))
}
