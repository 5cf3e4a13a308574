//! Schemas of recordings, and of the audit log.

use super::{list, of};
use serde_json::{Value, json};

pub(super) fn components() -> Vec<(&'static str, Value)> {
    vec![
        ("Recordings", recordings()),
        ("StoredRecording", recording()),
        ("Audit", audit()),
        ("Mask", mask()),
    ]
}

fn mask() -> Value {
    json!({
        "type": "object",
        "required": ["masked"],
        "additionalProperties": false,
        "properties": { "masked": { "type": "boolean", "description": "Silence from now on." } },
    })
}

fn recordings() -> Value {
    json!({
        "type": "object",
        "required": ["recordings", "next"],
        "properties": {
            "recordings": list(of("StoredRecording")),
            "next": { "type": ["string", "null"], "description": "Ask for what is after it; null: that is all." },
        },
    })
}

fn recording() -> Value {
    json!({
        "type": "object",
        "required": ["id", "call", "segment", "content", "name", "agent", "customer", "called", "direction",
            "began", "ended", "milliseconds", "bytes", "gaps", "interrupted", "encrypted", "deleted"],
        "properties": {
            "id": { "type": "string" },
            "call": { "type": "string", "description": "The conversation." },
            "segment": { "type": "integer", "description": "From 1: each transfer begins another." },
            "content": { "type": "string", "enum": ["customer", "agent", "outside", "supervisor", "stereo"],
                "description": "Whose voice; in stereo the customer is on the left." },
            "name": { "type": "string", "description": "Of the file." },
            "account": { "type": "string" },
            "agent": { "type": "object", "properties": { "id": { "type": "integer" }, "name": { "type": "string" } } },
            "customer": { "type": "string" },
            "called": { "type": "string" },
            "queue": { "type": ["string", "null"] },
            "direction": { "type": "string", "enum": ["inbound", "outbound"] },
            "began": { "type": "string", "format": "date-time" },
            "ended": { "type": "string", "format": "date-time" },
            "milliseconds": { "type": "integer" },
            "bytes": { "type": "integer" },
            "sha256": { "type": ["string", "null"] },
            "gaps": { "type": "boolean", "description": "Sound was lost; silence stands in its place." },
            "interrupted": { "type": "boolean", "description": "The server died while it was recorded." },
            "encrypted": { "type": "boolean", "description": "On the disk." },
            "delivery": {
                "type": "object",
                "description": "How far it has got on its way to the storage.",
                "properties": {
                    "state": { "type": "string", "enum": ["new", "local", "waiting", "delivered", "removing", "removed"] },
                    "remote": { "type": ["string", "null"], "description": "Its name there." },
                    "tries": { "type": "integer", "description": "In vain." },
                    "next": { "type": ["string", "null"], "format": "date-time" },
                    "error": { "type": ["string", "null"] },
                    "delivered": { "type": ["string", "null"], "format": "date-time" },
                },
            },
            "here": { "type": "boolean", "description": "The file is on this machine." },
            "deleted": {
                "type": ["object", "null"],
                "properties": { "at": { "type": "string", "format": "date-time" }, "by": { "type": "string" } },
            },
            "call_ids": { "type": "array", "items": { "type": "string" },
                "description": "The SIP Call-IDs of the legs; of one that is asked for alone." },
        },
    })
}

fn audit() -> Value {
    json!({
        "type": "object",
        "required": ["seq", "at", "who", "action", "subject", "detail", "hash"],
        "properties": {
            "seq": { "type": "integer" },
            "at": { "type": "string", "format": "date-time" },
            "who": { "type": "string" },
            "action": { "type": "string", "examples": ["recording.heard", "recording.deleted", "settings.changed"] },
            "subject": { "type": "string" },
            "detail": { "type": "string" },
            "hash": { "type": "string", "description": "SHA-256 over this record and the hash before." },
        },
    })
}
