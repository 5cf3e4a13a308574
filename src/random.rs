//! The one source of tags, branches, nonces, keys, SSRCs and first sequence numbers.
//!
//! Seeded from the operating system in production and with a number in tests, so that what
//! failed once fails again. A cryptographic generator, since nonces and keys must not be
//! guessed: a part that is forked off is as hard to guess as the whole.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// A stream of random numbers, owned by whoever draws from it.
#[derive(Debug)]
pub struct Random(StdRng);

impl Random {
    /// Seeds from the operating system.
    ///
    /// # Panics
    /// If the system has no randomness to give: nothing safe can be done without.
    pub fn from_system() -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("the operating system gives randomness");
        Self(StdRng::from_seed(seed))
    }

    /// The same stream for the same seed: for tests and simulations.
    pub fn seeded(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A generator of its own for a part, drawn from this one.
    pub fn fork(&mut self) -> Self {
        let mut seed = [0; 32];
        self.fill(&mut seed);
        Self(StdRng::from_seed(seed))
    }

    /// Fills memory: keys.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// Any 64-bit number.
    pub fn u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Any 32-bit number.
    pub fn u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number below `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // The bias of the multiplication is below 2^-32 for every range in use here.
        ((u128::from(self.u64()) * u128::from(end)) >> 64) as u64
    }

    /// `digits` lower-case hexadecimal digits: tags, branches, nonces.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.u64()));
        }
        text.truncate(digits);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself() {
        let (mut a, mut b) = (Random::seeded(7), Random::seeded(7));
        assert_eq!(a.hex(20), b.hex(20));
        assert_eq!(a.hex(7).len(), 7);
        assert!((0..1000).all(|_| a.below(3) < 3));
    }
}
