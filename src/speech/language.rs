//! A language: how it counts, and the minute.

use super::data::{MINUTES, PHRASES, WORDS};
use super::rbnf::{self, Plurals, Rules};
use icu_plurals::PluralCategory;
use std::fmt;

/// How a caller's position is said (R41).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// First, second, third.
    Ordinal,
    /// One, two, three.
    Cardinal,
    /// Ordinal where a language has one form of it; cardinal where ordinals follow the gender and
    /// case of a noun, which only the sentence knows.
    #[default]
    Adaptive,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ordinal, Self::Cardinal, Self::Adaptive];

    /// What settings call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ordinal => "ordinal",
            Self::Cardinal => "cardinal",
            Self::Adaptive => "adaptive",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a language counts.
#[derive(Debug)]
pub struct Language {
    tag: &'static str,
    rules: Rules,
    minutes: Option<Minutes>,
}

/// How minutes are said.
#[derive(Debug)]
enum Minutes {
    /// The word, with the number in it, by the number's plural category.
    Word {
        /// The rule set of the number: it agrees with the word in gender.
        set: &'static str,
        forms: Vec<(PluralCategory, &'static str)>,
    },
    /// Number and word shape each other: rules that write both.
    Phrase(Rules),
}

impl Language {
    /// The tags of all languages whose numbers are known, in lower case.
    pub fn all() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|(tag, _)| *tag)
    }

    /// The language of a BCP 47 tag or a voice's name: `de-AT` is German. `None` if its numbers are
    /// not known.
    pub fn of(tag: &str) -> Option<Self> {
        let tag = known(tag)?;
        let (tag, text) = WORDS.iter().find(|(known, _)| *known == tag)?;
        Some(Self {
            tag,
            // The data is ours: a test reads all of it.
            rules: Rules::parse(text, Plurals::of(tag)).ok()?,
            minutes: Minutes::of(tag),
        })
    }

    /// Its tag, in lower case.
    pub fn tag(&self) -> &'static str {
        self.tag
    }

    /// The forms of a position that it has (R42): all, or only the cardinal.
    pub fn forms(&self) -> &'static [Form] {
        match self.variants(Form::Ordinal).is_empty() {
            true => &[Form::Cardinal],
            false => &Form::ALL,
        }
    }

    /// Whether it can say how many minutes something takes.
    pub fn has_minutes(&self) -> bool {
        self.minutes.is_some()
    }

    /// The variants of a form that may be asked for by name, such as `feminine`: those of CLDR.
    pub fn variants(&self, form: Form) -> Vec<&str> {
        let stem = self.resolve(form, None).name();
        let sets = self.rules.public();
        let sets = sets.filter_map(|set| set.strip_prefix("spellout-")?.strip_prefix(stem));
        sets.filter_map(|rest| match rest.strip_prefix('-') {
            Some(variant) => Some(variant),
            None => rest.is_empty().then_some(""),
        })
        .collect()
    }

    /// A position as words: in a variant, or in the form that stands alone. `None` if the language
    /// has not got it.
    pub fn position(&self, number: u32, form: Form, variant: Option<&str>) -> Option<String> {
        let form = self.resolve(form, variant);
        let spell = |set: &str| self.rules.spell(set, u64::from(number));
        match (form, variant) {
            (_, Some(variant)) => spell(&format!("spellout-{form}-{variant}")),
            (Form::Cardinal, None) => spell("spellout-numbering"),
            (Form::Ordinal | Form::Adaptive, None) => {
                let sets = STANDS_ALONE.iter().copied();
                sets.filter_map(spell).next()
            }
        }
    }

    /// How long something takes, as words.
    pub fn minutes(&self, number: u32) -> Option<String> {
        let number = u64::from(number);
        match self.minutes.as_ref()? {
            Minutes::Word { set, forms } => {
                let words = self.rules.spell(&format!("spellout-{set}"), number)?;
                let form = form(forms, self.rules.category(number))?;
                Some(form.replace("{0}", &words))
            }
            Minutes::Phrase(rules) => rules.spell("minutes", number),
        }
    }

    /// Ordinal or cardinal, where the language is to choose.
    fn resolve(&self, form: Form, variant: Option<&str>) -> Form {
        match form {
            Form::Ordinal | Form::Cardinal => form,
            Form::Adaptive => {
                let sets = self.rules.public();
                let ordinals = sets.filter_map(|set| set.strip_prefix("spellout-ordinal"));
                let ordinals: Vec<_> = ordinals.collect();
                // Who names a gender knows the noun.
                let has = |variant| {
                    ordinals
                        .iter()
                        .any(|set| set.strip_prefix('-') == Some(variant))
                };
                match ordinals == [""] || variant.is_some_and(has) {
                    true => Form::Ordinal,
                    false => Form::Cardinal,
                }
            }
        }
    }
}

/// The sets of an ordinal that stands alone, the first that a language has.
const STANDS_ALONE: [&str; 5] = [
    "spellout-ordinal",
    "spellout-ordinal-reale",
    "spellout-ordinal-common",
    "spellout-ordinal-masculine",
    "spellout-ordinal-native-count",
];

impl Minutes {
    fn of(tag: &str) -> Option<Self> {
        let phrase = PHRASES.iter().find(|(known, _)| *known == tag);
        if let Some((_, rules)) = phrase {
            // Ours as well: read by the same test.
            return Rules::parse(rules, Plurals::of(tag)).ok().map(Self::Phrase);
        }
        let lines = MINUTES.lines().map(|line| line.split('\t'));
        let mut columns = lines.into_iter().find_map(|mut columns| {
            let mine = columns.next() == Some(tag);
            mine.then_some(columns)
        })?;
        let set = columns.next()?;
        let forms = columns.filter_map(|form| {
            let (category, form) = form.split_once('=')?;
            Some((rbnf::category(category).ok()?, form))
        });
        let forms = forms.collect();
        Some(Self::Word { set, forms })
    }
}

fn form(
    forms: &[(PluralCategory, &'static str)],
    category: PluralCategory,
) -> Option<&'static str> {
    let form = |wanted| forms.iter().find(|(category, _)| *category == wanted);
    let found = form(category).or_else(|| form(PluralCategory::Other));
    found.map(|(_, form)| *form)
}

/// The tag under which a language stands in the data.
fn known(tag: &str) -> Option<&'static str> {
    let tag = tag.to_ascii_lowercase().replace('_', "-");
    // A voice's name goes on behind a plus; those of MBROLA are `mb-de5`.
    let tag = tag.split('+').next().unwrap_or_default();
    let tag = match tag.strip_prefix("mb-") {
        Some(tag) => tag.trim_end_matches(|c: char| c.is_ascii_digit()),
        None => tag,
    };
    let stands = |tag: &str| {
        WORDS
            .iter()
            .map(|(known, _)| *known)
            .find(|known| *known == tag)
    };
    // Romanised text is not what the rules write.
    if tag.split('-').skip(1).any(|part| part == "latn") && stands(tag).is_none() {
        return None;
    }
    // What voices call otherwise than CLDR does.
    let mut tag = match tag {
        "pt" => "pt-pt",
        "pt-br" => "pt",
        "cmn" | "zh-cmn" => "zh",
        "nb" | "no-nb" => "no",
        "zh-yue" => "yue",
        "zh-tw" | "zh-hk" => "zh-hant",
        "iw" => "he",
        "in" => "id",
        "tl" => "fil",
        other => other,
    };
    loop {
        if let Some(known) = stands(tag) {
            return Some(known);
        }
        tag = tag.rsplit_once('-')?.0;
    }
}
