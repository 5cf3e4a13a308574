//! Whatever comes in whatever order, the floor stays whole, and in the end it is empty.

use super::*;
use crate::id::HoursId;
use crate::settings::{AtClosing, Distribution, Strategy, StrategyKind, Waiting};

const LIVES: u64 = 2_000;
const EVENTS: usize = 200;

/// An account by chance: up to four queues, five agents, every rule on or off.
fn any_account(random: &mut Random) -> Account {
    let mut account = account();
    let queues = 1 + random.below(4) as u32;
    let agents = 1 + random.below(5) as u32;
    account.agents = (1..=agents).map(member).collect();
    for agent in &mut account.agents {
        let own = [None, Some(0), Some(4)][random.below(3) as usize];
        agent.wrap_up = own.map(Duration::from_secs);
    }
    account.wrap_up.extend = random.below(2) == 0;
    account.strategies = vec![Strategy {
        id: StrategyId(1),
        name: "of a number".into(),
        kind: StrategyKind::Senders(vec!["100".into()]),
        waiting: Waiting {
            greeting: Some(text()),
            max_wait: max_wait(5, OnMaxWait::End),
            ..Waiting::default()
        },
    }];
    account.wrap_up.enabled = random.below(2) == 0;
    account.timeouts.agent = Duration::from_secs(3 + random.below(10));
    account.queues = (1..=queues)
        .map(|id| any_queue(id, agents, random))
        .collect();
    account
}

fn any_queue(id: u32, agents: u32, random: &mut Random) -> settings::Queue {
    let mut queue = queue(QueueId(id), &[]);
    queue.agents = (1..=agents + 1)
        .filter(|_| random.below(3) > 0)
        .map(AgentId)
        .collect();
    queue.waiting.greeting = (random.below(2) == 0).then(text);
    queue.reoffer_delay = Duration::from_secs(random.below(6));
    queue.distribution = [
        Distribution::FewestConversations,
        Distribution::LongestIdle,
        Distribution::RoundRobin,
        Distribution::TopDown,
        Distribution::FewestCalls,
        Distribution::Random,
    ][random.below(6) as usize];
    queue.auto_pause = (random.below(3) == 0).then_some(1 + random.below(3) as u32);
    queue.hours = (random.below(2) == 0).then_some(HoursId(1));
    queue.at_closing = [AtClosing::Serve, AtClosing::Away][random.below(2) as usize];
    if random.below(2) == 0 {
        queue.waiting.announcement = announcement(1 + random.below(9));
    }
    if random.below(3) > 0 {
        let then = match random.below(4) {
            0 => OnMaxWait::End,
            1 => OnMaxWait::External(49),
            _ => OnMaxWait::Queue(QueueId(1 + random.below(5) as u32)),
        };
        queue.waiting.max_wait = max_wait(random.below(30), then);
        if let Some(max) = &mut queue.waiting.max_wait {
            max.message = (random.below(2) == 0).then(text);
        }
    }
    queue
}

fn any_input(random: &mut Random) -> Input {
    let call = CallId(random.below(12));
    let agent = AgentId(1 + random.below(6) as u32);
    let queue = QueueId(1 + random.below(5) as u32);
    let yes = random.below(3) > 0;
    match random.below(26) {
        0..=3 => Input::Join {
            call,
            arrival: any_arrival(queue, random),
        },
        4 | 5 => Input::Heard { call },
        6 | 7 => Input::Leave { call },
        8 | 9 => Input::Reachable {
            agent,
            reachable: yes || random.below(2) == 0,
        },
        10 => Input::Occupied {
            agent,
            occupied: !yes && random.below(2) == 0,
        },
        11 => Input::Load {
            agent,
            conversations: random.below(3) as u32,
        },
        12 => Input::Accept { agent, call },
        13 => Input::Reserve {
            call,
            place: any_place(queue, random),
        },
        14 => Input::Ready { call, ready: yes },
        15 => Input::Withdraw { call },
        16 => Input::Status {
            agent,
            status: match random.below(6) {
                0 => Status::NotReady(0),
                1 => Status::Offline,
                _ => Status::Available,
            },
        },
        17 => Input::EndWrapUp { agent },
        18 => Input::ExtendWrapUp { agent },
        19 => Input::Open { queue, open: yes },
        20 => Input::Return { call },
        24 => Input::PassOn {
            call,
            arrival: any_arrival(queue, random),
        },
        21 => Input::Hand { call, agent },
        22 => Input::Back { call },
        23 => Input::Send { call, queue },
        _ => Input::Refuse {
            agent,
            call,
            why: [Refusal::Declined, Refusal::Failed][random.below(2) as usize],
        },
    }
}

fn any_arrival(queue: QueueId, random: &mut Random) -> Arrival {
    let owner = AgentId(1 + random.below(6) as u32);
    Arrival {
        queue,
        sender: (random.below(3) == 0).then_some(StrategyId(1)),
        owner: (random.below(4) == 0).then_some(owner),
        first: (random.below(4) == 0).then(|| First {
            agent: AgentId(1 + random.below(6) as u32),
            strict: random.below(2) == 0,
        }),
    }
}

fn any_place(queue: QueueId, random: &mut Random) -> Kept {
    Kept {
        queue,
        turn: [Turn::Arrival, Turn::AfterArrivals][random.below(2) as usize],
        age: Duration::from_millis(random.below(5_000)),
        number: 1_000_000 + random.u64() / 2,
        only: (random.below(4) == 0).then(|| AgentId(1 + random.below(6) as u32)),
    }
}

/// Now and then the agents who are rung do something about it.
fn answer(floor: &Floor, random: &mut Random) -> Option<Input> {
    let offered = floor.agents().find_map(|(agent, state)| match state {
        AgentState::Offered { call, .. } => Some((agent, call)),
        AgentState::NotReady { .. }
        | AgentState::Away
        | AgentState::Occupied
        | AgentState::Available { .. }
        | AgentState::Talking { .. }
        | AgentState::WrapUp { .. }
        | AgentState::Resting { .. } => None,
    });
    let (agent, call) = offered.filter(|_| random.below(3) == 0)?;
    let why = Refusal::Declined;
    Some(match random.below(3) {
        0 => Input::Refuse { agent, call, why },
        _ => Input::Accept { agent, call },
    })
}

/// Lives once and says how many talks there were.
fn live(seed: u64) -> usize {
    let mut random = Random::seeded(seed);
    let mut floor = Floor::new(&any_account(&mut random), Random::seeded(seed));
    let mut now = some_instant();
    let mut out = Vec::new();
    for _ in 0..EVENTS {
        now += Duration::from_millis(random.below(2) * random.below(1_000));
        let due = floor.poll_timeout().is_some_and(|at| at <= now);
        let input = match answer(&floor, &mut random) {
            _ if due => Input::Timeout,
            Some(input) => input,
            None => any_input(&mut random),
        };
        if random.below(40) == 0 {
            floor.set(now, &any_account(&mut random), &mut out);
            floor.check();
        }
        floor.handle(now, input, &mut out);
        floor.check();
        let next = floor.poll_timeout();
        assert!(!due || next.is_none_or(|at| at > now), "a deadline stays");
    }
    for call in 0..12 {
        let call = CallId(call);
        floor.handle(now, Input::Leave { call }, &mut out);
        floor.check();
    }
    assert!(floor.is_empty());
    let said = |wanted: fn(&Action) -> bool| out.iter().filter(|a| wanted(a)).count();
    let talks = said(|action| matches!(action, Action::Connect { .. }));
    let (mut wrapped_up, mut steps) = (Vec::new(), 0);
    while let Some(at) = floor.poll_timeout() {
        floor.handle(at, Input::Timeout, &mut wrapped_up);
        floor.check();
        steps += 1;
        assert!(
            steps <= 10,
            "one deadline an agent at most, some of whom are no more"
        );
    }
    let wrapped_up = wrapped_up.len() + said(|a| matches!(a, Action::WrappedUp { .. }));
    assert_eq!(wrapped_up, talks, "each talk is wrapped up once");
    talks
}

#[test]
fn random_lives_leave_nothing_behind() {
    let mut talks = 0;
    for seed in 0..LIVES {
        let lived = std::panic::catch_unwind(|| live(seed));
        talks += lived.unwrap_or_else(|_| panic!("seed {seed}"));
    }
    assert!(
        talks > 2 * LIVES as usize,
        "{talks} talks: not much of a life"
    );
}
