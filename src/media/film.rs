//! The pictures of one leg on the call's clock, for a recording: put together, never decoded.
//!
//! ```text
//!   packets ─▶ in their order, 300 ms for those overtaken or sent again ─▶ pictures ─▶ Chunk
//!                 one is missing ─▶ a whole picture is asked for, and nothing is kept until it comes
//! ```
//!
//! A picture is placed as sound is: the first by its arrival, the others by their timestamps behind it, moved
//! at once where one comes before its place, and a little where the shortest way of a second was longer. What is masked, or does not come, is a
//! gap: the time of the file goes on.

use super::Chunk;
use super::engine::Engine;
use super::leg::Leg;
use super::{Event, MAX_RECORDINGS, Out};
use crate::id::{LegId, RecordingId};
use crate::rtp::feedback::Feedback;
use crate::rtp::picture::{Assembler, Picture};
use crate::rtp::{Arrival, Packet, Timestamps, VideoCodec};
use std::collections::BTreeMap;
use std::time::Instant;

/// Ticks of the timestamps in samples of our clock.
const TICKS: i64 = 90;
const SAMPLES: i64 = 8;
/// For so long a packet that is missing is waited for, and so many packets are kept meanwhile.
const HELD_BACK: u64 = 2400;
const MAX_HELD: usize = 1024;
/// Beyond this the timestamps mean something else: 600 ms.
const LATE: i64 = 4800;
/// How often the place is judged, and by how much it is moved then at most: 10 ms.
const SECOND: u64 = 8000;
const STEP: i64 = 80;
/// Between two requests for a whole picture.
const ASK: u64 = 8000;

/// A recording of pictures in the making.
#[derive(Debug)]
pub(super) struct Film {
    pub(super) recording: RecordingId,
    /// The file's begin on the engine's clock.
    origin: i64,
    /// There once pictures have come.
    assembler: Option<Assembler>,
    /// Whose packets, the number of the next one, and those that came before it did.
    ssrc: u32,
    next: Option<u64>,
    held: BTreeMap<u64, Held>,
    stamps: Timestamps,
    /// Place less timestamp, in samples; `None`: the next picture is placed by its arrival.
    offset: Option<i64>,
    /// The second being judged, and how much later than placed pictures came in it at least.
    second: u64,
    least: Option<i64>,
    /// The place of the last picture.
    last: i64,
    /// When a whole picture was asked for.
    asked: Option<u64>,
    /// What is shown now is for nobody's eyes later (B10).
    masked: bool,
}

#[derive(Debug)]
struct Held {
    came: u64,
    timestamp: u32,
    marker: bool,
    payload: Vec<u8>,
}

impl Film {
    /// A file that begins at `origin`, on the engine's clock.
    pub(super) fn new(recording: RecordingId, origin: i64) -> Self {
        Self {
            recording,
            origin,
            assembler: None,
            ssrc: 0,
            next: None,
            held: BTreeMap::new(),
            stamps: Timestamps::default(),
            offset: None,
            second: 0,
            least: None,
            last: -1,
            asked: None,
            masked: false,
        }
    }

    /// Nothing is kept from now on, or pictures again, from a whole one on.
    pub(super) fn mask(&mut self, masked: bool) {
        self.masked = masked;
        self.held.clear();
        self.next = None;
        if let Some(assembler) = &mut self.assembler {
            assembler.lose();
        }
        self.asked = None;
    }

    /// Takes a packet that came at `clock`.
    pub(super) fn take(
        &mut self,
        clock: u64,
        (codec, arrival): (VideoCodec, Arrival),
        packet: &Packet<'_>,
        chunks: &mut Vec<Chunk>,
    ) {
        let known = self.assembler.as_ref().map(Assembler::codec);
        let same = known == Some(codec) && self.ssrc == packet.header.ssrc;
        let number = match arrival {
            Arrival::New(number) | Arrival::Late(number) if same => number,
            Arrival::New(number) | Arrival::Late(number) | Arrival::Restarted(number) => {
                self.begin_anew(codec, packet.header.ssrc);
                number
            }
            Arrival::Repeated | Arrival::Stranger => return,
        };
        if self.masked {
            return;
        }
        if number < *self.next.get_or_insert(number) {
            return;
        }
        let held = Held {
            came: clock,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            payload: packet.payload.to_vec(),
        };
        self.held.insert(number, held);
        self.go_on(clock, chunks);
    }

    /// Whether a whole picture should be asked for now.
    pub(super) fn wants(&mut self, clock: u64) -> bool {
        let waits = self.assembler.as_ref().is_some_and(Assembler::waits);
        let rested = self.asked.is_none_or(|at| clock >= at + ASK);
        let wants = waits && rested && !self.masked;
        if wants {
            self.asked = Some(clock);
        }
        wants
    }

    /// Ends the file at an instant of the engine's clock.
    pub(super) fn finish(mut self, end: i64, chunks: &mut Vec<Chunk>) {
        while !self.held.is_empty() {
            self.skip();
            self.put_next(chunks);
        }
        chunks.push(Chunk::End {
            recording: self.recording,
            length: (end - self.origin).max(self.last + 1).max(0) as u64,
        });
    }

    /// Another source, or another encoding: its numbers and timestamps mean something else.
    fn begin_anew(&mut self, codec: VideoCodec, ssrc: u32) {
        self.assembler = Some(Assembler::new(codec));
        self.held.clear();
        self.ssrc = ssrc;
        (self.next, self.offset, self.least, self.asked) = (None, None, None, None);
    }

    /// Passes on what is next, and gives up what has been waited for too long.
    fn go_on(&mut self, clock: u64, chunks: &mut Vec<Chunk>) {
        loop {
            self.put_next(chunks);
            let Some((_, oldest)) = self.held.first_key_value() else {
                return;
            };
            let late = clock.saturating_sub(oldest.came) >= HELD_BACK;
            if !late && self.held.len() <= MAX_HELD {
                return;
            }
            self.skip();
        }
    }

    /// What is missing does not come any more.
    fn skip(&mut self) {
        let first = self.held.first_key_value().map(|(number, _)| *number);
        if first.is_some() && first != self.next {
            self.next = first;
            if let Some(assembler) = &mut self.assembler {
                assembler.lose();
            }
        }
    }

    fn put_next(&mut self, chunks: &mut Vec<Chunk>) {
        while let Some(number) = self.next
            && let Some(held) = self.held.remove(&number)
        {
            self.next = Some(number + 1);
            let assembler = self.assembler.as_mut();
            let made = assembler.and_then(|a| a.put(held.timestamp, held.marker, &held.payload));
            if let Some(picture) = made {
                self.put(held.came, picture, chunks);
            }
        }
    }

    fn put(&mut self, came: u64, picture: Picture, chunks: &mut Vec<Chunk>) {
        let place = self.place(came, picture.timestamp);
        let Some(codec) = self.assembler.as_ref().map(Assembler::codec) else {
            return;
        };
        // Two pictures at one instant would be one for a player: a millisecond lies between them.
        let place = place.max(self.last + SAMPLES);
        self.last = place;
        chunks.push(Chunk::Picture {
            recording: self.recording,
            at: place.max(0) as u64,
            codec,
            picture,
        });
    }

    /// Where a picture belongs, in samples from the begin.
    fn place(&mut self, came: u64, timestamp: u32) -> i64 {
        let taken = self.stamps.extend(timestamp) * SAMPLES / TICKS;
        let arrival = came as i64 - self.origin;
        let place = self.offset.map(|offset| taken + offset);
        let Some(place) = place.filter(|place| (arrival - place).abs() <= LATE) else {
            (self.offset, self.least) = (Some(arrival - taken), None);
            return arrival;
        };
        if came / SECOND != self.second {
            self.second = came / SECOND;
            let by = self.least.take().unwrap_or(0).clamp(-STEP, STEP);
            self.offset = self.offset.map(|offset| offset + by);
        }
        let late = arrival - place;
        if late < 0 {
            // Nothing is seen before it comes: those before it have taken a longer way.
            (self.offset, self.least) = (self.offset.map(|offset| offset + late), Some(0));
            return arrival;
        }
        self.least = Some(self.least.map_or(late, |least| least.min(late)));
        place
    }
}

impl Engine {
    /// Begins a recording of a leg's pictures, and asks for a whole one.
    pub(super) fn film(
        &mut self,
        now: Instant,
        recording: RecordingId,
        id: LegId,
        origin: Instant,
        out: &mut Out,
    ) {
        let (clock, origin) = (self.moment(now).clock, self.samples_at(origin));
        let twice = self.recordings.contains_key(&recording);
        let why = match self.named(id) {
            Some(_) if twice => "the recording runs already",
            Some((_, leg)) if leg.films.len() >= MAX_RECORDINGS => "too many recordings",
            Some((_, leg)) => {
                leg.films.push(Film::new(recording, origin));
                leg.ask(clock, &Feedback::Refresh { media: 0 }, out);
                self.recordings.insert(recording, id);
                return;
            }
            None => "no such leg",
        };
        out.events.push(Event::Failed { leg: id, why });
        if !twice {
            let length = 0;
            out.chunks.push(Chunk::End { recording, length });
        }
    }
}

impl Leg {
    /// Gives a packet to those who keep pictures; whether they need a whole one.
    pub(super) fn expose(
        &mut self,
        clock: u64,
        what: (VideoCodec, Arrival),
        packet: &Packet<'_>,
        chunks: &mut Vec<Chunk>,
    ) -> bool {
        let mut wants = false;
        for film in &mut self.films {
            film.take(clock, what, packet, chunks);
            wants |= film.wants(clock);
        }
        wants
    }
}
