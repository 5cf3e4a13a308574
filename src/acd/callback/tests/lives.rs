//! Lives by chance, with a database that is slow, fails, and survives.

use super::*;
use crate::random::Random;

/// Lives by chance, and dies now and then. `dialled` has each attempt that was made.
fn live(seed: u64) -> usize {
    let mut random = Random::seeded(seed);
    let mut story = Story::new();
    story.slow = true;
    let (mut unwritten, mut promised, mut dialled) = (vec![], vec![], BTreeMap::new());
    let mut last = 0;
    for _ in 0..300 {
        last += 1;
        let open = story.book.requests().count() as u64;
        let any = random.below(open.max(1)) as usize;
        let request = story.book.requests().nth(any);
        let id = request.map_or(CallbackId(0), |request| request.id);
        let agent = match request.map(|request| request.state) {
            Some(State::Active { agent, .. }) if random.below(4) > 0 => agent,
            _ => AgentId(1 + random.below(2) as u32),
        };
        let call = CallId(random.below(5));
        let number = Number(format!("+49{}", random.below(6)));
        let mut out = vec![];
        let terms = Terms {
            kind: [Kind::Automated, Kind::Manual][random.below(2) as usize],
            turn: Turn::Arrival,
            retries: random.below(3) as u32,
            delay: Duration::from_secs(random.below(20)),
        };
        let queue = QueueId(random.below(2) as u32);
        let input = match random.below(14) {
            0 | 1 => Input::Ask(Ask {
                id: CallbackId(last),
                call: CallId(last),
                number,
                queue,
                joined: story.now,
                config: CallbackConfigId(1),
                terms,
            }),
            2 | 3 => Input::Rings { id, agent },
            4 => Input::Unrung { id },
            5 | 6 => Input::Accepted { id, agent },
            7 => Input::Missed { id },
            8 => Input::Reached { id },
            9 => Input::OnTheLine { call, number },
            10 => Input::OffTheLine { call },
            11 => Input::Connected { call, queue },
            12 => Input::Open {
                queue,
                open: random.below(2) == 0,
            },
            _ => Input::Timeout,
        };
        // Only who is dialled can answer.
        let dialling =
            |request: &Request| matches!(request.state, State::Active { dialling: true, .. });
        let reached = matches!(input, Input::Reached { .. });
        if !reached || story.book.request(id).is_some_and(dialling) {
            story.book.handle(story.now, &story.clock, input, &mut out);
        }
        if random.below(4) == 0 {
            let _ = story
                .book
                .pick(story.now, &story.clock, id, agent, &mut out);
        }
        story.now += Duration::from_millis(random.below(4_000));
        loop {
            story.book.check();
            for action in out.drain(..) {
                match action {
                    Action::Store(request) => unwritten.push(request),
                    Action::Promise { id, .. } => promised.push(id),
                    Action::Dial { id } => {
                        let attempt = story.book.request(id).expect("open").attempts;
                        let times = dialled.entry((id, attempt)).or_insert(0);
                        *times += 1;
                        assert_eq!(*times, 1, "attempt {attempt} of {id} once");
                        assert!(story.row(id.0).attempts >= attempt, "written before");
                    }
                    Action::Decline { .. }
                    | Action::Keep { .. }
                    | Action::Ready { .. }
                    | Action::Withdraw { .. }
                    | Action::Release { .. }
                    | Action::NoReply { .. } => {}
                }
            }
            if unwritten.is_empty() || random.below(4) == 0 {
                break;
            }
            let request: Box<Request> = unwritten.remove(0);
            let (id, revision) = (request.id, request.revision);
            // It is written, or not, and somebody says so, or not.
            let stored = random.below(4) > 0;
            if stored {
                save(&mut story.rows, *request);
            }
            if random.below(8) > 0 {
                let input = Input::Stored {
                    id,
                    revision,
                    stored,
                };
                story.book.handle(story.now, &story.clock, input, &mut out);
            }
        }
        if random.below(40) == 0 {
            unwritten.clear();
            story.book = Book::default();
            let rows = story.rows.values().cloned().collect();
            story.book.restore(story.now, &story.clock, rows, &mut out);
            story.book.check();
            for action in out.drain(..) {
                if let Action::Store(request) = action {
                    unwritten.push(request);
                }
            }
        }
    }
    for id in promised {
        let row = story.rows.get(&id);
        assert!(
            row.is_some_and(|row| row.attempts <= row.terms.retries + 1),
            "{id} is kept"
        );
    }
    dialled.len()
}

#[test]
fn random_lives_lose_no_callback_and_make_no_attempt_twice() {
    let mut dialled = 0;
    for seed in 0..1_000 {
        let lived = std::panic::catch_unwind(|| live(seed));
        dialled += lived.unwrap_or_else(|_| panic!("seed {seed}"));
    }
    assert!(dialled > 1_000, "{dialled} attempts: not much of a life");
}
