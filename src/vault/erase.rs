//! Recordings that go: one file at a time (R109), and the voice of one party out of the stereo mix (R112).

use super::journal::{partial, remove, sync_folder, write_whole};
use super::make::Plan;
use super::name::{FINISHED, SEALED};
use super::shelf::{Shelf, base};
use super::wav;
use crate::call::record::{File, Role};
use crate::keys::FileKey;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, ErrorKind, Read as _, Write};
use std::path::PathBuf;

/// Frames that are worked on at a time.
const PIECE: usize = 16_384;

impl Shelf {
    /// Removes a sound and what lies beside it; what is gone already is fine. The description goes first:
    /// with it the key of an encrypted sound is destroyed, wherever copies of the file may be.
    ///
    /// # Errors
    /// What the disk says; then it is to be done again.
    pub fn erase(&self, path: &str) -> io::Result<()> {
        // Whose folder is gone has nothing left.
        if let Some(key) = self.place(path, ".json")? {
            remove(&key)?;
            sync_folder(&key)?;
        }
        self.free(path)
    }

    /// Removes the sound alone: another place has it.
    ///
    /// # Errors
    /// As above.
    pub fn free(&self, path: &str) -> io::Result<()> {
        let sealed = FINISHED.map(|ending| format!("{ending}{SEALED}"));
        let plain = FINISHED.into_iter().chain([".peaks"]);
        for ending in plain.chain(sealed.iter().map(String::as_str)) {
            if let Some(file) = self.place(path, ending)? {
                remove(&file)?;
                remove(&partial(&file))?;
            }
        }
        Ok(())
    }

    /// Makes a stereo mix again in which the channel of a party is silent: what its file is from then on.
    /// Done twice, it comes to the same end.
    ///
    /// # Errors
    /// That it is not there, or cannot be read or written; then it is as it was.
    pub fn silence(&self, file: &File, role: Role) -> anyhow::Result<File> {
        let silence = || -> anyhow::Result<File> {
            let sound = self.open(&file.path)?;
            let frames = wav::frames(sound.length(), 2);
            let key = match file.encrypted {
                true => Some(FileKey::new()?),
                false => None,
            };
            let sealed = if file.encrypted { SEALED } else { "" };
            let ending = format!(".wav{sealed}");
            let path = self.place(&file.path, &ending)?.context("it is gone")?;
            let picture = self.place(&file.path, ".peaks")?.context("it is gone")?;
            let plan = Plan {
                path: &path,
                channels: 2,
                frames,
                key: key.as_ref(),
            };
            let mut reader = sound.reader();
            plan.draft(|to| {
                let mut header = [0; wav::HEADER as usize];
                reader.read_exact(&mut header)?;
                without(&mut reader, role, frames, to)
            })?;
            let sha256 = plan.look(&partial(&path), &picture)?;
            let made = File {
                bytes: wav::HEADER + 4 * frames,
                sha256: Some(sha256),
                ..file.clone()
            };
            // With both keys the file is readable whenever we are killed; with the new one alone the old
            // file is noise.
            self.describe_again(&made, role, key.as_ref(), true)?;
            fs::rename(partial(&path), &path)?;
            sync_folder(&path)?;
            self.describe_again(&made, role, key.as_ref(), false)?;
            Ok(made)
        };
        silence().with_context(|| file.path.clone())
    }

    fn describe_again(
        &self,
        file: &File,
        role: Role,
        key: Option<&FileKey>,
        and_old: bool,
    ) -> anyhow::Result<()> {
        let text = self.description(&file.path)?;
        let mut told: Value = serde_json::from_slice(&text)?;
        told["sha256"] = json!(file.sha256);
        let silent = told["silent"].as_array().cloned().unwrap_or_default();
        let silent = silent.into_iter().filter(|known| *known != json!(role));
        told["silent"] = silent.chain([json!(role)]).collect();
        if let (Some(key), Some(keys)) = (key, &self.keys) {
            let old = told["keys"].as_array().cloned().unwrap_or_default();
            let new = json!(keys.wrap(key)?);
            told["keys"] = match and_old {
                true => [new].into_iter().chain(old).collect(),
                false => json!([new]),
            };
        }
        let place = self.place(&file.path, ".json")?.context("it is gone")?;
        write_whole(&place, &serde_json::to_vec_pretty(&told)?)?;
        Ok(sync_folder(&place)?)
    }

    /// Where something of a sound is or would be; `None` where not even its folder is. The folder is
    /// walked to as for reading, so that no path leads elsewhere (H19).
    fn place(&self, path: &str, ending: &str) -> io::Result<Option<PathBuf>> {
        let base = base(path)?;
        match self.folder(base) {
            Ok(()) => Ok(Some(self.root.join(format!("{base}{ending}")))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Copies the frames of a mix, those of a party as silence.
fn without(
    from: &mut impl io::Read,
    role: Role,
    frames: u64,
    to: &mut dyn Write,
) -> io::Result<()> {
    let at = match role {
        Role::Customer => 0,
        Role::Agent | Role::Outside | Role::Supervisor => 2,
    };
    let mut left = frames;
    while left > 0 {
        let count = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let mut bytes = vec![0; 4 * count];
        from.read_exact(&mut bytes)?;
        for frame in bytes.as_chunks_mut::<4>().0 {
            frame[at..at + 2].fill(0);
        }
        to.write_all(&bytes)?;
        left -= count as u64;
    }
    Ok(())
}
