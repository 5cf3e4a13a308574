//! How often one source may try something.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Sources that are remembered; beyond, those who tried first are forgotten.
const SOURCES: usize = 10_000;

/// The tries of late.
#[derive(Debug)]
pub(super) struct Limit {
    /// Tries of one source within the window.
    tries: u32,
    window: Duration,
    sources: Mutex<BTreeMap<IpAddr, Tries>>,
}

#[derive(Clone, Copy, Debug)]
struct Tries {
    first: Instant,
    count: u32,
}

impl Limit {
    /// So many tries of one source within a time.
    pub(super) fn new(tries: u32, window: Duration) -> Self {
        Self {
            tries,
            window,
            sources: Mutex::default(),
        }
    }

    /// Counts a try before it is made, so that many at once are counted, too. `Err`: no more for so
    /// long.
    pub(super) fn begin(&self, now: Instant, source: IpAddr) -> Result<(), Duration> {
        let source = network(source);
        let mut tries = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= SOURCES && !tries.contains_key(&source) {
            tries.retain(|_, tries| now.duration_since(tries.first) < self.window);
            let oldest = tries.iter().min_by_key(|(_, tries)| tries.first);
            if let Some(oldest) = oldest.map(|(source, _)| *source)
                && tries.len() >= SOURCES
            {
                tries.remove(&oldest);
            }
        }
        let fresh = Tries {
            first: now,
            count: 0,
        };
        let of = tries.entry(source).or_insert(fresh);
        if now.duration_since(of.first) >= self.window {
            *of = fresh;
        }
        if of.count >= self.tries {
            return Err(self.window.saturating_sub(now.duration_since(of.first)));
        }
        of.count += 1;
        Ok(())
    }

    /// The try was right: the source begins anew.
    pub(super) fn succeeded(&self, source: IpAddr) {
        let mut tries = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        tries.remove(&network(source));
    }
}

/// One subscriber: an IPv4 address, or an IPv6 network of 64 bits.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(four) => four.into(),
        IpAddr::V6(six) => {
            let bits = u128::from(six) >> 64 << 64;
            std::net::Ipv6Addr::from(bits).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(300);

    #[test]
    fn the_eleventh_try_waits_for_the_end_of_five_minutes() {
        let (limit, now) = (Limit::new(10, WINDOW), Instant::now());
        let source = |text: &str| text.parse().expect("an address");
        for last in 0..10 {
            let network = format!("2001:db8::{last}");
            limit.begin(now, source(&network)).expect("a try");
        }
        let later = now + Duration::from_secs(100);
        let wait = limit
            .begin(later, source("2001:db8::beef"))
            .expect_err("too many");
        assert_eq!(wait, Duration::from_secs(200));
        limit
            .begin(now, source("2001:db8:0:1::1"))
            .expect("another network");
        limit
            .begin(now + WINDOW, source("2001:db8::1"))
            .expect("anew");
    }

    #[test]
    fn who_was_right_begins_anew_and_memory_is_bounded() {
        let (limit, now) = (Limit::new(10, WINDOW), Instant::now());
        let source = IpAddr::from([192, 0, 2, 1]);
        for _ in 0..9 {
            limit.begin(now, source).expect("a try");
        }
        limit.succeeded(source);
        for _ in 0..10 {
            limit.begin(now, source).expect("a try");
        }
        limit.begin(now, source).expect_err("too many");
        for number in 0..2 * SOURCES {
            let other = std::net::Ipv4Addr::from(u32::try_from(number).expect("small"));
            let _ = limit.begin(now, other.into());
        }
        assert!(limit.sources.lock().expect("whole").len() <= SOURCES);
    }
}
