//! Call links.

use super::*;
use crate::call::link::{NotRedeemed, token_hash};
use crate::events::Since;
use crate::id::LinkId;
use serde_json::json;
use std::sync::mpsc;
use std::time::Duration;

const LINKS: &str = "/api/v1/links";

/// The token of a link that was just made.
fn token(made: &Answer) -> String {
    let url = made.json()["url"].as_str().expect("a URL").to_owned();
    url.rsplit_once('#').expect("a fragment").1.to_owned()
}

fn state(desk: &Desk, token: &str) -> Value {
    let body = json!({ "token": token });
    let seen = desk.send("POST", "/api/v1/links/state", &nobody(), &body);
    assert_eq!(seen.status, OK);
    seen.json()
}

fn redeem(desk: &Desk, token: &str) -> Result<LinkId, NotRedeemed> {
    let (to, answer) = mpsc::channel();
    let then = move |redeemed| to.send(redeemed).expect("heard");
    let (hash, now) = (token_hash(token), Timestamp::now());
    desk.store
        .redeem_link(hash, now, |link| Some(link.id), then);
    answer
        .recv_timeout(Duration::from_secs(9))
        .expect("an answer")
}

fn kinds(desk: &Desk) -> Vec<String> {
    let since = desk.site.log.since(0, 100).expect("a log");
    let Since::Events(events) = since else {
        panic!("nothing is forgotten")
    };
    let kinds = events.iter().map(|event| event.kind.to_string());
    kinds.filter(|kind| kind.starts_with("link.")).collect()
}

#[test]
fn r3_without_any_setting_an_agent_makes_a_link_and_a_customer_sees_whom_it_calls() {
    let desk = Desk::new();
    let ada = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let made = desk.send("POST", LINKS, &ada, &json!({}));
    let body = made.json();
    assert_eq!(made.status, 201, "{body}");
    let url = body["url"].as_str().expect("told once");
    assert!(url.starts_with("http://pbx.example:8080/link#"), "{url}");
    let token = token(&made);
    assert!(token.len() >= 22, "128 bits and more: {token}");
    assert_eq!(
        (
            &body["type"],
            &body["agent"],
            &body["title"],
            &body["state"]
        ),
        (
            &json!("one_time"),
            &json!(1),
            &json!("acme"),
            &json!("usable")
        )
    );
    let again = desk.get(&format!("{LINKS}/{}", body["id"]), &ada).json();
    assert_eq!(
        (&again["url"], &again["by"]),
        (&Value::Null, &json!("user ada"))
    );
    for _ in 0..3 {
        let seen = json!({ "state": "usable", "title": "acme", "video": true });
        assert_eq!(state(&desk, &token), seen, "looking uses nothing up (R15)");
    }
    assert!(redeem(&desk, &token).is_ok());
    assert_eq!(state(&desk, &token)["state"], "link_used");
    assert_eq!(redeem(&desk, &token), Err(NotRedeemed::Used));
    let listed = desk.get(LINKS, &ada).json();
    assert_eq!(
        (&listed[0]["used"], &listed[0]["state"]),
        (&json!(1), &json!("link_used"))
    );
    assert_eq!(kinds(&desk), ["link.created"]);
}

#[test]
fn r12_each_state_has_its_code_and_its_words() {
    let desk = Desk::new();
    let admin = desk.admin();
    let make = |body: Value| {
        let made = desk.send("POST", LINKS, &admin, &body);
        assert_eq!(made.status, 201, "{}", made.json());
        (made.json()["id"].as_u64().expect("an id"), token(&made))
    };
    let in_hours = |hours| {
        let instant = Timestamp::now() + SignedDuration::from_hours(hours);
        let second = Timestamp::from_second(instant.as_second());
        second.expect("in range").to_string()
    };
    let (from, until) = (in_hours(1), in_hours(2));
    let frame = json!({ "type": "time_frame", "from": from, "until": until });
    let seen = state(&desk, &make(frame).1);
    assert_eq!(
        (&seen["state"], &seen["from"]),
        (&json!("link_not_yet_valid"), &json!(from))
    );
    let (id, token) = make(json!({ "type": "expiration" }));
    let day = desk.get(&format!("{LINKS}/{id}"), &admin).json()["until"].clone();
    let day: Timestamp = day.as_str().expect("an end").parse().expect("an instant");
    let after = day.duration_since(Timestamp::now()).as_hours();
    assert_eq!(after, 23, "the default of the configuration: a day");
    assert!(redeem(&desk, &token).is_ok());
    assert!(redeem(&desk, &token).is_ok(), "many times (R8)");
    assert_eq!(
        desk.send("DELETE", &format!("{LINKS}/{id}"), &admin, &Value::Null)
            .status,
        204
    );
    let revoked = state(&desk, &token);
    assert_eq!(revoked["state"], "link_revoked");
    assert!(revoked["title"].is_null() && revoked["message"].is_string());
    assert_eq!(state(&desk, "no such token")["state"], "link_unknown");
    assert_eq!(
        kinds(&desk),
        ["link.created", "link.created", "link.revoked"]
    );
    assert_eq!(
        desk.send("DELETE", &format!("{LINKS}/99"), &admin, &Value::Null)
            .status,
        404
    );
}

#[test]
fn what_cannot_be_is_refused_with_the_field_and_the_mend() {
    let desk = Desk::new();
    let admin = desk.admin();
    let (past, soon) = (
        "2020-01-01T00:00:00Z",
        Timestamp::now() + SignedDuration::from_hours(1),
    );
    let (soon, later) = (
        soon.to_string(),
        (soon + SignedDuration::from_hours(1)).to_string(),
    );
    for (body, field) in [
        (json!({ "type": "forever" }), "type"),
        (json!({ "configuration": 7 }), "configuration"),
        (json!({ "agent": 9 }), "agent"),
        (json!({ "type": "time_frame", "until": soon }), "from"),
        (json!({ "type": "time_frame", "from": soon }), "until"),
        (
            json!({ "type": "time_frame", "from": later, "until": soon }),
            "until",
        ),
        (json!({ "type": "expiration", "until": past }), "until"),
        (
            json!({ "type": "expiration", "until": "2999-01-01T00:00:00Z" }),
            "until",
        ),
        (json!({ "type": "one_time", "from": soon }), "from"),
        (json!({ "until": "tomorrow" }), "until"),
        (json!({ "once": true }), "once"),
    ] {
        let refused = desk.send("POST", LINKS, &admin, &body);
        let told = (refused.status, refused.fields());
        assert_eq!(told, (422, vec![field.to_owned()]), "{body}");
    }
    assert!(
        desk.get(LINKS, &admin)
            .json()
            .as_array()
            .expect("a list")
            .is_empty()
    );
}

#[test]
fn agents_see_make_and_take_back_their_own_alone() {
    let desk = Desk::new();
    let ada = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let ben = desk.session(desk.user("ben", Role::Agent, Some(2)));
    let lost = desk.session(desk.user("lost", Role::Agent, None));
    let chief = desk.session(desk.user("chief", Role::Supervisor, None));
    let made = desk.send("POST", LINKS, &ada, &json!({}));
    let one = format!("{LINKS}/{}", made.json()["id"]);
    assert_eq!(desk.get(&one, &ben).status, 404, "as if there were none");
    assert_eq!(desk.send("DELETE", &one, &ben, &Value::Null).status, 404);
    assert_eq!(desk.get(LINKS, &ben).json(), json!([]));
    assert_eq!(desk.get(&format!("{LINKS}?agent=1"), &ben).status, 403);
    let of_another = desk.send("POST", LINKS, &ben, &json!({ "agent": 1 }));
    assert_eq!(
        (of_another.status, of_another.fields()),
        (403, vec!["agent".to_owned()])
    );
    assert_eq!(desk.get(LINKS, &lost).json(), json!([]));
    let of_nobody = desk.send("POST", LINKS, &lost, &json!({}));
    assert_eq!(of_nobody.fields(), ["agent"]);
    assert_eq!(
        desk.get(&format!("{LINKS}?agent=1"), &chief).json()[0]["agent"],
        1
    );
    assert_eq!(
        desk.get(&format!("{LINKS}?agent=2"), &chief).json(),
        json!([])
    );
    assert_eq!(desk.send("DELETE", &one, &chief, &Value::Null).status, 204);
    let key = desk.key("crm", &["links:write"]);
    let made = desk.send(
        "POST",
        LINKS,
        &key,
        &json!({ "agent": 1, "type": "expiration" }),
    );
    assert_eq!((made.status, &made.json()["by"]), (201, &json!("key crm")));
}

#[test]
fn a_configuration_says_what_links_can_be() {
    let desk = Desk::new();
    let admin = desk.admin();
    let add = |body: &Value| {
        let path = "/api/v1/settings/call-link-configurations";
        let added = desk.send("POST", path, &admin, body);
        assert_eq!(added.status, 201, "{}", added.json());
    };
    let offered = || desk.get("/api/v1/links/configurations", &admin).json();
    let built_in = offered();
    assert_eq!(
        (&built_in[0]["id"], &built_in[0]["name"]),
        (&json!(0), &json!("acme"))
    );
    add(
        &json!({ "name": "Help", "types": ["expiration"], "expires_after_s": 600, "video": false, "strict": true }),
    );
    add(&json!({ "name": "Sales", "routing": "routing_rules", "queue": "Support" }));
    let names = |selected: bool| {
        let all = offered().as_array().expect("a list").clone();
        let all = all
            .iter()
            .filter(|each| !selected || each["selected"] == true);
        all.map(|each| each["name"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (names(false).len(), names(true)),
        (2, vec!["Help".to_owned()])
    );
    let refused = desk.send("POST", LINKS, &admin, &json!({ "type": "one_time" }));
    assert_eq!(
        refused.fields(),
        ["type", "agent"],
        "strict: for an agent alone (D1)"
    );
    let made = desk.send("POST", LINKS, &admin, &json!({ "agent": 1 }));
    assert_eq!(
        (&made.json()["type"], &made.json()["configuration"]),
        (&json!("expiration"), &json!(1))
    );
    let seen = json!({ "state": "usable", "title": "Help", "video": false });
    assert_eq!(state(&desk, &token(&made)), seen);
    let put = desk.send(
        "PUT",
        "/api/v1/settings/call-links",
        &admin,
        &json!({ "selected": "Sales" }),
    );
    assert_eq!((put.status, names(true)), (OK, vec!["Sales".to_owned()]));
    let used = desk.send(
        "DELETE",
        "/api/v1/settings/call-link-configurations/2",
        &admin,
        &Value::Null,
    );
    assert_eq!(
        (used.status, used.fields()),
        (409, vec!["call_links.selected".to_owned()])
    );
    let used = desk.send("DELETE", "/api/v1/settings/queues/1", &admin, &Value::Null);
    assert!(
        used.fields().contains(&"call_link[1].queue".to_owned()),
        "R155: {used:?}"
    );
}

#[test]
fn guessing_is_slowed_down_for_each_source() {
    let desk = Desk::new();
    let body = || Body::from(json!({ "token": "a guess" }).to_string());
    let json = [("content-type", "application/json".to_owned())];
    let from = |last: u8| {
        let peer = Peer {
            address: ([192, 0, 2, last], 4_000).into(),
            secure: true,
        };
        desk.ask_from(peer, "POST", "/api/v1/links/state", &json, body())
    };
    let statuses: Vec<u16> = (0..61).map(|_| from(1).status).collect();
    assert!(statuses[..60].iter().all(|status| *status == OK));
    let refused = from(1);
    assert_eq!((statuses[60], refused.status), (429, 429));
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(from(2).status, OK, "others may");
}

#[test]
fn a_link_begins_with_the_public_url_where_one_is_set() {
    let folder = Folder::new();
    let parts = Parts {
        public_url: Some("https://calls.example.com".to_owned()),
        ..parts(&folder)
    };
    let desk = Desk {
        site: Arc::new(Site::new(parts).expect("a folder")),
        ..Desk::new()
    };
    let desk = Desk {
        router: router::router(Arc::clone(&desk.site)),
        store: Arc::clone(desk.site.people.store()),
        ..desk
    };
    let made = desk.send("POST", LINKS, &desk.admin(), &json!({}));
    let body = made.json();
    let url = body["url"].as_str().expect("a URL");
    assert!(url.starts_with("https://calls.example.com/link#"), "{url}");
}
