//! Between JSON, in which the API speaks, and TOML, in which the document is kept.

use crate::api::problem::{Fault, Problem};
use serde_json::Value as Json;
use toml::{Table, Value};

/// A JSON object as a table. What is null is left out: it is not set.
pub(super) fn table(json: Json) -> Result<Table, Problem> {
    let mut faults = vec![];
    let value = value(json, "", &mut faults);
    if !faults.is_empty() {
        return Err(Problem::fields(faults));
    }
    match value {
        Some(Value::Table(table)) => Ok(table),
        Some(_) | None => Err(Problem::field("", "must be a JSON object")),
    }
}

fn value(json: Json, path: &str, faults: &mut Vec<Fault>) -> Option<Value> {
    match json {
        Json::Null => None,
        Json::Bool(value) => Some(value.into()),
        Json::String(text) => Some(text.into()),
        Json::Number(number) => {
            let whole = number.as_i64().map(Value::from);
            let value = whole.or_else(|| number.as_f64().filter(|f| f.is_finite()).map(whole_or));
            if value.is_none() || number.is_u64() && !number.is_i64() {
                faults.push(Fault::new(path, "is too large a number"));
            }
            value
        }
        Json::Array(list) => {
            let each = list.into_iter().enumerate();
            let each = each.filter_map(|(at, item)| value(item, &format!("{path}[{at}]"), faults));
            Some(Value::Array(each.collect()))
        }
        Json::Object(object) => {
            let mut table = Table::new();
            for (key, item) in object {
                let place = match path.is_empty() {
                    true => key.clone(),
                    false => format!("{path}.{key}"),
                };
                if let Some(item) = value(item, &place, faults) {
                    table.insert(key, item);
                }
            }
            Some(table.into())
        }
    }
}

/// In JSON 30.0 is 30.
fn whole_or(number: f64) -> Value {
    let is_whole = number.fract() == 0.0 && number.abs() < 9e15;
    match is_whole {
        true => Value::Integer(number as i64),
        false => Value::Float(number),
    }
}

/// A table as JSON, with passwords as null: that they are set is all that is told.
pub(super) fn json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

/// A section as JSON. Of an agent, and of a trunk with a user, there is a password: it is told as null.
pub(super) fn shown(section: &str, value: &Value) -> Json {
    let mut json = json(value);
    let with_secret = |object: &mut Json| {
        let has = matches!(section, "agent" | "storage")
            || section == "trunk" && object["user"].is_string();
        if has && let Some(object) = object.as_object_mut() {
            object.insert("password".into(), Json::Null);
        }
    };
    match json.as_array_mut() {
        Some(list) => list.iter_mut().for_each(with_secret),
        None => with_secret(&mut json),
    }
    json
}

/// The whole document as JSON.
pub(super) fn shown_all(table: &Table) -> Json {
    let each = table
        .iter()
        .map(|(key, value)| (key.clone(), shown(key, value)));
    Json::Object(each.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json as j;

    #[test]
    fn null_is_not_set_and_numbers_keep_their_value() {
        let read =
            table(j!({ "a": null, "b": 30.0, "c": 2.5, "d": [1, null], "e": { "f": true } }));
        let expected = "b = 30\nc = 2.5\nd = [1]\n[e]\nf = true"
            .parse()
            .expect("TOML");
        assert_eq!(read.expect("a table"), expected);
        assert!(table(j!([])).is_err() && table(j!({ "x": u64::MAX })).is_err());
    }

    #[test]
    fn a_password_is_told_as_null() {
        let agents: Value = "x = [{ id = 1 }]".parse::<Table>().expect("TOML")["x"].clone();
        assert_eq!(shown("agent", &agents), j!([{ "id": 1, "password": null }]));
        assert_eq!(shown("queue", &agents), j!([{ "id": 1 }]));
    }
}
