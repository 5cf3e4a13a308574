//! Numbers: one spelling of each (R147), and one for logs.

use crate::settings::{Format, Numbers, Plan};

/// The longest user of a Request-URI that is looked at.
const LONGEST: usize = 64;
/// What follows a prefix of a plan has at least so many digits, or the prefix is none: `00` and `01`
/// may be numbers of somebody's own.
const SHORTEST: usize = 3;
/// Digits that are E.164 without its plus sign: shorter ones are local.
const PLAIN: usize = 7;

/// A number in one spelling: `+49 (0)30 / 123-45` and `0049 30 12345` are both `+493012345`.
///
/// Visual separators (RFC 3966 §5.1.1) and parameters go, `00` becomes `+`. Digits without either
/// stay as they are, since only the one who sends them knows what they begin with. What is no
/// number (`alice`) stays as it is, cut to 64 characters.
pub fn normal(called: &str) -> String {
    match digits(called) {
        None => called.chars().take(LONGEST).collect(),
        Some((true, digits)) => format!("+{digits}"),
        Some((false, digits)) => match digits.strip_prefix("00") {
            Some(digits) => format!("+{digits}"),
            None => digits,
        },
    }
}

/// A number as it is written by one who dials by this plan, in E.164 as far as the plan says how
/// (R147): `030 12345` is `+493012345` in country 49. What it says nothing about (`100`, `alice`)
/// stays as it is.
pub(super) fn read(plan: &Plan, written: &str) -> String {
    let Some((plus, digits)) = digits(written) else {
        return normal(written);
    };
    if plus {
        return format!("+{digits}");
    }
    let without = |prefix: &str| {
        let rest = digits.strip_prefix(prefix).filter(|_| !prefix.is_empty());
        rest.filter(|rest| rest.len() >= SHORTEST)
    };
    if let Some(digits) = without(&plan.international_prefix) {
        return format!("+{digits}");
    }
    match (&plan.country, without(&plan.national_prefix)) {
        (Some(country), Some(digits)) => format!("+{country}{digits}"),
        (_, _) => digits,
    }
}

/// A number that a trunk has written.
pub fn read_from(numbers: &Numbers, written: &str) -> String {
    let number = read(&numbers.plan, written);
    let is_plain = numbers.format == Format::Plain
        && (PLAIN..=15).contains(&number.len())
        && number.chars().all(|c| c.is_ascii_digit());
    if is_plain {
        format!("+{number}")
    } else {
        number
    }
}

/// A number as a trunk wants it written. Short numbers have no other form; the prefix they get, too.
pub fn write(numbers: &Numbers, number: &str) -> String {
    let plan = &numbers.plan;
    let Some(digits) = number.strip_prefix('+') else {
        return format!("{}{number}", numbers.prefix);
    };
    let at_home = plan
        .country
        .as_deref()
        .and_then(|country| digits.strip_prefix(country));
    let written = match (numbers.format, at_home) {
        (Format::Plus, _) => format!("+{digits}"),
        (Format::Plain, _) => digits.to_owned(),
        (Format::National, Some(rest)) => format!("{}{rest}", plan.national_prefix),
        (Format::National, None) | (Format::International, _) => {
            format!("{}{digits}", plan.international_prefix)
        }
    };
    let left: String = written.chars().skip(numbers.strip.into()).collect();
    format!("{}{left}", numbers.prefix)
}

/// Whether a text is a number in E.164 with its plus sign.
pub fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (3..=15).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit())
}

/// The digits of a number without what is for the eye, and whether a plus sign stands before them;
/// `None` for what is no number.
fn digits(written: &str) -> Option<(bool, String)> {
    // RFC 3261 §19.1.6: `;isub=…` and the like are parameters of the number.
    let number = written.split(';').next().unwrap_or_default().trim();
    let (plus, rest) = match number.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    // +49 (0)30 …: the zero is for those who dial without +49.
    let rest = if plus {
        rest.replacen("(0)", "", 1)
    } else {
        rest.to_owned()
    };
    let is_separator = |c: &char| "-.() /".contains(*c);
    let digits: String = rest.chars().filter(|c| !is_separator(c)).collect();
    let can_be_dialled = |c: char| c.is_ascii_digit() || c == '*' || c == '#';
    let is_number = digits.chars().all(can_be_dialled) && digits.len() <= LONGEST;
    is_number.then_some((plus, digits))
}

/// A number for logs: `+49…567`, its beginning and its last three digits. Of short numbers the
/// end alone, of what is no number the first letter.
pub fn masked(number: &str) -> String {
    let text = normal(number);
    let is_number = text.chars().all(|c| c.is_ascii_digit() || c == '+');
    let length = text.chars().count();
    let tail = || text.chars().skip(length.saturating_sub(3));
    if !is_number {
        let first = text.chars().next().filter(|c| c.is_alphanumeric());
        first.into_iter().chain(['…']).collect()
    } else if length >= 9 {
        text.chars().take(3).chain(['…']).chain(tail()).collect()
    } else if length > 3 {
        ['…'].into_iter().chain(tail()).collect()
    } else {
        "…".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_number_has_one_spelling() {
        for (written, read) in [
            ("+49 (0)30 / 123-45", "+493012345"),
            ("0049 30 12345", "+493012345"),
            ("+49.30.12345;isub=7", "+493012345"),
            ("030 12345", "03012345"),
            ("9196", "9196"),
            ("*43#", "*43#"),
            ("00", "+"),
            ("alice", "alice"),
            ("alice.b-c", "alice.b-c"),
            ("", ""),
        ] {
            assert_eq!(normal(written), read, "{written}");
            assert_eq!(normal(read), read, "read again");
        }
    }

    fn numbers(country: &str, format: Format) -> Numbers {
        Numbers {
            plan: Plan {
                country: Some(country.into()),
                ..Plan::default()
            },
            format,
            ..Numbers::default()
        }
    }

    #[test]
    fn r147_a_number_is_read_by_the_plan_of_who_dials() {
        let germany = numbers("49", Format::Plus);
        let america = Plan {
            country: Some("1".into()),
            international_prefix: "011".into(),
            national_prefix: "1".into(),
        };
        for (plan, written, read_as) in [
            (&germany.plan, "030 12345", "+493012345"),
            (&germany.plan, "0043 1 234", "+431234"),
            (&germany.plan, "+43 1 234", "+431234"),
            (&germany.plan, "100", "100"),
            (&germany.plan, "112", "112"),
            (&germany.plan, "0", "0"),
            (&germany.plan, "alice", "alice"),
            (&america, "1-202-555-0123", "+12025550123"),
            (&america, "011 49 30 1", "+49301"),
            (&Plan::default(), "030 12345", "03012345"),
            (&Plan::default(), "0049 30", "+4930"),
        ] {
            assert_eq!(read(plan, written), read_as, "{written}");
        }
        let plain = numbers("49", Format::Plain);
        assert_eq!(read_from(&plain, "493012345"), "+493012345");
        assert_eq!(read_from(&plain, "100"), "100", "too short for the world");
        assert_eq!(read_from(&germany, "493012345"), "493012345");
    }

    #[test]
    fn r147_a_number_is_written_as_the_trunk_wants_it() {
        let written = |numbers: &Numbers| {
            let all = ["+493012345", "+431234", "112"];
            all.map(|number| write(numbers, number))
        };
        let germany = |format| written(&numbers("49", format));
        assert_eq!(germany(Format::Plus), ["+493012345", "+431234", "112"]);
        assert_eq!(germany(Format::Plain), ["493012345", "431234", "112"]);
        let international = ["00493012345", "00431234", "112"];
        assert_eq!(germany(Format::International), international);
        let national = ["03012345", "00431234", "112"];
        assert_eq!(germany(Format::National), national);
        let behind_a_prefix = Numbers {
            strip: 1,
            prefix: "9#".into(),
            ..numbers("49", Format::Plus)
        };
        assert_eq!(
            written(&behind_a_prefix),
            ["9#493012345", "9#431234", "9#112"]
        );
    }

    #[test]
    fn a_log_shows_the_last_three_digits() {
        for (number, shown) in [
            ("+49 30 1234567", "+49…567"),
            ("030123456", "030…456"),
            ("9196", "…196"),
            ("110", "…"),
            ("alice", "a…"),
            ("\n[31m", "…"),
            ("", "…"),
        ] {
            assert_eq!(masked(number), shown, "{number}");
        }
    }

    #[test]
    fn any_text_is_bounded_and_harmless() {
        let mut random = Random::seeded(5);
        let alphabet: Vec<char> = "+0123456789*#()-./ ;äab\n\0".chars().collect();
        for _ in 0..5_000 {
            let letter = |r: &mut Random| alphabet[r.below(alphabet.len() as u64) as usize];
            let length = random.below(200);
            let text: String = (0..length).map(|_| letter(&mut random)).collect();
            assert!(normal(&text).chars().count() <= LONGEST + 1);
            let shown = masked(&text);
            assert!(shown.chars().count() <= 7 && !shown.contains(char::is_control));
        }
    }
}
