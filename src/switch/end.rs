//! How calls and legs end: the one way, whoever began it.

use super::leg::Signalling;
use super::{Notice, Switch};
use crate::acd::{self, callback};
use crate::call::Origin;
use crate::call::record::{End, Status};
use crate::id::{CallId, LegId};
use crate::media::Command as Media;
use crate::sip::{Command, SessionId};
use std::time::Instant;

impl Switch {
    /// Ends a call: both legs hang up, the recording closes, the agent is told to wrap up.
    pub(super) fn end_call(&mut self, now: Instant, id: CallId, end: End) {
        self.unspeak(id);
        self.supervisors_leave(now, id);
        self.intended.remove(&id);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let (agent, talked) = (call.agent(), call.is_talking());
        let callback = call.callback();
        let colleague = call.colleague();
        let taken = call.is_taken() || call.is_dialling();
        // The files end before their legs do.
        self.stop_recording(now, id);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let ticket = call.inquiry().map(|(ticket, _)| ticket);
        if !call.end(now, &self.clock, end) {
            return;
        }
        let status = call.settle(self.account.missed_calls);
        let missed = call.is_missed();
        let (origin, talked_ms) = (call.origin, call.record().talked_ms);
        let legs: Vec<_> = call.legs().collect();
        for leg in legs {
            self.hang_up(now, leg, reason(end));
        }
        self.forget_inquiry(now, ticket);
        self.listening.remove(&id);
        // Whoever has passed it on learns that the customer did not wait.
        self.tell_referrer(now, id, 487);
        match callback.filter(|_| !talked) {
            Some(callback) => self.not_called_back(now, id, callback, agent, taken),
            None => self.acd(now, acd::Input::Leave { call: id }),
        }
        self.callback(now, callback::Input::OffTheLine { call: id });
        let caller = match origin {
            Origin::Agent(agent) => Some(agent),
            Origin::Trunk(_) | Origin::Callback(..) | Origin::Link(..) => None,
        };
        for agent in caller.into_iter().chain(colleague) {
            self.free_caller(now, agent);
        }
        if missed {
            if status == Status::Closed {
                self.own(id, None);
            }
            self.notice(id, Notice::Missed(status));
        }
        self.notice(id, Notice::Ended { end, talked_ms });
        self.complete(id);
    }

    /// Ends a leg's session, if it has not ended by itself, and closes its media.
    pub(super) fn hang_up(&mut self, now: Instant, leg: LegId, reason: Option<(u16, String)>) {
        let signalling = self.lines.get(&leg).and_then(|line| line.signalling);
        match signalling {
            Some(Signalling::Sip(session)) => {
                self.forget_session(session);
                self.sip.command(now, Command::End { session, reason });
            }
            Some(Signalling::Page(_)) => self.leaves_page(now, leg, None),
            None => {}
        }
        self.lost.remove(&leg);
        // Nobody waits for them any more.
        if let Some(call) = self.call_of(leg).and_then(|id| self.calls.get_mut(&id)) {
            call.find_again(leg);
        }
        if let Some(line) = self.lines.get_mut(&leg) {
            line.leg.ended.get_or_insert(now);
        }
        self.close_leg(leg);
    }

    /// Closes a leg's media. The leg goes when its worker has said so.
    pub(super) fn close_leg(&mut self, leg: LegId) {
        self.media(leg, |leg| Media::Close { leg });
    }

    /// The session is over: nothing that comes from it concerns a leg any more.
    pub(super) fn forget_session(&mut self, session: SessionId) {
        if let Some(leg) = self.sessions.remove(&session)
            && let Some(line) = self.lines.get_mut(&leg)
        {
            line.signalling = None;
        }
    }
}

/// What a party who is hung up on is told: a Q.850 cause and a text (RFC 3326).
fn reason(end: End) -> Option<(u16, String)> {
    let (cause, text) = match end {
        End::CustomerHungUp
        | End::AgentHungUp
        | End::OutsideHungUp
        | End::Joined
        | End::Abandoned => {
            return None;
        }
        End::NotReached => (31, "the number outside was not reached"),
        End::Closed => (31, "the queue is closed"),
        End::CallbackPromised => (16, "you will be called back"),
        End::MaxWait => (19, "the longest wait was reached"),
        End::MediaLost => (41, "no RTP was received"),
        End::SignallingLost => (102, "a party did not answer"),
        End::Refused => (88, "no common codec"),
        End::Stopped | End::Interrupted => (41, "the server is stopping"),
        End::Fault => (41, "an internal fault"),
    };
    Some((cause, text.to_owned()))
}
