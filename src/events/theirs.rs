//! Whose events are whose: agents may follow their own, and supervisors those of their teams, and nothing
//! of others.

use super::what::What;
use crate::call::record::Destination;
use crate::id::{AgentId, CallId, QueueId};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// Calls that are over and of which it is known whose they were: their recordings are told of later.
const OVER: usize = 4_096;

/// Whom an event concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Whose {
    /// The agent whom it names, or who is rung for its call or talks in it.
    pub(super) agent: Option<AgentId>,
    /// Where it is no agent's: the queue that it names, or in which its call waits.
    pub(super) queue: Option<QueueId>,
    /// Where it is of no queue either: the agent who had its call last.
    pub(super) had: Option<AgentId>,
}

/// Which agent or queue has which call just now, as the events tell it.
#[derive(Debug, Default)]
pub(super) struct Theirs {
    calls: BTreeMap<CallId, Call>,
    /// Those that are over, the latest at the end.
    over: VecDeque<CallId>,
}

/// Whose a call is.
#[derive(Clone, Copy, Debug, Default)]
struct Call {
    /// Who is rung for it, or talks in it.
    agent: Option<AgentId>,
    /// The queue that it came to last.
    queue: Option<QueueId>,
    /// Whether it waits there.
    waits: bool,
    /// Who has had it last, or to whom it was left.
    had: Option<AgentId>,
    /// Who has left it to somebody else, until that is done.
    left: Option<AgentId>,
}

impl Theirs {
    /// Whom an event concerns.
    pub(super) fn note(&mut self, what: &What) -> Whose {
        let data = serde_json::to_value(what).unwrap_or_default();
        let agent = named_in(&data, "agent").map(AgentId);
        let queue = named_in(&data, "queue").map(QueueId);
        let Some(id) = data["call"].as_str().and_then(CallId::parse) else {
            return Whose::of(agent, queue, None);
        };
        let mut call = self.calls.get(&id).copied().unwrap_or_default();
        call.begins(what, agent, queue);
        let concerns = agent.or(call.agent);
        // Of an offer that has ended the call may be another's already.
        if ends(what) && (agent.is_none() || agent == call.agent) {
            call.agent = None;
        }
        let queue = queue.or_else(|| call.queue.filter(|_| call.waits));
        let whose = Whose::of(concerns, queue, call.had);
        self.keep(id, call, what);
        whose
    }

    fn keep(&mut self, id: CallId, call: Call, what: &What) {
        if call.is_anybodys() {
            self.calls.insert(id, call);
        } else {
            self.calls.remove(&id);
        }
        if matches!(what, What::Ended { .. }) && self.calls.contains_key(&id) {
            self.over.push_back(id);
            let oldest = self.over.front().copied();
            if let Some(oldest) = oldest.filter(|_| self.over.len() > OVER) {
                self.over.pop_front();
                self.calls.remove(&oldest);
            }
        }
    }
}

impl Whose {
    fn of(agent: Option<AgentId>, queue: Option<QueueId>, had: Option<AgentId>) -> Self {
        let queue = queue.filter(|_| agent.is_none());
        let had = had.filter(|_| agent.is_none() && queue.is_none());
        Self { agent, queue, had }
    }
}

impl Call {
    /// Whose it is from this event on.
    fn begins(&mut self, what: &What, agent: Option<AgentId>, queue: Option<QueueId>) {
        if matches!(what, What::Offered { .. }) {
            // It waits all the same.
            self.agent = agent;
        }
        if has_it(what) {
            (self.agent, self.had, self.left) = (agent, agent, None);
            self.waits = false;
        }
        if matches!(what, What::Queued { .. } | What::FoundClosed { .. }) {
            (self.queue, self.waits) = (queue, true);
        }
        if matches!(what, What::WaitsAgain { .. }) {
            self.waits = true;
        }
        if let What::Transferred { agent, to, .. } = what {
            let to = match to {
                Destination::Agent(name) => Some(name.id),
                Destination::Number(_) | Destination::Queue(_) => None,
            };
            (self.had, self.left) = (to.or(Some(*agent)), Some(*agent));
            self.waits = false;
        }
        if matches!(what, What::TransferFailed { .. }) {
            self.had = self.left.or(self.had);
        }
    }

    fn is_anybodys(&self) -> bool {
        self.agent.is_some() || self.queue.is_some() || self.had.is_some()
    }
}

fn named_in(data: &Value, field: &str) -> Option<u32> {
    u32::try_from(data[field].as_u64()?).ok()
}

/// From here on the call is the agent's who is named.
fn has_it(what: &What) -> bool {
    matches!(
        what,
        What::Answered { .. } | What::Dialled { .. } | What::CallbackTaken { .. }
    )
}

/// From here on what happens to the call does not concern its agent any more.
fn ends(what: &What) -> bool {
    matches!(
        what,
        What::OfferEnded { .. }
            | What::Transferred { .. }
            | What::WaitsAgain { .. }
            | What::Ended { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::record::End;
    use crate::events::{Chosen, OfferEnd};

    const CALL: CallId = CallId(1);
    const ADA: AgentId = AgentId(1);
    const BOB: AgentId = AgentId(2);

    const SALES: QueueId = QueueId(1);
    const SUPPORT: QueueId = QueueId(2);

    impl Theirs {
        fn agent(&mut self, what: &What) -> Option<AgentId> {
            self.note(what).agent
        }
    }

    fn answered(agent: AgentId) -> What {
        What::Answered {
            call: CALL,
            agent,
            waited_ms: 1,
        }
    }

    fn held(call: CallId) -> What {
        What::Held {
            call,
            by_agent: true,
            held: true,
        }
    }

    fn offered(agent: AgentId) -> What {
        What::Offered {
            call: CALL,
            agent,
            why: String::new(),
            choice: Chosen::default(),
        }
    }

    fn ended() -> What {
        What::Ended {
            call: CALL,
            end: End::CustomerHungUp,
            talked_ms: 1,
        }
    }

    #[test]
    fn what_happens_to_a_call_is_its_agents_from_the_ring_to_the_end() {
        let mut theirs = Theirs::default();
        assert_eq!(theirs.agent(&held(CALL)), None, "nobody has it");
        assert_eq!(theirs.agent(&offered(ADA)), Some(ADA));
        assert_eq!(theirs.agent(&held(CALL)), Some(ADA));
        assert_eq!(theirs.agent(&held(CallId(2))), None, "another call");
        assert_eq!(theirs.agent(&ended()), Some(ADA), "the end, too");
        assert_eq!(theirs.agent(&held(CALL)), None);
        assert_eq!(theirs.agent(&What::WrapUpEnded { agent: BOB }), Some(BOB));
    }

    #[test]
    fn who_was_rung_in_vain_hears_no_more_of_it() {
        let mut theirs = Theirs::default();
        let ended_for = |agent| What::OfferEnded {
            call: CALL,
            agent,
            why: OfferEnd::NoAnswer,
            status: None,
        };
        theirs.note(&offered(ADA));
        assert_eq!(theirs.agent(&ended_for(ADA)), Some(ADA));
        assert_eq!(theirs.agent(&held(CALL)), None);
        theirs.note(&offered(BOB));
        assert_eq!(theirs.agent(&ended_for(ADA)), Some(ADA), "late");
        assert_eq!(
            theirs.agent(&held(CALL)),
            Some(BOB),
            "it is Bob's all the same"
        );
    }

    #[test]
    fn a_call_is_its_queues_while_it_waits_and_then_its_agents() {
        let mut theirs = Theirs::default();
        let queued = |queue| What::Queued {
            call: CALL,
            queue,
            position: 1,
        };
        let music = What::Music { call: CALL };
        let of_queue = |queue| Whose {
            queue: Some(queue),
            ..Whose::default()
        };
        let of_agent = |agent| Whose {
            agent: Some(agent),
            ..Whose::default()
        };
        assert_eq!(theirs.note(&music), Whose::default(), "nobody's");
        assert_eq!(theirs.note(&queued(SALES)), of_queue(SALES));
        assert_eq!(theirs.note(&music), of_queue(SALES));
        theirs.note(&offered(ADA));
        assert_eq!(theirs.note(&music), of_agent(ADA), "rung");
        theirs.note(&answered(ADA));
        assert_eq!(theirs.note(&held(CALL)), of_agent(ADA));
        theirs.note(&What::WaitsAgain { call: CALL });
        assert_eq!(theirs.note(&music), of_queue(SALES));
        theirs.note(&queued(SUPPORT));
        assert_eq!(theirs.note(&music), of_queue(SUPPORT), "sent on");
    }

    #[test]
    fn a_call_that_was_left_is_theirs_who_had_it_or_were_given_it() {
        let had = |agent| Whose {
            had: Some(agent),
            ..Whose::default()
        };
        let left_to = |to| What::Transferred {
            call: CALL,
            agent: ADA,
            to,
        };
        let failed = What::TransferFailed {
            call: CALL,
            status: 480,
        };
        let mut theirs = Theirs::default();
        theirs.note(&answered(ADA));
        let number = Destination::Number("+4930123".to_owned());
        assert_eq!(theirs.agent(&left_to(number)), Some(ADA));
        assert_eq!(theirs.note(&held(CALL)), had(ADA), "to nobody of ours");
        theirs.note(&answered(ADA));
        let bob = Destination::Agent(crate::call::record::AgentName {
            id: BOB,
            name: String::new(),
        });
        theirs.note(&left_to(bob));
        assert_eq!(theirs.note(&held(CALL)), had(BOB));
        assert_eq!(theirs.note(&failed), had(ADA), "it is not Bob's after all");
        assert_eq!(theirs.note(&ended()), had(ADA));
        let written = What::Recorded {
            call: CALL,
            segment: 1,
            files: 2,
        };
        assert_eq!(theirs.note(&written), had(ADA), "after the end");
    }

    #[test]
    fn calls_that_are_over_are_forgotten_in_time() {
        let mut theirs = Theirs::default();
        for number in 0..2 * OVER as u64 {
            let call = CallId(number);
            theirs.note(&What::Answered {
                call,
                agent: ADA,
                waited_ms: 1,
            });
            theirs.note(&What::Ended {
                call,
                end: End::CustomerHungUp,
                talked_ms: 1,
            });
        }
        assert_eq!((theirs.calls.len(), theirs.over.len()), (OVER, OVER));
    }
}
