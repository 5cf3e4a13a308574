//! What can be set (SPEC §12): each key with its kind, range, default, and when a change of it takes
//! effect (R148).
//!
//! Nobody writes this list: the reader is let loose on a document in which every section is there and
//! empty, and what it asks for is what can be set. So it is never behind the reader.

use super::{Files, document, load};
use crate::settings::Account;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;
use toml::Value;
use toml::de::DeTable;

/// Something that can be set.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Where it stands: `queue[].max_wait.after_s`.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// It must be there where its section is.
    pub required: bool,
    /// What holds where it is not set; `None`: nothing, or what others say.
    pub default: Option<Value>,
    /// When a change of it takes effect.
    pub effect: Effect,
}

/// What the value of a key is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Number(RangeInclusive<u32>),
    /// Seconds, with a fraction if need be.
    Seconds(RangeInclusive<Duration>),
    /// One of these words.
    Word(Vec<&'static str>),
    /// Several of these words.
    Words(Vec<&'static str>),
    /// A table of keys.
    Table,
    /// A table of keys, or one of these words.
    TableOrWord(Vec<&'static str>),
    /// Several tables.
    Tables,
}

/// When a change of a setting takes effect (R148).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// At once, for what goes on as well.
    Immediate,
    /// For what begins after it: a call, a ring, a wrap-up, a wait in a queue, a request.
    NewCalls,
    /// The next time something is played.
    NextPlay,
}

impl Effect {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::NewCalls => "new_calls",
            Self::NextPlay => "next_play",
        }
    }
}

/// What the reader asks for.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) kinds: BTreeMap<String, Kind>,
    pub(super) required: BTreeSet<String>,
}

/// A table without anything in it.
pub(super) fn nothing() -> &'static DeTable<'static> {
    static NOTHING: LazyLock<DeTable<'static>> = LazyLock::new(DeTable::new);
    &NOTHING
}

/// All that can be set of an account, by path.
pub fn inventory() -> Vec<Key> {
    let files = Files {
        exists: |_| true,
        read: |_| Err(std::io::Error::other("no file is read")),
    };
    let keys = load::describe(&files);
    let defaults = Defaults::find(&files);
    let key = |(path, kind): (String, Kind)| Key {
        required: keys.required.contains(&path),
        default: defaults.of(&path),
        effect: effect(&path),
        path,
        kind,
    };
    // What a profile of a peer is called is not kept: its habits are.
    let kinds = keys.kinds.into_iter();
    let kinds = kinds.filter(|(path, _)| !path.ends_with("].peer"));
    kinds.map(key).collect()
}

/// The rules of R148: the longest beginning that fits counts.
const EFFECTS: [(&str, Effect); 28] = [
    ("", Effect::Immediate),
    ("agent[].record_calls", Effect::NewCalls),
    ("agent[].record_direction", Effect::NewCalls),
    ("agent[].wrap_up_s", Effect::NewCalls),
    ("call_link[]", Effect::NewCalls),
    ("callback[]", Effect::NewCalls),
    ("callback[].ask_number", Effect::NextPlay),
    ("callback[].confirmation", Effect::NextPlay),
    ("callback[].declined", Effect::NextPlay),
    ("hold", Effect::NextPlay),
    ("hold_message[]", Effect::NextPlay),
    ("hours[].away", Effect::NextPlay),
    ("hours[].wait_for_response_s", Effect::NextPlay),
    ("queue[].announcement", Effect::NextPlay),
    ("queue[].greeting", Effect::NextPlay),
    ("queue[].max_wait", Effect::NewCalls),
    ("queue[].music", Effect::NextPlay),
    ("recording", Effect::NewCalls),
    ("recording.audit_days", Effect::Immediate),
    ("recording.quota_gb", Effect::Immediate),
    ("recording.retention_days", Effect::Immediate),
    ("strategy[]", Effect::NextPlay),
    ("strategy[].max_wait", Effect::NewCalls),
    ("timeouts", Effect::NewCalls),
    ("timeouts.page_s", Effect::Immediate),
    ("transfer", Effect::NewCalls),
    ("transfer.allow_unlisted_numbers", Effect::Immediate),
    ("wrap_up.default_s", Effect::NewCalls),
];

fn effect(path: &str) -> Effect {
    let fitting = EFFECTS.iter().filter(|(start, _)| path.starts_with(start));
    let longest = fitting.max_by_key(|(start, _)| start.len());
    longest.map_or(Effect::Immediate, |(_, effect)| *effect)
}

/// What the reader takes where nothing is said: found by letting it read the least there can be.
struct Defaults {
    said: toml::Table,
    written: toml::Table,
}

impl Defaults {
    fn find(files: &Files) -> Self {
        let text = include_str!("least.toml");
        let read = load::account(Path::new(""), text, Path::new(""), files);
        // The text is ours: a test reads it.
        let account = read.unwrap_or_else(|_| Account::new("main"));
        Self {
            said: text.parse().unwrap_or_default(),
            written: document::write(&account, Path::new(""), document::Secrets::Hidden),
        }
    }

    fn of(&self, path: &str) -> Option<Value> {
        let is_said = find(&self.said, path).is_some();
        // What is made of other keys is no default.
        let is_made = path.ends_with("[].id") || ["agent[].name", "queue[].agents"].contains(&path);
        let value = find(&self.written, path).filter(|_| !is_said && !is_made)?;
        (!value.is_table()).then(|| value.clone())
    }
}

/// A value by its path; of a list its first entry.
fn find<'t>(table: &'t toml::Table, path: &str) -> Option<&'t Value> {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let value = match first.strip_suffix("[]") {
        Some(list) => table.get(list)?.as_array()?.first()?,
        None => table.get(first)?,
    };
    match rest {
        Some(rest) => find(value.as_table()?, rest),
        None => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: &str) -> Key {
        let found = inventory().into_iter().find(|key| key.path == path);
        found.unwrap_or_else(|| panic!("{path} can be set"))
    }

    #[test]
    fn each_key_has_its_range_and_its_default() {
        let ring = key("timeouts.agent_s");
        let range = Duration::from_secs(3)..=Duration::from_secs(60);
        assert_eq!(ring.kind, Kind::Seconds(range));
        assert_eq!(ring.default, Some(30.into()));
        let retries = key("callback[].retries");
        assert_eq!(retries.kind, Kind::Number(0..=20));
        assert_eq!(retries.default, Some(3.into()));
        let distribution = key("queue[].distribution");
        assert_eq!(distribution.default, Some("fewest_conversations".into()));
        assert_eq!(key("queue[].announcement.every_s").default, Some(30.into()));
        assert_eq!(
            key("strategy[].announcement.every_s").default,
            Some(30.into())
        );
        assert!(key("queue[].name").required);
        assert_eq!(key("queue[].name").default, None);
        assert!(!key("queue[].greeting.text").required);
        assert_eq!(key("agent[].wrap_up_s").default, None);
        assert_eq!(key("storage.enabled").default, Some(true.into()));
        assert_eq!(key("storage.port").default, Some(22.into()));
    }

    #[test]
    fn each_key_says_when_a_change_of_it_takes_effect_r148() {
        for (path, effect) in [
            ("missed_calls.mode", Effect::Immediate),
            ("recording.enabled", Effect::NewCalls),
            ("timeouts.customer_s", Effect::NewCalls),
            ("queue[].greeting.text", Effect::NextPlay),
            ("queue[].announcement.codes[].digits", Effect::NextPlay),
            ("queue[].max_wait.after_s", Effect::NewCalls),
            ("hours[].week[].from", Effect::Immediate),
            ("hours[].away.text", Effect::NextPlay),
            ("callback[].delay_s", Effect::NewCalls),
            ("wrap_up.default_s", Effect::NewCalls),
            ("wrap_up.extend", Effect::Immediate),
            ("agent[].record_calls", Effect::NewCalls),
            ("agent[].record_direction", Effect::NewCalls),
            ("agent[].teams", Effect::Immediate),
        ] {
            assert_eq!(key(path).effect, effect, "{path}");
        }
    }

    #[test]
    fn the_inventory_is_all_that_is_written_and_read() {
        let files = Files {
            exists: |_| true,
            read: |_| Err(std::io::Error::other("not there")),
        };
        let defaults = Defaults::find(&files);
        assert!(
            !defaults.written["queue"]
                .as_array()
                .expect("a list")
                .is_empty()
        );
        let known: BTreeSet<_> = inventory().into_iter().map(|key| key.path).collect();
        let mut written = vec![];
        paths(&defaults.written, "", &mut written);
        for path in written {
            assert!(known.contains(&path), "{path}");
        }
        // Each section that is a table has keys.
        for section in [
            "agent",
            "queue",
            "strategy",
            "hours",
            "callback",
            "call_link",
            "trunk",
            "route",
        ] {
            assert!(
                known.contains(&format!("{section}[].id")) || section == "route",
                "{section}"
            );
        }
    }

    fn paths(table: &toml::Table, at: &str, into: &mut Vec<String>) {
        for (key, value) in table {
            let path = if at.is_empty() {
                key.clone()
            } else {
                format!("{at}.{key}")
            };
            match value {
                Value::Table(inner) => paths(inner, &path, into),
                Value::Array(list) => {
                    for inner in list.iter().filter_map(Value::as_table) {
                        paths(inner, &format!("{path}[]"), into);
                    }
                    into.push(path);
                }
                Value::String(_)
                | Value::Integer(_)
                | Value::Float(_)
                | Value::Boolean(_)
                | Value::Datetime(_) => into.push(path),
            }
        }
    }
}
