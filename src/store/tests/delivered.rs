//! Events are kept for a while; webhooks know how far they have got.

use super::*;
use crate::id::WebhookId;
use jiff::SignedDuration;

fn happened(seq: u64, at: Timestamp) -> Happened {
    Happened {
        seq,
        at,
        kind: "call.ended".to_owned(),
        body: format!(r#"{{"seq":{seq},"data":"\u0000 'quoted'"}}"#),
    }
}

#[test]
fn events_come_back_in_order_and_the_first_writing_of_a_number_counts() {
    on_each("store-events", |ground| {
        let (store, said) = ground.start();
        assert_eq!(store.last_event().expect("read"), None);
        for seq in 1..=600 {
            store.write(Record::Event(happened(seq * 10, time(0))));
        }
        store.write(Record::Event(happened(10, time(99))));
        assert_eq!(store.last_event().expect("read"), Some(6_000));
        assert_eq!(store.first_event().expect("read"), Some(10));
        let found = store.events(4_990, 3).expect("read");
        assert_eq!(
            found,
            [500, 501, 502].map(|seq| happened(seq * 10, time(0)))
        );
        assert_eq!(store.events(0, 1).expect("read"), [happened(10, time(0))]);
        assert_eq!(store.events(6_000, 9).expect("read"), []);
        assert_eq!(*said.lock().expect("no panic"), []);
    });
}

#[test]
fn old_events_and_too_many_are_forgotten_but_the_last_number_never() {
    on_each("store-forget", |ground| {
        let (store, _) = ground.start();
        let now = Timestamp::now();
        let hours = |hours: i64| now - SignedDuration::from_hours(hours);
        for seq in 1..=100 {
            store.write(Record::Event(happened(
                seq * 1_000,
                hours(101 - seq as i64),
            )));
        }
        store.flush().expect("written");
        let keep = |kept: u64, oldest| {
            let work = async move |db: &mut Database| {
                events::forget_before(&mut db.link, kept, oldest).await
            };
            store.with(work).expect("forgotten");
            store.first_event().expect("read")
        };
        assert_eq!(keep(90, hours(200)), Some(11_000));
        assert_eq!(keep(90, hours(30)), Some(71_000));
        assert_eq!(keep(90, now + SignedDuration::from_hours(1)), Some(100_000));
    });
}

#[test]
fn a_webhook_knows_how_far_it_has_got_and_what_was_given_up() {
    on_each("store-webhooks", |ground| {
        let (store, _) = ground.start();
        let kinds = ["call.*".to_owned()];
        let add = |store: &Store| {
            let added = store.add_webhook("https://one.example/", "whsec_x", &kinds, 40);
            added.expect("stored")
        };
        let id = add(&store).expect("room");
        let other = add(&store).expect("room");
        let first = |store: &Store| store.webhooks().expect("read").remove(0);
        let made = first(&store);
        assert_eq!(
            (made.id, made.progress.delivered, &made.kinds[..]),
            (id, 40, &kinds[..])
        );
        assert!(!format!("{made:?}").contains("whsec"));

        let progress = Progress {
            delivered: 50,
            tries: 3,
            next: Some(time(7)),
            error: Some("answered 500".to_owned()),
            lost: 1,
        };
        let letter = |seq| DeadLetter {
            webhook: id,
            event: happened(seq, time(1)),
            tries: 8,
            error: "answered 500".to_owned(),
            replay: false,
        };
        store
            .advance_webhook(id, progress.clone(), Some(letter(49)))
            .expect("stored");
        store
            .advance_webhook(id, progress.clone(), Some(letter(50)))
            .expect("stored");
        store.stop();
        let (store, _) = ground.start();
        assert_eq!(first(&store).progress, progress);
        assert_eq!(
            store.dead_letters(id, 0, 9).expect("read"),
            [letter(49), letter(50)]
        );
        assert_eq!(store.dead_letters(id, 49, 9).expect("read"), [letter(50)]);
        assert_eq!(store.dead_letters(other, 0, 9).expect("read"), []);

        assert_eq!(store.replay_letters(id, Some(50)).expect("stored"), 1);
        let marked = store.letters_to_replay(id, 9).expect("read");
        assert_eq!((marked.len(), marked[0].event.seq), (1, 50));
        store
            .replayed(id, 50, Some("no answer".to_owned()))
            .expect("stored");
        let failed = store.dead_letters(id, 49, 9).expect("read").remove(0);
        assert_eq!(
            (failed.tries, failed.error.as_str(), failed.replay),
            (9, "no answer", false)
        );
        assert_eq!(store.replay_letters(id, None).expect("stored"), 2);
        store.replayed(id, 49, None).expect("stored");
        assert_eq!(store.dead_letters(id, 0, 9).expect("read").len(), 1);

        let mut changed = first(&store);
        changed.url = "https://two.example/".to_owned();
        assert!(store.change_webhook(changed).expect("stored"));
        let changed = first(&store);
        assert_eq!((changed.progress.tries, changed.progress.next), (0, None));
        assert!(store.remove_webhook(id).expect("stored"));
        assert!(!store.remove_webhook(id).expect("stored"));
        assert_eq!(store.dead_letters(id, 0, 9).expect("read"), []);
        let more = (0..70)
            .filter_map(|_| add(&store))
            .collect::<Vec<WebhookId>>();
        assert_eq!(more.len(), 63, "no more than 64 in all");
    });
}
