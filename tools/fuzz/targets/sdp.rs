//! Descriptions and their negotiation: an answer can be read by whoever offered.
//!
//! The first byte says what we want of the session.

#![no_main]

use cordboard_fuzz::audio::Codec;
use cordboard_fuzz::random::Random;
use cordboard_fuzz::rtc::{Credentials, Fingerprint};
use cordboard_fuzz::sdp::{
    Description, Direction, Local, OurKeys, Profile, RtcpMux, Security, Types, accept, answer,
    browser, offer,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((wish, data)) = data.split_first() else {
        return;
    };
    let local = local(*wish);
    let description = Description::parse(data);
    let _ = accept(data, &local);
    if let Ok((text, agreed)) = answer(data, &local) {
        let offered = description.expect("what is answered can be read");
        let answered = Description::parse(&text).expect("our answer can be read");
        assert_eq!(answered.media.len(), offered.media.len(), "RFC 3264 §6");
        assert!(agreed.held || !agreed.remote.ip().is_unspecified());
        let time = agreed.packet_time;
        assert!((10..=200).contains(&time), "{time}");
        assert!(local.events || agreed.events.is_none());
        let secret = match &local.security {
            Security::Plain => agreed.crypto.is_some(),
            Security::Preferred(_) => false,
            Security::Required(..) => agreed.crypto.is_none(),
        };
        assert!(!secret, "never plain where it must not be, nor the other way round");
        Description::parse(&offer(&local)).expect("our offer can be read");
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok((answer, _)) = browser::answer(&page(*wish), text)
    {
        Description::parse(answer.as_bytes()).expect("our answer can be read");
    }
});

fn local(wish: u8) -> Local {
    let keys = OurKeys::random(&mut Random::seeded(1));
    Local {
        address: [192, 0, 2, 1].into(),
        other: (wish & 1 != 0).then(|| "2001:db8::1".parse().expect("an address")),
        port: 20_000,
        codecs: Codec::ALL.into(),
        events: wish & 2 == 0,
        types: Types::default(),
        session: 1,
        version: 1,
        direction: Direction::SendRecv,
        security: match wish >> 2 & 3 {
            0 => Security::Plain,
            1 => Security::Preferred(keys),
            2 => Security::Required(keys, Profile::Avp),
            _ => Security::Required(keys, Profile::Savp),
        },
        rtcp_mux: if wish & 16 == 0 { RtcpMux::Answered } else { RtcpMux::Offered },
    }
}

fn page(wish: u8) -> browser::Local {
    let mut random = Random::seeded(2);
    browser::Local {
        candidates: vec!["192.0.2.1:40000".parse().expect("an address")],
        connections: vec!["192.0.2.1:443".parse().expect("an address")],
        credentials: Credentials::random(0, &mut random),
        next: Credentials::random(0, &mut random),
        fingerprint: Fingerprint([7; 32]),
        codecs: Codec::ALL.into(),
        session: 1,
        version: 1,
        direction: Direction::SendRecv,
        video: wish & 1 != 0,
        before: None,
    }
}
