//! Which packets have been here: extended numbers (RFC 3711 §3.3.1) and the window of those seen
//! (§3.3.2).
//!
//! ```text
//!   index, 48 bits:   turns of the sequence number (ROC) │ sequence number
//!   window:           … 1 0 1 1 1   the highest index is the last bit
//! ```

/// The streams of one key at most. A caller who is passed on and on brings a new one each time; one
/// that brings more than these is not heard under the same key, for what is forgotten could be
/// replayed.
const MAX_STREAMS: usize = 64;

/// How far back packets may come: 2.5 s of packets of 20 ms.
const WINDOW: u64 = 128;

/// The streams of one key, by their SSRC.
#[derive(Clone, Debug, Default)]
pub(super) struct Streams(Vec<Stream>);

/// A stream of packets with one SSRC.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    ssrc: u32,
    window: Window,
}

/// The highest index that was seen and which of those below it.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    /// `None`: nothing has been seen.
    highest: Option<u64>,
    /// Bit n: highest - n was seen.
    seen: u128,
}

impl Streams {
    /// The stream of this name if it is known.
    pub(super) fn find(&mut self, ssrc: u32) -> Option<&mut Stream> {
        // The last one is the one that speaks.
        self.0.iter_mut().rev().find(|stream| stream.ssrc == ssrc)
    }

    pub(super) fn get(&self, ssrc: u32) -> Option<&Stream> {
        self.0.iter().find(|stream| stream.ssrc == ssrc)
    }

    /// The stream of this name, a new one if need be; `None`: there are too many.
    pub(super) fn of(&mut self, ssrc: u32) -> Option<&mut Stream> {
        let known = self.0.iter().rposition(|stream| stream.ssrc == ssrc);
        let place = match known {
            Some(place) => place,
            None if self.0.len() == MAX_STREAMS => return None,
            None => {
                let window = Window::default();
                self.0.push(Stream { ssrc, window });
                self.0.len() - 1
            }
        };
        self.0.get_mut(place)
    }
}

impl Stream {
    /// The index that is most likely meant by a sequence number: the one next to the highest.
    /// `None`: one before the beginning.
    pub(super) fn index_of(&self, sequence: u16) -> Option<u64> {
        let Some(highest) = self.window.highest else {
            return Some(sequence.into());
        };
        let ahead = sequence.wrapping_sub(highest as u16) as i16;
        highest.checked_add_signed(ahead.into())
    }

    pub(super) fn is_new(&self, index: u64) -> bool {
        self.window.is_new(index)
    }

    pub(super) fn accept(&mut self, index: u64) {
        self.window.accept(index);
    }
}

impl Window {
    /// Whether this index has not been seen, as far as that is known.
    pub(super) fn is_new(&self, index: u64) -> bool {
        let Some(highest) = self.highest else {
            return true;
        };
        match highest.checked_sub(index) {
            None => true,
            Some(back) => back < WINDOW && self.seen >> back & 1 == 0,
        }
    }

    /// The packet of this index is authentic: it has been seen now.
    pub(super) fn accept(&mut self, index: u64) {
        let highest = *self.highest.get_or_insert(index);
        match index.checked_sub(highest) {
            Some(ahead) => {
                // A shift by all bits or more leaves none.
                let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
                self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
                self.highest = Some(index);
            }
            None => {
                let back = u32::try_from(highest - index).unwrap_or(u32::MAX);
                self.seen |= 1u128.checked_shl(back).unwrap_or(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_index_is_new_once_and_the_old_ones_are_not() {
        let mut window = Window::default();
        for index in [1000, 1002, 1001, 1127, 1300] {
            assert!(window.is_new(index), "{index}");
            window.accept(index);
            assert!(!window.is_new(index), "{index}");
        }
        assert!(window.is_new(1173) && !window.is_new(1172));
        assert!(!window.is_new(0) && window.is_new(u64::MAX >> 16));
    }

    #[test]
    fn the_number_next_to_the_highest_is_meant() {
        let mut streams = Streams::default();
        let stream = streams.of(7).expect("room");
        for (sequence, index) in [
            (65_530u16, Some(65_530)),
            (3, Some(65_539)),
            (65_531, Some(65_531)),
            (32_000, Some(97_536)),
        ] {
            assert_eq!(stream.index_of(sequence), index, "{sequence}");
            stream.accept(index.expect("one"));
        }
        let mut young = streams.of(8).expect("room").clone();
        young.accept(2);
        assert_eq!(young.index_of(65_535), None, "before the beginning");
    }

    #[test]
    fn streams_are_bounded() {
        let mut streams = Streams::default();
        assert!((0..MAX_STREAMS as u32).all(|ssrc| streams.of(ssrc).is_some()));
        assert!(streams.of(1_000).is_none() && streams.of(5).is_some());
    }
}
