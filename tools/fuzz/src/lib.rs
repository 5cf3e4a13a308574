//! The readers of the server, built alone: the same files as in `src`, without the drivers.

#![allow(unreachable_pub, dead_code, unused_imports)]

#[path = "../../../src/random.rs"]
pub mod random;

#[path = "../../../src/audio/mod.rs"]
pub mod audio;
#[path = "../../../src/rtc/mod.rs"]
pub mod rtc;
#[path = "../../../src/rtp/mod.rs"]
pub mod rtp;
#[path = "../../../src/sdp/mod.rs"]
pub mod sdp;
#[path = "../../../src/sip/mod.rs"]
pub mod sip;
