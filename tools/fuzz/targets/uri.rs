//! A URI that was read is written and read again as the same.

#![no_main]

use cordboard_fuzz::sip::uri::{Host, Uri, escape_user, unescape};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    assert_eq!(unescape(&escape_user(&text)), text);
    let _ = Host::parse(&text);
    let Ok(uri) = Uri::parse(&text) else { return };
    let _ = (uri.user_unescaped(), uri.is_loose(), uri.transport());
    let _ = (uri.port_or_default(), uri.host.ip());
    let written = uri.to_string();
    let again = Uri::parse(&written).expect("what we write can be read");
    assert_eq!(again.to_string(), written);
    assert!(uri.equivalent(&again), "{written}");
    assert!(again.equivalent(&uri), "{written}");
});
