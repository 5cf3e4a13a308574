//! JSON Schemas of what goes in and out, as OpenAPI 3.1 has them.

mod calls;
mod contacts;
mod desk;
mod links;
mod people;
mod recordings;
mod supervise;
mod system;
mod told;

use super::settings;
use crate::events::KINDS;
use serde_json::{Value, json};

/// What components the document has: a name, and its schema.
pub(super) fn components() -> Vec<(&'static str, Value)> {
    let mut all = vec![
        ("Problem", problem()),
        ("Difference", difference()),
        ("Status", status()),
        ("Load", load()),
        ("ConversationStatus", conversation_status()),
        ("Missed", missed()),
        ("Assignment", assignment()),
        ("Callback", callback()),
        ("Pick", pick()),
        ("Desk", desk::desk()),
        ("Events", events()),
        ("Webhook", webhook()),
        ("WebhookToBe", webhook_to_be()),
        ("Replay", replay()),
        ("Sound", sound()),
        ("SpeechText", speech_text()),
    ];
    all.extend(people::components());
    all.extend(calls::components());
    all.extend(recordings::components());
    all.extend(supervise::components());
    all.extend(told::components());
    all.extend(links::components());
    all.extend(contacts::components());
    all.extend(system::components());
    all.extend(settings::components());
    all
}

/// A component by its name.
pub(super) fn of(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

pub(super) fn list(item: Value) -> Value {
    json!({ "type": "array", "items": item })
}

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

/// Anything: described in words alone.
pub(super) fn any() -> Value {
    json!({})
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "required": ["title", "status", "detail"],
        "properties": {
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "For people." },
            "errors": {
                "type": "array",
                "description": "Every field that is wrong, with the mend.",
                "items": {
                    "type": "object",
                    "required": ["field", "mend"],
                    "properties": { "field": { "type": "string" }, "mend": { "type": "string" } },
                },
            },
        },
    })
}

fn difference() -> Value {
    json!({
        "type": "object",
        "required": ["revision", "changes"],
        "properties": {
            "revision": { "type": "integer", "description": "What it was compared with." },
            "changes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field"],
                    "properties": { "field": { "type": "string" }, "before": {}, "after": {} },
                },
            },
        },
    })
}

fn status() -> Value {
    json!({
        "type": "object",
        "required": ["status"],
        "additionalProperties": false,
        "properties": {
            "status": { "type": "string", "enum": ["available", "not_ready", "offline"] },
            "reason": {
                "type": ["string", "null"], "minLength": 1, "maxLength": 64,
                "description": "Of not_ready: one of the reasons of the settings.",
            },
        },
    })
}

fn callback() -> Value {
    json!({
        "type": "object",
        "required": ["id", "number", "queue", "type", "status", "conversation", "call", "asked"],
        "properties": {
            "id": { "type": "integer" },
            "number": { "type": "string" },
            "queue": { "type": "integer" },
            "type": { "type": "string", "enum": ["automated", "manual"] },
            "status": { "type": "string", "enum": ["in_queue", "active", "no_reply", "done"] },
            "conversation": { "type": "string", "enum": ["open", "waiting", "solved"] },
            "call": { "type": "string", "description": "In which it was asked for first." },
            "asked": { "type": "string", "format": "date-time" },
            "asks": { "type": "integer", "description": "How often: those of one number are one." },
            "attempts": { "type": "integer" },
            "attempts_at_most": { "type": "integer" },
            "outcome": {
                "type": ["string", "null"],
                "enum": ["reached", "connected", "merged", "not_promised", "cancelled", null],
                "description": "Of one that is done: how.",
            },
            "next": { "type": ["string", "null"], "format": "date-time" },
            "agent": { "type": ["integer", "null"], "description": "Who calls." },
        },
    })
}

fn missed() -> Value {
    json!({
        "type": "object",
        "required": ["queue", "calls", "oldest"],
        "properties": {
            "queue": { "type": "string", "description": "Its name." },
            "calls": { "type": "integer" },
            "oldest": { "type": "string", "format": "date-time" },
        },
    })
}

fn assignment() -> Value {
    json!({
        "type": "object",
        "required": ["customer"],
        "additionalProperties": false,
        "properties": {
            "customer": { "type": "string", "pattern": "^\\+?[0-9]{3,15}$", "minLength": 3, "maxLength": 16 },
            "agent": { "type": ["integer", "null"], "minimum": 0, "maximum": u32::MAX },
        },
    })
}

fn pick() -> Value {
    json!({
        "type": "object",
        "required": ["callback"],
        "additionalProperties": false,
        "properties": { "callback": { "type": "integer", "minimum": 0 } },
    })
}

fn conversation_status() -> Value {
    json!({
        "type": "object",
        "required": ["status"],
        "additionalProperties": false,
        "properties": {
            "status": { "type": "string", "enum": ["open", "waiting", "solved", "closed"] },
        },
    })
}

fn load() -> Value {
    json!({
        "type": "object",
        "required": ["conversations"],
        "additionalProperties": false,
        "properties": { "conversations": { "type": "integer", "minimum": 0, "maximum": 10_000 } },
    })
}

fn events() -> Value {
    json!({
        "type": "object",
        "required": ["events", "last"],
        "properties": {
            "events": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["seq", "at", "type", "data"],
                    "properties": {
                        "seq": { "type": "integer" },
                        "at": { "type": "string", "format": "date-time" },
                        "type": { "type": "string", "enum": kinds() },
                        "agent": whom("The agent whom it concerns."),
                        "queue": whom("Else the queue that it names, or in which its call waits."),
                        "had": whom("Else the agent who had its call last."),
                        "data": { "type": "object" },
                    },
                },
            },
            "last": { "type": "integer", "description": "Ask for what comes after it." },
        },
    })
}

fn whom(about: &str) -> Value {
    json!({ "type": "integer", "description": about })
}

fn kinds() -> Vec<&'static str> {
    KINDS.iter().map(|(kind, _)| *kind).collect()
}

fn webhook() -> Value {
    let mut schema = webhook_to_be();
    let more = json!({
        "id": { "type": "integer" },
        "created": { "type": "string", "format": "date-time" },
        "secret": { "type": ["string", "null"], "description": "Told once, when it is made." },
        "delivered": { "type": "integer", "description": "Events up to this number are dealt with." },
        "tries": { "type": "integer", "description": "Of the event that is next." },
        "next": { "type": ["string", "null"], "format": "date-time" },
        "error": { "type": ["string", "null"], "description": "Why the last try failed." },
        "lost": { "type": "integer", "description": "Events that were forgotten undelivered." },
    });
    if let (Some(all), Some(more)) = (schema["properties"].as_object_mut(), more.as_object()) {
        all.extend(more.clone());
    }
    schema["additionalProperties"] = true.into();
    schema
}

fn webhook_to_be() -> Value {
    let families = kinds()
        .into_iter()
        .filter_map(|kind| kind.split('.').next());
    let families: std::collections::BTreeSet<&str> = families.collect();
    let families = families.into_iter().map(|family| format!("{family}.*"));
    let words: Vec<String> = kinds()
        .into_iter()
        .map(str::to_owned)
        .chain(families)
        .collect();
    json!({
        "type": "object",
        "required": ["url"],
        "additionalProperties": false,
        "properties": {
            "url": { "type": "string", "format": "uri", "maxLength": 2_000, "pattern": "^https?://[^@\\s]+$" },
            "kinds": {
                "type": "array",
                "maxItems": 256,
                "items": { "type": "string", "enum": words },
                "description": "Which events; none: all.",
            },
            "disabled": { "type": "boolean", "default": false },
        },
    })
}

fn replay() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "event": { "type": ["integer", "null"], "minimum": 0, "description": "Its number; none: all." },
        },
    })
}

fn sound() -> Value {
    json!({
        "type": "object",
        "required": ["file", "name", "seconds", "shipped", "added", "by"],
        "properties": {
            "file": { "type": "string", "description": "As settings name it." },
            "name": { "type": "string" },
            "seconds": { "type": "number" },
            "shipped": { "type": "boolean" },
            "added": { "type": ["string", "null"], "format": "date-time" },
            "by": { "type": ["string", "null"] },
        },
    })
}

fn speech_text() -> Value {
    json!({
        "type": "object",
        "required": ["text"],
        "additionalProperties": false,
        "properties": {
            "text": { "type": "string", "minLength": 1, "maxLength": 2_000 },
            "voice": { "type": ["string", "null"], "minLength": 1, "maxLength": 64, "default": "en" },
            "rate": {
                "type": ["integer", "null"], "minimum": 80, "maximum": 450, "default": 160,
                "description": "Words a minute.",
            },
            "quality": { "type": ["string", "null"], "enum": ["standard", "neural", null] },
            "position": {
                "type": ["string", "null"], "enum": ["ordinal", "cardinal", "adaptive", null],
                "description": "How {position} is said.",
            },
        },
    })
}
