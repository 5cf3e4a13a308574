//! The examples of RFC 7616, and the life of a nonce.

use super::*;
