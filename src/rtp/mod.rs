//! The Real-time Transport Protocol: RFC 3550, its telephone events (RFC 4733), its secure form (RFC
//! 3711) and the buffer that makes even sound of uneven packets.
//!
//! Values and pure functions; nothing here knows legs, calls or sockets. Whatever the bytes are,
//! reading them never panics.

pub mod event;
pub mod feedback;
pub mod jitter;
pub mod packet;
pub mod picture;
pub mod reception;
pub mod rtcp;
pub mod sequence;
pub mod srtp;

pub use event::{EventType, Events, Keys, Press, Pressed};
pub use jitter::{Playout, Pulled};
pub use packet::{Header, Packet};
pub use picture::VideoCodec;
pub use reception::Reception;
pub use sequence::{Arrival, Sequence, Timestamps};
