//! Calls that nobody took.

use super::*;
use crate::call::record::Status;

fn missed(number: u64, queue: &str, began: i64) -> Conversation {
    Conversation {
        direction: Direction::Inbound,
        queue: Some(queue.to_owned()),
        status: Status::Open,
        began: time(began),
        ended: Some(time(began + 60)),
        end: Some(End::Abandoned),
        callback: None,
        ..conversation(number)
    }
}

#[test]
fn r153_what_is_left_open_is_counted_by_queue_with_its_age() {
    on_each("store-missed", |ground| {
        let (store, _) = ground.start();
        let answered = Conversation {
            connected: Some(time(1)),
            ..missed(4, "Support", 0)
        };
        let closed = Conversation {
            status: Status::Closed,
            ..missed(5, "Support", 0)
        };
        let goes_on = Conversation {
            ended: None,
            ..missed(6, "Support", 0)
        };
        let promised = Conversation {
            callback: Some(CallbackId(7)),
            ..missed(7, "Support", 0)
        };
        for each in [
            missed(1, "Support", 20),
            missed(2, "Support", 10),
            missed(3, "Sales", 30),
            answered,
            closed,
            goes_on,
            promised,
        ] {
            store.write(Record::Conversation(Box::new(each)));
        }
        let found = store.missed(None).expect("read");
        let found: Vec<_> = found
            .iter()
            .map(|each| (&*each.queue, each.calls, each.oldest))
            .collect();
        assert_eq!(found, [("Sales", 1, time(30)), ("Support", 2, time(10))]);
    });
}
