//! URIs: reading, writing, and the comparisons of RFC 3261 §19.1.4.

use super::*;

fn uri(text: &str) -> Uri {
    Uri::parse(text).expect("a good URI")
}
