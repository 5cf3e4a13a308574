//! Neural voices: models of the Piper kind (VITS) and of the Kokoro kind (StyleTTS 2), run in this process.
//!
//! ```text
//!   text ─▶ espeak-ng (a process of its own) ─▶ phonemes ─▶ numbers ─▶ model (`.onnx`) ─▶ sound
//! ```
//!
//! A voice of Piper's is a model and its configuration (`.onnx.json`). The model takes the numbers of a sentence's
//! phonemes, how many they are, and three factors (noise, length, noise of the length). Those of Kokoro's share one
//! model, which takes the numbers, the style of the voice and the speed. Either gives samples from −1 to 1. One core
//! works on a sentence, so that calls do not feel it.
//!
//! Deliberately absent: models of other kinds, those whose phonemes are not made by espeak-ng, and those that ONNX
//! Runtime has rewritten with operators of its own (`FusedMatMul`): take the export as it is. The other speakers of a
//! Piper model with several are not heard.

mod config;
mod kokoro;
mod phonemes;

pub(super) use config::Config;
pub(super) use kokoro::{Kokoro, Named};
pub(super) use phonemes::Phonemes;

use super::SoundError;
use crate::settings::defaults::SPEECH_RATE;
use rten::{DataType, Model, NodeId, RunOptions, ThreadPool, Value, ValueOrView, ValueType};
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
    kind: Kind,
    core: Arc<ThreadPool>,
}

/// Which kind of voices a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Piper,
    Kokoro,
}

/// What a voice gives its model besides the phonemes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Timbre {
    Piper(Config),
    Kokoro(Kokoro),
}

impl Timbre {
    fn kind(&self) -> Kind {
        match self {
            Self::Piper(_) => Kind::Piper,
            Self::Kokoro(_) => Kind::Kokoro,
        }
    }

    fn sample_rate(&self) -> u32 {
        match self {
            Self::Piper(config) => config.sample_rate,
            Self::Kokoro(_) => kokoro::SAMPLE_RATE,
        }
    }
}

impl std::fmt::Debug for Neural {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Neural").field("kind", &self.kind).finish()
    }
}

/// An input of a model.
type Given = (NodeId, ValueOrView<'static>);

impl Neural {
    /// Loads a model.
    pub(super) fn load(model: &Path) -> Result<Self, SoundError> {
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
        let has = |inputs: &[&str]| inputs.iter().all(|name| loaded.find_node(name).is_some());
        let kind = if has(&["input", "input_lengths", "scales"]) {
            Kind::Piper
        } else if (has(&["tokens"]) || has(&["input_ids"])) && has(&["style", "speed"]) {
            Kind::Kokoro
        } else {
            let why = "it has the inputs neither of Piper's (input, input_lengths, scales) nor of Kokoro's \
                       (tokens or input_ids, style, speed)";
            return Err(broken(why.to_owned()));
        };
        Ok(Self {
            model: loaded,
            kind,
            core: Arc::new(ThreadPool::with_num_threads(1)),
        })
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Speaks phonemes at a rate in words a minute: samples from −1 to 1, and how many a second.
    pub(super) fn speak(
        &self,
        timbre: &Timbre,
        sentences: &[String],
        rate: u16,
    ) -> Result<(Vec<f32>, u32), SoundError> {
        let failed = |why: String| SoundError::EngineFailed(why);
        if timbre.kind() != self.kind {
            return Err(failed(
                "the voice is of another kind than its model".to_owned(),
            ));
        }
        let sample_rate = timbre.sample_rate();
        let pause = (sample_rate as f32 * PAUSE) as usize;
        let mut sound = vec![];
        for phonemes in sentences {
            let running = catch_unwind(AssertUnwindSafe(|| self.say(timbre, phonemes, rate)));
            let said = running.map_err(|_| failed("the model gave up".to_owned()))?;
            sound.extend(said.map_err(failed)?);
            sound.resize(sound.len() + pause, 0.0);
            if sound.len() > MAX_SECONDS * sample_rate as usize {
                return Err(failed("it does not stop talking".to_owned()));
            }
        }
        Ok((sound, sample_rate))
    }

    /// One sentence.
    fn say(&self, timbre: &Timbre, phonemes: &str, rate: u16) -> Result<Vec<f32>, String> {
        match timbre {
            Timbre::Piper(config) => self.run(self.piper(config, phonemes, rate)?),
            Timbre::Kokoro(voice) => {
                let mut sound = vec![];
                for (numbers, style) in voice.stretches(phonemes) {
                    sound.extend(self.run(self.kokoro(numbers, style, rate)?)?);
                }
                Ok(sound)
            }
        }
    }

    fn piper(&self, config: &Config, phonemes: &str, rate: u16) -> Result<Vec<Given>, String> {
        let numbers = config.numbers(phonemes);
        let count = numbers.len();
        let length = config.length_scale * f32::from(SPEECH_RATE) / f32::from(rate.max(1));
        let scales = vec![config.noise_scale, length, config.noise_w];
        let lengths = vec![i32::try_from(count).unwrap_or(i32::MAX)];
        let mut given = vec![
            (self.node("input")?, whole(&[1, count], numbers)?),
            (self.node("input_lengths")?, whole(&[1], lengths)?),
            (self.node("scales")?, real(&[3], scales)?),
        ];
        if let Some(speaker) = self.model.find_node("sid") {
            given.push((speaker, whole(&[1], vec![0])?));
        }
        Ok(given)
    }

    fn kokoro(&self, numbers: Vec<i32>, style: &[f32], rate: u16) -> Result<Vec<Given>, String> {
        let tokens = self.node("tokens").or_else(|_| self.node("input_ids"))?;
        let (count, factors) = (numbers.len(), style.len());
        let speed = self.node("speed")?;
        // Some exports know whole speeds alone.
        let is_whole = self
            .model
            .node_info(speed)
            .is_some_and(|node| node.dtype() == Some(ValueType::Tensor(DataType::Int32)));
        let faster = f32::from(rate) / f32::from(SPEECH_RATE);
        let faster = match is_whole {
            true => whole(&[1], vec![faster.round().max(1.0) as i32])?,
            false => real(&[1], vec![faster])?,
        };
        Ok(vec![
            (tokens, whole(&[1, count], numbers)?),
            (self.node("style")?, real(&[1, factors], style.to_vec())?),
            (speed, faster),
        ])
    }

    fn node(&self, name: &str) -> Result<NodeId, String> {
        self.model.node_id(name).map_err(|why| why.to_string())
    }

    fn run(&self, given: Vec<Given>) -> Result<Vec<f32>, String> {
        let output = *self.model.output_ids().first().ok_or("it has no output")?;
        let options = RunOptions::default().with_thread_pool(Some(self.core.clone()));
        let outputs = self.model.run(given, &[output], Some(options));
        let sound = outputs.map_err(|why| why.to_string())?.pop();
        let sound = sound.and_then(Value::into_tensor::<f32>);
        let sound = sound.ok_or("its output is no sound")?;
        Ok(sound.into_data())
    }
}

fn whole(shape: &[usize], numbers: Vec<i32>) -> Result<ValueOrView<'static>, String> {
    let value = Value::from_shape(shape, numbers).map_err(|why| why.to_string());
    Ok(value?.into())
}

fn real(shape: &[usize], numbers: Vec<f32>) -> Result<ValueOrView<'static>, String> {
    let value = Value::from_shape(shape, numbers).map_err(|why| why.to_string());
    Ok(value?.into())
}
