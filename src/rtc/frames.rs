//! Packets on a connection: each after its length, in two bytes (RFC 4571 §2, RFC 6544 §3).
//!
//! ```text
//!   bytes as they come ─▶ │ length │ packet │ length │ pack… ─▶ whole packets, in their order
//!                             └─▶ longer than any of ours: the peer is none, the connection ends
//! ```

/// The length before a packet.
const HEAD: usize = 2;
/// No packet of a browser is longer: neither sound, nor pictures, nor DTLS.
const LONGEST: usize = 2_048;

/// What has come of a connection and is no whole packet yet.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    /// How much of it has been taken.
    taken: usize,
}

/// The peer speaks something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame is longer than any packet")]
pub struct TooLong;

impl Frames {
    /// Takes what has come. Less than two packets is kept, if whole ones are taken in between.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole packet, if there is one.
    ///
    /// # Errors
    /// None will come any more.
    pub fn pull(&mut self) -> Result<Option<&[u8]>, TooLong> {
        let rest = self.bytes.get(self.taken..).unwrap_or_default();
        let Some((head, rest)) = rest.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let length = usize::from(u16::from_be_bytes(*head));
        if length > LONGEST {
            return Err(TooLong);
        }
        let Some(packet) = rest.get(..length) else {
            return Ok(None);
        };
        self.taken += HEAD + length;
        Ok(Some(packet))
    }
}

/// A packet as a connection carries it, appended; `false`, and nothing: it is too long.
pub fn framed(packet: &[u8], into: &mut Vec<u8>) -> bool {
    let Ok(length) = u16::try_from(packet.len()) else {
        return false;
    };
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(packet);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn packets_come_out_as_they_went_in_however_the_bytes_are_cut() {
        let mut random = Random::seeded(6);
        let packets: Vec<Vec<u8>> = (0..200)
            .map(|n| vec![n as u8; random.below(LONGEST as u64 + 1) as usize])
            .collect();
        let mut wire = vec![];
        for packet in &packets {
            assert!(framed(packet, &mut wire));
        }
        let (mut frames, mut came, mut rest) = (Frames::default(), vec![], &wire[..]);
        while !rest.is_empty() {
            let cut = 1 + random.below(3_000.min(rest.len() as u64)) as usize;
            frames.push(&rest[..cut]);
            rest = &rest[cut..];
            while let Some(packet) = frames.pull().expect("short enough") {
                came.push(packet.to_vec());
            }
            assert!(frames.bytes.len() <= frames.taken + HEAD + LONGEST);
        }
        assert_eq!(came, packets);
    }

    #[test]
    fn what_is_longer_than_any_packet_is_refused_before_it_has_come() {
        let mut frames = Frames::default();
        frames.push(b"GET / HTTP/1.1");
        assert_eq!(frames.pull(), Err(TooLong));
        assert_eq!(frames.pull(), Err(TooLong), "for ever");
        assert!(!framed(&[0; 70_000], &mut vec![]));
    }
}
