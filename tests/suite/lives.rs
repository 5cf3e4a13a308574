//! Random lives: a seed makes hundreds of events in a bad network; nothing may be lost or doubled.

mod deeds;
mod files;
mod lines;

use crate::world::World;
use crate::world::network::Weather;
use crate::world::page::Picks;
use crate::world::phone::Habit;
use cordboard::acd::Status;
use cordboard::call::link::{LinkTarget, Pass};
use cordboard::call::record::End;
use cordboard::id::{AgentId, HoursId, LinkId, QueueId, TrunkId};
use cordboard::random::Random;
use cordboard::settings::{
    Account, AtClosing, Codes, Consent, Distribution, Hours, MaxWait, Message, OnMaxWait, Opening,
    Outbound, Server, Trunk,
};
use cordboard::switch::Ask;
use jiff::civil::{Weekday, time};
use serde_json::json;
use std::time::Duration;

/// As many as `CORDBOARD_LIVES` says: fewer while something is being built, more for a hunt.
const LIVES: u64 = 2000;
const EVENTS: u64 = 40;
const CALLERS: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];
const AGENTS: [&str; 3] = ["1001", "1002", "1003"];
const DESKS: [&str; 2] = ["ada", "ben"];
const VISITORS: [&str; 2] = ["gina", "hugo"];
/// Phones at the places of two trunks, behind the phones of callers and agents.
const OUTSIDE: [(&str, &str); 2] = [("frank", "127.1.0.9"), ("grace", "127.1.0.10")];

#[test]
fn nothing_is_lost_and_nothing_is_double_in_two_thousand_lives() {
    let asked = std::env::var("CORDBOARD_LIVES").ok();
    let count = asked.and_then(|text| text.parse().ok()).unwrap_or(LIVES);
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let lives = |worker| {
        move || {
            let seeds = (0..count).filter(|seed| seed % workers == worker);
            seeds.map(live).collect::<Vec<_>>()
        }
    };
    let all: Vec<Lived> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(lives(worker)))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no life fails"))
            .collect()
    });
    // A hunt in which nothing happens proves nothing.
    for (end, least) in [
        (End::CustomerHungUp, 500),
        (End::AgentHungUp, 500),
        (End::Abandoned, 500),
        (End::MaxWait, 100),
        (End::Closed, 50),
        (End::NotReached, 100),
        (End::SignallingLost, 5),
        (End::Joined, 20),
    ] {
        let ends = all.iter().flat_map(|lived| &lived.ends);
        let times = ends.filter(|each| **each == end).count() as u64;
        assert!(
            times >= least * count / LIVES,
            "{end:?} was met {times} times"
        );
    }
    for (said, least) in [
        ("passes the caller on to", 150),
        ("nobody takes the caller who was passed on", 30),
        ("who is asked has answered", 50),
        ("who was asked is in the call no more", 50),
        ("goes on at another phone", 20),
        ("the agent asks whoever answers in", 20),
    ] {
        let logs = all.iter().map(|lived| lived.log.matches(said).count());
        let times = logs.sum::<usize>() as u64;
        assert!(
            times >= least * count / LIVES,
            "{said:?} was said {times} times"
        );
    }
}

/// What has happened in a life.
struct Lived {
    /// How its calls ended.
    ends: Vec<End>,
    /// What was told of them.
    log: String,
}

/// Seeds that once failed, and what they found, stay here.
#[test]
fn lives_that_once_failed() {
    for seed in [79, 120, 392] {
        live(seed);
    }
}

/// Lives one life.
fn live(seed: u64) -> Lived {
    let mut random = Random::seeded(seed);
    let ports = if random.below(4) == 0 { 4 } else { 50 };
    let max_wait = (random.below(2) == 0).then(|| MaxWait {
        after: Duration::from_secs(5 + random.below(60)),
        message: None,
        then: match random.below(3) {
            0 => OnMaxWait::External(4_930_777),
            _ => OnMaxWait::End,
        },
    });
    let mut w = World::silent(seed, ports, |account| {
        account.timeouts.agent = Duration::from_secs(3 + seed % 10);
        account.queues[0].waiting.max_wait = max_wait;
        account.timeouts.customer = Duration::from_secs(3 + seed % 7);
        account.dialling.calls_per_minute = 0;
        ways_out(account, seed);
        ways_of_waiting(account, seed);
        ways_of_recording(account, seed);
        // Some callers are told their place.
        if seed.is_multiple_of(2)
            && let Some(announcement) = &mut account.queues[0].waiting.announcement
        {
            announcement.message = Message::text("You are the {position} caller.");
        }
    });
    // The engine is quick, slow or broken.
    w.speech.takes = [Some(100), Some(1_500), Some(4_000), None]
        .map(|ms| ms.map(Duration::from_millis))[(seed / 2) as usize % 4];
    if random.below(3) != 0 {
        w.network.weather = Weather::FOUL;
    }
    for agent in AGENTS {
        w.agent(agent, habit(&mut random));
    }
    for caller in CALLERS {
        w.add(caller, 5080).habit = Habit::Dead;
    }
    for (outside, address) in OUTSIDE {
        let phone = w.add(outside, 5080);
        assert_eq!(phone.address.ip().to_string(), address);
        phone.habit = habit(&mut random);
    }
    // Some agents have desks, and some customers come by a link.
    let mut pages = (seed % 3 == 1).then(|| Random::seeded(!seed));
    if pages.is_some() {
        w.links.add("token", pass(seed), 1_000);
    }
    // In some, agents and supervisors do all that a call bears.
    let mut deeds = (seed % 5 < 2).then(|| Random::seeded(seed << 32));
    // In some, agents have phones with two lines.
    let mut keys = (seed % 4 < 2).then(|| Random::seeded(!seed << 32));
    if keys.is_some() {
        lines::install(&mut w);
    }
    for _ in 0..EVENTS {
        event(&mut w, &mut random);
        if let Some(random) = &mut deeds {
            deeds::deed(&mut w, random);
        }
        if let Some(random) = &mut keys {
            lines::press(&mut w, random);
        }
        if let Some(random) = &mut pages {
            page_event(&mut w, random);
        }
    }
    at_the_end(&mut w, seed);
    let log = w.log();
    let conversations = w.conversations.into_values();
    Lived {
        ends: conversations.filter_map(|each| each.end).collect(),
        log,
    }
}

/// Two trunks, of which the second is tried where the first fails.
fn ways_out(account: &mut Account, seed: u64) {
    for (id, (_, address)) in (2..).map(TrunkId).zip(OUTSIDE) {
        let server = Server {
            host: address.to_owned(),
            port: None,
            transport: None,
        };
        account.trunks.push(Trunk {
            server: Some(server),
            max_calls: (seed % 3) as u32,
            ..Trunk::new(id, address)
        });
    }
    account.outbound = vec![Outbound {
        number: "+*".into(),
        trunks: vec![TrunkId(2), TrunkId(3)],
        agents: None,
    }];
}

/// Every distribution; agents who are paused; hours in which the queue closes and opens again while
/// people wait; conversations that stay with their agents.
fn ways_of_waiting(account: &mut Account, seed: u64) {
    account.wrap_up.extend = true;
    account.trunks[0].sticky_agent = seed % 4 == 1;
    let queue = &mut account.queues[0];
    queue.distribution = [
        Distribution::FewestConversations,
        Distribution::LongestIdle,
        Distribution::RoundRobin,
        Distribution::TopDown,
        Distribution::FewestCalls,
        Distribution::Random,
    ][(seed % 6) as usize];
    queue.auto_pause = (seed % 5 == 2).then_some(3);
    if seed % 7 != 3 {
        return;
    }
    queue.at_closing = [AtClosing::Serve, AtClosing::Away][(seed / 7 % 2) as usize];
    queue.hours = Some(HoursId(1));
    let opening = |from, to| Opening {
        days: vec![Weekday::Sunday],
        from,
        to,
    };
    let seconds = |seconds| time(14, 30, seconds, 0);
    // The world begins five seconds after half past two.
    account.hours = vec![Hours {
        id: HoursId(1),
        name: "now and then".into(),
        zone: "UTC".into(),
        week: vec![
            opening(time(14, 0, 0, 0), seconds(12)),
            opening(seconds(16), seconds(20)),
            opening(seconds(30), time(15, 0, 0, 0)),
        ],
        holidays: vec![],
        away: Some(Message::File("away.wav".into())),
        codes: Codes::default(),
    }];
}

/// Customers who are told before they are recorded, and may refuse; keys that are not for the recording; an
/// agent of whom nothing is recorded.
fn ways_of_recording(account: &mut Account, seed: u64) {
    let recording = &mut account.recording;
    recording.consent = (seed % 8 < 3).then(|| Consent {
        message: Message::text("This call is recorded."),
        refuse: (seed % 8 < 2).then_some('9'),
        wait: Duration::from_secs(5),
    });
    recording.mask_digits = seed.is_multiple_of(3).then_some(Duration::from_secs(4));
    account.agents[1].record_calls = seed % 6 != 5;
}

/// What an agent may say at any time, fitting or not.
fn wish(agent: &str, random: &mut Random) -> Ask {
    let number = AGENTS.iter().position(|each| *each == agent);
    let agent = AgentId(number.map_or(0, |number| number as u32 + 1));
    match random.below(8) {
        0 => Ask::SetStatus {
            agent,
            status: Status::Offline,
        },
        1..4 => Ask::SetStatus {
            agent,
            status: Status::Available,
        },
        4 => Ask::EndWrapUp { agent },
        5 | 6 => Ask::ExtendWrapUp { agent },
        _ => Ask::SetLoad {
            agent,
            conversations: random.below(4) as u32,
        },
    }
}

fn event(w: &mut World, random: &mut Random) {
    let caller = CALLERS[random.below(5) as usize];
    let agent = AGENTS[random.below(3) as usize];
    let outside = OUTSIDE[random.below(2) as usize].0;
    match random.below(15) {
        0..3 => {
            if !w.phones[caller].has_dialog() {
                let number = ["100", "100", "100", "9196", "9664"][random.below(5) as usize];
                w.dials(caller, number);
            }
        }
        3 => {
            w.hangs_up(caller);
        }
        4 => {
            w.hangs_up(agent);
        }
        5 => w.phone(agent).habit = habit(random),
        6 => {
            let expires = if random.below(2) == 0 { 0 } else { 3600 };
            w.registers(agent, expires);
        }
        7 => {
            let who = if random.below(2) == 0 { caller } else { agent };
            let direction = ["sendonly", "inactive", "sendrecv"][random.below(3) as usize];
            w.reinvites(who, direction);
        }
        8 => {
            if !w.phones[agent].has_dialog() {
                w.calls_out(agent, "+4930555");
            }
        }
        9 => w.phone(outside).habit = habit(random),
        10 => {
            w.hangs_up(outside);
        }
        11 => {
            let who = if random.below(2) == 0 { caller } else { agent };
            w.phone(who).lose_power();
        }
        12 => {
            // Refused or not, it is answered.
            let _ = w.asks(wish(agent, random));
        }
        _ => {
            w.wait(random.below(8_000) as f64 / 1000.0);
        }
    }
}

/// Where the link of a life leads: to a queue, or to an agent before that, or to nobody else.
fn pass(seed: u64) -> Pass {
    let (agent, queue) = (AgentId(1), QueueId(1));
    let to = match seed % 4 {
        0 => LinkTarget::Queue(queue),
        1 => LinkTarget::Agent {
            agent,
            otherwise: None,
        },
        _ => LinkTarget::Agent {
            agent,
            otherwise: Some(queue),
        },
    };
    Pass {
        link: LinkId(1),
        name: "Support".into(),
        to,
        video: true,
    }
}

/// What people do with pages, fitting or not; half of it is nothing.
fn page_event(w: &mut World, random: &mut Random) {
    let number = random.below(2) as usize;
    let (desk, visitor) = (DESKS[number], VISITORS[number]);
    let any = if random.below(2) == 0 { desk } else { visitor };
    let here = w.pages.contains_key(any);
    match random.below(24) {
        0..3 => {
            let after = Duration::from_millis(random.below(6_000));
            let picks = [Picks::Up(after), Picks::Up(after), Picks::Nothing];
            let picks = picks[random.below(3) as usize];
            w.desk(desk, number as u32 + 1, picks);
        }
        3..6 if !w.pages.contains_key(visitor) || w.page(visitor).states().is_empty() => {
            w.loses_visitor(visitor)
                .visitor(visitor, "token")
                .page_calls(visitor, None);
        }
        6 if here => {
            w.loses_page(any);
        }
        7 if here => {
            w.comes_back(any);
        }
        8 if here => {
            w.reloads(any, random.below(25) as f64);
        }
        9 if here => {
            w.page_does(any, json!({ "type": "hang_up" }));
        }
        10 if here => {
            w.page_does(any, json!({ "type": "reject" }));
        }
        11 if here => {
            let on = random.below(2) == 0;
            let what = ["hold", "mute"][random.below(2) as usize];
            w.page_does(any, json!({ "type": what, "on": on }));
        }
        12 if w.pages.contains_key(desk) => {
            w.page_calls(desk, Some("+4930555"));
        }
        13 if here => {
            w.page_does(any, json!({ "type": "offer", "sdp": "no offer" }));
        }
        14 if here => {
            w.offers_anew(any);
        }
        _ => {}
    }
}

/// Everybody hangs up in fair weather; then nothing may be left.
fn at_the_end(w: &mut World, seed: u64) {
    w.network.weather = Weather::FAIR;
    // Whoever lost messages in the storm is heard again, then all hang up, more than once: a CANCEL
    // may have to wait for its turn.
    w.wait(40.0);
    for name in w.pages.keys().cloned().collect::<Vec<_>>() {
        w.loses_page(&name);
    }
    for _ in 0..4 {
        let outside = OUTSIDE.iter().map(|(name, _)| name);
        for who in CALLERS.iter().chain(&AGENTS).chain(outside) {
            w.phone(who).habit = Habit::Ignores;
            w.hangs_up(who);
        }
        lines::hang_up(w);
        w.wait(40.0);
    }
    // Whose phone has lost its power is found out by a session timer (RFC 4028).
    w.wait(2000.0);
    assert!(
        w.is_at_rest(),
        "seed {seed}: something is left: {:?}\n{}",
        w.switch.sip_counters(),
        w.log()
    );
    for (call, conversation) in &w.conversations {
        assert!(
            conversation.ended.is_some(),
            "seed {seed}: call {call} has not ended"
        );
        assert_eq!(w.endings[call], 1, "seed {seed}: call {call} ended once");
    }
    files::prove(w, seed);
}

fn habit(random: &mut Random) -> Habit {
    match random.below(6) {
        0 => Habit::Declines(if random.below(2) == 0 { 486 } else { 503 }),
        1 => Habit::Ignores,
        2 => Habit::Dead,
        _ => Habit::Answers(Duration::from_millis(random.below(6_000))),
    }
}
