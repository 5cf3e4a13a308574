//! Which rows are wanted: what a query says after `WHERE`, and the values for its places.

use super::link::Value;

/// Parts that all have to hold; of none, each row fits.
#[derive(Debug, Default)]
pub(super) struct Condition {
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Condition {
    /// If something is wanted, it has to hold; each `?` of the part stands for it.
    pub(super) fn and(&mut self, part: &str, wanted: Option<impl Into<Value>>) {
        if let Some(wanted) = wanted {
            self.values.push(wanted.into());
            let place = format!("${}", self.values.len());
            self.parts.push(part.replace('?', &place));
        }
    }

    /// The row comes after another one in the order of these columns, the largest first.
    pub(super) fn after<const N: usize>(&mut self, columns: [&str; N], last: [Value; N]) {
        let first = self.values.len() + 1;
        let places: Vec<_> = (first..first + N).map(|at| format!("${at}")).collect();
        let (columns, places) = (columns.join(", "), places.join(", "));
        self.parts.push(format!("({columns}) < ({places})"));
        self.values.extend(last);
    }

    /// The column is one of these; of none given, whatever it is.
    pub(super) fn one_of(&mut self, column: &str, wanted: impl Iterator<Item = impl Into<Value>>) {
        let mut wanted = wanted.peekable();
        if wanted.peek().is_some() {
            let places = self.places(wanted);
            self.parts.push(format!("{column} IN ({places})"));
        }
    }

    /// One of the columns has this number; or, where it is given without its country, one with it in it.
    /// People look for numbers as they are printed: spaces and the like do not count.
    pub(super) fn number<const N: usize>(&mut self, columns: [&str; N], wanted: Option<&str>) {
        let like = |column| format!("LOWER({column}) LIKE ? ESCAPE '!'");
        let columns = columns.map(like).join(" OR ");
        self.and(&format!("({columns})"), wanted.map(meant));
    }

    /// Places for values, for what is wanted to be among them: `column IN (…)`. Of none nothing is.
    pub(super) fn places<V: Into<Value>>(&mut self, wanted: impl Iterator<Item = V>) -> String {
        let places = wanted.map(|value| {
            self.values.push(value.into());
            format!("${}", self.values.len())
        });
        let places = places.collect::<Vec<_>>();
        match places.is_empty() {
            true => "NULL".to_owned(),
            false => places.join(", "),
        }
    }

    /// This holds, whatever is wanted.
    pub(super) fn always(&mut self, part: &str) {
        self.parts.push(part.to_owned());
    }

    /// The clause, or nothing, and its values in order.
    pub(super) fn clause(self) -> (String, Vec<Value>) {
        let clause = match self.parts.is_empty() {
            true => String::new(),
            false => format!("WHERE {}", self.parts.join(" AND ")),
        };
        (clause, self.values)
    }
}

/// The pattern of the numbers that somebody may mean.
fn meant(number: &str) -> String {
    let spoken =
        |letter: &char| !letter.is_whitespace() && !matches!(letter, '(' | ')' | '/' | '-');
    let number: String = number.to_lowercase().chars().filter(spoken).collect();
    if let Some(whole) = number.strip_prefix("00") {
        return escaped(&format!("+{whole}"));
    }
    if number.starts_with('+') {
        return escaped(&number);
    }
    let bare = number.trim_start_matches('0');
    let digits = !bare.is_empty() && bare.chars().all(|digit| digit.is_ascii_digit());
    format!("%{}%", escaped(if digits { bare } else { &number }))
}

/// A text that means itself in a pattern.
fn escaped(text: &str) -> String {
    let escape = |letter| matches!(letter, '%' | '_' | '!').then_some('!');
    text.chars()
        .flat_map(|letter| escape(letter).into_iter().chain([letter]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_looked_for_as_it_is_printed() {
        assert_eq!(meant("+4930123456"), "+4930123456");
        assert_eq!(meant("030 / 1234-56"), "%30123456%");
        assert_eq!(meant("0049 (30) 1"), "+49301");
        assert_eq!(meant("1234"), "%1234%");
        assert_eq!(meant("Bob_1%!"), "%bob!_1!%!!%");
        assert_eq!(meant("0"), "%0%");
    }
}
