//! What it costs to find an agent for a caller: `cargo bench --bench offers`, which `tools/bench --only offers` runs.
//!
//! 5,000 callers wait in 200 queues of 1,000 agents, each agent in ten of them. Prints one JSON object: microseconds of CPU for
//! an event that makes an offer (an agent hangs up and is rung for the next caller), on average and for the slowest in a thousand.

use cordboard::acd::{Action, Arrival, Floor, Input};
use cordboard::id::{AgentId, CallId, QueueId};
use cordboard::random::Random;
use cordboard::settings::{Account, Agent, Habits, Queue, Secret};
use rustix::time::{ClockId, clock_gettime};
use std::io::Write as _;
use std::time::{Duration, Instant};

const CALLERS: u64 = 5_000;
const AGENTS: u32 = 1_000;
const QUEUES: u32 = 200;
const OFFERS: usize = 50_000;

fn main() {
    let mut floor = Floor::new(&account(), Random::seeded(1));
    let (mut now, mut out) = (Instant::now(), vec![]);
    let mut calls = 0;
    for _ in 0..CALLERS {
        join(&mut floor, now, &mut calls, &mut out);
    }
    for agent in (0..AGENTS).map(AgentId) {
        let reachable = true;
        floor.handle(now, Input::Reachable { agent, reachable }, &mut out);
    }
    let mut costs = Vec::with_capacity(OFFERS);
    let mut offers: Vec<_> = offered(&out).collect();
    while costs.len() < OFFERS {
        for (agent, call) in std::mem::take(&mut offers) {
            now += Duration::from_millis(1);
            out.clear();
            floor.handle(now, Input::Accept { agent, call }, &mut out);
            // As many wait as before.
            join(&mut floor, now, &mut calls, &mut out);
            out.clear();
            let from = spent();
            floor.handle(now, Input::Leave { call }, &mut out);
            let cost = spent() - from;
            let made = offers.len();
            offers.extend(offered(&out));
            if offers.len() > made {
                costs.push(cost);
            }
        }
    }
    costs.sort_unstable();
    let mean = costs.iter().sum::<Duration>() / costs.len() as u32;
    let slow = costs[costs.len() - costs.len() / 1_000];
    let result = format!(
        r#"{{"offer_us": {:.3}, "slow_us": {:.3}}}"#,
        mean.as_secs_f64() * 1e6,
        slow.as_secs_f64() * 1e6
    );
    writeln!(std::io::stdout(), "{result}").expect("somebody reads what is printed");
}

fn join(floor: &mut Floor, now: Instant, calls: &mut u64, out: &mut Vec<Action>) {
    let arrival = Arrival::at(QueueId((*calls % u64::from(QUEUES)) as u32));
    let call = CallId(*calls);
    *calls += 1;
    floor.handle(now, Input::Join { call, arrival }, out);
}

fn offered(out: &[Action]) -> impl Iterator<Item = (AgentId, CallId)> {
    out.iter().filter_map(|action| match action {
        Action::Offer { call, agent, .. } => Some((*agent, *call)),
        Action::Say { .. }
        | Action::Music { .. }
        | Action::Redirect { .. }
        | Action::Revoke { .. }
        | Action::Connect { .. }
        | Action::Dismiss { .. }
        | Action::GiveUp { .. }
        | Action::Paused { .. }
        | Action::WrappedUp { .. }
        | Action::NotTaken { .. } => None,
    })
}

/// Queue 0 has agents 0–49, queue 1 agents 5–54 and so on, round.
fn account() -> Account {
    let agents = (0..AGENTS).map(|id| Agent {
        id: AgentId(id),
        name: format!("agent {id}"),
        user: id.to_string(),
        password: Secret(String::new()),
        wrap_up: None,
        record_calls: false,
        record_direction: cordboard::settings::Directions::Both,
        teams: vec![],
        habits: Habits::default(),
    });
    let queues = (0..QUEUES).map(|id| {
        let own = (id * 5..id * 5 + 50).map(|agent| AgentId(agent % AGENTS));
        Queue {
            agents: own.collect(),
            ..Queue::new(QueueId(id), &format!("queue {id}"))
        }
    });
    Account {
        agents: agents.collect(),
        queues: queues.collect(),
        ..Account::new("bench")
    }
}

/// The CPU time of this thread.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}
