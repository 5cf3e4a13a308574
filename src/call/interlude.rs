//! What a customer hears who has to wait for a moment: on hold, or on the way to somebody else. Music,
//! and a message from time to time (R117, R122, R131, R132).
//!
//! ```text
//!   first at once ─▶ Message ──heard──▶ Music ──so long after the end of the message (D8)──▶ Message
//!   first later ───────────────────────▶ Music
//! ```

use super::Hears;
use crate::id::SoundId;
use std::time::{Duration, Instant};

/// What a customer hears who has to wait for a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Interlude {
    music: Hears,
    message: Option<(SoundId, Duration)>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Music {
        /// When the message is said next.
        until: Option<Instant>,
    },
    Message {
        play: u64,
    },
}

impl Interlude {
    /// Music, and this message so long after it has been heard last; for the first time after as long.
    pub fn new(now: Instant, music: Hears, message: Option<(SoundId, Duration)>) -> Self {
        let until = message.map(|(_, every)| now + every);
        Self {
            music,
            message,
            stage: Stage::Music { until },
        }
    }

    /// The same, but the message comes first. `play` is the number of its playing.
    pub fn with_message_first(self, play: u64) -> Self {
        let stage = match self.message {
            Some(_) => Stage::Message { play },
            None => self.stage,
        };
        Self { stage, ..self }
    }

    /// What is heard at this moment.
    pub fn hears(&self) -> Hears {
        match (self.stage, self.message) {
            (Stage::Message { play }, Some((sound, _))) => Hears::Message { play, sound },
            (Stage::Message { .. } | Stage::Music { .. }, _) => self.music,
        }
    }

    /// A deadline may have passed: the message is said under this number. Says whether it is.
    pub fn due(&mut self, now: Instant, play: u64) -> bool {
        let due = self.poll_timeout().is_some_and(|until| until <= now);
        if due {
            self.stage = Stage::Message { play };
        }
        due
    }

    /// A message has been heard to its end. Says whether it was this one.
    pub fn heard(&mut self, now: Instant, heard: u64) -> bool {
        let is_it = matches!(self.stage, Stage::Message { play } if play == heard);
        if is_it {
            let until = self.message.map(|(_, every)| now + every);
            self.stage = Stage::Music { until };
        }
        is_it
    }

    /// When to ask [`Interlude::due`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.stage {
            Stage::Music { until } => until,
            Stage::Message { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MUSIC: Hears = Hears::Music(SoundId(1));
    const SOUND: SoundId = SoundId(2);
    const EVERY: Duration = Duration::from_secs(10);

    #[test]
    fn d8_the_interval_counts_from_the_end_of_the_message() {
        let now = Instant::now();
        let at = |seconds| now + Duration::from_secs(seconds);
        let mut interlude = Interlude::new(now, MUSIC, Some((SOUND, EVERY)));
        assert_eq!(interlude.hears(), MUSIC);
        assert!(!interlude.due(at(9), 7) && interlude.due(at(10), 7));
        let (play, sound) = (7, SOUND);
        assert_eq!(interlude.hears(), Hears::Message { play, sound });
        assert_eq!(interlude.poll_timeout(), None);
        assert!(!interlude.heard(at(12), 6), "another one");
        assert!(interlude.heard(at(13), 7) && !interlude.heard(at(13), 7));
        assert_eq!(interlude.poll_timeout(), Some(at(23)));
    }

    #[test]
    fn the_message_may_come_first_if_there_is_one() {
        let now = Instant::now();
        let first = Interlude::new(now, MUSIC, Some((SOUND, EVERY))).with_message_first(3);
        let (play, sound) = (3, SOUND);
        assert_eq!(first.hears(), Hears::Message { play, sound });
        let none = Interlude::new(now, MUSIC, None).with_message_first(3);
        assert_eq!((none.hears(), none.poll_timeout()), (MUSIC, None));
    }
}
