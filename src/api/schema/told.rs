//! Schemas of the stories of calls, and of histories.

use super::{any, list, of};
use serde_json::{Value, json};

pub(super) fn components() -> Vec<(&'static str, Value)> {
    vec![("Story", story()), ("History", history())]
}

fn story() -> Value {
    let names = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    json!({
        "type": "object",
        "required": ["call", "conversation", "now", "events", "more", "names", "recordings"],
        "properties": {
            "call": { "type": "string" },
            "conversation": { "description": "Its record; null: it has none yet." },
            "now": { "description": "How it stands, as the live view has it; null: it is over." },
            "events": list(any()),
            "more": { "type": "boolean", "description": "There are more events: these are the first." },
            "names": {
                "type": "object",
                "description": "Of those whom the events number.",
                "properties": { "agents": names, "queues": names, "trunks": names },
            },
            "recordings": list(of("StoredRecording")),
        },
    })
}

fn history() -> Value {
    let count = || json!({ "type": "integer", "minimum": 0 });
    let instant = || json!({ "type": "string", "format": "date-time" });
    let row = json!({
        "type": "object",
        "required": ["interval", "queue", "calls", "answered", "in_time", "abandoned", "promised", "waited_ms",
            "longest_ms", "talked_ms"],
        "properties": {
            "interval": { "type": "integer", "minimum": 0, "description": "The place among the intervals." },
            "queue": { "type": ["string", "null"], "description": "By name; null: of no queue." },
            "calls": count(),
            "answered": count(),
            "in_time": count(),
            "abandoned": count(),
            "promised": count(),
            "waited_ms": { "type": "integer", "description": "Of all who were answered, together." },
            "longest_ms": { "type": "integer", "description": "The longest wait of any." },
            "talked_ms": count(),
        },
    });
    json!({
        "type": "object",
        "required": ["intervals", "until", "in_time_s", "rows"],
        "properties": {
            "intervals": { "type": "array", "items": instant(), "description": "When each begins." },
            "until": instant(),
            "in_time_s": count(),
            "rows": { "type": "array", "items": row, "description": "Where nothing began, there is none." },
        },
    })
}
