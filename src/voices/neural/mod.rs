//! Neural voices: models of the Piper kind (VITS), run in this process.
//!
//! ```text
//!   text ─▶ espeak-ng (a process of its own) ─▶ phonemes ─▶ numbers (`.onnx.json`) ─▶ model (`.onnx`) ─▶ sound
//! ```
//!
//! A voice is two files. The model takes the numbers of a sentence's phonemes, how many they are, and
//! three factors (noise, length, noise of the length), and gives samples from −1 to 1. One core works on
//! a sentence, so that calls do not feel it.
//!
//! Deliberately absent: models of other kinds (Kokoro), and those whose phonemes are not made by
//! espeak-ng. The other speakers of a model with several are not heard.

mod config;
mod phonemes;

pub(super) use config::Config;
pub(super) use phonemes::Phonemes;

use super::SoundError;
use crate::settings::defaults::SPEECH_RATE;
use rten::{Model, RunOptions, ThreadPool, Value};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Between two sentences: 0.2 s.
const PAUSE: f32 = 0.2;
/// What a model may say at most.
const MAX_SECONDS: usize = 600;
/// The largest model that is loaded.
pub(super) const MAX_BYTES: u64 = 500_000_000;

/// A model in memory.
pub(super) struct Neural {
    model: Model,
    config: Config,
    core: Arc<ThreadPool>,
}

impl std::fmt::Debug for Neural {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Neural").finish_non_exhaustive()
    }
}

impl Neural {
    /// Loads a model and its configuration.
    pub(super) fn load(model: &Path, config: Config) -> Result<Self, SoundError> {
        let broken = |why: String| SoundError::BrokenVoice {
            path: model.to_owned(),
            why,
        };
        let about = std::fs::metadata(model).map_err(|why| broken(why.to_string()))?;
        if !about.is_file() || about.len() > MAX_BYTES {
            let why = format!("a model is a file of at most {} MB", MAX_BYTES / 1_000_000);
            return Err(broken(why));
        }
        let loading = catch_unwind(AssertUnwindSafe(|| Model::load_file(model)));
        let loaded = loading.map_err(|_| broken("it cannot be read".to_owned()))?;
        let loaded = loaded.map_err(|why| broken(why.to_string()))?;
        for input in ["input", "input_lengths", "scales"] {
            if loaded.find_node(input).is_none() {
                return Err(broken(format!(
                    "it has no input {input:?}: it is not Piper's"
                )));
            }
        }
        Ok(Self {
            model: loaded,
            config,
            core: Arc::new(ThreadPool::with_num_threads(1)),
        })
    }

    /// Speaks phonemes at a rate in words a minute: samples from −1 to 1, and how many a second.
    pub(super) fn speak(
        &self,
        sentences: &[String],
        rate: u16,
    ) -> Result<(Vec<f32>, u32), SoundError> {
        let failed = |why: String| SoundError::EngineFailed(why);
        let pause = (self.config.sample_rate as f32 * PAUSE) as usize;
        let mut sound = vec![];
        for phonemes in sentences {
            let numbers = self.config.numbers(phonemes);
            let running = catch_unwind(AssertUnwindSafe(|| self.run(numbers, rate)));
            let said = running.map_err(|_| failed("the model gave up".to_owned()))?;
            sound.extend(said.map_err(failed)?);
            sound.resize(sound.len() + pause, 0.0);
            if sound.len() > MAX_SECONDS * self.config.sample_rate as usize {
                return Err(failed("it does not stop talking".to_owned()));
            }
        }
        Ok((sound, self.config.sample_rate))
    }

    fn run(&self, numbers: Vec<i32>, rate: u16) -> Result<Vec<f32>, String> {
        let node = |name| self.model.node_id(name).map_err(|why| why.to_string());
        let shaped = |shape: &[usize], data: Vec<i32>| {
            Value::from_shape(shape, data).map_err(|why| why.to_string())
        };
        let count = numbers.len();
        let length = self.config.length_scale * f32::from(SPEECH_RATE) / f32::from(rate.max(1));
        let scales = vec![self.config.noise_scale, length, self.config.noise_w];
        let scales = Value::from_shape([3], scales).map_err(|why| why.to_string())?;
        let mut inputs = vec![
            (node("input")?, shaped(&[1, count], numbers)?.into()),
            (
                node("input_lengths")?,
                shaped(&[1], vec![i32::try_from(count).unwrap_or(i32::MAX)])?.into(),
            ),
            (node("scales")?, scales.into()),
        ];
        if let Some(speaker) = self.model.find_node("sid") {
            inputs.push((speaker, shaped(&[1], vec![0])?.into()));
        }
        let output = *self.model.output_ids().first().ok_or("it has no output")?;
        let options = RunOptions::default().with_thread_pool(Some(self.core.clone()));
        let outputs = self.model.run(inputs, &[output], Some(options));
        let sound = outputs.map_err(|why| why.to_string())?.pop();
        let sound = sound.and_then(Value::into_tensor::<f32>);
        let sound = sound.ok_or("its output is no sound")?;
        Ok(sound.into_data())
    }
}
