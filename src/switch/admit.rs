//! Who may call what, and what a call needs before it is answered.

use super::{Notice, Output, Port, Switch};
use crate::acd;
use crate::call::record::Role;
use crate::call::{Arrival, Call, Origin, Policy};
use crate::id::CallId;
use crate::route;
use crate::sdp;
use crate::settings::Destination;
use crate::sip::{Command, Invite, Rejection};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Why a call is not taken: the status for the peer, the reason for whoever reads the log.
#[derive(Debug)]
struct Refusal {
    status: u16,
    why: String,
    retry_after: Option<Duration>,
}

impl Refusal {
    fn new(status: u16, why: impl ToString) -> Self {
        Self {
            status,
            why: why.to_string(),
            retry_after: None,
        }
    }

    /// For want of something that comes back by itself.
    fn for_now(why: &str) -> Self {
        Self {
            retry_after: Some(Duration::from_secs(10)),
            ..Self::new(503, why)
        }
    }
}

impl Switch {
    /// Answers a call, or refuses it.
    pub(super) fn invited(&mut self, now: Instant, invite: &Invite) {
        let admitted = self
            .replaceable(invite)
            .and_then(|()| self.origin(invite))
            .and_then(|origin| Ok((origin, self.destination(invite)?)))
            .and_then(|(origin, to)| Ok((origin, to, self.port()?)))
            .and_then(|(origin, to, port)| self.take(now, invite, origin, to, port));
        if let Err(refusal) = admitted {
            let rejection = Rejection {
                status: refusal.status,
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

    /// A call that the endpoint has refused by itself.
    pub(super) fn uninvited(&mut self, address: IpAddr, from: String, called: String) {
        let trunk = route::trunk_for(&self.account, address);
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

    /// Nobody takes the place of another by calling (RFC 3891 §3: 603).
    fn replaceable(&self, invite: &Invite) -> Result<(), Refusal> {
        match invite.replaces {
            Some(_) => Err(Refusal::new(603, "calls are not replaced")),
            None => Ok(()),
        }
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
        let trunk = route::trunk_for(&self.account, invite.flow.remote.ip())
            .map_err(|stranger| Refusal::new(403, stranger))?;
        let origin = Origin::Trunk(trunk.id);
        let calls = self.calls.values().filter(|call| call.origin == origin);
        if trunk.max_calls != 0 && calls.count() >= trunk.max_calls as usize {
            return Err(Refusal::for_now("the trunk has all the calls it may have"));
        }
        Ok(origin)
    }

    fn destination(&self, invite: &Invite) -> Result<Destination, Refusal> {
        route::destination(&self.account, &invite.called)
            .ok_or_else(|| Refusal::new(404, "no route fits the called number"))
    }

    fn port(&mut self) -> Result<Port, Refusal> {
        let port = self.ports.take();
        port.ok_or_else(|| Refusal::for_now("all media ports are in use"))
    }

    fn take(
        &mut self,
        now: Instant,
        invite: &Invite,
        origin: Origin,
        destination: Destination,
        port: Port,
    ) -> Result<(), Refusal> {
        let id = CallId::mint(self.clock.unix_millis(now), self.random.u64());
        let habits = match origin {
            Origin::Trunk(trunk) => self.account.trunk(trunk).map(|trunk| &trunk.habits),
            Origin::Agent(agent) => self.account.agent(agent).map(|agent| &agent.habits),
        };
        let habits = habits.cloned().unwrap_or_default();
        let leg = self.open_leg(now, id, Role::Customer, port, habits);
        let sdp = match self.describe(leg, invite) {
            Ok(sdp) => sdp,
            Err(refusal) => {
                self.close_leg(leg);
                return Err(refusal);
            }
        };
        let session = invite.session;
        self.signals(leg, session, &invite.call_id);
        if let Some(line) = self.lines.get_mut(&leg) {
            line.max_forwards = invite.max_forwards;
            line.trail = invite.trail.clone();
        }
        let arrival = Arrival {
            id,
            customer: leg,
            origin,
            destination,
            from: caller(invite),
            called: invite.called.clone(),
            account: self.account.name.clone(),
            policy: Policy::inbound(&self.account.recording),
        };
        let call = Call::new(now, &self.clock, arrival);
        self.out(Output::Conversation(Box::new(call.record().clone())));
        self.calls.insert(id, call);
        if let Origin::Agent(agent) = origin {
            let occupied = true;
            self.acd(now, acd::Input::Occupied { agent, occupied });
        }
        self.sip.command(now, Command::Answer { session, sdp });
        let (from, called) = (caller(invite), invite.called.clone());
        self.notice(id, Notice::Arrived { from, called });
        Ok(())
    }

    /// Our side of the negotiation: an answer, or an offer where the peer made none.
    fn describe(&mut self, leg: crate::id::LegId, invite: &Invite) -> Result<Vec<u8>, Refusal> {
        let local = self
            .local(leg)
            .ok_or_else(|| Refusal::new(500, "the leg is gone"))?;
        let Some(offer) = &invite.offer else {
            return Ok(sdp::offer(&local));
        };
        let (answer, negotiated) = sdp::answer(offer, &local)
            .map_err(|refusal| Refusal::new(refusal.status(), refusal))?;
        self.agreed(leg, &negotiated);
        Ok(answer)
    }
}

/// The caller as records name them: the number, or whatever the peer gave instead.
fn caller(invite: &Invite) -> String {
    let candidates = [Some(&invite.from.user), invite.from.display.as_ref()];
    let named = candidates
        .into_iter()
        .flatten()
        .find(|name| !name.is_empty());
    named.cloned().unwrap_or_else(|| "anonymous".to_owned())
}
