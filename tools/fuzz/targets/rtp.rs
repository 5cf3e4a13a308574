//! Packets of a stream, and all that follows from their headers: order, playout.

#![no_main]

use cordboard_fuzz::audio::FRAME;
use cordboard_fuzz::rtp::jitter::Playout;
use cordboard_fuzz::rtp::packet::{Packet, is_rtcp};
use cordboard_fuzz::rtp::sequence::Sequence;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (mut sequence, mut playout, mut frame) = (None, Playout::default(), [0; FRAME]);
    let mut now = 0;
    let mut rest = data;
    // A byte says how long the next packet is, and how much later it comes.
    while let Some((length, after)) = rest.split_first() {
        let (datagram, after) = after.split_at(after.len().min(usize::from(*length)));
        rest = after;
        now += u64::from(*length);
        let _ = is_rtcp(datagram);
        let Some(packet) = Packet::parse(datagram) else {
            continue;
        };
        assert!(packet.payload.len() <= datagram.len());
        let number = packet.header.sequence;
        let known: &mut Sequence = sequence.get_or_insert_with(|| Sequence::new(number));
        let _ = known.update(number);
        assert!(known.received() > 0);
        let _ = (known.lost(), known.fraction_lost());
        let samples: Vec<i16> = packet.payload.iter().map(|byte| i16::from(*byte)).collect();
        playout.insert(now, packet.header.timestamp, &samples);
        let _ = playout.pull(now, &mut frame);
    }
});
