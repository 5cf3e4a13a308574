//! What supervisors want.

use crate::api::supervise::WISHES;
use serde_json::{Value, json};

pub(super) fn components() -> [(&'static str, Value); 1] {
    let supervise = json!({
        "type": "object",
        "required": ["mode"],
        "additionalProperties": false,
        "properties": {
            "mode": { "type": "string", "enum": WISHES.map(|(name, _)| name),
                "description": "Heard by nobody, by the agent, by both; or to have the customer instead of the agent." },
            "agent": { "type": "integer", "minimum": 0, "maximum": u32::MAX,
                "description": "Of programs alone: the agent for whom they ask." },
        },
    });
    [("Supervise", supervise)]
}
