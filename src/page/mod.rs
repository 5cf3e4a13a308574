//! Browsers: the protocol between a page and the server, over one WebSocket each.
//!
//! Two kinds of page speak it: a customer's, who came by a call link, and the desk of an agent. The
//! page always offers and the server always answers (RFC 8829), so nobody's offers cross. All that a
//! page shows comes as messages with numbers; a page that was reloaded, or whose network changed,
//! says [`FromPage::Hello`] with its resume token and gets what it has missed (B18).
//!
//! Deliberately absent: `candidate` messages. The server's own candidates are in its answer, and it
//! learns those of the browser from the checks that the browser makes (RFC 8445 §2.5, lite).

mod message;
#[cfg(test)]
mod samples;

pub use message::{CallState, FromPage, Link, Numbered, Party, Target, ToPage, Trouble};

/// The WebSocket subprotocol (RFC 6455 §1.9).
pub const PROTOCOL: &str = "cordboard.page.1";
