//! The configuration of a Piper voice: `.onnx.json`.

use serde::Deserialize;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization as _;

/// The largest file that is read.
const MAX_BYTES: usize = 1_000_000;
/// The longest sentence, in phonemes: a minute.
const MAX_PHONEMES: usize = 2_000;

/// What the model wants, and what its voice is.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::voices) struct Config {
    /// Samples a second of what it says.
    pub(in crate::voices) sample_rate: u32,
    /// The voice of espeak-ng that makes its phonemes.
    pub(in crate::voices) phoneme_voice: String,
    /// Its language, as a tag.
    pub(in crate::voices) language: String,
    pub(super) noise_scale: f32,
    pub(super) length_scale: f32,
    pub(super) noise_w: f32,
    ids: BTreeMap<char, Vec<i32>>,
}

#[derive(Deserialize)]
struct File {
    audio: Audio,
    espeak: Option<Espeak>,
    language: Option<Tag>,
    #[serde(default)]
    inference: Inference,
    #[serde(default)]
    phoneme_type: Option<String>,
    phoneme_id_map: BTreeMap<String, Vec<i32>>,
}

#[derive(Deserialize)]
struct Audio {
    sample_rate: u32,
}

#[derive(Deserialize)]
struct Espeak {
    voice: String,
}

#[derive(Deserialize)]
struct Tag {
    code: String,
}

#[derive(Deserialize)]
#[serde(default)]
struct Inference {
    noise_scale: f32,
    length_scale: f32,
    noise_w: f32,
}

impl Default for Inference {
    fn default() -> Self {
        Self {
            noise_scale: 0.667,
            length_scale: 1.0,
            noise_w: 0.8,
        }
    }
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub(in crate::voices) fn read(json: &[u8]) -> Result<Self, String> {
        if json.len() > MAX_BYTES {
            return Err("it is too large for the configuration of a voice".to_owned());
        }
        let file: File = serde_json::from_slice(json).map_err(|why| why.to_string())?;
        if let Some(kind) = file.phoneme_type.filter(|kind| kind != "espeak") {
            return Err(format!("phoneme_type {kind:?}: only \"espeak\" is spoken"));
        }
        let espeak = file.espeak.ok_or("espeak.voice is missing")?;
        let rates = 8_000..=48_000;
        if !rates.contains(&file.audio.sample_rate) {
            return Err(format!(
                "audio.sample_rate {}: must be 8000 to 48000",
                file.audio.sample_rate
            ));
        }
        let single = |(name, ids): (String, Vec<i32>)| {
            let mut letters = name.chars();
            let letter = letters.next()?;
            letters.next().is_none().then_some((letter, ids))
        };
        let ids: BTreeMap<_, _> = file.phoneme_id_map.into_iter().filter_map(single).collect();
        if !['^', '$', '_'].iter().all(|mark| ids.contains_key(mark)) {
            return Err("phoneme_id_map has no ^, $ or _".to_owned());
        }
        let Inference {
            noise_scale,
            length_scale,
            noise_w,
        } = file.inference;
        let language = file
            .language
            .map_or_else(|| espeak.voice.clone(), |tag| tag.code);
        Ok(Self {
            sample_rate: file.audio.sample_rate,
            phoneme_voice: espeak.voice,
            language: language.replace('_', "-").to_lowercase(),
            noise_scale,
            length_scale: length_scale.clamp(0.2, 5.0),
            noise_w,
            ids,
        })
    }

    /// The numbers of phonemes: between two of them the padding, around all beginning and end. What
    /// the model does not know is left out.
    pub(super) fn numbers(&self, phonemes: &str) -> Vec<i32> {
        let of = |mark: char| self.ids.get(&mark).into_iter().flatten().copied();
        let mut numbers: Vec<i32> = of('^').chain(of('_')).collect();
        // The models know letters and their marks apart.
        for phoneme in phonemes.nfd().take(MAX_PHONEMES) {
            if self.ids.contains_key(&phoneme) {
                numbers.extend(of(phoneme).chain(of('_')));
            }
        }
        numbers.extend(of('$'));
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOICE: &str = r#"{
        "audio": { "sample_rate": 16000, "quality": "low" },
        "espeak": { "voice": "de" },
        "language": { "code": "de_DE" },
        "phoneme_id_map": { "_": [0], "^": [1], "$": [2], " ": [3], "c": [4], "\u0327": [5], "a": [6, 7] }
    }"#;

    #[test]
    fn phonemes_become_numbers_with_padding_between_them() {
        let config = Config::read(VOICE.as_bytes()).expect("a configuration");
        assert_eq!(
            (config.language.as_str(), config.sample_rate),
            ("de-de", 16_000)
        );
        // ç is two characters to the model; x is none.
        assert_eq!(config.numbers("çxa"), [1, 0, 4, 0, 5, 0, 6, 7, 0, 2]);
        assert_eq!(
            config.numbers(&"a".repeat(9_000)).len(),
            3 + 3 * MAX_PHONEMES
        );
    }

    #[test]
    fn a_file_that_is_no_configuration_is_refused_for_what_is_wrong() {
        for (from, to, why) in [
            ("\"audio\"", "\"sound\"", "missing field `audio`"),
            ("16000", "1000", "audio.sample_rate"),
            ("\"espeak\"", "\"other\"", "espeak.voice is missing"),
            ("\"^\"", "\"+\"", "no ^"),
            (
                "\"audio\"",
                "\"phoneme_type\": \"text\", \"audio\"",
                "phoneme_type",
            ),
            ("{", "", "expected"),
        ] {
            let broken = VOICE.replacen(from, to, 1);
            let said = Config::read(broken.as_bytes()).expect_err(to);
            assert!(said.contains(why), "{said}");
        }
    }
}
