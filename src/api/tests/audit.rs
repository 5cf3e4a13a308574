//! Who changes something is in the audit log, whatever it is.

use super::*;
use crate::api::table::endpoints;
use serde_json::json;

/// What changes something and is not noted by its line of the table, and why.
const ELSEWHERE: [(&str, &str); 11] = [
    ("/api/v1/settings", "the store notes each revision with it"),
    (
        "/api/v1/recordings/",
        "the store notes a deletion with it; an address is noted when it is heard",
    ),
    (
        "/api/v1/calls/",
        "what is done with calls is in the event log",
    ),
    ("/api/v1/agents/", "so is what agents do"),
    ("/api/v1/callbacks/", "so are callbacks"),
    ("/api/v1/conversations/", "so is how conversations stand"),
    ("/api/v1/trunks/", "so are conversations of other channels"),
    ("/api/v1/links/state", "changes nothing"),
    ("/api/v1/speech/preview", "changes nothing"),
    ("/api/v1/audit/checks", "changes nothing"),
    ("/api/v1/desk", "what agents do is in the event log"),
];

fn noted(desk: &Desk) -> Vec<(String, String)> {
    let log = desk.store.audits(None, 100).expect("read");
    let log = log.into_iter().rev();
    log.map(|note| (note.action, note.subject)).collect()
}

#[test]
fn every_line_that_changes_something_is_noted_or_it_is_said_why_not() {
    for endpoint in endpoints() {
        let changes = endpoint.method != Method::GET;
        let starts = |(start, _): &(&str, &str)| endpoint.path.starts_with(start);
        let elsewhere = ELSEWHERE.iter().any(starts);
        assert!(
            !changes || elsewhere || endpoint.noted.is_some(),
            "{endpoint:?}: what does the audit log call it? Say so with .noted(…)"
        );
        assert!(
            changes || endpoint.noted.is_none(),
            "{endpoint:?} changes nothing"
        );
    }
}

#[test]
fn who_makes_and_removes_users_and_keys_is_known_and_what_was_refused_is_not_noted() {
    let desk = Desk::new();
    let admin = desk.admin();
    let before = noted(&desk).len();
    let body = json!({ "name": "eve", "role": "supervisor", "password": "a long password of eve" });
    let made = desk.send("POST", "/api/v1/users", &admin, &body);
    assert_eq!(made.status, 201, "{:?}", made.json());
    let id = made.json()["id"].to_string();
    let one = format!("/api/v1/users/{id}");
    assert_eq!(desk.send("DELETE", &one, &admin, &Value::Null).status, 204);
    let body = json!({ "name": "crm", "scopes": ["live:read"] });
    let made = desk.send("POST", "/api/v1/keys", &admin, &body);
    assert_eq!(made.status, 201, "{:?}", made.json());
    for (name, status) in [("crm", 204), ("nobody-s", 404)] {
        let one = format!("/api/v1/keys/{name}");
        let gone = desk.send("DELETE", &one, &admin, &Value::Null);
        assert_eq!(gone.status, status);
    }
    let log = noted(&desk).split_off(before);
    let log: Vec<_> = log
        .iter()
        .map(|(action, subject)| (action.as_str(), subject.as_str()))
        .collect();
    let expected = [
        ("user.made", id.as_str()),
        ("user.removed", &id),
        ("key.made", "crm"),
        ("key.revoked", "crm"),
    ];
    assert_eq!(log, expected);
    let last = desk.store.audits(None, 1).expect("read");
    assert_eq!(last[0].who, "user root");
}

#[test]
fn what_a_set_up_address_has_in_it_is_in_no_log() {
    let desk = Desk::new();
    let path = desk
        .site
        .people
        .set_up()
        .expect("a store")
        .expect("no user");
    let body = json!({ "name": "ada", "password": "a long password of ada" });
    let made = desk.send("POST", &path, &nobody(), &body);
    assert_eq!(made.status, 201, "{:?}", made.json());
    let body = json!({ "name": "ada", "password": "a long password of ada" });
    let begun = desk.send("POST", "/api/v1/session", &nobody(), &body);
    assert_eq!(begun.status, 200, "{:?}", begun.json());
    let log = desk.store.audits(None, 100).expect("read");
    let token = path.rsplit('/').next().expect("a token");
    assert!(log.iter().all(|note| !format!("{note:?}").contains(token)));
    let by_ada = log.iter().filter(|note| note.who == "user ada");
    let by_ada: Vec<_> = by_ada.map(|note| note.action.as_str()).collect();
    assert_eq!(by_ada, ["session.begun", "user.made"]);
}
