//! Secure media: who offers and takes it, that both hear each other across it, and that it never
//! becomes plain.

use super::answers;
use crate::world::World;
use crate::world::secure::Wish;
use cordboard::audio::tone;
use cordboard::call::record::{End, Role};
use cordboard::settings::Srtp;

const CM_80: &str = "AES_CM_128_HMAC_SHA1_80";
const CM_32: &str = "AES_CM_128_HMAC_SHA1_32";
const GCM: &str = "AEAD_AES_128_GCM";

/// A world whose trunk and agents have these habits.
fn world(trunk: Srtp, agents: Srtp) -> World {
    World::with(|account| {
        account
            .trunks
            .iter_mut()
            .for_each(|t| t.habits.srtp = trunk);
        account
            .agents
            .iter_mut()
            .for_each(|a| a.habits.srtp = agents);
    })
}

fn wish(profile: &'static str, suite: &'static str) -> Option<Wish> {
    Some(Wish::new(profile, suite))
}

/// Alice and an agent, each secure or not, in a call.
fn talking(trunk: Srtp, alice: Option<Wish>, agents: Srtp, agent: Option<Wish>) -> World {
    let mut w = world(trunk, agents);
    w.add("alice", 5080).secure = alice;
    w.agent("1001", answers(1.0)).phone("1001").secure = agent;
    w.dials("alice", "100").wait(3.0);
    w
}

fn assert_both_hear(w: &World) {
    assert_eq!(w.hears("alice"), ["1001"]);
    assert_eq!(w.hears("1001"), ["alice"]);
    for user in ["alice", "1001"] {
        let secure = w.phones[user].voice.secure.as_ref();
        assert_eq!(secure.map_or(0, |secure| secure.strange), 0, "{user}");
    }
}

#[test]
fn a_secure_caller_and_a_plain_agent_hear_each_other_and_are_on_disk() {
    for (profile, suite) in [("RTP/SAVP", CM_80), ("RTP/SAVP", CM_32), ("RTP/AVP", GCM)] {
        let mut w = talking(Srtp::Preferred, wish(profile, suite), Srtp::Off, None);
        assert!(
            w.phones["alice"].voice.secure.is_some() && w.phones["1001"].voice.secure.is_none()
        );
        assert_both_hear(&w);
        w.wait(2.0).hangs_up("alice").wait(1.0);
        let tracks = w.segments.iter().flat_map(|segment| &segment.tracks);
        for track in tracks {
            let user = if track.role == Role::Customer {
                "alice"
            } else {
                "1001"
            };
            let sound = &w.files[&track.recording].0;
            let hz = w.phones[user].voice.hz;
            assert!(
                tone::share(sound, hz) > 0.9,
                "{user} is on disk, in the clear"
            );
        }
        w.wait(40.0);
        assert!(w.is_at_rest());
    }
}

#[test]
fn an_agent_is_offered_secure_media_as_its_habits_say() {
    let cases = [
        (Srtp::Required, wish("RTP/SAVP", CM_80)),
        (Srtp::Required, wish("RTP/SAVP", GCM)),
        (Srtp::Preferred, wish("RTP/AVP", CM_32)),
    ];
    for (srtp, agent) in cases {
        let w = talking(Srtp::Off, None, srtp, agent);
        assert!(w.phones["1001"].voice.secure.is_some(), "{srtp:?}");
        assert_both_hear(&w);
    }
    let w = talking(Srtp::Off, None, Srtp::Preferred, None);
    assert!(
        w.phones["1001"].voice.secure.is_none(),
        "who has none speaks plainly"
    );
    assert_both_hear(&w);
}

#[test]
fn two_secure_parties_have_keys_of_their_own() {
    let w = talking(
        Srtp::Required,
        wish("RTP/SAVP", GCM),
        Srtp::Required,
        wish("RTP/SAVP", CM_80),
    );
    assert_both_hear(&w);
}

#[test]
fn a_call_without_an_offer_is_offered_keys() {
    let mut w = world(Srtp::Required, Srtp::Off);
    let alice = w.add("alice", 5080);
    alice.late_offer = true;
    alice.secure = wish("RTP/SAVP", CM_80);
    w.agent("1001", answers(1.0))
        .dials("alice", "100")
        .wait(3.0);
    assert_both_hear(&w);
}

#[test]
fn who_must_be_secure_and_is_not_is_refused_with_488() {
    for (srtp, alice) in [
        (Srtp::Required, None),
        (Srtp::Required, wish("RTP/AVP", CM_80)),
        (Srtp::Off, wish("RTP/SAVP", CM_80)),
        (Srtp::Preferred, wish("RTP/SAVPF", CM_80)),
        (Srtp::Preferred, wish("UDP/TLS/RTP/SAVP", CM_80)),
    ] {
        let mut w = talking(srtp, alice, Srtp::Off, None);
        assert_eq!(w.phones["alice"].finals, [488], "{srtp:?}");
        w.wait(40.0);
        assert!(w.is_at_rest());
    }
}

#[test]
fn an_agent_that_answers_secure_media_plainly_gets_no_call() {
    for agent in [None, wish("RTP/SAVP", "F8_128_HMAC_SHA1_80")] {
        let w = talking(Srtp::Off, None, Srtp::Required, agent);
        assert!(!w.phones["1001"].talking, "hung up");
        assert_eq!(w.hears("alice").len(), 1, "alice waits on");
        assert!(!w.hears("alice").contains(&"1001"));
    }
}

/// H22.
#[test]
fn a_secure_call_does_not_become_plain() {
    for (trunk, profile) in [
        (Srtp::Required, "RTP/SAVP"),
        (Srtp::Preferred, "RTP/SAVP"),
        (Srtp::Preferred, "RTP/AVP"),
    ] {
        let mut w = talking(trunk, wish(profile, CM_80), Srtp::Off, None);
        let kept = w.phone("alice").secure.take();
        w.reinvites("alice", "sendrecv").wait(1.0);
        // Refused, and the packets are sealed as before.
        assert_both_hear(&w);
        assert!(w.phones["alice"].voice.secure.is_some());
        w.phone("alice").secure = kept;
        w.reinvites("alice", "sendrecv").wait(1.0);
        assert_both_hear(&w);
    }
}

/// RFC 4568 §7.1.4.
#[test]
fn hold_and_resume_keep_the_keys_and_a_new_key_is_taken() {
    for suite in [CM_80, GCM] {
        let mut w = talking(Srtp::Required, wish("RTP/SAVP", suite), Srtp::Off, None);
        w.reinvites("alice", "sendonly").wait(1.0);
        w.reinvites("alice", "sendrecv").wait(1.0);
        assert_both_hear(&w);
        w.phone("alice").secure = Some(Wish {
            seed: 99,
            ..Wish::new("RTP/SAVP", suite)
        });
        w.reinvites("alice", "sendrecv").wait(1.0);
        assert_eq!(w.hears("1001"), ["alice"]);
        assert_eq!(w.hears("alice"), ["1001"]);
        let other = if suite == GCM { CM_32 } else { GCM };
        w.phone("alice").secure = wish("RTP/SAVP", other);
        w.reinvites("alice", "sendrecv").wait(1.0);
        assert_eq!(w.hears("1001"), ["alice"]);
        assert_eq!(w.hears("alice"), ["1001"]);
        w.hangs_up("1001").wait(1.0);
        assert_eq!(w.record().end, Some(End::AgentHungUp));
    }
}
