//! What reading messages costs: `cargo bench --bench reading`, which `tools/bench --only reading` runs.
//!
//! Prints one JSON object: microseconds of CPU for an INVITE with 18 headers, parsed, and parsed with all that an endpoint reads
//! of it; and milliseconds for the slowest of the torture messages and of messages as long as they may be.

use cordboard::sip::message::Message;
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

/// As a carrier's session border controller writes one.
const INVITE: &str = "INVITE sip:+4930555100@192.0.2.10:5080;user=phone SIP/2.0\r\n\
    Via: SIP/2.0/UDP 198.51.100.7:5060;rport;branch=z9hG4bK-524287-1---3f2b8c1d9a7e4f60\r\n\
    Max-Forwards: 69\r\n\
    Record-Route: <sip:198.51.100.7;lr;ftag=8a7d3c>\r\n\
    From: \"Alice Example\" <sip:+493012345678@carrier.example;user=phone>;tag=8a7d3c5e2f\r\n\
    To: <sip:+4930555100@carrier.example;user=phone>\r\n\
    Call-ID: 6c1f0d4b-2a77-4f0e-9a53-0e8f3b7a9d21@198.51.100.7\r\n\
    CSeq: 1 INVITE\r\n\
    Contact: <sip:+493012345678@198.51.100.7:5060;transport=udp>\r\n\
    Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, OPTIONS, INFO, REFER, NOTIFY\r\n\
    Supported: timer, 100rel, replaces\r\n\
    Session-Expires: 1800;refresher=uac\r\n\
    Min-SE: 90\r\n\
    P-Asserted-Identity: <sip:+493012345678@carrier.example;user=phone>\r\n\
    Privacy: none\r\n\
    User-Agent: SBC/7.4.2\r\n\
    Date: Sun, 22 Nov 2026 14:30:05 GMT\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 235\r\n\
    \r\n\
    v=0\r\no=- 812734 1 IN IP4 198.51.100.8\r\ns=-\r\nc=IN IP4 198.51.100.8\r\nt=0 0\r\n\
    m=audio 31872 RTP/AVP 8 0 9 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:9 G722/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n";

const TIMES: u32 = 50_000;

fn main() {
    let parsed = microseconds(|| drop(black_box(Message::parse(INVITE.as_bytes().to_vec()))));
    let read = microseconds(|| assert!(whole(INVITE.as_bytes().to_vec()).is_some()));
    let (slowest, milliseconds) = slowest();
    let result = format!(
        r#"{{"parsed_us": {parsed:.3}, "read_us": {read:.3}, "slowest_ms": {milliseconds:.3}, "slowest": "{slowest}"}}"#
    );
    writeln!(std::io::stdout(), "{result}").expect("somebody reads what is printed");
}

/// The CPU time of one run, of the best of several series: what else the machine does only adds.
fn microseconds(run: impl Fn()) -> f64 {
    let series = (0..7).map(|_| {
        let from = spent();
        (0..TIMES).for_each(|_| run());
        (spent() - from).as_secs_f64() * 1e6 / f64::from(TIMES)
    });
    series.fold(f64::MAX, f64::min)
}

/// All that an endpoint reads of a request outside a dialog.
fn whole(bytes: Vec<u8>) -> Option<()> {
    let mut message = Message::parse(bytes).ok()?;
    message.note_source(([198, 51, 100, 7], 5060).into()).ok()?;
    let addresses = (
        message.from().ok()?,
        message.to().ok()?,
        message.contacts().ok()?,
    );
    let routes = (message.record_routes().ok()?, message.vias().ok()?);
    let uri = message.request_uri().ok()?;
    black_box((addresses, routes, uri, message.cseq().ok()?));
    Some(())
}

/// The message that takes longest, and how long.
fn slowest() -> (String, f64) {
    let mut messages = torture();
    for filling in [";", ",", "\"", "\\", "<", "%", "a,", ";a=\"\\\"", " \r\n "] {
        for header in ["Via", "Contact", "To", "Route", "Accept", "X-Other"] {
            let long = filling.repeat(60_000 / filling.len());
            let text = INVITE.replacen("Date:", &format!("{header}: {long}\r\nDate:"), 1);
            messages.insert(
                format!("{header} of {:?}", filling.escape_debug().to_string()),
                text.into_bytes(),
            );
        }
    }
    let costs = messages.into_iter().map(|(name, bytes)| {
        let series = (0..5).map(|_| {
            let copy = bytes.clone();
            let from = spent();
            let _ = black_box(whole(copy));
            spent() - from
        });
        (series.min().unwrap_or_default(), name)
    });
    let (cost, name) = costs.max().unwrap_or_default();
    (name.replace(['"', '\\'], "'"), cost.as_secs_f64() * 1e3)
}

fn torture() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/torture/messages");
    let folders = ["rfc4475", "rfc5118"].map(|rfc| folder.join(rfc));
    let files = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("the torture messages are there"));
    let files = files.map(|file| file.expect("readable").path());
    files
        .map(|path| {
            (
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                std::fs::read(&path).expect("readable"),
            )
        })
        .collect()
}

/// The CPU time of this thread.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}
