//! The keys that a leg's peer presses: one press is one digit, whatever it comes as.
//!
//! ```text
//!   telephone-event packets ──┐
//!   tones in the sound ───────┼──▶ known already, of another way? ──no──▶ a digit, passed on
//!   said by signalling ───────┘          └──yes──▶ the same press, nothing more
//! ```
//!
//! Some phones say each key in two or three ways at once (F28). A key is the same press if another
//! way has said it within the last 300 ms (of a key said by signalling, which many phones do at the
//! end of a press: so long before the press began), and this way has not yet. Each way is matched once, so that a
//! key pressed twice quickly is two digits in any case. Tones are listened for only where events were
//! not agreed on.

use crate::audio::dtmf::Detector;
use std::collections::VecDeque;

/// Between the ways of one press: 300 ms.
const WINDOW: u64 = 2400;
/// No press that is said afterwards is taken for longer: 5 s.
const LONGEST: u64 = 5 * 8000;
/// Nobody presses more keys within [`LONGEST`]; what is more is not taken.
const MAX_RECENT: usize = 64;
/// A gap in the sound that is no loss but a pause: 60 ms.
const PAUSE: i32 = 480;
/// How long what was heard may be in a playout buffer, mostly: 100 ms.
const LINGERS: usize = 800;
/// A jump of the timestamps that is another stream.
const JUMP: i32 = 8000;

/// How a press was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// RFC 4733.
    Events,
    /// In the sound.
    Tones,
    /// By the switch: SIP INFO.
    Signalling,
}

/// The presses of the last seconds.
#[derive(Debug, Default)]
pub(super) struct Presses {
    recent: VecDeque<Press>,
    /// The press that is being said by events, or by tones, was known before it: it has been passed
    /// on, and its packets are not.
    pub(super) events_known: bool,
    pub(super) tones_known: bool,
}

#[derive(Debug)]
struct Press {
    digit: char,
    /// On the engine's clock.
    at: u64,
    ways: Vec<Way>,
}

impl Presses {
    /// A key was pressed at `clock`, or was let go then after `lasted` samples. Whether that is news.
    pub(super) fn add(&mut self, clock: u64, digit: char, way: Way, lasted: u64) -> bool {
        let kept = clock.saturating_sub(LONGEST + WINDOW);
        while self.recent.front().is_some_and(|press| press.at < kept) {
            self.recent.pop_front();
        }
        let since = clock.saturating_sub(lasted.min(LONGEST) + WINDOW);
        let full = self.recent.len() == MAX_RECENT;
        let same = self
            .recent
            .iter_mut()
            .find(|press| press.digit == digit && press.at >= since && !press.ways.contains(&way));
        let new = match same {
            Some(press) => {
                press.ways.push(way);
                false
            }
            None if full => false,
            None => {
                let (at, ways) = (clock, vec![way]);
                self.recent.push_back(Press { digit, at, ways });
                true
            }
        };
        match way {
            Way::Events => self.events_known = !new,
            Way::Tones => self.tones_known = !new,
            Way::Signalling => {}
        }
        new
    }
}

/// Listens for keys in the sound of a peer that has no other way.
#[derive(Debug, Default)]
pub(super) struct Ear {
    detector: Detector,
    /// The timestamp behind what was heard last.
    next: Option<u32>,
    /// Samples until a tone that was heard has left the playout buffer.
    lingering: usize,
}

impl Ear {
    /// Hears a packet. A lost one is passed over, which costs a press some of its length, and one
    /// that was overtaken counts as lost.
    pub(super) fn hear(&mut self, timestamp: u32, samples: &[i16]) -> Option<char> {
        let ahead = self
            .next
            .map_or(0, |next| timestamp.wrapping_sub(next) as i32);
        if (-JUMP..0).contains(&ahead) {
            return None;
        }
        if !(0..=PAUSE).contains(&ahead) {
            self.detector.pause();
        }
        self.next = Some(timestamp.wrapping_add(samples.len() as u32));
        let pressed = self.detector.hear(samples);
        self.lingering = if self.detector.is_pressed() {
            LINGERS
        } else {
            self.lingering.saturating_sub(samples.len())
        };
        pressed
    }

    /// Whether a key was held down so short a time ago that it may still be in the buffer.
    pub(super) fn lingers(&self) -> bool {
        self.lingering > 0
    }

    /// Whether a key is held down.
    pub(super) fn is_pressed(&self) -> bool {
        self.detector.is_pressed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 8;

    fn said(presses: &[(u64, char, Way, u64)]) -> String {
        let mut all = Presses::default();
        let new = presses
            .iter()
            .filter(|(at, digit, way, lasted)| all.add(at * MS, *digit, *way, lasted * MS));
        new.map(|(_, digit, ..)| *digit).collect()
    }

    #[test]
    fn f28_one_press_in_every_way_is_one_digit() {
        use Way::{Events, Signalling, Tones};
        for [a, b, c] in [
            [Events, Signalling, Tones],
            [Signalling, Tones, Events],
            [Tones, Events, Signalling],
        ] {
            let all = [(1000, '5', a, 0), (1080, '5', b, 0), (1290, '5', c, 0)];
            assert_eq!(said(&all), "5");
        }
    }

    #[test]
    fn the_same_key_pressed_twice_is_two_digits_in_two_ways() {
        use Way::{Events, Signalling};
        let close = [
            (1000, '5', Events, 0),
            (1120, '5', Events, 0),
            (1250, '5', Signalling, 0),
            (1400, '5', Signalling, 0),
        ];
        assert_eq!(said(&close), "55");
        let apart = [(1000, '5', Events, 0), (1400, '5', Signalling, 0)];
        assert_eq!(said(&apart), "55");
    }

    #[test]
    fn a_press_that_is_said_at_its_end_is_known_from_its_beginning() {
        use Way::{Events, Signalling};
        let late = [(1000, '5', Events, 0), (4100, '5', Signalling, 3000)];
        assert_eq!(said(&late), "5");
        let endless = [(1000, '5', Events, 0), (9000, '5', Signalling, 60_000)];
        assert_eq!(said(&endless), "55");
    }

    #[test]
    fn other_keys_are_other_presses() {
        let all = "12345".chars().map(|digit| (1000, digit, Way::Events, 0));
        assert_eq!(said(&all.collect::<Vec<_>>()), "12345");
    }

    #[test]
    fn a_flood_of_keys_is_bounded() {
        let flood: Vec<_> = (0..10_000)
            .map(|at| (at / 10, '5', Way::Events, 0))
            .collect();
        assert_eq!(said(&flood).len(), MAX_RECENT);
    }
}
