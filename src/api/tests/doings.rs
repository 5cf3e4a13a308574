//! Agents, events and webhooks.

use super::*;
use crate::acd::Status;
use crate::acd::callback::{NotCancelled, NotPicked};
use crate::events::What;
use crate::id::{CallId, CallbackId, QueueId};
use crate::switch::{Ask, Done, Refused};
use serde_json::json;
use std::time::Duration;

#[test]
fn an_agent_says_how_they_are_and_the_switch_is_asked() {
    let desk = Desk::new();
    let me = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let path = "/api/v1/agents/1/status";
    let put = |body: &Value| desk.send("PUT", path, &me, body);
    assert_eq!(put(&json!({ "status": "available" })).status, 204);
    assert_eq!(
        put(&json!({ "status": "not_ready", "reason": "Lunch" })).status,
        204
    );
    assert_eq!(put(&json!({ "status": "offline" })).status, 204);
    let agent = AgentId(1);
    let statuses = [Status::Available, Status::NotReady(1), Status::Offline];
    let asked = statuses.map(|status| Ask::SetStatus { agent, status });
    assert_eq!(desk.asked(), asked);
    for (body, field) in [
        (json!({}), "status"),
        (json!({ "status": "asleep" }), "status"),
        (json!({ "status": "not_ready" }), "reason"),
        (
            json!({ "status": "not_ready", "reason": "Fishing" }),
            "reason",
        ),
        (
            json!({ "status": "available", "reason": "Lunch" }),
            "reason",
        ),
    ] {
        let refused = put(&body);
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec![field.to_owned()]),
            "{body}"
        );
    }
    let other = desk.send(
        "PUT",
        "/api/v1/agents/2/status",
        &me,
        &json!({ "status": "offline" }),
    );
    assert_eq!(other.status, 403, "not of another");
}

#[test]
fn r18_ten_seconds_more_and_d4_an_early_end() {
    let desk = Desk::new();
    let me = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let path = "/api/v1/agents/1/wrap-up";
    desk.will_reply(Ok(Done::WrapUp {
        left: Duration::from_millis(17_500),
    }));
    let more = desk.send("POST", &format!("{path}/extensions"), &me, &Value::Null);
    assert_eq!((more.status, more.json()), (OK, json!({ "left_s": 17.5 })));
    desk.will_reply(Err(Refused::NoExtension));
    assert_eq!(
        desk.send("POST", &format!("{path}/extensions"), &me, &Value::Null)
            .status,
        409
    );
    desk.will_reply(Err(Refused::NotInWrapUp(AgentId(1))));
    let refused = desk.send("DELETE", path, &me, &Value::Null);
    assert_eq!(refused.status, 409);
    assert!(
        refused.json()["detail"]
            .as_str()
            .expect("text")
            .contains("not in wrap-up")
    );
    desk.will_reply(Ok(Done::Plain));
    assert_eq!(desk.send("DELETE", path, &me, &Value::Null).status, 204);
    desk.will_reply(Err(Refused::UnknownAgent(AgentId(1))));
    assert_eq!(desk.send("DELETE", path, &me, &Value::Null).status, 404);
}

#[test]
fn f17_a_switch_without_room_is_told_as_503() {
    let desk = Desk::new();
    let admin = desk.admin();
    desk.is_full(true);
    let refused = desk.send("DELETE", "/api/v1/agents/1/wrap-up", &admin, &Value::Null);
    assert_eq!(refused.status, 503);
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
}

#[test]
fn r56_how_much_text_an_agent_has_comes_from_outside() {
    let desk = Desk::new();
    let key = desk.key("crm", &["conversations:write"]);
    let put = |body: &Value| desk.send("PUT", "/api/v1/agents/1/load", &key, body);
    assert_eq!(put(&json!({ "conversations": 4 })).status, 204);
    let load = Ask::SetLoad {
        agent: AgentId(1),
        conversations: 4,
    };
    assert_eq!(desk.asked(), [load]);
    assert_eq!(put(&json!({ "conversations": 10_001 })).status, 422);
}

#[test]
fn r130_agents_act_in_their_own_calls_and_others_for_the_agent() {
    use crate::call::Target;
    let desk = Desk::new();
    let me = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let boss = desk.session(desk.user("sue", Role::Supervisor, None));
    let nobody = desk.session(desk.user("new", Role::Agent, None));
    let call = CallId::mint(1_700_000_000_000, 7);
    let path = format!("/api/v1/calls/{call}");
    let (hold, transfer) = (format!("{path}/hold"), format!("{path}/transfer"));
    assert_eq!(desk.send("POST", &hold, &me, &Value::Null).status, 204);
    assert_eq!(desk.send("DELETE", &hold, &boss, &Value::Null).status, 204);
    assert_eq!(
        desk.send("DELETE", &path, &nobody, &Value::Null).status,
        409
    );
    let number = json!({ "number": "+49301", "from": "+49302" });
    assert_eq!(desk.send("POST", &transfer, &me, &number).status, 202);
    assert_eq!(desk.send("DELETE", &path, &me, &Value::Null).status, 204);
    let agent = Some(AgentId(1));
    let asked = [
        Ask::Hold {
            agent,
            call,
            on: true,
        },
        Ask::Hold {
            agent: None,
            call,
            on: false,
        },
        Ask::Transfer {
            agent,
            call,
            to: Target::Number("+49301".into()),
            from: Some("+49302".into()),
        },
        Ask::HangUp { agent, call },
    ];
    assert_eq!(desk.asked(), asked);
    for wrong in [
        json!({}),
        json!({ "queue": 1, "agent": 2 }),
        json!({ "queue": 1, "from": "+49302" }),
    ] {
        assert_eq!(desk.send("POST", &transfer, &me, &wrong).status, 422);
    }
    let before = desk.asked().len();
    let consult = format!("{path}/consult");
    for (body, status) in [
        (json!({ "agent": 2 }), 202),
        (json!({ "number": "+49301" }), 202),
        (json!({ "queue": 1 }), 202),
        (json!({ "queue": 1, "from": "+49302" }), 422),
        (json!({ "number": "+49301", "agent": 2 }), 422),
        (json!({ "agent": 2, "from": "+49302" }), 422),
    ] {
        assert_eq!(
            desk.send("POST", &consult, &me, &body).status,
            status,
            "{body}"
        );
    }
    let from = None;
    let whom = [
        Target::Agent(AgentId(2)),
        Target::Number("+49301".into()),
        Target::Queue(QueueId(1)),
    ];
    let asked = whom.map(|to| Ask::Consult {
        agent,
        call,
        to,
        from: from.clone(),
    });
    assert_eq!(desk.asked()[before..], asked);
    desk.will_reply(Err(Refused::AgentBusy(AgentId(2))));
    let refused = desk.send("POST", &transfer, &me, &json!({ "agent": 2 }));
    assert_eq!(
        (refused.status, refused.fields()),
        (409, vec!["agent".to_owned()])
    );
}

#[test]
fn r152_an_agent_picks_a_callback_and_another_is_too_late() {
    let desk = Desk::new();
    let me = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let pick = |path: &str| desk.send("POST", path, &me, &json!({ "callback": 12 }));
    let path = "/api/v1/agents/1/callbacks";
    assert_eq!(pick(path).status, 202);
    let (agent, callback) = (AgentId(1), CallbackId(12));
    assert_eq!(desk.asked(), [Ask::PickCallback { agent, callback }]);
    for (why, status) in [
        (NotPicked::Taken, 409),
        (NotPicked::AgentBusy, 409),
        (NotPicked::Unknown, 404),
        (NotPicked::Draining, 503),
    ] {
        desk.will_reply(Err(Refused::NotPicked(why)));
        assert_eq!(pick(path).status, status, "{why:?}");
    }
    assert_eq!(
        pick("/api/v1/agents/2/callbacks").status,
        403,
        "not for another"
    );
}

#[test]
fn a_callback_is_cancelled_unless_its_customer_is_being_called() {
    let desk = Desk::new();
    let me = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let cancel = || desk.send("DELETE", "/api/v1/callbacks/12", &me, &Value::Null);
    assert_eq!(cancel().status, 204);
    let callback = CallbackId(12);
    assert_eq!(desk.asked(), [Ask::CancelCallback { callback }]);
    for (why, status) in [(NotCancelled::Calling, 409), (NotCancelled::Unknown, 404)] {
        desk.will_reply(Err(Refused::NotCancelled(why)));
        assert_eq!(cancel().status, status, "{why:?}");
    }
}

#[test]
fn r80_the_list_of_callbacks_has_every_filter() {
    let desk = Desk::new();
    let me = desk.session(desk.user("ada", Role::Agent, Some(1)));
    for fine in [
        "",
        "type=manual",
        "status=in_queue,active",
        "conversation=open,waiting,solved",
        "pending_since=24h",
        "pending_since=2026-03-01T08:00:00Z",
        "from=2026-03-01T08:00:00Z&until=2026-04-01T00:00:00Z",
        "queue=1&number=%2B49301&before=99&limit=10",
    ] {
        let answer = desk.get(&format!("/api/v1/callbacks?{fine}"), &me);
        assert_eq!((answer.status, answer.json()), (OK, json!([])), "{fine}");
    }
    for (wrong, field) in [
        ("type=auto", "type"),
        ("status=in_queue,gone", "status"),
        ("conversation=closed", "conversation"),
        ("pending_since=2h", "pending_since"),
        ("from=yesterday", "from"),
        ("limit=0", "limit"),
        ("sort=age", "sort"),
    ] {
        let refused = desk.get(&format!("/api/v1/callbacks?{wrong}"), &me);
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec![field.to_owned()]),
            "{wrong}"
        );
    }
    assert_eq!(desk.get("/api/v1/callbacks/7", &me).status, 404);
}

fn happens(desk: &Desk, seconds: u64) -> u64 {
    let agent = AgentId(1);
    let what = What::WrapUpExtended {
        agent,
        left_ms: seconds * 1_000,
    };
    desk.site.log.add(Timestamp::now(), &what)
}

#[test]
fn b15_events_come_in_pages_from_any_number_on() {
    let desk = Desk::new();
    let key = desk.key("bi", &["events:read"]);
    let began = desk.site.log.last();
    let numbers: Vec<u64> = (0..5).map(|n| happens(&desk, n)).collect();
    let page = desk
        .get(&format!("/api/v1/events?after={began}&limit=3"), &key)
        .json();
    assert_eq!(page["events"].as_array().map(Vec::len), Some(3));
    assert_eq!(page["events"][0]["type"], "agent.wrap_up_extended");
    assert_eq!(page["last"], numbers[2]);
    let rest = desk
        .get(&format!("/api/v1/events?after={}", numbers[2]), &key)
        .json();
    assert_eq!(rest["events"][0]["seq"], numbers[3]);
    let none = desk
        .get(&format!("/api/v1/events?after={}", numbers[4]), &key)
        .json();
    assert_eq!(
        (&none["events"], &none["last"]),
        (&json!([]), &json!(numbers[4]))
    );
    let future = desk.get("/api/v1/events?after=18446744073709551615", &key);
    assert_eq!(future.status, 410, "of another log");
    for query in [
        "after=x",
        "limit=0",
        "limit=1001",
        "aftr=1",
        "after=1&after=2",
    ] {
        let refused = desk.get(&format!("/api/v1/events?{query}"), &key);
        assert_eq!(refused.status, 422, "{query}");
    }
}

#[test]
fn b15_agents_follow_what_concerns_themselves_and_nothing_of_others() {
    let desk = Desk::new();
    let me = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let path = "/api/v1/agents/1/events";
    let (call, other) = (CallId(1), CallId(2));
    let began = desk.site.log.last();
    let add = |what: &What| desk.site.log.add(Timestamp::now(), what);
    let offered = |call, agent| What::Offered {
        call,
        agent: AgentId(agent),
        why: "idle".to_owned(),
        choice: crate::events::Chosen::default(),
    };
    let held = |call| What::Held {
        call,
        by_agent: false,
        held: true,
    };
    add(&offered(call, 1));
    add(&offered(other, 2));
    add(&held(other));
    add(&held(call));
    let last = add(&What::WrapUpEnded { agent: AgentId(2) });
    let page = desk.get(&format!("{path}?after={began}"), &me).json();
    let told = page["events"].as_array().expect("a list");
    let told: Vec<_> = told
        .iter()
        .map(|event| (&event["type"], &event["agent"]))
        .collect();
    let (rung, holds) = (json!("call.offered"), json!("call.held"));
    assert_eq!(told, [(&rung, &json!(1)), (&holds, &json!(1))]);
    assert_eq!(page["last"], last, "the others have passed, too");
    assert_eq!(
        desk.get("/api/v1/agents/2/events", &me).status,
        403,
        "of another"
    );
    assert_eq!(desk.get("/api/v1/events", &me).status, 403, "of all");
    let gone = desk.get("/api/v1/agents/99/events", &desk.admin());
    assert_eq!(gone.status, 404);
}

#[test]
fn b15_webhooks_are_made_with_a_secret_that_is_told_once() {
    let desk = Desk::new();
    let admin = desk.admin();
    let path = "/api/v1/webhooks";
    let body = json!({ "url": "https://crm.example/hook", "kinds": ["call.*", "agent.status"] });
    let made = desk.send("POST", path, &admin, &body);
    assert_eq!(made.status, 201, "{:?}", made.json());
    let secret = made.json()["secret"].as_str().expect("text").to_owned();
    assert!(secret.starts_with("whsec_"));
    let place = made.headers[header::LOCATION]
        .to_str()
        .expect("text")
        .to_owned();
    assert_eq!(desk.get(&place, &admin).json()["secret"], Value::Null);
    let off = json!({ "url": "http://crm.example/hook", "disabled": true });
    let changed = desk.send("PUT", &place, &admin, &off).json();
    assert_eq!(
        (&changed["disabled"], &changed["kinds"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(
        desk.get(&format!("{place}/dead-letters"), &admin).json(),
        json!([])
    );
    let replay = desk.send("POST", &format!("{place}/replays"), &admin, &json!({}));
    assert_eq!(
        (replay.status, replay.json()),
        (202, json!({ "events": 0 }))
    );
    for url in [
        "ftp://x.example",
        "crm.example",
        "https://a:b@x.example",
        "javascript:x",
        "http://:8080/hook",
        "",
    ] {
        let refused = desk.send("POST", path, &admin, &json!({ "url": url }));
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec!["url".to_owned()]),
            "{url}"
        );
    }
    let kinds = json!({ "url": "https://x.example", "kinds": ["call.eaten"] });
    assert_eq!(desk.send("POST", path, &admin, &kinds).fields(), ["kinds"]);
    assert_eq!(
        desk.send("DELETE", &place, &admin, &Value::Null).status,
        204
    );
    assert_eq!(desk.get(&place, &admin).status, 404);
}
