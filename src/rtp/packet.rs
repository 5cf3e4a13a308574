//! An RTP packet: RFC 3550 §5.1.
//!
//! ```text
//!    0                   1                   2                   3
//!   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//!   |                           timestamp                           |
//!   |                             SSRC                              |
//!   |             CC contributing sources, 4 bytes each             |
//!   |   X: profile, length in words of the extension that follows   |
//!   |   payload …                        P: padding, its length last |
//! ```

/// The bytes of a header without contributing sources and extension: the only one we write.
pub const HEADER: usize = 12;

/// What we read of a header, and all that we write of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The first packet after a pause, or of a new source (RFC 3551 §4.1).
    pub marker: bool,
    /// 0–127.
    pub payload_type: u8,
    /// Counts packets, modulo 2^16.
    pub sequence: u16,
    /// Counts samples, modulo 2^32.
    pub timestamp: u32,
    /// The name of the stream.
    pub ssrc: u32,
}

impl Header {
    /// The bytes of the header.
    pub fn write(&self) -> [u8; HEADER] {
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [r0, r1, r2, r3] = self.ssrc.to_be_bytes();
        let kind = u8::from(self.marker) << 7 | self.payload_type & 0x7f;
        [0x80, kind, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3]
    }
}

/// A packet as it came, without its contributing sources, extension and padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The fixed part of the header.
    pub header: Header,
    /// The payload; may be empty.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a datagram; `None` if it is not RTP of version 2 or contradicts itself.
    pub fn parse(datagram: &'a [u8]) -> Option<Self> {
        let mut rest = datagram.get(header_length(datagram)?..)?;
        let [v, m, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3] = *datagram.first_chunk::<HEADER>()?;
        if v & 0x20 != 0 {
            let padding = usize::from(*rest.last()?);
            // The count includes itself, so that 0 is impossible.
            let payload = rest.len().checked_sub(padding).filter(|_| padding > 0)?;
            rest = rest.get(..payload)?;
        }
        Some(Self {
            header: Header {
                marker: m & 0x80 != 0,
                payload_type: m & 0x7f,
                sequence: u16::from_be_bytes([s0, s1]),
                timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
                ssrc: u32::from_be_bytes([r0, r1, r2, r3]),
            },
            payload: rest,
        })
    }
}

/// The bytes before the payload: the header with its contributing sources and extension. `None` if
/// it is not RTP of version 2 or shorter than its header says.
pub fn header_length(datagram: &[u8]) -> Option<usize> {
    let v = *datagram.first_chunk::<HEADER>()?.first()?;
    if v >> 6 != 2 {
        return None;
    }
    let mut length = HEADER + usize::from(v & 0x0f) * 4;
    if v & 0x10 != 0 {
        let extension = datagram.get(length..)?.first_chunk::<4>()?;
        let words = u16::from_be_bytes([extension[2], extension[3]]);
        length += 4 + usize::from(words) * 4;
    }
    (length <= datagram.len()).then_some(length)
}

/// Whether a datagram is RTCP where both come to one port: RFC 5761 §4.
pub fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [v, 192..=223, ..] if v >> 6 == 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const HEADER_OF_TEST: Header = Header {
        marker: true,
        payload_type: 101,
        sequence: 0xfffe,
        timestamp: 0x0102_0304,
        ssrc: 0xdead_beef,
    };

    #[test]
    fn what_was_written_is_read() {
        let mut datagram = HEADER_OF_TEST.write().to_vec();
        datagram.extend(b"sound");
        let packet = Packet::parse(&datagram).expect("valid");
        assert_eq!(packet.header, HEADER_OF_TEST);
        assert_eq!(packet.payload, b"sound");
    }

    #[test]
    fn sources_extension_and_padding_are_passed_over() {
        let mut datagram = HEADER_OF_TEST.write().to_vec();
        datagram[0] |= 0x30 | 2;
        datagram.extend([0; 8]);
        datagram.extend([0xbe, 0xde, 0, 1, 1, 2, 3, 4]);
        datagram.extend(b"sound");
        datagram.extend([0, 0, 3]);
        assert_eq!(Packet::parse(&datagram).expect("valid").payload, b"sound");
    }

    #[test]
    fn a_header_that_contradicts_itself_is_refused() {
        let whole = HEADER_OF_TEST.write();
        let with = |first: u8, tail: &[u8]| {
            let mut datagram = whole.to_vec();
            datagram[0] = first;
            datagram.extend(tail);
            Packet::parse(&datagram).is_some()
        };
        assert!(with(0x80, b""));
        assert!(!with(0x40, b""), "version 1");
        assert!(!with(0x8f, b"too few sources"));
        assert!(!with(0x90, &[0, 0, 0xff, 0xff, 1]), "extension cut short");
        assert!(!with(0xa0, &[1, 2, 0]), "padding of nothing");
        assert!(!with(0xa0, &[1, 2, 9]), "padding longer than the packet");
        assert!(!with(0xa0, b""), "padding without a byte");
        assert!((0..HEADER).all(|cut| Packet::parse(&whole[..cut]).is_none()));
    }

    #[test]
    fn random_bytes_never_panic() {
        let mut random = Random::seeded(1);
        for _ in 0..20_000 {
            let length = random.below(64) as usize;
            let mut bytes: Vec<u8> = (0..length).map(|_| random.u32() as u8).collect();
            if let Some(first) = bytes.first_mut() {
                *first = 0x80 | *first & 0x3f;
            }
            if let Some(packet) = Packet::parse(&bytes) {
                assert!(packet.payload.len() + HEADER <= bytes.len());
            }
            is_rtcp(&bytes);
        }
    }
}
