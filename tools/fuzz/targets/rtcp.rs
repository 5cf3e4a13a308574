//! Compound packets of reports, and what browsers say of pictures.

#![no_main]

use cordboard_fuzz::rtp::feedback;
use cordboard_fuzz::rtp::rtcp::{parse, round_trip_ms};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for said in feedback::parse(data) {
        let mut written = vec![];
        said.write(1, 2, &mut written);
        assert!(!feedback::parse(&written).is_empty(), "what we say can be read");
    }
    for ours in [0, 1, 0xffff_ffff] {
        let Some(heard) = parse(data, ours) else {
            continue;
        };
        if let Some(block) = heard.report.and_then(|report| report.block) {
            let _ = round_trip_ms(&block, 0x1234_5678_9abc_def0);
        }
    }
});
