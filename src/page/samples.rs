//! The messages against the samples that the pages' own tests read, too: neither side changes alone.

use super::{CallState, Consultation, FromPage, Numbered, Target, ToPage};
use serde_json::Value;
use std::collections::BTreeSet;

fn samples(of: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("samples.json")).expect("JSON");
    all[of].as_array().expect("a list").clone()
}

/// Without what is absent or empty.
fn lean(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        let empty = |name: &str, value: &Value| match name {
            "seen" => *value == 0,
            "supervisor" => *value == false,
            _ => value.is_null(),
        };
        fields.retain(|name, value| !empty(name, value));
    }
    value
}

#[test]
fn what_pages_say_is_read_and_written_as_they_do() {
    let mut kinds = BTreeSet::new();
    for sample in samples("from_page") {
        let message: FromPage = serde_json::from_value(sample.clone()).expect("a message");
        let written = serde_json::to_value(&message).expect("JSON");
        assert_eq!(lean(written), sample);
        kinds.insert(match message {
            FromPage::Hello { .. } => "hello",
            FromPage::Call { .. } => "call",
            FromPage::Offer { .. } => "offer",
            FromPage::Accept { .. } => "accept",
            FromPage::Reject { .. } => "reject",
            FromPage::HangUp { .. } => "hang_up",
            FromPage::Hold { .. } => "hold",
            FromPage::Mute { .. } => "mute",
            FromPage::Digit { .. } => "digit",
            FromPage::Transfer { to, .. } => match to {
                Target::Number(_) => "transfer to a number",
                Target::Agent(_) => "transfer to an agent",
                Target::Queue(_) => "transfer to a queue",
            },
            FromPage::Consult { .. } => "consult",
            FromPage::Consultation { what, .. } => match what {
                Consultation::Swap => "swap",
                Consultation::Join => "join",
                Consultation::Complete => "complete",
                Consultation::Cancel => "cancel",
            },
        });
    }
    assert_eq!(kinds.len(), 17, "each has a sample: {kinds:?}");
}

#[test]
fn what_the_server_says_is_written_as_pages_read_it() {
    let mut kinds = BTreeSet::new();
    for sample in samples("to_page") {
        let message: Numbered = serde_json::from_value(sample.clone()).expect("a message");
        let written = serde_json::to_value(&message).expect("JSON");
        assert_eq!(written, sample);
        kinds.insert(match message.message {
            ToPage::Hello { .. } => "hello",
            ToPage::Answer { .. } => "answer",
            ToPage::Call { state, .. } => match state {
                CallState::Ringing => "ringing",
                CallState::Dialling => "dialling",
                CallState::Waiting => "waiting",
                CallState::Talking => "talking",
                CallState::Held => "held",
                CallState::Holding => "holding",
                CallState::Over => "over",
            },
            ToPage::Agent { .. } => "agent",
            ToPage::Superseded => "superseded",
            ToPage::Error(_) => "error",
        });
    }
    assert_eq!(kinds.len(), 12, "each has a sample: {kinds:?}");
}
