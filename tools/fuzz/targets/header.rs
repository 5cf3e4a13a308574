//! Values of headers: what was read is written and read again as the same.

#![no_main]

use cordboard_fuzz::sip::header::{Address, Name, Params, Route, Via, split};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let name = Name::of(&text);
    assert_eq!(name.canonical(), name.canonical().canonical());
    let parts: usize = split(&text, b',').map(str::len).sum();
    assert!(parts <= text.len());
    let _ = Route::parse(&text);
    if let Ok(address) = Address::parse(&text) {
        let _ = (address.tag(), address.expires(), address.preference());
        let written = address.to_string();
        let again = Address::parse(&written).expect("what we write can be read");
        assert_eq!(again.to_string(), written);
        assert_eq!(address.tag(), again.tag());
        let tagged = address.with_tag("t").to_string();
        let tagged = Address::parse(&tagged).expect("what we write can be read");
        assert_eq!(tagged.tag(), Some("t"));
    }
    if let Ok(mut via) = Via::parse(&text) {
        let _ = (via.branch(), via.magic_branch(), via.rport(), via.ttl());
        let source = ([192, 0, 2, 7], 5060).into();
        via.note_source(source);
        let written = via.to_string();
        let again = Via::parse(&written).expect("what we write can be read");
        assert_eq!(again.reply_address(source), via.reply_address(source));
        assert_eq!(again.to_string(), written);
    }
    if let Ok(mut params) = Params::parse(&text) {
        for (name, _) in params.iter() {
            let _ = params.text(name);
        }
        params.set("tag", Some("t"));
        let again = Params::parse(&params.to_string()).expect("what we write can be read");
        assert_eq!(again.get("tag"), Some("t"));
        params.remove("tag");
        assert!(!params.has("tag"));
    }
});
