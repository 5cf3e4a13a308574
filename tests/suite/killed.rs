//! The server is killed at every point of a callback's life, and once more at some later one: it is never lost,
//! never dialled twice for one attempt, and nobody is told what is not written (F19, R85).

use crate::stories::answers;
use crate::stories::callbacks::offer_callbacks;
use crate::stories::trunks::{ONE, ways_out};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::database::Health;
use cordboard::acd::callback::Status;
use cordboard::random::Random;
use cordboard::settings::CallbackKind;
use std::collections::BTreeMap;
use std::time::Duration;

const ALICE: &str = "+4930555";
const AGENT: &str = "1001";

#[test]
fn f19_killed_at_any_point_no_callback_is_lost_and_no_attempt_is_dialled_twice() {
    let whole = live(None, 1).0;
    assert!(whole > 50, "{whole} things are done in its life");
    let mut promised = 0;
    for point in 0..whole {
        promised += usize::from(live(Some(point), point).1);
    }
    assert!(
        promised as u64 > whole / 2,
        "{promised} of {whole} were promised"
    );
}

/// Alice asks, is busy at the first attempt, and answers the second. The server dies before it does the thing of
/// this number since her key, and again a while later. Says how many things were done, and whether she was promised.
fn live(point: Option<u64>, seed: u64) -> (u64, bool) {
    let mut random = Random::seeded(seed);
    let mut w = World::silent(seed, 50, |account| {
        ways_out(account);
        account.outbound[0].trunks.truncate(1);
        offer_callbacks(account);
        let announcement = account.queues[0].waiting.announcement.as_mut();
        announcement.expect("the demo's").every = Duration::from_secs(1);
        account.callbacks[0].kind = CallbackKind::Automated;
        account.callbacks[0].delay = Duration::from_secs(20);
    });
    w.carrier(ONE, &[(1.0, Says::Refuse(486))]);
    w.database.health = Health::Writes(Duration::from_millis(random.below(400)));
    w.dials(ALICE, "100").wait(2.0);
    let from = w.fate.asked;
    if let Some(point) = point {
        w.will_die(point);
    }
    for key in ["*", "1"] {
        let body = format!("Signal={key}\r\nDuration=120\r\n");
        w.act(ALICE, |now, phone| {
            phone.info(now, "application/dtmf-relay", &body)
        });
        w.wait(0.2);
    }
    w.wait(3.0).agent(AGENT, answers(1.0));
    let (mut registered, mut again) = (0, point.is_some());
    for second in 0..300 {
        w.wait(1.0);
        if w.fate.deaths > registered {
            registered = w.fate.deaths;
            w.registers(AGENT, 3600);
            if std::mem::take(&mut again) {
                w.will_die(random.below(120));
            }
        }
        let carrier = w.carriers.get_mut(ONE).expect("one");
        if !carrier.invites.is_empty() {
            carrier.script = vec![(1.0, Says::Answer)];
        }
        // They have talked.
        if second % 10 == 9 {
            w.hangs_up(AGENT);
        }
    }
    let log = w.log();
    let told = log.contains("is kept, and the caller is told so");
    let mut dialled = BTreeMap::<&str, usize>::new();
    for line in log.lines() {
        if let Some((_, attempt)) = line.split_once("dials +4930555, ") {
            *dialled.entry(attempt).or_default() += 1;
        }
    }
    let why = format!("killed at {point:?}: {log}");
    assert!(dialled.values().all(|times| *times == 1), "{why}");
    let invites = w.carriers[ONE].invites.len();
    assert!(w.database.rows.len() <= 1, "{why}");
    match w.database.rows.values().next() {
        Some(row) => {
            let attempts = row.attempts as usize;
            assert!(
                invites <= attempts,
                "{invites} of {attempts} attempts: {why}"
            );
            assert_eq!(row.state.status(), Status::Done, "{why}");
            assert!(invites >= 2 || !told, "she was reached: {why}");
        }
        None => assert!(!told && invites == 0, "{why}"),
    }
    assert!(w.switch.is_idle(), "{why}");
    (w.fate.asked - from, told)
}
