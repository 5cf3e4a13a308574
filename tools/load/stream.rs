//! One RTP stream each way: sends a stamped tone on the beat, and judges what comes back.
//!
//! Each packet carries 160 µ-law bytes: a mark, the sender's number and the time of sending, then a tone (400 Hz from
//! callers, 800 Hz from agents). A server that forwards packets leaves the stamp whole, and the delay it added is known
//! to the microsecond; one that decodes and encodes again leaves the tone.

use mio::net::UdpSocket;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket as StdSocket};
use std::time::{Duration, Instant};

/// Samples, and bytes, of 20 ms.
const FRAME: usize = 160;
/// What a stamped payload begins with.
const MARK: &[u8; 4] = b"CBLD";
/// A pause between two packets that is heard as one.
const GAP: Duration = Duration::from_millis(60);
/// Packets of a second: the stretch in which hold music must be heard.
const SECOND: u32 = 50;
/// The loudest sample of a second that counts as silence.
const SILENCE: i16 = 100;

/// Which side of the bridge a phone is on: what it sends, and what it should hear.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Caller,
    Agent,
}

/// What the other end should sound like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// Not judged.
    Anything,
    /// Sound that is nobody's tone, and no second of silence.
    Music,
    /// The tone or the stamp of one peer of the other side, always the same.
    Peer,
}

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
    pub(crate) sent: u64,
    pub(crate) meter: Meter,
    number: u32,
    packet: [u8; 12 + FRAME],
    sequence: u16,
    timestamp: u32,
    first: bool,
}

impl Stream {
    /// Takes the next free pair of ports from `port` upwards, and moves it on.
    pub(crate) fn open(number: u32, side: Side, port: &mut u16) -> io::Result<Self> {
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
        let mut packet = [0; 12 + FRAME];
        packet[8..12].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
        packet[12..].copy_from_slice(&tone(side));
        packet[12..16].copy_from_slice(MARK);
        packet[16..20].copy_from_slice(&number.to_be_bytes());
        Ok(Self {
            socket: UdpSocket::from_std(socket),
            _reports: reports,
            port: own,
            remote: None,
            offered: None,
            sent: 0,
            meter: Meter::new(side),
            number,
            packet,
            sequence: (number as u16).wrapping_mul(257),
            timestamp: number.wrapping_mul(16_000),
            first: true,
        })
    }

    /// Begins a call: the next packet carries the marker bit, and the meter has no peer yet.
    pub(crate) fn begin(&mut self, remote: (SocketAddr, u8)) {
        self.remote = Some(remote);
        self.first = true;
        self.meter.forget();
    }

    /// Sends the frame of this beat, stamped with the time since `epoch`.
    pub(crate) fn beat(&mut self, epoch: Instant) {
        let Some((remote, kind)) = self.remote else {
            return;
        };
        let marker = if self.first { 0x80 } else { 0 };
        self.packet[0] = 0x80;
        self.packet[1] = marker | kind;
        self.packet[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        self.packet[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        let nanos = epoch.elapsed().as_nanos() as u64;
        self.packet[20..28].copy_from_slice(&nanos.to_be_bytes());
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        self.first = false;
        // A full buffer loses this packet like any other network would; the far end counts it.
        if self.socket.send_to(&self.packet, remote).is_ok() {
            self.sent += 1;
        }
    }

    /// Takes everything that has arrived.
    pub(crate) fn drain(&mut self, epoch: Instant, delays: &mut Vec<u32>) {
        let mut buffer = [0; 2048];
        while let Ok((length, _)) = self.socket.recv_from(&mut buffer) {
            self.meter
                .take(&buffer[..length], self.number, epoch, delays);
        }
    }
}

/// What a stream heard.
pub(crate) struct Meter {
    pub(crate) expect: Expect,
    side: Side,
    pub(crate) received: u64,
    pub(crate) lost: u64,
    /// Packets that came twice or after a later one.
    pub(crate) late: u64,
    pub(crate) gaps: u64,
    pub(crate) longest_gap: Duration,
    /// Packets of the wrong sound; of music, silent seconds.
    pub(crate) wrong: u64,
    /// Changes of source or sequence that no loss explains.
    pub(crate) jumps: u64,
    /// Packets that are no RTP of ours.
    pub(crate) strange: u64,
    /// Whose stamp was heard.
    pub(crate) peer: Option<u32>,
    /// The other side's tone was heard, with or without a stamp.
    pub(crate) bridged: bool,
    last: Option<Last>,
    loudest: i16,
    heard: u32,
}

#[derive(Clone, Copy)]
struct Last {
    at: Instant,
    sequence: u16,
    source: [u8; 4],
}

impl Meter {
    fn new(side: Side) -> Self {
        Self {
            expect: Expect::Anything,
            side,
            received: 0,
            lost: 0,
            late: 0,
            gaps: 0,
            longest_gap: Duration::ZERO,
            wrong: 0,
            jumps: 0,
            strange: 0,
            peer: None,
            bridged: false,
            last: None,
            loudest: 0,
            heard: 0,
        }
    }

    /// A new call: nothing was heard in it.
    fn forget(&mut self) {
        self.last = None;
        self.peer = None;
        self.bridged = false;
    }

    /// The window of measurement begins: the counters go to zero, the call goes on.
    pub(crate) fn reset(&mut self, expect: Expect) {
        *self = Self {
            expect,
            peer: self.peer,
            bridged: self.bridged,
            last: self.last,
            ..Self::new(self.side)
        };
    }

    /// The window ends: a stream that has fallen silent meanwhile has a gap.
    pub(crate) fn close(&mut self, now: Instant) {
        if let Some(last) = self.last {
            self.gap(now.saturating_duration_since(last.at));
        }
    }

    fn take(&mut self, packet: &[u8], own: u32, epoch: Instant, delays: &mut Vec<u32>) {
        let now = Instant::now();
        let [
            version,
            kind,
            high,
            low,
            _,
            _,
            _,
            _,
            a,
            b,
            c,
            d,
            payload @ ..,
        ] = packet
        else {
            self.strange += 1;
            return;
        };
        if version >> 6 != 2 || kind & 0x7f != 0 {
            self.strange += 1;
            return;
        }
        self.received += 1;
        let sequence = u16::from_be_bytes([*high, *low]);
        self.order(now, sequence, [*a, *b, *c, *d]);
        let stamp = stamp(payload);
        if let Some((number, nanos)) = stamp.filter(|(number, _)| *number != own) {
            self.bridged = true;
            if self.peer.is_none() {
                self.peer = Some(number);
            }
            if self.expect == Expect::Peer {
                let delay = (now - epoch).saturating_sub(Duration::from_nanos(nanos));
                delays.push(u32::try_from(delay.as_micros()).unwrap_or(u32::MAX));
            }
        }
        self.listen(payload, stamp.map(|(number, _)| number));
    }

    fn order(&mut self, now: Instant, sequence: u16, source: [u8; 4]) {
        let at = now;
        let Some(last) = self.last.replace(Last {
            at,
            sequence,
            source,
        }) else {
            return;
        };
        self.gap(now.saturating_duration_since(last.at));
        match sequence.wrapping_sub(last.sequence) {
            _ if source != last.source => self.jumps += 1,
            1 => {}
            ahead @ 2..1000 => self.lost += u64::from(ahead - 1),
            0 | 0xfc18.. => {
                self.late += 1;
                self.last = Some(Last { at, ..last });
            }
            _ => self.jumps += 1,
        }
    }

    fn gap(&mut self, pause: Duration) {
        self.gaps += u64::from(pause > GAP);
        self.longest_gap = self.longest_gap.max(pause);
    }

    fn listen(&mut self, payload: &[u8], stamp: Option<u32>) {
        match self.expect {
            Expect::Anything => {
                // A stamp says it surely; without one the tone does, and that costs more.
                self.bridged |= stamp.is_none() && self.hears_other_side(payload);
            }
            Expect::Peer => {
                let right = match stamp {
                    Some(number) => self.peer == Some(number),
                    None => self.hears_other_side(payload),
                };
                self.wrong += u64::from(!right);
            }
            Expect::Music => {
                self.wrong += u64::from(stamp.is_some());
                let loudest = payload
                    .iter()
                    .map(|&byte| linear(byte).saturating_abs())
                    .max();
                self.loudest = self.loudest.max(loudest.unwrap_or_default());
                self.heard += 1;
                if self.heard == SECOND {
                    self.wrong += u64::from(self.loudest < SILENCE);
                    (self.heard, self.loudest) = (0, 0);
                }
            }
        }
    }

    fn hears_other_side(&self, payload: &[u8]) -> bool {
        let frequency = match self.side {
            Side::Caller => 800.0,
            Side::Agent => 400.0,
        };
        share(payload, frequency) > 0.5
    }
}

fn stamp(payload: &[u8]) -> Option<(u32, u64)> {
    let (mark, rest) = payload.split_first_chunk::<4>()?;
    let (number, rest) = rest.split_first_chunk::<4>()?;
    let (nanos, _) = rest.split_first_chunk::<8>()?;
    (mark == MARK).then(|| (u32::from_be_bytes(*number), u64::from_be_bytes(*nanos)))
}

/// A frame of a side's tone: whole periods, so that frames join without a click.
fn tone(side: Side) -> [u8; FRAME] {
    let frequency = match side {
        Side::Caller => 400.0,
        Side::Agent => 800.0,
    };
    let mut frame = [0; FRAME];
    for (index, byte) in frame.iter_mut().enumerate() {
        let phase = std::f32::consts::TAU * frequency * index as f32 / 8000.0;
        *byte = mu_law((phase.sin() * 8000.0) as i16);
    }
    frame
}

/// The share of a frame's energy at one frequency (Goertzel), 0–1; 0 for silence.
fn share(payload: &[u8], frequency: f32) -> f32 {
    let turn = 2.0 * (std::f32::consts::TAU * frequency / 8000.0).cos();
    let (mut one, mut two, mut energy) = (0.0, 0.0, 0.0);
    for &byte in payload {
        let sample = f32::from(linear(byte));
        let next = turn * one - two + sample;
        (two, one) = (one, next);
        energy += sample * sample;
    }
    let power = one * one + two * two - turn * one * two;
    let count = payload.len() as f32;
    // Below this the frame is silence, and the share of nothing says nothing.
    if energy < count * 100.0 {
        return 0.0;
    }
    2.0 * power / (count * energy)
}

/// G.711 µ-law (ITU-T G.711, table 2).
fn mu_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = sample.unsigned_abs().min(32_635) + 132;
    let exponent = (15 - magnitude.leading_zeros() as u16).saturating_sub(7);
    let mantissa = magnitude >> (exponent + 3) & 0x0f;
    !(sign | (exponent << 4) as u8 | mantissa as u8)
}

fn linear(byte: u8) -> i16 {
    let byte = !byte;
    let magnitude = ((i16::from(byte & 0x0f) << 3) + 132) << (byte >> 4 & 7);
    if byte & 0x80 == 0 {
        magnitude - 132
    } else {
        132 - magnitude
    }
}
