//! What the media plane says.

use super::leg::Line;
use super::lost::Way;
use super::{Notice, Output, Switch};
use crate::acd;
use crate::call::Call;
use crate::call::record::{End, Role};
use crate::id::{CallId, LegId};
use crate::media::{Event, Report};
use crate::sip::Command;
use std::time::{Duration, Instant};

impl Switch {
    pub(super) fn on_media(&mut self, now: Instant, event: Event) {
        match event {
            Event::Started { leg } => self.started(leg),
            // Which one is nobody's business in a log; those who hear the leg have got it already.
            Event::Digit { leg, digit } => self.pressed(now, leg, digit),
            Event::Tell {
                leg,
                digit,
                milliseconds,
            } => self.tell_key(now, leg, digit, milliseconds),
            Event::Played { leg, play } => self.played(now, leg, play),
            Event::Lost { leg } => self.lose(now, leg, Way::Media),
            Event::Found { leg } => self.find_again(leg, Way::Media),
            Event::Silent { leg } => self.lost(now, leg, End::MediaLost),
            Event::Failed { leg, .. } => self.lost(now, leg, End::Fault),
            Event::Fares { leg, report } => self.fares(leg, &report),
            Event::Closed { leg, report, .. } => self.closed(now, leg, &report),
        }
    }

    /// The first packet of a leg.
    fn started(&mut self, leg: LegId) {
        if let Some(call) = self.call_of(leg) {
            self.dial_speaks(call, leg);
        }
    }

    /// A message was heard to its end. One that was interrupted meanwhile is of no interest.
    fn played(&mut self, now: Instant, leg: LegId, play: u64) {
        let Some(id) = self.call_of(leg) else {
            return;
        };
        self.at_hand = Some(id);
        if self.interlude_heard(now, id, play) || self.consent_heard(now, id, leg, play) {
            return;
        }
        let Some(call) = self.calls.get(&id).filter(|call| call.is_playing(play)) else {
            return;
        };
        if call.is_promised() {
            self.end_call(now, id, End::CallbackPromised);
        } else if call.is_served() && call.is_passed_on() {
            self.told_not_taken(now, id);
        } else if !self.message_heard(now, id, play) {
            self.acd(now, acd::Input::Heard { call: id });
        }
    }

    fn pressed(&mut self, now: Instant, leg: LegId, digit: char) {
        let role = self.lines.get(&leg).map(|line| line.leg.role);
        let role = role.filter(|role| *role != Role::Supervisor);
        if let Some((role, call)) = role.zip(self.call_of(leg)) {
            let by_agent = role == Role::Agent;
            self.notice(call, Notice::Pressed { by_agent });
            let customer = role == Role::Customer;
            self.pressed_in_talk(now, call, digit, customer);
            if customer {
                self.key(now, call, digit);
            }
        }
    }

    /// The leg's peer wants to be told of keys by INFO.
    fn tell_key(&mut self, now: Instant, leg: LegId, digit: char, milliseconds: u16) {
        let session = self.lines.get(&leg).and_then(Line::session);
        let duration = Duration::from_millis(milliseconds.into());
        if let Some(session) = session {
            let key = Command::Key {
                session,
                digit,
                duration,
            };
            self.sip.command(now, key);
        }
    }

    fn lost(&mut self, now: Instant, leg: LegId, end: End) {
        if self.is_supervisor(leg) {
            return self.supervisor_leaves(now, leg);
        }
        if let Some(call) = self.call_of(leg) {
            // Before the answer nobody owes us sound.
            let call_of = self.calls.get(&call);
            let waits = call_of.is_some_and(|call| {
                let customer = call.is_passed_on() && call.customer() == Some(leg);
                (call.is_dialling() || call.is_taken()) && !customer
            });
            if waits && end == End::MediaLost {
                return;
            }
            match call_of.is_some_and(|call| call.asked() == Some(leg)) {
                true => self.end_consult(now, call),
                false => self.end_call(now, call, end),
            }
        }
    }

    /// The leg's media is closed: its port rests, its quality is known, and with the last leg of a
    /// call its record is complete.
    fn closed(&mut self, now: Instant, leg: LegId, report: &Report) {
        let Some(line) = self.lines.remove(&leg) else {
            return;
        };
        self.ports.give(line.port);
        if let Some(trunk) = line.trunk {
            self.board.leave(trunk);
        }
        let id = line.leg.call;
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.file_leg(line.leg.file(now, &self.clock, report.into()));
        self.complete(id);
    }

    /// Writes the record of a call that is over and has no leg left.
    pub(super) fn complete(&mut self, id: CallId) {
        let over = |call: &Call| call.is_complete() || call.is_dormant();
        if self.calls.get(&id).is_some_and(over)
            && let Some(call) = self.calls.remove(&id)
            && call.is_on_record()
        {
            self.out(Output::Conversation(Box::new(call.record().clone())));
        }
    }
}
