//! Errors as problem documents (RFC 9457).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An error that a program and a person can both read.
///
/// `type` is absent, which means `about:blank`: the title is that of the status (RFC 9457 §4.2.1).
#[derive(Clone, Debug, Serialize)]
pub(super) struct Problem {
    title: &'static str,
    status: u16,
    detail: &'static str,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: &'static str) -> Self {
        Self {
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        super::json(status, "application/problem+json", &self)
    }
}
