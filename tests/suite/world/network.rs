//! A network with a seed: late, lossy, doubling, out of order, as much as one asks for.

use cordboard::random::Random;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How bad the network is; thousandths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) latency: Duration,
    pub(crate) jitter: Duration,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
}

impl Weather {
    pub(crate) const FAIR: Self = Self {
        latency: Duration::from_millis(1),
        jitter: Duration::ZERO,
        lost: 0,
        doubled: 0,
    };

    pub(crate) const FOUL: Self = Self {
        latency: Duration::from_millis(20),
        jitter: Duration::from_millis(60),
        lost: 100,
        doubled: 50,
    };
}

#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) weather: Weather,
    /// The next so many packets that begin so are lost.
    pub(crate) losing: Vec<(&'static str, u32)>,
    random: Random,
    flying: BTreeMap<(Instant, u64), Packet>,
    count: u64,
}

impl Network {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            weather: Weather::FAIR,
            losing: vec![],
            random: Random::seeded(seed),
            flying: BTreeMap::new(),
            count: 0,
        }
    }

    pub(crate) fn send(&mut self, now: Instant, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        let named = self
            .losing
            .iter_mut()
            .find(|(start, left)| *left > 0 && bytes.starts_with(start.as_bytes()));
        if let Some((_, left)) = named {
            *left -= 1;
            return;
        }
        if self.random.below(1000) < self.weather.lost {
            return;
        }
        let copies = 1 + u64::from(self.random.below(1000) < self.weather.doubled);
        for _ in 0..copies {
            let jitter = self.weather.jitter.as_micros() as u64;
            let late = Duration::from_micros(self.random.below(jitter + 1));
            self.count += 1;
            let bytes = bytes.clone();
            let key = (now + self.weather.latency + late, self.count);
            self.flying.insert(key, Packet { from, to, bytes });
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.flying.first_key_value().map(|((at, _), _)| *at)
    }

    pub(crate) fn arrived(&mut self, now: Instant) -> Option<Packet> {
        let first = self.flying.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}
