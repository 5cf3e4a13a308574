//! Customers who come by call links (R1–R15): the link is looked at when the page comes, and redeemed
//! when the call begins (R15), which is answered at once and goes where the link leads.

use super::browser::Wanted;
use super::identity::ANONYMOUS;
use super::on_page::Denied;
use super::{Notice, Output, Switch};
use crate::call::link::{LinkTarget, NotRedeemed, Pass};
use crate::call::record::{Direction, Role};
use crate::call::{Arrival, Call, Origin, Shared};
use crate::id::{AgentId, CallId, QueueId, VisitId};
use crate::page::{Link, ToPage, Whose};
use crate::settings::Destination;
use std::time::Instant;

/// The longest name that a customer can give, characters.
const LONGEST_NAME: usize = 64;

/// Who waits for what is known of a link.
pub(super) struct Asked {
    visit: VisitId,
    /// The call that begins then; `None`: the page only shows where it leads.
    call: Option<Wish>,
}

impl std::fmt::Debug for Asked {
    /// Without the keys in an offer.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Asked({})", self.visit)
    }
}

/// A call that a customer wants to make.
struct Wish {
    sdp: String,
    name: Option<String>,
}

impl Switch {
    /// A customer's page has come: is its link good for anything?
    pub(super) fn look_at_link(&mut self, visit: VisitId, token_hash: [u8; 32]) {
        let ticket = self.next();
        self.links_asked.insert(ticket, Asked { visit, call: None });
        self.out(Output::LookAtLink { ticket, token_hash });
    }

    /// A customer's page that was loaded anew is back: without a call its link may be good for nothing by now,
    /// as one is that was good once (R6).
    pub(super) fn look_again(&mut self, visit: VisitId, knows: bool) {
        let busy = self.visits.contains_key(&visit)
            || self.links_asked.values().any(|asked| asked.visit == visit);
        if let Some(Whose::Customer(token_hash)) = self.pages.whose(visit)
            && !knows
            && !busy
        {
            self.look_at_link(visit, token_hash);
        }
    }

    /// A customer calls. What is wrong with the call itself does not use the link up.
    pub(super) fn customer_calls(
        &mut self,
        visit: VisitId,
        token_hash: [u8; 32],
        sdp: String,
        name: Option<String>,
    ) -> Result<(), Denied> {
        let mut asked = self.links_asked.values();
        if self.visits.contains_key(&visit) || asked.any(|asked| asked.visit == visit) {
            return Err(Denied::new("busy", "a call goes on already"));
        }
        if self.draining {
            return Err(Denied::new("unavailable", "the server is about to stop"));
        }
        self.could_meet(&sdp)?;
        let name = name.map(|name| {
            let letters = name.trim().chars().filter(|letter| !letter.is_control());
            letters.take(LONGEST_NAME).collect::<String>()
        });
        let name = name.filter(|name| !name.is_empty());
        let ticket = self.next();
        let call = Some(Wish { sdp, name });
        self.links_asked.insert(ticket, Asked { visit, call });
        self.out(Output::Redeem { ticket, token_hash });
        Ok(())
    }

    /// What a link is good for.
    pub(super) fn redeemed(
        &mut self,
        now: Instant,
        ticket: u64,
        redeemed: Result<Pass, NotRedeemed>,
    ) {
        let Some(Asked { visit, call }) = self.links_asked.remove(&ticket) else {
            return;
        };
        let denied = redeemed.map_err(|why| Denied::new(why.code(), why));
        match (denied, call) {
            (Ok(pass), None) => {
                let (title, video) = (pass.name, pass.video);
                self.pages.welcome(visit, Link { title, video });
            }
            (Err(denied), None) => self.pages.turn_away(visit, denied.trouble(None)),
            (Ok(pass), Some(wish)) => {
                if let Err(denied) = self.calls_by_link(now, visit, pass, wish) {
                    let trouble = denied.trouble(None);
                    self.pages.answer(visit, ToPage::Error(trouble));
                }
            }
            (Err(denied), Some(_)) => {
                let trouble = denied.trouble(None);
                self.pages.answer(visit, ToPage::Error(trouble));
            }
        }
    }

    fn calls_by_link(
        &mut self,
        now: Instant,
        visit: VisitId,
        pass: Pass,
        wish: Wish,
    ) -> Result<(), Denied> {
        // Whoever is gone meanwhile calls nobody.
        if self.pages.whose(visit).is_none() {
            return Ok(());
        }
        let nowhere = || Denied::new("unavailable", "nobody can take the call now");
        let (queue, shared) = self.leads_to(pass.to).ok_or_else(nowhere)?;
        let id = CallId::mint(self.clock.unix_millis(now), self.random.u64());
        let wanted = Wanted {
            call: id,
            role: Role::Customer,
            visit,
            worker: None,
            codec: None,
            video: pass.video,
        };
        let leg = self.open_browser(now, wanted).ok_or_else(nowhere)?;
        let sdp = self.meet_first(leg, &wish.sdp)?;
        self.pages.answer(visit, ToPage::Answer { call: id, sdp });
        let (from, called) = (
            wish.name.unwrap_or_else(|| ANONYMOUS.to_owned()),
            pass.sender(),
        );
        let arrival = Arrival {
            id,
            caller: leg,
            origin: Origin::Link(pass.link, shared),
            trunk: None,
            destination: Some(Destination::Queue(queue)),
            from: from.clone(),
            called: called.clone(),
            diverted_by: None,
            account: self.account.name.clone(),
            policy: self.policy(Direction::Inbound),
        };
        let call = Call::new(now, &self.clock, arrival);
        self.out(Output::Conversation(Box::new(call.record().clone())));
        self.calls.insert(id, call);
        self.notice(id, Notice::Arrived { from, called });
        self.is_up(now, id, leg);
        Ok(())
    }

    /// The queue in which the customer waits, and the agent whom they have come for.
    fn leads_to(&self, target: LinkTarget) -> Option<(QueueId, Option<Shared>)> {
        match target {
            LinkTarget::Queue(queue) => Some((queue, None)),
            LinkTarget::Agent { agent, otherwise } => {
                let strict = otherwise.is_none();
                let queue = otherwise.or_else(|| self.queue_of(agent))?;
                Some((queue, Some(Shared { by: agent, strict })))
            }
        }
    }

    /// A queue in which to wait for an agent: one that they serve, if there is any.
    fn queue_of(&self, agent: AgentId) -> Option<QueueId> {
        let queues = &self.account.queues;
        let serves = queues.iter().find(|queue| queue.agents.contains(&agent));
        serves.or_else(|| queues.first()).map(|queue| queue.id)
    }
}
