//! Numbers: one spelling of each (R147), and one for logs.

/// The longest user of a Request-URI that is looked at.
const LONGEST: usize = 64;

/// A number in one spelling: `+49 (0)30 / 123-45` and `0049 30 12345` are both `+493012345`.
///
/// Visual separators (RFC 3966 §5.1.1) and parameters go, `00` becomes `+`. Digits without either
/// stay as they are, since only the one who sends them knows what they begin with. What is no
/// number (`alice`) stays as it is, cut to 64 characters.
pub fn normal(called: &str) -> String {
    // RFC 3261 §19.1.6: `;isub=…` and the like are parameters of the number.
    let number = called.split(';').next().unwrap_or_default().trim();
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
    let is_number = digits
        .chars()
        .all(|c| c.is_ascii_digit() || c == '*' || c == '#');
    if !is_number || digits.len() > LONGEST {
        return called.chars().take(LONGEST).collect();
    }
    match digits.strip_prefix("00") {
        Some(digits) if !plus => format!("+{digits}"),
        Some(_) | None if plus => format!("+{digits}"),
        Some(_) | None => digits,
    }
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
