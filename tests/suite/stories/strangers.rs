//! Who is let in.

use super::answers;
use crate::world::World;
use cordboard::settings::Network;

#[test]
fn a_call_from_an_address_of_no_trunk_is_refused() {
    let mut w = World::with(|account| {
        account.trunks[0].from = vec![Network {
            address: [192, 0, 2, 0].into(),
            prefix: 24,
        }];
    });
    w.dials("mallory", "100").wait(1.0);
    assert_eq!(w.phones["mallory"].finals, [403]);
    assert!(w.conversations.is_empty());
}

#[test]
fn a_number_without_a_route_is_not_found() {
    let mut w = World::with(|account| account.routes.truncate(2));
    w.dials("alice", "12345").wait(1.0);
    assert_eq!(w.phones["alice"].finals, [404]);
}

#[test]
fn the_phones_listener_takes_no_call_without_a_password() {
    let mut w = World::new();
    w.agent("1001", answers(1.0));
    w.add("mallory", 5060);
    w.act("mallory", |now, phone| phone.dial(now, "100"))
        .wait(1.0);
    assert_eq!(w.phones["mallory"].finals, [401]);
}

#[test]
fn a_trunk_has_no_more_calls_than_it_may() {
    let mut w = World::with(|account| account.trunks[0].max_calls = 1);
    w.dials("alice", "100").dials("bob", "100").wait(1.0);
    assert_eq!(w.phones["alice"].finals, [200]);
    assert_eq!(w.phones["bob"].finals, [503]);
}
