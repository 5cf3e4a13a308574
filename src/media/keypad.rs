//! Keys pressed towards a peer, in the way it wants: telephone-event packets (RFC 4733) where they
//! were agreed on, the tones themselves otherwise.
//!
//! ```text
//!   idle ──press──▶ a packet or frame each beat, instead of the sound ──▶ 60 ms of pause ──▶ next
//! ```

use crate::audio::FRAME;
use crate::audio::dtmf;
use crate::audio::tone::Tone;
use crate::rtp::{Press, Pressed};
use std::collections::VecDeque;

/// Presses that wait for their turn; of more, the last ones are left out.
const MAX_WAITING: usize = 32;
/// How long a press lasts, in milliseconds: a detector needs 40, and nobody wants to wait.
const LENGTHS: std::ops::RangeInclusive<u16> = 40..=5000;
/// Between two presses, in beats.
const PAUSE: u8 = 3;
/// Each of the two tones: −9 dBm0.
const LEVEL: f32 = -15.2;

/// What is being pressed and what waits.
#[derive(Debug, Default)]
pub(super) struct Keypad {
    waiting: VecDeque<(char, u16)>,
    now: Option<Now>,
}

#[derive(Debug)]
enum Now {
    Events { press: Press, begun: bool },
    Tones { tone: Tone, beats: u16 },
    Pause { beats: u8 },
}

/// What the next 20 ms are.
#[derive(Debug)]
pub(super) enum Pulled {
    /// A telephone-event packet; whether it is the first one of a press.
    Event(Pressed, bool),
    /// Sound: the frame is filled.
    Sound,
    /// Nothing needs to be sent.
    Nothing,
}

impl Keypad {
    /// Presses a key for so many milliseconds, after those that wait. What is no key is left out.
    pub(super) fn press(&mut self, digit: char, milliseconds: u16) {
        if dtmf::tones(digit).is_some() && self.waiting.len() < MAX_WAITING {
            let length = milliseconds.clamp(*LENGTHS.start(), *LENGTHS.end());
            self.waiting.push_back((digit, length));
        }
    }

    /// Whether it has the stream for itself.
    pub(super) fn is_busy(&self) -> bool {
        self.now.is_some() || !self.waiting.is_empty()
    }

    /// Gives the next 20 ms, by events of this clock rate or as sound in `frame`.
    pub(super) fn pull(&mut self, rate: Option<u32>, frame: &mut [i16; FRAME]) -> Pulled {
        let events = rate.is_some();
        frame.fill(0);
        // The agreement may change within a press: then that is over.
        match &self.now {
            Some(Now::Events { .. }) if !events => self.now = Some(Now::Pause { beats: PAUSE }),
            Some(Now::Tones { .. }) if events => self.now = Some(Now::Pause { beats: PAUSE }),
            Some(Now::Events { .. } | Now::Tones { .. } | Now::Pause { .. }) => {}
            None => self.now = self.waiting.pop_front().and_then(|next| begin(next, rate)),
        }
        match &mut self.now {
            None => Pulled::Nothing,
            Some(Now::Events { press, begun }) => {
                if let Some(pressed) = press.pull() {
                    return Pulled::Event(pressed, !std::mem::replace(begun, true));
                }
                self.rest(PAUSE - 1);
                Pulled::Nothing
            }
            Some(Now::Tones { tone, beats }) => {
                tone.fill(frame);
                *beats = beats.saturating_sub(1);
                if *beats == 0 {
                    self.rest(PAUSE);
                }
                Pulled::Sound
            }
            Some(Now::Pause { beats }) => {
                let left = beats.saturating_sub(1);
                self.rest(left);
                if events {
                    Pulled::Nothing
                } else {
                    Pulled::Sound
                }
            }
        }
    }

    fn rest(&mut self, beats: u8) {
        self.now = (beats > 0).then_some(Now::Pause { beats });
    }
}

fn begin((digit, milliseconds): (char, u16), rate: Option<u32>) -> Option<Now> {
    if let Some(rate) = rate {
        let press = Press::new(digit, milliseconds, rate)?;
        return Some(Now::Events {
            press,
            begun: false,
        });
    }
    let tone = Tone::new(&dtmf::tones(digit)?, LEVEL);
    let beats = milliseconds.div_ceil(20);
    Some(Now::Tones { tone, beats })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::dtmf::Detector;
    use crate::rtp::{Header, Keys};

    const ALL: &str = "1123A456B789C*0#D";

    #[test]
    fn every_key_is_understood_by_events() {
        let (mut keys, mut keypad, mut heard) = (Keys::default(), Keypad::default(), String::new());
        ALL.chars().for_each(|key| keypad.press(key, 100));
        let (mut clock, mut timestamp) = (0, 0);
        while keypad.is_busy() {
            clock += 160;
            if let Pulled::Event(pressed, marker) = keypad.pull(Some(8000), &mut [0; FRAME]) {
                timestamp = if marker { clock } else { timestamp };
                let header = Header {
                    marker,
                    timestamp,
                    ..Header::default()
                };
                heard.extend(keys.update(&header, &pressed.payload, 8000));
            }
        }
        assert_eq!(heard, ALL);
    }

    #[test]
    fn every_key_is_understood_by_its_tones_however_short() {
        for milliseconds in [0, 40, 100] {
            let (mut ear, mut keypad, mut heard) =
                (Detector::default(), Keypad::default(), String::new());
            ALL.chars().for_each(|key| keypad.press(key, milliseconds));
            while keypad.is_busy() {
                let mut frame = [0; FRAME];
                if matches!(keypad.pull(None, &mut frame), Pulled::Sound) {
                    heard.extend(ear.hear(&frame));
                }
            }
            assert_eq!(heard, ALL);
        }
    }

    #[test]
    fn too_many_keys_and_no_keys_are_left_out() {
        let mut keypad = Keypad::default();
        (0..1000).for_each(|_| keypad.press('x', 100));
        assert!(!keypad.is_busy());
        (0..1000).for_each(|_| keypad.press('1', u16::MAX));
        assert_eq!(keypad.waiting.len(), MAX_WAITING);
    }
}
