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
