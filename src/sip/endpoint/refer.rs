//! REFER in a session: asked, answered, and what becomes of it told by NOTIFY (RFC 3515, RFC 4488);
//! and the dialogs that calls are to take the place of (RFC 3891).
//!
//! ```text
//!   REFER ─▶ Event::Referred ─▶ AnswerRefer 202 ─▶ NOTIFY 100 ─▶ TellRefer ─▶ NOTIFY … the last word
//! ```
//!
//! Outside a session nobody refers us anywhere. One transfer of a session is asked for at a time.

use super::Endpoint;
use super::in_dialog::InDialog;
use super::requests::{Draft, Purpose};
use super::session::{Asked, Session, State};
use super::transactions::Owner;
use super::write::Refusal;
use crate::sip::dialog::Dialog;
use crate::sip::dialog::subscription::Subscription;
use crate::sip::header::{Name, split};
use crate::sip::message::{Builder, Message, reason_phrase};
use crate::sip::refer::{Refer, Replaces};
use crate::sip::{Event, Flow, SessionId};
use std::time::Instant;

/// The one event that we tell of.
const REFER: &str = "refer";
const SIPFRAG: &str = "message/sipfrag;version=2.0";

/// What has been asked of us.
#[derive(Debug)]
pub(super) enum Referral {
    /// The user has not said what it thinks of it.
    Asked { asked: Box<Asked>, wants_news: bool },
    /// It is being done.
    Active {
        told: Subscription,
        /// The dialog and the way, once the session itself has ended.
        dialog: Option<Box<(Dialog, Flow)>>,
    },
}

impl Endpoint {
    pub(super) fn refer_received(&mut self, asked: InDialog<'_>) -> Result<(), Refusal> {
        let InDialog {
            id, flow, request, ..
        } = asked;
        let session = self.sessions.get_mut(&id);
        let session = session.ok_or_else(|| Refusal::new(481))?;
        let busy = session.referral.is_some();
        if session.talking().is_none_or(|t| t.hang_up.is_some()) {
            return Err(Refusal::new(481));
        }
        let refer = Refer::of(request).map_err(|unfit| match unfit.status() {
            405 => Refusal::new(405).with(Name::Allow, self.allow(flow.listener)),
            status => Refusal::new(status),
        })?;
        if busy {
            return Err(Refusal::new(491));
        }
        self.note_request(&asked)?;
        let tx = self.transactions.serve_other(asked.arrival(Owner::None));
        if let Some(session) = self.sessions.get_mut(&id) {
            let asked = Box::new(Asked {
                tx,
                request: request.clone(),
                flow,
            });
            let wants_news = refer.wants_news;
            session.referral = Some(Referral::Asked { asked, wants_news });
        }
        let (session, refer) = (id, Box::new(refer));
        self.events.push_back(Event::Referred { session, refer });
        Ok(())
    }

    /// What our user thinks of it.
    pub(super) fn answer_refer(&mut self, now: Instant, id: SessionId, status: u16) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let tag = session.local_tag.clone();
        let (asked, wants_news) = match session.referral.take() {
            Some(Referral::Asked { asked, wants_news }) => (asked, wants_news),
            other => return session.referral = other,
        };
        if !(200..300).contains(&status) {
            let status = if (300..700).contains(&status) {
                status
            } else {
                603
            };
            let refusal = self.refusal(&asked.request, &Refusal::new(status), &tag);
            return self.respond(now, asked.tx, status, refusal);
        }
        if wants_news {
            let number = asked.request.cseq().map_or(0, |(number, _)| number);
            let told = Subscription::new(now, number);
            session.referral = Some(Referral::Active { told, dialog: None });
        }
        let ok = Builder::reply_to(&asked.request, 202, "", None)
            .header(Name::Contact, self.contact(asked.flow.listener, None));
        let ok = match wants_news {
            true => ok,
            // RFC 4488 §4
            false => ok.header(Name::ReferSub, "false"),
        };
        self.respond(now, asked.tx, 202, ok.build());
        self.notify(now, id);
        self.settle(id);
    }

    /// What has become of the call.
    pub(super) fn tell_refer(&mut self, now: Instant, id: SessionId, status: u16) {
        if let Some(told) = self.told(id) {
            told.tell(status.clamp(100, 699));
            self.notify(now, id);
        }
        self.settle(id);
    }

    /// In a dialog: more news of a transfer is wanted, or no more (RFC 6665 §4.2.1).
    pub(super) fn subscribe_received(
        &mut self,
        now: Instant,
        asked: InDialog<'_>,
    ) -> Result<(), Refusal> {
        let InDialog {
            id, flow, request, ..
        } = asked;
        let event = request.header(Name::Event).unwrap_or_default();
        let mut parts = split(event, b';');
        let is_refer = parts
            .next()
            .is_some_and(|event| event.eq_ignore_ascii_case(REFER));
        let wanted = parts.find_map(|part| part.strip_prefix("id="));
        let told = self.told(id).filter(|_| is_refer);
        let ours = |told: &&mut Subscription| wanted.is_none_or(|id| id == told.id.to_string());
        if told.filter(ours).is_none() {
            return Err(match is_refer {
                true => Refusal::new(481),
                false => bad_event(),
            });
        }
        self.note_request(&asked)?;
        let granted = self
            .told(id)
            .map(|told| told.refresh(now, request.expires()));
        let ok = Builder::reply_to(request, 200, "", None)
            .header(Name::Contact, self.contact(flow.listener, None))
            .header(Name::Expires, granted.unwrap_or_default());
        self.accept(now, asked, ok);
        self.notify(now, id);
        Ok(())
    }

    /// Sends the NOTIFY whose turn it is.
    pub(super) fn notify(&mut self, now: Instant, id: SessionId) {
        let Some(told) = self.told(id) else {
            return;
        };
        told.timeout(now);
        let (number, Some(news)) = (told.id, told.next(now)) else {
            return;
        };
        let body = format!("SIP/2.0 {} {}\r\n", news.status, reason_phrase(news.status));
        let session = self.sessions.get(&id);
        let tag = session.map(|session| session.peer_tag().to_owned());
        let draft = Draft {
            purpose: Purpose::Notify,
            tag: &tag.unwrap_or_default(),
            headers: vec![
                (Name::Event, format!("{REFER};id={number}")),
                (Name::SubscriptionState, news.state),
            ],
            body: Some((SIPFRAG, body.as_bytes())),
        };
        self.send_within(now, id, &draft);
    }

    /// A NOTIFY has its answer: a peer that does not want it gets no more (RFC 6665 §4.2.2).
    pub(super) fn notify_answered(&mut self, now: Instant, id: SessionId, status: u16) {
        let Some(told) = self.told(id) else {
            return;
        };
        told.answered();
        if told.is_over() || status >= 300 {
            if let Some(session) = self.sessions.get_mut(&id) {
                session.referral = None;
            }
            return;
        }
        self.notify(now, id);
    }

    /// The session has ended: who referred us is told on, in the dialog that is left for it
    /// (RFC 5057 §4.2). What was not answered is refused.
    pub(super) fn outlive(&mut self, now: Instant, id: SessionId, dialog: &Dialog, flow: Flow) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        match &mut session.referral {
            Some(Referral::Active { dialog: kept, .. }) => {
                kept.get_or_insert_with(|| Box::new((dialog.clone(), flow)));
            }
            Some(Referral::Asked { .. }) => self.answer_refer(now, id, 481),
            None => {}
        }
    }

    /// The session of ours that an INVITE is to take the place of (RFC 3891 §3). Who may not ask for
    /// it learns as little as if there were none.
    pub(super) fn replaced(
        &self,
        flow: Flow,
        user: Option<&str>,
        request: &Message,
    ) -> Result<Option<SessionId>, Refusal> {
        let mut values = request.headers(Name::Replaces);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let replaces = Replaces::parse(value).filter(|_| values.next().is_none());
        let replaces = replaces.ok_or_else(|| Refusal::because(400, "Bad Replaces"))?;
        let unknown = || Refusal::new(481);
        // Our tags are lower case; tokens are compared without regard to it (RFC 3261 §7.3.1).
        let tag = replaces.to_tag.to_ascii_lowercase();
        let id = self.tags.get(&tag).ok_or_else(unknown)?;
        let session = self.sessions.get(id).ok_or_else(unknown)?;
        if session.call_id != replaces.call_id {
            return Err(unknown());
        }
        let may = |way: Flow| user.is_some() || way.remote.ip() == flow.remote.ip();
        match &session.state {
            State::Talking(talking) => {
                if !replaces.is_from(talking.dialog.remote_tag()) || !may(talking.flow) {
                    return Err(unknown());
                }
                match replaces.early_only {
                    true => Err(Refusal::new(486)),
                    false => Ok(Some(*id)),
                }
            }
            State::Calling { .. } => {
                let mut early = session.early.iter();
                let is_it = |early: &super::session::Early| {
                    replaces.is_from(early.dialog.remote_tag()) && may(early.flow)
                };
                early.any(is_it).then_some(Some(*id)).ok_or_else(unknown)
            }
            // It has ended: there is nothing to be replaced.
            State::Ending(dialog) if replaces.is_from(dialog.remote_tag()) && user.is_some() => {
                Err(Refusal::new(603))
            }
            // An early one that is not of our making cannot be replaced.
            State::Invited(_) | State::Ending(_) | State::Over => Err(unknown()),
        }
    }

    /// The session of ours that somebody's Replaces means, who has it themselves (RFC 3891 §6.1), and
    /// whether it is confirmed: whether they have, is for the user to find out.
    pub fn meant(&self, replaces: &Replaces) -> Option<(SessionId, bool)> {
        let id = self.tags.get(&replaces.to_tag.to_ascii_lowercase())?;
        let session = self.sessions.get(id)?;
        let is_it = |dialog: &Dialog| replaces.is_from(dialog.remote_tag());
        let confirmed = match &session.state {
            State::Talking(talking) if is_it(&talking.dialog) => true,
            State::Invited(invited) if is_it(&invited.dialog) => false,
            State::Calling { .. } if session.early.iter().any(|early| is_it(&early.dialog)) => {
                false
            }
            State::Talking(_)
            | State::Invited(_)
            | State::Calling { .. }
            | State::Ending(_)
            | State::Over => return None,
        };
        (session.call_id == replaces.call_id).then_some((*id, confirmed))
    }

    fn told(&mut self, id: SessionId) -> Option<&mut Subscription> {
        match &mut self.sessions.get_mut(&id)?.referral {
            Some(Referral::Active { told, .. }) => Some(told),
            Some(Referral::Asked { .. }) | None => None,
        }
    }
}

impl Session {
    /// The tag of the peer of the dialog, or of the one that has outlived it.
    fn peer_tag(&self) -> &str {
        match (self.dialog(), &self.referral) {
            (Some(dialog), _) => dialog.remote_tag(),
            (None, Some(Referral::Active { dialog, .. })) => {
                let kept = dialog.as_ref();
                kept.map_or("", |kept| kept.0.remote_tag())
            }
            (None, Some(Referral::Asked { .. }) | None) => "",
        }
    }

    /// When somebody who has referred us is to be told that this is all.
    pub(super) fn referral_due(&self) -> Option<Instant> {
        match &self.referral {
            Some(Referral::Active { told, .. }) if !told.is_over() => Some(told.poll_timeout()),
            Some(Referral::Active { .. } | Referral::Asked { .. }) | None => None,
        }
    }
}

/// We tell of nothing but transfers (RFC 6665 §8.3.2: 489).
pub(super) fn bad_event() -> Refusal {
    Refusal::new(489).with(Name::AllowEvents, REFER)
}
