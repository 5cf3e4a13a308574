//! All messages of both RFCs at a whole switch, where every number leads to a queue.

use super::rfc4475::read as of_4475;
use super::rfc5118::read as of_5118;
use super::{rfc4475, rfc5118};
use crate::world::World;
use cordboard::settings::{Destination, Route};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const SWITCH: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

#[test]
fn a_switch_answers_them_all_and_keeps_nothing() {
    let mut w = World::silent(4475, 50, |account| {
        let to = Destination::Queue(account.queues[0].id);
        let number = "*".to_owned();
        account.routes = vec![Route { number, to }];
    });
    let first = rfc4475::TABLE.iter().map(|row| of_4475(row.file));
    let second = rfc5118::TABLE.iter().map(|row| of_5118(row.file));
    let messages: Vec<_> = first.chain(second).collect();
    for (at, port) in [(1, 5080), (2, 5060), (1, 5080)] {
        for (index, bytes) in (0u8..).zip(&messages) {
            let caller = SocketAddr::from(([127, 9, at, index], 5060));
            w.throws(caller, (SWITCH, port), bytes).wait(0.01);
        }
    }
    assert!(!w.conversations.is_empty(), "some are calls");
    // Callers that never acknowledge an answer are hung up on, and do not answer that either.
    w.wait(120.0);
    assert!(w.is_at_rest());
    for conversation in w.conversations.values() {
        assert!(conversation.ended.is_some());
    }
}
