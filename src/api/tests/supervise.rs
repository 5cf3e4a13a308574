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
