//! Supervisors (B1).

use super::*;
use crate::call::supervise::{Mode, Supervisor, Wish};
use crate::id::CallId;
use serde_json::json;

#[test]
fn b1_supervisors_ask_for_themselves_and_programs_for_an_agent() {
    let desk = Desk::new();
    let sue = desk.user("sue", Role::Supervisor, Some(1));
    let boss = desk.session(sue);
    let key = desk.key("wallboard", &["calls:supervise"]);
    let call = CallId::mint(1_700_000_000_000, 7);
    let path = format!("/api/v1/calls/{call}/supervise");
    let post = |who, body: &Value| desk.send("POST", &path, who, body);
    let mut asked = vec![];
    let of_sue = Supervisor {
        name: "user sue".to_owned(),
        user: Some(sue),
        agent: Some(AgentId(1)),
        sees: None,
    };
    for (mode, wish) in [
        ("listen", Wish::Be(Mode::Listen)),
        ("whisper", Wish::Be(Mode::Whisper)),
        ("barge", Wish::Be(Mode::Barge)),
        ("take_over", Wish::TakeOver),
    ] {
        assert_eq!(post(&boss, &json!({ "mode": mode })).status, 202);
        let by = of_sue.clone();
        asked.push(Ask::Supervise { call, by, wish });
    }
    let ended = desk.send("DELETE", &path, &boss, &Value::Null);
    assert_eq!(ended.status, 204);
    asked.push(Ask::EndSupervision { call, by: of_sue });
    let for_agent = json!({ "mode": "listen", "agent": 2 });
    assert_eq!(post(&key, &for_agent).status, 202);
    asked.push(Ask::Supervise {
        call,
        by: Supervisor {
            name: "key wallboard".to_owned(),
            user: None,
            agent: Some(AgentId(2)),
            sees: None,
        },
        wish: Wish::Be(Mode::Listen),
    });
    assert_eq!(desk.asked(), asked);
    for (who, body, field) in [
        (&boss, json!({}), "mode"),
        (&boss, json!({ "mode": "spy" }), "mode"),
        (&boss, json!({ "mode": "listen", "agent": 2 }), "agent"),
        (&key, json!({ "mode": "listen" }), "agent"),
    ] {
        let refused = post(who, &body);
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec![field.to_owned()])
        );
    }
    assert_eq!(desk.asked(), asked, "what was refused was not asked");
}

#[test]
fn b1_nobody_else_supervises() {
    let desk = Desk::new();
    let ada = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let key = desk.key("dialler", &["calls:write"]);
    let call = CallId::mint(1_700_000_000_000, 7);
    let path = format!("/api/v1/calls/{call}/supervise");
    for (who, status) in [(&ada, 403), (&key, 403), (&nobody(), 401)] {
        let body = json!({ "mode": "listen" });
        assert_eq!(desk.send("POST", &path, who, &body).status, status);
        assert_eq!(desk.send("DELETE", &path, who, &Value::Null).status, status);
    }
    let boss = desk.session(desk.user("sue", Role::Supervisor, None));
    for (refused, status) in [
        (Refused::NotInProgress(call), 404),
        (Refused::NotTalking(call), 409),
        (Refused::NoDevice, 409),
        (Refused::AnotherSpeaks(call), 409),
        (Refused::NoPlace, 503),
    ] {
        desk.will_reply(Err(refused));
        let body = json!({ "mode": "listen" });
        assert_eq!(desk.send("POST", &path, &boss, &body).status, status);
    }
    assert_eq!(desk.asked().len(), 5);
}

#[test]
fn b1_agents_do_not_learn_who_has_listened() {
    let desk = Desk::new();
    let ada = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let boss = desk.session(desk.user("sue", Role::Supervisor, None));
    let leg = |id: u64, role: &str| {
        let quality =
            json!({ "received": 0, "sent": 0, "lost": 0, "jitter_ms": 0.0, "round_trip_ms": null });
        let began = "2026-03-01T08:00:00Z";
        json!({ "id": id, "role": role, "sip_call_id": "", "began": began, "answered": began, "ended": began,
            "quality": quality })
    };
    let record = json!({
        "id": CallId::mint(1_700_000_000_000, 7), "account": "acme", "from": "+49301", "called": "100", "queue": "Support",
        "began": "2026-03-01T08:00:00Z", "connected": "2026-03-01T08:00:05Z", "ended": "2026-03-01T08:01:00Z",
        "waited_ms": 5_000, "talked_ms": 55_000, "agent": { "id": 1, "name": "Ada" }, "offers": 1, "end": "agent_hung_up",
        "legs": [leg(1, "customer"), leg(2, "agent"), leg(3, "supervisor")],
    });
    let record = serde_json::from_value(record).expect("a record");
    desk.store
        .write(crate::store::Record::Conversation(Box::new(record)));
    let roles = |path: &str, who| -> Vec<String> {
        let found = desk.get(path, who).json();
        let legs = found[0]["legs"].as_array().cloned().unwrap_or_default();
        let role = |leg: &Value| leg["role"].as_str().map(str::to_owned);
        legs.iter().filter_map(role).collect()
    };
    assert_eq!(
        roles("/api/v1/agents/1/conversations", &ada),
        ["customer", "agent"]
    );
    let all = roles("/api/v1/conversations", &boss);
    assert_eq!(all, ["customer", "agent", "supervisor"]);
}
