//! A TOML table being read: each key asked for is known from then on, all others are mistakes.

use super::inventory::{self, Kind};
use super::report::Report;
use super::suggest::did_you_mean;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;
use toml::de::{DeInteger, DeTable, DeValue};

/// A table and the keys asked for so far. What cannot be read is told to the report, and stands in
/// the configuration as a default that is never used, since a configuration with problems is none.
pub(super) struct Table<'t> {
    path: String,
    table: &'t DeTable<'t>,
    known: Vec<&'static str>,
}

/// An entry of a list, with the path that names it.
pub(super) struct Item<'t> {
    pub(super) path: String,
    value: &'t DeValue<'t>,
}

impl<'t> Table<'t> {
    pub(super) fn root(table: &'t DeTable<'t>) -> Self {
        Self {
            path: String::new(),
            table,
            known: vec![],
        }
    }

    fn new(path: &str, table: &'t DeTable<'t>) -> Self {
        Self {
            path: path.to_owned(),
            table,
            known: vec![],
        }
    }

    /// The path of a field of this table.
    pub(super) fn path(&self, key: &str) -> String {
        match self.path.is_empty() {
            true => key.to_owned(),
            false => format!("{}.{key}", self.path),
        }
    }

    /// The path of the table itself.
    pub(super) fn own_path(&self) -> &str {
        &self.path
    }

    /// Whether nothing at all stands in it.
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether the value of a key is a text.
    pub(super) fn is_text(&self, key: &str) -> bool {
        self.table
            .get(key)
            .is_some_and(|value| value.get_ref().is_str())
    }

    /// To be called when all keys were asked for: the others are mistakes.
    pub(super) fn done(self, report: &mut Report<'_>) {
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if !self.known.contains(&name) {
                let section = match self.path.is_empty() {
                    true => String::new(),
                    false => format!(" in {}", self.path),
                };
                let mend = did_you_mean(name, self.known.iter().copied());
                let what = format!("unknown key {name:?}{section}{mend}");
                report.unknown(&self.path(name), key.span().start, what);
            }
        }
    }

    /// A text.
    pub(super) fn string(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<String> {
        report.note(|| (self.path(key), Kind::Text));
        let value = self.value(key, report)?;
        let text = value.as_str().map(str::to_owned);
        self.or_wrong_type(key, "a text in quotes", value, text, report)
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, key: &'static str, report: &mut Report<'_>) -> String {
        if !self.has(key) {
            self.missing(key, report);
        }
        self.string(key, report).unwrap_or_default()
    }

    /// A text that stands for something.
    pub(super) fn parsed<T: FromStr>(
        &mut self,
        key: &'static str,
        what: &str,
        report: &mut Report<'_>,
    ) -> Option<T> {
        let text = self.string(key, report)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            report.of(&self.path(key), format!("{text:?} is not {what}"));
        }
        parsed
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        report: &mut Report<'_>,
    ) -> Option<T> {
        let text = self.string(key, report);
        report.note(|| (self.path(key), Kind::Word(names(words))));
        choose(&text?, words)
            .map_err(|mend| report.of(&self.path(key), mend))
            .ok()
    }

    /// Several of a few words, each once.
    pub(super) fn choices<T: Copy + PartialEq>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        report: &mut Report<'_>,
    ) -> Option<Vec<T>> {
        let texts = self.strings(key, report);
        report.note(|| (self.path(key), Kind::Words(names(words))));
        let mut list = vec![];
        for (path, text) in texts? {
            match choose(&text, words) {
                Ok(meaning) if list.contains(&meaning) => report.of(&path, "named twice"),
                Ok(meaning) => list.push(meaning),
                Err(mend) => report.of(&path, mend),
            }
        }
        if list.is_empty() {
            report.of(&self.path(key), "name at least one");
        }
        Some(list)
    }

    pub(super) fn boolean(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<bool> {
        report.note(|| (self.path(key), Kind::Boolean));
        let value = self.value(key, report)?;
        self.or_wrong_type(key, "true or false", value, value.as_bool(), report)
    }

    /// A whole number in a range.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u32>,
        report: &mut Report<'_>,
    ) -> Option<u32> {
        report.note(|| (self.path(key), Kind::Number(range.clone())));
        let value = self.value(key, report)?;
        let number = value.as_integer().map(whole);
        let number = self.or_wrong_type(key, "a whole number", value, number, report)?;
        let number = number.and_then(|number| u32::try_from(number).ok());
        let fine = number.filter(|number| range.contains(number));
        if fine.is_none() {
            let (low, high) = (range.start(), range.end());
            report.of(&self.path(key), format!("must be {low} to {high}"));
        }
        fine
    }

    /// Seconds, with a fraction if need be. Whether they are in the range is for whoever uses them.
    pub(super) fn seconds(
        &mut self,
        key: &'static str,
        range: &RangeInclusive<Duration>,
        report: &mut Report<'_>,
    ) -> Option<Duration> {
        report.note(|| (self.path(key), Kind::Seconds(range.clone())));
        let value = self.value(key, report)?;
        let number = match value {
            DeValue::Integer(number) => Some(whole(number).map(|number| number as f64)),
            DeValue::Float(number) => Some(number.as_str().replace('_', "").parse().ok()),
            DeValue::String(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        let number = self.or_wrong_type(key, "a number of seconds", value, number, report)?;
        let seconds = number.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        if seconds.is_none() {
            report.of(&self.path(key), "a number of seconds, 0 or more");
        }
        seconds
    }

    /// A list of texts.
    pub(super) fn strings(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Option<Vec<(String, String)>> {
        report.note(|| (self.path(key), Kind::Texts));
        let items = self.items(key, "a list of texts", report)?;
        let text = |item: &Item<'t>| {
            let text = item.value.as_str().map(str::to_owned);
            if text.is_none() {
                report.of(&item.path, "a text in quotes");
            }
            Some((item.path.clone(), text?))
        };
        Some(items.iter().filter_map(text).collect())
    }

    /// A table within this one: `[key]` or `key = { … }`.
    pub(super) fn table(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<Self> {
        report.note(|| (self.path(key), Kind::Table));
        if report.is_describing() {
            return Some(Table::new(&self.path(key), inventory::nothing()));
        }
        let value = self.value(key, report)?;
        let what = "a table of keys: { … }";
        let table = self.or_wrong_type(key, what, value, value.as_table(), report)?;
        Some(Table::new(&self.path(key), table))
    }

    /// A table where one of these words might stand instead, and does not.
    pub(super) fn table_or_word<T>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        report: &mut Report<'_>,
    ) -> Option<Self> {
        let table = self.table(key, report);
        report.note(|| (self.path(key), Kind::TableOrWord(names(words))));
        table
    }

    /// Several tables: `[[key]]`.
    pub(super) fn tables(&mut self, key: &'static str, report: &mut Report<'_>) -> Vec<Self> {
        let what = format!("several sections: write [[{key}]]");
        report.note(|| (self.path(key), Kind::Tables));
        if report.is_describing() {
            let path = format!("{}[]", self.path(key));
            return vec![Table::new(&path, inventory::nothing())];
        }
        let items = self.items(key, &what, report).unwrap_or_default();
        let table = |item: Item<'t>| {
            let table = item.value.as_table();
            if table.is_none() {
                report.of(&item.path, &what);
            }
            Some(Table::new(&item.path, table?))
        };
        items.into_iter().filter_map(table).collect()
    }

    pub(super) fn missing(&self, key: &'static str, report: &mut Report<'_>) {
        report.must(self.path(key));
        report.of(&self.path(key), "missing");
    }

    fn items(
        &mut self,
        key: &'static str,
        what: &str,
        report: &mut Report<'_>,
    ) -> Option<Vec<Item<'t>>> {
        let value = self.value(key, report)?;
        let list = self.or_wrong_type(key, what, value, value.as_array(), report)?;
        let mut items = vec![];
        for (index, value) in list.iter().enumerate() {
            let path = format!("{}[{index}]", self.path(key));
            report.found(&path, value.span().start);
            let value = value.get_ref();
            items.push(Item { path, value });
        }
        Some(items)
    }

    /// The value of a key, which is known from now on, and where it stands.
    fn value(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<&'t DeValue<'t>> {
        self.known.push(key);
        let (name, value) = self.table.get_key_value(key)?;
        let start = match value.get_ref() {
            // Of a section, the line of its header; of a value, that of the value.
            DeValue::Table(_) | DeValue::Array(_) => name.span().start,
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => value.span().start,
        };
        report.found(&self.path(key), start);
        Some(value.get_ref())
    }

    fn or_wrong_type<T>(
        &self,
        key: &str,
        what: &str,
        value: &DeValue<'_>,
        read: Option<T>,
        report: &mut Report<'_>,
    ) -> Option<T> {
        if read.is_none() {
            let found = value.type_str();
            report.of(&self.path(key), format!("must be {what}, not {found}"));
        }
        read
    }
}

/// Words without what they stand for.
fn names<T>(words: &[(&'static str, T)]) -> Vec<&'static str> {
    words.iter().map(|(word, _)| *word).collect()
}

/// The value of a whole number as it is written, in whatever base; `None` beyond 64 bits.
fn whole(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

/// The meaning of a word, or the mend.
fn choose<T: Copy>(text: &str, words: &[(&'static str, T)]) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let mend = did_you_mean(text, words.iter().map(|(word, _)| *word));
        format!("{text:?} is unknown{mend}")
    })
}
