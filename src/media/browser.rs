//! Browsers among the legs: what was agreed on with a page, as a stream like any.

use super::Stream;
use crate::sdp::browser::Agreed;
use std::net::{Ipv4Addr, SocketAddr};

impl From<&Agreed> for Stream {
    /// The sound of a browser. Where it is and its keys are for ICE and DTLS to find out.
    fn from(agreed: &Agreed) -> Self {
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let audio = &agreed.audio;
        Self {
            remote: nowhere,
            rtcp: nowhere,
            codec: audio.codec,
            payload_type: audio.payload_type,
            receive_type: audio.payload_type,
            opus: audio.opus,
            events: audio.events,
            packet_time: audio.packet_time,
            sends: audio.direction.sends(),
            receives: audio.direction.receives(),
            crypto: None,
            rtcp_mux: true,
        }
    }
}
