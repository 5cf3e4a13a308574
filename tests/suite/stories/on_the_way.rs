//! What a customer hears whom an agent has passed on to a number: whoever they are, whatever becomes of it,
//! with the network's sound before the answer and without. At each moment it is one thing, and never nothing
//! for longer than 400 ms (R134–R138).

use super::answers;
use super::trunks::{ONE, TWO, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::phone::Habit;
use cordboard::call::Target;
use cordboard::call::link::{LinkTarget, Pass};
use cordboard::call::record::{End, Outcome};
use cordboard::id::{AgentId, LinkId, QueueId};
use cordboard::settings::{Destination, Route};
use cordboard::switch::{Ask, Done, Refused};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const OUTSIDE: &str = "+4930555";
const MESSAGE: &str = "transfer message";
const WAIT: &str = "transfer music";
const SORRY: &str = "not taken";
/// The music of the queue, to which they come back.
const BACK: &str = "music";
const NETWORK: &str = "network";

/// How the customer has come.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Trunk,
    /// A phone that is registered here.
    Phone,
    Browser,
}

impl By {
    fn name(self) -> &'static str {
        match self {
            Self::Trunk => "alice",
            Self::Phone => "1003",
            Self::Browser => "visitor",
        }
    }
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    /// They talk to who has answered.
    Talk,
    /// They are told that nobody takes them, for this status, and are in the queue again.
    Back(u16),
    /// They hang up after so many seconds.
    Gone(f64),
}

struct Row {
    name: &'static str,
    /// What the first carrier says; the second has no room.
    script: &'static [(f64, Says)],
    /// What is heard between music and the end of it, if the network may be heard at all.
    network: &'static [&'static str],
    ends: Ends,
}

const ROWS: [Row; 9] = [
    Row {
        name: "answer",
        script: &[(0.1, Says::Trying), (4.0, Says::Answer)],
        network: &[],
        ends: Ends::Talk,
    },
    Row {
        name: "busy, as the network says first",
        script: &[(3.0, Says::Progress), (5.0, Says::Refuse(486))],
        network: &[NETWORK],
        ends: Ends::Back(486),
    },
    Row {
        name: "declined",
        script: &[(1.0, Says::Ringing), (4.0, Says::Refuse(603))],
        network: &[],
        ends: Ends::Back(603),
    },
    Row {
        name: "timeout",
        script: &[(1.0, Says::Ringing)],
        network: &[],
        ends: Ends::Back(480),
    },
    Row {
        name: "no trunk",
        script: &[(3.0, Says::Refuse(503))],
        network: &[],
        ends: Ends::Back(503),
    },
    Row {
        name: "183 without RTP",
        script: &[(1.0, Says::MuteProgress), (5.0, Says::Answer)],
        network: &[],
        ends: Ends::Talk,
    },
    Row {
        name: "183, then 180",
        script: &[
            (3.0, Says::Progress),
            (4.0, Says::Ringing),
            (6.0, Says::Answer),
        ],
        network: &[NETWORK],
        ends: Ends::Talk,
    },
    Row {
        name: "forked 183, the second one late",
        script: &[
            (3.0, Says::Progress),
            (6.0, Says::Branch),
            (8.0, Says::Answer),
        ],
        network: &[NETWORK, "branch"],
        ends: Ends::Talk,
    },
    Row {
        name: "the caller hangs up meanwhile",
        script: &[(3.0, Says::Progress)],
        network: &[NETWORK],
        ends: Ends::Gone(5.0),
    },
];

#[test]
fn r134_r135_r136_who_has_come_by_a_trunk_is_never_left_in_silence() {
    for_each_row(By::Trunk);
}

#[test]
fn r134_r135_r136_who_has_come_by_a_phone_is_never_left_in_silence() {
    for_each_row(By::Phone);
}

#[test]
fn r138_who_has_come_by_a_browser_is_never_left_in_silence() {
    for_each_row(By::Browser);
}

fn for_each_row(by: By) {
    for row in &ROWS {
        for early_media in [true, false] {
            plays(by, early_media, row);
        }
    }
}

fn plays(by: By, early_media: bool, row: &Row) {
    let what = format!("{by:?}, {}, early media {early_media}", row.name);
    let mut w = passed_on(by, early_media, row.script);
    let name = by.name();
    assert_eq!(w.carriers[ONE].invites.len(), 1, "{what}: within 20 ms");
    let seconds = match row.ends {
        Ends::Talk | Ends::Back(_) => 12.0,
        Ends::Gone(after) => after,
    };
    let heard = listens(
        &mut w,
        name,
        seconds,
        early_media && !row.network.is_empty(),
        &what,
    );
    let mut expected = vec![MESSAGE, WAIT];
    if early_media {
        expected.extend(row.network);
    }
    match row.ends {
        Ends::Talk => expected.push(ONE),
        Ends::Back(_) => expected.extend([SORRY, BACK]),
        Ends::Gone(_) => {}
    }
    assert_eq!(heard, expected, "{what}\n{}", w.log());
    leaves(&mut w, by);
    w.wait(1.0);
    let record = w.record();
    let end = match row.ends {
        Ends::Talk | Ends::Gone(_) => End::CustomerHungUp,
        Ends::Back(_) => End::Abandoned,
    };
    assert_eq!(record.end, Some(end), "{what}");
    let outcome = record.transfers[0].outcome;
    let expected = match row.ends {
        Ends::Talk => Outcome::Taken,
        Ends::Back(status) => Outcome::NotTaken { status },
        Ends::Gone(_) => Outcome::CustomerGone,
    };
    assert_eq!(outcome, Some(expected), "{what}");
    // R97: the files end with the transfer.
    for (samples, ended) in w.files.values() {
        let seconds = samples.len() as f64 / 8000.0;
        assert!(*ended && seconds < 3.1, "{what}: {seconds} s");
    }
    w.wait(40.0);
    assert!(w.is_at_rest(), "{what}");
}

#[test]
fn r128_for_who_has_come_by_a_browser_the_agent_chooses_one_of_our_numbers() {
    let mut w = with_carriers(|account| {
        let to = Destination::Queue(QueueId(1));
        let number = "+4989100".to_owned();
        account.routes.insert(0, Route { number, to });
    });
    w.carrier(ONE, &[(0.1, Says::Answer)])
        .agent("1001", answers(0.2));
    comes(&mut w, By::Browser);
    w.wait(3.0);
    let call = w.record().id;
    let transfer = |from: &str| Ask::Transfer {
        agent: Some(AgentId(1)),
        call,
        to: Target::Number(OUTSIDE.into()),
        from: Some(from.into()),
    };
    assert_eq!(w.asks(transfer("+4989101")), Err(Refused::FromIsNotOurs));
    assert!(w.carriers[ONE].invites.is_empty());
    assert_eq!(w.asks(transfer("+4989100")), Ok(Done::Plain));
    w.wait(1.0);
    let from = w.carriers[ONE].invites[0].field("From");
    assert!(from.contains("+4989100"), "{from}");
}

/// They have talked to Ada, who passes them on just now.
fn passed_on(by: By, early_media: bool, script: &[(f64, Says)]) -> World {
    let mut w = with_carriers(|account| {
        account.wrap_up.enabled = false;
        account.transfer.early_media = early_media;
        account.timeouts.customer = Duration::from_secs(5);
    });
    w.carrier(ONE, script)
        .carrier(TWO, &[(0.1, Says::Refuse(503))])
        .agent("1001", answers(0.2));
    comes(&mut w, by);
    w.wait(3.0);
    let since = w.now - Duration::from_millis(300);
    assert_eq!(w.anybody_hears(by.name(), since), ["1001"]);
    w.phone("1001").habit = Habit::Ignores;
    let transfer = Ask::Transfer {
        agent: Some(AgentId(1)),
        call: w.record().id,
        to: Target::Number(OUTSIDE.into()),
        from: None,
    };
    assert_eq!(w.asks(transfer), Ok(Done::Plain));
    w.wait(0.02);
    w
}

/// The customer calls.
fn comes(w: &mut World, by: By) {
    match by {
        By::Trunk => {
            w.dials("alice", "100");
        }
        By::Phone => {
            w.agent("1003", Habit::Ignores).calls_out("1003", "100");
        }
        By::Browser => {
            let pass = Pass {
                link: LinkId(5),
                name: "Support".into(),
                to: LinkTarget::Queue(QueueId(1)),
                video: false,
            };
            w.links.add("token", pass, 1);
            w.visitor("visitor", "token").wait(0.2);
            w.page_calls("visitor", None);
        }
    }
}

fn leaves(w: &mut World, by: By) {
    match by {
        By::Trunk | By::Phone => w.hangs_up(by.name()),
        By::Browser => w.page_does("visitor", json!({ "type": "hang_up" })),
    };
}

/// Listens every 100 ms, and says what is heard, without repetitions. `network`: what it says is heard 60 ms
/// after its first packet, and nothing else.
#[track_caller]
fn listens(
    w: &mut World,
    name: &str,
    seconds: f64,
    network: bool,
    what: &str,
) -> Vec<&'static str> {
    let mut heard = vec![];
    let (mut silent, mut before) = (0, BTreeSet::new());
    let mut spoke = None;
    for _ in 0..(seconds * 10.0) as u32 {
        if network && spoke.is_none() {
            spoke = speaks_within_100_ms(w, name, what);
        } else {
            w.wait(0.1);
        }
        let tones: BTreeSet<_> = w
            .anybody_hears(name, w.now - Duration::from_millis(100))
            .into_iter()
            // Whose tone is next to that of the first carrier.
            .filter(|tone| *tone != "hotline")
            .collect();
        silent = if tones.is_empty() { silent + 1 } else { 0 };
        assert!(silent <= 4, "{what}: silence after {heard:?}\n{}", w.log());
        // One window may see the end of one thing and the beginning of the next.
        let both = tones.intersection(&before).count();
        assert!(both <= 1, "{what}: {tones:?} at once");
        for tone in &tones {
            if !heard.contains(tone) || tones.len() == 1 && heard.last() != Some(tone) {
                heard.push(*tone);
            }
        }
        before = tones;
    }
    assert!(
        !network || spoke.is_some(),
        "{what}: the network has spoken"
    );
    heard
}

/// Waits for 100 ms in small steps. If the network speaks for the first time, what is heard from 60 ms later
/// on is looked at.
fn speaks_within_100_ms(w: &mut World, name: &str, what: &str) -> Option<Instant> {
    let end = w.now + Duration::from_millis(100);
    while w.now < end {
        w.wait(0.005);
        if w.network_speaks(ONE) {
            let first = w.now;
            w.wait(0.16);
            let tones = w.anybody_hears(name, first + Duration::from_millis(60));
            assert_eq!(tones, [NETWORK], "{what}: 60 ms after the first packet");
            return Some(first);
        }
    }
    None
}
