//! Callbacks: confirmed when they are safe, and found again.

use super::*;
use crate::acd::Turn;
use crate::acd::callback::{Kind, Number, Outcome, Request, State, Status, Terms};
use crate::id::{CallbackConfigId, QueueId};

fn request(id: u64, revision: u64, state: State) -> Request {
    Request {
        id: CallbackId(id),
        revision,
        number: Number(format!("+49301{id}")),
        queue: QueueId(1 + (id % 2) as u32),
        conversation: CallId(5),
        config: CallbackConfigId(1),
        terms: Terms {
            kind: if id < 3 {
                Kind::Automated
            } else {
                Kind::Manual
            },
            turn: Turn::Arrival,
            retries: 3,
            delay: Duration::from_secs(60),
        },
        asked: time(id as i64),
        joined: time(0),
        asks: 1,
        attempts: u32::from(id == 2),
        state,
    }
}

fn waits() -> State {
    State::InQueue { next: time(0) }
}

fn done() -> State {
    State::Done {
        at: time(9),
        how: Outcome::Reached,
    }
}

fn write(store: &Store, request: Request) {
    store.write(Record::Callback(Box::new(request)));
}

fn confirmed(said: &Said) -> Vec<(u64, u64, bool)> {
    let said = said.lock().expect("no panic");
    let stored = said.iter().filter_map(|event| match event {
        Event::Stored {
            id,
            revision,
            stored,
        } => Some((id.0, *revision, *stored)),
        Event::Failing { .. }
        | Event::Recovered
        | Event::Lost { .. }
        | Event::Interrupted { .. } => None,
    });
    stored.collect()
}

#[test]
fn a_callback_is_confirmed_and_the_last_writing_counts() {
    on_each("store-callbacks", |ground| {
        let (store, said) = ground.start();
        write(&store, request(1, 1, waits()));
        wait_for(|| confirmed(&said) == [(1, 1, true)]);
        write(&store, request(1, 2, done()));
        write(&store, request(2, 1, waits()));
        wait_for(|| confirmed(&said).len() == 3);
        assert_eq!(
            store.pending_callbacks().expect("read"),
            [request(2, 1, waits())]
        );
        store.stop();
        let (store, _) = ground.start();
        let found = store.callback(CallbackId(1)).expect("read");
        assert_eq!(found, Some(request(1, 2, done())));
        assert_eq!(store.callback(CallbackId(9)).expect("read"), None);
    });
}

#[test]
fn callbacks_are_filtered_by_each_thing_and_by_all_r80() {
    on_each("store-filters", |ground| {
        let (store, _) = ground.start();
        let active = State::Active {
            agent: AgentId(7),
            since: time(4),
            dialling: false,
        };
        for (id, state) in [
            (1, done()),
            (2, waits()),
            (3, active),
            (4, State::NoReply { at: time(5) }),
            (5, waits()),
        ] {
            write(&store, request(id, 1, state));
        }
        let all = CallbackFilter::default();
        let ids = |filter: &CallbackFilter| {
            let found = store.callbacks(filter, 99).expect("read");
            found.iter().map(|request| request.id.0).collect::<Vec<_>>()
        };
        assert_eq!(ids(&all), [5, 4, 3, 2, 1]);
        assert_eq!(store.callbacks(&all, 2).expect("read").len(), 2);
        let only = |filter: fn(&mut CallbackFilter)| {
            let mut wanted = CallbackFilter::default();
            filter(&mut wanted);
            ids(&wanted)
        };
        assert_eq!(only(|f| f.queue = Some(QueueId(1))), [4, 2]);
        assert_eq!(only(|f| f.number = Some("+493013".to_owned())), [3]);
        assert_eq!(only(|f| f.kind = Some(Kind::Automated)), [2, 1]);
        assert_eq!(
            only(|f| f.statuses = vec![Status::Done, Status::NoReply]),
            [4, 1]
        );
        use ConversationStatus::{Open, Solved, Waiting};
        assert_eq!(only(|f| f.conversations = vec![Waiting]), [2]);
        assert_eq!(only(|f| f.conversations = vec![Open, Solved]), [5, 4, 3, 1]);
        assert_eq!(only(|f| f.pending_since = Some(time(3))), [5, 3]);
        assert_eq!(only(|f| f.from = Some(time(4))), [5, 4]);
        assert_eq!(only(|f| f.until = Some(time(4))), [3, 2, 1]);
        assert_eq!(only(|f| f.before = Some(CallbackId(3))), [2, 1]);
        let both = CallbackFilter {
            queue: Some(QueueId(2)),
            kind: Some(Kind::Manual),
            statuses: vec![Status::Active, Status::InQueue],
            from: Some(time(4)),
            ..all
        };
        assert_eq!(ids(&both), [5]);
    });
}

#[test]
fn r151_when_nothing_more_is_owed_the_conversations_of_a_callback_are_solved() {
    use crate::call::record::Status::{Closed, Open, Solved};
    on_each("store-solved", |ground| {
        let (store, _) = ground.start();
        let of = |number, callback, status| Conversation {
            callback: Some(CallbackId(callback)),
            status,
            ended: Some(time(60)),
            ..conversation(number)
        };
        let goes_on = Conversation {
            ended: None,
            ..of(4, 1, Open)
        };
        // The caller hung up before the promise: it names no callback.
        let asked = Conversation {
            id: CallId(5),
            callback: None,
            ..of(0, 1, Open)
        };
        let all = [
            of(1, 1, Open),
            of(2, 1, Closed),
            of(3, 2, Open),
            goes_on,
            asked,
        ];
        for each in all {
            store.write(Record::Conversation(Box::new(each)));
        }
        let statuses = || {
            let found = store.conversations(9).expect("read");
            found.iter().map(|each| each.status).collect::<Vec<_>>()
        };
        write(&store, request(1, 1, waits()));
        assert_eq!(statuses(), [Open, Open, Closed, Open, Open], "newest first");
        write(&store, request(1, 2, done()));
        assert_eq!(statuses(), [Open, Open, Closed, Solved, Solved]);
    });
}

#[test]
fn while_the_database_is_locked_a_callback_is_confirmed_by_the_spool_and_survives_the_process() {
    let folder = Folder::new("store-promised");
    let (store, said) = start(&folder);
    store.flush().expect("open");
    let hold = Holder::lock(&folder.database());
    write(&store, request(1, 1, waits()));
    wait_for(|| confirmed(&said) == [(1, 1, true)]);
    // As after a kill: what is on the disk now is all that the next process has.
    let spool = std::fs::read(folder.path().join("cordboard.spool.jsonl")).expect("there");
    hold.release();
    store.stop();
    let other = Folder::new("store-promised-next");
    std::fs::write(other.path().join("cordboard.spool.jsonl"), spool).expect("written");
    let (store, _) = start(&other);
    assert_eq!(
        store.pending_callbacks().expect("read"),
        [request(1, 1, waits())]
    );
}
