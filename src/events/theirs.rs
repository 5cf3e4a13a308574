//! Whose events are whose: agents may follow their own, and nothing of others.

use super::what::What;
use crate::id::{AgentId, CallId};
use serde_json::Value;
use std::collections::BTreeMap;

/// Which agent has which call just now, as the events tell it.
#[derive(Debug, Default)]
pub(super) struct Theirs(BTreeMap<CallId, AgentId>);

impl Theirs {
    /// The agent whom an event concerns: whom it names, or who is rung for its call or talks in it.
    pub(super) fn note(&mut self, what: &What) -> Option<AgentId> {
        let data = serde_json::to_value(what).unwrap_or_default();
        let named = named_in(&data);
        let Some(call) = data["call"].as_str().and_then(CallId::parse) else {
            return named;
        };
        let agent = named.or_else(|| self.0.get(&call).copied());
        if let Some(agent) = named.filter(|_| begins(what)) {
            self.0.insert(call, agent);
        }
        // Of an offer that has ended the call may be another's already.
        let has = self.0.get(&call).copied();
        if ends(what) && (named.is_none() || named == has) {
            self.0.remove(&call);
        }
        agent
    }
}

fn named_in(data: &Value) -> Option<AgentId> {
    let id = data["agent"].as_u64()?;
    u32::try_from(id).ok().map(AgentId)
}

/// From here on what happens to the call concerns the agent who is named.
fn begins(what: &What) -> bool {
    matches!(
        what,
        What::Offered { .. }
            | What::Answered { .. }
            | What::Dialled { .. }
            | What::CallbackTaken { .. }
    )
}

/// And from here on it does not any more.
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
        assert_eq!(theirs.note(&held(CALL)), None, "nobody has it");
        assert_eq!(theirs.note(&offered(ADA)), Some(ADA));
        assert_eq!(theirs.note(&held(CALL)), Some(ADA));
        assert_eq!(theirs.note(&held(CallId(2))), None, "another call");
        assert_eq!(theirs.note(&ended()), Some(ADA), "the end, too");
        assert_eq!(theirs.note(&held(CALL)), None);
        assert_eq!(theirs.note(&What::WrapUpEnded { agent: BOB }), Some(BOB));
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
        assert_eq!(theirs.note(&ended_for(ADA)), Some(ADA));
        assert_eq!(theirs.note(&held(CALL)), None);
        theirs.note(&offered(BOB));
        assert_eq!(theirs.note(&ended_for(ADA)), Some(ADA), "late");
        assert_eq!(
            theirs.note(&held(CALL)),
            Some(BOB),
            "it is Bob's all the same"
        );
    }
}
