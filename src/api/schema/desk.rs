//! What a desk knows.

use serde_json::{Value, json};

pub(super) fn desk() -> Value {
    let named = json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["id", "name"],
            "properties": { "id": { "type": "integer" }, "name": { "type": "string" } },
        },
    });
    json!({
        "type": "object",
        "required": ["agent", "reasons", "queues", "agents", "wrap_up", "extend_wrap_up", "numbers", "calls_out"],
        "properties": {
            "agent": { "type": "object" },
            "reasons": { "type": "array", "items": { "type": "string" } },
            "queues": named,
            "agents": named,
            "wrap_up": { "type": "boolean", "description": "Whether there is after-call work." },
            "extend_wrap_up": { "type": "boolean", "description": "Whether agents may add 10 s to it." },
            "numbers": {
                "type": "array",
                "items": { "type": "string" },
                "description": "The numbers of the account: what may be shown to whom a customer is passed on to.",
            },
            "calls_out": { "type": "boolean", "description": "Whether there is a way out." },
        },
    })
}
