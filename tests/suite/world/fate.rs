//! The end of a process at any point: it has decided something, and dies before it is done.

use super::World;

/// When a process dies.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    /// Things that the switch has asked for, so far.
    pub(crate) asked: u64,
    /// Before this one is done; `None`: not for now.
    at: Option<u64>,
    /// How often it has died.
    pub(crate) deaths: u64,
}

impl World {
    /// The server dies before it does the next thing but `further`.
    pub(crate) fn will_die(&mut self, further: u64) -> &mut Self {
        self.fate.at = Some(self.fate.asked + further);
        self
    }

    /// Whether it dies now.
    pub(super) fn strikes(&mut self) -> bool {
        let strikes = self.fate.at == Some(self.fate.asked);
        self.fate.asked += 1;
        if strikes {
            self.fate.at = None;
            self.fate.deaths += 1;
        }
        strikes
    }
}
