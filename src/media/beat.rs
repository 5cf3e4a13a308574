//! The beat: every 20 ms each leg that is not served by packets gets a frame.
//!
//! Two passes, so that a leg's voice is taken from its playout buffer once for all who hear it:
//! first every voice gives its frame, then every leg is sent what it hears.

use super::control::Moment;
use super::engine::Engine;
use super::leg::Route;
use super::voice;
use super::{BEAT, Event, Out};
use crate::audio::FRAME;
use crate::rtp::Pulled;
use std::time::{Duration, Instant};

/// Beats made up for when the process was late; of more, all but the last are left out (F20).
const CATCH_UP: u32 = 3;
/// Standing still for so long, the process cannot say that a peer was silent.
const FROZEN: Duration = Duration::from_millis(500);
/// What is read within this time, or an eighth of the standstill, after it had been waiting.
const DRAIN: Duration = Duration::from_millis(100);
/// How much too early a beat may come.
const EARLY: Duration = Duration::from_millis(5);

impl Engine {
    /// To be called every [`BEAT`] while there are legs; not more often, and later is made up for
    /// by at most a few frames.
    pub fn beat(&mut self, now: Instant, out: &mut Out) {
        if self.is_idle() {
            self.next_beat = None;
            return;
        }
        let mut next = self.next_beat.unwrap_or(now);
        let late = now.saturating_duration_since(next);
        if late >= BEAT * CATCH_UP {
            self.totals.skipped += (late.as_millis() / BEAT.as_millis()) as u64;
            if late >= FROZEN {
                let legs = self.legs.iter_mut().flatten();
                legs.for_each(|leg| leg.forgive(now, late));
                self.stale_until = Some(now + DRAIN.max(late / 8));
            }
            next = now;
        }
        while next <= now + EARLY {
            self.frame(self.moment(next), out);
            next += BEAT;
        }
        self.next_beat = Some(next);
        let moment = self.moment(now);
        for leg in self.legs.iter_mut().flatten() {
            leg.pass(now, moment, &mut self.random, out);
        }
        self.pass_browsers(now, out);
    }

    /// Whether packets that are read now have been waiting while the process stood still: they are
    /// recorded, but nobody wants to hear them all at once (F20).
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        self.stale_until.is_some_and(|until| now < until)
            || self.next_beat.is_some_and(|next| now > next + FROZEN)
    }

    fn frame(&mut self, moment: Moment, out: &mut Out) {
        for leg in self.legs.iter_mut().flatten() {
            if let Some(voice) = &mut leg.voice {
                let pulled = voice.playout.pull(moment.clock, &mut voice.frame);
                voice.speaks = pulled != Pulled::Silence;
            }
        }
        for slot in 0..self.legs.len() {
            self.serve(slot, moment.clock, out);
        }
    }

    /// Sends a leg what it hears, unless that comes in packets.
    fn serve(&mut self, slot: usize, clock: u64, out: &mut Out) {
        let mixed = self.mixed(slot);
        let Some(leg) = self.legs.get_mut(slot).and_then(Option::as_deref_mut) else {
            return;
        };
        let payload = &mut self.payload;
        if leg.keypad.is_busy() {
            self.totals.sent += leg.send_key(clock, payload, out);
            return;
        }
        // A prompt begins when the leg is ready to hear it.
        let ready = leg.stream().filter(|_| leg.is_reached());
        let Some(codec) = ready.map(|stream| stream.codec) else {
            return;
        };
        payload.clear();
        match &leg.route {
            Route::Silence => {}
            Route::Player => leg.player.fill(codec, payload),
            Route::Relay(_) if !leg.outbound.is_starved(clock) => return,
            Route::Relay(_) => {}
            Route::Mix(_) => {
                if let Some(mixed) = mixed {
                    leg.encode(&mixed, payload);
                }
            }
        }
        if payload.is_empty() {
            payload.extend_from_slice(codec.silence());
        }
        self.totals.sent += leg.send(clock, payload, out);
        let over = leg.has_sent_all().then(|| leg.player.finished());
        if let Some(play) = over.flatten() {
            out.events.push(Event::Played { leg: leg.id, play });
        }
    }

    /// Mixes what a leg hears of others; `None` if nobody says anything.
    fn mixed(&self, slot: usize) -> Option<[i16; FRAME]> {
        let leg = self.legs.get(slot).and_then(Option::as_deref)?;
        let (Route::Mix(from), Some(stream)) = (&leg.route, leg.stream()) else {
            return None;
        };
        let voice = |slot: &usize| {
            let from = self.legs.get(*slot)?.as_deref()?;
            from.voice
                .as_deref()
                .filter(|_| from.passes(true)(false, stream))
        };
        let mut frame = [0; FRAME];
        let heard = stream.sends && voice::mix(from.iter().filter_map(voice), &mut frame);
        heard.then_some(frame)
    }
}
