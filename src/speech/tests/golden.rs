//! Every language against ICU, the reference implementation: what it makes of the same rules.

use crate::speech::Language;
use crate::speech::data::WORDS;
use crate::speech::rbnf::{Plurals, Rules};
use std::collections::BTreeSet;

/// Of each rule set what ICU says: of those of a number that stands alone many numbers, of the
/// others a few.
const ICU: &str = include_str!("icu.txt");
const FEW: [u64; 6] = [1, 2, 3, 21, 100, 1234];

#[test]
fn r41_r47_numbers_are_spelt_as_icu_spells_them_in_every_language() {
    let mut heads = ICU.lines().take_while(|line| line.starts_with('#'));
    let many = heads.nth(1).expect("the numbers");
    let many: Vec<u64> = many.split(' ').filter_map(|n| n.parse().ok()).collect();
    let (mut compared, mut wrong) = (0, vec![]);
    let mut languages = BTreeSet::new();
    let mut current = ("", None);
    for line in ICU.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<_> = line.split('\t').collect();
        let [tag, set, length, words] = columns[..] else {
            panic!("{line}");
        };
        if current.0 != tag {
            current = (tag, Some(rules(tag)));
            languages.insert(tag);
        }
        let rules = current.1.as_ref().expect("read");
        let numbers = if length == "full" { &many[..] } else { &FEW };
        assert_eq!(words.split('|').count(), numbers.len(), "{tag} {set}");
        for (number, words) in numbers.iter().zip(words.split('|')) {
            let ours = rules.spell(set, *number).unwrap_or_default();
            compared += 1;
            if ours != without_groups(words) {
                wrong.push(format!(
                    "{tag} {set} {number}: {ours:?}, ICU says {words:?}"
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {compared}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(languages.len(), WORDS.len(), "no language is left out");
    assert!(compared > 8000, "{compared}");
}

#[test]
fn every_rule_of_the_data_can_be_read_and_every_language_counts() {
    for (tag, _) in WORDS {
        rules(tag);
        let language = Language::of(tag).expect("a language");
        for number in (1..=200).chain([999, 20_000]) {
            for form in language.forms() {
                let words = language.position(number, *form, None);
                let words = words.unwrap_or_else(|| panic!("{tag} {form} {number}"));
                assert!(
                    !words.is_empty() && words.trim() == words,
                    "{tag} {words:?}"
                );
            }
            if language.has_minutes() {
                assert!(language.minutes(number).is_some(), "{tag} {number}");
            }
        }
    }
}

#[test]
fn rules_that_are_none_are_refused_with_their_line() {
    for (text, line, what) in [
        ("%a:\n0 zero;", 2, "colon"),
        ("%a:\n0: zero", 2, "semicolon"),
        ("%a:\n0: zero;\nx: one;", 3, "no number"),
        ("%a:\n0/1: zero;", 2, "radix"),
        ("%a:\n0: =%b=;", 2, "no set %b"),
        ("%a:\n0: <x<;", 2, "neither"),
        ("%a:\n10: <<;\n20: >ten;", 3, "not closed"),
        ("%a:\n0: $(cardinal,one{x};", 2, "not closed"),
        ("%a:\n0: $(cardinal,some{x})$;", 2, "no plural category"),
        ("%a:\n0: $(dual,one{x})$;", 2, "no kind"),
    ] {
        let fault = Rules::parse(text, Plurals::of("en"))
            .expect_err(text)
            .to_string();
        assert!(
            fault.contains(&format!("line {line}")) && fault.contains(what),
            "{fault}"
        );
    }
}

#[test]
fn sets_that_lead_to_each_other_forever_and_numbers_without_a_rule_have_no_words() {
    let rules = Rules::parse("%a:\n0: =%b=;\n%b:\n0: =%a=;", Plurals::of("en")).expect("rules");
    assert_eq!(rules.spell("a", 1), None);
    let rules = Rules::parse("%a:\n5: five;", Plurals::of("en")).expect("rules");
    assert_eq!(rules.spell("a", 4), None);
    assert_eq!(rules.spell("b", 5), None);
}

fn rules(tag: &str) -> Rules {
    let (_, text) = WORDS
        .iter()
        .find(|(known, _)| *known == tag)
        .expect("known");
    Rules::parse(text, Plurals::of(tag)).unwrap_or_else(|fault| panic!("{tag}: {fault}"))
}

/// What has no words is written with digits. ICU groups them as the country does; a speech engine
/// reads them better without: the one difference.
fn without_groups(words: &str) -> String {
    match words.contains(|c: char| c.is_ascii_digit()) {
        true => words.replace([',', '\u{A0}'], ""),
        false => words.to_owned(),
    }
}
