//! The log as a whole: numbers, memory, store, and what is in an event.

use super::live::Live;
use super::log::{Entry, Log, Since};
use super::{KINDS, What, samples, told};
use crate::acd::{AgentState, Status};
use crate::id::{AgentId, CallId, QueueId};
use crate::store::{Place, Store};
use crate::switch::{AgentView, CallerView, Notice, QueueView, View};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A folder of a test, removed at its end.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cordboard-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    pub(super) fn store(&self) -> Arc<Store> {
        let store = Store::start(&Place::new(None, &self.0), |_| {});
        Arc::new(store.expect("started"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The folder is in the system's temporary place anyway.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millis).expect("in range")
}

pub(super) fn event(number: u32) -> What {
    What::Queued {
        call: CallId(1),
        queue: QueueId(number),
        position: 1,
    }
}

fn events(since: Since) -> Vec<Arc<Entry>> {
    match since {
        Since::Events(events) => events,
        Since::Gone(first) => panic!("gone, from {first}"),
    }
}

fn numbers(since: Since) -> Vec<u64> {
    events(since).iter().map(|entry| entry.seq).collect()
}

#[test]
fn every_event_has_its_type_in_the_list_and_the_list_no_other() {
    let all = samples::every(CallId(1), AgentId(2), QueueId(4));
    let kinds: BTreeSet<_> = all.iter().map(What::kind).collect();
    assert_eq!(kinds.len(), all.len(), "no two share a name");
    assert_eq!(kinds, KINDS.iter().map(|(kind, _)| *kind).collect());
    for what in &all {
        let data = serde_json::to_value(what).expect("JSON");
        let (_, about) = KINDS
            .iter()
            .find(|(kind, _)| *kind == what.kind())
            .expect("listed");
        let live = matches!(what, What::AgentState(_) | What::QueueState(_));
        for field in data.as_object().expect("fields").keys().filter(|_| !live) {
            let told = about.contains(field.as_str()) || field == "status";
            assert!(told, "{}: {field} is not explained", what.kind());
        }
    }
}

#[test]
fn an_event_is_one_object_with_number_time_type_and_data() {
    let folder = Folder::new("events-object");
    let log = Log::open(folder.store(), time(0)).expect("open");
    let agent = AgentId(7);
    let what = told(
        Some(CallId(1)),
        &Notice::Connected {
            agent,
            waited_ms: 1_500,
        },
    );
    let seq = log.add(time(250), &what.expect("an event"));
    let entry = events(log.since(seq - 1, 9).expect("known")).remove(0);
    assert_eq!(
        entry.body,
        r#"{"seq":1800000000001,"at":"2027-01-15T08:00:00.25Z","type":"call.answered","agent":7,"data":{"call":"0000000000001","agent":7,"waited_ms":1500}}"#
    );
    assert_eq!((entry.seq, &*entry.kind), (seq, "call.answered"));
}

#[test]
fn that_a_key_was_pressed_is_told_and_never_which() {
    let call = Some(CallId(1));
    let pressed = told(call, &Notice::Pressed { by_agent: false }).expect("an event");
    let told_of_it = serde_json::to_string(&pressed).expect("JSON");
    assert_eq!(told_of_it, r#"{"call":"0000000000001","by_agent":false}"#);
    assert_eq!(told(call, &Notice::HearsEcho), None);
}

#[test]
fn who_follows_gets_each_event_once_and_in_order_and_is_woken() {
    let folder = Folder::new("events-follow");
    let log = Log::open(folder.store(), time(0)).expect("open");
    let mut news = log.subscribe();
    let start = log.last();
    assert_eq!(*news.borrow_and_update(), start);
    for number in 0..10 {
        log.add(time(1), &event(number));
    }
    assert!(news.has_changed().expect("open"));
    assert_eq!(*news.borrow_and_update(), start + 10);
    let first = numbers(log.since(start, 4).expect("known"));
    assert_eq!(first, [start + 1, start + 2, start + 3, start + 4]);
    assert_eq!(numbers(log.since(start + 4, 99).expect("known")).len(), 6);
    assert!(events(log.since(start + 10, 99).expect("known")).is_empty());
    let future = log.since(start + 11, 9).expect("known");
    assert_eq!(future, Since::Gone(start + 11));
}

#[test]
fn what_is_too_old_for_memory_comes_from_the_store() {
    let folder = Folder::new("events-old");
    let store = folder.store();
    let log = Log::open(store.clone(), time(0)).expect("open");
    let start = log.last();
    let many = 20_000;
    for number in 0..many {
        // No faster than the store takes them.
        if number % 1_000 == 999 {
            store.flush().expect("written");
        }
        log.add(time(1), &event(number));
    }
    store.flush().expect("written");
    let (mut after, mut seen) = (start, 0);
    loop {
        let batch = events(log.since(after, 3_000).expect("known"));
        let Some(last) = batch.last() else { break };
        assert_eq!(batch[0].seq, after + 1);
        assert_eq!(last.seq, after + batch.len() as u64);
        (after, seen) = (last.seq, seen + batch.len());
    }
    assert_eq!(seen, many as usize);
    let oldest = events(log.since(0, 1).expect("known")).remove(0);
    assert_eq!((oldest.seq, &*oldest.kind), (start + 1, "call.queued"));
}

#[test]
fn b15_who_comes_with_a_number_that_is_forgotten_is_told_where_the_log_begins() {
    let folder = Folder::new("events-forgotten");
    let now = Timestamp::now();
    let long_ago = now - jiff::SignedDuration::from_hours(31 * 24);
    let log = Log::open(folder.store(), long_ago).expect("open");
    let [first, _, kept] =
        [(long_ago, 1), (long_ago, 2), (now, 3)].map(|(at, n)| log.add(at, &event(n)));
    drop(log);
    let store = folder.store();
    let log = Log::open(store.clone(), now).expect("open");
    // A store that has nothing else to do forgets what is too old.
    while store.first_event().expect("read") != Some(kept) {
        std::thread::yield_now();
    }
    assert_eq!(log.since(first, 9).expect("known"), Since::Gone(kept));
    for after in [0, kept - 1] {
        assert_eq!(numbers(log.since(after, 9).expect("known")), [kept]);
    }
}

#[test]
fn after_a_restart_numbers_go_on_rising_and_what_was_written_is_known() {
    let folder = Folder::new("events-restart");
    let log = Log::open(folder.store(), time(0)).expect("open");
    let (start, last) = (log.last(), log.add(time(1), &event(1)));
    drop(log);
    // The clock was put back meanwhile.
    for (now, more) in [(time(-5_000), 1), (time(60_000), 60_000)] {
        let log = Log::open(folder.store(), now).expect("open");
        let known = events(log.since(start, 9).expect("known"));
        assert_eq!(known[0].seq, last);
        assert!(
            log.since(last, 9).is_ok(),
            "nothing is missing between the two"
        );
        let next = log.add(now, &event(2));
        assert!(next > last && next >= start + more, "{next} after {last}");
        let all = numbers(log.since(last, 9).expect("known"));
        assert_eq!(all.last(), Some(&next));
    }
}

#[test]
fn the_live_view_has_the_number_it_is_valid_at_and_what_changes_is_in_the_log() {
    let folder = Folder::new("events-live");
    let log = Log::open(folder.store(), time(0)).expect("open");
    let mut live = Live::new(log.clone(), time(0));
    let (shown, now) = (live.shown(), Instant::now());
    let agent = |state| AgentView {
        id: AgentId(7),
        name: "Ada".to_owned(),
        state,
        status: Status::Available,
        reachable: true,
    };
    let caller = |call, seconds| CallerView {
        call: CallId(call),
        queue: QueueId(1),
        from: "+4930123456".to_owned(),
        joined: now - Duration::from_secs(seconds),
        offered: None,
    };
    let queue = |waiting, seconds| QueueView {
        id: QueueId(1),
        name: "Support".to_owned(),
        waiting,
        callbacks: 0,
        longest: Duration::from_secs(seconds),
    };
    let view = View {
        agents: vec![agent(AgentState::Available { since: now })],
        queues: vec![queue(2, 90)],
        callers: vec![caller(1, 90), caller(2, 30)],
        ..View::default()
    };
    let start = log.last();
    live.see(view.clone(), now, time(100_000));
    let seen = shown.latest();
    assert_eq!(seen.seq, start + 2, "an agent and a queue");
    let waits = (seen.queues[0].waiting, seen.queues[0].longest_since);
    assert_eq!(waits, (2, Some(time(10_000))));
    assert_eq!(seen.callers[1].since, time(70_000));
    let ada = (seen.agents[0].state, seen.agents[0].since);
    assert_eq!(ada, ("available", Some(time(100_000))));
    assert_eq!(seen.agents[0].state_since, time(100_000));

    // Time alone changes nothing.
    let later = View {
        queues: vec![queue(2, 91)],
        ..view
    };
    live.see(later, now + Duration::from_secs(1), time(101_000));
    assert_eq!(shown.latest().seq, seen.seq);
    assert_eq!(shown.latest().at, time(101_000));

    let talking = View {
        agents: vec![agent(AgentState::Talking { call: CallId(1) })],
        queues: vec![queue(1, 32)],
        callers: vec![caller(2, 30)],
        ..View::default()
    };
    live.see(talking, now + Duration::from_secs(2), time(102_000));
    let changes = events(log.since(seen.seq, 9).expect("known"));
    let kinds: Vec<_> = changes.iter().map(|entry| &*entry.kind).collect();
    assert_eq!(kinds, ["agent.state", "queue.state"]);
    assert!(
        changes[0]
            .body
            .contains(r#""state":"talking","status":"available","reason":null,"reachable":true,"call":"0000000000001""#)
    );
    assert_eq!(shown.latest().seq, changes[1].seq);
    assert_eq!(shown.latest().agents[0].state_since, time(102_000));
}
