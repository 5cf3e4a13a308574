//! Sealed packets of somebody who does not have the key, and of somebody who has.

#![no_main]

use cordboard_fuzz::random::Random;
use cordboard_fuzz::rtp::srtp::{Master, Opener, Sealer, Suite};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for suite in Suite::ALL {
        let master = Master::random(suite, &mut Random::seeded(1));
        let mut opener = Opener::new(suite, &master);
        for packet in data.split(|byte| *byte == 0xFE) {
            let (mut rtp, mut rtcp) = (packet.to_vec(), packet.to_vec());
            assert!(opener.open_rtp(&mut rtp).is_err(), "nobody has sealed it");
            assert!(opener.open_rtcp(&mut rtcp).is_err(), "nobody has sealed it");
        }
        let mut sealer = Sealer::new(suite, &master);
        let mut sealed = data.to_vec();
        if sealer.seal_rtp(&mut sealed, 0) {
            let length = opener.open_rtp(&mut sealed).expect("sealed by the peer");
            assert_eq!(&sealed[..length], data);
        }
        let mut sealed = data.to_vec();
        if sealer.seal_rtcp(&mut sealed, 0) {
            let length = opener.open_rtcp(&mut sealed).expect("sealed by the peer");
            assert_eq!(&sealed[..length], data);
        }
    }
});
