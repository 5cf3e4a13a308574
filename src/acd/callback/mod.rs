//! Callbacks: customers who do not want to wait on the line (R66–R87).
//!
//! ```text
//!   a code is pressed ─▶ Ask ─▶ written ─▶ promised ─▶ In queue ◀──────────┬── missed, after the delay
//!                                                         │ an agent's      │
//!                                                         ▼ phone rings     │
//!                                                       Active ─ accepted ─▶ attempt written ─▶ dialled
//!                                                                           │                     │
//!                                      No reply ◀── missed for the N+1st time ┘     reached ─▶ Done
//! ```
//!
//! Three pure machines: the [`Book`] keeps the requests and knows when each may be called; the
//! [`Collector`] makes codes of keys; the [`Typing`] makes a number of keys. Who is rung, and in
//! which order, is the floor's affair: a callback has a place in line there ([`super::Kept`]).
//!
//! Nothing is promised to a customer, and nobody is dialled, before it has been written: a process
//! that dies at any point has dialled each attempt at most once, and has lost no callback (F19).

mod attempt;
mod book;
mod cancel;
mod code;
mod entry;
mod number;
mod request;
mod settle;
#[cfg(test)]
mod tests;
mod writing;

pub use book::{Action, Ask, Book, Input, NotPicked};
pub use cancel::NotCancelled;
pub use code::{Collector, Heard};
pub use number::{Typed, Typing};
pub use request::{Kind, Number, Outcome, Request, State, Status, Terms};
