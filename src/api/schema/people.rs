//! Users, their sessions, and keys of programs.

use crate::api::who::{Role, Scope};
use serde_json::{Value, json};

pub(super) fn components() -> [(&'static str, Value); 9] {
    [
        ("Who", who()),
        ("Proof", proof()),
        ("LogIn", log_in()),
        ("PasswordReset", password_reset()),
        ("NewPassword", new_password()),
        ("User", user()),
        ("UserToBe", user_to_be()),
        ("Key", key()),
        ("KeyToBe", key_to_be()),
    ]
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

fn teams() -> Value {
    json!({
        "type": ["array", "null"], "maxItems": 256,
        "items": { "type": "string", "minLength": 1, "maxLength": 64 },
        "description": "Of a supervisor: the teams of the settings' agents whom they see; none: everybody.",
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
            "teams": teams(),
            "scopes": scopes(),
        },
    })
}

fn proof() -> Value {
    json!({
        "type": "object",
        "required": ["proof"],
        "additionalProperties": false,
        "properties": { "proof": { "type": "string", "minLength": 32, "maxLength": 128, "writeOnly": true } },
    })
}

fn password_reset() -> Value {
    json!({
        "type": "object",
        "required": ["proof", "name", "password"],
        "additionalProperties": false,
        "properties": {
            "proof": { "type": "string", "minLength": 32, "maxLength": 128, "writeOnly": true },
            "name": name(),
            "password": password(),
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
        "required": ["id", "name", "role", "agent", "teams", "disabled", "created"],
        "properties": {
            "id": { "type": "integer" },
            "name": name(),
            "role": role(),
            "agent": agent(),
            "teams": teams(),
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
            "teams": teams(),
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
