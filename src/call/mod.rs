//! What the parties of a call are to each other.

pub mod record;
