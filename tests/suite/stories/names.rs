//! Trunks that are known by name: what DNS says decides where calls go, and when it says nothing, what it
//! said last (RFC 3263, F11).

use super::answers;
use super::trunks::{ONE, TWO, with_carriers};
use crate::world::World;
use crate::world::carrier::Says;
use crate::world::names::TTL;
use cordboard::id::TrunkId;
use cordboard::settings::Server;

const DOMAIN: &str = "carrier.test";
/// The trunks of the two, in the order in which they are tried.
const BOTH: [u32; 2] = [2, 3];
/// The first carrier, as the world has it.
const HOST: (&str, &str) = ("b.carrier.test", "127.2.0.1");

/// Two carriers: the first one known by a name that these hosts serve, the second by its address; numbers
/// are dialled by these of their trunks.
fn with_a_name(hosts: &[(&str, &str)], ways: &[u32]) -> World {
    let mut w = with_carriers(|account| {
        account.outbound[0].trunks = ways.iter().map(|id| TrunkId(*id)).collect();
        let named = account.trunks.iter_mut().find(|trunk| trunk.name == ONE);
        named.expect("trunk one").server = Some(Server {
            host: DOMAIN.into(),
            port: None,
            transport: None,
        });
    });
    w.names.serve(DOMAIN, hosts);
    w.carrier(ONE, &[(0.5, Says::Answer)])
        .carrier(TWO, &[(0.5, Says::Answer)])
        .agent("1001", answers(1.0));
    w
}

#[test]
fn rfc_3263_a_host_that_is_silent_is_followed_by_the_next_of_its_name() {
    let mut w = with_a_name(&[("a.carrier.test", "127.2.0.99"), HOST], &[2]);
    w.wait(1.0).calls_out("1001", "+4930555").wait(6.0);
    assert_eq!(w.hears("1001"), [ONE]);
    let attempts = &w.record().attempts;
    let tried: Vec<_> = attempts
        .iter()
        .map(|each| (each.trunk.as_str(), each.status))
        .collect();
    assert_eq!(tried, [(ONE, Some(408)), (ONE, Some(200))]);
    assert!(w.carriers[TWO].invites.is_empty());
}

#[test]
fn f11_when_dns_dies_the_last_good_answer_leads_on() {
    let mut w = with_a_name(&[HOST], &BOTH);
    w.wait(1.0);
    w.names.is_dead = true;
    w.wait(10.0 * TTL.as_secs_f64());
    w.calls_out("1001", "+4930555").wait(2.0);
    assert_eq!(w.hears("1001"), [ONE]);
}

#[test]
fn f11_a_trunk_whose_name_never_led_anywhere_costs_the_others_no_time() {
    let mut w = with_a_name(&[], &BOTH);
    w.names.is_dead = true;
    w.wait(1.0).calls_out("1001", "+4930555").wait(0.2);
    assert_eq!(w.carriers[TWO].invites.len(), 1, "at once");
    w.wait(1.8);
    assert_eq!(w.hears("1001"), [TWO]);
}

#[test]
fn f11_a_name_that_comes_back_is_used_again() {
    let mut w = with_a_name(&[], &BOTH);
    w.names.is_dead = true;
    w.wait(10.0 * TTL.as_secs_f64());
    w.names.serve(DOMAIN, &[HOST]);
    w.names.is_dead = false;
    w.wait(10.0 * TTL.as_secs_f64());
    w.calls_out("1001", "+4930555").wait(2.0);
    assert_eq!(w.hears("1001"), [ONE]);
}
