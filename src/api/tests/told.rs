//! What is told of calls: their stories, histories, and how conversations stand (B11, B16, R151).

use super::*;
use crate::call::record::{
    AgentName, Conversation, Direction, End, Leg, Quality, Role as Party, Status,
};
use crate::events::{Chosen, What};
use crate::id::{CallId, LegId};
use crate::store::Record;
use serde_json::json;

const CHOICE: Chosen = Chosen {
    by: "fewest_conversations",
    among: 2,
    conversations: 0,
    calls: 3,
    idle_s: 240,
};

fn call(number: u64) -> CallId {
    CallId::mint(1_800_000_000_000 + number, 0)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
}

/// A conversation that the agent of this number has had.
fn talked(number: u64, agent: u32) -> Conversation {
    let leg = |id, role| Leg {
        id: LegId(id),
        role,
        sip_call_id: "=1@host".to_owned(),
        began: at(0),
        answered: Some(at(1)),
        ended: Some(at(60)),
        cause: None,
        quality: Quality {
            received: 2_900,
            sent: 3_000,
            lost: 100,
            jitter_ms: 4.0,
            round_trip_ms: Some(40.0),
        },
    };
    Conversation {
        id: call(number),
        account: "acme".to_owned(),
        direction: Direction::Inbound,
        from: "=HYPERLINK(\"x\")".to_owned(),
        called: "+4930111".to_owned(),
        trunk: None,
        diverted_by: None,
        callback: None,
        attempts: vec![],
        transfers: vec![],
        queue: Some("Support".to_owned()),
        began: at(i64::try_from(number).expect("small")),
        connected: Some(at(10)),
        ended: Some(at(60)),
        waited_ms: 9_000,
        talked_ms: 50_000,
        agent: Some(AgentName {
            id: AgentId(agent),
            name: "Ada".to_owned(),
        }),
        status: Status::Solved,
        assigned: None,
        offers: 1,
        end: Some(End::CustomerHungUp),
        legs: vec![leg(1, Party::Customer), leg(2, Party::Agent)],
    }
}

fn tells(desk: &Desk, what: &What) {
    desk.site.log.add(at(1), what);
}

fn put(desk: &Desk, conversation: Conversation) {
    desk.store
        .write(Record::Conversation(Box::new(conversation)));
}

#[test]
fn a_story_has_what_happened_and_why_and_how_well_each_was_heard() {
    let desk = Desk::new();
    let admin = desk.admin();
    let agents = desk.get("/api/v1/settings/agents", &admin).json();
    let ada = u32::try_from(agents[0]["id"].as_u64().expect("an id")).expect("small");
    put(&desk, talked(1, ada));
    let why = "fewest conversations, idle for 4 min".to_owned();
    let offered = What::Offered {
        call: call(1),
        agent: AgentId(ada),
        why,
        choice: CHOICE,
    };
    tells(&desk, &offered);
    tells(&desk, &What::Music { call: call(2) });
    let path = format!("/api/v1/calls/{}/story", call(1));
    let story = desk.get(&path, &admin).json();
    assert_eq!(story["events"].as_array().expect("a list").len(), 1);
    let event = &story["events"][0];
    assert_eq!(event["type"], "call.offered");
    let data = &event["data"];
    assert_eq!(
        (&data["by"], &data["idle_s"]),
        (&json!("fewest_conversations"), &json!(240))
    );
    assert_eq!(data["why"], "fewest conversations, idle for 4 min");
    assert_eq!(story["names"]["agents"], json!({ ada.to_string(): "Ada" }));
    assert_eq!(
        (&story["now"], &story["more"]),
        (&Value::Null, &json!(false))
    );
    let mos = story["conversation"]["legs"][0]["quality"]["mos"].as_f64();
    assert!(mos > Some(3.0) && mos < Some(4.2), "B12: {mos:?}");
}

#[test]
fn h18_agents_find_the_stories_of_their_own_calls_alone() {
    let desk = Desk::new();
    put(&desk, talked(1, 7));
    put(&desk, talked(2, 8));
    // One who had a call before it was passed on still knows it; one who was only rung does not.
    let (had, rung) = (AgentId(7), AgentId(9));
    let answered = What::Answered {
        call: call(2),
        agent: had,
        waited_ms: 1,
    };
    tells(&desk, &answered);
    let why = String::new();
    let offered = What::Offered {
        call: call(2),
        agent: rung,
        why,
        choice: CHOICE,
    };
    tells(&desk, &offered);
    let agent = |number: u32| {
        let id = desk.user(&format!("agent {number}"), Role::Agent, Some(number));
        desk.session(id)
    };
    let (seven, eight, nine) = (agent(7), agent(8), agent(9));
    let status = |number, who: &(&'static str, String)| {
        desk.get(&format!("/api/v1/calls/{}/story", call(number)), who)
            .status
    };
    assert_eq!([status(1, &seven), status(2, &seven)], [OK, OK]);
    assert_eq!([status(1, &eight), status(2, &eight)], [404, OK]);
    assert_eq!([status(1, &nine), status(2, &nine)], [404, 404]);
    let admin = desk.admin();
    assert_eq!([status(1, &admin), status(3, &admin)], [OK, 404]);
    for path in ["/api/v1/calls/x/story", "/api/v1/calls/../story"] {
        assert_eq!(desk.get(path, &admin).status, 404, "{path}");
    }
    let ladder = format!("/api/v1/calls/{}/ladder", call(1));
    assert_eq!(
        desk.get(&ladder, &seven).status,
        403,
        "what SIP said is not for agents"
    );
    assert_eq!(
        desk.get(&ladder, &admin).status,
        404,
        "nothing is kept of it"
    );
}

#[test]
fn r151_agents_say_how_their_own_conversations_stand() {
    let desk = Desk::new();
    put(&desk, talked(1, 7));
    put(&desk, talked(2, 8));
    let id = desk.user("seven", Role::Agent, Some(7));
    let seven = desk.session(id);
    desk.will_reply(Err(Refused::NotInProgress(call(1))));
    let path = |agent, number| {
        format!(
            "/api/v1/agents/{agent}/conversations/{}/status",
            call(number)
        )
    };
    let waiting = json!({ "status": "waiting" });
    let says = |path: &str, body: &Value| desk.send("PUT", path, &seven, body);
    assert_eq!(says(&path(7, 1), &waiting).status, 204);
    let own = desk.get("/api/v1/agents/7/conversations", &seven).json();
    assert_eq!(own[0]["status"], "waiting");
    assert_eq!(own.as_array().expect("a list").len(), 1);
    assert_eq!(says(&path(7, 2), &waiting).status, 404, "another's");
    assert_eq!(says(&path(8, 2), &waiting).status, 403);
    let wrong = says(&path(7, 1), &json!({ "status": "done" }));
    assert_eq!(
        (wrong.status, wrong.fields()),
        (422, vec!["status".to_owned()])
    );
}

#[test]
fn b16_conversations_and_legs_are_tables_without_formulas_and_filtered() {
    let desk = Desk::new();
    put(&desk, talked(1, 7));
    put(&desk, talked(2, 8));
    let admin = desk.admin();
    let of = |path: &str| {
        let answer = desk.get(path, &admin);
        assert_eq!(answer.status, OK, "{path}");
        String::from_utf8(answer.bytes).expect("text")
    };
    let all = of("/api/v1/conversations.csv");
    assert_eq!(all.lines().count(), 3);
    assert!(all.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{all}");
    assert_eq!(of("/api/v1/conversations.csv?agent=8").lines().count(), 2);
    let legs = of(&format!("/api/v1/legs.csv?call={}", call(1)));
    assert_eq!(legs.lines().count(), 3);
    assert!(legs.lines().next().expect("a head").ends_with(",mos"));
    assert!(legs.contains("\"'=1@host\""), "{legs}");
    let found = desk.get("/api/v1/conversations?status=open", &admin).json();
    assert_eq!(found, json!([]));
    let wrong = desk.get("/api/v1/conversations?status=x&queu=y", &admin);
    assert_eq!(wrong.fields(), ["status", "queu"]);
}

#[test]
fn r153_calls_that_nobody_took_are_counted_with_the_age_of_the_oldest() {
    let desk = Desk::new();
    for number in [1, 2] {
        let missed = Conversation {
            connected: None,
            agent: None,
            status: Status::Open,
            end: Some(End::Abandoned),
            ..talked(number, 7)
        };
        put(&desk, missed);
    }
    put(&desk, talked(3, 7));
    let missed = desk.get("/api/v1/conversations/missed", &desk.admin());
    let two = json!([{ "queue": "Support", "calls": 2, "oldest": at(1) }]);
    assert_eq!(missed.json(), two);
}

#[test]
fn b11_a_history_is_counted_by_interval_and_queue() {
    let desk = Desk::new();
    put(&desk, talked(1, 7));
    put(&desk, talked(3_700, 7));
    let admin = desk.admin();
    let span = format!("from={}&until={}", at(0), at(7_000));
    let history = desk.get(&format!("/api/v1/history?{span}&interval=hour"), &admin);
    let history = history.json();
    let rows = history["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 2, "{history}");
    assert_eq!(rows[0]["queue"], "Support");
    assert_eq!(
        (&rows[0]["answered"], &rows[0]["in_time"]),
        (&json!(1), &json!(1))
    );
    let first = history["intervals"][0].as_str().expect("an instant");
    assert!(first.ends_with(":00:00Z"), "{first}");
    let strict = format!("/api/v1/history?{span}&in_time_s=8&interval=day&zone=Europe/Berlin");
    let strict = desk.get(&strict, &admin).json();
    assert_eq!(strict["rows"][0]["in_time"], 0);
    assert_eq!(strict["rows"][0]["calls"], 2);
    let table = desk.get(&format!("/api/v1/history.csv?{span}"), &admin);
    assert_eq!(String::from_utf8_lossy(&table.bytes).lines().count(), 3);
    for (query, field) in [
        ("interval=week", "interval"),
        ("zone=Nowhere", "zone"),
        ("from=2020-01-01T00:00:00Z", "interval"),
        (
            "until=2020-01-01T00:00:00Z&from=2021-01-01T00:00:00Z",
            "until",
        ),
        ("in_time_s=0", "in_time_s"),
    ] {
        let refused = desk.get(&format!("/api/v1/history?{query}"), &admin);
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec![field.to_owned()]),
            "{query}"
        );
    }
}

#[test]
fn the_audit_log_is_found_by_who_what_and_when() {
    let desk = Desk::new();
    let note = |who: &str, action, subject: &str| {
        let note = crate::store::Noted {
            who: who.to_owned(),
            action,
            subject: subject.to_owned(),
            detail: String::new(),
        };
        desk.store.audit(note).expect("noted");
    };
    note("user ada", "recording.heard", "r1");
    note("key bot", "recording.deleted", "r2");
    note("user ada", "recordings.other", "r1");
    let admin = desk.admin();
    let found = |query: &str| {
        let found = desk.get(&format!("/api/v1/audit?{query}"), &admin).json();
        let found = found.as_array().expect("a list").clone();
        let found = found
            .iter()
            .map(|one| one["action"].as_str().expect("a word").to_owned());
        found.collect::<Vec<_>>()
    };
    assert_eq!(found("who=ada"), ["recordings.other", "recording.heard"]);
    assert_eq!(found("who=key%20bot"), ["recording.deleted"]);
    assert_eq!(
        found("action=recording"),
        ["recording.deleted", "recording.heard"]
    );
    assert_eq!(
        found("action=recording.heard&subject=r1"),
        ["recording.heard"]
    );
    assert_eq!(found("action=recording%25"), Vec::<String>::new());
    assert_eq!(found("until=2020-01-01T00:00:00Z"), Vec::<String>::new());
    assert_eq!(found("from=2020-01-01T00:00:00Z&subject=r2").len(), 1);
}
