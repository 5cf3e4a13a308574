//! How the server is, and what working hours lead to.

use super::*;
use crate::events::webhooks::Delivery;
use crate::id::{TrunkId, WebhookId};
use crate::route::{Count, Health as TrunkHealth};
use crate::switch::TrunkView;
use serde_json::json;
use std::time::Duration;

fn admin(desk: &Desk) -> (&'static str, String) {
    let id = desk.user("root", Role::Admin, None);
    desk.session(id)
}

fn hours() -> Value {
    json!({
        "name": "Office",
        "zone": "Europe/Berlin",
        "week": [{ "days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00" }],
        "holidays": [{ "date": "2026-12-25", "name": "Christmas" }],
    })
}

#[test]
fn r65_hours_that_are_not_set_yet_say_what_they_lead_to() {
    let desk = Desk::new();
    let admin = admin(&desk);
    let ask = |body: Value| desk.send("POST", "/api/v1/settings/hours/preview", &admin, &body);
    let open = ask(json!({ "hours": hours(), "at": "2026-12-24T10:00" })).json();
    assert_eq!(open["open"], true);
    assert_eq!(open["until_local"], "2026-12-24T18:00:00");
    assert_eq!(open["until"], "2026-12-24T17:00:00Z");
    assert_eq!(open["holiday"], Value::Null);
    let closed = ask(json!({ "hours": hours(), "at": "2026-12-25T10:00" })).json();
    assert_eq!(
        (&closed["open"], &closed["holiday"], &closed["away"]),
        (&json!(false), &json!("Christmas"), &json!(false))
    );
    // The day after is a Saturday.
    assert_eq!(closed["until_local"], "2026-12-28T08:00:00");
    assert_eq!(ask(json!({ "hours": hours() })).status, 200, "now");
    let (_, table) = desk.site.settings.now();
    let set = table.get("hours").and_then(toml::Value::as_array);
    assert!(set.is_none_or(Vec::is_empty), "nothing is set");
}

#[test]
fn hours_that_make_no_sense_are_told_field_by_field() {
    let desk = Desk::new();
    let admin = admin(&desk);
    let ask = |body: Value| desk.send("POST", "/api/v1/settings/hours/preview", &admin, &body);
    let mut wrong = hours();
    wrong["week"][0]["from"] = json!("25:00");
    let answer = ask(json!({ "hours": wrong }));
    assert_eq!(
        (answer.status, answer.fields()),
        (422, vec!["week[0].from".to_owned()])
    );
    let answer = ask(json!({ "hours": hours(), "at": "Christmas", "when": 1 }));
    assert_eq!(
        (answer.status, answer.fields()),
        (422, vec!["when".to_owned(), "at".to_owned()])
    );
    let answer = ask(json!({ "at": "2026-12-24T10:00" }));
    assert_eq!(
        (answer.status, answer.fields()),
        (422, vec!["hours".to_owned()])
    );
    let mut nowhere = hours();
    nowhere["zone"] = json!("Europe/Atlantis");
    let answer = ask(json!({ "hours": nowhere }));
    assert_eq!(
        (answer.status, answer.fields()),
        (422, vec!["zone".to_owned()])
    );
}

#[test]
fn b25_each_trunk_says_whether_it_works() {
    let desk = Desk::new();
    let trunk = |id, name: &str, health| TrunkView {
        id: TrunkId(id),
        name: name.to_owned(),
        health,
        count: Count {
            calls: 2,
            tried: 9,
            failed: 1,
        },
    };
    desk.site.health.set_trunks(&[
        trunk(1, "carrier", TrunkHealth::Well),
        trunk(2, "provider", TrunkHealth::Doubtful),
    ]);
    let told = desk.send("GET", "/api/v1/trunks", &admin(&desk), &Value::Null);
    let first = json!({ "id": 1, "name": "carrier", "health": "well", "calls": 2, "tried": 9, "failed": 1 });
    assert_eq!(told.json()[0], first);
    assert_eq!(told.json()[1]["health"], "doubtful");
}

#[test]
fn the_server_says_how_it_is_and_where() {
    let desk = Desk::new();
    let told = desk.send("GET", "/api/v1/system", &admin(&desk), &Value::Null);
    let system = told.json();
    assert_eq!(system["health"]["status"], "ok");
    assert!(system["disk"]["free"].as_u64() <= system["disk"]["bytes"].as_u64());
    assert!(system["disk"]["bytes"].as_u64() > Some(0));
    assert_eq!(system["certificates"], json!([]));
}

#[test]
fn what_was_sent_to_a_webhook_is_told_the_newest_first() {
    let desk = Desk::new();
    let admin = admin(&desk);
    let hook = json!({ "url": "https://example.com/hook" });
    let made = desk.send("POST", "/api/v1/webhooks", &admin, &hook);
    assert_eq!(made.status, 201);
    for (event, error) in [(7, None), (8, Some("answered 500".to_owned()))] {
        let delivery = Delivery {
            at: Timestamp::UNIX_EPOCH,
            event,
            kind: "call.ended".to_owned(),
            took: Duration::from_millis(30),
            error,
        };
        desk.site.deliveries.add(WebhookId(1), delivery);
    }
    let told = desk.send("GET", "/api/v1/webhooks/1/deliveries", &admin, &Value::Null);
    let all = told.json();
    assert_eq!(
        (&all[0]["event"], &all[0]["error"]),
        (&json!(8), &json!("answered 500"))
    );
    assert_eq!(
        (&all[1]["event"], &all[1]["error"]),
        (&json!(7), &Value::Null)
    );
    assert_eq!(all[1]["took_ms"], 30);
    let none = desk.send("GET", "/api/v1/webhooks/2/deliveries", &admin, &Value::Null);
    assert_eq!(none.status, 404);
}
