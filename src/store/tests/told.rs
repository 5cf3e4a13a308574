//! Conversations are found and counted, and the story of a call is read by it.

use super::*;
use crate::call::record::Status;
use jiff::SignedDuration;

/// A conversation that began so many seconds after the first.
fn talk(number: u64, change: impl FnOnce(&mut Conversation)) -> Conversation {
    let mut talk = ended(conversation(number));
    talk.direction = Direction::Inbound;
    talk.began = time(i64::try_from(number).expect("small"));
    change(&mut talk);
    talk
}

fn gone(talk: &mut Conversation, end: End) {
    (talk.connected, talk.end, talk.talked_ms) = (None, Some(end), 0);
}

#[test]
fn b16_conversations_are_found_by_each_filter_and_by_all_of_them() {
    on_each("store-found", |ground| {
        let (store, _) = ground.start();
        put(
            &store,
            talk(1, |talk| talk.queue = Some("Sales".to_owned())),
        );
        put(&store, talk(2, |talk| talk.from = "+43100".to_owned()));
        put(&store, talk(3, |talk| talk.direction = Direction::Outbound));
        put(&store, talk(4, |talk| talk.status = Status::Closed));
        let mine = |talk: &mut Conversation| {
            let name = "Grace".to_owned();
            talk.assigned = Some(AgentName {
                id: AgentId(9),
                name,
            });
        };
        put(&store, talk(5, mine));
        let id = |number| conversation(number).id;
        let all = ConversationFilter::default();
        let found =
            |filter: &ConversationFilter| ids(&store.find_conversations(filter, 9).expect("rows"));
        assert_eq!(found(&all), [5, 4, 3, 2, 1].map(id));
        let only = |change: &dyn Fn(&mut ConversationFilter)| {
            let mut filter = all.clone();
            change(&mut filter);
            found(&filter)
        };
        assert_eq!(only(&|f| f.call = Some(id(3))), [id(3)]);
        assert_eq!(only(&|f| f.queue = Some("Sales".to_owned())), [id(1)]);
        assert_eq!(only(&|f| f.number = Some("+43100".to_owned())), [id(2)]);
        assert_eq!(only(&|f| f.direction = Some(Direction::Outbound)), [id(3)]);
        assert_eq!(only(&|f| f.status = Some(Status::Closed)), [id(4)]);
        assert_eq!(only(&|f| f.agent = Some(AgentId(9))), [id(5)]);
        assert_eq!(only(&|f| f.agent = Some(AgentId(7))).len(), 5);
        assert_eq!(only(&|f| f.before = Some(id(3))), [2, 1].map(id));
        let between = only(&|f| (f.from, f.until) = (Some(time(2)), Some(time(4))));
        assert_eq!(between, [3, 2].map(id));
        let none = only(&|f| (f.call, f.status) = (Some(id(3)), Some(Status::Closed)));
        assert_eq!(none, []);
        let legs = store.find_conversations(&all, 9).expect("rows");
        assert!(
            legs.iter().all(|talk| talk.legs.len() == 2),
            "each has its own"
        );
    });
}

#[test]
fn b11_times_are_counted_by_interval_and_queue() {
    on_each("store-history", |ground| {
        let (store, _) = ground.start();
        put(&store, talk(1, |talk| talk.waited_ms = 20_000));
        put(&store, talk(2, |talk| talk.waited_ms = 20_001));
        put(&store, talk(3, |talk| gone(talk, End::Abandoned)));
        put(&store, talk(4, |talk| gone(talk, End::CallbackPromised)));
        put(
            &store,
            talk(5, |talk| talk.queue = Some("Sales".to_owned())),
        );
        put(&store, talk(12, |talk| talk.queue = None));
        put(&store, talk(40, |_| {}));
        let step = |from, until| Bucket {
            from: time(from),
            until: time(until),
        };
        let steps = [step(0, 10), step(10, 20), step(20, 40)];
        let found = store.history(&steps, 20_000, None).expect("counted");
        let support = Tallied {
            bucket: 0,
            queue: Some("Support".to_owned()),
            calls: 4,
            answered: 2,
            in_time: 1,
            abandoned: 1,
            promised: 1,
            waited_ms: 40_001,
            longest_ms: 20_001,
            talked_ms: 100_000,
        };
        let of = |bucket, queue: Option<&str>| Tallied {
            bucket,
            queue: queue.map(str::to_owned),
            calls: 1,
            answered: 1,
            in_time: 1,
            abandoned: 0,
            promised: 0,
            waited_ms: 9_000,
            longest_ms: 9_000,
            talked_ms: 50_000,
        };
        assert_eq!(found, [of(0, Some("Sales")), support, of(1, None)]);
        assert_eq!(store.history(&[], 20_000, None).expect("nothing"), []);
        let many: Vec<_> = (0..1_000).map(|at| step(at, at + 1)).collect();
        let found = store.history(&many, 20_000, None).expect("counted");
        assert_eq!(
            found.len(),
            7,
            "of very many intervals the first are counted"
        );
    });
}

#[test]
fn b11_a_year_of_days_is_counted_in_one_answer() {
    on_each("store-year", |ground| {
        let (store, _) = ground.start();
        put(&store, talk(1, |_| {}));
        let day = SignedDuration::from_hours(24);
        let starts = (0..366).map(|n| time(0).checked_add(day * n).expect("a day"));
        let days: Vec<_> = starts
            .map(|from| Bucket {
                from,
                until: from.checked_add(day).expect("a day"),
            })
            .collect();
        assert_eq!(store.history(&days, 1, None).expect("counted").len(), 1);
    });
}

#[test]
fn the_story_of_a_call_is_what_happened_in_it_alone() {
    on_each("store-story", |ground| {
        let (store, _) = ground.start();
        let (mine, other) = (conversation(1).id, conversation(2).id);
        let event = |seq, kind: &str, call: CallId| Happened {
            seq,
            at: time(0),
            kind: kind.to_owned(),
            body: format!(r#"{{"seq":{seq},"type":"{kind}","data":{{"call":"{call}","x":1}}}}"#),
        };
        store.write(Record::Event(event(1, "call.arrived", mine)));
        store.write(Record::Event(event(2, "call.arrived", other)));
        store.write(Record::Event(event(3, "agent.state", mine)));
        store.write(Record::Event(event(4, "recording.begun", mine)));
        let broken = Happened {
            body: "{".to_owned(),
            ..event(5, "call.ended", mine)
        };
        store.write(Record::Event(broken));
        let kinds = |limit| {
            let found = store.events_of(mine, limit).expect("events");
            found
                .into_iter()
                .map(|event| event.kind)
                .collect::<Vec<_>>()
        };
        assert_eq!(kinds(9), ["call.arrived", "recording.begun"]);
        assert_eq!(kinds(1), ["call.arrived"]);
        assert_eq!(store.events(0, 9).expect("events").len(), 5);
    });
}

#[test]
fn the_audit_log_is_found_by_who_what_and_to_what() {
    on_each("store-audits", |ground| {
        let (store, _) = ground.start();
        for (who, action, subject) in [
            ("user ada", "recording.heard", "r1"),
            ("key bot", "recording.deleted", "r2"),
            ("user ada", "recordings.other", "r1"),
        ] {
            let note = Noted {
                who: who.to_owned(),
                action,
                subject: subject.to_owned(),
                detail: String::new(),
            };
            store.audit(note).expect("noted");
        }
        let found = |change: &dyn Fn(&mut AuditFilter)| {
            let mut filter = AuditFilter::default();
            change(&mut filter);
            let found = store.find_audits(&filter, 9).expect("records");
            found.iter().map(|note| note.seq).collect::<Vec<_>>()
        };
        let text = |text: &str| Some(text.to_owned());
        let none: [u64; 0] = [];
        assert_eq!(found(&|_| {}), [3, 2, 1]);
        assert_eq!(found(&|f| f.who = text("ada")), [3, 1]);
        assert_eq!(found(&|f| f.who = text("key bot")), [2]);
        assert_eq!(found(&|f| f.action = text("recording")), [2, 1]);
        assert_eq!(found(&|f| f.action = text("recording.heard")), [1]);
        assert_eq!(found(&|f| f.action = text("rec_rding")), none);
        assert_eq!(found(&|f| f.subject = text("r1")), [3, 1]);
        assert_eq!(found(&|f| f.before = Some(3)), [2, 1]);
        assert_eq!(found(&|f| f.until = Some(time(-1_000_000_000))), none);
        assert_eq!(found(&|f| f.from = Some(time(-1_000_000_000))), [3, 2, 1]);
    });
}
