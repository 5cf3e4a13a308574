//! Texts spoken by espeak-ng, a process of its own: bounded in time and in what it may say.

use super::{SoundError, cache, file};
use std::io::{self, Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The longest text, in bytes: less than a pipe holds, so that writing it cannot wait.
pub(super) const MAX_TEXT: usize = 16_000;

/// The rates that the engine speaks at, in words a minute.
const RATES: std::ops::RangeInclusive<u16> = 80..=450;

/// What the engine may give: ten minutes at 22,050 Hz.
const MAX_SOUND: u64 = 27_000_000;

/// Raised whenever the same request shall sound different: it is part of the cache's names.
const VERSION: &str = "1";

/// The program that speaks.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    pub(super) program: PathBuf,
    /// How long it may take for one text.
    pub(super) patience: Duration,
    /// What it says of itself: another version may speak otherwise.
    pub(super) version: String,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            program: "espeak-ng".into(),
            patience: Duration::from_secs(20),
            version: String::new(),
        }
    }
}

impl Engine {
    /// Speaks a text with a voice of the engine at a rate in words a minute (limited to 80–450), or
    /// takes from the cache what was spoken before.
    ///
    /// # Errors
    /// If there is no engine or no such voice, or the engine fails (F23).
    pub(super) fn speak(
        &self,
        text: &str,
        voice: &str,
        rate: u16,
        cache_dir: &Path,
    ) -> Result<Vec<i16>, SoundError> {
        let text = text.trim();
        if !(1..=MAX_TEXT).contains(&text.len()) {
            return Err(SoundError::TextLength(text.len()));
        }
        plain(voice)?;
        let rate = rate.clamp(*RATES.start(), *RATES.end()).to_string();
        let engine = self.program.to_string_lossy();
        let cached = cache::path(
            cache_dir,
            &[VERSION, &engine, &self.version, voice, &rate, text],
        );
        if let Some(samples) = cache::read(&cached) {
            return Ok(samples);
        }
        let arguments = ["--stdin", "--stdout", "-b", "1", "-v", voice, "-s", &rate];
        let wave = with_length(self.run(&arguments, voice, text)?);
        let samples = file::decode(Box::new(Cursor::new(wave))).map_err(|fault| {
            SoundError::EngineFailed(match fault {
                file::Fault::Broken(why) => why,
                file::Fault::Empty => "it gave no sound".to_owned(),
                file::Fault::TooLong => "it gave too much sound".to_owned(),
            })
        })?;
        cache::keep(&cached, &samples);
        Ok(samples)
    }

    /// The phonemes of a text, a clause a line.
    pub(super) fn phonemes(&self, text: &str, voice: &str) -> Result<String, SoundError> {
        plain(voice)?;
        let arguments = ["--stdin", "-q", "--ipa", "-b", "1", "-v", voice];
        let said = self.run(&arguments, voice, text)?;
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    /// What the engine says of itself, such as its version, or its voices.
    pub(super) fn tell(&self, what: &str) -> Result<String, SoundError> {
        let said = self.run(&[what], "", "")?;
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    /// What the engine writes when it is given a text.
    fn run(&self, arguments: &[&str], voice: &str, text: &str) -> Result<Vec<u8>, SoundError> {
        let failed = |why: io::Error| SoundError::EngineFailed(why.to_string());
        let mut child = Command::new(&self.program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|why| {
                if why.kind() == io::ErrorKind::NotFound {
                    let engine = self.program.display().to_string();
                    SoundError::NoEngine { engine }
                } else {
                    failed(why)
                }
            })?;
        if let Some(mut stdin) = child.stdin.take() {
            // An engine that does not listen says on its error stream why.
            let _ = stdin.write_all(text.as_bytes());
        }
        let told = self.listen(&mut child);
        // Also after success: ends an engine that closed its output and lives on.
        let _ = child.kill();
        let status = child.wait().map_err(failed)?;
        let (wave, complaint) = told?;
        if wave.len() as u64 > MAX_SOUND {
            return Err(SoundError::EngineFailed(
                "it does not stop talking".to_owned(),
            ));
        }
        if complaint.contains("voice does not exist") {
            return Err(unknown(voice));
        }
        if wave.is_empty() {
            let complaint = complaint.trim();
            return Err(SoundError::EngineFailed(format!("{status} {complaint}")));
        }
        Ok(wave)
    }

    /// What the engine writes and what it complains of, both up to a limit.
    fn listen(&self, child: &mut Child) -> Result<(Vec<u8>, String), SoundError> {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (send, receive) = mpsc::channel();
        let complain = send.clone();
        thread::spawn(move || {
            let mut wave = Vec::new();
            if let Some(stdout) = stdout {
                let _ = stdout.take(MAX_SOUND + 1).read_to_end(&mut wave);
            }
            let _ = send.send((Some(wave), Vec::new()));
        });
        thread::spawn(move || {
            let mut complaint = Vec::new();
            if let Some(stderr) = stderr {
                let _ = stderr.take(2000).read_to_end(&mut complaint);
            }
            let _ = complain.send((None, complaint));
        });
        let (mut wave, mut complaint) = (None, Vec::new());
        for _ in 0..2 {
            let part = receive.recv_timeout(self.patience);
            let (sound, text) = part.map_err(|_| SoundError::EngineSlow(self.patience))?;
            let too_much = sound
                .as_ref()
                .is_some_and(|wave| wave.len() as u64 > MAX_SOUND);
            wave = sound.or(wave);
            complaint.extend(text);
            if too_much {
                break;
            }
        }
        let complaint = String::from_utf8_lossy(&complaint).into_owned();
        Ok((wave.unwrap_or_default(), complaint))
    }
}

/// A voice is an argument of the program: neither an option nor a path.
fn plain(voice: &str) -> Result<(), SoundError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+');
    if !voice.starts_with(|c: char| c.is_ascii_alphanumeric()) || !voice.chars().all(allowed) {
        return Err(unknown(voice));
    }
    Ok(())
}

fn unknown(voice: &str) -> SoundError {
    SoundError::UnknownVoice {
        voice: voice.to_owned(),
    }
}

/// Writes the true length into the header: to a pipe the engine cannot say how much will come.
fn with_length(mut wave: Vec<u8>) -> Vec<u8> {
    let total = wave.len();
    let data = wave.windows(4).take(200).position(|part| part == b"data");
    let lengths = [Some((4, 8)), data.map(|at| (at + 4, at + 8))];
    for (place, counted_from) in lengths.into_iter().flatten() {
        let length = total.saturating_sub(counted_from) as u32;
        if let Some(field) = wave.get_mut(place..place + 4) {
            field.copy_from_slice(&length.to_le_bytes());
        }
    }
    wave
}
