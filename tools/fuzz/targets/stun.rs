//! Binding requests: of phones that keep their way open, and of browsers that look for one; by connections, too.

#![no_main]

use cordboard_fuzz::rtc::{Check, Credentials, Frames};
use cordboard_fuzz::sip::stun::{answer, is_stun};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(check) = Check::read(data) {
        assert!(check.to.len() + check.from.len() < data.len());
        assert!(Credentials::worker(check.to).is_none_or(|worker| worker < 65_536));
    }
    let (mut frames, mut taken) = (Frames::default(), 0);
    for piece in data.chunks(7) {
        frames.push(piece);
        while let Ok(Some(packet)) = frames.pull() {
            taken += 2 + packet.len();
        }
    }
    assert!(taken <= data.len());
    for source in ["192.0.2.7:5060", "[2001:db8::7]:5060"] {
        let source = source.parse().expect("an address");
        if let Some(answer) = answer(data, source) {
            assert!(is_stun(data) && is_stun(&answer));
            assert_eq!(answer[4..20], data[4..20], "the same transaction");
        }
    }
});
