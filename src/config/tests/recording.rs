//! What customers are told of the recording (B22), and what is not for it (B10).

use super::*;
use crate::settings::{Consent, Message};
use std::time::Duration;

#[test]
fn b22_the_message_the_key_and_the_wait_are_read_and_the_rest_is_usual() {
    let recording = |lines: &str| {
        let text = format!("{LEAST}[recording]\n{lines}\n");
        parse(&text).expect("good").account.recording
    };
    assert_eq!(recording("").consent, None);
    let text = "text = \"This is recorded.\"";
    let consent = |refuse, seconds| Consent {
        message: Message::text("This is recorded."),
        refuse,
        wait: Duration::from_secs(seconds),
    };
    let read = recording(&format!("consent = {{ {text} }}"));
    assert_eq!(read.consent, Some(consent(None, 5)));
    let read = recording(&format!(
        "mask_digits_s = 10\nconsent = {{ {text}, refuse = \"9\", wait_for_response_s = 8 }}"
    ));
    assert_eq!(read.consent, Some(consent(Some('9'), 8)));
    assert_eq!(read.mask_digits, Some(Duration::from_secs(10)));
}

#[test]
fn b22_what_cannot_be_is_named_with_the_mend() {
    for (lines, path) in [
        ("consent = { refuse = \"9\" }", "consent"),
        ("consent = { text = \"x\", refuse = \"99\" }", "refuse"),
        ("consent = { text = \"x\", refuse = \"\" }", "refuse"),
        ("consent = { text = \"x\", refuse = \"a\" }", "refuse"),
        (
            "consent = { text = \"x\", wait_for_response_s = 61 }",
            "wait_for_response_s",
        ),
        ("consent = { text = \"{position}\" }", "text"),
        ("mask_digits_s = 0", "mask_digits_s"),
    ] {
        let wrong = problems(&format!("{LEAST}[recording]\n{lines}\n"));
        assert!(
            wrong.iter().any(|why| why.contains(path)),
            "{lines}: {wrong:?}"
        );
    }
}
