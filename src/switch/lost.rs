//! Browsers that are lost in a call: the tab is loaded anew, the laptop sleeps, the network changes (B18,
//! F5, F8). The leg is kept for a while, and the other party hears music.
//!
//! ```text
//!   up ──page lost──▶ not missed yet ──`absence.after`──▶ lost ──back──▶ up
//!    │                   └──back──▶ up                    ▲ │ `keeps`, or the page is gone
//!    └──no consent────────────────────────────────────────┘ ├─ a customer: the call is over
//!                                                           └─ an agent: the caller waits again, at
//!                                                              the place they had (D18)
//!   back: the page, and its new offer answered; or consent
//! ```
//!
//! Whose page is not missed yet is heard as somebody is who does not speak: the media go on with silence.

use super::{Notice, Switch};
use crate::acd;
use crate::call::record::{End, Role};
use crate::call::{Call, Interlude};
use crate::id::{CallId, LegId, VisitId};
use crate::media::Command as Media;
use std::time::Instant;

/// What is missing of a leg, and until when it is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost {
    until: Instant,
    /// When the other party is told; `None`: that is done.
    missed_at: Option<Instant>,
    page: bool,
    media: bool,
}

/// What of a browser can be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The connection of its page, or what the page knew.
    Page,
    /// The way of its media.
    Media,
}

impl Lost {
    /// Whether it has been away for so long that the other party was told.
    pub(super) fn is_told(&self) -> bool {
        self.missed_at.is_none()
    }
}

impl Switch {
    /// The connection of a page is lost.
    pub(super) fn page_lost(&mut self, now: Instant, visit: VisitId) {
        for leg in self.legs_of(visit) {
            self.lose(now, leg, Way::Page);
        }
    }

    /// The page is back. One that knows nothing has to offer anew before anybody hears it.
    pub(super) fn page_back(&mut self, now: Instant, visit: VisitId, knows: bool) {
        for leg in self.legs_of(visit) {
            match knows {
                true => self.find_again(leg, Way::Page),
                false => self.lose(now, leg, Way::Page),
            }
        }
        if !knows {
            self.tell_all(now, visit);
        }
    }

    /// A part of a leg's browser is gone. One that has not answered is not missed.
    pub(super) fn lose(&mut self, now: Instant, leg: LegId, way: Way) {
        let line = self.lines.get(&leg);
        if !line.is_some_and(|line| line.leg.answered.is_some() && line.visit().is_some()) {
            return;
        }
        let until = now + self.account.timeouts.page;
        let lost = self.lost.entry(leg);
        let lost = lost.or_insert(Lost {
            until,
            missed_at: Some(now + self.account.absence.after),
            page: false,
            media: false,
        });
        match way {
            Way::Page => lost.page = true,
            Way::Media => {
                lost.media = true;
                // Nothing has been heard for long by then (RFC 7675).
                lost.missed_at = lost.missed_at.map(|_| now);
            }
        }
        self.missed_due(now);
    }

    /// A leg's browser has been away for long enough: its other party is to know.
    fn is_missed(&mut self, now: Instant, leg: LegId) {
        let line = self.lines.get(&leg);
        let Some((call, role)) = line.map(|line| (line.leg.call, line.leg.role)) else {
            return;
        };
        // Nobody waits for a supervisor.
        if let Some(known) = self.calls.get_mut(&call)
            && role != Role::Supervisor
            && known.lose(leg)
        {
            let by_agent = role == Role::Agent;
            self.notice(call, Notice::Lost { by_agent });
            self.miss(now, call);
            self.arrange(call);
        }
    }

    /// Whoever has lost the other is told so at once, and from time to time.
    pub(super) fn miss(&mut self, now: Instant, id: CallId) {
        let (Some(sound), Some(call)) = (self.sounds.absence(), self.calls.get(&id)) else {
            return;
        };
        let message = Some((sound, self.account.absence.every()));
        let absence = Interlude::new(now, call.music(), message);
        let absence = absence.with_message_first(self.next());
        if let Some(call) = self.calls.get_mut(&id) {
            call.set_absence(absence);
            self.entertained.insert(id);
        }
    }

    /// A part of a leg's browser is there again.
    pub(super) fn find_again(&mut self, leg: LegId, way: Way) {
        let Some(lost) = self.lost.get_mut(&leg) else {
            return;
        };
        match way {
            Way::Page => lost.page = false,
            Way::Media => lost.media = false,
        }
        if lost.page || lost.media {
            return;
        }
        self.lost.remove(&leg);
        let line = self.lines.get(&leg);
        let Some((call, role)) = line.map(|line| (line.leg.call, line.leg.role)) else {
            return;
        };
        if let Some(known) = self.calls.get_mut(&call)
            && known.find_again(leg)
        {
            let by_agent = role == Role::Agent;
            self.notice(call, Notice::Found { by_agent });
            self.arrange(call);
        }
    }

    /// When the first that is lost is missed, or given up.
    pub(super) fn lost_timeout(&self) -> Option<Instant> {
        let next = |lost: &Lost| lost.missed_at.unwrap_or(lost.until).min(lost.until);
        self.lost.values().map(next).min()
    }

    pub(super) fn lost_due(&mut self, now: Instant) {
        self.missed_due(now);
        let due = self.lost.iter().filter(|(_, lost)| lost.until <= now);
        for leg in due.map(|(leg, _)| *leg).collect::<Vec<_>>() {
            self.leg_gone(now, leg);
        }
    }

    /// Tells those whose other party has been away for long enough.
    fn missed_due(&mut self, now: Instant) {
        let mut due = vec![];
        for (leg, lost) in &mut self.lost {
            if lost.missed_at.is_some_and(|at| at <= now) {
                lost.missed_at = None;
                due.push(*leg);
            }
        }
        for leg in due {
            self.is_missed(now, leg);
        }
    }

    /// The page does not come back.
    pub(super) fn page_gone(&mut self, now: Instant, visit: VisitId) {
        for leg in self.legs_of(visit) {
            self.leg_gone(now, leg);
        }
    }

    /// A browser is given up.
    fn leg_gone(&mut self, now: Instant, leg: LegId) {
        let lost = self.lost.remove(&leg);
        let line = self.lines.get(&leg);
        let Some((id, role)) = line.map(|line| (line.leg.call, line.leg.role)) else {
            return;
        };
        self.at_hand = Some(id);
        if self.is_ringing_at(leg, id) || self.is_supervisor(leg) {
            return self.page_hangs_up(now, leg);
        }
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        if call.asked() == Some(leg) {
            return self.end_consult(now, id);
        }
        let talks = call.is_talking() && call.agent().is_some_and(|agent| agent.leg == leg);
        let queue = call.queue().filter(|_| talks && role == Role::Agent);
        if queue.is_some() && call.customer().is_some() {
            if call.is_consulting() {
                self.end_consult(now, id);
            }
            return self.waits_again(now, id, leg);
        }
        let end = match lost {
            Some(Lost { page: false, .. }) => End::MediaLost,
            Some(Lost { page: true, .. }) | None => End::SignallingLost,
        };
        self.end_call(now, id, end);
    }

    /// The agent of a caller is lost: the caller waits for another at the place they had (D18).
    fn waits_again(&mut self, now: Instant, id: CallId, leg: LegId) {
        let segment = self.calls.get_mut(&id).and_then(Call::end_segment);
        for track in segment.iter().flat_map(|segment| segment.segment.files()) {
            let (recording, end) = (track.recording, now);
            self.media(track.leg, |_| Media::StopRecording { recording, end });
        }
        let again = self
            .calls
            .get_mut(&id)
            .is_some_and(|call| call.wait_again(now));
        self.leaves_page(now, leg, Some("lost"));
        self.hang_up(now, leg, None);
        if again {
            self.notice(id, Notice::WaitsAgain);
            self.arrange(id);
            self.acd(now, acd::Input::Return { call: id });
        }
    }
}
