//! A message is read or refused; what was read is written and read again as the same.

#![no_main]

use cordboard_fuzz::sip::header::Name;
use cordboard_fuzz::sip::message::{Builder, Message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let message = match Message::parse(data.to_vec()) {
        Ok(message) => message,
        Err(malformed) => {
            let _ = (malformed.status(), malformed.reason());
            if let Some(half) = malformed.answerable() {
                let answer = Builder::reply_to(half, malformed.status(), "", Some("tag")).build();
                let read = Message::parse(answer);
                assert!(read.is_ok() || read.is_err_and(|why| why.message.is_some()));
            }
            return;
        }
    };
    read_all(&message);
    let again = Message::parse(message.to_bytes()).expect("what we write can be read");
    assert_eq!(again.body(), message.body());
    assert_eq!(again.method(), message.method());
    let fields = |message: &Message| {
        // Control characters are written as spaces.
        let plain = |value: &str| value.replace(|c: char| c.is_ascii_control(), " ");
        let of = |(name, value): (Name<'_>, &str)| {
            (name.text().to_owned(), plain(value).trim().to_owned())
        };
        let all = message.fields().map(of);
        let counted = |name: &str| name.eq_ignore_ascii_case("Content-Length");
        all.filter(|(name, _)| !counted(name)).collect::<Vec<_>>()
    };
    assert_eq!(fields(&again), fields(&message));
    if message.is_request() {
        let answer = Builder::reply_to(&message, 200, "", Some("tag")).build();
        let answer = Message::parse(answer).expect("an answer can be read");
        assert_eq!(answer.call_id().ok(), message.call_id().ok());
    }
});

fn read_all(message: &Message) {
    let _ = (message.request_uri(), message.vias(), message.top_via());
    let _ = (message.from(), message.to(), message.contacts());
    let _ = (message.routes(), message.record_routes());
    let _ = (message.cseq(), message.call_id(), message.max_forwards());
    let _ = (message.expires(), message.retry_after());
    let _ = (
        message.content_type(),
        message.is_content("application/sdp"),
    );
    let _ = message.is_understood_by("application/sdp");
    let content = message.content("application/sdp").unwrap_or_default();
    assert!(content.len() <= message.body().len());
    let _ = (message.accepts("application/sdp"), message.user_agent());
    let _ = (message.require().count(), message.supports("100rel"));
    let _ = message.authorization();
    for (name, _) in message.fields() {
        let _ = message.list(name).count();
    }
}
