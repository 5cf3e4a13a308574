//! Compound packets of reports.

#![no_main]

use cordboard_fuzz::rtp::rtcp::{parse, round_trip_ms};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for ours in [0, 1, 0xffff_ffff] {
        let Some(heard) = parse(data, ours) else {
            continue;
        };
        if let Some(block) = heard.report.and_then(|report| report.block) {
            let _ = round_trip_ms(&block, 0x1234_5678_9abc_def0);
        }
    }
});
