//! What supervisors want, and do.

use crate::api::supervise::{STATES, WISHES};
use serde_json::{Value, json};

pub(super) fn components() -> [(&'static str, Value); 2] {
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
    let supervisor = json!({
        "type": "object",
        "required": ["by", "agent", "mode", "state"],
        "properties": {
            "by": { "type": "string", "description": "A user or a key, as the audit log has them." },
            "agent": { "type": ["integer", "null"], "description": "The agent who they are." },
            "mode": { "type": "string", "enum": WISHES.map(|(name, _)| name),
                "description": "What they do; of who is rung, what they have asked for." },
            "state": { "type": "string", "enum": STATES },
        },
    });
    [("Supervise", supervise), ("Supervisor", supervisor)]
}
