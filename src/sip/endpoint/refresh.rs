//! The session timer in requests and responses (RFC 4028 §7, §9), and its deadlines.

use super::Endpoint;
use super::session::State;
use super::write::Refusal;
use crate::sip::dialog::session_timer::{self, Agreed, Due, Running};
use crate::sip::dialog::{Change, change::Aim};
use crate::sip::header::Name;
use crate::sip::message::{Builder, Message, Method};
use crate::sip::{SessionId, SessionTimer};
use std::time::Instant;

/// The headers of a request.
type Headers = Vec<(Name<'static>, String)>;

impl Endpoint {
    /// Refuses a request that wants a shorter session than we do (422).
    pub(super) fn long_enough(&self, id: SessionId, request: &Message) -> Result<(), Refusal> {
        let session = self.sessions.get(&id);
        let terms = session.map_or(self.config.terms, |session| session.terms);
        too_brief(request, terms.session_timer)
    }

    /// Adds to our 2xx what we agree to, and starts the timer anew.
    pub(super) fn with_timer(
        &mut self,
        now: Instant,
        id: SessionId,
        request: &Message,
        ok: Builder,
    ) -> Builder {
        let Some(session) = self.sessions.get_mut(&id) else {
            return ok;
        };
        let agreed = session_timer::answer(request, session.terms.session_timer);
        let agreed = agreed.ok().flatten();
        if let Some(talking) = session.talking() {
            talking.timer = agreed.map(|agreed| (agreed, agreed.start(now)));
            talking.updates |= allows_update(request);
        }
        written(agreed, ok)
    }

    /// What a request of ours asks for.
    pub(super) fn timer_wanted(&self, id: SessionId) -> Headers {
        let Some(session) = self.sessions.get(&id) else {
            return vec![];
        };
        let supported = vec![(Name::Supported, self.supported(&session.terms))];
        match &session.state {
            State::Talking(talking) => {
                let agreed = talking.timer.map(|(agreed, _)| agreed);
                wanted(session.terms.session_timer, agreed, supported)
            }
            // The 2xx to the INVITE is what starts it.
            State::Invited(_) | State::Calling { .. } | State::Ending(_) | State::Over => supported,
        }
    }

    /// What the 2xx to a request of ours says.
    pub(super) fn timer_answered(&mut self, now: Instant, id: SessionId, response: &Message) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let timer = timer_of(now, response, session.terms.session_timer);
        if let Some(talking) = session.talking() {
            talking.timer = timer;
            talking.updates |= allows_update(response);
        }
    }

    /// A deadline of the session's timer may have passed.
    pub(super) fn timer_due(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let talking = session
            .talking()
            .filter(|talking| talking.hang_up.is_none());
        let Some(talking) = talking else { return };
        let timer = talking.timer.as_mut();
        match timer.and_then(|(_, timer)| timer.timeout(now)) {
            // Any change is a refresh as well.
            Some(Due::Refresh) => {
                let refresh = || Change::new(now, Aim::Refresh);
                session.change.get_or_insert_with(refresh);
            }
            // §10
            Some(Due::End) => {
                talking.unacked = None;
                self.end_lost(now, id, "session timer expired");
            }
            None => {}
        }
    }
}

/// The timer that the 2xx to a request of ours has started.
pub(super) fn timer_of(
    now: Instant,
    response: &Message,
    ours: SessionTimer,
) -> Option<(Agreed, Running)> {
    let agreed = session_timer::answered(response, ours)?;
    Some((agreed, agreed.start(now)))
}

/// Refuses a request for a session shorter than that (422, §8).
pub(super) fn too_brief(request: &Message, ours: SessionTimer) -> Result<(), Refusal> {
    match session_timer::answer(request, ours) {
        Ok(_) => Ok(()),
        Err(session_timer::TooBrief(min)) => {
            Err(Refusal::new(422).with(Name::MinSe, min.as_secs()))
        }
    }
}

/// Adds what has been agreed on to a 2xx.
pub(super) fn written(agreed: Option<Agreed>, ok: Builder) -> Builder {
    let Some(agreed) = agreed else {
        return ok;
    };
    let ok = ok.header(Name::SessionExpires, agreed.in_response());
    match agreed.required {
        true => ok.header(Name::Require, session_timer::TIMER),
        false => ok,
    }
}

/// Adds what we ask for to the headers of an INVITE or UPDATE (§7.1, §7.4).
pub(super) fn wanted(ours: SessionTimer, agreed: Option<Agreed>, mut headers: Headers) -> Headers {
    use crate::sip::Refresher;
    let Some(interval) = ours.interval else {
        return headers;
    };
    let refresher = match (agreed, ours.refresher) {
        // §7.4: who it is does not change.
        (Some(agreed), _) => Some(agreed.by_us),
        (None, Refresher::Either) => None,
        (None, Refresher::Us) => Some(true),
        (None, Refresher::Peer) => Some(false),
    };
    let refresher = match refresher {
        Some(true) => ";refresher=uac",
        Some(false) => ";refresher=uas",
        None => "",
    };
    let interval = agreed
        .map_or(interval, |agreed| agreed.interval)
        .max(ours.min);
    headers.push((
        Name::SessionExpires,
        format!("{}{refresher}", interval.as_secs()),
    ));
    headers.push((Name::MinSe, ours.min.as_secs().to_string()));
    headers
}

/// Whether a peer has said that it takes UPDATE.
pub(super) fn allows_update(message: &Message) -> bool {
    let takes = |name: &str| name == Method::Update.text();
    message.list(Name::Allow).any(takes)
}
