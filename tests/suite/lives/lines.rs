//! What agents do with the keys of phones that have two lines: they call outside, a queue or each other, pass
//! callers on by REFER, let the parties of two calls talk to each other by REFER with Replaces, and go on with a
//! call on the other line by INVITE with Replaces; in any order, fitting or not.

use super::{AGENTS, CALLERS, OUTSIDE, habit};
use crate::world::World;
use crate::world::phone::Habit;
use cordboard::random::Random;
use std::time::Duration;

/// The second lines of two agents, and whose they are.
pub(crate) const SECOND: [(&str, &str); 2] = [("1001 again", "1001"), ("1002 again", "1002")];

/// Whom they call, and to whom they pass callers on: outside, another agent, a queue, an echo, nobody.
const WHOM: [&str; 6] = ["+4930555", "+4930666", "1001", "1002", "100", "9196"];

/// The agents have second lines, and answer while nobody wants it otherwise.
pub(crate) fn install(w: &mut World) {
    for (line, user) in SECOND {
        let agent = w.account.agents.iter().find(|agent| agent.user == user);
        let password = agent.expect("an agent").password.0.clone();
        w.add(line, 5060).is_of(user, &password);
        w.phone(user).habit = Habit::Answers(Duration::from_millis(400));
    }
}

/// Somebody presses a key.
pub(crate) fn press(w: &mut World, random: &mut Random) {
    let (second, first) = SECOND[random.below(2) as usize];
    let swapped = random.below(2) == 0;
    let (one, other) = if swapped {
        (second, first)
    } else {
        (first, second)
    };
    let whom = WHOM[random.below(6) as usize];
    match random.below(16) {
        // The first is put on hold, as phones do it.
        0..4 if !w.phones[second].has_dialog() => {
            w.reinvites(first, "sendonly").calls_out(second, whom);
        }
        4..10 if w.phones[first].talking => asks_first(w, first, second, whom, random),
        4 | 5 => refers(w, one, &format!("sip:{whom}@10.0.0.1")),
        6..9 => attends(w, one, other),
        9 => attends(w, one, anybody(random)),
        10 | 11 if !w.phones[one].has_dialog() => takes(w, one, other, random),
        12 if !w.phones[one].has_dialog() => takes(w, one, anybody(random), random),
        13 => {
            w.hangs_up(second);
        }
        14 => {
            let direction = ["sendonly", "sendrecv"][random.below(2) as usize];
            w.reinvites(second, direction);
        }
        15 if random.below(8) == 0 => w.phone(second).lose_power(),
        // Whoever is called may do something else next time.
        15 => w.phone(first).habit = habit(random),
        _ => {}
    }
}

/// All hang up, and answer nothing any more.
pub(crate) fn hang_up(w: &mut World) {
    for (line, _) in SECOND
        .iter()
        .filter(|(line, _)| w.phones.contains_key(*line))
        .collect::<Vec<_>>()
    {
        w.hangs_up(line);
    }
}

fn anybody(random: &mut Random) -> &'static str {
    let outside = OUTSIDE.iter().map(|(name, _)| name);
    let second = SECOND.iter().map(|(line, _)| line);
    let all: Vec<&str> = CALLERS
        .iter()
        .chain(&AGENTS)
        .chain(outside)
        .chain(second)
        .copied()
        .collect();
    all[random.below(all.len() as u64) as usize]
}

fn refers(w: &mut World, phone: &str, to: &str) {
    w.act(phone, |now, phone| phone.refer(now, to));
}

/// Somebody is asked on the second line, and has the party of the first: at once, while it rings, or later.
fn asks_first(w: &mut World, first: &str, second: &str, whom: &str, random: &mut Random) {
    if w.phones[second].has_dialog() {
        return;
    }
    w.reinvites(first, "sendonly").calls_out(second, whom);
    w.wait(random.below(5_000) as f64 / 1000.0);
    match random.below(3) {
        0 => attends(w, second, first),
        _ => attends(w, first, second),
    }
}

/// The party of the one call is to talk to that of the other.
fn attends(w: &mut World, phone: &str, other: &str) {
    if w.phones[other].has_dialog() {
        let replaces = w.phones[other].replaces();
        refers(w, phone, &format!("sip:030555@10.0.0.1?{replaces}"));
    }
}

/// The call of the other one is to go on here.
fn takes(w: &mut World, phone: &str, other: &str, random: &mut Random) {
    if w.phones[other].has_dialog() {
        let replaces = w.phones[other].replaces();
        let more = ["", ";early-only"][usize::from(random.below(4) == 0)];
        w.phone(phone).proves = true;
        w.act(phone, |now, phone| phone.dial_instead(now, &replaces, more));
    }
}
