//! Browsers: agents at a desk, customers by a call link, and what becomes of a call when a page is lost.

use super::answers;
use super::trunks::{ONE, with_carriers};
use crate::world::World;
use crate::world::browser::sample;
use crate::world::carrier::Says;
use crate::world::page::Picks;
use cordboard::call::link::{LinkTarget, Pass};
use cordboard::call::record::{End, Role};
use cordboard::id::{AgentId, LinkId, QueueId};
use cordboard::page::Closing;
use serde_json::json;
use std::time::Duration;

const ADA: u32 = 1;
const SUPPORT: QueueId = QueueId(1);

pub(super) fn up(seconds: f64) -> Picks {
    Picks::Up(Duration::from_secs_f64(seconds))
}

/// A link to here, good for one call.
pub(super) fn link(w: &mut World, to: LinkTarget) {
    let pass = Pass {
        link: LinkId(5),
        name: "Support".into(),
        to,
        video: true,
    };
    w.links.add("token", pass, 1);
}

#[test]
fn a_caller_is_rung_through_to_the_desk_of_an_agent() {
    let mut w = World::new();
    w.desk("ada", ADA, up(2.0)).dials("alice", "100").wait(1.0);
    let rings = w.page("ada").call().clone();
    assert_eq!(rings["state"], "ringing");
    assert_eq!(rings["with"]["name"], "alice");
    assert_eq!(rings["queue"], "Support");
    let left = rings["rings_ms"].as_u64().expect("for a while");
    assert!((29_000..=30_000).contains(&left), "{rings}");
    assert_eq!(w.hears("alice"), ["greeting"]);
    w.wait(2.0);
    assert_eq!(w.page("ada").call()["state"], "talking");
    assert_eq!(w.page("ada").answers, 1);
    w.wait(0.5);
    assert_eq!(
        (w.hears("alice"), w.page_hears("ada")),
        (vec!["ada"], vec!["alice"])
    );
    let log = w.log();
    assert!(log.contains("Ada (1001) answers"), "{log}");
    // R11: who is left is told at once.
    w.page_does("ada", json!({"type": "hang_up"})).wait(0.1);
    assert!(!w.phones["alice"].has_dialog());
    assert_eq!(w.page("ada").call()["why"], "agent_hung_up");
    w.wait(1.0);
    assert_eq!(w.record().end, Some(End::AgentHungUp));
    assert_eq!(w.segments.len(), 1, "recorded");
}

#[test]
fn r11_a_caller_who_hangs_up_frees_the_desk_at_once() {
    let mut w = World::new();
    w.desk("ada", ADA, up(1.0))
        .dials("alice", "100")
        .wait(3.0)
        .hangs_up("alice")
        .wait(0.1);
    assert_eq!(w.page("ada").call()["why"], "customer_hung_up");
    // While it rings, too.
    w.page("ada").picks = Picks::Nothing;
    w.wait(11.0).dials("bob", "100").wait(1.0);
    assert_eq!(w.page("ada").states(), ["ringing"]);
    w.hangs_up("bob").wait(0.1);
    let calls = &w.page("ada").calls;
    let last = calls.values().next_back().expect("the last call");
    assert_eq!(
        (&last["state"], &last["why"]),
        (&json!("over"), &json!("abandoned"))
    );
}

#[test]
fn r57_a_desk_that_rejects_or_does_not_answer_passes_the_call_on() {
    let mut w = World::with(|account| account.timeouts.agent = Duration::from_secs(5));
    w.desk("ada", ADA, Picks::Nothing).wait(1.0);
    w.desk("ben", 2, Picks::Nothing)
        .dials("alice", "100")
        .wait(1.0);
    w.page_does("ada", json!({"type": "reject"})).wait(0.1);
    assert_eq!(w.page("ada").call()["why"], "declined");
    assert_eq!(w.page("ben").states(), ["ringing"]);
    w.wait(5.0);
    let overs = w.page("ben").overs.clone();
    assert_eq!(overs, ["no_answer"], "and rings again: Ada has refused");
    w.hangs_up("alice").wait(0.1);
    // An answer that crosses the withdrawal finds no call (R52).
    let call = w.page("ben").call()["call"].clone();
    w.says(
        "ben",
        &json!({"type": "accept", "call": call, "sdp": "v=0"}),
    );
    assert_eq!(w.page("ben").trouble(), Some("no_such_call"));
}

#[test]
fn the_desk_is_rung_before_the_phone_and_without_a_desk_the_phone() {
    let mut w = World::new();
    w.agent("1001", answers(1.0))
        .desk("ada", ADA, Picks::Nothing)
        .dials("alice", "100")
        .wait(1.0);
    assert_eq!(w.page("ada").states(), ["ringing"]);
    assert!(!w.phones["1001"].has_dialog());
    w.hangs_up("alice").loses_page("ada").wait(1.0);
    w.dials("bob", "100").wait(3.0);
    assert_eq!(w.hears("bob"), ["1001"]);
}

#[test]
fn f5_an_agent_whose_desk_is_gone_for_ten_seconds_is_not_available_any_more() {
    let mut w = World::new();
    w.desk("ada", ADA, Picks::Nothing).log();
    w.loses_page("ada").wait(9.0);
    assert!(!w.log().contains("cannot be reached"));
    w.wait(1.5).dials("alice", "100").wait(1.0);
    let log = w.log();
    assert!(!log.contains("rings"), "{log}");
    w.comes_back("ada").wait(0.5);
    assert_eq!(w.page("ada").states(), ["ringing"]);
}

#[test]
fn an_agent_calls_a_number_from_the_desk() {
    let mut w = with_carriers(|_| {});
    w.carrier(ONE, &[(0.5, Says::Ringing), (3.0, Says::Answer)]);
    w.desk("ada", ADA, Picks::Nothing)
        .page_calls("ada", Some("+4930555"));
    let call = w.page("ada").call().clone();
    assert_eq!(
        (&call["state"], w.page("ada").answers),
        (&json!("dialling"), 1)
    );
    assert_eq!(call["with"]["number"], "+4930555");
    w.wait(1.5);
    assert_eq!(w.page_hears("ada"), ["ring back"]);
    w.wait(3.0);
    assert_eq!(w.page("ada").call()["state"], "talking");
    assert_eq!(
        (w.carrier_hears(ONE), w.page_hears("ada")),
        (vec!["ada"], vec![ONE])
    );
    w.page_does("ada", json!({"type": "hang_up"})).wait(1.0);
    assert_eq!(w.record().end, Some(End::AgentHungUp));
    w.page_calls("ada", Some("nobody"));
    assert_eq!(w.page("ada").trouble(), Some("not_allowed"));
}

#[test]
fn r15_a_customer_calls_by_a_link_and_waits_as_anybody_does() {
    let mut w = World::new();
    link(&mut w, LinkTarget::Queue(SUPPORT));
    w.visitor("carol", "token");
    assert_eq!(w.page("carol").told[0]["link"]["title"], "Support");
    w.says("carol", &json!({"type": "call", "sdp": "no offer"}));
    assert_eq!(w.page("carol").trouble(), Some("bad_offer"));
    w.page_calls("carol", None).wait(5.0);
    let call = w.page("carol").call().clone();
    assert_eq!(
        (&call["state"], &call["position"]),
        (&json!("waiting"), &json!(1))
    );
    assert_eq!(w.page("carol").answers, 1);
    assert_eq!(w.page_hears("carol"), ["music"], "as phones do");
    w.agent("1001", answers(1.0)).wait(3.0);
    let call = w.page("carol").call().clone();
    assert_eq!(
        (&call["state"], &call["with"]["name"]),
        (&json!("talking"), &json!("Ada"))
    );
    w.page_does("carol", json!({"type": "hang_up"})).wait(0.1);
    assert!(!w.phones["1001"].has_dialog(), "R11");
    w.wait(1.0);
    assert_eq!(w.record().end, Some(End::CustomerHungUp));
    assert_eq!(w.record().called, "link:Support");
    assert!(w.record().legs.iter().any(|leg| leg.role == Role::Customer));
    // R6: once is once.
    w.page_calls("carol", None);
    assert_eq!(w.page("carol").trouble(), Some("link_used"));
    w.visitor("dave", "token");
    assert_eq!(w.page("dave").trouble(), Some("link_used"));
    assert_eq!(w.page("dave").closed, Some(Closing::NotWelcome));
}

#[test]
fn r4_the_agent_who_shared_the_link_is_rung_and_a_strict_link_is_for_nobody_else() {
    let mut w = World::with(|account| account.timeouts.agent = Duration::from_secs(5));
    let agent = AgentId(ADA);
    link(
        &mut w,
        LinkTarget::Agent {
            agent,
            otherwise: None,
        },
    );
    w.desk("ben", 2, up(1.0)).wait(1.0);
    w.desk("ada", ADA, Picks::Nothing).visitor("carol", "token");
    w.page_calls("carol", None).wait(2.0);
    assert_eq!(w.page("ada").states(), ["ringing"]);
    w.wait(6.0);
    let call = w.page("carol").call().clone();
    assert_eq!(
        (&call["state"], &call["why"]),
        (&json!("over"), &json!("not_reached"))
    );
    assert!(w.page("ben").calls.is_empty());
}

#[test]
fn whoever_waits_is_told_when_it_is_their_turn_sooner() {
    let mut w = World::new();
    link(&mut w, LinkTarget::Queue(SUPPORT));
    w.dials("alice", "100").wait(1.0).visitor("carol", "token");
    w.page_calls("carol", None).wait(2.0);
    assert_eq!(w.page("carol").call()["position"], 2);
    w.hangs_up("alice").wait(1.1);
    assert_eq!(w.page("carol").call()["position"], 1);
}

#[test]
fn hold_and_mute_are_seen_at_the_other_side() {
    let mut w = World::new();
    link(&mut w, LinkTarget::Queue(SUPPORT));
    w.desk("ada", ADA, up(0.5)).visitor("carol", "token");
    w.page_calls("carol", None).wait(2.0);
    w.page_does("ada", json!({"type": "hold", "on": true}))
        .wait(0.1);
    assert_eq!(w.page("ada").states(), ["holding"]);
    assert_eq!(w.page("carol").states(), ["held"]);
    w.page_does("ada", json!({"type": "hold", "on": false}));
    w.page_does("carol", json!({"type": "mute", "on": true}))
        .wait(0.1);
    assert_eq!(w.page("carol").states(), ["talking"]);
    assert_eq!(w.page("ada").call()["muted"], true);
    w.page_does("carol", json!({"type": "hold", "on": true}));
    assert_eq!(w.page("carol").trouble(), Some("not_allowed"));
}

#[test]
fn h22_an_offer_without_keys_is_refused_and_the_call_goes_on_as_it_was() {
    let mut w = World::new();
    w.desk("ada", ADA, up(1.0)).dials("alice", "100").wait(3.0);
    let offer = w.page("ada").browser.offer();
    let weaker = [
        offer.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        offer.replace("UDP/TLS/RTP/SAVPF", "RTP/SAVP"),
        offer.replace("a=fingerprint:sha-256", "a=fingerprint:sha-1"),
        offer.replace("a=ice-pwd", "a=none"),
    ];
    for sdp in weaker {
        w.page("ada").told.clear();
        w.page_does("ada", json!({ "type": "offer", "sdp": sdp }))
            .wait(1.0);
        assert_eq!(w.page("ada").trouble(), Some("bad_offer"), "{sdp}");
        assert_eq!(w.page("ada").answers, 1);
        assert_eq!(
            (w.hears("alice"), w.page_hears("ada")),
            (vec!["ada"], vec!["alice"])
        );
    }
    assert!(w.page("ada").browser.voice.secure.is_some());
}

#[test]
fn b18_an_agent_who_reloads_the_desk_goes_on_in_the_same_call() {
    let mut w = World::new();
    w.desk("ada", ADA, up(1.0)).dials("alice", "100").wait(3.0);
    w.log();
    w.loses_page("ada").wait(2.0);
    assert_eq!(w.hears("alice"), ["music"], "while Ada is away");
    w.reloads("ada", 1.0).wait(1.0);
    assert_eq!(
        w.page("ada").states(),
        ["talking"],
        "as if nothing had been"
    );
    assert_eq!(w.page("ada").answers, 2);
    assert_eq!(
        (w.hears("alice"), w.page_hears("ada")),
        (vec!["ada"], vec!["alice"])
    );
    let log = w.log();
    assert!(log.contains("the browser of the agent is lost"), "{log}");
    assert!(log.contains("the browser of the agent is back"), "{log}");
    w.hangs_up("alice").wait(1.0);
    assert_eq!(w.segments.len(), 1, "one recording");
    assert_eq!(w.record().end, Some(End::CustomerHungUp));
}

#[test]
fn b18_a_page_whose_network_changed_gets_what_it_has_missed() {
    let mut w = World::new();
    w.desk("ada", ADA, up(1.0)).dials("alice", "100").wait(3.0);
    w.loses_page("ada")
        .wait(1.0)
        .reinvites("alice", "sendonly")
        .wait(1.0);
    w.comes_back("ada");
    assert_eq!(
        w.page("ada").states(),
        ["held"],
        "by a message that was kept"
    );
    let hello = w.page("ada").told.last().expect("a hello");
    assert_eq!(hello["resumed"], true);
}

#[test]
fn d18_the_caller_of_an_agent_who_does_not_come_back_is_the_first_in_line() {
    let mut w = World::new();
    w.desk("ada", ADA, up(1.0)).dials("alice", "100").wait(3.0);
    w.dials("bob", "100").wait(5.0).loses_page("ada").wait(19.0);
    assert_eq!(w.hears("alice"), ["music"]);
    w.log();
    w.wait(1.5);
    let log = w.log();
    assert!(log.contains("the caller waits again"), "{log}");
    w.agent("1002", answers(1.0)).wait(2.0);
    assert_eq!(w.hears("alice"), ["1002"], "before bob");
    assert!(w.phones["alice"].has_dialog() && w.phones["bob"].has_dialog());
    w.hangs_up("alice").hangs_up("bob").wait(1.0);
    assert_eq!(w.segments.len(), 2, "a segment with each agent (R90)");
}

#[test]
fn f5_a_customer_who_does_not_come_back_ends_the_call() {
    let mut w = World::new();
    link(&mut w, LinkTarget::Queue(SUPPORT));
    w.agent("1001", answers(1.0)).visitor("carol", "token");
    w.page_calls("carol", None).wait(3.0);
    w.loses_page("carol").wait(2.0);
    assert_eq!(w.hears("1001"), ["music"]);
    w.reloads("carol", 1.0).wait(1.0);
    assert_eq!(w.page("carol").states(), ["talking"]);
    assert_eq!(
        (w.page_hears("carol"), w.hears("1001")),
        (vec!["1001"], vec!["carol"])
    );
    w.loses_page("carol").wait(19.0);
    assert!(w.phones["1001"].has_dialog());
    w.wait(2.0);
    assert!(!w.phones["1001"].has_dialog());
    assert_eq!(w.record().end, Some(End::SignallingLost));
}

#[test]
fn f5_a_customer_who_is_lost_while_waiting_keeps_the_place() {
    let mut w = World::new();
    link(&mut w, LinkTarget::Queue(SUPPORT));
    w.visitor("carol", "token")
        .page_calls("carol", None)
        .wait(2.0);
    w.dials("bob", "100").wait(1.0).reloads("carol", 5.0);
    assert_eq!(w.page("carol").call()["position"], 1);
    w.loses_page("carol").wait(21.0);
    assert_eq!(w.endings.len(), 1, "given up");
}

#[test]
fn a_second_tab_takes_the_calls_of_the_first() {
    let mut w = World::new();
    w.desk("ada", ADA, up(1.0)).dials("alice", "100").wait(3.0);
    w.desk("ada in another tab", ADA, Picks::Nothing);
    assert_eq!(w.page("ada").closed, Some(Closing::Superseded));
    assert_eq!(w.page("ada in another tab").states(), ["talking"]);
    // What is said of it is over by then.
    w.wait(2.0);
    assert_eq!(
        w.hears("alice"),
        ["music"],
        "until that one has made its own way"
    );
    w.page("ada in another tab").browser.dies();
    w.offers_anew("ada in another tab").wait(1.0);
    assert_eq!(w.hears("alice"), ["ada in another tab"]);
    w.page_does("ada in another tab", json!({"type": "hang_up"}))
        .wait(0.1);
    assert!(!w.phones["alice"].has_dialog());
}

#[test]
fn r82_a_customer_s_keys_are_heard_as_those_of_a_phone() {
    let mut w = super::callbacks::with_callbacks(|_| {});
    link(&mut w, LinkTarget::Queue(SUPPORT));
    w.visitor("carol", "token")
        .page_calls("carol", None)
        .wait(11.0);
    for key in ['*', '1'] {
        w.page("carol").browser.voice.press(key, 100);
        w.wait(0.3);
    }
    w.wait(1.0);
    // R83: she has no number, and may type one.
    assert_eq!(w.page_hears("carol"), ["ask number"]);
    for digit in "030777#".chars() {
        w.page_does("carol", json!({"type": "digit", "digit": digit}))
            .wait(0.3);
    }
    w.wait(4.0);
    assert_eq!(w.page("carol").call()["why"], "callback_promised");
}

#[test]
fn b18_who_has_lost_the_other_is_told_so_at_once_and_from_time_to_time() {
    let mut w = World::new();
    w.desk("ada", ADA, up(1.0)).dials("alice", "100").wait(3.0);
    w.loses_page("ada").wait(0.99);
    assert_eq!(w.hears("alice"), ["absence"], "in the first second");
    w.wait(1.7);
    assert_eq!(w.hears("alice"), ["music"]);
    w.wait(9.5);
    assert_eq!(w.hears("alice"), ["absence"], "again after ten seconds");
    w.reloads("ada", 0.5).wait(1.0);
    assert_eq!(w.hears("alice"), ["ada"]);
    w.wait(12.0);
    assert_eq!(w.hears("alice"), ["ada"], "and never again");
}

#[test]
fn b18_a_page_that_is_loaded_anew_in_a_moment_is_not_missed() {
    let mut w = World::new();
    w.desk("ada", ADA, up(1.0)).dials("alice", "100").wait(3.0);
    w.log();
    let (left, before) = (w.now, w.phones["alice"].voice.headers.len());
    w.reloads("ada", 0.5).wait(1.5);
    assert_eq!(w.heard_since("alice", left), ["ada"], "and nothing else");
    assert_eq!(w.hears("alice"), ["ada"], "again");
    let log = w.log();
    assert!(!log.contains("lost") && !log.contains("back"), "{log}");
    // Meanwhile silence comes, so that nobody takes the line for dead.
    let headers = &w.phones["alice"].voice.headers[before..];
    let gaps = headers
        .windows(2)
        .map(|two| two[1].1.wrapping_sub(two[0].1));
    assert!(gaps.max() <= Some(8 * 240), "at most 240 ms");
    w.hangs_up("alice").wait(1.0);
    assert_eq!(w.segments.len(), 1, "one recording");
}

#[test]
fn b18_how_long_a_page_is_not_missed_can_be_set_to_nothing() {
    let mut w = World::with(|account| account.absence.after = Duration::ZERO);
    w.desk("ada", ADA, up(1.0)).dials("alice", "100").wait(3.0);
    w.loses_page("ada").wait(0.4);
    assert_eq!(w.hears("alice"), ["absence"]);
    w.comes_back("ada").wait(1.0);
    assert_eq!(w.hears("alice"), ["ada"]);
}

#[test]
fn rfc_7675_sound_that_is_lost_alone_is_waited_for_and_goes_on_by_itself() {
    let mut w = World::new();
    w.desk("ada", ADA, up(1.0)).dials("alice", "100").wait(3.0);
    w.log();
    // Its WebSocket lives; its media goes nowhere.
    w.page("ada").browser.cut = true;
    w.wait(14.0);
    assert!(!w.log().contains("lost"), "consent lasts for a while");
    w.wait(17.0);
    let log = w.log();
    assert!(log.contains("the browser of the agent is lost"), "{log}");
    w.wait(2.0);
    assert_eq!(w.hears("alice"), ["music"]);
    w.page("ada").browser.cut = false;
    w.wait(5.0);
    let log = w.log();
    assert!(log.contains("the browser of the agent is back"), "{log}");
    assert_eq!(
        (w.hears("alice"), w.page_hears("ada")),
        (vec!["ada"], vec!["alice"])
    );
    assert_eq!(w.segments.len(), 1, "one recording");
    // It does not come back: the caller has the old place (D18).
    w.page("ada").picks = Picks::Nothing;
    w.page("ada").browser.cut = true;
    w.wait(52.0);
    assert!(w.log().contains("the caller waits again"));
    assert!(w.phones["alice"].has_dialog());
}

#[test]
fn r6_a_page_that_is_loaded_anew_after_its_call_is_not_welcome_with_a_link_that_was_good_once() {
    let mut w = World::new();
    link(&mut w, LinkTarget::Queue(SUPPORT));
    w.agent("1001", answers(1.0)).visitor("carol", "token");
    w.page_calls("carol", None).wait(3.0);
    w.reloads("carol", 1.0).wait(1.0);
    assert_eq!(w.page("carol").states(), ["talking"], "not in the call");
    assert_eq!(w.page("carol").trouble(), None);
    w.hangs_up("1001").wait(1.0);
    w.reloads("carol", 1.0).wait(0.5);
    assert_eq!(w.page("carol").trouble(), Some("link_used"));
    assert_eq!(w.page("carol").closed, Some(Closing::NotWelcome));
}

#[test]
fn r143_agents_see_customers_and_are_seen_where_each_has_a_camera() {
    for cameras in [["ada", "carol"].as_slice(), &["carol"], &[]] {
        let mut w = World::new();
        link(&mut w, LinkTarget::Queue(SUPPORT));
        w.desk("ada", ADA, up(0.5)).visitor("carol", "token");
        for name in cameras {
            w.page(name).browser.camera = true;
        }
        w.page_calls("carol", None).wait(2.0);
        for (name, other) in [("ada", "carol"), ("carol", "ada")] {
            assert_eq!(w.page_hears(name), [other], "sound whatever is seen");
            let both = cameras.contains(&name) && cameras.contains(&other);
            if cameras.contains(&name) {
                for nth in 0..8 {
                    w.page_shows(name, nth).wait(0.04);
                }
            }
            w.wait(0.2);
            let seen = &w.page(other).browser.voice.seen;
            let shown = if both { sample() } else { vec![] };
            assert_eq!(*seen, shown, "{other} sees {name}, of {cameras:?}");
        }
    }
}
