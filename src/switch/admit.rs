//! Who may call what, and what a call needs before it is answered.

use super::{Notice, Output, Port, Switch, identity};
use crate::acd;
use crate::call::record::{Direction, Role};
use crate::call::{Arrival, Call, Origin};
use crate::id::{CallId, LegId, TrunkId};
use crate::route::{self, Barred, Busy, Dialler};
use crate::sdp;
use crate::settings::Destination;
use crate::sip::{Command, Invite, Rejection};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Why a call is not taken: the status for the peer, the reason for whoever reads the log.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) why: String,
    pub(super) retry_after: Option<Duration>,
    /// What is wrong with a description (RFC 3261 §20.43).
    pub(super) warning: Option<u16>,
}

impl Refusal {
    pub(super) fn new(status: u16, why: impl ToString) -> Self {
        Self {
            status,
            why: why.to_string(),
            retry_after: None,
            warning: None,
        }
    }

    /// For want of something that comes back by itself.
    pub(super) fn for_now(why: &str) -> Self {
        Self {
            retry_after: Some(Duration::from_secs(10)),
            ..Self::new(503, why)
        }
    }

    /// For want of a place at a trunk.
    pub(super) fn busy(busy: Busy) -> Self {
        Self {
            retry_after: Some(busy.retry_after),
            ..Self::new(503, busy.why)
        }
    }
}

impl Switch {
    /// Answers a call, or refuses it.
    pub(super) fn invited(&mut self, now: Instant, invite: &Invite) {
        let origin = self.origin(invite);
        let admitted = origin.and_then(|origin| match invite.replaces {
            Some(replaced) => self.replace(now, invite, origin, replaced),
            None => self.admit(now, invite, origin),
        });
        if let Err(refusal) = admitted {
            let rejection = Rejection {
                warning: refusal.warning,
                status: refusal.status,
                cause: None,
                retry_after: refusal.retry_after,
                text: Some(refusal.why.clone()),
            };
            let session = invite.session;
            self.sip
                .command(now, Command::Reject { session, rejection });
            self.out(Output::Notice(
                None,
                Notice::Refused {
                    from: invite.from.user.clone(),
                    called: invite.called.clone(),
                    status: refusal.status,
                    why: refusal.why,
                },
            ));
        }
    }

    fn admit(&mut self, now: Instant, invite: &Invite, origin: Origin) -> Result<(), Refusal> {
        if let Origin::Agent(agent) = origin
            && let Some(to) = self.colleague_called(&invite.called)
        {
            return self.calls_colleague(now, invite, agent, to);
        }
        match (self.destination(invite, origin), origin) {
            (Some(to), _) => self.take(now, invite, origin, to),
            (None, Origin::Agent(agent)) => self.call_out(now, invite, agent),
            // Whoever it is there, they come no further than to us (B26).
            (None, Origin::Trunk(_) | Origin::Callback(..) | Origin::Link(..)) => {
                Err(Refusal::new(404, "no route fits the called number"))
            }
        }
    }

    /// A call that the endpoint has refused by itself.
    pub(super) fn uninvited(&mut self, address: IpAddr, from: String, called: String) {
        let trunk = route::trunk_for(&self.account, address, &called);
        let why = trunk.err().map(|stranger| stranger.to_string());
        let status = 403;
        self.out(Output::Notice(
            None,
            Notice::Refused {
                from,
                called,
                status,
                why: why.unwrap_or_default(),
            },
        ));
    }

    /// Who brings the call: a user who has proved it, or a trunk by its address.
    fn origin(&self, invite: &Invite) -> Result<Origin, Refusal> {
        if let Some(user) = &invite.user {
            return self
                .account
                .agent_of(user)
                .map(|agent| Origin::Agent(agent.id))
                .ok_or_else(|| Refusal::new(403, "the user is not an agent any more"));
        }
        // The contact that a registrar was told is known to nobody else.
        let registered = invite
            .peer
            .and_then(|peer| self.account.trunk(TrunkId(peer.0)));
        let source = invite.flow.remote.ip();
        let trunk = match registered {
            Some(trunk) => trunk,
            None => route::trunk_for(&self.account, source, &invite.called)
                .map_err(|stranger| Refusal::new(403, stranger))?,
        };
        Ok(Origin::Trunk(trunk.id))
    }

    /// What of the account the called number reaches. For an agent the route for any number (`*`)
    /// counts after the ways out: it is for those who call us.
    fn destination(&self, invite: &Invite, origin: Origin) -> Option<Destination> {
        match origin {
            Origin::Trunk(trunk) => {
                let numbers = self.account.trunk(trunk).map(|trunk| &trunk.numbers);
                let called = numbers.map(|numbers| route::read_from(numbers, &invite.called));
                route::destination(&self.account, &called.unwrap_or_default())
            }
            // Nobody calls us by it.
            Origin::Callback(..) | Origin::Link(..) => None,
            Origin::Agent(agent) => {
                let named = route::named_destination(&self.account, &invite.called);
                let dialled = route::dialled(&self.account, &invite.called);
                let way = route::ways_out(&self.account, Dialler::Agent(agent), &dialled);
                match way {
                    Err(Barred::NoWay) => route::destination(&self.account, &invite.called),
                    Ok(_) | Err(Barred::Denied | Barred::NotTheirs) => named,
                }
            }
        }
    }

    pub(super) fn port(&mut self) -> Result<Port, Refusal> {
        let port = self.ports.take();
        port.ok_or_else(|| Refusal::for_now("all media ports are in use"))
    }

    fn take(
        &mut self,
        now: Instant,
        invite: &Invite,
        origin: Origin,
        destination: Destination,
    ) -> Result<(), Refusal> {
        let port = self.port()?;
        let trunk = match origin {
            Origin::Trunk(trunk) => Some(trunk),
            Origin::Agent(_) | Origin::Callback(..) | Origin::Link(..) => None,
        };
        if let Some(Err(busy)) = trunk.map(|trunk| self.board.enter(now, trunk)) {
            self.ports.give(port);
            return Err(Refusal::busy(busy));
        }
        let id = CallId::mint(self.clock.unix_millis(now), self.random.u64());
        let habits = match origin {
            Origin::Trunk(trunk) => self.account.trunk(trunk).map(|trunk| &trunk.habits),
            Origin::Agent(agent) => self.account.agent(agent).map(|agent| &agent.habits),
            Origin::Callback(..) | Origin::Link(..) => None,
        };
        let habits = habits.cloned().unwrap_or_default();
        let session = invite.session;
        self.takes_under(now, session, &habits);
        let leg = self.open_leg(now, id, Role::Customer, port, habits);
        if let Some(line) = self.lines.get_mut(&leg) {
            line.trunk = trunk;
        }
        self.is_near(leg, invite.flow.remote.ip());
        let sdp = match self.describe(leg, invite) {
            Ok(sdp) => sdp,
            Err(refusal) => {
                self.close_leg(leg);
                return Err(refusal);
            }
        };
        self.join_session(leg, invite);
        let name = trunk.and_then(|trunk| self.account.trunk(trunk));
        let caller = identity::caller(&self.account, origin, invite);
        let called = match name {
            Some(trunk) => route::read_from(&trunk.numbers, &invite.called),
            None => invite.called.clone(),
        };
        let arrival = Arrival {
            id,
            caller: leg,
            origin,
            trunk: name.map(|trunk| trunk.name.clone()),
            destination: Some(destination),
            from: caller.number.clone(),
            called: called.clone(),
            diverted_by: caller.diverted_by,
            account: self.account.name.clone(),
            policy: self.policy(Direction::Inbound),
        };
        let call = Call::new(now, &self.clock, arrival);
        self.out(Output::Conversation(Box::new(call.record().clone())));
        self.calls.insert(id, call);
        if let Origin::Agent(agent) = origin {
            let occupied = true;
            self.acd(now, acd::Input::Occupied { agent, occupied });
        }
        self.sip.command(now, Command::Answer { session, sdp });
        let from = caller.number;
        self.on_the_line(now, id, &from);
        self.notice(id, Notice::Arrived { from, called });
        Ok(())
    }

    /// Our side of the negotiation: an answer, or an offer where the peer made none.
    pub(super) fn describe(&mut self, leg: LegId, invite: &Invite) -> Result<Vec<u8>, Refusal> {
        let local = self
            .local(leg)
            .ok_or_else(|| Refusal::new(500, "the leg is gone"))?;
        let Some(offer) = &invite.offer else {
            return Ok(sdp::offer(&local));
        };
        let (answer, negotiated) = sdp::answer(offer, &local).map_err(|refusal| Refusal {
            warning: Some(refusal.warning()),
            ..Refusal::new(refusal.status(), refusal)
        })?;
        self.agreed(leg, &negotiated);
        Ok(answer)
    }
}
