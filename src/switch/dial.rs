//! A number outside, for an agent who calls out or a caller who is sent there: what `call::Dial`
//! decides becomes INVITEs through trunks, and what comes of them is told to it.
//!
//! ```text
//!   an agent's INVITE ─▶ call_out ─┐            ┌─ 180, 183 ─▶ dial_rings ─▶ ring-back, early media
//!   GiveUp::External ─▶ send_out ──┴▶ dial_next ┼─ 200 ──────▶ reached ────▶ they talk
//!                                       ▲       └─ refused ──▶ dial_failed ─┬▶ not_reached
//!                                       └────────── another way ────────────┘
//! ```

use super::admit::Refusal;
use super::identity::shown;
use super::shown::unrung_name;
use super::trunks::{credentials, uri};
use super::{Notice, Output, Port, Switch, Unrung, leg};
use crate::acd;
use crate::call::record::{AgentName, Direction, End, Role};
use crate::call::{Arrival, Call, Dial, Hears, Origin, Step, Way, Whom};
use crate::id::{AgentId, CallId, LegId, TrunkId};
use crate::route::{self, Dialler, Pace};
use crate::sip::{Hop, Invite, Outbound, Path, PeerId, Target};
use std::time::{Duration, Instant};

/// What a phone is told to wait where no trunk has said a time of its own.
pub(super) const A_WHILE: Duration = Duration::from_secs(10);

impl Switch {
    /// An agent's phone calls a number outside. What cannot be is refused before anything is sent.
    pub(super) fn call_out(
        &mut self,
        now: Instant,
        invite: &Invite,
        agent: AgentId,
    ) -> Result<(), Refusal> {
        let number = route::dialled(&self.account, &invite.called);
        let ways = self.ways(now, Dialler::Agent(agent), &number)?;
        self.within_limits(now, agent)?;
        let dial = self.outside(number, &ways);
        self.phone_calls(now, invite, agent, dial, ways)
    }

    /// A number outside, to be dialled by these ways.
    pub(super) fn outside(&self, number: String, ways: &[(Way, Hop)]) -> Dial {
        let plan = ways.iter().map(|(way, _)| *way);
        Dial::new(number, plan, self.account.timeouts.customer)
    }

    /// An agent's phone calls somebody: nothing stands against it.
    pub(super) fn phone_calls(
        &mut self,
        now: Instant,
        invite: &Invite,
        agent: AgentId,
        dial: Dial,
        ways: Vec<(Way, Hop)>,
    ) -> Result<(), Refusal> {
        let port = self.port_beside(agent)?;
        let habits = self.account.agent(agent).map(|agent| agent.habits.clone());
        let habits = habits.unwrap_or_default();
        let listens = habits.early_media && leg::may_listen(invite, &habits);
        let id = CallId::mint(self.clock.unix_millis(now), self.random.u64());
        self.takes_under(now, invite.session, &habits);
        let leg = self.open_leg(now, id, Role::Agent, port, habits);
        self.is_near(leg, invite.flow.remote.ip());
        let sdp = match self.describe(leg, invite) {
            Ok(sdp) => sdp,
            Err(refusal) => {
                self.close_leg(leg);
                return Err(refusal);
            }
        };
        self.join_session(leg, invite);
        if let Some(line) = self.lines.get_mut(&leg) {
            line.prepared = Some(sdp);
            line.listens = listens;
        }
        self.begin_call_out(now, id, leg, agent, dial, ways);
        Ok(())
    }

    /// A port for another call of an agent, on the worker of the one that they have: its parties may come
    /// to talk to each other.
    pub(super) fn port_beside(&mut self, agent: AgentId) -> Result<Port, Refusal> {
        let mut calls = self.calls.values().filter(|call| !call.is_over());
        let other = calls.find(|call| call.is_with(agent));
        let line = other.and_then(|other| self.lines.get(&other.caller));
        let port = match line.map(|line| line.port.worker) {
            Some(worker) => self.ports.take_of(worker),
            None => None,
        };
        port.map_or_else(|| self.port(), Ok)
    }

    /// An agent's leg is there, and whom they call is dialled.
    pub(super) fn begin_call_out(
        &mut self,
        now: Instant,
        id: CallId,
        leg: LegId,
        agent: AgentId,
        dial: Dial,
        ways: Vec<(Way, Hop)>,
    ) {
        let mut call = self.agents_call(now, id, leg, agent, dial.whom());
        self.out(Output::Conversation(Box::new(call.record().clone())));
        let number = call.record().called.clone();
        let called = dial.whom().colleague();
        call.dial(dial, Hears::Silence);
        self.calls.insert(id, call);
        self.dialling.insert(id, ways);
        self.notice(id, Notice::Dials { agent, number });
        self.occupy(now, [Some(agent), called]);
        self.dial_next(now, id);
    }

    /// A call that an agent begins, to a number outside or a colleague.
    pub(super) fn agents_call(
        &self,
        now: Instant,
        id: CallId,
        leg: LegId,
        agent: AgentId,
        whom: &Whom,
    ) -> Call {
        let (called, colleague) = match whom {
            Whom::Number(number) => (number.clone(), None),
            Whom::Colleague(name) => (self.user_of(name.id), Some(name.clone())),
        };
        // What two agents have to say to each other is no conversation with a customer.
        let recording = self.policy(Direction::Outbound);
        let arrival = Arrival {
            id,
            caller: leg,
            origin: Origin::Agent(agent),
            trunk: None,
            destination: None,
            from: self.user_of(agent),
            called,
            diverted_by: None,
            account: self.account.name.clone(),
            policy: recording.filter(|_| colleague.is_none()),
        };
        let mut call = Call::new(now, &self.clock, arrival);
        if let Some(name) = colleague {
            call.is_to(name);
        }
        call
    }

    /// Agents who call each other or somebody outside are offered no call meanwhile.
    pub(super) fn occupy(&mut self, now: Instant, agents: [Option<AgentId>; 2]) {
        for agent in agents.into_iter().flatten() {
            let occupied = true;
            self.acd(now, acd::Input::Occupied { agent, occupied });
        }
    }

    pub(super) fn user_of(&self, agent: AgentId) -> String {
        let agent = self.account.agent(agent);
        agent.map(|agent| agent.user.clone()).unwrap_or_default()
    }

    /// A waiting caller is sent to a number outside (R25), and hears music until something comes from
    /// there.
    pub(super) fn send_out(&mut self, now: Instant, id: CallId, digits: u64) {
        let number = format!("+{digits}");
        let queue = self.calls.get(&id).and_then(Call::queue);
        let music = queue.map_or(Hears::Silence, |queue| self.hold_music(id, queue));
        match self.ways(now, Dialler::Queue, &number) {
            Ok(ways) => {
                let dial = self.outside(number.clone(), &ways);
                if let Some(call) = self.calls.get_mut(&id) {
                    call.dial(dial, music);
                }
                self.dialling.insert(id, ways);
                self.notice(id, Notice::SentOut { number });
                self.arrange(id);
                self.dial_next(now, id);
            }
            Err(refusal) => {
                let (status, why) = (refusal.status, Some(refusal.why));
                self.notice(id, Notice::NotReached { status, why });
                self.end_call(now, id, End::NotReached);
            }
        }
    }

    /// The ways to a number, in the order in which they are to be tried now, and where they lead.
    pub(super) fn ways(
        &mut self,
        now: Instant,
        dialler: Dialler,
        number: &str,
    ) -> Result<Vec<(Way, Hop)>, Refusal> {
        let trunks = route::ways_out(&self.account, dialler, number)
            .map_err(|barred| Refusal::new(barred.status(), barred))?;
        let order = self.board.order(now, trunks).map_err(Refusal::busy)?;
        let mut ways = vec![];
        for id in order {
            let Some(trunk) = self.account.trunk(id).cloned() else {
                continue;
            };
            let places = self.places(now, &trunk).into_iter().enumerate();
            ways.extend(places.map(|(place, hop)| (Way::Trunk { trunk: id, place }, hop)));
        }
        match ways.is_empty() {
            true => Err(Refusal::for_now("it is not known where the trunks are")),
            false => Ok(ways),
        }
    }

    /// Toll fraud by a stolen password is slow (B26).
    pub(super) fn within_limits(&mut self, now: Instant, agent: AgentId) -> Result<(), Refusal> {
        let limits = &self.account.dialling;
        let (most, a_minute) = (limits.max_calls, limits.calls_per_minute);
        let mine = self.calls.values().filter(|call| {
            let outbound = call.record().direction == Direction::Outbound;
            let mine = outbound && call.origin == Origin::Agent(agent);
            mine && !call.is_internal() && !call.is_over()
        });
        if most != 0 && mine.count() >= most as usize {
            return Err(Refusal::for_now(
                "the agent has all the calls out they may have",
            ));
        }
        let pace = self.paces.entry(agent);
        let pace = pace.or_insert_with(|| Pace::new(a_minute, Duration::from_secs(60)));
        pace.begin(now).map_err(|wait| Refusal {
            retry_after: Some(wait.max(Duration::from_secs(1))),
            ..Refusal::for_now("the agent calls out too often")
        })
    }

    /// Tries the next way that has room.
    pub(super) fn dial_next(&mut self, now: Instant, id: CallId) {
        loop {
            let account = &self.account;
            let name = |trunk| {
                account
                    .trunk(trunk)
                    .map_or("?", |trunk| &trunk.name)
                    .to_owned()
            };
            let Some(dial) = self.calls.get_mut(&id).and_then(Call::dialling) else {
                return;
            };
            let Some(way) = dial.next(now, &self.clock, name) else {
                return;
            };
            let whom = dial.whom().clone();
            let tried = match (way, whom) {
                (Way::Trunk { trunk, .. }, Whom::Number(number)) => {
                    let tried = self.try_way(now, id, way, trunk, &number);
                    tried.inspect_err(|full| {
                        let why = full.why.clone();
                        self.notice(id, Notice::Passed { trunk, why });
                    })
                }
                (Way::Colleague(agent), _) | (_, Whom::Colleague(AgentName { id: agent, .. })) => {
                    self.ring_colleague(now, id, agent)
                }
            };
            let Err(full) = tried else { return };
            let dial = self.calls.get_mut(&id).and_then(Call::dialling);
            match dial.map(|dial| dial.no_room(full.retry_after)) {
                Some(Step::Next) => {}
                Some(Step::Over(refused)) => return self.not_reached(now, id, refused),
                Some(Step::Wait) | None => return,
            }
        }
    }

    /// Sends an INVITE by this way.
    fn try_way(
        &mut self,
        now: Instant,
        id: CallId,
        way: Way,
        trunk: TrunkId,
        number: &str,
    ) -> Result<(), Refusal> {
        let gone = || Refusal::for_now("the trunk is gone");
        let trunk = self.account.trunk(trunk).cloned().ok_or_else(gone)?;
        let mut ways = self.dialling.get(&id).into_iter().flatten();
        let hop = ways.rfind(|(known, _)| *known == way);
        let hop = hop.map(|(_, hop)| hop.clone()).ok_or_else(gone)?;
        let server = trunk.server.clone().ok_or_else(gone)?;
        let call = self.calls.get(&id).ok_or_else(gone)?;
        let (record, caller) = (call.record().clone(), call.caller);
        // To somebody for whom there is a customer already.
        let further = call.is_passed_on() || call.is_consulting();
        let role = match record.direction {
            Direction::Outbound if !further => Role::Customer,
            Direction::Outbound | Direction::Inbound => Role::Outside,
        };
        let passed_on = further.then(|| call.shown_outside());
        let passed_on = passed_on.map(|shown| shown.map(str::to_owned));
        let agent = call.origin.agent();
        let agent = agent.and_then(|agent| self.account.agent(agent));
        let agent = agent.map(|agent| agent.user.as_str());
        let (from, headers) = shown(&trunk, &record, agent, passed_on);
        let line = self.lines.get(&caller).ok_or_else(gone)?;
        let (worker, codec) = (line.port.worker, line.codec);
        let (max_forwards, trail) = (line.max_forwards.saturating_sub(1), line.trail.clone());
        self.board.enter(now, trunk.id).map_err(Refusal::busy)?;
        let Some(port) = self.ports.take_of(worker) else {
            self.board.leave(trunk.id);
            return Err(Refusal::for_now("all media ports are in use"));
        };
        let mut habits = trunk.habits.clone();
        // The caller's codec first: two who speak the same need no transcoding.
        habits
            .codecs
            .sort_by_key(|&each| Some(leg::known(each)) != codec);
        let terms = habits.clone();
        let leg = self.open_leg(now, id, role, port, habits);
        let sdp = self.offer(leg);
        let written = route::write(&trunk.numbers, number);
        let target = Target::Uri {
            uri: uri(Some(&written), &server.host, Some(&server)).to_string(),
            path: Path::Hop(hop),
        };
        let session = self.sip.invite(
            now,
            Outbound {
                from,
                headers,
                sdp,
                credentials: credentials(&trunk),
                routes: self.routes(&trunk),
                peer: trunk.register.map(|_| PeerId(trunk.id.0)),
                reliable: leg::reliable(&terms),
                session_timer: leg::session_timer(&terms),
                max_forwards,
                trail,
                ..Outbound::to(target)
            },
        );
        let sip_call_id = self.sip.call_id(session).unwrap_or_default().to_owned();
        if let Some(line) = self.lines.get_mut(&leg) {
            line.trunk = Some(trunk.id);
        }
        self.signals(leg, session, &sip_call_id);
        if let Some(call) = self.calls.get_mut(&id) {
            call.attempt(Some(leg));
        }
        self.board.tried(trunk.id);
        self.notice(id, Notice::Tries { trunk: trunk.id });
        Ok(())
    }

    /// Whether this leg is the attempt to reach a number outside.
    pub(super) fn is_dialled(&self, call: CallId, leg: LegId) -> bool {
        let call = self.calls.get(&call);
        call.is_some_and(|call| call.dialled() == Some(leg))
    }

    /// Cancels the attempt that goes on.
    pub(super) fn drop_attempt(&mut self, now: Instant, id: CallId) {
        let Some(leg) = self.calls.get(&id).and_then(Call::dialled) else {
            return;
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.attempt(None);
        }
        self.leaves_page(now, leg, Some(unrung_name(Unrung::CallerGone)));
        self.hang_up(now, leg, None);
    }
}
