//! The table of endpoints as an OpenAPI 3.1 document.

use super::endpoint::{Endpoint, Rule};
use super::who::{Role, Scope};
use super::{answer, schema, table};
use axum::response::Response;
use serde_json::{Map, Value, json};

/// `/api/v1/openapi.json`.
pub(super) async fn page() -> Response {
    answer(&document())
}

/// The document.
pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for endpoint in table::endpoints() {
        let methods = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        let method = endpoint.method.as_str().to_ascii_lowercase();
        methods[method] = operation(&endpoint);
    }
    let schemas: Map<String, Value> = schema::components()
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Cordboard",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A contact-centre softswitch. Errors are problem documents (RFC 9457); \
                instants are UTC; durations whose names end in _s are seconds.",
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "cordboard" },
                "key": { "type": "http", "scheme": "bearer" },
            },
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let mut operation = json!({
        "operationId": name(endpoint),
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": format!("{}\n\n{}", endpoint.notes, allowed(endpoint.rule)).trim(),
        "responses": responses(endpoint),
        "security": security(endpoint.rule),
    });
    let path = endpoint.parts().map(|name| {
        let schema = match is_number(name) {
            true => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
            false => json!({ "type": "string", "minLength": 1 }),
        };
        json!({ "in": "path", "name": name, "required": true, "schema": schema })
    });
    let asks = endpoint.asks.iter().map(|ask| {
        json!({
            "in": ask.place, "name": ask.name, "description": ask.about, "schema": ask.schema,
        })
    });
    let parameters: Vec<Value> = path.chain(asks).collect();
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if !endpoint.takes.is_empty() {
        let content = endpoint.takes.iter();
        let content = content.map(|(kind, schema)| (kind.to_string(), json!({ "schema": schema })));
        let content: Map<String, Value> = content.collect();
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}

/// Parts of paths that are numbers; the others are words.
pub(super) fn is_number(part: &str) -> bool {
    ["id", "agent", "callback"].contains(&part)
}

/// Unique, and the same as long as path and method are.
fn name(endpoint: &Endpoint) -> String {
    let parts = endpoint
        .path
        .split(['/', '.'])
        .filter(|part| !part.is_empty());
    let parts = parts.map(|part| part.trim_matches(['{', '}']));
    let parts: Vec<&str> = parts.filter(|part| !["api", "v1"].contains(part)).collect();
    format!(
        "{}_{}",
        endpoint.method.as_str().to_ascii_lowercase(),
        parts.join("_")
    )
}

fn responses(endpoint: &Endpoint) -> Value {
    let mut all = Map::new();
    for (status, body) in &endpoint.gives {
        let description = || json!({ "description": reason(*status) });
        let response = all.entry(status.to_string()).or_insert_with(description);
        if let Some((kind, schema)) = body {
            response["content"][*kind] = json!({ "schema": schema });
        }
    }
    let guarded: &[u16] = match endpoint.rule {
        // A page of another site is refused everywhere.
        Rule::Anyone if endpoint.method == "GET" => &[],
        Rule::Anyone | Rule::Nearby => &[403],
        Rule::Anybody | Rule::Only(..) | Rule::OrOwn(..) | Rule::Whole(..) => &[401, 403, 503],
    };
    let body: &[u16] = match endpoint.takes.is_empty() {
        true => &[],
        false => &[400, 408, 413, 415, 422, 503],
    };
    let query: &[u16] = match endpoint.asks.is_empty() {
        true => &[],
        false => &[400, 422],
    };
    let refusals = guarded
        .iter()
        .chain(body)
        .chain(query)
        .chain(&endpoint.refuses);
    for status in refusals {
        all.entry(status.to_string()).or_insert_with(|| {
            json!({
                "description": reason(*status),
                "content": { "application/problem+json": { "schema": schema::of("Problem") } },
            })
        });
    }
    all.into()
}

fn reason(status: u16) -> &'static str {
    let status = axum::http::StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Answer")
}

/// Who may ask, for people.
pub(super) fn allowed(rule: Rule) -> String {
    let of = |roles: &[Role], scope: Option<Scope>| {
        let roles = roles.iter().map(|role| role.name().to_owned());
        let scope = scope.map(|scope| format!("a key with {}", scope.name()));
        roles.chain(scope).collect::<Vec<_>>().join(", ")
    };
    match rule {
        Rule::Anyone => "Allowed: anyone.".to_owned(),
        Rule::Nearby => "Allowed: anyone on this machine, at a loopback address.".to_owned(),
        Rule::Anybody => "Allowed: whoever has logged in, or has a key.".to_owned(),
        Rule::Only(roles, scope) => format!("Allowed: {}.", of(roles, scope)),
        Rule::OrOwn(roles, scope) => {
            format!("Allowed: {}, and the agent themself.", of(roles, scope))
        }
        Rule::Whole(roles, scope) => {
            format!(
                "Allowed: {}; nobody who is bound to teams.",
                of(roles, scope)
            )
        }
    }
}

fn security(rule: Rule) -> Value {
    match rule {
        Rule::Anyone | Rule::Nearby => json!([]),
        Rule::Only(_, None) | Rule::OrOwn(_, None) | Rule::Whole(_, None) => {
            json!([{ "session": [] }])
        }
        Rule::Anybody
        | Rule::Only(_, Some(_))
        | Rule::OrOwn(_, Some(_))
        | Rule::Whole(_, Some(_)) => {
            json!([{ "session": [] }, { "key": [] }])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn b17_every_endpoint_is_described_and_every_schema_that_is_named_is_there() {
        let document = document();
        let mut names = BTreeSet::new();
        for endpoint in table::endpoints() {
            let method = endpoint.method.as_str().to_ascii_lowercase();
            let operation = &document["paths"][endpoint.path][&method];
            assert!(
                names.insert(operation["operationId"].to_string()),
                "{endpoint:?}"
            );
            assert!(
                !endpoint.summary.is_empty() && !endpoint.tag.is_empty(),
                "{endpoint:?}"
            );
            assert!(!endpoint.gives.is_empty(), "{endpoint:?} gives nothing");
        }
        let text = document.to_string();
        for name in text.split("#/components/schemas/").skip(1) {
            let name = name.split('"').next().unwrap_or_default();
            let schema = &document["components"]["schemas"][name];
            assert!(schema.is_object(), "{name} is not there");
        }
    }

    #[test]
    fn every_schema_has_a_name_of_its_own() {
        let mut names: Vec<_> = schema::components()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
