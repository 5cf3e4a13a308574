//! Header fields: their names, and what is written in those that SIP itself reads.
//!
//! A name is recognised whatever its spelling (case, compact form, spaces before the colon), so
//! that a filter or a look-up cannot be dodged by writing it in another way.

mod address;
mod cause;
mod list;
mod name;
mod params;
mod via;

pub use address::{Address, Contacts, Route};
pub use cause::Cause;
pub use list::{List, split};
pub use name::Name;
pub use params::Params;
pub use via::{Protocol, Via};

pub(crate) use address::seconds;
pub(crate) use list::{find_unquoted, is_closed, is_token, quote, unquote};

/// Text that breaks the grammar of RFC 3261 §25, with what is wrong in plain words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Syntax(pub &'static str);
