//! What agents say of themselves, and whose conversations are, at the next start.

use super::*;
use crate::acd::Status;
use crate::id::{QueueId, TrunkId};

fn owner(customer: &str, agent: Option<u32>, since: i64) -> Owner {
    Owner {
        trunk: TrunkId(1),
        customer: customer.to_owned(),
        agent: agent.map(AgentId),
        since: time(since),
    }
}

#[test]
fn what_agents_said_last_is_found_at_the_next_start() {
    on_each("store-statuses", |ground| {
        let (store, _) = ground.start();
        for (agent, status) in [
            (1, Status::Offline),
            (2, Status::NotReady(3)),
            (1, Status::Available),
            (3, Status::Paused(QueueId(4))),
        ] {
            store.write(Record::AgentStatus(AgentId(agent), status));
        }
        store.stop();
        let (store, _) = ground.start();
        let said = [
            (AgentId(1), Status::Available),
            (AgentId(2), Status::NotReady(3)),
            (AgentId(3), Status::Paused(QueueId(4))),
        ];
        assert_eq!(store.agent_statuses().expect("read"), said);
    });
}

#[test]
fn r60_whose_conversations_are_is_found_in_the_order_in_which_they_were_had() {
    on_each("store-owners", |ground| {
        let (store, _) = ground.start();
        for owner in [
            owner("+4930", Some(1), 0),
            owner("+4940", Some(1), 1),
            owner("+4930", Some(2), 2),
            owner("+4950", Some(1), 3),
            owner("+4950", None, 4),
        ] {
            store.write(Record::Owner(owner));
        }
        let left = [owner("+4940", Some(1), 1), owner("+4930", Some(2), 2)];
        assert_eq!(store.owners().expect("read"), left);
        store.stop();
        let (store, _) = ground.start();
        assert_eq!(store.owners().expect("read"), left);
    });
}
