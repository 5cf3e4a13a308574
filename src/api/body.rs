//! Bodies of requests: bounded, of the kind that is expected, and read field by field so that every
//! fault is told at once.

use super::problem::{Fault, Problem};
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt as _;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The longest JSON body but for a whole account: 64 KiB.
const SMALL: usize = 64 << 10;
/// The longest document of a whole account: 4 MiB, as a configuration file.
pub(super) const LARGE: usize = 4 << 20;
/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A JSON body of the usual size.
pub(super) struct Json(pub(super) Value);

/// A JSON body that may hold everything an account has set.
pub(super) struct Document(pub(super) Value);

impl<S: Sync> FromRequest<S> for Json {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        json(request, SMALL).await.map(Self)
    }
}

impl<S: Sync> FromRequest<S> for Document {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        json(request, LARGE).await.map(Self)
    }
}

async fn json(request: Request, limit: usize) -> Result<Value, Problem> {
    // A page of another site can send a form, never this (besides the guard's look at the origin).
    if !is_kind(request.headers(), "application/json") {
        let mend = "Send JSON, with Content-Type: application/json.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, mend));
    }
    let bytes = bytes(request.into_body(), limit).await?;
    serde_json::from_slice(&bytes).map_err(|why| {
        // The position alone: the text may hold a password.
        let (line, column) = (why.line(), why.column());
        let what = format!("The body is no JSON from line {line}, column {column} on.");
        Problem::new(StatusCode::BAD_REQUEST, what)
    })
}

/// Whether the body is said to be of a media type, whatever its parameters.
pub(super) fn is_kind(headers: &HeaderMap, kind: &str) -> bool {
    let said = headers.get(header::CONTENT_TYPE);
    let said = said.and_then(|said| said.to_str().ok()).unwrap_or_default();
    let said = said.split(';').next().unwrap_or_default().trim();
    said.eq_ignore_ascii_case(kind)
}

/// A body of at most `limit` bytes, counted as they come: one more is refused, whatever
/// Content-Length said (R39).
pub(super) async fn bytes(body: Body, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut stream = body.into_data_stream();
    let mut bytes = vec![];
    let read = async {
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| {
                Problem::new(StatusCode::BAD_REQUEST, "The body ended before its time.")
            })?;
            if bytes.len() + chunk.len() > limit {
                let what = format!("At most {limit} bytes are taken here.");
                return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, what));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(())
    };
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(read) => read?,
        Err(_) => {
            let what = "The body did not come within 30 seconds.";
            return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, what));
        }
    }
    Ok(bytes)
}

/// The fields of a JSON object. Each is asked for by name; what nobody asked for is a fault.
pub(super) struct Fields {
    object: Map<String, Value>,
    faults: Vec<Fault>,
    known: Vec<&'static str>,
}

impl Fields {
    pub(super) fn of(Json(value): Json) -> Result<Self, Problem> {
        match value {
            Value::Object(object) => Ok(Self {
                object,
                faults: vec![],
                known: vec![],
            }),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(Problem::field("", "must be a JSON object")),
        }
    }

    /// A text with so many characters; `None` where it is absent, null, or at fault.
    pub(super) fn text(
        &mut self,
        name: &'static str,
        length: RangeInclusive<usize>,
    ) -> Option<String> {
        let value = self.take(name)?;
        let (least, most) = (length.start(), length.end());
        let Value::String(text) = value else {
            return self.wrong(name, "must be a text");
        };
        let fits = length.contains(&text.chars().count());
        if !fits || text.chars().any(char::is_control) {
            let mend = format!("must have {least} to {most} characters, none of them a control");
            return self.wrong(name, mend);
        }
        Some(text)
    }

    pub(super) fn number(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.take(name)?;
        match value.as_u64().filter(|number| range.contains(number)) {
            Some(number) => Some(number),
            None => {
                let (least, most) = (range.start(), range.end());
                self.wrong(
                    name,
                    format!("must be a whole number from {least} to {most}"),
                )
            }
        }
    }

    pub(super) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        let value = self.take(name)?;
        match value {
            Value::Bool(value) => Some(value),
            Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => self.wrong(name, "must be true or false"),
        }
    }

    /// One of several words.
    pub(super) fn word<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        all: &[&str],
    ) -> Option<T> {
        let value = self.take(name)?;
        match value.as_str().and_then(parse) {
            Some(meaning) => Some(meaning),
            None => self.wrong(name, format!("must be one of: {}", all.join(", "))),
        }
    }

    /// Several of several words.
    pub(super) fn words<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        all: &[&str],
    ) -> Option<Vec<T>> {
        let value = self.take(name)?;
        let list = value
            .as_array()
            .map(Vec::as_slice)
            .filter(|list| list.len() <= 256);
        let read = list.map(|list| list.iter().map(|word| word.as_str().and_then(&parse)));
        match read.and_then(Iterator::collect) {
            Some(meanings) => Some(meanings),
            None => self.wrong(name, format!("must be a list of: {}", all.join(", "))),
        }
    }

    /// Something is wrong with a field.
    pub(super) fn wrong<T>(&mut self, name: &str, mend: impl Into<String>) -> Option<T> {
        self.faults.push(Fault::new(name, mend));
        None
    }

    /// Whether a field is there, and not null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(|value| !value.is_null())
    }

    /// What has to be there is.
    pub(super) fn needs(&mut self, names: &[&'static str]) {
        for name in names {
            if !self.has(name) {
                self.faults.push(Fault::new(*name, "is missing"));
            }
        }
    }

    /// All faults, also of fields that nobody asked for.
    pub(super) fn done(mut self) -> Result<(), Problem> {
        for name in self.object.keys() {
            if !self.known.contains(&name.as_str()) {
                let known = self.known.join(", ");
                let mend = format!("is unknown here; known are: {known}");
                self.faults.push(Fault::new(name.clone(), mend));
            }
        }
        match self.faults.is_empty() {
            true => Ok(()),
            false => Err(Problem::fields(self.faults)),
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.object.get(name).filter(|v| !v.is_null()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_faults_are_told_at_once_with_field_and_mend() {
        let body = json!({ "name": "", "count": 7.5, "sure": 1, "extra": null });
        let mut fields = Fields::of(Json(body)).expect("an object");
        fields.needs(&["name", "other"]);
        assert_eq!(fields.text("name", 1..=4), None);
        assert_eq!(fields.number("count", 1..=9), None);
        assert_eq!(fields.boolean("sure"), None);
        let problem = fields.done().expect_err("faults");
        let told = serde_json::to_value(&problem).expect("JSON");
        let of: Vec<&str> = told["errors"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|fault| fault["field"].as_str())
            .collect();
        assert_eq!(of, ["other", "name", "count", "sure", "extra"]);
        assert_eq!(problem.status(), 422);
    }
}
