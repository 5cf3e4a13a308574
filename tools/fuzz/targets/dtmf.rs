//! Keys as events and as tones.

#![no_main]

use cordboard_fuzz::audio::dtmf::Detector;
use cordboard_fuzz::rtp::event::Keys;
use cordboard_fuzz::rtp::packet::Packet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut keys = Keys::default();
    for datagram in data.chunks(16) {
        let packet = Packet::parse(datagram);
        if let Some(key) =
            packet.and_then(|packet| keys.update(&packet.header, packet.payload, 8000))
        {
            assert!(b"0123456789*#ABCD".contains(&(key as u8)));
        }
    }
    let mut detector = Detector::default();
    let samples = data
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
    let samples: Vec<i16> = samples.collect();
    for piece in samples.chunks(1 + usize::from(data.first().copied().unwrap_or(0))) {
        let _ = detector.hear(piece);
    }
});
