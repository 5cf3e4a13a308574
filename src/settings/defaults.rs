//! What holds where nothing is set: the defaults of SPEC §12, and their ranges.

use super::{Codec, Composition, Directions, Dtmf, Habits, Recording, Timeouts, WrapUp};
use std::ops::RangeInclusive;
use std::time::Duration;

/// How long a phone may ring (R49, R50, R52).
pub const RING: RangeInclusive<Duration> = Duration::from_secs(3)..=Duration::from_secs(60);

impl Default for Timeouts {
    /// 30 s each (R49, R50).
    fn default() -> Self {
        Self {
            agent: Duration::from_secs(30),
            customer: Duration::from_secs(30),
        }
    }
}

impl Default for WrapUp {
    /// Off (R16); 30 s once it is switched on.
    fn default() -> Self {
        Self {
            enabled: false,
            default: Duration::from_secs(30),
        }
    }
}

impl Default for Recording {
    /// Off; once it is on, all calls are recorded and all files kept (R92, R94).
    fn default() -> Self {
        Self {
            enabled: false,
            direction: Directions::Both,
            composition: Composition::Both,
        }
    }
}

impl Default for Habits {
    /// A-law before µ-law, 20 ms, keys as events: what every peer knows.
    fn default() -> Self {
        Self {
            codecs: vec![Codec::Pcma, Codec::Pcmu],
            packet_time: 20,
            dtmf: Dtmf::Events,
        }
    }
}
