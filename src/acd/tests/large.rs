//! A large floor stays whole, and a decision on it costs a handful of looks.

use super::*;

/// 1,000 agents in 200 queues, each agent in ten of them, and so many callers.
fn large(callers: u64) -> (Floor, Instant) {
    let mut account = account();
    account.agents = (0..1_000).map(member).collect();
    account.queues = (0..200).map(|id| queue(QueueId(id), &[])).collect();
    for (index, queue) in account.queues.iter_mut().enumerate() {
        let first = index as u32 * 5;
        queue.agents = (first..first + 50).map(|id| AgentId(id % 1_000)).collect();
        queue.waiting.announcement = announcement(30);
        queue.waiting.max_wait = max_wait(600, OnMaxWait::End);
    }
    let mut floor = Floor::new(&account, Random::seeded(2));
    let (now, mut out) = (some_instant(), Vec::new());
    for call in 0..callers {
        let arrival = Arrival::at(QueueId(call as u32 % 200));
        let call = CallId(call);
        floor.handle(now, Input::Join { call, arrival }, &mut out);
    }
    for agent in (0..1_000).map(AgentId) {
        let reachable = true;
        floor.handle(now, Input::Reachable { agent, reachable }, &mut out);
    }
    (floor, now)
}

/// What an hour of work has come to.
#[derive(Debug, Default)]
struct Work {
    talks: u32,
    offers: u32,
    /// Agents and callers looked at in all, and for one event at most.
    looked: u64,
    most: u64,
}

/// Twenty thousand things that agents do, and half of the offers are declined.
fn busy_hour(floor: &mut Floor, mut now: Instant) -> Work {
    let (mut random, mut out, mut work) = (Random::seeded(1), Vec::new(), Work::default());
    for _ in 0..20_000 {
        out.clear();
        now += Duration::from_millis(5);
        let agent = AgentId(random.below(1_000) as u32);
        let before = floor.looked();
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
        let looked = floor.looked() - before;
        work.looked += looked;
        work.most = work.most.max(looked);
        let offers = out.iter().filter(|a| matches!(a, Action::Offer { .. }));
        work.offers += offers.count() as u32;
        work.talks += u32::from(matches!(out[..], [.., Action::Connect { .. }]));
    }
    work
}

#[test]
fn a_large_floor_stays_whole_in_a_busy_hour() {
    let (mut floor, now) = large(5_000);
    floor.check();
    let work = busy_hour(&mut floor, now);
    floor.check();
    assert!(work.talks > 1_000, "{work:?}");
}

#[test]
fn an_offer_takes_a_handful_of_looks_however_many_wait() {
    // An agent who becomes free looks at the first of each of ten queues, and behind those who have
    // been refused a moment ago.
    let works = [2_500, 20_000].map(|callers| {
        let (mut floor, now) = large(callers);
        busy_hour(&mut floor, now)
    });
    for work in &works {
        let mean = work.looked / u64::from(work.offers.max(1));
        assert!(mean < 60 && work.most < 400, "{work:?}");
    }
    let [few, many] = works.map(|work| work.looked as f64 / f64::from(work.offers));
    assert!(many < 1.5 * few, "{few} looks an offer, and {many}");
}
