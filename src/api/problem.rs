//! Errors as problem documents (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::borrow::Cow;
use std::time::Duration;

/// An error that a program and a person can both read.
///
/// `type` is absent, which means `about:blank`: the title is that of the status (RFC 9457 §4.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    title: &'static str,
    status: u16,
    detail: Cow<'static, str>,
    /// Every field that is wrong, not only the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Fault {
    /// Which: as a path in the document that was sent, `queues[0].name`.
    pub(super) field: String,
    /// What is wrong with it, and what would be right.
    pub(super) mend: String,
}

impl Fault {
    pub(super) fn new(field: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            mend: mend.into(),
        }
    }
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            errors: vec![],
            retry_after: None,
        }
    }

    /// Fields with which nothing can be done.
    pub(super) fn fields(errors: Vec<Fault>) -> Self {
        let detail: Cow<'static, str> = match errors.len() {
            1 => "A field is wrong.".into(),
            many => format!("{many} fields are wrong.").into(),
        };
        Self {
            errors,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
        }
    }

    /// One field with which nothing can be done.
    pub(super) fn field(field: &str, mend: impl Into<String>) -> Self {
        Self::fields(vec![Fault::new(field, mend)])
    }

    /// What is asked for is not there.
    pub(super) fn missing(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no such {what}."))
    }

    /// Something that is needed does not answer, or has no room.
    pub(super) fn unavailable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).after(Duration::from_secs(5))
    }

    /// Tells when to come again.
    pub(super) fn after(self, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..self
        }
    }

    /// Names fields besides.
    pub(super) fn with(self, errors: Vec<Fault>) -> Self {
        Self { errors, ..self }
    }

    /// Whether what is asked for is not there.
    pub(super) fn is_missing(&self) -> bool {
        self.status == StatusCode::NOT_FOUND.as_u16()
    }

    #[cfg(test)]
    pub(super) fn status(&self) -> u16 {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = super::json(status, "application/problem+json", &self);
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs().max(1);
            let headers = answer.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            answer
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
        }
        answer
    }
}
