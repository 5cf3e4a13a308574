//! What somebody sees who sees some agents alone: the rule, beside the same rule as queries have it.
//!
//! | of | is seen |
//! |---|---|
//! | agents | those who are named |
//! | queues, and callbacks from there | those that such an agent serves |
//! | conversations | those that such an agent has, or had last; and those that nobody has had, of such a queue |
//! | recordings | of talks with such an agent |
//! | call links | those that such an agent shares, and those that nobody does |

use super::condition::Condition;
use crate::id::{AgentId, QueueId};
use std::collections::{BTreeMap, BTreeSet};

/// Whom somebody sees, and what is theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// These agents.
    pub agents: BTreeSet<AgentId>,
    /// The queues that they serve, with their names.
    pub queues: BTreeMap<QueueId, String>,
}

impl Within {
    /// Whether an agent is one of them.
    pub fn agent(&self, id: AgentId) -> bool {
        self.agents.contains(&id)
    }

    /// Whether one of them serves a queue.
    pub fn queue(&self, id: QueueId) -> bool {
        self.queues.contains_key(&id)
    }

    /// The same of a queue's name.
    pub fn queue_named(&self, name: &str) -> bool {
        self.queues.values().any(|known| known == name)
    }

    /// A conversation that these agents have, or had, which came to this queue.
    pub fn conversation(&self, agents: &[AgentId], queue: Option<&str>) -> bool {
        match agents {
            [] => queue.is_some_and(|queue| self.queue_named(queue)),
            agents => agents.iter().any(|agent| self.agent(*agent)),
        }
    }

    /// A link that this agent shares.
    pub fn link(&self, agent: Option<AgentId>) -> bool {
        agent.is_none_or(|agent| self.agent(agent))
    }

    pub(super) fn conversations(&self, all: &mut Condition) {
        let agents = all.places(self.agents.iter().map(|agent| agent.0));
        let queues = all.places(self.queues.values().map(String::as_str));
        all.always(&format!(
            "(agent IN ({agents}) OR assigned IN ({agents})
             OR (agent IS NULL AND assigned IS NULL AND queue IN ({queues})))"
        ));
    }

    pub(super) fn recordings(&self, all: &mut Condition) {
        let agents = all.places(self.agents.iter().map(|agent| agent.0));
        all.always(&format!("agent IN ({agents})"));
    }

    pub(super) fn callbacks(&self, all: &mut Condition) {
        let queues = all.places(self.queues.keys().map(|queue| queue.0));
        all.always(&format!("queue IN ({queues})"));
    }

    pub(super) fn links(&self, all: &mut Condition) {
        let agents = all.places(self.agents.iter().map(|agent| agent.0));
        all.always(&format!("(agent IS NULL OR agent IN ({agents}))"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{conversation, ended, on_each};
    use super::super::{Bucket, ConversationFilter, LinkTerms, Record, RecordingFilter};
    use super::*;
    use crate::call::record::{AgentName, Conversation, Direction, End, Recorded, Status, Talk};
    use crate::settings::LinkType;
    use jiff::{SignedDuration, Timestamp};

    fn name(id: u32) -> AgentName {
        AgentName {
            id: AgentId(id),
            name: "Ada".to_owned(),
        }
    }

    /// A talk of this agent, or a call of this queue that nobody took.
    fn talk(number: u64, agent: Option<u32>, queue: &str) -> Conversation {
        let talked = ended(conversation(number));
        Conversation {
            direction: Direction::Inbound,
            queue: Some(queue.to_owned()),
            agent: agent.map(name),
            connected: agent.and(talked.connected),
            end: Some(if agent.is_some() {
                End::CustomerHungUp
            } else {
                End::Abandoned
            }),
            status: Status::Open,
            callback: None,
            ..talked
        }
    }

    fn within(agents: &[u32], queues: &[&str]) -> Within {
        let queues = (1..).map(QueueId).zip(queues);
        Within {
            agents: agents.iter().copied().map(AgentId).collect(),
            queues: queues.map(|(id, name)| (id, (*name).to_owned())).collect(),
        }
    }

    #[test]
    fn conversations_are_found_by_who_had_them_and_missed_ones_by_their_queue() {
        on_each("store-within", |ground| {
            let (store, _) = ground.start();
            let assigned = Conversation {
                assigned: Some(name(7)),
                ..talk(4, None, "Faults")
            };
            let all = [
                talk(1, Some(7), "Orders"),
                talk(2, Some(8), "Orders"),
                talk(3, None, "Orders"),
                assigned,
                talk(5, None, "Faults"),
                talk(6, Some(8), "Faults"),
            ];
            for talk in &all {
                store.write(Record::Conversation(Box::new(talk.clone())));
            }
            let bucket = Bucket {
                from: all[0].began,
                until: all[0].began + SignedDuration::from_hours(1),
            };
            for (sight, seen) in [
                (within(&[7], &["Orders"]), vec![4, 3, 1]),
                (within(&[8], &["Faults", "Orders"]), vec![6, 5, 3, 2]),
                (within(&[7, 8], &[]), vec![6, 4, 2, 1]),
                (within(&[], &["Faults"]), vec![5]),
                (within(&[], &[]), vec![]),
            ] {
                let find = |limit| {
                    let filter = ConversationFilter {
                        within: Some(sight.clone()),
                        ..ConversationFilter::default()
                    };
                    let found = store.find_conversations(&filter, limit).expect("read");
                    found.iter().map(|each| each.id).collect::<Vec<_>>()
                };
                let ids: Vec<_> = seen.iter().map(|each| conversation(*each).id).collect();
                assert_eq!(find(9), ids, "{sight:?}");
                assert_eq!(find(1), ids[..ids.len().min(1)], "before it is cut");
                // The same rule, of a conversation that is at hand.
                let at_hand = all.iter().rev().filter(|talk| {
                    let agents = talk.agent.iter().chain(&talk.assigned);
                    let agents: Vec<_> = agents.map(|agent| agent.id).collect();
                    sight.conversation(&agents, talk.queue.as_deref())
                });
                let at_hand: Vec<_> = at_hand.map(|talk| talk.id).collect();
                assert_eq!(at_hand, ids, "{sight:?}");
                let counted = store.history(&[bucket], 20_000, Some(&sight));
                let counted = counted.expect("counted");
                let counted: u64 = counted.iter().map(|each| each.calls).sum();
                assert_eq!(counted, seen.len() as u64, "{sight:?}");
                let missed = store.missed(Some(&sight)).expect("read");
                let missed: u64 = missed.iter().map(|each| each.calls).sum();
                let expected = seen.iter().filter(|each| [3, 4, 5].contains(*each));
                assert_eq!(missed, expected.count() as u64, "{sight:?}");
            }
        });
    }

    #[test]
    fn recordings_and_links_are_found_by_their_agents() {
        on_each("store-within-files", |ground| {
            let (store, _) = ground.start();
            for number in [7, 8] {
                let talk = Talk {
                    account: "acme".to_owned(),
                    agent: name(number),
                    customer: "+49301".to_owned(),
                    called: "100".to_owned(),
                    queue: Some("Orders".to_owned()),
                    direction: Direction::Inbound,
                    began: Timestamp::UNIX_EPOCH,
                };
                let file = crate::call::record::File {
                    path: format!("{number}.wav"),
                    content: crate::call::record::Content::Stereo,
                    milliseconds: 1,
                    bytes: 1,
                    gaps: false,
                    interrupted: false,
                    sha256: None,
                    encrypted: false,
                };
                store.write(Record::Recorded(Recorded {
                    call: conversation(number.into()).id,
                    number: 1,
                    files: vec![file],
                    talk: Some(talk),
                }));
            }
            for (hash, agent) in [(1, Some(7)), (2, Some(8)), (3, None)] {
                let terms = LinkTerms {
                    configuration: None,
                    agent: agent.map(AgentId),
                    kind: LinkType::OneTime,
                    from: None,
                    until: None,
                    by: "user ada".to_owned(),
                };
                let added = store.add_link([hash; 32], terms, Timestamp::UNIX_EPOCH);
                assert!(added.expect("stored").is_some());
            }
            for (agents, files, links) in [
                (&[7][..], 1, vec![None, Some(7)]),
                (&[7, 8], 2, vec![None, Some(8), Some(7)]),
                (&[], 0, vec![None]),
            ] {
                let sight = within(agents, &["Orders"]);
                let filter = RecordingFilter {
                    within: Some(sight.clone()),
                    ..RecordingFilter::default()
                };
                let found = store.find_recordings(&filter, 9).expect("read");
                assert_eq!(found.len(), files, "{agents:?}");
                let found = store.links(None, None, Some(&sight), 9).expect("read");
                let found = found.iter().map(|link| link.terms.agent.map(|id| id.0));
                assert_eq!(found.collect::<Vec<_>>(), links, "{agents:?}");
            }
        });
    }
}
