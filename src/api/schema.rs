//! JSON Schemas of what goes in and out, as OpenAPI 3.1 has them.

use super::who::{Role, Scope};
use serde_json::{Value, json};

/// What components the document has: a name, and its schema.
pub(super) fn components() -> Vec<(&'static str, Value)> {
    vec![
        ("Problem", problem()),
        ("Who", who()),
        ("LogIn", log_in()),
        ("NewPassword", new_password()),
        ("User", user()),
        ("UserToBe", user_to_be()),
        ("Key", key()),
        ("KeyToBe", key_to_be()),
    ]
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

fn role() -> Value {
    json!({ "type": "string", "enum": Role::ALL.map(Role::name) })
}

fn scopes() -> Value {
    let scope = json!({ "type": "string", "enum": Scope::ALL.map(Scope::name) });
    json!({ "type": "array", "items": scope, "minItems": 1, "maxItems": 256 })
}

fn name() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 64 })
}

fn password() -> Value {
    json!({ "type": "string", "minLength": 12, "maxLength": 128, "writeOnly": true })
}

fn agent() -> Value {
    json!({
        "type": ["integer", "null"], "minimum": 0, "maximum": u32::MAX,
        "description": "The agent of the settings who the user is.",
    })
}

fn who() -> Value {
    json!({
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": { "type": "string", "enum": ["nobody", "user", "key"] },
            "id": { "type": "integer" },
            "name": { "type": "string" },
            "role": role(),
            "agent": agent(),
            "scopes": scopes(),
        },
    })
}

fn log_in() -> Value {
    json!({
        "type": "object",
        "required": ["name", "password"],
        "additionalProperties": false,
        "properties": {
            "name": name(),
            "password": { "type": "string", "minLength": 1, "maxLength": 128, "writeOnly": true },
        },
    })
}

fn new_password() -> Value {
    json!({
        "type": "object",
        "required": ["old", "new"],
        "additionalProperties": false,
        "properties": {
            "old": { "type": "string", "minLength": 1, "maxLength": 128, "writeOnly": true },
            "new": password(),
        },
    })
}

fn user() -> Value {
    json!({
        "type": "object",
        "required": ["id", "name", "role", "agent", "disabled", "created"],
        "properties": {
            "id": { "type": "integer" },
            "name": name(),
            "role": role(),
            "agent": agent(),
            "disabled": { "type": "boolean" },
            "created": { "type": "string", "format": "date-time" },
        },
    })
}

fn user_to_be() -> Value {
    json!({
        "type": "object",
        "required": ["name", "role"],
        "additionalProperties": false,
        "properties": {
            "name": name(),
            "role": role(),
            "agent": agent(),
            "password": password(),
            "disabled": { "type": ["boolean", "null"], "default": false },
        },
    })
}

fn key() -> Value {
    json!({
        "type": "object",
        "required": ["name", "scopes", "created", "used"],
        "properties": {
            "name": { "type": "string" },
            "scopes": scopes(),
            "created": { "type": "string", "format": "date-time" },
            "used": { "type": ["string", "null"], "format": "date-time" },
            "key": { "type": "string", "description": "The key itself: told once, when it is made." },
        },
    })
}

fn key_to_be() -> Value {
    json!({
        "type": "object",
        "required": ["name", "scopes"],
        "additionalProperties": false,
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9._-]+$" },
            "scopes": scopes(),
        },
    })
}
