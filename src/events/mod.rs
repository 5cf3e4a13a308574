//! What happens, numbered: one log for pages, programs and webhooks (B15).
//!
//! ```text
//!   switch ──Notice──▶ told ─┐                  ┌─▶ ring in memory ─▶ who follows: since(after), subscribe
//!   vault, API ──────────────┼─▶ Log ──number───┤
//!   view, once a second ─────┘                  └─▶ store ─▶ who comes later, webhooks
//! ```
//!
//! Each event is one JSON object, made once and the same for everybody:
//!
//! ```json
//! {"seq":1764108000123,"at":"2026-03-01T08:00:00.5Z","type":"call.queued","queue":1,"data":{"call":"01…","queue":1,"position":3}}
//! ```
//!
//! Numbers (`seq`) only rise. A run of the server begins at the milliseconds since 1970, so that no number is
//! used twice, whatever the last run could not write any more; within a run they rise by one. Whoever
//! knows the number of the last event they have seen misses none: they ask for what comes after it, and
//! are told if that is so long ago that it is forgotten.
//!
//! `agent` is beside `type` where an event concerns one: it names them, or is about the call that they are rung
//! for or talk in. These are what agents may follow. Where it concerns none, `queue` is there of a call that waits
//! in one, or of the queue that the event names; and where it is of neither, `had`: the agent who had the call
//! last, or to whom it was left. By these it is known which team an event is of.
//!
//! [`KINDS`] lists the types. Fields are only ever added. Numbers of callers are whole, as those who may
//! read this are authorised; that a key was pressed is told, never which, and secrets are in no event.

mod kinds;
mod live;
mod log;
#[cfg(test)]
pub(crate) mod samples;
mod theirs;
mod told;
pub mod webhooks;
mod what;

pub use kinds::KINDS;
pub use live::{AgentNow, CallNow, CallerNow, LegNow, Live, QueueNow, Shown, Snapshot};
pub use log::{Entry, Log, Since};
pub use told::told;
pub use what::{Chosen, OfferEnd, What};

#[cfg(test)]
mod tests;
