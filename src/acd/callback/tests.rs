//! The book's tests: stories by rule, and random lives.

mod lives;

use super::super::Turn;
use super::*;
use crate::clock::Clock;
use crate::id::{AgentId, CallId, CallbackConfigId, CallbackId, QueueId};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const QUEUE: QueueId = QueueId(1);
const ADA: AgentId = AgentId(1);
const BOB: AgentId = AgentId(2);
const TERMS: Terms = Terms {
    kind: Kind::Automated,
    turn: Turn::Arrival,
    retries: 4,
    delay: Duration::from_secs(600),
};

/// What a database keeps.
type Rows = BTreeMap<CallbackId, Request>;

/// A book in virtual time, with a database that obeys at once unless told otherwise.
struct Story {
    book: Book,
    clock: Clock,
    now: Instant,
    rows: Rows,
    /// Writings are not confirmed by themselves.
    slow: bool,
    log: Vec<String>,
}

impl Story {
    fn new() -> Self {
        let now = super::super::some_instant();
        let civil = "2026-11-22T14:30:05Z".parse().expect("a timestamp");
        Self {
            book: Book::default(),
            clock: Clock::new(now, civil),
            now,
            rows: Rows::new(),
            slow: false,
            log: vec![],
        }
    }

    fn input(&mut self, input: Input) -> &mut Self {
        let mut out = vec![];
        self.book.handle(self.now, &self.clock, input, &mut out);
        self.take(out);
        self
    }

    fn take(&mut self, actions: Vec<Action>) {
        self.book.check();
        for action in actions {
            let line = match action {
                Action::Store(request) => {
                    let (id, revision) = (request.id, request.revision);
                    if self.slow {
                        self.log.push(format!("store {id}"));
                    } else {
                        save(&mut self.rows, *request);
                        let stored = true;
                        self.input(Input::Stored {
                            id,
                            revision,
                            stored,
                        });
                    }
                    continue;
                }
                Action::Promise { call, .. } => format!("promise {}", call.0),
                Action::Decline { call } => format!("decline {}", call.0),
                Action::Keep { id, place } => match place.only {
                    Some(only) => format!("keep {id} for {only}"),
                    None => format!("keep {id}"),
                },
                Action::Ready { id, ready: true } => format!("ready {id}"),
                Action::Ready { id, ready: false } => format!("not ready {id}"),
                Action::Withdraw { id } => format!("withdraw {id}"),
                Action::Dial { id } => format!("dial {id}"),
                Action::Release { id } => format!("release {id}"),
                Action::NoReply { id } => format!("no reply {id}"),
            };
            self.log.push(line);
        }
    }

    fn asks_by(&mut self, call: u64, number: &str, terms: Terms) -> &mut Self {
        self.input(Input::Ask(Ask {
            id: CallbackId(call),
            call: CallId(call),
            number: Number(number.into()),
            queue: QUEUE,
            joined: self.now,
            config: CallbackConfigId(1),
            terms,
        }))
    }

    fn asks(&mut self, call: u64, number: &str) -> &mut Self {
        self.asks_by(call, number, TERMS)
    }

    fn rings(&mut self, id: u64, agent: AgentId) -> &mut Self {
        let id = CallbackId(id);
        self.input(Input::Rings { id, agent })
    }

    fn accepts(&mut self, id: u64, agent: AgentId) -> &mut Self {
        let id = CallbackId(id);
        self.input(Input::Accepted { id, agent })
    }

    /// An agent is rung, accepts, and nobody answers.
    fn tries(&mut self, id: u64) -> &mut Self {
        self.rings(id, ADA).accepts(id, ADA);
        let id = CallbackId(id);
        self.input(Input::Missed { id })
    }

    fn says(&mut self, id: u64, revision: u64, stored: bool) -> &mut Self {
        let id = CallbackId(id);
        self.input(Input::Stored {
            id,
            revision,
            stored,
        })
    }

    fn picks(&mut self, id: u64, agent: AgentId) -> Result<(), NotPicked> {
        let mut out = vec![];
        let (now, clock) = (self.now, self.clock);
        let picked = self.book.pick(now, &clock, CallbackId(id), agent, &mut out);
        self.take(out);
        picked
    }

    fn wait(&mut self, seconds: u64) -> &mut Self {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.book.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.input(Input::Timeout);
            let next = self.book.poll_timeout();
            assert!(next.is_none_or(|next| next > self.now), "time stands still");
        }
        self.now = end;
        self
    }

    /// The process dies, and another one begins with what was written.
    fn dies(&mut self) -> &mut Self {
        let mut out = vec![];
        self.book = Book::default();
        self.log.clear();
        let rows = self.rows.values().cloned().collect();
        self.book.restore(self.now, &self.clock, rows, &mut out);
        self.take(out);
        self
    }

    #[track_caller]
    fn expect(&mut self, lines: &[&str]) -> &mut Self {
        assert_eq!(self.log, lines);
        self.log.clear();
        self
    }

    fn row(&self, id: u64) -> &Request {
        &self.rows[&CallbackId(id)]
    }
}

fn save(rows: &mut Rows, request: Request) {
    let newer = rows
        .get(&request.id)
        .is_none_or(|old| old.revision < request.revision);
    if newer {
        rows.insert(request.id, request);
    }
}

#[test]
fn r83_nothing_is_promised_before_it_is_written() {
    let mut story = Story::new();
    story.slow = true;
    story.asks(1, "+4930").expect(&["store 1"]);
    story.says(1, 1, true);
    story.expect(&["promise 1", "keep 1", "ready 1"]);
}

#[test]
fn what_could_not_be_written_is_not_promised_and_not_done() {
    let mut story = Story::new();
    story.slow = true;
    story.asks(1, "+4930").says(1, 1, false);
    story.expect(&["store 1", "decline 1", "store 1"]);
    story.says(1, 2, true);
    assert_eq!(story.book.requests().count(), 0);
    // Nor what nobody says a word about.
    story
        .asks(2, "+4930")
        .wait(10)
        .expect(&["store 2", "decline 2", "store 2"]);
}

#[test]
fn r85_from_queue_to_done() {
    let mut story = Story::new();
    story
        .asks(1, "+4930")
        .expect(&["promise 1", "keep 1", "ready 1"]);
    assert_eq!(story.row(1).state.status(), Status::InQueue);
    story.rings(1, ADA);
    assert_eq!(story.row(1).state.status(), Status::Active);
    story.accepts(1, ADA).expect(&["dial 1"]);
    assert_eq!(story.row(1).attempts, 1);
    story
        .input(Input::Reached { id: CallbackId(1) })
        .expect(&[]);
    assert_eq!(story.row(1).state.status(), Status::Done);
    assert_eq!(story.book.requests().count(), 0);
}

#[test]
fn an_agent_who_does_not_answer_costs_no_attempt() {
    let mut story = Story::new();
    story.asks(1, "+4930").rings(1, ADA);
    story.input(Input::Unrung { id: CallbackId(1) });
    assert_eq!(story.row(1).state.status(), Status::InQueue);
    story.rings(1, BOB).accepts(1, BOB);
    story.expect(&["promise 1", "keep 1", "ready 1", "dial 1"]);
    assert_eq!(story.row(1).attempts, 1);
}

#[test]
fn r74_r75_four_retries_are_five_attempts_spaced_by_the_delay_then_no_reply() {
    let mut story = Story::new();
    story
        .asks(1, "+4930")
        .expect(&["promise 1", "keep 1", "ready 1"]);
    for attempt in 1..=4 {
        story.tries(1).expect(&["dial 1", "withdraw 1", "keep 1"]);
        assert_eq!(story.row(1).attempts, attempt);
        story.wait(599).expect(&[]).wait(1).expect(&["ready 1"]);
    }
    story
        .tries(1)
        .expect(&["dial 1", "withdraw 1", "no reply 1"]);
    assert_eq!(story.row(1).attempts, 5);
    assert_eq!(story.row(1).state.status(), Status::NoReply);
    story.wait(100_000).expect(&[]);
}

#[test]
fn r84_requests_of_one_number_in_one_queue_are_one() {
    let mut story = Story::new();
    story.asks(1, "+4930").wait(60).asks(2, "+4930");
    story.expect(&["promise 1", "keep 1", "ready 1", "promise 2"]);
    assert_eq!(story.row(1).asks, 2);
    assert_eq!(story.rows.len(), 1);
    story
        .asks(3, "+4931")
        .expect(&["promise 3", "keep 3", "ready 3"]);
}

#[test]
fn d14_who_calls_in_is_not_called_and_being_connected_closes_the_callback() {
    let mut story = Story::new();
    let number = || Number("+4930".into());
    story
        .asks(1, "+4930")
        .expect(&["promise 1", "keep 1", "ready 1"]);
    let call = CallId(7);
    story.input(Input::OnTheLine {
        call,
        number: number(),
    });
    story.expect(&["not ready 1"]);
    story.input(Input::OffTheLine { call }).expect(&["ready 1"]);
    story.input(Input::OnTheLine {
        call,
        number: number(),
    });
    let queue = QUEUE;
    story.input(Input::Connected { call, queue });
    story.expect(&["not ready 1", "withdraw 1"]);
    assert_eq!(story.row(1).state.status(), Status::Done);
}

#[test]
fn r87_f18_outside_the_hours_and_while_the_server_drains_nothing_is_begun() {
    let mut story = Story::new();
    let queue = QUEUE;
    story.input(Input::Open { queue, open: false });
    story.asks(1, "+4930").expect(&["promise 1", "keep 1"]);
    story.wait(3600).expect(&[]);
    story
        .input(Input::Open { queue, open: true })
        .expect(&["ready 1"]);
    story.input(Input::Gate).expect(&["not ready 1"]);
    story.asks(2, "+4931").expect(&["promise 2", "keep 2"]);
}

#[test]
fn r152_of_two_agents_who_pick_one_has_it() {
    let mut story = Story::new();
    let manual = Terms {
        kind: Kind::Manual,
        ..TERMS
    };
    story.asks_by(1, "+4930", manual).expect(&["promise 1"]);
    assert_eq!(story.picks(1, ADA), Ok(()));
    assert_eq!(story.picks(1, BOB), Err(NotPicked::Taken));
    story.expect(&["keep 1 for 1", "ready 1"]);
    assert_eq!(story.row(1).state.status(), Status::Active);
    story.rings(1, ADA);
    story
        .input(Input::Unrung { id: CallbackId(1) })
        .expect(&["withdraw 1"]);
    assert_eq!(story.picks(1, BOB), Ok(()));
    story.asks(2, "+4931");
    assert_eq!(story.picks(2, ADA), Err(NotPicked::Automated));
    assert_eq!(story.picks(9, ADA), Err(NotPicked::Unknown));
}

#[test]
fn a_callback_is_cancelled_while_nobody_is_called_for_it() {
    let cancel = |story: &mut Story, id| {
        let mut out = vec![];
        let (now, clock) = (story.now, story.clock);
        let cancelled = story.book.cancel(now, &clock, CallbackId(id), &mut out);
        story.take(out);
        cancelled
    };
    let mut story = Story::new();
    story
        .asks(1, "+4930")
        .expect(&["promise 1", "keep 1", "ready 1"]);
    assert_eq!(cancel(&mut story, 1), Ok(()));
    story.expect(&["withdraw 1"]);
    let how = Outcome::Cancelled;
    assert!(matches!(story.row(1).state, State::Done { how: it, .. } if it == how));
    assert_eq!(cancel(&mut story, 1), Err(NotCancelled::Unknown));
    story
        .asks(2, "+4930")
        .expect(&["promise 2", "keep 2", "ready 2"]);
    story.rings(2, ADA);
    assert_eq!(cancel(&mut story, 2), Ok(()), "while a phone rings");
    story.expect(&["withdraw 2"]);
    story.asks(3, "+4930").rings(3, ADA).accepts(3, ADA);
    assert_eq!(cancel(&mut story, 3), Err(NotCancelled::Calling));
}

#[test]
fn an_attempt_that_cannot_be_written_is_not_made() {
    let mut story = Story::new();
    story.asks(1, "+4930").rings(1, ADA);
    story.slow = true;
    story.accepts(1, ADA);
    let revision = story.row(1).revision + 1;
    story.says(1, revision, false);
    let expected = [
        "promise 1",
        "keep 1",
        "ready 1",
        "store 1",
        "release 1",
        "withdraw 1",
    ];
    story.expect(&[&expected[..], &["store 1", "keep 1"]].concat());
    story.slow = false;
    story.wait(30).expect(&["ready 1"]);
    assert_eq!(story.row(1).attempts, 0, "nobody was dialled");
}

#[test]
fn f19_after_a_restart_an_attempt_that_was_being_made_is_made() {
    let mut story = Story::new();
    story.asks(1, "+4930").wait(1).asks(2, "+4931").wait(1);
    story.rings(1, ADA).accepts(1, ADA).rings(2, BOB);
    story.dies().expect(&["keep 1", "keep 2", "ready 2"]);
    assert_eq!((story.row(1).attempts, story.row(2).attempts), (1, 0));
    let place = |story: &Story, id| story.book.request(CallbackId(id)).map(|r| r.joined);
    assert!(place(&story, 1) < place(&story, 2), "the order is kept");
    story.wait(600).expect(&["ready 1"]);
}

#[test]
fn f19_the_last_attempt_is_not_made_again_either() {
    let mut story = Story::new();
    let once = Terms {
        retries: 0,
        ..TERMS
    };
    story
        .asks_by(1, "+4930", once)
        .rings(1, ADA)
        .accepts(1, ADA);
    story.dies().expect(&["no reply 1"]);
    assert_eq!(story.row(1).state.status(), Status::NoReply);
}

#[test]
fn a_request_is_kept_as_plain_data_and_its_number_in_no_log() {
    let mut story = Story::new();
    story.asks(1, "+4930123456");
    let row = story.row(1);
    let json = serde_json::to_string(row).expect("JSON");
    assert_eq!(
        serde_json::from_str::<Request>(&json).ok().as_ref(),
        Some(row)
    );
    assert!(!format!("{:?}", story.book).contains("30123"));
    assert!(format!("{row:?}").contains("…456"));
}
