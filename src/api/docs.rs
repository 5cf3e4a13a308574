//! The document of the API as a page: plain HTML, without a script and without another host.

use super::openapi;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;
use std::fmt::Write as _;

/// `/api/docs`.
pub(super) async fn page() -> Response {
    Html(html(&openapi::document())).into_response()
}

/// `/api/docs.css`.
pub(super) async fn style() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("docs.css")).into_response()
}

fn html(document: &Value) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Cordboard API</title>\
         <link rel=\"stylesheet\" href=\"/api/docs.css\"></head><body><main>",
    );
    let info = &document["info"];
    let _ = write!(
        page,
        "<h1>{} {}</h1><p>{}</p><p>For programs: <a href=\"/api/v1/openapi.json\">openapi.json</a></p>",
        escaped(&info["title"]),
        escaped(&info["version"]),
        escaped(&info["description"]),
    );
    let mut tag = String::new();
    for (path, method, operation) in operations(document) {
        let of = escaped(&operation["tags"][0]);
        if of != tag {
            let _ = write!(page, "<h2>{of}</h2>");
            tag = of;
        }
        endpoint(&mut page, path, method, operation);
    }
    page.push_str("<h2>Documents</h2>");
    for (name, schema) in document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let text = serde_json::to_string_pretty(schema).unwrap_or_default();
        let name = escape(name);
        let _ = write!(
            page,
            "<details id=\"{name}\"><summary>{name}</summary><pre>{}</pre></details>",
            escape(&text)
        );
    }
    page.push_str("</main></body></html>");
    page
}

fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path, method, operation))
    })
}

fn endpoint(page: &mut String, path: &str, method: &str, operation: &Value) {
    let _ = write!(
        page,
        "<section><h3><b>{}</b> <code>{}</code></h3><p>{}</p><p>{}</p>",
        method.to_ascii_uppercase(),
        escape(path),
        escaped(&operation["summary"]),
        escaped(&operation["description"]),
    );
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let mut rows = String::new();
    for parameter in parameters {
        let _ = write!(
            rows,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td><code>{}</code></td></tr>",
            escaped(&parameter["name"]),
            escaped(&parameter["in"]),
            escaped(&parameter["description"]),
            escape(&parameter["schema"].to_string()),
        );
    }
    if !rows.is_empty() {
        let _ = write!(page, "<table>{rows}</table>");
    }
    if let Some(content) = operation["requestBody"]["content"].as_object() {
        for (kind, body) in content {
            let _ = write!(
                page,
                "<p>Takes {}: {}</p>",
                escape(kind),
                named(&body["schema"])
            );
        }
    }
    let responses = operation["responses"].as_object().into_iter().flatten();
    let given = responses.map(|(status, response)| {
        let content = response["content"].as_object().into_iter().flatten();
        let bodies: Vec<String> = content.map(|(_, body)| named(&body["schema"])).collect();
        format!("{} {}", escape(status), bodies.join(" "))
            .trim()
            .to_owned()
    });
    let given: Vec<String> = given.collect();
    let _ = write!(page, "<p>Gives {}</p></section>", given.join(" · "));
}

/// A schema: a link where it is a component.
fn named(schema: &Value) -> String {
    let reference = |schema: &Value| {
        let name = schema["$ref"].as_str()?.rsplit('/').next()?;
        let name = escape(name);
        Some(format!("<a href=\"#{name}\">{name}</a>"))
    };
    match (reference(schema), reference(&schema["items"])) {
        (Some(one), _) => one,
        (None, Some(many)) => format!("list of {many}"),
        (None, None) => String::new(),
    }
}

fn escaped(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

/// Text that is no markup, wherever it came from (H17).
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_endpoint_and_no_other_host() {
        let page = html(&openapi::document());
        for endpoint in crate::api::table::endpoints() {
            assert!(page.contains(&escape(endpoint.path)), "{endpoint:?}");
        }
        assert!(!page.contains("http://") && !page.contains("https://"));
        assert!(!page.contains("<script") && !page.contains("style="));
    }

    #[test]
    fn what_looks_like_markup_is_text() {
        assert_eq!(
            escape("<a href='\"'>&"),
            "&lt;a href=&#39;&quot;&#39;&gt;&amp;"
        );
    }
}
