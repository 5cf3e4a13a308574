//! The rules of RFC 3264 as the two ends see them, and descriptions that are none.

mod formats;

use super::*;

const OFFER: &str = "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.1\r\ns= \r\n\
    c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 9 8 0 96 97\r\n\
    a=rtpmap:8 PCMA/8000\r\na=rtpmap:96 telephone-event/48000\r\n\
    a=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-16\r\n";

pub(super) fn local() -> Local {
    Local {
        address: "198.51.100.7".parse().expect("an address"),
        port: 20_000,
        codecs: vec![Codec::Pcmu, Codec::Pcma],
        events: true,
        types: Types::default(),
        session: 77,
        version: 3,
        direction: Direction::SendRecv,
        other: None,
        security: Security::Plain,
        rtcp_mux: RtcpMux::Answered,
    }
}

/// An offer with one audio line, these attributes and this address.
pub(super) fn offering(address: &str, media: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN {address}\r\nt=0 0\r\n{media}")
}

pub(super) fn with(attributes: &str) -> String {
    let media = format!("m=audio 4000 RTP/AVP 0\r\n{attributes}");
    offering("IP4 192.0.2.1", &media)
}

fn answered(offer: &str) -> (String, Negotiated) {
    let (answer, negotiated) = answer(offer.as_bytes(), &local()).expect("agreed");
    (String::from_utf8(answer).expect("text"), negotiated)
}

fn refused(offer: &str) -> Refusal {
    answer(offer.as_bytes(), &local()).expect_err("refused")
}

#[test]
fn an_offer_is_answered_with_the_first_codec_of_ours_that_it_lists() {
    let local = Local {
        codecs: vec![Codec::Pcma, Codec::Pcmu],
        ..local()
    };
    let (answer, negotiated) = answer(OFFER.as_bytes(), &local).expect("agreed");
    let answer = String::from_utf8(answer).expect("text");
    assert_eq!(
        answer,
        "v=0\r\no=- 77 3 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n\
         m=audio 20000 RTP/AVP 8 97\r\na=rtpmap:8 PCMA/8000\r\n\
         a=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    );
    let expected = Negotiated {
        remote: "192.0.2.1:49170".parse().expect("an address"),
        rtcp: "192.0.2.1:49171".parse().expect("an address"),
        codec: Codec::Pcma,
        payload_type: 8,
        receive_type: 8,
        opus: Wishes::default(),
        events: Some(Events::both(97, 8000)),
        packet_time: 20,
        types: negotiated.types.clone(),
        direction: Direction::SendRecv,
        held: false,
        crypto: None,
        profile: Profile::Avp,
        rtcp_mux: false,
    };
    assert_eq!(negotiated, expected);
}

#[test]
fn our_offer_is_understood_by_ourselves() {
    let caller = Local {
        direction: Direction::SendOnly,
        codecs: vec![Codec::Pcma, Codec::Pcmu],
        ..local()
    };
    let callee = Local {
        address: "192.0.2.9".parse().expect("an address"),
        ..local()
    };
    let (answer, theirs) = answer(&offer(&caller), &callee).expect("agreed");
    let ours = accept(&answer, &caller).expect("agreed");
    // The order of who answers.
    assert_eq!((ours.codec, theirs.codec), (Codec::Pcmu, Codec::Pcmu));
    let events = Some(Events::both(101, 8000));
    assert_eq!((ours.events, theirs.events), (events, events));
    assert_eq!(ours.direction, Direction::SendOnly);
    assert_eq!(theirs.direction, Direction::RecvOnly);
    assert_eq!(ours.remote.ip(), callee.address);
}

#[test]
fn static_types_need_no_rtpmap_and_dynamic_ones_are_mirrored() {
    let (answer, negotiated) = answered(&with(""));
    assert_eq!(
        (negotiated.codec, negotiated.payload_type),
        (Codec::Pcmu, 0)
    );
    assert!(answer.contains("m=audio 20000 RTP/AVP 0\r\n"), "{answer}");
    assert_eq!(negotiated.events, None);

    let media = "m=audio 4000 RTP/AVP 110\r\na=rtpmap:110 pcma/8000/1\r\n";
    let (answer, negotiated) = answered(&offering("IP4 192.0.2.1", media));
    assert_eq!(
        (negotiated.codec, negotiated.payload_type),
        (Codec::Pcma, 110)
    );
    assert!(answer.contains("a=rtpmap:110 PCMA/8000\r\n"), "{answer}");
}

#[test]
fn a_static_type_can_be_mapped_to_something_else() {
    assert_eq!(
        refused(&with("a=rtpmap:0 L16/8000\r\n")),
        Refusal::NoCommonCodec
    );
    assert_eq!(
        refused(&with("a=rtpmap:0 PCMU/8000/2\r\n")),
        Refusal::NoCommonCodec
    );
}

#[test]
fn other_media_are_refused_in_their_place() {
    let media = "m=video 5000/2 RTP/AVP 31 32\r\na=sendonly\r\nm=audio 0 RTP/AVP 0\r\n\
        m=audio 6000 RTP/SAVP 0\r\nm=audio 7000 RTP/AVP 0\r\nm=audio 8000 RTP/AVP 8\r\n\
        m=application 9 UDP/BFCP *\r\n";
    let (answer, negotiated) = answered(&offering("IP4 192.0.2.1", media));
    let lines: Vec<_> = answer
        .lines()
        .filter(|line| line.starts_with("m="))
        .collect();
    assert_eq!(
        lines,
        [
            "m=video 0 RTP/AVP 31 32",
            "m=audio 0 RTP/AVP 0",
            "m=audio 0 RTP/SAVP 0",
            "m=audio 20000 RTP/AVP 0",
            "m=audio 0 RTP/AVP 8",
            "m=application 0 UDP/BFCP *",
        ]
    );
    assert_eq!(negotiated.remote.port(), 7000);
    assert_eq!(
        negotiated.direction,
        Direction::SendRecv,
        "the video's is its own"
    );
}

#[test]
fn each_direction_is_answered_with_its_counterpart() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    let cases = [
        (SendRecv, SendRecv, false),
        (SendOnly, RecvOnly, true),
        (RecvOnly, SendOnly, false),
        (Inactive, Inactive, true),
    ];
    for (theirs, ours, held) in cases {
        let (answer, negotiated) = answered(&with(&format!("a={}\r\n", theirs.attribute())));
        assert_eq!((negotiated.direction, negotiated.held), (ours, held));
        assert!(answer.contains(&format!("a={}\r\n", ours.attribute())));
    }
}

#[test]
fn a_direction_of_the_session_holds_where_the_media_has_none() {
    let held = offering("IP4 192.0.2.1", "a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\n");
    assert_eq!(answered(&held).1.direction, Direction::RecvOnly);
    let (_, negotiated) = answered(&format!("{held}a=sendrecv\r\n"));
    assert_eq!(negotiated.direction, Direction::SendRecv);
}

#[test]
fn we_do_no_more_than_we_want_ourselves() {
    let local = Local {
        direction: Direction::SendOnly,
        ..local()
    };
    let offer = with("a=sendonly\r\n");
    let (_, negotiated) = answer(offer.as_bytes(), &local).expect("agreed");
    assert_eq!(negotiated.direction, Direction::Inactive);
}

#[test]
fn an_unspecified_address_is_a_hold() {
    for address in ["IP4 0.0.0.0", "IP6 ::"] {
        let offer = offering(address, "m=audio 4000 RTP/AVP 0\r\n");
        let (answer, negotiated) = answered(&offer);
        assert!(negotiated.held && negotiated.remote.ip().is_unspecified());
        assert_eq!(negotiated.direction, Direction::RecvOnly);
        assert!(answer.contains("a=recvonly\r\n"));
        let (_, negotiated) = answered(&format!("{offer}a=recvonly\r\n"));
        assert_eq!(negotiated.direction, Direction::Inactive);
    }
}

#[test]
fn the_packet_time_is_the_peers_on_our_beat() {
    for (wish, sent) in [
        ("1", 10),
        ("10", 10),
        ("19", 10),
        ("20", 20),
        ("30", 20),
        ("40", 40),
        ("50", 40),
        ("20.0", 20),
        ("200", 200),
    ] {
        let (answer, negotiated) = answered(&with(&format!("a=ptime:{wish}\r\n")));
        assert_eq!(negotiated.packet_time, sent, "{wish}");
        assert!(answer.contains(&format!("a=ptime:{sent}\r\n")));
    }
    for wish in ["0", "201", "-20", "4294967316", "1e99", "NaN", "", "twenty"] {
        let refusal = refused(&with(&format!("a=ptime:{wish}\r\n")));
        assert!(matches!(refusal, Refusal::BadPtime(_)), "{wish}");
    }
    assert_eq!(answered(&with("a=maxptime:10\r\n")).1.packet_time, 10);
    assert_eq!(
        answered(&with("a=ptime:60\r\na=maxptime:40\r\n"))
            .1
            .packet_time,
        40
    );
    assert_eq!(refused(&with("a=maxptime:0\r\n")), Refusal::BadPtime(0));
}

#[test]
fn rtcp_is_where_the_peer_says() {
    let rtcp = |attribute| answered(&with(attribute)).1.rtcp.to_string();
    assert_eq!(rtcp("a=rtcp:5000\r\n"), "192.0.2.1:5000");
    assert_eq!(rtcp("a=rtcp:5000 IN IP4 192.0.2.2\r\n"), "192.0.2.2:5000");
    assert_eq!(rtcp("a=rtcp:0\r\n"), "192.0.2.1:4001");
    assert_eq!(rtcp("a=rtcp:5000 IN IP6 2001:db8::1\r\n"), "192.0.2.1:5000");
    let last = offering("IP4 192.0.2.1", "m=audio 65535 RTP/AVP 0\r\n");
    assert_eq!(answered(&last).1.rtcp.port(), 65535);
}

#[test]
fn the_times_of_the_offer_are_repeated_and_lf_alone_ends_a_line() {
    let offer = OFFER
        .replace("t=0 0", "t=3034423619 3042462419")
        .replace("\r\n", "\n");
    assert!(
        answered(&offer)
            .0
            .contains("\r\nt=3034423619 3042462419\r\n")
    );
}

#[test]
fn ipv6_is_spoken_with_those_who_speak_it() {
    let offer = offering("IP6 2001:db8::1", "m=audio 4000 RTP/AVP 0\r\n");
    assert_eq!(refused(&offer), Refusal::AddressFamily);
    let local = Local {
        address: "2001:db8::7".parse().expect("an address"),
        ..local()
    };
    let (answer, negotiated) = answer(offer.as_bytes(), &local).expect("agreed");
    assert_eq!(negotiated.remote.to_string(), "[2001:db8::1]:4000");
    assert!(String::from_utf8_lossy(&answer).contains("c=IN IP6 2001:db8::7\r\n"));
}

#[test]
fn what_cannot_be_agreed_on_is_refused_with_its_reason() {
    let media = |media: &str| refused(&offering("IP4 192.0.2.1", media));
    assert_eq!(media(""), Refusal::NoAudio);
    assert_eq!(media("m=audio 0 RTP/AVP 0\r\n"), Refusal::NoAudio);
    assert_eq!(media("m=video 4000 RTP/AVP 31\r\n"), Refusal::NoAudio);
    assert_eq!(
        media("m=audio 4000 RTP/AVP 9 18\r\n"),
        Refusal::NoCommonCodec
    );
    assert_eq!(media("m=audio 4000 RTP/SAVP 0\r\n"), Refusal::Secure);
    assert_eq!(media("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"), Refusal::Secure);
    assert_eq!(media("m=audio 4000 RTP/AVPF 0\r\n"), Refusal::Transport);
    let address = |address: &str| refused(&offering(address, "m=audio 4000 RTP/AVP 0\r\n"));
    assert_eq!(address("IP4 pbx.example.com"), Refusal::NamedAddress);
    assert_eq!(address("IP4 224.2.36.42/127"), Refusal::NotUnicast);
    assert_eq!(address("IP4 255.255.255.255"), Refusal::NotUnicast);
    assert_eq!(
        (Refusal::Secure.status(), Refusal::Secure.warning()),
        (488, 302)
    );
}

#[test]
fn a_refused_stream_in_an_answer_is_no_session() {
    let answer = offering("IP4 192.0.2.1", "m=audio 0 RTP/AVP 0\r\n");
    assert_eq!(accept(answer.as_bytes(), &local()), Err(Refusal::NoAudio));
    let answer = offering("IP4 192.0.2.1", "");
    assert_eq!(accept(answer.as_bytes(), &local()), Err(Refusal::NoAudio));
}

#[test]
fn what_cannot_be_read_is_said_with_its_line() {
    let malformed = |text: &str| {
        let Refusal::Malformed(why) = refused(text) else {
            panic!("{text} can be read");
        };
        why
    };
    assert_eq!(malformed(""), Malformed::Version);
    assert_eq!(malformed("v=1\r\n"), Malformed::Version);
    assert_eq!(malformed("v=0\r\ns=-\r\n"), Malformed::NoOrigin);
    assert_eq!(malformed("v=0\r\no=-\r\nnonsense\r\n"), Malformed::Line(3));
    assert_eq!(malformed("v=0\r\no=-\r\ns=a\rb\r\n"), Malformed::Line(3));
    assert_eq!(
        malformed("v=0\r\nm=audio 70000 RTP/AVP 0"),
        Malformed::Media(2)
    );
    assert_eq!(
        malformed("v=0\r\nm=audio 4000 RTP/AVP"),
        Malformed::Media(2)
    );
    for address in [
        "IP4 999.1.1.1",
        "IP4 ::1",
        "IP6 192.0.2.1",
        "IP4",
        "IP5 1.2.3.4",
    ] {
        let text = format!("v=0\r\no=-\r\nc=IN {address}\r\n");
        assert_eq!(malformed(&text), Malformed::Connection(3), "{address}");
    }
    let without = "v=0\r\no=-\r\nm=audio 4000 RTP/AVP 0\r\n";
    assert_eq!(malformed(without), Malformed::NoConnection);
    assert_eq!(refused(without).status(), 400);
}

#[test]
fn every_size_has_a_bound() {
    let too_much = Refusal::Malformed(Malformed::TooMuch);
    assert_eq!(refused(&with(&"a=x\r\n".repeat(7_000))), too_much);
    assert_eq!(refused(&with(&"a=x\r\n".repeat(1_000))), too_much);
    assert_eq!(refused(&with(&"m=a 0 b c\r\n".repeat(32))), too_much);
    let long = format!("a={}\r\n", "x".repeat(5_000));
    assert_eq!(
        refused(&with(&long)),
        Refusal::Malformed(Malformed::Line(7))
    );
    let formats = " 0".repeat(129);
    let wide = offering(
        "IP4 192.0.2.1",
        &format!("m=audio 4000 RTP/AVP{formats}\r\n"),
    );
    assert_eq!(refused(&wide), Refusal::Malformed(Malformed::Media(6)));
}

/// Offers with bytes changed, removed, doubled and cut: read or refused, and what is answered can
/// be read again.
#[test]
fn mutated_offers_do_no_harm() {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % end.max(1)
    };
    let seeds = [
        OFFER.to_owned(),
        with("a=rtcp:1 IN IP4 1.2.3.4\r\na=ptime:20\r\na=inactive\r\n"),
    ];
    let mut agreed = 0;
    for round in 0..20_000 {
        let mut bytes = seeds[round % seeds.len()].clone().into_bytes();
        for _ in 0..1 + random(4) {
            let at = random(bytes.len());
            match random(5) {
                0 => bytes[at] = random(256) as u8,
                1 => bytes[at] = b"0129 =:/.\r\n"[random(11)],
                2 => drop(bytes.drain(at..(at + random(12)).min(bytes.len()))),
                3 => bytes.extend_from_within(at..),
                _ => bytes.truncate(at.max(1)),
            }
            if bytes.is_empty() {
                bytes.push(b'v');
            }
        }
        let _ = accept(&bytes, &local());
        if let Ok((answer, negotiated)) = answer(&bytes, &local()) {
            agreed += 1;
            assert!(Description::parse(&answer).is_ok());
            assert!(matches!(negotiated.packet_time, 10..=200));
            assert!(negotiated.remote.port() > 0);
        }
    }
    assert!(agreed > 1_000, "{agreed}");
}
