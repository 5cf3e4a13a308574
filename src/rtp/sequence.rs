//! Sequence numbers of a source: RFC 3550 appendix A.1, without its probation.
//!
//! ```text
//!        gap < 3000            ┌──────────┐  one far away
//!     ┌──── in order ────────▶ │ counting │ ───────────────▶ remembered as `stranger`
//!     └───────────────────────  └──────────┘ ◀─────────────── the next one follows it: Restarted
//! ```
//!
//! A probation of two packets would cost the first 20 ms of a call; who may send is decided by
//! address, not here.

/// A gap of so many packets is still loss (RFC 3550 A.1: MAX_DROPOUT).
const DROPOUT: u16 = 3000;
/// So many packets are remembered to tell late from repeated (A.1: MAX_MISORDER is 100).
const MEMORY: u16 = 64;

/// What a packet is, by its number. Extended numbers go on counting at 65536.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Newer than all before.
    New(u64),
    /// Overtaken by others, seen for the first time.
    Late(u64),
    /// Seen before, or too old to tell.
    Repeated,
    /// Far away from all before: dropped, unless the next one follows it.
    Stranger,
    /// The source has started anew: nothing before it counts.
    Restarted(u64),
}

/// The numbers of one source so far.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The highest extended number.
    highest: u64,
    /// The first extended number, or as far below as earlier lives of the source were long.
    first: i64,
    /// Bit *n*: the packet `highest - n` has come.
    seen: u64,
    /// Packets that have come, without repetitions.
    received: u64,
    /// The number after one that was far away.
    stranger: Option<u16>,
    /// What was expected and received at the last report.
    reported: (u64, u64),
}

impl Sequence {
    /// Begins with the first packet.
    pub fn new(first: u16) -> Self {
        // Starts one turn up, so that packets before the first have a number too.
        let first = 0x1_0000 + u64::from(first);
        Self {
            highest: first,
            first: first as i64,
            seen: 1,
            received: 1,
            stranger: None,
            reported: (0, 0),
        }
    }

    /// Counts a packet and says what it is.
    pub fn update(&mut self, number: u16) -> Arrival {
        let ahead = number.wrapping_sub(self.highest as u16);
        let behind = ahead.wrapping_neg();
        if ahead == 0 {
            Arrival::Repeated
        } else if ahead < DROPOUT {
            self.highest += u64::from(ahead);
            self.seen = match ahead {
                1..=63 => self.seen << ahead | 1,
                _ => 1,
            };
            self.received += 1;
            self.stranger = None;
            Arrival::New(self.highest)
        } else if behind < MEMORY {
            let bit = 1 << behind;
            if self.seen & bit != 0 {
                return Arrival::Repeated;
            }
            self.seen |= bit;
            self.received += 1;
            let number = self.highest - u64::from(behind);
            self.first = self.first.min(number as i64);
            Arrival::Late(number)
        } else if self.stranger == Some(number) {
            self.restart(number);
            Arrival::Restarted(self.highest)
        } else if behind < DROPOUT {
            // Too old to tell from a repetition; but a source may also start anew just below.
            self.stranger = Some(number.wrapping_add(1));
            Arrival::Repeated
        } else {
            self.stranger = Some(number.wrapping_add(1));
            Arrival::Stranger
        }
    }

    /// The source begins anew, as with a new SSRC; what was lost until now stays lost.
    pub fn restart(&mut self, first: u16) {
        let (expected, received) = (self.expected(), self.received);
        *self = Self::new(first);
        self.first -= expected as i64;
        self.received += received;
        self.reported = (self.expected(), self.received);
    }

    /// Packets that have come, without repetitions.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Packets that should have come by now.
    pub fn expected(&self) -> u64 {
        (self.highest as i64 - self.first + 1) as u64
    }

    /// Packets that have not come (yet).
    pub fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }

    /// The highest number with its count of turns: the field of a receiver report (RFC 3550 §6.4.1).
    pub fn highest(&self) -> u32 {
        (self.highest - 0x1_0000) as u32
    }

    /// The loss since the last call in 1/256 (RFC 3550 A.3).
    pub fn fraction_lost(&mut self) -> u8 {
        let (expected, received) = (self.expected(), self.received);
        let (before, had) = std::mem::replace(&mut self.reported, (expected, received));
        let due = expected.saturating_sub(before);
        let lost = due.saturating_sub(received.saturating_sub(had));
        (lost * 256).checked_div(due).unwrap_or(0).min(255) as u8
    }
}

/// The timestamps of one source, counted on beyond 2^32.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timestamps {
    last: Option<(u32, i64)>,
}

impl Timestamps {
    /// The extended timestamp of a packet, in whatever order packets come; the first one is 0.
    pub fn extend(&mut self, timestamp: u32) -> i64 {
        let (last, extended) = self.last.unwrap_or((timestamp, 0));
        let extended = extended + i64::from(timestamp.wrapping_sub(last) as i32);
        self.last = Some((timestamp, extended));
        extended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_go_on_over_the_turn_and_back() {
        let mut stamps = Timestamps::default();
        let all = [0xffff_ff00, 0x100, 0xffff_ff80, 0x200].map(|stamp| stamps.extend(stamp));
        assert_eq!(all, [0, 512, 128, 768]);
    }

    #[test]
    fn numbers_go_on_over_the_turn() {
        let mut sequence = Sequence::new(0xfffe);
        assert_eq!(sequence.update(0xffff), Arrival::New(0x1_ffff));
        assert_eq!(sequence.update(0), Arrival::New(0x2_0000));
        assert_eq!((sequence.highest(), sequence.lost()), (0x1_0000, 0));
    }

    #[test]
    fn a_late_packet_is_no_loss_and_a_repeated_one_counts_once() {
        let mut sequence = Sequence::new(10);
        sequence.update(13);
        assert_eq!(sequence.lost(), 2);
        assert_eq!(sequence.update(11), Arrival::Late(0x1_000b));
        assert_eq!(sequence.update(11), Arrival::Repeated);
        assert_eq!(sequence.update(13), Arrival::Repeated);
        assert_eq!(
            sequence.update(9),
            Arrival::Late(0x1_0009),
            "before the first"
        );
        assert_eq!((sequence.lost(), sequence.received()), (1, 4));
    }

    #[test]
    fn one_packet_from_far_away_changes_nothing_and_two_are_a_restart() {
        let mut sequence = Sequence::new(100);
        sequence.update(102);
        assert_eq!(sequence.update(40_000), Arrival::Stranger);
        assert_eq!(sequence.update(103), Arrival::New(0x1_0067));
        assert_eq!(sequence.update(40_000), Arrival::Stranger);
        assert_eq!(sequence.update(40_001), Arrival::Restarted(0x1_9c41));
        assert_eq!(sequence.update(40_002), Arrival::New(0x1_9c42));
        assert_eq!((sequence.lost(), sequence.received()), (1, 5));
    }

    #[test]
    fn a_restart_just_below_is_found_too() {
        let mut sequence = Sequence::new(1000);
        assert_eq!(sequence.update(500), Arrival::Repeated);
        assert_eq!(sequence.update(501), Arrival::Restarted(0x1_01f5));
    }

    #[test]
    fn the_fraction_is_of_the_time_since_the_last_report() {
        let mut sequence = Sequence::new(0);
        (1..100).filter(|n| n % 4 != 0).for_each(|n| {
            sequence.update(n);
        });
        let fraction = sequence.fraction_lost();
        assert!((60..=65).contains(&fraction), "a quarter, not {fraction}");
        (100..200).for_each(|n| {
            sequence.update(n);
        });
        assert_eq!(sequence.fraction_lost(), 0);
        assert_eq!(sequence.lost(), 24);
    }

    #[test]
    fn any_numbers_keep_the_sums_sound() {
        let mut random = crate::random::Random::seeded(3);
        let mut sequence = Sequence::new(0);
        for round in 0..100_000u32 {
            let number = if random.below(10) < 7 {
                round as u16
            } else {
                random.u32() as u16
            };
            sequence.update(number);
            sequence.fraction_lost();
            assert!(sequence.received() <= u64::from(round) + 2);
            assert!(sequence.expected() >= sequence.received());
        }
    }
}
