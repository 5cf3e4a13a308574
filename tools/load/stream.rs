//! One RTP stream each way: sends a stamped tone on the beat, and judges what comes back.
//!
//! Each packet carries 160 µ-law bytes: a mark, the sender's number and the time of sending, then a tone (400 Hz from
//! callers, 800 Hz from agents). A server that forwards packets leaves the stamp whole, and the delay it added is known
//! to the microsecond. Where one side speaks Opus, all is tone. What a desk in a browser sends and hears is sealed, and
//! travels by its [`Way`].

use crate::meter::{MARK, Meter};
use crate::sound::Side;
use crate::way::{Spoken, Took, Way};
use cordboard::audio::{Codec, FRAME};
use mio::net::UdpSocket;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket as StdSocket};
use std::rc::Rc;
use std::time::Instant;

/// A socket that sends and hears.
pub(crate) struct Stream {
    pub(crate) socket: UdpSocket,
    /// Open, so that reports of the server find a port; not read.
    _reports: StdSocket,
    pub(crate) port: u16,
    /// Where to send; `None` between calls.
    pub(crate) remote: Option<(SocketAddr, u8)>,
    /// Where an agent's phone will send once its call is up.
    pub(crate) offered: Option<(SocketAddr, u8)>,
    /// Of a call in a browser.
    way: Option<Box<Way>>,
    pub(crate) sent: u64,
    pub(crate) meter: Meter,
    number: u32,
    /// The tone in µ-law, with the stamp if there is one.
    tone: Vec<u8>,
    stamps: bool,
    /// What is said instead of it, over and over; empty: nothing is.
    opus: Rc<[Vec<u8>]>,
    codec: Codec,
    packet: Vec<u8>,
    sequence: u16,
    timestamp: u32,
    first: bool,
}

impl Stream {
    /// Takes the next free pair of ports from `port` upwards, and moves it on. `opus`: what is said in that,
    /// where somebody speaks it. A stamp is noise to who encodes it anew, so nothing has one then.
    pub(crate) fn open(
        number: u32,
        side: Side,
        opus: Rc<[Vec<u8>]>,
        port: &mut u16,
    ) -> io::Result<Self> {
        let (socket, reports, own) = loop {
            let own = *port;
            *port = own
                .checked_add(2)
                .ok_or_else(|| io::Error::other("no RTP ports left"))?;
            let pair = StdSocket::bind((Ipv4Addr::LOCALHOST, own)).and_then(|socket| {
                Ok((
                    socket,
                    StdSocket::bind((Ipv4Addr::LOCALHOST, own.saturating_add(1)))?,
                ))
            });
            match pair {
                Ok((socket, reports)) => break (socket, reports, own),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        };
        socket.set_nonblocking(true)?;
        let (mut tone, stamps) = (side.mu_law(), opus.is_empty());
        if stamps {
            tone[..4].copy_from_slice(MARK);
            tone[4..8].copy_from_slice(&number.to_be_bytes());
        }
        Ok(Self {
            socket: UdpSocket::from_std(socket),
            _reports: reports,
            port: own,
            remote: None,
            offered: None,
            way: None,
            sent: 0,
            meter: Meter::new(side),
            number,
            tone,
            stamps,
            opus,
            codec: Codec::Pcmu,
            packet: Vec::with_capacity(256),
            sequence: (number as u16).wrapping_mul(257),
            timestamp: number.wrapping_mul(16_000),
            first: true,
        })
    }

    /// Speaks by a browser's way, which has its keys.
    pub(crate) fn speak(&mut self, spoken: Spoken) {
        let Some(way) = &self.way else { return };
        let to = (way.server, spoken.payload_type());
        self.begin(to, spoken.codec());
    }

    /// Begins a call: the next packet carries the marker bit, and the meter has no peer yet.
    pub(crate) fn begin(&mut self, (server, kind): (SocketAddr, u8), codec: Codec) {
        self.remote = Some((server, kind));
        self.codec = codec;
        self.first = true;
        self.meter.begin(kind, codec);
    }

    /// The call is a browser's, and this is its way: sound follows when it has keys.
    pub(crate) fn meet(&mut self, way: Box<Way>) {
        self.way = Some(way);
        self.speak_for_way();
    }

    /// The call is over.
    pub(crate) fn end(&mut self) {
        self.remote = None;
        self.way = None;
    }

    /// Repeats what a browser's way has to.
    pub(crate) fn sweep(&mut self, now: Instant) {
        if let Some(way) = &mut self.way {
            way.sweep(now);
            self.speak_for_way();
        }
    }

    /// Sends the frame of this beat, stamped with the time since `epoch`.
    pub(crate) fn beat(&mut self, epoch: Instant) {
        let Some((remote, kind)) = self.remote else {
            return;
        };
        let marker = if self.first { 0x80 } else { 0 };
        if self.stamps {
            let nanos = epoch.elapsed().as_nanos() as u64;
            self.tone[8..16].copy_from_slice(&nanos.to_be_bytes());
        }
        let turn = usize::from(self.sequence) % self.opus.len().max(1);
        let payload = match self.opus.get(turn) {
            Some(packet) if self.codec == Codec::Opus => packet,
            Some(_) | None => &self.tone,
        };
        let packet = &mut self.packet;
        packet.clear();
        packet.extend([0x80, marker | kind]);
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.timestamp.to_be_bytes());
        packet.extend(self.number.wrapping_mul(2_654_435_761).to_be_bytes());
        packet.extend(payload);
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self
            .timestamp
            .wrapping_add(FRAME as u32 * self.codec.ticks());
        self.first = false;
        if let Some(way) = &mut self.way
            && !way.seal(packet)
        {
            return;
        }
        // A full buffer loses this packet like any other network would; the far end counts it.
        if self.socket.send_to(&self.packet, remote).is_ok() {
            self.sent += 1;
        }
    }

    /// Takes everything that has arrived; `true` once: a browser's way has its keys now.
    pub(crate) fn drain(&mut self, epoch: Instant, delays: &mut Vec<u32>) -> bool {
        let mut buffer = [0; 2048];
        let (mut secured, mut handshakes) = (false, false);
        while let Ok((length, _)) = self.socket.recv_from(&mut buffer) {
            let Some(way) = &mut self.way else {
                self.meter
                    .take(&buffer[..length], self.number, epoch, delays);
                continue;
            };
            match way.take(Instant::now(), &mut buffer[..length]) {
                Took::Sound(length) => {
                    self.meter
                        .take(&buffer[..length], self.number, epoch, delays);
                }
                Took::Nothing => handshakes = true,
                Took::Secured => (secured, handshakes) = (true, true),
                Took::Strange => self.meter.wonder(),
            }
        }
        if handshakes {
            self.speak_for_way();
        }
        secured
    }

    fn speak_for_way(&mut self) {
        let Some(way) = &mut self.way else { return };
        while let Some(packet) = way.poll_transmit() {
            // What is lost here is repeated.
            let _ = self.socket.send_to(&packet, way.server);
        }
    }
}
