//! Offers and answers with keys: what is taken, what is written, and what is refused and why.

use super::tests::{local, offering};
use super::*;
use crate::random::Random;
use crate::rtp::srtp::{Master, Suite};

/// 30 and 28 bytes.
const CM_KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const GCM_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3Bxcg==";

fn keys() -> OurKeys {
    OurKeys::random(&mut Random::seeded(1))
}

fn preferred() -> Local {
    let security = Security::Preferred(keys());
    Local {
        security,
        ..local()
    }
}

fn required(profile: Profile) -> Local {
    let security = Security::Required(keys(), profile);
    Local {
        security,
        ..local()
    }
}

fn audio(profile: &str, attributes: &str) -> String {
    let media = format!("m=audio 4000 {profile} 0\r\n{attributes}");
    offering("IP4 192.0.2.1", &media)
}

fn cm(tag: u32) -> String {
    format!("a=crypto:{tag} AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}\r\n")
}

fn gcm(tag: u32) -> String {
    format!("a=crypto:{tag} AEAD_AES_128_GCM inline:{GCM_KEY}\r\n")
}

fn answered(offer: &str, local: &Local) -> (String, Negotiated) {
    let (answer, negotiated) = answer(offer.as_bytes(), local).expect("agreed");
    (String::from_utf8(answer).expect("text"), negotiated)
}

fn refused(offer: &str, local: &Local) -> Refusal {
    answer(offer.as_bytes(), local).expect_err("refused")
}

#[test]
fn secure_media_are_answered_with_the_best_suite_and_a_key_of_ours() {
    let offer = audio("RTP/SAVP", &(cm(1) + &gcm(7)));
    for local in [preferred(), required(Profile::Savp), required(Profile::Avp)] {
        let (answer, negotiated) = answered(&offer, &local);
        let keys = negotiated.crypto.expect("secure");
        assert_eq!(keys.suite, Suite::AeadAes128Gcm);
        assert_eq!(
            keys.theirs.bytes(keys.suite),
            b"0123456789abcdefghijklmnopqrs"[..28]
        );
        assert!(answer.contains("m=audio 20000 RTP/SAVP 0\r\n"), "{answer}");
        assert_eq!(answer.matches("a=crypto:").count(), 1);
        assert!(
            answer.contains("a=crypto:7 AEAD_AES_128_GCM inline:"),
            "{answer}"
        );
        let theirs = Description::parse(answer.as_bytes()).expect("readable");
        let line = theirs.media[0].cryptos[0].expect("readable");
        assert_eq!(line.key, keys.ours);
    }
}

#[test]
fn our_offer_is_understood_by_ourselves_in_every_pairing() {
    let other = |security| Local {
        security,
        ..local()
    };
    let theirs = || OurKeys::random(&mut Random::seeded(2));
    let pairings = [
        (
            preferred(),
            other(Security::Preferred(theirs())),
            "RTP/AVP",
            true,
        ),
        (preferred(), other(Security::Plain), "RTP/AVP", false),
        (other(Security::Plain), preferred(), "RTP/AVP", false),
        (
            required(Profile::Savp),
            other(Security::Preferred(theirs())),
            "RTP/SAVP",
            true,
        ),
        (
            required(Profile::Avp),
            other(Security::Preferred(theirs())),
            "RTP/AVP",
            true,
        ),
    ];
    for (ours, theirs, profile, secure) in pairings {
        let (answer, there) = answer(&offer(&ours), &theirs).expect("agreed");
        let here = accept(&answer, &ours).expect("agreed");
        assert!(String::from_utf8_lossy(&answer).contains(&format!("20000 {profile} ")));
        assert_eq!(
            (here.crypto.is_some(), here.profile.name()),
            (secure, profile)
        );
        if let (Some(here), Some(there)) = (here.crypto, there.crypto) {
            assert_eq!((here.suite, here.ours), (there.suite, there.theirs));
            assert_eq!(here.theirs, there.ours);
        }
    }
}

/// RFC 4568 §6.1, §6.3: read where it changes nothing, otherwise refused for what it is.
#[test]
fn what_a_key_line_says_beyond_the_key_is_taken_or_refused_precisely() {
    let suite = "AES_CM_128_HMAC_SHA1_80";
    let with = |line: &str| {
        answer(
            audio("RTP/SAVP", &format!("a=crypto:{line}\r\n")).as_bytes(),
            &preferred(),
        )
    };
    for fine in [
        format!("1 {suite} inline:{CM_KEY}|2^20"),
        format!("1 {suite} inline:{CM_KEY}|1048576"),
        format!("1 {suite} inline:{CM_KEY}|2^48"),
        format!(" 999999999  {suite}  inline:{CM_KEY} WSH=64 -FUTURE=1 "),
        format!("1 AES_CM_128_HMAC_SHA1_32 inline:{CM_KEY}"),
        format!(
            "1 AEAD_AES_128_GCM inline:{}",
            GCM_KEY.trim_end_matches('=')
        ),
    ] {
        assert!(with(&fine).is_ok(), "{fine}");
    }
    for (line, why) in [
        (format!("1 {suite} inline:{CM_KEY}|2^20|1:4"), Unusable::Mki),
        (format!("1 {suite} inline:{CM_KEY}|1:4"), Unusable::Mki),
        (
            format!("1 {suite} inline:{CM_KEY};inline:{CM_KEY}"),
            Unusable::Mki,
        ),
        (
            format!("1 {suite} inline:{CM_KEY}|2^49"),
            Unusable::Lifetime,
        ),
        (
            format!("1 {suite} inline:{CM_KEY}|2^4000000000"),
            Unusable::Lifetime,
        ),
        (format!("1 {suite} inline:{CM_KEY}|0"), Unusable::Lifetime),
        (format!("1 {suite} inline:{CM_KEY}|"), Unusable::Lifetime),
        (
            format!("1 {suite} inline:{CM_KEY} UNENCRYPTED_SRTP"),
            Unusable::Parameter,
        ),
        (
            format!("1 {suite} inline:{CM_KEY} WSH=64 UNENCRYPTED_SRTCP"),
            Unusable::Parameter,
        ),
        (
            format!("1 {suite} inline:{CM_KEY} UNAUTHENTICATED_SRTP"),
            Unusable::Parameter,
        ),
        (
            format!("1 {suite} inline:{CM_KEY} KDR=3"),
            Unusable::Parameter,
        ),
        (format!("1 {suite} inline:{GCM_KEY}"), Unusable::Key),
        (format!("1 AEAD_AES_128_GCM inline:{CM_KEY}"), Unusable::Key),
        (format!("1 {suite} inline:!!!!"), Unusable::Key),
        (format!("1 {suite} inline:"), Unusable::Key),
        (format!("1 {suite} uri:{CM_KEY}"), Unusable::Malformed),
        (format!("x {suite} inline:{CM_KEY}"), Unusable::Malformed),
        (
            format!("1234567890 {suite} inline:{CM_KEY}"),
            Unusable::Malformed,
        ),
        (format!("1 {suite}"), Unusable::Malformed),
        (String::new(), Unusable::Malformed),
        (
            format!("1 AES_256_CM_HMAC_SHA1_80 inline:{CM_KEY}"),
            Unusable::Suite,
        ),
        (
            format!("1 F8_128_HMAC_SHA1_80 inline:{CM_KEY}"),
            Unusable::Suite,
        ),
    ] {
        assert_eq!(with(&line), Err(Refusal::Crypto(why)), "{line}");
    }
    let lines = format!("a=crypto:1 {suite} inline:{CM_KEY}|1:4\r\n{}", cm(2));
    let (answer, _) = answered(&audio("RTP/SAVP", &lines), &preferred());
    assert!(answer.contains("a=crypto:2 "), "another line will do");
    let lines = format!(
        "a=crypto:1 F8_128_HMAC_SHA1_80 inline:{CM_KEY}\r\na=crypto:2 {suite} inline:x\r\n"
    );
    let why = refused(&audio("RTP/SAVP", &lines), &preferred());
    assert_eq!(
        why,
        Refusal::Crypto(Unusable::Key),
        "what is wrong with one of ours says more"
    );
}

#[test]
fn profiles_that_do_not_match_are_refused_with_their_reason() {
    let none = Refusal::Crypto(Unusable::Missing);
    let plain = local();
    for (profile, lines, local, why) in [
        ("RTP/SAVP", cm(1), &plain, Refusal::Secure),
        ("UDP/TLS/RTP/SAVP", cm(1), &plain, Refusal::Secure),
        ("RTP/AVPF", String::new(), &plain, Refusal::Transport),
        ("RTP/SAVP", String::new(), &preferred(), none),
        ("RTP/SAVPF", cm(1), &preferred(), Refusal::Transport),
        ("RTP/AVPF", cm(1), &preferred(), Refusal::Transport),
        (
            "UDP/TLS/RTP/SAVP",
            String::new(),
            &preferred(),
            Refusal::Transport,
        ),
        ("RTP/SAVP", String::new(), &required(Profile::Savp), none),
        (
            "RTP/AVP",
            String::new(),
            &required(Profile::Savp),
            Refusal::Unprotected,
        ),
        (
            "RTP/AVP",
            cm(1),
            &required(Profile::Savp),
            Refusal::Unprotected,
        ),
        (
            "RTP/AVP",
            String::new(),
            &required(Profile::Avp),
            Refusal::Unprotected,
        ),
        (
            "UDP/TLS/RTP/SAVPF",
            cm(1),
            &required(Profile::Savp),
            Refusal::Transport,
        ),
    ] {
        let refusal = refused(&audio(profile, &lines), local);
        assert_eq!(refusal, why, "{profile} {lines}");
        assert_eq!(refusal.status(), 488);
        assert!(matches!(refusal.warning(), 302 | 306));
    }
}

#[test]
fn of_a_plain_and_a_secure_stream_the_secure_one_is_taken_by_who_prefers_it() {
    let media = format!(
        "m=audio 4000 RTP/AVP 0\r\nm=audio 5000 RTP/SAVP 0\r\n{}",
        cm(1)
    );
    let offer = offering("IP4 192.0.2.1", &media);
    let (answer, negotiated) = answered(&offer, &preferred());
    assert_eq!(negotiated.remote.port(), 5000);
    assert!(answer.contains("m=audio 0 RTP/AVP 0\r\nm=audio 20000 RTP/SAVP 0\r\n"));
    let (_, negotiated) = answered(&offer, &local());
    assert_eq!((negotiated.remote.port(), negotiated.crypto), (4000, None));
    let (answer, _) = answered(&audio("RTP/AVP", &cm(1)), &local());
    assert!(
        !answer.contains("crypto"),
        "who wants none passes over keys"
    );
    let unusable = "a=crypto:1 F8_128_HMAC_SHA1_80 inline:x\r\n";
    let (answer, negotiated) = answered(&audio("RTP/AVP", unusable), &preferred());
    assert!(!answer.contains("crypto") && negotiated.crypto.is_none());
}

/// RFC 4568 §5.1.3: an answer has the tag and suite of one line that was offered.
#[test]
fn an_answer_without_a_key_that_was_asked_for_is_no_session() {
    let accepted = |profile, lines: &str, local| accept(audio(profile, lines).as_bytes(), &local);
    let (savp, avp) = (required(Profile::Savp), preferred());
    let missing = Refusal::Crypto(Unusable::Missing);
    assert_eq!(accepted("RTP/SAVP", "", savp.clone()), Err(missing));
    assert_eq!(
        accepted("RTP/AVP", "", savp.clone()),
        Err(Refusal::Unprotected)
    );
    assert_eq!(
        accepted("RTP/AVP", &cm(2), savp.clone()),
        Err(Refusal::Unprotected)
    );
    assert!(accepted("RTP/SAVP", &cm(2), savp.clone()).is_ok());
    let wrong = Refusal::Crypto(Unusable::Tag);
    assert_eq!(accepted("RTP/SAVP", &cm(1), savp.clone()), Err(wrong));
    assert_eq!(accepted("RTP/AVP", &cm(4), avp.clone()), Err(wrong));
    assert_eq!(accepted("RTP/SAVP", "", avp.clone()), Err(missing));
    assert!(
        accepted("RTP/AVP", "", avp.clone())
            .expect("plain")
            .crypto
            .is_none()
    );
    assert!(
        accepted("RTP/AVP", &gcm(1), avp)
            .expect("secure")
            .crypto
            .is_some()
    );
    let ours = String::from_utf8(offer(&savp)).expect("text");
    let echo = ours
        .lines()
        .find(|line| line.starts_with("a=crypto:2"))
        .expect("a line");
    let why = accepted("RTP/SAVP", &format!("{echo}\r\n"), savp);
    assert_eq!(why, Err(Refusal::Crypto(Unusable::Reflected)));
}

#[test]
fn the_key_in_use_stays_and_the_others_are_new_each_time() {
    let (mut keys, mut random) = (keys(), Random::seeded(3));
    let lines = |keys: &OurKeys| Security::Preferred(keys.clone()).lines();
    let before = lines(&keys);
    keys.renew(Some(Suite::AesCm128HmacSha1_80), &mut random);
    let after = lines(&keys);
    let same = before.lines().zip(after.lines()).map(|(a, b)| a == b);
    assert_eq!(same.collect::<Vec<_>>(), [false, true, false]);
    assert!(before.starts_with("a=crypto:1 AEAD_AES_128_GCM inline:"));
}

#[test]
fn keys_are_in_no_debug_output() {
    let offer = audio("RTP/SAVP", &cm(1));
    let (_, negotiated) = answered(&offer, &preferred());
    let read = Description::parse(offer.as_bytes());
    let shown = format!("{negotiated:?} {read:?} {:?}", preferred());
    let key: Master = negotiated.crypto.expect("secure").theirs;
    let bytes = key.bytes(Suite::AesCm128HmacSha1_80);
    assert!(shown.contains("•••") && !shown.contains(CM_KEY));
    assert!(!shown.contains(&format!("{}, {}, {}", bytes[0], bytes[1], bytes[2])));
}

#[test]
fn rtcp_shares_the_port_where_both_want_it() {
    let with = |rtcp_mux| Local {
        rtcp_mux,
        ..local()
    };
    let muxed = audio("RTP/AVP", "a=rtcp:4001\r\na=rtcp-mux\r\n");
    let (answer, negotiated) = answered(&muxed, &with(RtcpMux::Answered));
    assert!(answer.contains("a=rtcp-mux\r\n") && negotiated.rtcp_mux);
    assert_eq!(negotiated.rtcp, negotiated.remote);
    let (answer, negotiated) = answered(&muxed, &with(RtcpMux::Off));
    assert!(!answer.contains("rtcp-mux") && !negotiated.rtcp_mux);
    assert_eq!(negotiated.rtcp.port(), 4001);
    let (answer, _) = answered(&audio("RTP/AVP", ""), &with(RtcpMux::Offered));
    assert!(
        !answer.contains("rtcp-mux"),
        "RFC 5761 §5.1.1: only if offered"
    );
    let offers = |rtcp_mux| {
        String::from_utf8(offer(&with(rtcp_mux)))
            .expect("text")
            .contains("mux")
    };
    assert!(offers(RtcpMux::Offered) && !offers(RtcpMux::Answered));
    let accepted = |rtcp_mux| {
        accept(muxed.as_bytes(), &with(rtcp_mux))
            .expect("agreed")
            .rtcp_mux
    };
    assert!(accepted(RtcpMux::Offered) && !accepted(RtcpMux::Answered));
}

#[test]
fn who_has_the_other_ip_version_is_told_our_other_address() {
    let other = "2001:db8::7".parse().ok();
    let both = Local { other, ..local() };
    let offer = offering("IP6 2001:db8::1", "m=audio 4000 RTP/AVP 0\r\n");
    let (answer, negotiated) = answered(&offer, &both);
    assert!(answer.contains("c=IN IP6 2001:db8::7\r\n"), "{answer}");
    assert!(
        answer.contains("o=- 77 3 IN IP6 2001:db8::7\r\n"),
        "{answer}"
    );
    assert_eq!(negotiated.remote.to_string(), "[2001:db8::1]:4000");
    let (answer, _) = answered(&audio("RTP/AVP", ""), &both);
    assert!(answer.contains("c=IN IP4 198.51.100.7\r\n"));
    // The hold of RFC 2543 says nothing of the version.
    let held = offering("IP6 ::", "m=audio 4000 RTP/AVP 0\r\n");
    assert!(
        answered(&held, &both)
            .0
            .contains("c=IN IP4 198.51.100.7\r\n")
    );
    // An IPv4 address in the form of IPv6 is an IPv4 address (RFC 5118 §4.10).
    let mapped = offering("IP6 ::ffff:192.0.2.1", "m=audio 4000 RTP/AVP 0\r\n");
    let (answer, negotiated) = answered(&mapped, &both);
    assert_eq!(negotiated.remote.to_string(), "192.0.2.1:4000");
    assert!(answer.contains("c=IN IP4 198.51.100.7\r\n"));
}
