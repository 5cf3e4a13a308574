//! The session timer: how a session whose peer has vanished comes to an end (RFC 4028).
//!
//! ```text
//!   INVITE, UPDATE ─▶ 2xx with Session-Expires ─▶ Running ◀───┐
//!                          │ without                │        │ refreshed: a 2xx to either's
//!                          ▼                        ├─ refresher: at half the interval ─▶ refresh
//!                        none                       └─ not refreshed in time ─▶ BYE
//! ```

use crate::sip::header::{Name, seconds, split};
use crate::sip::message::Message;
use crate::sip::{Refresher, SessionTimer};
use std::time::{Duration, Instant};

/// The option tag.
pub const TIMER: &str = "timer";

/// What the two ends have agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The interval.
    pub interval: Duration,
    /// Whether it is us who refresh.
    pub by_us: bool,
    /// Whether the peer knows what it has to do: it is told with Require (§9).
    pub required: bool,
}

/// A timer that runs since the session was last refreshed.
#[derive(Clone, Copy, Debug)]
pub struct Running {
    refresh: Option<Instant>,
    until: Instant,
}

/// What a deadline of a running timer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A refresh.
    Refresh,
    /// A BYE: the peer is gone.
    End,
}

/// An interval that is refused with 422 and this Min-SE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooBrief(pub Duration);

/// The Session-Expires of a message: the interval, and whether `uac` is to refresh, if it says so.
fn session_expires(message: &Message) -> Option<(Duration, Option<bool>)> {
    let value = message.header(Name::SessionExpires)?;
    let mut parts = split(value, b';');
    let interval = seconds(parts.next()?)?;
    let refresher = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let name = name.trim().eq_ignore_ascii_case("refresher");
        name.then(|| value.trim().eq_ignore_ascii_case("uac"))
    });
    Some((Duration::from_secs(u64::from(interval)), refresher))
}

/// The Min-SE of a message.
pub fn min_se(message: &Message) -> Option<Duration> {
    let value = split(message.header(Name::MinSe)?, b';').next()?;
    seconds(value).map(|min| Duration::from_secs(u64::from(min)))
}

/// What we answer to a request that makes, changes or refreshes a session (§9).
pub fn answer(request: &Message, ours: SessionTimer) -> Result<Option<Agreed>, TooBrief> {
    let Some(wished) = ours.interval else {
        return Ok(None);
    };
    let knows = request.supports(TIMER);
    let asked = session_expires(request);
    let floor = min_se(request).unwrap_or_default();
    let (interval, refresher) = match asked {
        // A peer that knows no timer cannot make sense of a 422: a proxy has asked.
        Some((asked, _)) if asked < ours.min && knows => return Err(TooBrief(ours.min)),
        // It may be shortened, but not below the Min-SE, and never lengthened.
        Some((asked, refresher)) => (asked.min(wished.max(floor)), refresher),
        None => (wished.max(floor), None),
    };
    // Table 2: without support at the other end it is us.
    let by_us = match (knows, refresher, ours.refresher) {
        (false, _, _) => true,
        (true, Some(uac), _) => !uac,
        (true, None, Refresher::Either | Refresher::Us) => true,
        (true, None, Refresher::Peer) => false,
    };
    Ok(Some(Agreed {
        interval,
        by_us,
        required: knows && !by_us,
    }))
}

/// What the 2xx to a request of ours says (§7.2): nothing where the timer is off.
pub fn answered(response: &Message, ours: SessionTimer) -> Option<Agreed> {
    ours.interval?;
    let (interval, refresher) = session_expires(response)?;
    Some(Agreed {
        // Whoever writes less than there is would be called to account every moment.
        interval: interval.max(SessionTimer::OFF.min),
        by_us: refresher.unwrap_or(true),
        required: false,
    })
}

impl Agreed {
    /// The value of Session-Expires in our 2xx.
    pub fn in_response(self) -> String {
        let refresher = if self.by_us { "uas" } else { "uac" };
        format!("{};refresher={refresher}", self.interval.as_secs())
    }

    /// Starts the timer: the session has been refreshed now.
    pub fn start(self, now: Instant) -> Running {
        // §10: the BYE comes before the other end gives up.
        let margin = Duration::from_secs(32).min(self.interval / 3);
        Running {
            refresh: self.by_us.then(|| now + self.interval / 2),
            until: now + self.interval - margin,
        }
    }
}

impl Running {
    /// When to call [`Running::timeout`].
    pub fn poll_timeout(&self) -> Instant {
        self.refresh.map_or(self.until, |at| at.min(self.until))
    }

    /// The deadline may have passed.
    pub fn timeout(&mut self, now: Instant) -> Option<Due> {
        if self.until <= now {
            return Some(Due::End);
        }
        self.refresh.take_if(|at| *at <= now).map(|_| Due::Refresh)
    }

    /// A refresh was refused for a passing reason: once more, while there is time.
    pub fn not_refreshed(&mut self, now: Instant) {
        let left = self.until.saturating_duration_since(now);
        self.refresh = Some(now + (left / 2).max(Duration::from_secs(1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWS: &str = "Supported: timer\r\n";

    #[test]
    fn the_callee_shortens_but_never_lengthens_and_keeps_to_the_floor() {
        let long = request(&format!("{KNOWS}Session-Expires: 7200\r\n"));
        assert_eq!(agreed(&long), (1800, true));
        let short = request(&format!("{KNOWS}x: 120;refresher=uac\r\n"));
        assert_eq!(agreed(&short), (120, false));
        let floor = request(&format!("{KNOWS}Session-Expires: 7200\r\nMin-SE: 3600\r\n"));
        assert_eq!(agreed(&floor), (3600, true));
    }

    #[test]
    fn too_brief_is_422_only_for_who_understands_it() {
        let brief = "Session-Expires: 60\r\n";
        let known = request(&format!("{KNOWS}{brief}"));
        let min = Duration::from_secs(90);
        assert_eq!(answer(&known, SessionTimer::default()), Err(TooBrief(min)));
        assert_eq!(agreed(&request(brief)), (60, true), "of a proxy");
    }

    #[test]
    fn a_caller_who_knows_no_timer_is_refreshed_by_us_and_nothing_is_required() {
        let agreed = answer(&request(""), SessionTimer::default());
        let agreed = agreed.expect("no 422").expect("a timer");
        assert!(agreed.by_us && !agreed.required);
        assert_eq!(agreed.in_response(), "1800;refresher=uas");
        assert_eq!(answer(&request(KNOWS), SessionTimer::OFF), Ok(None));
    }

    #[test]
    fn it_is_refreshed_at_half_and_ended_before_its_end() {
        let now = Instant::now();
        let second = |n| now + Duration::from_secs(n);
        let agreed = |interval, by_us| Agreed {
            interval: Duration::from_secs(interval),
            by_us,
            required: false,
        };
        let mut ours = agreed(1800, true).start(now);
        assert_eq!(ours.poll_timeout(), second(900));
        assert_eq!(ours.timeout(second(899)), None);
        assert_eq!(ours.timeout(second(900)), Some(Due::Refresh));
        assert_eq!(ours.poll_timeout(), second(1768));
        ours.not_refreshed(second(900));
        assert_eq!(ours.poll_timeout(), second(1334));
        assert_eq!(ours.timeout(second(1768)), Some(Due::End));
        let theirs = agreed(90, false).start(now);
        assert_eq!(theirs.poll_timeout(), second(60), "a third before");
    }

    fn agreed(request: &Message) -> (u64, bool) {
        let agreed = answer(request, SessionTimer::default());
        let agreed = agreed.expect("no 422").expect("a timer");
        (agreed.interval.as_secs(), agreed.by_us)
    }

    fn request(lines: &str) -> Message {
        let text = format!(
            "INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n\
             To: <sip:1@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n{lines}\r\n"
        );
        Message::parse(text.into_bytes()).expect("an INVITE")
    }
}
