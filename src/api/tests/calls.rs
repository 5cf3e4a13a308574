//! Calls that agents make by the API (R142).

use super::*;
use crate::call::Target;
use crate::id::CallId;
use serde_json::json;

#[test]
fn r142_agents_call_numbers_and_colleagues_and_are_told_which_call_it_is() {
    let desk = Desk::new();
    let me = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let boss = desk.session(desk.user("sue", Role::Supervisor, None));
    let key = desk.key("dialler", &["calls:write"]);
    let (agent, call) = (AgentId(1), CallId::mint(1_700_000_000_000, 7));
    desk.will_reply(Ok(Done::Called { call }));
    let path = "/api/v1/agents/1/calls";
    for (who, body) in [
        (&me, json!({ "agent": 2 })),
        (&boss, json!({ "number": "030 555" })),
        (&key, json!({ "number": "+4930555" })),
    ] {
        let begun = desk.send("POST", path, who, &body);
        assert_eq!(
            (begun.status, begun.json()),
            (202, json!({ "call": call })),
            "{body}"
        );
    }
    let number = |number: &str| Target::Number(number.to_owned());
    let targets = [
        Target::Agent(AgentId(2)),
        number("030 555"),
        number("+4930555"),
    ];
    assert_eq!(desk.asked(), targets.map(|to| Ask::Call { agent, to }));
}

#[test]
fn r142_what_cannot_be_is_said_and_not_asked() {
    let desk = Desk::new();
    let me = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let path = "/api/v1/agents/1/calls";
    for body in [
        json!({}),
        json!({ "queue": 1 }),
        json!({ "number": "+49301", "agent": 2 }),
        json!({ "agent": 2, "from": "+49302" }),
        json!({ "number": "1" }),
    ] {
        assert_eq!(desk.send("POST", path, &me, &body).status, 422, "{body}");
    }
    let colleague = json!({ "agent": 2 });
    let others = desk.send("POST", "/api/v1/agents/2/calls", &me, &colleague);
    assert_eq!(others.status, 403, "not for another");
    let reader = desk.key("reader", &["live:read"]);
    assert_eq!(desk.send("POST", path, &reader, &colleague).status, 403);
    assert_eq!(desk.asked(), []);
    for (refused, status, field) in [
        (Refused::AgentBusy(AgentId(2)), 409, Some("agent")),
        (Refused::HasCall(AgentId(1)), 409, None),
        (Refused::NoDevice, 409, None),
        (Refused::UnknownAgent(AgentId(1)), 404, None),
        (Refused::NoNumber, 422, Some("number")),
        (
            Refused::Barred(crate::route::Barred::Denied),
            403,
            Some("number"),
        ),
        (Refused::TooOften(AgentId(1)), 429, None),
        (Refused::NoTrunk, 503, None),
        (Refused::Draining, 503, None),
    ] {
        desk.will_reply(Err(refused));
        let answer = desk.send("POST", path, &me, &colleague);
        let fields: Vec<_> = field.into_iter().map(str::to_owned).collect();
        assert_eq!(
            (answer.status, answer.fields()),
            (status, fields),
            "{refused}"
        );
    }
}
