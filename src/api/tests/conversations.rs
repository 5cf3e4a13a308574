//! Whose conversations are, and how they stand (R60, R151).

use super::*;
use crate::call::record;
use crate::id::{CallId, TrunkId};
use crate::switch::{Ask, Refused};
use serde_json::json;

#[test]
fn r60_the_conversation_with_a_customer_stays_with_an_agent() {
    let desk = Desk::new();
    let key = desk.key("crm", &["conversations:write"]);
    let put = |body: &Value| desk.send("PUT", "/api/v1/trunks/3/conversations", &key, body);
    assert_eq!(
        put(&json!({ "customer": "+49301", "agent": 1 })).status,
        204
    );
    let (trunk, customer, agent) = (TrunkId(3), "+49301".to_owned(), Some(AgentId(1)));
    assert_eq!(
        desk.asked(),
        [Ask::Assign {
            trunk,
            customer,
            agent
        }]
    );
    let refused = put(&json!({ "customer": "sip:x" }));
    assert_eq!(
        (refused.status, refused.fields()),
        (422, vec!["customer".to_owned()])
    );
    desk.will_reply(Err(Refused::NotSticky(TrunkId(3))));
    let refused = put(&json!({ "customer": "+49301" }));
    assert_eq!(
        (refused.status, refused.fields()),
        (422, vec!["trunk".to_owned()])
    );
}

#[test]
fn r60_a_conversation_that_is_closed_after_its_call_is_nobodys_any_more() {
    let desk = Desk::new();
    let key = desk.key("crm", &["conversations:write"]);
    let trunk = json!({ "name": "WhatsApp", "server": "192.0.2.1", "sticky_agent": true });
    let made = desk.send("POST", "/api/v1/settings/trunks", &desk.admin(), &trunk);
    let trunk = made.json()["id"].as_u64().expect("an id");
    let trunk = TrunkId(u32::try_from(trunk).expect("small"));
    let talked = |number: u64| {
        let id = CallId::mint(1_700_000_000_000 + number, 7);
        let ada = json!({ "id": 1, "name": "Ada" });
        let at = "2026-03-01T08:00:00Z";
        let record = json!({
            "id": id, "account": "acme", "from": "+49301", "called": "100", "trunk": "WhatsApp",
            "queue": "Support", "began": at, "connected": at, "ended": at, "waited_ms": 0, "talked_ms": 0,
            "agent": ada, "assigned": ada, "offers": 1, "end": "customer_hung_up", "legs": [],
            "status": "solved",
        });
        let record = serde_json::from_value(record).expect("a record");
        desk.store.write(crate::store::Record::Conversation(record));
        id
    };
    let (earlier, later) = (talked(1), talked(2));
    let put = |call: CallId, status: &str| {
        desk.will_reply(Err(Refused::NotInProgress(call)));
        let path = format!("/api/v1/conversations/{call}/status");
        let put = desk.send("PUT", &path, &key, &json!({ "status": status }));
        assert_eq!(put.status, 204);
        desk.asked().split_off(desk.asked().len() - 1).remove(0)
    };
    let is_assigned = |asked: &Ask| matches!(asked, Ask::Assign { .. });
    assert!(
        !is_assigned(&put(earlier, "closed")),
        "there was a later one"
    );
    assert!(!is_assigned(&put(later, "solved")), "it may go on");
    let (customer, agent) = ("+49301".to_owned(), None);
    assert_eq!(
        put(later, "closed"),
        Ask::Assign {
            trunk,
            customer,
            agent
        }
    );
}

#[test]
fn r151_people_say_how_a_conversation_stands() {
    let desk = Desk::new();
    let key = desk.key("crm", &["conversations:write"]);
    let call = CallId::mint(1_700_000_000_000, 7);
    let put = |call: &str, body: &Value| {
        let path = format!("/api/v1/conversations/{call}/status");
        desk.send("PUT", &path, &key, body).status
    };
    let closed = json!({ "status": "closed" });
    assert_eq!(put(&call.to_string(), &closed), 204);
    let status = record::Status::Closed;
    assert_eq!(desk.asked(), [Ask::SetConversation { call, status }]);
    assert_eq!(put(&call.to_string(), &json!({ "status": "eaten" })), 422);
    assert_eq!(put("nothing", &closed), 404);
    desk.will_reply(Err(Refused::NotInProgress(call)));
    assert_eq!(
        put(&call.to_string(), &closed),
        404,
        "nor is there a record"
    );
}
