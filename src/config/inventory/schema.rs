//! The inventory as a JSON Schema (2020-12), as OpenAPI 3.1 has them.

use super::{Key, Kind};
use serde_json::{Map, Value, json};

/// The schema of the whole document. Beside the standard words each value says with `x-effect` when
/// a change of it takes effect, and with `x-unit` what it is counted in.
pub fn schema(keys: &[Key]) -> Value {
    object(keys, "")
}

/// A table whose keys begin with `start`.
fn object(keys: &[Key], start: &str) -> Value {
    let (mut properties, mut required) = (Map::new(), vec![]);
    for key in keys {
        let name = key.path.strip_prefix(start).unwrap_or_default();
        if name.is_empty() || name.contains(['.', '[']) {
            continue;
        }
        properties.insert(name.to_owned(), value(keys, key, name));
        // What is secret is kept when it is left out.
        if key.required && name != "password" {
            required.push(name);
        }
    }
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

fn value(keys: &[Key], key: &Key, name: &str) -> Value {
    let within = format!("{}.", key.path);
    let mut schema = match &key.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Number(range) => {
            json!({ "type": "integer", "minimum": range.start(), "maximum": range.end() })
        }
        Kind::Seconds(range) => json!({
            "type": "number",
            "minimum": range.start().as_secs(),
            "maximum": range.end().as_secs(),
            "x-unit": "s",
        }),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Words(words) => {
            json!({ "type": "array", "items": { "type": "string", "enum": words } })
        }
        Kind::Table => object(keys, &within),
        Kind::TableOrWord(words) => json!({
            "oneOf": [{ "type": "string", "enum": words }, object(keys, &within)],
        }),
        Kind::Tables => {
            let items = object(keys, &format!("{}[].", key.path));
            json!({ "type": "array", "items": items })
        }
    };
    if let Some(default) = &key.default
        && let Ok(default) = serde_json::to_value(default)
    {
        schema["default"] = default;
    }
    schema["x-effect"] = key.effect.name().into();
    if name == "password" {
        schema["writeOnly"] = true.into();
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::super::inventory;
    use super::*;

    #[test]
    fn the_schema_has_ranges_defaults_units_and_effects_r148() {
        let schema = schema(&inventory());
        let agent_s = &schema["properties"]["timeouts"]["properties"]["agent_s"];
        assert_eq!(
            *agent_s,
            json!({
                "type": "number", "minimum": 3, "maximum": 60, "default": 30,
                "x-unit": "s", "x-effect": "new_calls",
            })
        );
        let queue = &schema["properties"]["queue"]["items"];
        assert_eq!(queue["required"], json!(["name"]));
        let then = &queue["properties"]["max_wait"]["properties"]["then"]["oneOf"];
        assert_eq!(then[0]["enum"], json!(["end"]));
        assert_eq!(then[1]["properties"]["external"]["type"], "string");
        let agent = &schema["properties"]["agent"]["items"];
        assert_eq!(agent["properties"]["password"]["writeOnly"], true);
        assert_eq!(agent["required"], json!(["user"]));
    }
}
