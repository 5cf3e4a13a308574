//! Call links.

use serde_json::{Value, json};

pub(super) fn components() -> [(&'static str, Value); 5] {
    [
        ("Link", link()),
        ("LinkToBe", link_to_be()),
        ("LinkConfiguration", configuration()),
        ("LinkToken", token()),
        ("LinkState", state()),
    ]
}

fn types() -> Value {
    json!({ "type": "string", "enum": ["one_time", "time_frame", "expiration"] })
}

fn states() -> [&'static str; 6] {
    [
        "usable",
        "link_used",
        "link_expired",
        "link_not_yet_valid",
        "link_revoked",
        "link_unknown",
    ]
}

fn maybe_instant(about: &str) -> Value {
    json!({ "type": ["string", "null"], "format": "date-time", "maxLength": 64, "description": about })
}

fn maybe_id(about: &str) -> Value {
    json!({ "type": ["integer", "null"], "minimum": 0, "maximum": u32::MAX, "description": about })
}

fn link() -> Value {
    json!({
        "type": "object",
        "required": ["id", "configuration", "title", "type", "from", "until", "agent", "state", "used", "created", "by"],
        "properties": {
            "id": { "type": "integer" },
            "configuration": maybe_id("Null: the one that is selected."),
            "title": { "type": "string", "description": "Whom customers call." },
            "type": types(),
            "from": maybe_instant("Good from then on."),
            "until": maybe_instant("Good before."),
            "agent": maybe_id("Who shared it."),
            "state": { "type": "string", "enum": states() },
            "used": { "type": "integer", "description": "Calls that began by it." },
            "last_used": maybe_instant("When the last one began."),
            "revoked": maybe_instant("When it was taken back."),
            "created": { "type": "string", "format": "date-time" },
            "by": { "type": "string" },
            "url": { "type": ["string", "null"], "description": "Told once, when it is made." },
        },
    })
}

fn link_to_be() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "configuration": maybe_id("What it leads to; without it: the one that is selected."),
            "type": {
                "type": ["string", "null"], "enum": ["one_time", "time_frame", "expiration", null],
                "description": "One that the configuration allows; without it: its default.",
            },
            "from": maybe_instant("Of time_frame: from then on, inclusive."),
            "until": maybe_instant("Until then, exclusive; within a year. Of expiration, the configuration has a default; of one_time, there may be none."),
            "agent": maybe_id("Who shares it; without it: you, if you are an agent."),
        },
    })
}

fn configuration() -> Value {
    json!({
        "type": "object",
        "required": ["id", "name", "types", "default_type", "expires_after_s", "video", "selected"],
        "properties": {
            "id": { "type": "integer", "description": "0: the built-in one." },
            "name": { "type": "string" },
            "types": { "type": "array", "items": types() },
            "default_type": types(),
            "expires_after_s": { "type": "number" },
            "video": { "type": "boolean" },
            "selected": { "type": "boolean" },
        },
    })
}

fn token() -> Value {
    json!({
        "type": "object",
        "required": ["token"],
        "additionalProperties": false,
        "properties": {
            "token": {
                "type": "string", "minLength": 1, "maxLength": 128, "writeOnly": true,
                "description": "What stands behind the # of the link.",
            },
        },
    })
}

fn state() -> Value {
    let mut states = states().to_vec();
    states.push("unavailable");
    json!({
        "type": "object",
        "required": ["state"],
        "properties": {
            "state": { "type": "string", "enum": states },
            "title": { "type": "string", "description": "Of a usable one: whom you call." },
            "video": { "type": "boolean", "description": "Of a usable one: whether you may send a picture." },
            "message": { "type": "string", "description": "Of others: why, for people." },
            "from": maybe_instant("Of one that is not yet valid: when it is."),
        },
    })
}
