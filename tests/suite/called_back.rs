//! Random lives of callbacks: codes, agents who answer or not, customers who answer or not, hours that
//! begin and end, a database that is slow or fails, and restarts in the middle. None is lost, none is
//! dialled twice (F19), and each that is made has an agent who accepted it (D13).

use crate::stories::answers;
use crate::stories::callbacks::offer_callbacks;
use crate::stories::trunks::{ONE, ways_out};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::database::Health;
use crate::world::phone::Habit;
use cordboard::acd::callback::Status;
use cordboard::id::{CallbackId, HoursId};
use cordboard::random::Random;
use cordboard::settings::{Account, CallbackKind, Hours, Message, Opening, Priority};
use jiff::civil::{Weekday, time};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const LIVES: u64 = 200;
const EVENTS: u64 = 40;
const CALLERS: [&str; 4] = ["+49301", "+49302", "+49303", "+49304"];
const AGENTS: [&str; 2] = ["1001", "1002"];

#[test]
fn f19_no_callback_is_lost_and_no_attempt_is_made_twice() {
    let asked = std::env::var("CORDBOARD_LIVES").ok();
    let count = asked.and_then(|text| text.parse().ok()).unwrap_or(LIVES);
    let made: usize = (0..count.min(LIVES)).map(live).sum();
    assert!(
        2 * made as u64 > count.min(LIVES),
        "{made} attempts: not much of a life"
    );
}

/// Lives one life; says how many attempts were made in it.
fn live(seed: u64) -> usize {
    let mut random = Random::seeded(seed);
    let mut w = World::silent(seed, 50, |account| {
        ways_out(account);
        account.outbound[0].trunks.truncate(1);
        offer_callbacks(account);
        let announcement = account.queues[0].waiting.announcement.as_mut();
        let announcement = announcement.expect("the demo's");
        announcement.every = Duration::from_secs(1);
        announcement.codes.wait = Duration::from_secs(30);
        account.timeouts.agent = Duration::from_secs(5);
        account.timeouts.customer = Duration::from_secs(5);
        let callback = &mut account.callbacks[0];
        callback.kind = CallbackKind::Automated;
        callback.retries = (seed % 3) as u32;
        callback.delay = Duration::from_secs(20);
        if seed.is_multiple_of(2) {
            callback.priority = Priority::Inbound;
        }
        if seed.is_multiple_of(3) {
            opens_and_closes(account);
        }
    });
    w.carrier(ONE, &[(1.0, Says::Answer)]);
    let mut promised = BTreeSet::new();
    for _ in 0..EVENTS {
        let caller = CALLERS[random.below(4) as usize];
        let agent = AGENTS[random.below(2) as usize];
        match random.below(12) {
            0..=2 => {
                if !w.phones.get(caller).is_some_and(|phone| phone.has_dialog()) {
                    w.dials(caller, "100");
                }
            }
            3..=5 => {
                for key in ["*", "1"] {
                    if w.phones.contains_key(caller) {
                        let body = format!("Signal={key}\r\nDuration=120\r\n");
                        w.act(caller, |now, phone| {
                            phone.info(now, "application/dtmf-relay", &body)
                        });
                        w.wait(0.2);
                    }
                }
            }
            6 => {
                let habit = match random.below(4) {
                    0 => Habit::Ignores,
                    1 => Habit::Declines(486),
                    _ => answers(1.0),
                };
                w.agent(agent, habit);
            }
            7 => {
                if w.phones.contains_key(agent) {
                    w.hangs_up(agent);
                }
            }
            8 => {
                let script = match random.below(3) {
                    0 => vec![(1.0, Says::Ringing)],
                    1 => vec![(1.0, Says::Refuse(486))],
                    _ => vec![(1.0, Says::Answer)],
                };
                w.carriers.get_mut(ONE).expect("one").script = script;
            }
            9 => {
                w.database.health = match random.below(6) {
                    0 => Health::Fails,
                    1 => Health::Mute,
                    2 => Health::Writes(Duration::from_millis(random.below(4_000))),
                    _ => Health::Writes(Duration::ZERO),
                };
            }
            10 if random.below(3) == 0 => {
                w.dies();
                for agent in AGENTS {
                    if w.phones.contains_key(agent) {
                        w.registers(agent, 3600);
                    }
                }
            }
            10 | 11 => {
                if w.phones.contains_key(caller) {
                    w.hangs_up(caller);
                }
            }
            _ => unreachable!("below twelve"),
        }
        w.wait(random.below(8_000) as f64 / 1000.0);
        promised.extend(kept(&w.log()));
    }
    // In the end everybody is there, and it is done.
    w.database.health = Health::Writes(Duration::ZERO);
    w.carriers.get_mut(ONE).expect("one").script = vec![(1.0, Says::Answer)];
    for caller in CALLERS {
        if w.phones.contains_key(caller) {
            w.hangs_up(caller);
        }
    }
    w.wait(30.0);
    for agent in AGENTS {
        w.agent(agent, answers(1.0));
    }
    for _ in 0..60 {
        w.wait(5.0);
        for agent in AGENTS {
            w.hangs_up(agent);
        }
    }
    promised.extend(kept(&w.log()));
    for id in promised {
        assert!(
            w.database.rows.contains_key(&id),
            "seed {seed}: {id} is kept"
        );
    }
    let mut attempts = BTreeMap::<&str, usize>::new();
    for request in w.database.rows.values() {
        let done = [Status::Done, Status::NoReply].contains(&request.state.status());
        assert!(done, "seed {seed}: {request:?}");
        assert!(request.attempts <= request.terms.retries + 1, "seed {seed}");
        *attempts.entry(&request.number.0).or_default() += request.attempts as usize;
    }
    for caller in CALLERS {
        let uri = format!("sip:{caller}@");
        let invites = w.carriers[ONE].invites.iter();
        let dialled = invites
            .filter(|invite| invite.uri().starts_with(&uri))
            .count();
        let counted = attempts.get(caller).copied().unwrap_or_default();
        assert!(
            dialled <= counted,
            "seed {seed}: {caller} {dialled} times, {counted} counted"
        );
    }
    w.carriers[ONE].invites.len()
}

/// The queue closes after a minute, opens for half a minute, and is open from the fourth minute on; the
/// away message has the code, too (R67).
fn opens_and_closes(account: &mut Account) {
    let open = |from, to| Opening {
        days: vec![Weekday::Sunday],
        from,
        to,
    };
    let announcement = account.queues[0].waiting.announcement.as_ref();
    account.hours = vec![Hours {
        id: HoursId(1),
        name: "office".into(),
        zone: "Europe/Berlin".into(),
        week: vec![
            open(time(15, 30, 0, 0), time(15, 31, 0, 0)),
            open(time(15, 32, 0, 0), time(15, 32, 30, 0)),
            open(time(15, 34, 0, 0), time(23, 0, 0, 0)),
        ],
        holidays: vec![],
        away: Some(Message::File("away.wav".into())),
        codes: announcement.expect("the demo's").codes.clone(),
    }];
    account.queues[0].hours = Some(HoursId(1));
}

/// The callbacks that callers were told of.
fn kept(log: &str) -> Vec<CallbackId> {
    let lines = log
        .lines()
        .filter(|line| line.contains("is kept, and the caller is told so"));
    let words = lines.filter_map(|line| line.split("callback ").nth(1)?.split(' ').next());
    words
        .filter_map(|id| id.parse().ok().map(CallbackId))
        .collect()
}
