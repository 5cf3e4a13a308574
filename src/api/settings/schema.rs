//! The schemas of what can be set, made from the inventory of keys: kind, range, default, and when a
//! change takes effect (`x-effect`, R148).

use super::sections::{SECTIONS, Shape};
use crate::config::{Key, Kind, inventory};
use serde_json::{Map, Value, json};

/// A schema for each section, and one for the whole document.
pub(in crate::api) fn components() -> Vec<(&'static str, Value)> {
    let keys = inventory();
    let mut all = vec![];
    let mut whole = Map::new();
    for section in SECTIONS {
        let reference = json!({ "$ref": format!("#/components/schemas/{}", section.name) });
        let (prefix, property) = match section.shape {
            Shape::One => (section.key.to_owned(), reference),
            Shape::Named(_) | Shape::Ordered => (
                format!("{}[]", section.key),
                json!({ "type": "array", "items": reference }),
            ),
        };
        all.push((section.name, object(&keys, &prefix)));
        whole.insert(section.key.to_owned(), property);
    }
    let document = json!({
        "type": "object",
        "description": "Everything that the account has set.",
        "additionalProperties": false,
        "properties": whole,
    });
    all.push(("Settings", document));
    all
}

/// The keys directly beneath a path.
fn object(keys: &[Key], prefix: &str) -> Value {
    let mut properties = Map::new();
    let mut required = vec![];
    for key in keys {
        let name = key.path.strip_prefix(prefix);
        let name = name.and_then(|rest| rest.strip_prefix('.'));
        let Some(name) = name.filter(|name| !name.contains(['.', '['])) else {
            continue;
        };
        if key.required && name != "password" {
            required.push(name);
        }
        properties.insert(name.to_owned(), property(keys, key, name));
    }
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

fn property(keys: &[Key], key: &Key, name: &str) -> Value {
    let mut schema = match &key.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Number(range) => {
            json!({ "type": "integer", "minimum": range.start(), "maximum": range.end() })
        }
        Kind::Seconds(range) => json!({
            "type": "number",
            "minimum": range.start().as_secs_f64(),
            "maximum": range.end().as_secs_f64(),
            "x-unit": "s",
        }),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Words(words) => {
            json!({ "type": "array", "items": { "type": "string", "enum": words } })
        }
        Kind::Table => object(keys, &key.path),
        Kind::TableOrWord(words) => json!({
            "oneOf": [object(keys, &key.path), { "type": "string", "enum": words }],
        }),
        Kind::Tables => {
            json!({ "type": "array", "items": object(keys, &format!("{}[]", key.path)) })
        }
    };
    if name == "password" {
        schema = json!({
            "type": ["string", "null"],
            "description": "Never told: null. Left out or null, it stays as it is; an empty text takes that of a trunk away.",
        });
    }
    if let Some(default) = &key.default {
        schema["default"] = serde_json::to_value(default).unwrap_or_default();
    }
    schema["x-effect"] = key.effect.name().into();
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r148_every_key_has_its_effect_its_range_and_its_default() {
        let all: Map<String, Value> = components()
            .into_iter()
            .map(|(name, schema)| (name.to_owned(), schema))
            .collect();
        let ring = &all["Timeouts"]["properties"]["agent_s"];
        assert_eq!(
            (
                &ring["minimum"],
                &ring["maximum"],
                &ring["default"],
                &ring["x-effect"]
            ),
            (&json!(3.0), &json!(60.0), &json!(30), &json!("new_calls"))
        );
        assert_eq!(
            all["MissedCalls"]["properties"]["mode"]["x-effect"],
            "immediate"
        );
        assert_eq!(ring["x-unit"], "s");
        assert_eq!(all["Queue"]["required"], json!(["name"]));
        assert_eq!(all["Agent"]["required"], json!(["user"]));
        let queue = &all["Queue"]["properties"];
        let then = &queue["max_wait"]["properties"]["then"]["oneOf"];
        assert_eq!(then[0]["properties"]["external"]["type"], "string");
        assert_eq!(then[1]["enum"], json!(["end"]));
        assert_eq!(
            queue["greeting"]["properties"]["text"]["x-effect"],
            "next_play"
        );
        assert_eq!(
            queue["announcement"]["properties"]["codes"]["type"],
            "array"
        );
        assert_eq!(
            all["Route"]["properties"]["to"]["oneOf"]
                .as_array()
                .map(Vec::len),
            Some(2)
        );
        for section in SECTIONS {
            let properties = all[section.name]["properties"].as_object();
            assert!(properties.is_some_and(|all| !all.is_empty()), "{section:?}");
        }
        assert_eq!(
            inventory()
                .iter()
                .filter(|key| !key.path.contains('.'))
                .count(),
            SECTIONS.len()
        );
    }
}
