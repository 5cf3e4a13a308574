//! A press and who gets to know it: the switch, and those who hear the leg.
//!
//! ```text
//!   pressed by   │ a hearer with events             │ a hearer without
//!   ─────────────┼──────────────────────────────────┼────────────────────────────
//!   events       │ the packets, relayed (of one and │ tones
//!                │ the same clock); else events     │
//!   tones        │ events, and the tones are muted  │ the sound as it is
//!   signalling   │ events                           │ tones
//! ```
//!
//! A hearer that wants keys by signalling gets them so, and neither packets nor tones of them; one
//! that wants events or nothing gets nothing where it has none.
//!
//! Tones are recognised within 38 ms. So much of them has passed by then, which is less than what a
//! detector takes for a key.

use super::engine::Engine;
use super::leg::{Leg, Route};
use super::press::Way;
use super::{Event, KeysBy, Out, Stream};
use crate::audio::dtmf;
use crate::id::LegId;
use std::time::Instant;

/// How long a key is pressed that is passed on in another way than it came, in milliseconds.
const PRESS: u16 = 100;

impl Engine {
    /// A press was said by signalling.
    pub(super) fn signalled(
        &mut self,
        now: Instant,
        id: LegId,
        digit: char,
        milliseconds: u16,
        out: &mut Out,
    ) {
        let clock = self.moment(now).clock;
        let lasted = u64::from(milliseconds) * 8;
        if dtmf::tones(digit).is_some()
            && let Some((slot, _)) = self.named(id)
        {
            self.pressed(slot, clock, (digit, Way::Signalling), lasted, out);
        }
    }

    /// A press begins, or is said again in another way.
    pub(super) fn pressed(
        &mut self,
        slot: usize,
        clock: u64,
        (digit, way): (char, Way),
        lasted: u64,
        out: &mut Out,
    ) {
        let Some(leg) = self.leg(slot) else { return };
        if !leg.presses.add(clock, digit, way, lasted) {
            return;
        }
        let id = leg.id;
        out.events.push(Event::Digit { leg: id, digit });
        let hearers = self.heard.range((id, LegId(0))..=(id, LegId(u64::MAX)));
        let hearers: Vec<usize> = hearers
            .filter(|(_, hearer)| *hearer != id)
            .filter_map(|(_, hearer)| self.names.get(hearer).copied())
            .collect();
        let hearing = |hearer: &usize| self.legs.get(*hearer).and_then(Option::as_deref);
        // One of them has no time for the packets: then all are told on the beat.
        let busy = hearers
            .iter()
            .filter_map(hearing)
            .any(|leg| leg.keypad.is_busy());
        let clock_rate = self.leg(slot).map(|leg| leg.key_rate);
        for hearer in hearers {
            let Some(hearer) = self.leg(hearer) else {
                continue;
            };
            let Some(stream) = hearer.stream() else {
                continue;
            };
            let events = stream.events.map(|events| events.sent.clock_rate);
            let passes = match way {
                Way::Events => {
                    let relayed = hearer.route == Route::Relay(slot);
                    stream.is_told_in_packets() && events == clock_rate && !busy && relayed
                }
                Way::Tones => stream.is_told_in_sound() && !busy,
                Way::Signalling => false,
            };
            if !passes {
                hearer.press(digit, PRESS, &mut out.events);
            }
        }
        if busy && let Some(leg) = self.leg(slot) {
            match way {
                Way::Events => leg.presses.events_known = true,
                Way::Tones => leg.presses.tones_known = true,
                Way::Signalling => {}
            }
        }
    }
}

impl Leg {
    /// Tells the peer of a key, in the way it wants.
    pub(super) fn press(&mut self, digit: char, milliseconds: u16, events: &mut Vec<Event>) {
        let Some(stream) = self.stream() else {
            return;
        };
        let leg = self.id;
        match stream.keys_by {
            KeysBy::Events if stream.events.is_none() => {}
            KeysBy::Stream | KeysBy::Events => self.keypad.press(digit, milliseconds),
            KeysBy::Signalling if dtmf::tones(digit).is_some() => events.push(Event::Tell {
                leg,
                digit,
                milliseconds,
            }),
            KeysBy::Signalling => {}
        }
    }

    /// Whether a packet of this leg, a key or sound, may reach a hearer's stream: not what has been
    /// passed on in another way. In a playout buffer tones last for a moment longer.
    pub(super) fn passes(&self, buffered: bool) -> impl Fn(bool, &Stream) -> bool + use<> {
        let ear = self.ear.as_ref();
        let toning = ear.is_some_and(|ear| ear.is_pressed() || buffered && ear.lingers());
        let (events_known, tones_known) = (self.presses.events_known, self.presses.tones_known);
        move |key, to| {
            if key {
                !events_known && to.is_told_in_packets()
            } else {
                !toning || to.is_told_in_sound() && !tones_known
            }
        }
    }
}

impl Stream {
    /// Whether packets of keys may be passed on to it.
    fn is_told_in_packets(&self) -> bool {
        match self.keys_by {
            KeysBy::Stream | KeysBy::Events => self.events.is_some(),
            KeysBy::Signalling => false,
        }
    }

    /// Whether the tones of keys may be passed on to it, as any sound.
    fn is_told_in_sound(&self) -> bool {
        match self.keys_by {
            KeysBy::Stream | KeysBy::Events => self.events.is_none(),
            KeysBy::Signalling => false,
        }
    }
}
