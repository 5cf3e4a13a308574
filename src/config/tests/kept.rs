//! What is kept of what SIP says, and where it is sent.

use super::*;

#[test]
fn what_sip_says_is_kept_unless_it_is_not_to_be_and_sent_where_one_says() {
    let of = |lines: &str| parse(&format!("{LEAST}{lines}")).expect("fine").trace;
    assert_eq!(of(""), Some(trace::Settings::default()));
    assert_eq!(of("[trace]\nenabled = false"), None);
    let trace =
        of("[trace]\nkeep_s = 60\ncall_kb = 64\nmemory_mb = 8\n[hep]\nserver = \"[::1]:9060\"");
    let trace = trace.expect("kept");
    assert_eq!(trace.keep, Duration::from_secs(60));
    assert_eq!((trace.bytes, trace.memory), (65_536, 8_388_608));
    assert_eq!(
        trace.hep.map(|hep| (hep.server.port(), hep.capture_id)),
        Some((9_060, 1))
    );
    refused(
        "[trace]\ncall_messages = 5",
        "15: call_messages: must be 10 to 10000",
    );
    refused(
        "[trace]\nkeep_s = 604801",
        "15: keep_s: at most a week: 604800",
    );
    refused("[hep]\ncapture_id = 1", "14: server: missing");
    refused(
        "[hep]\nserver = \"homer\"",
        "15: server: \"homer\" is not an address and a port: \"192.0.2.20:9060\"",
    );
    refused(
        "[trace]\nenabled = false\n[hep]\nserver = \"192.0.2.20:9060\"",
        "16: hep: sends what [trace] keeps: set trace.enabled = true",
    );
}
