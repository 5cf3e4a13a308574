//! What phones have heard, and what the engine has told of their keys.

use super::*;

impl World {
    /// What the phone heard in the last so many seconds, as its timestamps place it.
    pub(super) fn heard(&self, phone: usize, seconds: f64) -> Vec<i16> {
        let phone = &self.phones[phone];
        let since = self.now - Duration::from_secs_f64(seconds);
        let sound = phone.codec.payload_type();
        let (mut first, mut samples) = (None, vec![]);
        let mut decoder = Decoder::new(phone.codec);
        let all = phone.got.iter();
        for (came, header, payload) in all.filter(|got| got.1.payload_type == sound) {
            let mut decoded = vec![];
            decoder.decode(payload, &mut decoded);
            if *came < since {
                continue;
            }
            let first = *first.get_or_insert(header.timestamp);
            let ticks = header.timestamp.wrapping_sub(first);
            let at = (ticks / phone.codec.ticks()) as usize;
            if at < 8000 * 3600 {
                samples.resize(samples.len().max(at + decoded.len()), 0);
                samples[at..at + decoded.len()].copy_from_slice(&decoded);
            }
        }
        samples
    }

    /// How much of what a phone heard in the last half second was this tone: 0–1.
    pub(super) fn share(&self, phone: usize, hz: u32) -> f32 {
        crate::audio::tone::share(&self.heard(phone, 0.5), hz as f32)
    }

    /// Asserts that numbers and timestamps of what the phone got never jumped.
    pub(super) fn assert_even(&self, phone: usize) {
        for pair in self.phones[phone].got.windows(2) {
            let ((_, a, sound), (_, b, _)) = (&pair[0], &pair[1]);
            assert_eq!(b.sequence, a.sequence.wrapping_add(1));
            let length = self.phones[phone].codec.duration(sound);
            assert_eq!(b.timestamp, a.timestamp.wrapping_add(length));
            assert_eq!(a.ssrc, b.ssrc);
        }
    }

    /// The same of the sound alone, where pictures came as well.
    pub(super) fn assert_even_sound(&self, phone: usize) {
        let sound = self.phones[phone].codec.payload_type();
        let got = self.phones[phone].got.iter();
        let all: Vec<_> = got.filter(|got| got.1.payload_type == sound).collect();
        for pair in all.windows(2) {
            let (a, b) = (&pair[0].1, &pair[1].1);
            assert_eq!(b.sequence, a.sequence.wrapping_add(1));
            assert!(pair[1].0.duration_since(pair[0].0) < Duration::from_millis(30));
        }
    }

    pub(super) fn digits(&self, phone: usize) -> String {
        let leg = self.leg(phone);
        let mut digits = String::new();
        for event in &self.events {
            if let Event::Digit { leg: of, digit } = event
                && *of == leg
            {
                digits.push(*digit);
            }
        }
        digits
    }
}
