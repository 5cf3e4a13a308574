//! Agents' devices that are rung for a call that goes on: a desk in a browser, or a phone.

use super::browser::Wanted;
use super::leg::Line;
use super::{Switch, leg};
use crate::audio::Codec;
use crate::call::record::Role;
use crate::id::{AgentId, CallId, LegId, VisitId};
use crate::sip::{MAX_FORWARDS, Outbound, Party, Target, Trail};
use std::time::Instant;

impl Switch {
    /// Rings an agent's phone: a leg on the worker of the one whom it will talk to, an offer of ours.
    /// `from`: whom the phone shows. `None`: there is no place for it.
    pub(super) fn ring_phone(
        &mut self,
        now: Instant,
        id: CallId,
        role: Role,
        agent: AgentId,
        from: Party,
        other: LegId,
    ) -> Option<LegId> {
        let phone = self.account.agent(agent);
        let phone = phone.map(|agent| (agent.user.clone(), agent.habits.clone()));
        let other = self.lines.get(&other);
        let (max_forwards, trail) = other.map_or_else(
            || (MAX_FORWARDS, Trail::default()),
            |line| (line.max_forwards.saturating_sub(1), line.trail.clone()),
        );
        let (worker, codec) = other.map(|line| (line.port.worker, line.codec)).unzip();
        let (user, mut habits) = phone?;
        let port = match worker {
            Some(worker) => self.ports.take_of(worker),
            // Of a callback that is the first leg.
            None => self.ports.take(),
        };
        let port = port?;
        // The other's codec first: two phones that speak the same need no transcoding.
        habits
            .codecs
            .sort_by_key(|&each| Some(leg::known(each)) != codec.flatten());
        let terms = habits.clone();
        let leg = self.open_leg(now, id, role, port, habits);
        let sdp = self.offer(leg);
        let session = self.sip.invite(
            now,
            Outbound {
                from,
                sdp,
                reliable: leg::reliable(&terms),
                session_timer: leg::session_timer(&terms),
                max_forwards,
                trail,
                ..Outbound::to(Target::User(user))
            },
        );
        let sip_call_id = self.sip.call_id(session).unwrap_or_default().to_owned();
        self.signals(leg, session, &sip_call_id);
        Some(leg)
    }

    /// Rings a page, which offers when it accepts. `None`: there is no place for it.
    pub(super) fn ring_page(
        &mut self,
        now: Instant,
        id: CallId,
        role: Role,
        visit: VisitId,
        other: LegId,
    ) -> Option<LegId> {
        let other = self.lines.get(&other);
        let wanted = Wanted {
            call: id,
            role,
            visit,
            worker: other.map(|line| line.port.worker),
            // Whoever is called back has a telephone.
            codec: other.map_or(Some(Codec::Pcma), |line| line.codec),
            video: other.is_some_and(Line::may_show) && role != Role::Supervisor,
        };
        self.open_browser(now, wanted)
    }
}
