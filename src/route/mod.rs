//! Where a call goes, and whose it is: numbers, routes and trunks.

mod number;

pub use number::{masked, normal};

use crate::settings::{Account, Destination, Trunk};
use std::net::IpAddr;

/// What the called number reaches: the first route whose pattern fits.
pub fn destination(_account: &Account, _called: &str) -> Option<Destination> {
    None
}

/// A source that belongs to no trunk: it inherits nothing (H25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} belongs to no trunk")]
pub struct Stranger(pub IpAddr);

/// The trunk that a request from this address belongs to: the one with the longest prefix.
///
/// # Errors
/// If the address is in no trunk's networks.
pub fn trunk_for(_account: &Account, source: IpAddr) -> Result<&Trunk, Stranger> {
    Err(Stranger(source))
}
