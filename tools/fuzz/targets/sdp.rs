//! Descriptions and their negotiation: an answer can be read by whoever offered.

#![no_main]

use cordboard_fuzz::audio::Codec;
use cordboard_fuzz::sdp::{Description, Direction, Local, Types, accept, answer, offer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let local = Local {
        address: [192, 0, 2, 1].into(),
        port: 20_000,
        codecs: vec![Codec::Pcma, Codec::Pcmu],
        types: Types::default(),
        session: 1,
        version: 1,
        direction: Direction::SendRecv,
    };
    let description = Description::parse(data);
    let _ = accept(data, &local);
    let Ok((text, agreed)) = answer(data, &local) else {
        return;
    };
    let offered = description.expect("what is answered can be read");
    let answered = Description::parse(&text).expect("our answer can be read");
    assert_eq!(answered.media.len(), offered.media.len(), "RFC 3264 §6");
    assert!(agreed.held || !agreed.remote.ip().is_unspecified());
    assert!(
        (10..=200).contains(&agreed.packet_time),
        "{}",
        agreed.packet_time
    );
    Description::parse(&offer(&local)).expect("our offer can be read");
});
