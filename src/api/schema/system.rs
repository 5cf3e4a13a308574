//! How the server and its trunks are.

use super::{list, text};
use serde_json::{Value, json};

pub(super) fn components() -> Vec<(&'static str, Value)> {
    vec![
        ("System", system()),
        ("TrunkHealth", trunk_health()),
        ("HoursAt", hours_at()),
        ("HoursThen", hours_then()),
        ("Delivery", delivery()),
    ]
}

fn system() -> Value {
    let bytes = || json!({ "type": "integer", "minimum": 0 });
    let nullable = || json!({ "type": ["string", "null"] });
    let certificate = json!({
        "type": "object",
        "required": ["at", "own", "file", "expires", "days", "trouble"],
        "properties": {
            "at": { "type": "array", "items": text(), "description": "Listeners that show it, and http." },
            "own": { "type": "boolean", "description": "It is ours, signed by itself." },
            "file": text(),
            "expires": { "type": ["string", "null"], "format": "date-time" },
            "days": { "type": "integer", "minimum": 0, "description": "Until then." },
            "trouble": { "type": ["string", "null"], "description": "Why a new file is not in use." },
        },
    });
    let listener = json!({
        "type": "object",
        "required": ["name", "transport", "address", "advertised"],
        "properties": {
            "name": text(), "transport": text(), "address": text(),
            "advertised": { "type": "string", "description": "What peers are told." },
        },
    });
    json!({
        "type": "object",
        "required": [
            "health", "database", "disk", "public_url", "https", "media", "browsers", "listeners", "certificates",
        ],
        "properties": {
            "health": { "type": "object", "description": "As /healthz tells it." },
            "database": text(),
            "disk": {
                "type": ["object", "null"],
                "properties": { "bytes": bytes(), "free": bytes() },
                "description": "The disk of the data directory.",
            },
            "public_url": nullable(),
            "https": { "type": "boolean" },
            "media": { "type": ["string", "null"], "description": "The address of sound." },
            "browsers": { "type": "array", "items": text(), "description": "Those that browsers are told." },
            "listeners": list(listener),
            "certificates": list(certificate),
        },
    })
}

fn trunk_health() -> Value {
    let count = || json!({ "type": "integer", "minimum": 0 });
    json!({
        "type": "object",
        "required": ["id", "name", "health", "calls", "tried", "failed"],
        "properties": {
            "id": { "type": "integer" },
            "name": text(),
            "health": {
                "type": "string",
                "enum": ["well", "doubtful", "resting"],
                "description": "Doubtful: not registered, or no answer lately. Resting: it asked to be left alone.",
            },
            "calls": count(),
            "tried": count(),
            "failed": count(),
        },
    })
}

fn hours_at() -> Value {
    json!({
        "type": "object",
        "required": ["hours"],
        "additionalProperties": false,
        "properties": {
            "hours": { "$ref": "#/components/schemas/Hours" },
            "at": {
                "type": ["string", "null"],
                "description": "By the clock of the zone: 2026-12-24T10:00. Without it: now.",
            },
        },
    })
}

fn hours_then() -> Value {
    let instant = || json!({ "type": ["string", "null"], "format": "date-time" });
    json!({
        "type": "object",
        "required": ["at", "local", "open", "holiday", "until", "until_local", "away"],
        "properties": {
            "at": instant(),
            "local": { "type": "string", "description": "By the clock of the zone." },
            "open": { "type": "boolean" },
            "holiday": { "type": ["string", "null"], "description": "The holiday that it is." },
            "until": { "type": ["string", "null"], "format": "date-time", "description": "Null: for a year at least." },
            "until_local": { "type": ["string", "null"] },
            "away": { "type": "boolean", "description": "Whether callers hear a message while it is closed." },
        },
    })
}

fn delivery() -> Value {
    json!({
        "type": "object",
        "required": ["at", "event", "kind", "took_ms", "error"],
        "properties": {
            "at": { "type": "string", "format": "date-time" },
            "event": { "type": "integer", "minimum": 0 },
            "kind": text(),
            "took_ms": { "type": "integer", "minimum": 0 },
            "error": { "type": ["string", "null"], "description": "Null: it was taken." },
        },
    })
}
