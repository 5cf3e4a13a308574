//! Who refers to whom in the document: so that a new name is followed, and what is in use is not
//! deleted (R155).

use super::sections::{SECTIONS, Shape};
use crate::settings::LINK_SENDER;
use std::borrow::Cow;
use toml::{Table, Value};

/// Where names of a section stand.
fn places(section: &str) -> &'static [&'static str] {
    match section {
        "agent" => &["queue[].agents[]", "outbound[].agents[]"],
        "queue" => &[
            "queue[].max_wait.then.queue",
            "strategy[].max_wait.then.queue",
            "strategy[].queues[]",
            "hold_message[].queues[]",
            "route[].to.queue",
            "call_link[].queue",
        ],
        "hours" => &["queue[].hours"],
        "callback" => &[
            "queue[].announcement.codes[].callback",
            "strategy[].announcement.codes[].callback",
            "hours[].codes[].callback",
        ],
        "call_link" => &["call_links.selected", "strategy[].senders[]"],
        "trunk" => &["outbound[].trunks[]"],
        _ => &[],
    }
}

/// Where the names are that may stand at a path of the inventory: `queue[].hours` has those of
/// `/api/v1/settings/hours`.
pub(super) fn named_at(path: &str) -> Option<&'static str> {
    // Among senders there are numbers, too.
    let fits = |place: &&str| place.trim_end_matches("[]") == path && !place.contains("senders");
    let named = SECTIONS.iter();
    let mut named = named.filter(|section| matches!(section.shape, Shape::Named(_)));
    let found = named.find(|section| places(section.key).iter().any(fits));
    found.map(|section| section.path)
}

/// Follows a new name.
pub(super) fn rename(document: &mut Table, section: &str, old: &str, new: &str) {
    visit(document, section, &mut |place, value| {
        if value.as_str() == Some(&*spelled(place, old)) {
            *value = spelled(place, new).into_owned().into();
        }
    });
}

/// The fields that name it, each with what it belongs to: `queue[0].agents`, `queue "Support"`.
pub(super) fn uses(document: &Table, section: &str, name: &str) -> Vec<(String, String)> {
    let mut found = vec![];
    // Visited as a copy: one way through the document serves both.
    let mut copy = document.clone();
    visit(&mut copy, section, &mut |place, value| {
        if value.as_str() == Some(&*spelled(place, name)) {
            found.push(place.to_owned());
        }
    });
    let user = |field: String| {
        let whose = owner(document, &field);
        (field, whose)
    };
    found.into_iter().map(user).collect()
}

/// How a name is written in a place: among numbers with a mark (D5).
fn spelled<'n>(place: &str, name: &'n str) -> Cow<'n, str> {
    match place.contains("].senders[") {
        true => format!("{LINK_SENDER}{name}").into(),
        false => name.into(),
    }
}

/// What a field belongs to, by its name.
fn owner(document: &Table, field: &str) -> String {
    let named = || {
        let (section, rest) = field.split_once('[')?;
        let index: usize = rest.split_once(']')?.0.parse().ok()?;
        let object = document.get(section)?.as_array()?.get(index)?;
        let name = ["name", "number"]
            .iter()
            .find_map(|key| object.get(key)?.as_str());
        Some(format!("{section} {:?}", name.unwrap_or_default()))
    };
    named().unwrap_or_else(|| field.to_owned())
}

fn visit(document: &mut Table, section: &str, see: &mut impl FnMut(&str, &mut Value)) {
    for path in places(section) {
        walk(document, path, String::new(), see);
    }
}

fn walk(table: &mut Table, path: &str, place: String, see: &mut impl FnMut(&str, &mut Value)) {
    let (key, rest) = match path.split_once('.') {
        Some((key, rest)) => (key, Some(rest)),
        None => (path, None),
    };
    let name = key.trim_end_matches("[]");
    let place = match place.is_empty() {
        true => name.to_owned(),
        false => format!("{place}.{name}"),
    };
    let Some(value) = table.get_mut(name) else {
        return;
    };
    let mut go_on = |value: &mut Value, place: String| match (rest, value) {
        (Some(rest), Value::Table(inner)) => walk(inner, rest, place, see),
        (Some(_), _) => {}
        (None, value) => see(&place, value),
    };
    match value.as_array_mut() {
        Some(list) if key.ends_with("[]") => {
            for (at, item) in list.iter_mut().enumerate() {
                go_on(item, format!("{place}[{at}]"));
            }
        }
        Some(_) | None => go_on(value, place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Table {
        let text = r#"
            [[queue]]
            name = "Sales"
            hours = "Day"
            max_wait = { then = { queue = "Support" } }
            announcement = { codes = [{ digits = "1", callback = "Later" }] }
            [[strategy]]
            name = "Calm"
            queues = ["Sales", "Support"]
            max_wait = { then = "end" }
            [[strategy]]
            name = "Web"
            senders = ["+49*", "link:Help"]
            [[call_link]]
            name = "Help"
            queue = "Sales"
            [call_links]
            selected = "Help"
            [[route]]
            number = "*"
            to = { queue = "Support" }
            [[route]]
            number = "1"
            to = "echo"
        "#;
        text.parse().expect("TOML")
    }

    #[test]
    fn r155_whoever_uses_it_is_named() {
        let fields = |section, name| {
            let uses = uses(&document(), section, name).into_iter();
            uses.map(|(field, whose)| format!("{field} of {whose}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            fields("queue", "Support"),
            [
                "queue[0].max_wait.then.queue of queue \"Sales\"",
                "strategy[0].queues[1] of strategy \"Calm\"",
                "route[0].to.queue of route \"*\"",
            ]
        );
        assert_eq!(
            fields("hours", "Day"),
            ["queue[0].hours of queue \"Sales\""]
        );
        assert_eq!(
            fields("call_link", "Help"),
            [
                "call_links.selected of call_links.selected",
                "strategy[1].senders[1] of strategy \"Web\"",
            ]
        );
        assert_eq!(
            fields("queue", "Sales"),
            [
                "strategy[0].queues[0] of strategy \"Calm\"",
                "call_link[0].queue of call_link \"Help\"",
            ]
        );
        assert_eq!(fields("callback", "Later").len(), 1);
        assert!(fields("callback", "Sooner").is_empty());
    }

    #[test]
    fn a_new_name_is_followed_everywhere() {
        let mut document = document();
        rename(&mut document, "queue", "Support", "Help");
        assert!(uses(&document, "queue", "Support").is_empty());
        assert_eq!(uses(&document, "queue", "Help").len(), 3);
        rename(&mut document, "call_link", "Help", "Advice");
        assert_eq!(uses(&document, "call_link", "Advice").len(), 2);
        let senders = document["strategy"][1]["senders"].as_array();
        assert_eq!(senders.expect("a list")[1].as_str(), Some("link:Advice"));
    }
}
