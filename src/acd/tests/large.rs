//! A large floor stays whole.

use super::*;
use crate::random::Random;

/// 5,000 callers, 1,000 agents in 200 queues, each agent in ten of them.
fn large() -> (Floor, Instant) {
    let mut account = account();
    account.agents = (0..1_000).map(member).collect();
    account.queues = (0..200).map(|id| queue(QueueId(id), &[])).collect();
    for (index, queue) in account.queues.iter_mut().enumerate() {
        let first = index as u32 * 5;
        queue.agents = (first..first + 50).map(|id| AgentId(id % 1_000)).collect();
        queue.waiting.announcement = announcement(30);
        queue.waiting.max_wait = max_wait(600, OnMaxWait::End);
    }
    let (mut floor, now, mut out) = (
        Floor::new(&account, Random::seeded(2)),
        some_instant(),
        Vec::new(),
    );
    for call in 0..5_000 {
        let queue = QueueId(call as u32 % 200);
        let call = CallId(call);
        floor.handle(
            now,
            Input::Join {
                call,
                arrival: Arrival::at(queue),
            },
            &mut out,
        );
    }
    (floor, now)
}

#[test]
fn a_large_floor_stays_whole_in_a_busy_hour() {
    let (mut floor, mut now) = large();
    let (mut random, mut out) = (Random::seeded(1), Vec::new());
    for agent in (0..1_000).map(AgentId) {
        let reachable = true;
        floor.handle(now, Input::Reachable { agent, reachable }, &mut out);
    }
    floor.check();
    let mut talks = 0;
    let mut steps = 0_u32;
    while steps < 20_000 {
        out.clear();
        now += Duration::from_millis(5);
        let agent = AgentId(random.below(1_000) as u32);
        let input = match floor.agent(agent) {
            Some(AgentState::Offered { call, .. }) if random.below(2) == 0 => {
                let why = Refusal::Declined;
                Input::Refuse { agent, call, why }
            }
            Some(AgentState::Offered { call, .. }) => Input::Accept { agent, call },
            Some(AgentState::Talking { call }) => {
                let queue = QueueId(random.below(200) as u32);
                floor.handle(now, Input::Leave { call }, &mut out);
                Input::Join {
                    call,
                    arrival: Arrival::at(queue),
                }
            }
            Some(
                AgentState::NotReady { .. }
                | AgentState::Away
                | AgentState::Occupied
                | AgentState::Available { .. }
                | AgentState::WrapUp { .. }
                | AgentState::Resting { .. },
            )
            | None => Input::Timeout,
        };
        floor.handle(now, input, &mut out);
        steps += 1;
        talks += usize::from(matches!(out[..], [.., Action::Connect { .. }]));
    }
    floor.check();
    assert!(talks > 1_000, "{talks} talks");
}
