//! To whom calls are passed on, who is asked before, and whom agents call.

use serde_json::{Value, json};

pub(super) fn components() -> [(&'static str, Value); 3] {
    [
        ("Transferred", transferred()),
        ("Calls", calls()),
        ("Calling", calling()),
    ]
}

fn transferred() -> Value {
    let number = || json!({ "type": "string", "minLength": 3, "maxLength": 32 });
    let id = || json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "number": number(),
            "agent": id(),
            "queue": id(),
            "from": number(),
        },
        "oneOf": [{ "required": ["number"] }, { "required": ["agent"] }, { "required": ["queue"] }],
    })
}

fn calls() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "number": { "type": "string", "minLength": 3, "maxLength": 32, "description": "As it is dialled." },
            "agent": { "type": "integer", "minimum": 0, "maximum": u32::MAX },
        },
        "oneOf": [{ "required": ["number"] }, { "required": ["agent"] }],
    })
}

fn calling() -> Value {
    json!({
        "type": "object",
        "required": ["call"],
        "properties": { "call": { "type": "string", "description": "Which call it is." } },
    })
}
