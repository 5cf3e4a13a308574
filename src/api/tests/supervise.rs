//! Supervisors (B1).

use super::*;
use crate::call::supervise::{Mode, Supervisor, Wish};
use crate::id::CallId;
use crate::switch::{SupervisorView, View};
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

#[test]
fn b1_supervisors_see_who_supervises_and_nobody_else_does() {
    let desk = Desk::new();
    let boss = desk.session(desk.user("sue", Role::Supervisor, None));
    let ada = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let wallboard = desk.key("wallboard", &["live:read"]);
    let [call, other] = [7, 8].map(|number| CallId::mint(1_700_000_000_000, number));
    let view = |call: CallId, name: &str, wish, answered: bool| SupervisorView {
        call,
        by: Supervisor {
            name: name.to_owned(),
            user: None,
            agent: (!answered).then_some(AgentId(2)),
            sees: None,
        },
        wish,
        answered,
    };
    let supervisors = vec![
        view(call, "user eve", Wish::Be(Mode::Whisper), true),
        view(other, "user fay", Wish::Be(Mode::Listen), true),
        view(call, "key robot", Wish::TakeOver, false),
    ];
    let seen = View {
        supervisors,
        ..View::default()
    };
    desk.site.live.sees(desk.site.log.clone(), seen);
    let path = |call: CallId| format!("/api/v1/calls/{call}/supervise");
    let listed = desk.get(&path(call), &boss);
    let expected = json!([
        { "by": "user eve", "agent": null, "mode": "whisper", "state": "there" },
        { "by": "key robot", "agent": 2, "mode": "take_over", "state": "ringing" },
    ]);
    assert_eq!((listed.status, listed.json()), (200, expected));
    let nobody = CallId::mint(1_700_000_000_000, 9);
    assert_eq!(desk.get(&path(nobody), &boss).json(), json!([]));
    for who in [&ada, &wallboard] {
        assert_eq!(desk.get(&path(call), who).status, 403);
    }
    let live = desk.get("/api/v1/live", &wallboard).json().to_string();
    assert!(
        !live.contains("eve"),
        "what agents may see does not tell: {live}"
    );
}

/// What the switch is asked when it is looked at again who supervises.
fn looks_again(desk: &Desk) -> Option<Ask> {
    let before = desk.asked().len();
    desk.runtime.block_on(crate::api::beside::look(&desk.site));
    let asked = desk.asked();
    assert!(asked.len() <= before + 1, "{asked:?}");
    asked.get(before).cloned()
}

#[test]
fn b1_supervision_ends_with_the_session_the_role_the_user_and_the_key() {
    let desk = Desk::new();
    let call = CallId::mint(1_700_000_000_000, 7);
    let path = format!("/api/v1/calls/{call}/supervise");
    let supervises = |name: &str| {
        let user = desk.user(name, Role::Supervisor, None);
        let who = desk.session(user);
        let body = json!({ "mode": "listen" });
        assert_eq!(desk.send("POST", &path, &who, &body).status, 202);
        assert_eq!(looks_again(&desk), None, "{name} may still");
        let by = Supervisor {
            name: format!("user {name}"),
            user: Some(user),
            agent: None,
            sees: Some([].into()),
        };
        (user, who, Some(Ask::LimitSupervision { call, by }))
    };
    let admin = desk.admin();
    let (_, who, limited) = supervises("eve");
    let out = desk.send("DELETE", "/api/v1/session", &who, &Value::Null);
    assert!(out.status < 300, "{out:?}");
    assert_eq!(looks_again(&desk), limited);
    assert_eq!(looks_again(&desk), None, "it is said once");
    let (fay, _, limited) = supervises("fay");
    let user = format!("/api/v1/users/{fay}");
    let changed = json!({ "name": "fay", "role": "agent", "agent": 1 });
    let done = desk.send("PUT", &user, &admin, &changed);
    assert!(done.status < 300, "{done:?}");
    assert_eq!(looks_again(&desk), limited);
    let (gil, _, limited) = supervises("gil");
    let user = format!("/api/v1/users/{gil}");
    assert!(desk.send("DELETE", &user, &admin, &Value::Null).status < 300);
    assert_eq!(looks_again(&desk), limited);
    let key = desk.key("wallboard", &["calls:supervise"]);
    let body = json!({ "mode": "listen", "agent": 1 });
    assert_eq!(desk.send("POST", &path, &key, &body).status, 202);
    assert_eq!(looks_again(&desk), None);
    let gone = desk.send("DELETE", "/api/v1/keys/wallboard", &admin, &Value::Null);
    assert!(gone.status < 300, "{gone:?}");
    let by = Supervisor {
        name: "key wallboard".to_owned(),
        user: None,
        agent: Some(AgentId(1)),
        sees: Some([].into()),
    };
    let limited = Ask::LimitSupervision { call, by };
    assert_eq!(looks_again(&desk), Some(limited));
}
