//! What can be seen of the server: logs for people, numbers for machines, and what SIP said.

pub mod logs;
pub mod metrics;
mod process;
pub mod trace;
