//! Offers as Chromium, Firefox and aiortc write them, shortened to what is read.

use super::*;
use crate::random::Random;

const PRINT: &str = "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF";

/// What Chromium says of the way, with each media line.
fn way(mid: &str, ufrag: &str) -> String {
    format!(
        "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:{ufrag}\r\n\
         a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=ice-options:trickle\r\n\
         a=fingerprint:sha-256 {PRINT}\r\na=setup:actpass\r\na=mid:{mid}\r\n\
         a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\na=rtcp-mux\r\n"
    )
}

fn head(mids: &str) -> String {
    format!(
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
         a=group:BUNDLE {mids}\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS s\r\n"
    )
}

fn audio(mid: &str, ufrag: &str) -> String {
    let way = way(mid, ufrag);
    format!(
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n{way}a=msid:s a\r\n\
         a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n\
         a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\n\
         a=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n\
         a=rtpmap:126 telephone-event/8000\r\na=ssrc:1 cname:c\r\n"
    )
}

fn video(mid: &str, ufrag: &str) -> String {
    let way = way(mid, ufrag);
    format!(
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 109\r\n{way}a=rtcp-rsize\r\n\
         a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\n\
         a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n\
         a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:103 H264/90000\r\n\
         a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f\r\n\
         a=rtpmap:104 rtx/90000\r\na=rtpmap:109 H264/90000\r\na=rtcp-fb:109 nack\r\n\
         a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
    )
}

fn local() -> Local {
    let mut random = Random::seeded(3);
    Local {
        candidates: vec![at("192.0.2.1:40000"), at("[2001:db8::1]:40000")],
        connections: vec![at("192.0.2.1:443")],
        credentials: Credentials::random(0, &mut random),
        next: Credentials::random(0, &mut random),
        fingerprint: Fingerprint([0xAB; 32]),
        codecs: vec![Codec::Opus, Codec::Pcma],
        session: 7,
        version: 1,
        direction: Direction::SendRecv,
        video: true,
        before: None,
    }
}

fn at(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// The lines of each media line of a description, the head first.
fn sections(text: &str) -> Vec<Vec<&str>> {
    let mut sections = vec![vec![]];
    for line in text.strip_suffix("\r\n").expect("an end").split("\r\n") {
        if line.starts_with("m=") {
            sections.push(vec![]);
        }
        sections.last_mut().expect("one at least").push(line);
    }
    sections
}

#[test]
fn a_chromium_offer_is_answered_with_one_codec_and_both_kinds_of_events() {
    let local = local();
    let offer = head("0") + &audio("0", "frag");
    let (text, agreed) = answer(&local, &offer).expect("agreed");
    assert_eq!(agreed.audio.codec, Codec::Opus);
    let events = agreed.audio.events.expect("telephone-event");
    assert_eq!(events.sent.payload_type, 110);
    assert_eq!(
        events.received.map(|e| (e.payload_type, e.clock_rate)),
        [(110, 48_000), (126, 8000)]
    );
    assert!(agreed.audio.opus.fec);
    assert_eq!(agreed.peer.role, Role::Server);
    assert_eq!(agreed.peer.credentials.ufrag, "frag");
    let parts = sections(&text);
    assert_eq!(parts.len(), 2);
    for line in ["a=ice-lite", "a=group:BUNDLE 0", "o=- 7 1 IN IP4 192.0.2.1"] {
        assert!(parts[0].contains(&line), "{line}: {text}");
    }
    let print = format!("a=fingerprint:sha-256 {}", local.fingerprint);
    let ufrag = format!("a=ice-ufrag:{}", local.credentials.ufrag);
    for line in [
        "m=audio 40000 UDP/TLS/RTP/SAVPF 111 110 126",
        "c=IN IP4 192.0.2.1",
        "a=mid:0",
        &print,
        &ufrag,
        "a=setup:passive",
        "a=rtcp-mux",
        "a=sendrecv",
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:110 telephone-event/48000",
        "a=rtpmap:126 telephone-event/8000",
        // RFC 6544: after all of UDP.
        "a=candidate:100 1 tcp 1520435199 192.0.2.1 443 typ host tcptype passive",
        "a=end-of-candidates",
    ] {
        assert!(parts[1].contains(&line), "{line}: {text}");
    }
    let hosts = parts[1].iter().filter(|line| line.ends_with("typ host"));
    assert_eq!(hosts.count(), 2);
    assert!(!text.contains("extmap") && !text.contains("transport-cc"));
}

#[test]
fn the_order_of_codecs_is_ours_and_events_have_their_clock() {
    let local = Local {
        codecs: vec![Codec::Pcma, Codec::Opus],
        ..local()
    };
    let (text, agreed) = answer(&local, &(head("0") + &audio("0", "frag"))).expect("agreed");
    assert_eq!(agreed.audio.codec, Codec::Pcma);
    assert!(
        text.contains("m=audio 40000 UDP/TLS/RTP/SAVPF 8 126\r\n"),
        "{text}"
    );
}

#[test]
fn pictures_are_taken_where_they_are_allowed_and_refused_in_place() {
    let data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";
    let offer = head("0 1 2") + &audio("0", "frag") + &video("1", "frag") + data;
    let (text, agreed) = answer(&local(), &offer).expect("agreed");
    let video = agreed.video.expect("pictures");
    assert_eq!((video.codec, video.payload_type), (VideoCodec::Vp8, 96));
    let all = Feedback {
        nack: true,
        pli: true,
        fir: true,
        remb: true,
    };
    assert_eq!(video.feedback, all);
    let parts = sections(&text);
    assert_eq!(parts[2][0], "m=video 40000 UDP/TLS/RTP/SAVPF 96");
    assert_eq!(
        parts[3][0],
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"
    );
    assert!(parts[0].contains(&"a=group:BUNDLE 0 1"), "{text}");
    let alone = Local {
        video: false,
        ..local()
    };
    let (text, agreed) = answer(&alone, &offer).expect("agreed");
    assert_eq!(agreed.video, None);
    assert!(
        text.contains("m=video 0 ") && text.contains("a=group:BUNDLE 0\r\n"),
        "{text}"
    );
}

#[test]
fn h264_is_taken_in_packetization_mode_1() {
    let offer = head("0 1") + &audio("0", "frag") + &video("1", "frag").replace("VP8", "VP9");
    let (text, agreed) = answer(&local(), &offer).expect("agreed");
    let video = agreed.video.expect("pictures");
    assert_eq!((video.codec, video.payload_type), (VideoCodec::H264, 109));
    assert!(text.contains("a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=1"));
    assert!(video.feedback.nack && !video.feedback.pli);
}

#[test]
fn a_camera_that_comes_later_changes_nothing_of_the_sound() {
    let first = head("0") + &audio("0", "frag");
    let (before_text, before) = answer(&local(), &first).expect("agreed");
    let again = Local {
        version: 2,
        before: Some(Box::new(before.clone())),
        ..local()
    };
    let offer = head("0 1") + &audio("0", "frag") + &video("1", "frag");
    let (text, agreed) = answer(&again, &offer).expect("agreed");
    assert_eq!((&agreed.audio, &agreed.peer), (&before.audio, &before.peer));
    assert_eq!(agreed.credentials, before.credentials);
    assert_eq!(sections(&text)[1], sections(&before_text)[1]);
    // It goes again: the line stays, at port 0.
    let offer = offer.replace("m=video 9", "m=video 0");
    let (text, agreed) = answer(&again, &offer).expect("agreed");
    assert_eq!(agreed.video, None);
    assert!(sections(&text)[2][0].starts_with("m=video 0 "));
}

#[test]
fn an_ice_restart_has_new_credentials_of_ours() {
    let (_, before) = answer(&local(), &(head("0") + &audio("0", "frag"))).expect("agreed");
    let again = Local {
        before: Some(Box::new(before)),
        ..local()
    };
    let (text, agreed) = answer(&again, &(head("0") + &audio("0", "other"))).expect("agreed");
    assert_eq!(agreed.credentials, again.next);
    assert!(text.contains(&format!("a=ice-pwd:{}\r\n", again.next.password)));
}

#[test]
fn hold_is_known_and_answered() {
    for (said, ours, held) in [
        ("sendonly", "recvonly", true),
        ("inactive", "inactive", true),
        ("recvonly", "sendonly", false),
    ] {
        let offer = (head("0") + &audio("0", "frag")).replace("sendrecv", said);
        let (text, agreed) = answer(&local(), &offer).expect("agreed");
        assert!(text.contains(&format!("a={ours}\r\n")), "{text}");
        assert_eq!(agreed.audio.held, held);
    }
}

#[test]
fn a_peer_that_waits_to_be_called_is_called() {
    let offer = (head("0") + &audio("0", "frag")).replace("actpass", "passive");
    let (text, agreed) = answer(&local(), &offer).expect("agreed");
    assert_eq!(agreed.peer.role, Role::Client);
    assert!(text.contains("a=setup:active\r\n"));
}

#[test]
fn what_is_said_for_the_whole_session_counts() {
    let way = format!(
        "a=fingerprint:sha-256 {PRINT}\r\na=ice-ufrag:frag\r\n\
         a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n"
    );
    let line = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtcp-mux\r\n";
    let (_, agreed) = answer(&local_with(Codec::Pcmu), &(head("0") + &way + line)).expect("agreed");
    assert_eq!(agreed.peer.fingerprint.to_string(), PRINT);
}

fn local_with(codec: Codec) -> Local {
    Local {
        codecs: vec![codec],
        ..local()
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_reason() {
    let fine = head("0") + &audio("0", "frag");
    let cases = [
        (fine.replace("a=rtcp-mux\r\n", ""), Refused::NoRtcpMux),
        (
            fine.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
            Refused::Transport,
        ),
        (fine.replace("a=ice-ufrag:frag\r\n", ""), Refused::NoIce),
        (fine.replace("ufrag:frag", "ufrag:f"), Refused::NoIce),
        (
            fine.replace("a=setup:actpass", "a=setup:holdconn"),
            Refused::NoSetup,
        ),
        (fine.replace("sha-256", "sha-1"), Refused::NoFingerprint),
        (fine.replace(":EF:01", ":EF:"), Refused::NoFingerprint),
        (
            fine.replace("a=extmap-allow-mixed", "a=ice-lite"),
            Refused::Lite,
        ),
        (
            fine.replace("m=audio 9", "m=audio 0"),
            Refusal::NoAudio.into(),
        ),
        (String::new(), Refusal::Malformed(Malformed::Version).into()),
    ];
    for (offer, why) in cases {
        assert_eq!(answer(&local(), &offer).expect_err("refused"), why);
    }
    let nowhere = Local {
        candidates: vec![],
        ..local()
    };
    assert_eq!(
        answer(&nowhere, &fine).expect_err("refused"),
        Refused::NoCandidate
    );
}

#[test]
fn random_offers_never_panic_and_nothing_of_theirs_breaks_a_line() {
    let mut random = Random::seeded(9);
    let fine = head("0 1") + &audio("0", "frag") + &video("1", "frag");
    for _ in 0..5_000 {
        let mut bytes = fine.clone().into_bytes();
        for _ in 0..random.below(8) {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] = random.u32() as u8;
        }
        let offer = String::from_utf8_lossy(&bytes);
        if let Ok((text, _)) = answer(&local(), &offer) {
            assert!(
                text.replace("\r\n", "")
                    .chars()
                    .all(|c| c != '\r' && c != '\n' && c != '\0')
            );
        }
    }
}
