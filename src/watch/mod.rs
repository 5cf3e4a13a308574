//! What the server says about itself: logs for people, numbers for machines.

pub mod logs;
pub mod metrics;
mod process;
