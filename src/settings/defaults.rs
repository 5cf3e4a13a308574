//! What holds where nothing is set: the defaults, and their ranges.

use super::{
    Codec, Composition, Directions, Dtmf, Habits, IdentityHeader, Recording, Reliable, RtcpMux,
    Srtp, Timeouts, WrapUp,
};
use std::ops::RangeInclusive;
use std::time::Duration;

/// How long a phone may ring (R49, R50, R52).
pub const RING: RangeInclusive<Duration> = seconds(3, 60);
/// How long a browser that was lost in a call is waited for (B18).
pub const LOST_PAGE: RangeInclusive<Duration> = seconds(5, 120);
/// After-call work (R17, R19); 0 is none (R21).
pub const WRAP_UP: RangeInclusive<Duration> = seconds(0, 3_600);
/// Between two announcements (R30).
pub const ANNOUNCE: RangeInclusive<Duration> = seconds(1, 3_600);
/// Between two messages on hold, or on the way to somebody else (R122, R132).
pub const REPEAT: RangeInclusive<Duration> = seconds(1, 3_600);
/// How long a page may be away before the other party is told (B18).
pub const ABSENCE: RangeInclusive<Duration> = seconds(0, 5);
/// The longest wait (R24).
pub const MAX_WAIT: RangeInclusive<Duration> = seconds(1, 24 * 3_600);
/// The peace of an agent who refused a caller (R64). Never none: a phone that is always busy
/// would be rung without end.
pub const REOFFER: RangeInclusive<Duration> = seconds(1, 600);
/// Words a minute (R45).
pub const RATE: RangeInclusive<u16> = 80..=450;

/// How long is waited for the first key of a code (D11).
pub const CODE: RangeInclusive<Duration> = seconds(1, 60);
/// How long silence is recorded after a key (B10).
pub const MASK_DIGITS: RangeInclusive<Duration> = seconds(1, 120);
/// Between two attempts of a callback (R75).
pub const CALLBACK_DELAY: RangeInclusive<Duration> = seconds(1, 24 * 3_600);
/// How often a callback is tried again (R74).
pub const RETRIES: RangeInclusive<u32> = 0..=20;
/// Missed offers in a row until an agent is set not ready (B7).
pub const AUTO_PAUSE: RangeInclusive<u32> = 1..=100;

/// Teams of one agent.
pub const TEAMS_OF_AGENT: usize = 16;
/// Teams of an account.
pub const TEAMS: usize = 256;

/// How long a call link may be good where nobody says when it ends: 1 minute to 1 year.
pub const LINK_EXPIRES: RangeInclusive<Duration> = seconds(60, 366 * 86_400);

/// How long a registration is asked for; proxies cut it anyway.
pub const EXPIRES: RangeInclusive<Duration> = seconds(60, 86_400);
/// Between two questions whether a trunk lives.
pub const OPTIONS: RangeInclusive<Duration> = seconds(5, 3_600);
/// Between the refreshes of a session (RFC 4028 §5: never below 90 s).
pub const SESSION: RangeInclusive<Duration> = seconds(90, 86_400);

/// How long a registration is asked for where nothing is set.
pub const EXPIRES_AFTER: Duration = Duration::from_secs(3_600);
/// How often a trunk is asked whether it lives where nothing is set.
pub const OPTIONS_EVERY: Duration = Duration::from_secs(30);
/// The refreshes of a session where nothing is set (RFC 4028 §4.2 recommends it).
pub const SESSION_TIMER: Duration = Duration::from_secs(1_800);
/// An announcement's interval where none is set (D8).
pub const ANNOUNCE_EVERY: Duration = Duration::from_secs(30);
/// The interval of a message on hold where none is set (D8).
pub const REPEAT_EVERY: Duration = Duration::from_secs(10);
/// How long a page may be away before the other party is told, where nothing is set (B18).
pub const ABSENCE_AFTER: Duration = Duration::from_millis(700);
/// How long is waited for the first key of a code, where nothing is set (D11).
pub const CODE_WAIT: Duration = Duration::from_secs(5);
/// Between two attempts of a callback, where nothing is set.
pub const CALLBACK_AFTER: Duration = Duration::from_secs(300);
/// How often a callback is tried again, where nothing is set.
pub const CALLBACK_RETRIES: u32 = 3;
/// How long a call link is good where nothing is set.
pub const LINK_EXPIRES_AFTER: Duration = Duration::from_secs(86_400);
/// The peace of an agent who refused a caller, where none is set.
pub const REOFFER_DELAY: Duration = Duration::from_secs(10);
/// The voice where none is set.
pub const VOICE: &str = "en";
/// Words a minute where none are set.
pub const SPEECH_RATE: u16 = 160;

const fn seconds(low: u64, high: u64) -> RangeInclusive<Duration> {
    Duration::from_secs(low)..=Duration::from_secs(high)
}

/// How long the audit log is kept, in days: ten years.
pub const AUDIT_DAYS: u32 = 3_650;
/// How long recordings and the audit log can be kept, in days.
pub const DAYS: RangeInclusive<u32> = 1..=36_500;
/// What may be recorded, in gigabytes a month for each agent.
pub const QUOTA_GB: RangeInclusive<u32> = 1..=100_000;

impl Default for Timeouts {
    /// 30 s each (R49, R50), and 20 s for a page to come back.
    fn default() -> Self {
        Self {
            agent: Duration::from_secs(30),
            customer: Duration::from_secs(30),
            page: Duration::from_secs(20),
        }
    }
}

impl Default for WrapUp {
    /// Off (R16); 30 s once it is switched on, not to be extended.
    fn default() -> Self {
        Self {
            enabled: false,
            default: Duration::from_secs(30),
            extend: false,
        }
    }
}

impl Default for Recording {
    /// Off; once it is on, all calls are recorded and all files kept (R92, R94), those of pictures if that is
    /// wanted.
    fn default() -> Self {
        Self {
            enabled: false,
            direction: Directions::Both,
            composition: Composition::Both,
            video: false,
            retention_days: None,
            audit_days: AUDIT_DAYS,
            quota_gb: None,
            consent: None,
            mask_digits: None,
        }
    }
}

impl Default for Habits {
    /// Both of G.711 first, which every peer knows and the telephone network speaks, before what has
    /// the better sound; and of the rest what hurts no peer that lacks it.
    fn default() -> Self {
        Self {
            codecs: vec![Codec::Pcma, Codec::Pcmu, Codec::G722, Codec::Opus],
            reliable_provisionals: Reliable::Supported,
            session_timer: Some(SESSION_TIMER),
            early_media: true,
            dtmf: Dtmf::Auto,
            identity: IdentityHeader::From,
            // Plain signalling would tell the keys.
            srtp: Srtp::Off,
            rtcp_mux: RtcpMux::Answer,
        }
    }
}
