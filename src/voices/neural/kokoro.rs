//! A voice of the Kokoro kind: one model for all of them, and for each a table of styles.
//!
//! A style is 256 factors; there is one for each length of a sentence. Phonemes are those of espeak-ng in
//! the model's own spelling: one letter for an affricate, and for a diphthong of English.
//!
//! Deliberately absent: archives of many voices (`voices-v1.0.bin`); take one out of them first.

use super::super::installed::Gender;

/// Factors of a style.
const STYLE: usize = 256;
/// Phonemes of a sentence at most, and so the styles of a voice.
const MAX_PHONEMES: usize = 510;
/// What a file of NumPy begins with.
const NUMPY: &[u8] = b"\x93NUMPY";
/// Samples a second of what such a model says.
pub(super) const SAMPLE_RATE: u32 = 24_000;

/// The model's letters, with the number of the first of each run.
const LETTERS: [(i32, &str); 30] = [
    (1, ";:,.!?"),
    (9, "—…\"()“” \u{303}ʣʥʦʨᵝꭧAI"),
    (31, "O"),
    (33, "Q"),
    (35, "ST"),
    (39, "W"),
    (41, "Yᵊabcdef"),
    (50, "hijklmnopqrstuvwxyzɑɐɒæ"),
    (75, "βɔɕç"),
    (80, "ɖðʤə"),
    (85, "ɚɛɜ"),
    (90, "ɟ"),
    (92, "ɡ"),
    (99, "ɥ"),
    (101, "ɨɪʝ"),
    (110, "ɯɰŋɳɲɴø"),
    (118, "ɸθœ"),
    (123, "ɹ"),
    (125, "ɾɻ"),
    (128, "ʁɽʂʃʈʧ"),
    (135, "ʊʋ"),
    (138, "ʌɣɤ"),
    (142, "χʎ"),
    (147, "ʒʔ"),
    (156, "ˈˌː"),
    (162, "ʰ"),
    (164, "ʲ"),
    (169, "↓"),
    (171, "→↗↘"),
    (177, "ᵻ"),
];
/// What espeak-ng spells with two letters and the model with one.
const AFFRICATES: [(&str, &str); 4] = [("dʒ", "ʤ"), ("tʃ", "ʧ"), ("ts", "ʦ"), ("dz", "ʣ")];
/// The same of English, where the length of vowels is not spelt.
const ENGLISH: [(&str, &str); 10] = [
    ("eɪ", "A"),
    ("aɪ", "I"),
    ("ɔɪ", "Y"),
    ("aʊ", "W"),
    ("oʊ", "O"),
    ("əʊ", "Q"),
    ("ɜːɹ", "ɜɹ"),
    ("ɜː", "ɜɹ"),
    ("ɚ", "əɹ"),
    ("ː", ""),
];
/// By the first letter of a voice's name: its language, and the voice of espeak-ng that makes its phonemes.
const LANGUAGES: [(char, &str, &str); 9] = [
    ('a', "en-us", "en-us"),
    ('b', "en-gb", "en-gb"),
    ('e', "es", "es"),
    ('f', "fr-fr", "fr-fr"),
    ('h', "hi", "hi"),
    ('i', "it", "it"),
    ('j', "ja", "ja"),
    ('p', "pt-br", "pt-br"),
    ('z', "zh", "cmn"),
];

/// A voice's styles, and how its language is spelt.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::voices) struct Kokoro {
    styles: Vec<f32>,
    english: bool,
}

/// What the name of a voice says of it: `af_heart` is a woman's and American.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::voices) struct Named {
    pub(in crate::voices) language: &'static str,
    pub(in crate::voices) phoneme_voice: &'static str,
    pub(in crate::voices) gender: Gender,
}

impl Named {
    /// `None` where it is not a name of that kind.
    pub(in crate::voices) fn read(name: &str) -> Option<Self> {
        let mut letters = name.chars();
        let (first, gender) = (letters.next()?, letters.next()?);
        let known = LANGUAGES.iter().find(|(letter, ..)| *letter == first);
        let (_, language, phoneme_voice) = *known?;
        let gender = match gender {
            'f' => Gender::Female,
            'm' => Gender::Male,
            _ => return None,
        };
        (letters.next()? == '_').then_some(Self {
            language,
            phoneme_voice,
            gender,
        })
    }
}

impl Kokoro {
    /// Reads the styles of a voice of that language: numbers of 32 bits, the lowest byte first, alone or as NumPy
    /// writes them.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(in crate::voices) fn read(bytes: &[u8], language: &str) -> Result<Self, String> {
        let table = match bytes.strip_prefix(NUMPY) {
            // Version 1: two bytes of version, two of the length of the description (NEP 1).
            Some([1, _, low, high, rest @ ..]) => {
                let length = usize::from(u16::from_le_bytes([*low, *high]));
                let head = rest.get(..length).ok_or("it is cut off")?;
                if memchr::memmem::find(head, b"'<f4'").is_none() {
                    return Err("its numbers are not 32-bit floats".to_owned());
                }
                &rest[length..]
            }
            Some(_) => return Err("its version of NumPy's format is not read".to_owned()),
            None => bytes,
        };
        let row = STYLE * size_of::<f32>();
        if table.is_empty() || !table.len().is_multiple_of(row) || table.len() > MAX_PHONEMES * row
        {
            let why = format!(
                "it has {} bytes: the styles of a voice are 1 to {MAX_PHONEMES} times {row}",
                table.len()
            );
            return Err(why);
        }
        let numbers = table.chunks_exact(4);
        let styles: Vec<_> = numbers
            .map(|number| f32::from_le_bytes([number[0], number[1], number[2], number[3]]))
            .collect();
        if !styles.iter().all(|factor| factor.is_finite()) {
            return Err("a number in it is none".to_owned());
        }
        Ok(Self {
            styles,
            english: language.starts_with("en"),
        })
    }

    /// The numbers of phonemes, in stretches that the model can say at once, with nothing around each; and the style
    /// of each. What the model does not know is left out.
    pub(super) fn stretches(&self, phonemes: &str) -> Vec<(Vec<i32>, &[f32])> {
        let spelt = self.spell(phonemes);
        let mut rest: Vec<i32> = spelt.chars().filter_map(number).collect();
        let mut stretches = vec![];
        while !rest.is_empty() {
            let fits = rest.len().min(MAX_PHONEMES);
            // Not in the middle of a word, if there is a space.
            let space = number(' ');
            let word = rest[..fits].iter().rposition(|each| Some(*each) == space);
            let end = match fits == rest.len() {
                true => fits,
                false => word.map_or(fits, |at| at + 1),
            };
            let later = rest.split_off(end);
            let row = rest.len().min(self.styles.len() / STYLE) - 1;
            let style = &self.styles[row * STYLE..(row + 1) * STYLE];
            let padded = [&[0], &rest[..], &[0]].concat();
            stretches.push((padded, style));
            rest = later;
        }
        stretches
    }

    fn spell(&self, phonemes: &str) -> String {
        let english = ENGLISH.iter().filter(|_| self.english);
        let both = AFFRICATES.iter().chain(english);
        both.fold(phonemes.to_owned(), |spelt, (from, to)| {
            spelt.replace(from, to)
        })
    }
}

fn number(letter: char) -> Option<i32> {
    LETTERS.iter().find_map(|(first, run)| {
        let at = run.chars().position(|each| each == letter)?;
        Some(first + i32::try_from(at).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(rows: usize) -> Vec<u8> {
        let numbers = (0..rows * STYLE).map(|at| (at / STYLE) as f32);
        numbers.flat_map(f32::to_le_bytes).collect()
    }

    #[test]
    fn letters_have_the_numbers_of_the_model() {
        for (letter, its) in [
            (';', 1),
            ('—', 9),
            (' ', 16),
            ('A', 24),
            ('I', 25),
            ('Y', 41),
            ('f', 48),
            ('h', 50),
            ('z', 68),
            ('æ', 72),
            ('ə', 83),
            ('ŋ', 112),
            ('ʧ', 133),
            ('ˈ', 156),
            ('ː', 158),
            ('ᵻ', 177),
        ] {
            assert_eq!(number(letter), Some(its), "{letter}");
        }
        let all: usize = LETTERS.iter().map(|(_, run)| run.chars().count()).sum();
        assert_eq!(all, 114);
        assert_eq!(number('g'), None, "it is spelt ɡ");
    }

    #[test]
    fn a_sentence_has_nothing_around_it_and_the_style_of_its_length() {
        let voice = Kokoro::read(&bytes(4), "en-us").expect("styles");
        let said = voice.stretches("dʒˈeɪ");
        let [(numbers, style)] = &said[..] else {
            panic!("{said:?}");
        };
        assert_eq!(numbers, &[0, 82, 156, 24, 0], "ʤˈA");
        assert_eq!(style[0], 2.0, "the third row");
        let long = format!("{} {}", "a".repeat(400), "b".repeat(400));
        let lengths: Vec<_> = voice
            .stretches(&long)
            .iter()
            .map(|(n, _)| n.len())
            .collect();
        assert_eq!(lengths, [403, 402], "cut between words");
        assert!(voice.stretches("ß").is_empty());
    }

    #[test]
    fn styles_are_read_alone_and_from_numpy_and_what_is_none_is_refused() {
        let plain = Kokoro::read(&bytes(510), "ja").expect("styles");
        let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (510, 1, 256), }\n";
        let mut numpy = [NUMPY, &[1, 0, head.len() as u8, 0], head.as_bytes()].concat();
        numpy.extend(bytes(510));
        assert_eq!(Kokoro::read(&numpy, "ja").expect("styles"), plain);
        for broken in [
            &b""[..],
            &[0; 1023],
            &bytes(511),
            &f32::NAN.to_le_bytes().repeat(STYLE),
        ] {
            assert!(Kokoro::read(broken, "ja").is_err(), "{}", broken.len());
        }
    }

    #[test]
    fn a_name_says_the_language_and_whose_voice_it_is() {
        let heart = Named::read("af_heart").expect("a name");
        assert_eq!((heart.language, heart.gender), ("en-us", Gender::Female));
        let kumo = Named::read("jm_kumo").expect("a name");
        assert_eq!((kumo.language, kumo.gender), ("ja", Gender::Male));
        for none in ["", "a", "heart", "xf_x", "ax_x"] {
            assert_eq!(Named::read(none), None, "{none}");
        }
    }
}
