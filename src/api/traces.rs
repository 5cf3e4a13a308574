//! `/api/v1/traces`: what SIP said, as a list, as a ladder, as a capture file.
//!
//! These pages tell who called whom, and nobody is asked who they are (`cordboard ladder` has no
//! account). They answer this machine alone, wherever else the port may be open: to a connection from
//! loopback, which no proxy has passed on, for a loopback address or `localhost` by name. The last
//! keeps out pages of the web that make a browser here ask for them under a name of their own (DNS
//! rebinding).

use super::Site;
use super::part::Word;
use super::problem::Problem;
use crate::clock::Clock;
use crate::watch::trace::{Trace, Which};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Instant;

/// All that is kept, the latest first.
pub(super) async fn list(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let entries = trace(&site)?.list(&now());
    Ok(super::answer(&entries))
}

/// One ladder, by the id of the call or a Call-ID; `last`: that of the last call.
pub(super) async fn ladder(
    State(site): State<Arc<Site>>,
    Word(which): Word,
) -> Result<Response, Problem> {
    let ladder = trace(&site)?.ladder(&now(), &Which::parse(&which));
    let ladder = ladder.ok_or_else(|| unknown(&which))?;
    Ok(super::answer(&ladder))
}

/// The same as a capture file.
pub(super) async fn pcap(
    State(site): State<Arc<Site>>,
    Word(which): Word,
) -> Result<Response, Problem> {
    let file = trace(&site)?.pcap(&now(), &Which::parse(&which));
    let file = file.ok_or_else(|| unknown(&which))?;
    let kind = [
        (header::CONTENT_TYPE, "application/x-pcapng"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"sip.pcapng\"",
        ),
    ];
    Ok((kind, file).into_response())
}

fn trace(site: &Site) -> Result<&Trace, Problem> {
    site.trace.as_ref().ok_or_else(|| {
        let mend = "No SIP messages are kept: set enabled = true in [trace].";
        Problem::new(StatusCode::NOT_FOUND, mend)
    })
}

fn unknown(which: &str) -> Problem {
    let what = match Which::parse(which) {
        Which::Call(_) | Which::SipCallId(_) => {
            "No SIP message is kept of this: give the id of a call, or a Call-ID, as the list shows them. \
             What is over is kept for keep_s of [trace], and not longer than there is room."
        }
        Which::Last => "There was no call of which SIP messages are kept.",
    };
    Problem::new(StatusCode::NOT_FOUND, what)
}

fn now() -> Clock {
    Clock::new(Instant::now(), Timestamp::now())
}
