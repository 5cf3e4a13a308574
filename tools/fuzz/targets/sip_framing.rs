//! A stream is cut into the same messages whatever pieces it comes in.

#![no_main]

use cordboard_fuzz::sip::framing::Framer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((seed, stream)) = data.split_first() else {
        return;
    };
    let mut whole = vec![];
    let (mut framer, mut pieces) = (Framer::new(), vec![]);
    let at_once = Framer::new().receive(stream, &mut whole);
    let (mut rest, mut size) = (stream, usize::from(*seed));
    let mut result = Ok(());
    while !rest.is_empty() && result.is_ok() {
        size = (size * 5 + 1) % 61;
        let (piece, left) = rest.split_at(rest.len().min(size.max(1)));
        result = framer.receive(piece, &mut pieces);
        rest = left;
    }
    assert_eq!(result.is_ok(), at_once.is_ok());
    assert_eq!(pieces, whole);
});
