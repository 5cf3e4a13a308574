//! Who hears whom: decided when it changes, so that a packet only follows it.
//!
//! ```text
//!   hears Leg(b), same codec       ──▶ Relay: b's packets, when they come; of G.711 in our law
//!   hears Leg(b) otherwise, Mix    ──▶ Mix:   b decoded through its playout buffer, on the beat
//!   b is not there yet             ──▶ Silence, until it is opened and described
//! ```
//!
//! Relayed packets are as long as they came: where a byte is a sample the lengths that the two legs
//! agreed on must be the same, in Opus any may follow any. A peer that wants fewer bits of Opus than
//! we allow others is not relayed to.

use super::engine::{Engine, SHARED};
use super::leg::{Leg, Route, Taken};
use super::voice::Voice;
use super::{MAX_MIX, Out, Source, Stream};
use crate::audio::{Codec, FRAME, opus};
use crate::id::LegId;
use crate::rtp::{Packet, Playout};

impl Engine {
    /// From now on the leg hears this; its player has been told.
    pub(super) fn listen(&mut self, id: LegId, mut source: Source) {
        if let Source::Mix(legs) = &mut source {
            legs.truncate(MAX_MIX);
            let mut seen = vec![];
            legs.retain(|leg| {
                !seen.contains(leg) && {
                    seen.push(*leg);
                    true
                }
            });
        }
        let Some(&slot) = self.names.get(&id) else {
            return;
        };
        let Some(leg) = self.leg(slot) else { return };
        let new = heard_legs(&source).to_vec();
        let old = std::mem::replace(&mut leg.source, source);
        for heard in heard_legs(&old) {
            self.heard.remove(&(*heard, id));
        }
        self.heard.extend(new.into_iter().map(|heard| (heard, id)));
        self.replan(slot);
    }

    /// The leg hears nothing any more and leaves nothing behind with others.
    pub(super) fn listen_nothing(&mut self, slot: usize, id: LegId) {
        let Some(leg) = self.leg(slot) else { return };
        let old = std::mem::replace(&mut leg.source, Source::Silence);
        for heard in heard_legs(&old) {
            self.heard.remove(&(*heard, id));
        }
        self.take_route(slot, Route::Silence);
    }

    /// A leg has come, changed or gone: it and all who hear it are planned anew.
    pub(super) fn replan_around(&mut self, id: LegId) {
        let hearers = self.heard.range((id, LegId(0))..=(id, LegId(u64::MAX)));
        let hearers: Vec<LegId> = hearers.map(|(_, hearer)| *hearer).chain([id]).collect();
        for hearer in hearers {
            if let Some(&slot) = self.names.get(&hearer) {
                self.replan(slot);
            }
        }
    }

    fn replan(&mut self, slot: usize) {
        let Some(leg) = self.legs.get(slot).and_then(Option::as_deref) else {
            return;
        };
        let route = self.plan(leg);
        if route != leg.route {
            self.take_route(slot, route);
        } else if route == Route::Player {
            // The same way, but another sound begins.
            if let Some(leg) = self.leg(slot) {
                leg.outbound.change();
            }
        }
    }

    /// How what a leg hears should reach it.
    fn plan(&self, leg: &Leg) -> Route {
        let heard = match &leg.source {
            Source::Silence => return Route::Silence,
            Source::Play { .. } | Source::Loop(_) => return Route::Player,
            Source::Leg(_) | Source::Mix(_) => heard_legs(&leg.source),
        };
        let Some(stream) = leg.stream() else {
            return Route::Silence;
        };
        let there = heard.iter().filter_map(|id| {
            let slot = *self.names.get(id)?;
            let theirs = self.legs.get(slot)?.as_deref()?.stream()?;
            Some((slot, fits(theirs, stream)))
        });
        let there: Vec<_> = there.collect();
        match there[..] {
            [] => Route::Silence,
            [(slot, true)] if heard.len() == 1 => Route::Relay(slot),
            _ => Route::Mix(there.into_iter().map(|(slot, _)| slot).collect()),
        }
    }

    fn take_route(&mut self, slot: usize, route: Route) {
        let Some(leg) = self.leg(slot) else { return };
        let old = leg.route.clone();
        leg.take_route(route.clone());
        match old {
            Route::Silence | Route::Player => {}
            Route::Relay(from) => {
                if let Some(from) = self.leg(from) {
                    from.relays.retain(|to| *to != slot);
                }
            }
            Route::Mix(from) => from.into_iter().for_each(|from| self.hear_out(from, false)),
        }
        match route {
            Route::Silence | Route::Player => {}
            Route::Relay(from) => {
                if let Some(from) = self.leg(from) {
                    from.relays.push(slot);
                }
            }
            Route::Mix(from) => from.into_iter().for_each(|from| self.hear_out(from, true)),
        }
    }

    /// One more hears a leg decoded, or one less.
    fn hear_out(&mut self, slot: usize, more: bool) {
        let Some(leg) = self.leg(slot) else { return };
        leg.mixers = if more {
            leg.mixers + 1
        } else {
            leg.mixers.saturating_sub(1)
        };
        if leg.mixers == 0 {
            leg.voice = None;
        } else if leg.voice.is_none() {
            leg.voice = Some(Box::new(Voice {
                playout: Playout::default(),
                frame: [0; FRAME],
                speaks: false,
            }));
        }
    }

    /// Gives a packet's sound to the leg's recordings and its playout buffer, if there are any.
    /// What is stale is recorded where it belongs, and not heard. A key, if its tones are in it.
    pub(super) fn decode(
        &mut self,
        slot: usize,
        clock: u64,
        taken: Taken,
        packet: &Packet<'_>,
        stale: bool,
    ) -> Option<char> {
        let mut digit = None;
        let mut samples = std::mem::take(&mut self.samples);
        if let (Taken::Sound(sound), Some(leg)) = (taken, self.leg(slot)) {
            let codec = leg.stream().map(|stream| stream.codec);
            let wanted = leg.voice.is_some() || !leg.tracks.is_empty() || leg.ear.is_some();
            if let Some(codec) = codec.filter(|_| wanted) {
                samples.clear();
                let inbound = &mut leg.inbound;
                let decoded = inbound.decode(codec, sound, packet.payload, &mut samples);
                digit = leg.hear(clock, decoded, &samples, stale);
            } else {
                leg.inbound.pass_over();
            }
        }
        self.samples = samples;
        digit
    }

    /// Sends a packet on to the legs that get it at once.
    pub(super) fn relay(
        &mut self,
        slot: usize,
        clock: u64,
        taken: Taken,
        payload: &[u8],
        out: &mut Out,
    ) {
        let (Taken::Sound(relayed) | Taken::Key(relayed, _)) = taken else {
            return;
        };
        let key = matches!(taken, Taken::Key(..));
        let Some(leg) = self.leg(slot) else { return };
        let Some(codec) = leg.stream().map(|stream| stream.codec) else {
            return;
        };
        let relays = std::mem::take(&mut leg.relays);
        let (passes, key_rate) = (leg.passes(false), leg.key_rate);
        let mut other = std::mem::take(&mut self.payload);
        for &to in &relays {
            let Some(to) = self.leg(to) else { continue };
            let Some(stream) = to.stream().copied() else {
                continue;
            };
            let (payload, payload_type) = if to.keypad.is_busy() || !passes(key, &stream) {
                (payload, None)
            } else if key {
                let events = stream.events.map(|events| events.sent);
                let same = events.filter(|events| events.clock_rate == key_rate);
                (payload, same.map(|events| events.payload_type))
            } else if stream.codec == codec {
                (payload, Some(stream.payload_type))
            } else {
                // The two laws have a byte for each byte, so that nothing needs to wait.
                other.clear();
                other.extend_from_slice(payload);
                codec.transcode(stream.codec, &mut other);
                (&other[..], Some(stream.payload_type))
            };
            if to.relay(clock, relayed, payload_type, payload, out) {
                self.totals.relayed += 1;
                self.totals.sent += 1;
            }
        }
        self.payload = other;
        if let Some(leg) = self.leg(slot) {
            leg.relays = relays;
        }
    }

    /// The invariants: what must hold after every call, whatever came before.
    ///
    /// # Panics
    /// If one does not hold.
    pub fn check(&self) {
        let there = self.legs.iter().enumerate();
        let there: Vec<(usize, &Leg)> = there
            .filter_map(|(slot, leg)| Some((slot, leg.as_deref()?)))
            .collect();
        assert_eq!(there.len(), self.names.len(), "each leg has one name");
        let browsers = there.iter().filter(|(_, leg)| leg.port == SHARED).count();
        self.check_slots(there.len(), browsers);
        let slots: Vec<usize> = there.iter().map(|(slot, _)| *slot).collect();
        let strays = self.browsers.strays(&slots);
        assert_eq!(
            strays, 0,
            "no name or address of a browser outlives its leg"
        );
        for &(slot, leg) in &there {
            let id = leg.id;
            assert_eq!(self.names.get(&id), Some(&slot), "{id} is named");
            let port = Some(leg.port).filter(|port| *port != SHARED);
            let found = port.is_none_or(|port| self.slot_of(port) == Some(slot));
            assert!(found, "{id} has its port");
            assert!(leg.route == self.plan(leg), "{id} hears what was planned");
            for heard in heard_legs(&leg.source) {
                assert!(
                    self.heard.contains(&(*heard, id)),
                    "{id} is known to hear {heard}"
                );
            }
            let relays = there.iter().filter(|(_, l)| l.route == Route::Relay(slot));
            let mut relays: Vec<usize> = relays.map(|(slot, _)| *slot).collect();
            let mut known = leg.relays.clone();
            known.sort_unstable();
            relays.sort_unstable();
            assert_eq!(known, relays, "{id} sends to all who hear it");
            let mixes = |l: &Leg| matches!(&l.route, Route::Mix(from) if from.contains(&slot));
            let mixers = there.iter().filter(|(_, l)| mixes(l)).count();
            assert_eq!(leg.mixers, mixers, "{id} is decoded for all who hear it");
            assert_eq!(
                leg.voice.is_some(),
                mixers > 0,
                "{id} is decoded if need be"
            );
        }
        let edges = there.iter().map(|(_, leg)| heard_legs(&leg.source).len());
        assert_eq!(
            self.heard.len(),
            edges.sum::<usize>(),
            "nothing is heard by nobody"
        );
        let tracks = there.iter().map(|(_, leg)| leg.recordings().count()).sum();
        self.check_recordings(tracks);
    }
}

/// Whether the packets of one stream can be sent on in another.
fn fits(from: &Stream, to: &Stream) -> bool {
    from.codec.becomes(to.codec)
        && match to.codec {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => from.packet_time == to.packet_time,
            Codec::Opus => to.opus.bits >= opus::MOST_BITS,
        }
}

/// The legs that a source needs.
pub(super) fn heard_legs(source: &Source) -> &[LegId] {
    match source {
        Source::Silence | Source::Play { .. } | Source::Loop(_) => &[],
        Source::Leg(leg) => std::slice::from_ref(leg),
        Source::Mix(legs) => legs,
    }
}
