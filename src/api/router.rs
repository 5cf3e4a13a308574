//! From the table of endpoints to what answers requests.

use super::endpoint::Endpoint;
use super::guard::{guard, harden};
use super::problem::Problem;
use super::{Site, table};
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn_with_state, map_response};
use std::sync::Arc;

/// Everything that is answered. Each handler stands behind the guard with the rule of its line in
/// the table: there is no other way to it.
pub(super) fn router(site: Arc<Site>) -> Router {
    let each = table::endpoints().into_iter();
    let router = each.fold(Router::new(), |router, endpoint: Endpoint| {
        let state = (Arc::clone(&site), endpoint.rule, endpoint.noted);
        let guarded = endpoint
            .handler
            .route_layer(from_fn_with_state(state, guard));
        router.route(endpoint.path, guarded)
    });
    router
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "This address does not know that method: Allow says which it knows.",
            )
        })
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "There is nothing at this address."))
        .layer(map_response(harden))
        .with_state(site)
}
