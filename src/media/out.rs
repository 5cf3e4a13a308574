//! What an engine gives its driver: packets to send, events for the switch, pieces of recordings.

use super::{Chunk, Event};
use std::net::SocketAddr;
use std::ops::Range;

/// Filled by the engine, emptied by the driver; kept between calls so that nothing is allocated
/// for a packet.
#[derive(Debug, Default)]
pub struct Out {
    /// To be sent now, in this order.
    pub packets: Packets,
    /// For the switch, in this order.
    pub events: Vec<Event>,
    /// For the disk, in this order for each recording.
    pub chunks: Vec<Chunk>,
}

impl Out {
    /// Empties all three and keeps their memory.
    pub fn clear(&mut self) {
        self.packets.clear();
        self.events.clear();
        self.chunks.clear();
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty() && self.events.is_empty() && self.chunks.is_empty()
    }
}

/// Datagrams to send, in one piece of memory.
#[derive(Debug, Default)]
pub struct Packets {
    bytes: Vec<u8>,
    departures: Vec<Departure>,
}

#[derive(Debug)]
struct Departure {
    port: u16,
    to: SocketAddr,
    range: Range<usize>,
}

impl Packets {
    /// Adds a datagram made of two pieces: from our `port`, to the address `to`.
    pub fn push(&mut self, port: u16, to: SocketAddr, header: &[u8], payload: &[u8]) {
        self.push_with(port, to, |bytes| {
            bytes.extend_from_slice(header);
            bytes.extend_from_slice(payload);
        });
    }

    /// Adds a datagram that `write` appends.
    pub(super) fn push_with(
        &mut self,
        port: u16,
        to: SocketAddr,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        self.push_sealed(port, to, write, |_, _| true);
    }

    /// Adds a datagram that `write` appends and `seal` changes from its start on; if that says
    /// `false`, nothing is added.
    pub(super) fn push_sealed(
        &mut self,
        port: u16,
        to: SocketAddr,
        write: impl FnOnce(&mut Vec<u8>),
        seal: impl FnOnce(&mut Vec<u8>, usize) -> bool,
    ) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        if seal(&mut self.bytes, start) {
            let range = start..self.bytes.len();
            self.departures.push(Departure { port, to, range });
        } else {
            self.bytes.truncate(start);
        }
    }

    /// Each datagram: our port, where to, its bytes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u16, SocketAddr, &[u8])> {
        self.departures.iter().map(|departure| {
            let bytes = &self.bytes[departure.range.clone()];
            (departure.port, departure.to, bytes)
        })
    }

    /// How many datagrams there are.
    pub fn len(&self) -> usize {
        self.departures.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.departures.is_empty()
    }

    /// Forgets the datagrams and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.departures.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_out_as_they_went_in() {
        let mut packets = Packets::default();
        let to = SocketAddr::from(([127, 0, 0, 1], 4000));
        packets.push(10_000, to, b"ab", b"cd");
        packets.push(10_002, to, b"", b"e");
        let all: Vec<_> = packets.iter().collect();
        assert_eq!(all, [(10_000, to, &b"abcd"[..]), (10_002, to, &b"e"[..])]);
        packets.clear();
        assert!(packets.is_empty() && packets.iter().next().is_none());
    }
}
