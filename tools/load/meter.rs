//! What a stream heard, and whether it was what it should be.

use crate::sound::Side;
use cordboard::audio::{Codec, Decoder, FRAME};
use std::time::{Duration, Instant};

/// What a stamped payload begins with.
pub(crate) const MARK: &[u8; 4] = b"CBLD";
/// A pause between two packets that is heard as one.
const GAP: Duration = Duration::from_millis(60);
/// Packets of a second: the stretch in which hold music must be heard.
const SECOND: u32 = 50;
/// The loudest sample of a second that counts as silence.
const SILENCE: i16 = 100;

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

/// What a stream heard.
pub(crate) struct Meter {
    pub(crate) expect: Expect,
    side: Side,
    /// The payload type that is agreed on, and what it stands for.
    kind: u8,
    ears: Decoder,
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
    pub(crate) fn new(side: Side) -> Self {
        Self {
            expect: Expect::Anything,
            side,
            kind: 0,
            ears: Decoder::new(Codec::Pcmu),
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
    pub(crate) fn begin(&mut self, kind: u8, codec: Codec) {
        self.kind = kind;
        self.ears = Decoder::new(codec);
        self.last = None;
        self.peer = None;
        self.bridged = false;
    }

    /// The window of measurement begins: the counters go to zero, the call goes on.
    pub(crate) fn reset(&mut self, expect: Expect) {
        let ears = std::mem::replace(&mut self.ears, Decoder::new(Codec::Pcmu));
        *self = Self {
            expect,
            kind: self.kind,
            ears,
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

    /// Something has come that is no RTP of ours.
    pub(crate) fn wonder(&mut self) {
        self.strange += 1;
    }

    /// An RTP packet has come. Delays of packets that were forwarded are appended, in microseconds.
    pub(crate) fn take(&mut self, packet: &[u8], own: u32, epoch: Instant, delays: &mut Vec<u32>) {
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
        if version >> 6 != 2 || kind & 0x7f != self.kind {
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
        // A stamp says surely whose it is; without one the sound does, and that costs more.
        let samples = match (stamp, self.expect) {
            (None, _) | (Some(_), Expect::Music) => self.decode(payload),
            (Some(_), Expect::Anything | Expect::Peer) => vec![],
        };
        let other = self.side.other();
        match self.expect {
            Expect::Anything => self.bridged |= stamp.is_none() && other.is_heard(&samples),
            Expect::Peer => {
                let right = match stamp {
                    Some(number) => self.peer == Some(number),
                    None => other.is_heard(&samples),
                };
                self.wrong += u64::from(!right);
            }
            Expect::Music => {
                self.wrong += u64::from(stamp.is_some());
                let loudest = samples.iter().map(|sample| sample.saturating_abs()).max();
                self.loudest = self.loudest.max(loudest.unwrap_or_default());
                self.heard += 1;
                if self.heard == SECOND {
                    self.wrong += u64::from(self.loudest < SILENCE);
                    (self.heard, self.loudest) = (0, 0);
                }
            }
        }
    }

    fn decode(&mut self, payload: &[u8]) -> Vec<i16> {
        let mut samples = Vec::with_capacity(FRAME);
        self.ears.decode(payload, &mut samples);
        samples
    }
}

/// Whose packet it is, and when it was sent.
fn stamp(payload: &[u8]) -> Option<(u32, u64)> {
    let (mark, rest) = payload.split_first_chunk::<4>()?;
    let (number, rest) = rest.split_first_chunk::<4>()?;
    let (nanos, _) = rest.split_first_chunk::<8>()?;
    (mark == MARK).then(|| (u32::from_be_bytes(*number), u64::from_be_bytes(*nanos)))
}
