//! Recordings on disk: one file a leg, their stereo mix, and what they are, beside each.
//!
//! ```text
//!   media workers ──chunks──▶ ┌─ writer thread ──────────────┐   ┌─ finisher thread ─────────┐
//!   switch ──────segments──▶  │ journal, then a file a track │──▶│ equal lengths, mix, what   │──▶ Event
//!                (bounded)    │ header each half second      │   │ it is; journal removed     │
//!                             └──────────────────────────────┘   └───────────────────────────┘
//! ```

use crate::call::record::{Recorded, Segment};
use crate::media::Chunk;
use std::path::{Path, PathBuf};

/// What the vault tells the switch and its operators.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The files of a segment are complete and on disk.
    Recorded(Recorded),
    /// The disk refuses. Calls go on, recordings get gaps; said once until `Recovered`.
    Trouble { path: String, error: String },
    /// The disk takes everything again.
    Recovered,
    /// Something in the folder that no journal explains or that cannot be read; left as it is.
    Left { path: String, why: String },
}

/// The two threads that own the folder of recordings.
#[derive(Debug)]
pub struct Vault {
    sender: Sender,
}

/// The way into the vault; never waits for the disk.
#[derive(Clone, Debug)]
pub struct Sender;

/// What a WAV file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WavReport {
    pub channels: u16,
    /// Samples a second.
    pub rate: u32,
    pub milliseconds: u64,
}

impl Vault {
    /// Opens the folder, finishes what an earlier run left, in the background, and takes orders.
    pub fn start(root: PathBuf, report: impl FnMut(Event) + Send + 'static) -> anyhow::Result<Self> {
        let _ = (root, report);
        Ok(Self { sender: Sender })
    }

    /// A way in, for the switch's thread and each media worker.
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Writes what was sent, finishes what is open, and ends.
    pub fn stop(self) {}
}

impl Sender {
    /// A segment begins. Handed back if the vault is hopelessly behind: the recording is lost.
    #[expect(clippy::result_large_err, reason = "the segment is handed back")]
    pub fn begin(&self, segment: Segment) -> Result<(), Segment> {
        let _ = segment;
        Ok(())
    }

    /// A piece of sound, or the end of a file.
    pub fn try_send(&self, chunk: Chunk) -> Result<(), Chunk> {
        let _ = chunk;
        Ok(())
    }
}

/// Reads the header of a WAV file.
pub fn open_report(path: &Path) -> anyhow::Result<WavReport> {
    anyhow::bail!("{} is not there yet", path.display())
}
