//! Contacts.

use serde_json::{Value, json};

pub(super) fn components() -> [(&'static str, Value); 2] {
    [("Contact", contact()), ("ContactToBe", contact_to_be())]
}

fn contact() -> Value {
    json!({
        "type": "object",
        "required": ["id", "name", "number", "tags", "created", "by"],
        "properties": {
            "id": { "type": "integer" },
            "name": { "type": "string" },
            "number": { "type": "string", "description": "E.164." },
            "tags": tags(),
            "created": { "type": "string", "format": "date-time" },
            "by": { "type": "string" },
        },
    })
}

fn contact_to_be() -> Value {
    json!({
        "type": "object",
        "required": ["name", "number"],
        "additionalProperties": false,
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": 64 },
            "number": {
                "type": "string", "minLength": 4, "maxLength": 40, "pattern": "^\\+[0-9 ().\\/-]+$",
                "description": "E.164, its digits grouped as one likes; no two contacts have the same.",
            },
            "tags": tags(),
        },
    })
}

fn tags() -> Value {
    json!({
        "type": "array", "maxItems": 16,
        "items": { "type": "string", "pattern": "^[a-z0-9_-]{1,32}$" },
        "description": "Words; external_number: calls may be passed on there.",
    })
}
