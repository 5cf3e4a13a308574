//! The schemas of what can be set, made from the inventory of keys: kind, range, default, and when a
//! change takes effect (`x-effect`, R148).

use super::references;
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
    if let Some(names) = references::named_at(&key.path) {
        schema["x-names"] = names.into();
    }
    if let Some(unit) = unit(name) {
        schema["x-unit"] = unit.into();
    }
    schema["x-effect"] = key.effect.name().into();
    schema
}

/// The unit of a whole number, as its name tells it.
fn unit(name: &str) -> Option<&'static str> {
    match name {
        "rate" => Some("words/min"),
        _ if name.ends_with("_days") => Some("days"),
        _ if name.ends_with("_gb") => Some("GB"),
        _ => None,
    }
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
        assert_eq!(all["Recording"]["properties"]["quota_gb"]["x-unit"], "GB");
        assert_eq!(all["Queue"]["required"], json!(["name"]));
        assert_eq!(all["Agent"]["required"], json!(["user"]));
        let queue = &all["Queue"]["properties"];
        assert_eq!(queue["agents"]["x-names"], "/api/v1/settings/agents");
        assert_eq!(queue["hours"]["x-names"], "/api/v1/settings/hours");
        assert_eq!(queue["name"]["x-names"], Value::Null);
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

    /// As the pages look for it: the longest end of a path that the catalogue knows.
    fn is_said(catalogue: &Map<String, Value>, kind: &str, place: &str) -> bool {
        let mut ends = place.match_indices('.').map(|(at, _)| &place[at + 1..]);
        catalogue.contains_key(&format!("{kind}.{place}"))
            || ends.any(|end| catalogue.contains_key(&format!("{kind}.{end}")))
    }

    fn walk(schema: &Value, place: &str, see: &mut impl FnMut(&str, &Value)) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}.{name}");
            see(&place, property);
            let table = property["oneOf"][0].clone();
            for inner in [property, &property["items"], &table] {
                walk(inner, &place, see);
            }
        }
    }

    #[test]
    fn r148_the_pages_have_words_for_every_key_and_every_choice() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/web/src/text/en/settings.json");
        let text = std::fs::read_to_string(path).expect("the catalogue");
        let catalogue: Map<String, Value> = serde_json::from_str(&text).expect("JSON");
        let all: Map<String, Value> = components()
            .into_iter()
            .map(|(name, schema)| (name.to_owned(), schema))
            .collect();
        let mut missing = vec![];
        for section in SECTIONS {
            let (_, place) = section.path.rsplit_once('/').expect("a path");
            walk(&all[section.name], place, &mut |place, property| {
                let name = place.rsplit('.').next().unwrap_or_default();
                if name != "id" && !is_said(&catalogue, "label", place) {
                    missing.push(format!("label.{place}"));
                }
                let choices = [
                    &property["enum"],
                    &property["items"]["enum"],
                    &property["oneOf"][1]["enum"],
                ];
                let words = choices.into_iter().filter_map(Value::as_array).flatten();
                for word in words.filter_map(Value::as_str) {
                    if !is_said(&catalogue, "word", &format!("{name}.{word}")) {
                        missing.push(format!("word.{name}.{word}"));
                    }
                }
            });
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }
}
