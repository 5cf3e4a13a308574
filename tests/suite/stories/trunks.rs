//! Trunks: which is tried, what is written to it, what it may say, and where it takes callers whose
//! longest wait is over.

use super::answers;
use crate::world::World;
use crate::world::carrier::Says;
use cordboard::call::record::{End, Role};
use cordboard::id::TrunkId;
use cordboard::settings::{
    Account, Format, IdentityHeader, MaxWait, OnMaxWait, Outbound, Server, Trunk,
};
use std::time::Duration;

pub(crate) const ONE: &str = "one";
pub(crate) const TWO: &str = "two";

/// A world with two carriers, to be scripted: the first way to all numbers is by trunk one, then two.
pub(crate) fn with_carriers(change: impl FnOnce(&mut Account)) -> World {
    World::with(|account| {
        ways_out(account);
        change(account);
    })
}

pub(crate) fn ways_out(account: &mut Account) {
    for (id, name) in [(2, ONE), (3, TWO)] {
        let server = Server {
            host: format!("127.2.0.{}", id - 1),
            port: None,
            transport: None,
        };
        account.trunks.push(Trunk {
            server: Some(server),
            ..Trunk::new(TrunkId(id), name)
        });
    }
    account.dialling.plan.country = Some("49".into());
    account.outbound = vec![Outbound {
        number: "+*".into(),
        trunks: vec![TrunkId(2), TrunkId(3)],
        agents: None,
    }];
    account.trunks.swap(0, 1);
    account.trunks.swap(1, 2);
}

fn on_max_wait(account: &mut Account) {
    account.queues[0].waiting.max_wait = Some(MaxWait {
        after: Duration::from_secs(10),
        message: None,
        then: OnMaxWait::External(4_930_777),
    });
}

#[test]
fn f12_a_trunk_that_fails_is_followed_by_the_next() {
    for says in [Says::Refuse(500), Says::Refuse(503), Says::Refuse(408)] {
        let mut w = with_carriers(|_| {});
        w.carrier(ONE, &[(1.0, says)])
            .carrier(TWO, &[(1.0, Says::Answer)])
            .agent("1001", answers(1.0))
            .calls_out("1001", "+4930555")
            .wait(3.0);
        assert_eq!(w.hears("1001"), [TWO], "{says:?}");
        let attempts = &w.record().attempts;
        let tried: Vec<_> = attempts.iter().map(|each| each.trunk.as_str()).collect();
        assert_eq!(tried, [ONE, TWO]);
        assert_eq!(w.record().trunk.as_deref(), Some(TWO));
        w.hangs_up("1001").wait(40.0);
        assert!(w.is_at_rest());
    }
}

#[test]
fn f12_a_trunk_that_is_silent_is_passed_over_after_four_seconds_and_doubted() {
    let mut w = with_carriers(|_| {});
    w.carrier(ONE, &[])
        .carrier(TWO, &[(0.5, Says::Answer)])
        .agent("1001", answers(1.0))
        .calls_out("1001", "+4930555")
        .wait(3.9);
    assert!(w.carriers[TWO].invites.is_empty());
    w.wait(1.1);
    assert_eq!(w.hears("1001"), [TWO]);
    w.hangs_up("1001")
        .wait(1.0)
        .calls_out("1001", "+4930555")
        .wait(1.0);
    assert_eq!(
        w.carriers[TWO].invites.len(),
        2,
        "at once, at the next call"
    );
    assert_eq!(w.carriers[ONE].invites.len(), 1);
}

#[test]
fn a_trunk_that_has_said_100_is_waited_for() {
    let mut w = with_carriers(|_| {});
    w.carrier(ONE, &[(0.1, Says::Trying), (9.0, Says::Answer)])
        .agent("1001", answers(1.0))
        .calls_out("1001", "+4930555")
        .wait(10.0);
    assert_eq!(w.hears("1001"), [ONE]);
}

#[test]
fn f12_a_trunk_rests_as_long_as_its_retry_after_says() {
    let mut w = with_carriers(|_| {});
    w.carrier(ONE, &[(0.1, Says::Retry(20))])
        .carrier(TWO, &[(0.1, Says::Refuse(486))])
        .agent("1001", answers(1.0));
    let mut tried = vec![];
    for _ in 0..3 {
        w.calls_out("1001", "+4930555").wait(9.0);
        tried.push((w.carriers[ONE].invites.len(), w.carriers[TWO].invites.len()));
    }
    assert_eq!(tried, [(1, 1), (1, 2), (1, 3)]);
    w.calls_out("1001", "+4930555").wait(1.0);
    assert_eq!(w.carriers[ONE].invites.len(), 2, "27 s later");
}

#[test]
fn a_trunk_without_room_is_passed_over_and_without_any_the_phone_is_told_to_wait() {
    let mut w = with_carriers(|account| {
        account.trunks[0].max_calls = 1;
        account.trunks[1].max_calls = 1;
    });
    w.carrier(ONE, &[(0.1, Says::Answer)])
        .carrier(TWO, &[(0.1, Says::Answer)]);
    for agent in ["1001", "1002", "1003"] {
        w.agent(agent, answers(1.0))
            .calls_out(agent, "+4930555")
            .wait(1.0);
    }
    assert_eq!(w.hears("1001"), [ONE]);
    assert_eq!(w.hears("1002"), [TWO]);
    assert_eq!(w.phones["1003"].finals, [503]);
    w.hangs_up("1001")
        .wait(1.0)
        .calls_out("1003", "+4930555")
        .wait(1.0);
    assert_eq!(w.phones["1003"].finals, [503, 200], "there is room again");
}

#[test]
fn the_calls_of_a_second_are_limited_both_ways() {
    let mut w = with_carriers(|account| {
        account
            .trunks
            .iter_mut()
            .for_each(|trunk| trunk.calls_per_second = 1);
    });
    w.dials("alice", "100").dials("bob", "100").wait(0.5);
    assert_eq!(w.phones["alice"].finals, [200]);
    assert_eq!(w.phones["bob"].finals, [503]);
    w.wait(1.0).dials("bob", "100").wait(1.0);
    assert_eq!(w.phones["bob"].finals, [503, 200]);
}

#[test]
fn r147_a_trunk_gets_numbers_and_identity_as_it_wants_them() {
    for (identity, name) in [
        (IdentityHeader::Asserted, "P-Asserted-Identity"),
        (IdentityHeader::Preferred, "P-Preferred-Identity"),
    ] {
        shows_as_wanted(identity, name);
    }
}

fn shows_as_wanted(identity: IdentityHeader, name: &str) {
    let mut w = with_carriers(|account| {
        let trunk = &mut account.trunks[0];
        trunk.numbers.format = Format::International;
        trunk.identity.caller_id = Some("+4930100".into());
        trunk.habits.identity = identity;
        trunk.from_domain = Some("example.com".into());
    });
    w.carrier(ONE, &[(0.1, Says::Refuse(486))])
        .agent("1001", answers(1.0))
        .calls_out("1001", "030555")
        .wait(1.0);
    let invite = &w.carriers[ONE].invites[0];
    assert_eq!(invite.uri(), "sip:004930555@127.2.0.1");
    assert!(
        invite
            .field("From")
            .starts_with("<sip:004930100@example.com>")
    );
    assert_eq!(invite.field(name), "<sip:004930100@example.com>");
    assert_eq!(invite.text().matches("-Identity: ").count(), 1, "{name}");
    assert_eq!(invite.fields("Privacy"), [""; 0]);
    let all = invite.text();
    assert!(
        !all.contains("1001") && !all.contains("127.1.0"),
        "hidden: {all}"
    );
}

#[test]
fn rfc_3323_a_withheld_number_is_known_to_the_trunk_alone() {
    let mut w = with_carriers(|account| {
        let trunk = &mut account.trunks[0];
        trunk.identity.caller_id = Some("+4930100".into());
        trunk.identity.withhold = true;
        trunk.habits.identity = IdentityHeader::RemoteParty;
    });
    w.carrier(ONE, &[(0.1, Says::Refuse(486))])
        .agent("1001", answers(1.0))
        .calls_out("1001", "030555")
        .wait(1.0);
    let invite = &w.carriers[ONE].invites[0];
    let from = invite.field("From");
    assert!(from.contains("<sip:anonymous@anonymous.invalid>"), "{from}");
    assert_eq!(invite.field("Privacy"), "id");
    assert_eq!(
        invite.field("Remote-Party-ID"),
        "<sip:+4930100@127.2.0.1>;party=calling;screen=yes;privacy=full"
    );
}

#[test]
fn rfc_3325_an_asserted_identity_is_believed_of_trusted_trunks_alone() {
    let headers =
        "P-Asserted-Identity: <tel:030-777>\r\nDiversion: <sip:030111@x>;reason=unknown\r\n";
    for (trust, from, diverted_by) in [(true, "+4930777", Some("+4930111")), (false, "alice", None)]
    {
        let mut w = with_carriers(|account| {
            let trunk = account
                .trunks
                .iter_mut()
                .find(|trunk| trunk.id == TrunkId(1));
            let trunk = trunk.expect("the callers' trunk");
            trunk.identity.trust = trust;
            trunk.numbers.plan.country = Some("49".into());
        });
        w.add("alice", 5080).extra = headers.to_owned();
        w.dials("alice", "0049301234").wait(1.0);
        let record = w.record();
        assert_eq!(record.from, from, "R100");
        assert_eq!(record.diverted_by.as_deref(), diverted_by);
        assert_eq!(record.called, "+49301234", "R147");
    }
}

#[test]
fn a_caller_who_wants_to_be_unknown_is_anonymous_to_the_agent() {
    let mut w = with_carriers(|account| {
        account
            .trunks
            .iter_mut()
            .for_each(|trunk| trunk.identity.trust = true);
    });
    w.add("alice", 5080).extra = "P-Asserted-Identity: <tel:+4930777>\r\nPrivacy: id\r\n".into();
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(2.0);
    assert_eq!(w.record().from, "anonymous");
}

#[test]
fn r25_a_caller_is_sent_outside_after_the_longest_wait() {
    let mut w = with_carriers(on_max_wait);
    w.carrier(
        ONE,
        &[
            (1.0, Says::Ringing),
            (4.0, Says::Progress),
            (8.0, Says::Answer),
        ],
    )
    .dials("alice", "+49301234")
    .wait(12.0);
    assert_eq!(
        w.hears("alice"),
        ["music"],
        "until something comes from there"
    );
    w.wait(3.0);
    assert_eq!(w.hears("alice"), ["network"], "R134");
    w.wait(4.0);
    assert_eq!(w.hears("alice"), [ONE]);
    assert_eq!(w.carrier_hears(ONE), ["alice"]);
    assert!(
        w.segments.is_empty(),
        "R97: what is outside is not recorded"
    );
    let invite = &w.carriers[ONE].invites[0];
    assert_eq!(invite.uri(), "sip:+4930777@127.2.0.1");
    assert!(
        invite.field("Diversion").starts_with("<sip:+49301234@"),
        "RFC 5806"
    );
    w.hangs_up("alice").wait(1.0);
    assert_eq!(w.record().end, Some(End::CustomerHungUp));
    assert!(w.record().legs.iter().any(|leg| leg.role == Role::Outside));
    assert_eq!(w.carriers[ONE].requests, ["BYE"]);
    w.wait(40.0);
    assert!(w.is_at_rest());
}

#[test]
fn r135_without_early_media_a_caller_who_is_sent_outside_hears_music_until_the_answer() {
    let mut w = with_carriers(|account| {
        on_max_wait(account);
        account.trunks[0].habits.early_media = false;
    });
    w.carrier(ONE, &[(1.0, Says::Progress), (8.0, Says::Answer)])
        .dials("alice", "100")
        .wait(15.0);
    assert_eq!(w.hears("alice"), ["music"]);
    w.wait(4.0);
    assert_eq!(w.hears("alice"), [ONE]);
}

#[test]
fn r25_a_number_outside_that_is_not_reached_ends_the_call() {
    let mut w = with_carriers(on_max_wait);
    w.carrier(ONE, &[(1.0, Says::Refuse(486))])
        .dials("alice", "100")
        .wait(12.0);
    assert_eq!(w.record().end, Some(End::NotReached));
    assert!(!w.phones["alice"].talking);
    assert_eq!(w.record().attempts[0].status, Some(486));
    let mut w = with_carriers(|account| {
        on_max_wait(account);
        account.outbound.clear();
    });
    w.dials("alice", "100").wait(12.0);
    assert_eq!(w.record().end, Some(End::NotReached), "no way leads there");
    w.wait(40.0);
    assert!(w.is_at_rest());
}
