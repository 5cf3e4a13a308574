//! The store as a whole: what is written comes back, once, whatever happens to the database.

mod agents;
mod asked;
mod away;
mod contacts;
mod delivered;
mod links;
mod missed;
mod promised;
mod recordings;
mod supervised;
mod told;

use super::*;
use crate::call::record::{
    AgentName, Attempt, Cause, Content, Direction, End, File, Leg, Quality, Role, Talk,
};
use crate::id::{AgentId, LegId};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A folder of a test, removed at its end.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cordboard-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn database(&self) -> PathBuf {
        self.0.join("cordboard.db")
    }

    fn lines(&self, file: &str) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.0.join(file)).unwrap_or_default();
        let line = |line| serde_json::from_str(line).expect("JSON");
        text.lines().map(line).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("in range")
}

pub(super) fn conversation(number: u64) -> Conversation {
    Conversation {
        id: CallId::mint(1_800_000_000_000 + number, 0),
        account: "demo".to_owned(),
        from: "+4930123456".to_owned(),
        direction: Direction::Outbound,
        called: "100".to_owned(),
        trunk: Some("carrier".to_owned()),
        diverted_by: Some("+49301".to_owned()),
        callback: Some(CallbackId(1 << 60)),
        attempts: vec![Attempt {
            trunk: "carrier".to_owned(),
            began: time(1),
            status: Some(503),
        }],
        transfers: vec![crate::call::record::Transfer {
            at: time(2),
            by: None,
            to: crate::call::record::Destination::Queue("Sales".to_owned()),
            outcome: Some(crate::call::record::Outcome::NotTaken { status: 486 }),
        }],
        queue: Some("Support".to_owned()),
        began: time(0),
        connected: None,
        ended: None,
        waited_ms: 0,
        talked_ms: 0,
        agent: None,
        status: crate::call::record::Status::Waiting,
        assigned: None,
        offers: 0,
        end: None,
        legs: vec![],
    }
}

pub(super) fn ended(mut conversation: Conversation) -> Conversation {
    conversation.connected = Some(time(10));
    conversation.ended = Some(time(60));
    conversation.end = Some(End::CustomerHungUp);
    (conversation.waited_ms, conversation.talked_ms) = (9_000, 50_000);
    conversation.offers = 2;
    conversation.agent = Some(AgentName {
        id: AgentId(7),
        name: "Ada".to_owned(),
    });
    let leg = |number, role| Leg {
        id: LegId(number),
        role,
        sip_call_id: format!("{number}@host"),
        began: time(0),
        answered: Some(time(1)),
        ended: Some(time(60)),
        cause: (role == Role::Agent).then(|| Cause {
            protocol: "Q.850".to_owned(),
            cause: Some(16),
            text: None,
        }),
        quality: Quality {
            received: 3_000,
            sent: 2_999,
            lost: 1,
            jitter_ms: 1.5,
            round_trip_ms: Some(20.25),
        },
    };
    conversation.legs = vec![leg(1, Role::Customer), leg(2, Role::Agent)];
    conversation
}

fn recorded(number: u64, segment: u32) -> Recorded {
    let file = |name: &str, content| File {
        path: format!("demo/{name}.wav"),
        content,
        milliseconds: 50_000,
        bytes: 800_044,
        gaps: false,
        interrupted: true,
        sha256: Some("00".repeat(32)),
        encrypted: false,
    };
    let with = conversation(number);
    let talk = Talk {
        account: with.account.clone(),
        began: with.began,
        agent: AgentName {
            id: AgentId(7),
            name: "Ada".to_owned(),
        },
        customer: with.from.clone(),
        called: with.called.clone(),
        queue: with.queue.clone(),
        direction: with.direction,
    };
    Recorded {
        call: conversation(number).id,
        number: segment,
        talk: Some(talk),
        files: vec![
            file("c", Content::Leg(Role::Customer)),
            file("a", Content::Leg(Role::Agent)),
            file("both", Content::Stereo),
        ],
    }
}

fn put(store: &Store, conversation: Conversation) {
    store.write(Record::Conversation(Box::new(conversation)));
}

pub(super) type Said = Arc<Mutex<Vec<Event>>>;

fn start(folder: &Folder) -> (Store, Said) {
    start_at(&Place::Sqlite(folder.database()))
}

pub(super) fn start_at(place: &Place) -> (Store, Said) {
    let said = Said::default();
    let heard = Arc::clone(&said);
    let report = move |event| heard.lock().expect("no panic").push(event);
    (Store::start(place, report).expect("started"), said)
}

/// Where a test of the store is made: a folder, and a database in it or on a server.
pub(super) struct Ground {
    folder: Folder,
    pub(super) place: Place,
}

impl Ground {
    pub(super) fn start(&self) -> (Store, Said) {
        start_at(&self.place)
    }

    fn lines(&self, file: &str) -> Vec<serde_json::Value> {
        self.folder.lines(file)
    }
}

/// Makes a test with SQLite, and with PostgreSQL where `tools/with-postgres` says that there is a server.
pub(super) fn on_each(name: &str, test: impl Fn(&Ground)) {
    let folder = Folder::new(name);
    let place = Place::Sqlite(folder.database());
    test(&Ground { folder, place });
    let Ok(server) = std::env::var("CORDBOARD_TEST_POSTGRES") else {
        return;
    };
    let folder = Folder::new(&format!("{name}-postgres"));
    let database = format!("{}_{}", name.replace('-', "_"), std::process::id());
    postgres(&server, &format!("CREATE DATABASE {database}"));
    let place = Place::Postgres {
        url: format!("{server}/{database}"),
        dir: folder.path().to_owned(),
    };
    test(&Ground { folder, place });
}

/// Says something to a server of PostgreSQL.
pub(super) fn postgres(server: &str, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let url = format!("{server}/postgres");
        let mut connection = sqlx::PgConnection::connect(&url).await.expect("a server");
        let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()));
        sql.execute(&mut connection).await.expect("done");
    });
}

fn ids(conversations: &[Conversation]) -> Vec<CallId> {
    conversations.iter().map(|c| c.id).collect()
}

#[test]
fn a_conversation_is_one_row_with_its_last_state() {
    on_each("store-row", |ground| {
        let (store, said) = ground.start();
        put(&store, conversation(1));
        put(&store, conversation(2));
        assert_eq!(
            ids(&store.conversations(9).expect("rows")),
            [conversation(2).id, conversation(1).id]
        );
        put(&store, ended(conversation(1)));
        put(&store, conversation(1));
        let rows = store.conversations(9).expect("rows");
        assert_eq!(rows, [conversation(2), ended(conversation(1))]);
        assert_eq!(store.conversations(1).expect("rows").len(), 1);
        assert_eq!(store.backlog(), 0);
        store.stop();
        assert_eq!(*said.lock().expect("no panic"), []);
    });
}

#[test]
fn recordings_come_back_in_the_order_of_segments() {
    on_each("store-recordings", |ground| {
        let (store, _) = ground.start();
        store.write(Record::Recorded(recorded(1, 2)));
        store.write(Record::Recorded(recorded(1, 1)));
        store.write(Record::Recorded(recorded(1, 1)));
        store.write(Record::Recorded(recorded(2, 1)));
        let found = store.recordings(conversation(1).id).expect("rows");
        assert_eq!(found, [recorded(1, 1), recorded(1, 2)]);
        assert_eq!(store.recordings(CallId(0)).expect("rows"), []);
    });
}

#[test]
fn a_finished_conversation_is_one_line_of_the_call_records() {
    on_each("store-lines", |ground| {
        let (store, _) = ground.start();
        for number in 1..=3 {
            put(&store, conversation(number));
            put(&store, ended(conversation(number)));
            put(&store, ended(conversation(number)));
        }
        store.flush().expect("written");
        put(&store, ended(conversation(1)));
        store.stop();
        let lines = ground.lines("calls.jsonl");
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0]["id"], conversation(1).id.to_string());
        assert_eq!(lines[0]["end"], "customer_hung_up");
        assert_eq!(lines[0]["legs"][1]["role"], "agent");
    });
}

#[test]
fn what_an_earlier_process_left_open_is_ended_as_interrupted() {
    on_each("store-interrupted", |ground| {
        let (store, _) = ground.start();
        put(&store, ended(conversation(1)));
        put(&store, conversation(2));
        let mut talking = conversation(3);
        talking.connected = Some(time(40));
        put(&store, talking);
        store.stop();
        let spool = std::fs::File::open(ground.folder.path().join("cordboard.spool.jsonl"));
        let last = spool.expect("there").set_modified(time(100).into());
        last.expect("a file of ours");

        let (store, said) = ground.start();
        store.interrupted(time(5_000)).expect("asked");
        put(&store, conversation(4));
        let rows = store.conversations(9).expect("rows");
        let ends: Vec<_> = rows.iter().map(|c| (c.end, c.ended)).collect();
        let interrupted = (Some(End::Interrupted), Some(time(100)));
        let normal = (Some(End::CustomerHungUp), Some(time(60)));
        assert_eq!(ends, [(None, None), interrupted, interrupted, normal]);
        assert_eq!((rows[1].talked_ms, rows[2].talked_ms), (60_000, 0));
        assert_eq!(
            *said.lock().expect("no panic"),
            [Event::Interrupted { calls: 2 }]
        );
        assert_eq!(ground.lines("calls.jsonl").len(), 3);
    });
}

#[test]
fn while_the_database_is_locked_records_are_spooled_and_replayed_once() {
    let folder = Folder::new("store-locked");
    let (store, said) = start(&folder);
    put(&store, conversation(1));
    store.flush().expect("written");

    let hold = Holder::lock(&folder.database());
    put(&store, ended(conversation(1)));
    for number in 2..500 {
        put(&store, conversation(number));
        put(&store, ended(conversation(number)));
    }
    wait_for(|| store.is_failing());
    assert_eq!(
        store.conversations(9).expect("readable").len(),
        1,
        "as it was"
    );
    assert_eq!(store.backlog(), 997);
    assert!(matches!(
        said.lock().expect("no panic")[..],
        [Event::Failing { .. }]
    ));

    hold.release();
    store.flush().expect("written");
    assert_eq!(store.conversations(1_000).expect("rows").len(), 499);
    assert_eq!(folder.lines("calls.jsonl").len(), 499);
    assert_eq!(
        said.lock().expect("no panic").last(),
        Some(&Event::Recovered)
    );
    assert!(!store.is_failing());
    let spool = folder.path().join("cordboard.spool.jsonl");
    assert_eq!(std::fs::metadata(spool).expect("there").len(), 0);
}

#[test]
fn what_was_spooled_when_the_process_died_is_replayed_once_by_the_next() {
    on_each("store-died", |ground| {
        let (store, _) = ground.start();
        put(&store, ended(conversation(1)));
        store.flush().expect("written");
        let spool_path = ground.folder.path().join("cordboard.spool.jsonl");
        // As if it had died after the second line of the ledger, before the transaction's end.
        put(&store, ended(conversation(2)));
        store.stop();
        let (mut spool, _) = spool::Spool::open(&spool_path, 2).expect("opened");
        let again = |number| Record::Conversation(Box::new(ended(conversation(number))));
        spool.push(&again(3)).expect("room");
        spool.push(&Record::Recorded(recorded(3, 1))).expect("room");
        spool.write();
        drop(spool);
        let ledger = ground.folder.path().join("calls.jsonl");
        let mut written = ledger::Ledger::open(&ledger, 0).expect("opened");
        written.append(&[&ended(conversation(3))]).expect("written");

        for _ in 0..2 {
            let (store, said) = ground.start();
            store.flush().expect("written");
            assert_eq!(store.conversations(9).expect("rows").len(), 3);
            assert_eq!(
                store.recordings(conversation(3).id).expect("rows"),
                [recorded(3, 1)]
            );
            assert_eq!(ground.lines("calls.jsonl").len(), 3);
            assert_eq!(store.backlog(), 0);
            assert_eq!(*said.lock().expect("no panic"), []);
        }
    });
}

#[test]
fn a_database_that_somebody_removes_is_written_anew_with_all_that_was_in_it() {
    for with_log in [true, false] {
        let folder = Folder::new("store-removed");
        let (store, said) = start(&folder);
        put(&store, conversation(1));
        put(&store, ended(conversation(2)));
        store.flush().expect("written");
        let database = folder.database();
        std::fs::remove_file(&database).expect("removed");
        if with_log {
            for ending in ["-wal", "-shm"] {
                let log = format!("{}{ending}", database.display());
                std::fs::remove_file(log).expect("removed");
            }
        }
        put(&store, ended(conversation(1)));
        put(&store, ended(conversation(3)));
        store.flush().expect("written");
        store.stop();

        let (store, again) = start(&folder);
        assert_eq!(store.conversations(9).expect("rows").len(), 3);
        assert_eq!(folder.lines("calls.jsonl").len(), 3);
        assert_eq!(*said.lock().expect("no panic"), []);
        assert_eq!(*again.lock().expect("no panic"), []);
    }
}

#[test]
fn numbers_that_are_none_do_not_lose_the_record() {
    on_each("store-nan", |ground| {
        let (store, said) = ground.start();
        let mut odd = ended(conversation(1));
        odd.legs[0].quality.jitter_ms = f32::NAN;
        odd.legs[0].quality.round_trip_ms = Some(f32::INFINITY);
        odd.legs[1].quality.received = u64::MAX;
        odd.from = "a\0b'); DROP TABLE legs; --".to_owned();
        put(&store, odd.clone());
        let rows = store.conversations(1).expect("rows");
        // PostgreSQL's texts hold no NUL.
        let kept = [odd.from.clone(), odd.from.replace('\0', "\u{FFFD}")];
        assert!(kept.contains(&rows[0].from), "{:?}", rows[0].from);
        assert_eq!(rows[0].legs[0].quality.jitter_ms, 0.0);
        assert_eq!(rows[0].legs[0].quality.round_trip_ms, None);
        assert_eq!(*said.lock().expect("no panic"), []);
    });
}

#[test]
fn a_thousand_conversations_are_written_quickly_and_the_writer_does_not_wait() {
    on_each("store-many", |ground| {
        let (store, said) = ground.start();
        let began = Instant::now();
        for number in 0..1_000 {
            put(&store, conversation(number));
            put(&store, ended(conversation(number)));
            store.write(Record::Recorded(recorded(number, 1)));
        }
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "{:?}",
            began.elapsed()
        );
        store.flush().expect("written");
        assert_eq!(ground.lines("calls.jsonl").len(), 1_000);
        assert_eq!(*said.lock().expect("no panic"), []);
    });
}

fn wait_for(what: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !what() {
        assert!(Instant::now() < until, "in time");
        std::thread::yield_now();
    }
}

/// Another program that holds the database.
struct Holder {
    runtime: tokio::runtime::Runtime,
    connection: SqliteConnection,
}

impl Holder {
    fn lock(path: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime");
        let connection = runtime.block_on(async {
            let options = SqliteConnectOptions::new().filename(path);
            let mut connection = options.connect().await.expect("opened");
            let lock = sqlx::raw_sql("BEGIN EXCLUSIVE");
            lock.execute(&mut connection).await.expect("locked");
            connection
        });
        Self {
            runtime,
            connection,
        }
    }

    fn release(mut self) {
        let release = sqlx::raw_sql("ROLLBACK").execute(&mut self.connection);
        self.runtime.block_on(release).expect("released");
    }
}
