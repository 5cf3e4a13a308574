//! Codecs, their payload types and parameters, and telephone-events beside them.

use super::*;

const ALL: [Codec; 4] = [Codec::Opus, Codec::G722, Codec::Pcma, Codec::Pcmu];

/// What a browser-like phone offers.
const WIDE: &str = "m=audio 4000 RTP/AVP 111 9 0 8 126 110\r\na=rtpmap:111 opus/48000/2\r\n\
    a=fmtp:111 minptime=10; useinbandfec=1;maxaveragebitrate=20000\r\n\
    a=rtpmap:126 telephone-event/8000\r\na=rtpmap:110 telephone-event/48000\r\n";

fn speaking(codecs: &[Codec]) -> Local {
    Local {
        codecs: codecs.to_vec(),
        ..local()
    }
}

fn answered_by(local: &Local, media: &str) -> (String, Negotiated) {
    let offer = offering("IP4 192.0.2.1", media);
    let (answer, negotiated) = answer(offer.as_bytes(), local).expect("agreed");
    (String::from_utf8(answer).expect("text"), negotiated)
}

fn event(payload_type: u8, clock_rate: u32) -> crate::rtp::EventType {
    Events::both(payload_type, clock_rate).sent
}

#[test]
fn our_offer_lists_all_codecs_and_events_at_each_clock() {
    let text = String::from_utf8(offer(&speaking(&ALL))).expect("text");
    let (_, media) = text.split_once("t=0 0\r\n").expect("media");
    assert_eq!(
        media,
        "m=audio 20000 RTP/AVP 96 9 8 0 101 102\r\na=rtpmap:96 opus/48000/2\r\n\
         a=fmtp:96 maxaveragebitrate=40000;stereo=0;useinbandfec=1\r\n\
         a=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n\
         a=rtpmap:102 telephone-event/48000\r\na=fmtp:102 0-15\r\n\
         a=ptime:20\r\na=sendrecv\r\n"
    );
    let narrow = String::from_utf8(offer(&speaking(&ALL[1..]))).expect("text");
    assert!(!narrow.contains("48000"), "no clock that nothing has");
}

#[test]
fn our_order_counts_in_an_answer() {
    for codecs in [ALL, [Codec::Pcmu, Codec::Opus, Codec::Pcma, Codec::G722]] {
        for first in 0..4 {
            let (_, negotiated) = answered_by(&speaking(&codecs[first..]), WIDE);
            assert_eq!(negotiated.codec, codecs[first]);
        }
    }
}

#[test]
fn opus_is_answered_with_the_offers_types_and_its_wishes_are_read() {
    let (answer, negotiated) = answered_by(&speaking(&ALL), WIDE);
    assert!(
        answer.contains("m=audio 20000 RTP/AVP 111 110 126\r\n"),
        "{answer}"
    );
    assert!(answer.contains("a=rtpmap:111 opus/48000/2\r\n"));
    assert!(answer.contains("a=fmtp:111 maxaveragebitrate=40000;stereo=0;useinbandfec=1\r\n"));
    assert_eq!(
        (negotiated.payload_type, negotiated.receive_type),
        (111, 111)
    );
    let bits = 20_000;
    assert_eq!(negotiated.opus, Wishes { fec: true, bits });
    let events = negotiated.events.expect("both");
    assert_eq!(events.sent, event(110, 48_000), "the clock of the sound");
    assert_eq!(events.received, [event(110, 48_000), event(126, 8000)]);
}

#[test]
fn events_have_the_clock_of_the_codec_or_8000() {
    let (answer, negotiated) = answered_by(&speaking(&ALL[2..]), WIDE);
    assert!(
        answer.contains("m=audio 20000 RTP/AVP 8 126\r\n"),
        "{answer}"
    );
    assert_eq!(negotiated.events, Some(Events::both(126, 8000)));
    let only = WIDE.replace("telephone-event/48000", "nonsense/48000");
    let (_, negotiated) = answered_by(&speaking(&ALL), &only);
    assert_eq!(
        negotiated.events,
        Some(Events::both(126, 8000)),
        "better than none"
    );
    let wide = WIDE.replace("telephone-event/8000", "nonsense/8000");
    let (_, negotiated) = answered_by(&speaking(&ALL[2..]), &wide);
    assert_eq!(
        negotiated.events, None,
        "not at a clock that the sound has not"
    );
}

#[test]
fn rfc3264_5_1_an_answer_may_number_the_same_codec_in_another_way() {
    let local = speaking(&ALL);
    let media = "m=audio 4000 RTP/AVP 120 8 100 97\r\na=rtpmap:120 OPUS/48000/2\r\n\
        a=fmtp:120 useinbandfec=1\r\na=rtpmap:97 telephone-event/8000\r\n\
        a=rtpmap:100 telephone-event/48000\r\n";
    let answer = offering("IP4 192.0.2.1", media);
    let negotiated = accept(answer.as_bytes(), &local).expect("agreed");
    assert_eq!(
        (negotiated.payload_type, negotiated.receive_type),
        (120, 96)
    );
    assert!(negotiated.opus.fec);
    let events = negotiated.events.expect("both");
    assert_eq!(events.sent, event(100, 48_000));
    assert_eq!(events.received, [event(101, 8000), event(102, 48_000)]);
    let only_g722 = offering("IP4 192.0.2.1", "m=audio 4000 RTP/AVP 9\r\n");
    let negotiated = accept(only_g722.as_bytes(), &local).expect("agreed");
    assert_eq!((negotiated.codec, negotiated.events), (Codec::G722, None));
}

#[test]
fn rfc3264_8_3_2_what_a_type_stands_for_stays_whoever_offers_next() {
    let (_, first) = answered_by(&speaking(&ALL), WIDE);
    let again = Local {
        types: first.types,
        ..speaking(&ALL)
    };
    let text = String::from_utf8(offer(&again)).expect("text");
    assert!(text.contains("RTP/AVP 111 9 8 0 126 110\r\n"), "{text}");

    // Our usual numbers are something else to this peer.
    let media = "m=audio 4000 RTP/AVP 96 0 101\r\na=rtpmap:96 speex/8000\r\n\
        a=rtpmap:101 iLBC/8000\r\n";
    let (_, first) = answered_by(&speaking(&ALL), media);
    let again = Local {
        types: first.types,
        ..speaking(&ALL)
    };
    let text = String::from_utf8(offer(&again)).expect("text");
    assert!(text.contains("RTP/AVP 127 9 8 0 126 102\r\n"), "{text}");
}

#[test]
fn our_own_numbers_stay_over_an_answer_with_others() {
    let local = speaking(&ALL);
    let media = "m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n";
    let first = accept(offering("IP4 192.0.2.1", media).as_bytes(), &local).expect("agreed");
    let again = Local {
        types: first.types,
        ..local
    };
    let text = String::from_utf8(offer(&again)).expect("text");
    assert!(text.contains("RTP/AVP 96 9 8 0 101 102\r\n"), "{text}");
}

#[test]
fn parameters_of_opus_are_read_with_tolerance() {
    let wishes = |parameters: &str| {
        let line = format!("a=fmtp:111 {parameters}\r\n");
        let media = format!("m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n{line}");
        answered_by(&speaking(&ALL), &media).1.opus
    };
    let none = Wishes::default();
    assert_eq!(wishes("stereo=1;sprop-stereo=1"), none);
    assert_eq!(wishes("useinbandfec=0; usedtx=1"), none);
    assert!(wishes(" UseInbandFEC = 1 ;").fec);
    assert_eq!(wishes("maxaveragebitrate=16000").bits, 16_000);
    for bits in ["", "0", "5999", "510001", "99999999999", "-1", "many"] {
        assert_eq!(wishes(&format!("maxaveragebitrate={bits}")), none, "{bits}");
    }
}

#[test]
fn a_packet_of_opus_is_20_40_or_60_ms() {
    for (wish, sent) in [
        ("10", 20),
        ("20", 20),
        ("40", 40),
        ("50", 40),
        ("60", 60),
        ("120", 60),
    ] {
        let media = format!("{WIDE}a=ptime:{wish}\r\n");
        let (answer, negotiated) = answered_by(&speaking(&ALL), &media);
        assert_eq!(negotiated.packet_time, sent, "{wish}");
        assert!(answer.contains(&format!("a=ptime:{sent}\r\n")));
    }
}

#[test]
fn what_is_called_opus_or_g722_and_is_not_is_not_taken() {
    for map in [
        "opus/48000",
        "opus/48000/1",
        "opus/16000/2",
        "G722/16000",
        "G7221/8000",
    ] {
        let media = format!("m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 {map}\r\n");
        let offer = offering("IP4 192.0.2.1", &media);
        let refusal = answer(offer.as_bytes(), &speaking(&ALL)).expect_err(map);
        assert_eq!(refusal, Refusal::NoCommonCodec);
    }
}
