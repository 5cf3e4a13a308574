//! Rule-based number formatting: whole numbers as words, by the rules of CLDR.
//!
//! A rule set is a list of rules, each with a base value; the one with the highest base that is not
//! above the number counts. `<<` stands for the number divided by the rule's power of its radix, `>>` for
//! the rest, `=%set=` for the number itself in another set. What stands in brackets is left out where
//! the rest is nothing, or replaced by what follows its `|`.
//!
//! ```text
//!   20: twenty[->>];        21 ─▶ "twenty" "-" (1 in this set: "one")
//!   100: << hundred[ >>];   300 ─▶ (3: "three") " hundred"
//! ```
//!
//! Syntax and meaning: UTS #35 part 3 and the description of ICU's `RuleBasedNumberFormat`.
//!
//! Deliberately absent: fractions, negative numbers, infinity, lenient parsing, and the patterns of
//! decimal formats, which are written as plain digits: they only stand for numbers that are too
//! large for words.

use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRuleType, PluralRules, PluralRulesOptions};
use std::collections::BTreeMap;

/// Sets that lead to each other without an end are a fault of the data.
const MAX_DEPTH: u8 = 40;

/// The rules of a language.
#[derive(Debug)]
pub(super) struct Rules {
    names: BTreeMap<String, usize>,
    sets: Vec<Vec<Rule>>,
    plurals: Plurals,
}

/// How a language counts, for things and for places.
#[derive(Debug)]
pub(super) struct Plurals(Option<Locale>);

/// Why a text is no set of rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub(super) struct Fault {
    line: usize,
    what: String,
}

#[derive(Debug)]
struct Rule {
    base: u64,
    /// The highest power of the radix that is not above the base.
    divisor: u64,
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    /// `=…=`: the number itself.
    Same(Way),
    /// `<…<`: how often the divisor goes into it.
    Quotient(Way),
    /// `>…>`: what is left.
    Rest(Way),
    /// `>>>`: what is left, by the rule before this one.
    RestByRuleBefore,
    /// `$(cardinal,one{…}other{…})$`: by the quotient.
    Plural {
        ordinal: bool,
        forms: Vec<(PluralCategory, String)>,
    },
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Set(usize),
    Digits,
}

impl Rules {
    /// Reads rules as CLDR writes them, a rule a line.
    pub(super) fn parse(text: &str, plurals: Plurals) -> Result<Self, Fault> {
        let headings = text.lines().filter_map(heading);
        let names: BTreeMap<_, _> = headings.zip(0..).collect();
        let mut sets: Vec<Vec<Rule>> = vec![];
        for (number, line) in (1..).zip(text.lines()) {
            if heading(line).is_some() {
                sets.push(vec![]);
            } else if !line.trim().is_empty() {
                let here = sets.len().wrapping_sub(1);
                let reader = Reader {
                    names: &names,
                    here,
                };
                let rules = reader.rules(line);
                let rules = rules.map_err(|what| Fault { line: number, what })?;
                if let Some(set) = sets.last_mut() {
                    set.extend(rules);
                }
            }
        }
        let names = names.into_iter().map(|(name, at)| (name.to_owned(), at));
        let names = names.collect();
        Ok(Self {
            names,
            sets,
            plurals,
        })
    }

    /// The sets that may be asked for, without the leading `%`; those with `%%` are private.
    pub(super) fn public(&self) -> impl Iterator<Item = &str> {
        let names = self.names.keys();
        names.filter_map(|name| name.strip_prefix('%').filter(|rest| !rest.starts_with('%')))
    }

    /// A number by a public set; `None` if there is no such set, or it has no words for it.
    pub(super) fn spell(&self, set: &str, number: u64) -> Option<String> {
        let set = *self.names.get(&format!("%{set}"))?;
        let mut words = String::new();
        self.by_set(set, number, 0, &mut words)?;
        Some(words)
    }

    /// The plural category of a count.
    pub(super) fn category(&self, number: u64) -> PluralCategory {
        self.plurals.category(false, number)
    }

    fn by_set(&self, set: usize, number: u64, depth: u8, out: &mut String) -> Option<()> {
        let rules = self.sets.get(set)?;
        let mut at = rules
            .partition_point(|rule| rule.base <= number)
            .checked_sub(1)?;
        if rules.get(at)?.rolls_back(number) {
            at = at.checked_sub(1)?;
        }
        self.by_rule(rules, at, number, depth, out)
    }

    fn by_rule(
        &self,
        rules: &[Rule],
        at: usize,
        number: u64,
        depth: u8,
        out: &mut String,
    ) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let rule = rules.get(at)?;
        let (quotient, rest) = (number / rule.divisor, number % rule.divisor);
        for part in &rule.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Same(way) => self.go(*way, number, depth, out)?,
                Part::Quotient(way) => self.go(*way, quotient, depth, out)?,
                Part::Rest(way) => self.go(*way, rest, depth, out)?,
                Part::RestByRuleBefore => {
                    self.by_rule(rules, at.checked_sub(1)?, rest, depth + 1, out)?;
                }
                Part::Plural { ordinal, forms } => {
                    let category = self.plurals.category(*ordinal, quotient);
                    let form = |wanted| forms.iter().find(|(category, _)| *category == wanted);
                    let form = form(category).or_else(|| form(PluralCategory::Other));
                    out.push_str(form.map_or("", |(_, form)| form));
                }
            }
        }
        Some(())
    }

    fn go(&self, way: Way, number: u64, depth: u8, out: &mut String) -> Option<()> {
        match way {
            Way::Set(set) => self.by_set(set, number, depth + 1, out),
            Way::Digits => {
                out.push_str(&number.to_string());
                Some(())
            }
        }
    }
}

impl Rule {
    /// A rule that speaks of a rest is not for multiples of its divisor, unless its base is one: then
    /// the rule before it is meant.
    fn rolls_back(&self, number: u64) -> bool {
        let speaks_of_rest = |part: &Part| match part {
            Part::Rest(_) | Part::RestByRuleBefore => true,
            Part::Text(_) | Part::Same(_) | Part::Quotient(_) | Part::Plural { .. } => false,
        };
        self.parts.iter().any(speaks_of_rest)
            && number.is_multiple_of(self.divisor)
            && !self.base.is_multiple_of(self.divisor)
    }
}

impl Plurals {
    /// How a language counts; one that is unknown has a single form.
    pub(super) fn of(tag: &str) -> Self {
        Self(tag.parse().ok())
    }

    fn category(&self, ordinal: bool, number: u64) -> PluralCategory {
        let kind = match ordinal {
            true => PluralRuleType::Ordinal,
            false => PluralRuleType::Cardinal,
        };
        // Found in a table each time: the rules themselves cannot go from thread to thread.
        let rules = self.0.as_ref().and_then(|locale| {
            let options = PluralRulesOptions::default().with_type(kind);
            PluralRules::try_new(locale.into(), options).ok()
        });
        rules.map_or(PluralCategory::Other, |rules| rules.category_for(number))
    }
}

/// The name of the set that begins with this line.
fn heading(line: &str) -> Option<&str> {
    line.strip_suffix(':').filter(|name| name.starts_with('%'))
}

/// Reads the rules of one set.
struct Reader<'a> {
    names: &'a BTreeMap<&'a str, usize>,
    /// The set that `<<` and `>>` mean.
    here: usize,
}

impl Reader<'_> {
    /// A line: one rule, or two where something stands in brackets.
    fn rules(&self, line: &str) -> Result<Vec<Rule>, String> {
        let (descriptor, body) = line
            .split_once(':')
            .ok_or("a rule has a base and a colon")?;
        let (base, divisor) = powers(descriptor)?;
        let body = body
            .trim_start()
            .strip_suffix(';')
            .ok_or("a rule ends with a semicolon")?;
        // An apostrophe keeps the blanks behind it.
        let body = body.strip_prefix('\'').unwrap_or(body);
        let rule = |base, body: &str| {
            let parts = self.parts(body);
            parts.map(|parts| Rule {
                base,
                divisor,
                parts,
            })
        };
        let Some((before, inside, after)) = brackets(body) else {
            return Ok(vec![rule(base, body)?]);
        };
        let (rest, none) = inside.split_once('|').unwrap_or((inside, ""));
        let whole = format!("{before}{rest}{after}");
        if base == 0 || !base.is_multiple_of(divisor) {
            return Ok(vec![rule(base, &whole)?]);
        }
        let bare = format!("{before}{none}{after}");
        Ok(vec![rule(base, &bare)?, rule(base + 1, &whole)?])
    }

    fn parts(&self, body: &str) -> Result<Vec<Part>, String> {
        let mut parts = vec![];
        let mut left = body;
        while !left.is_empty() {
            let text = left.find(['<', '>', '=', '$']).unwrap_or(left.len());
            if text > 0 {
                parts.push(Part::Text(left[..text].to_owned()));
                left = &left[text..];
                continue;
            }
            let (part, length) = if left.starts_with(">>>") {
                (Part::RestByRuleBefore, 3)
            } else if left.starts_with('$') {
                plural(left)?
            } else {
                self.substitution(left)?
            };
            parts.push(part);
            left = &left[length..];
        }
        Ok(parts)
    }

    /// What begins with `<`, `>` or `=`, and how long it is.
    fn substitution(&self, text: &str) -> Result<(Part, usize), String> {
        let sign = &text[..1];
        let end = text[1..]
            .find(sign)
            .ok_or_else(|| format!("{sign} is not closed"))?;
        let name = &text[1..=end];
        let way = match name.chars().next() {
            None => Way::Set(self.here),
            Some('%') => Way::Set(
                *self
                    .names
                    .get(name)
                    .ok_or_else(|| format!("no set {name}"))?,
            ),
            Some('#' | '0') => Way::Digits,
            Some(_) => return Err(format!("{name} is neither a set nor a pattern")),
        };
        let part = match sign {
            "<" => Part::Quotient(way),
            ">" => Part::Rest(way),
            _ => Part::Same(way),
        };
        Ok((part, end + 2))
    }
}

/// The base of a rule, and the power of its radix: `20`, `1100/100`, `11000/1,000`; each `>` lowers
/// the power.
fn powers(descriptor: &str) -> Result<(u64, u64), String> {
    let lowered = descriptor.trim_end_matches('>');
    let (base, radix) = lowered.split_once('/').unwrap_or((lowered, "10"));
    let number = |text: &str| {
        let digits = text.replace(',', "");
        digits
            .parse()
            .map_err(|_| format!("{descriptor} is no number"))
    };
    let (base, radix): (u64, u64) = (number(base)?, number(radix)?);
    if radix < 2 {
        return Err(format!("{descriptor}: a radix is 2 at least"));
    }
    let mut exponent = base.checked_ilog(radix).unwrap_or(0);
    exponent = exponent.saturating_sub((descriptor.len() - lowered.len()) as u32);
    Ok((base, radix.pow(exponent)))
}

/// What stands before, in and behind the brackets.
fn brackets(body: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = body.split_once('[')?;
    let (inside, after) = rest.split_once(']')?;
    Some((before, inside, after))
}

/// `$(cardinal,one{…}other{…})$`, and how long it is.
fn plural(text: &str) -> Result<(Part, usize), String> {
    let inside = text
        .strip_prefix("$(")
        .and_then(|text| text.split_once(")$"));
    let (inside, _) = inside.ok_or("$( is not closed by )$")?;
    let (kind, mut left) = inside.split_once(',').ok_or("a plural has a kind")?;
    let ordinal = match kind {
        "cardinal" => false,
        "ordinal" => true,
        other => return Err(format!("{other} is no kind of plural")),
    };
    let mut forms = vec![];
    while let Some((category, rest)) = left.split_once('{') {
        let (form, rest) = rest.split_once('}').ok_or("a form is not closed")?;
        forms.push((self::category(category.trim())?, form.to_owned()));
        left = rest;
    }
    Ok((Part::Plural { ordinal, forms }, inside.len() + 4))
}

/// A plural category by the name that CLDR gives it.
pub(super) fn category(name: &str) -> Result<PluralCategory, String> {
    let category = PluralCategory::get_for_cldr_string(name);
    category.ok_or_else(|| format!("{name} is no plural category"))
}
