//! The endpoints of what goes on: agents, callbacks, events, webhooks.

use super::{ADMINS, PEOPLE, STAFF, number};
use crate::api::desk;
use crate::api::endpoint::{Endpoint, Rule, delete, get, post, put};
use crate::api::schema::{any, list, of, text};
use crate::api::who::Role::Admin;
use crate::api::who::Scope;
use crate::api::{
    agents as agent, callbacks as callback, calls, events as event, page, system, webhooks as hook,
};
use serde_json::{Value, json};

const SEE: Rule = Rule::Only(STAFF, Some(Scope::LiveRead));
const WHOLE: Rule = Rule::Whole(STAFF, Some(Scope::LiveRead));
const FOLLOW: Rule = Rule::Only(STAFF, Some(Scope::EventsRead));

/// What agents do, and say of themselves.
pub(super) fn agents() -> Vec<Endpoint> {
    const TAG: &str = "Agents";
    const ACT: Rule = Rule::OrOwn(STAFF, Some(Scope::AgentsWrite));
    const OWN: Rule = Rule::OrOwn(STAFF, Some(Scope::LiveRead));
    vec![
        get("/api/v1/live", SEE, event::live)
            .says(
                TAG,
                "Queues, callers and agents as they are, at one number of the events.",
            )
            .notes("Follow /api/v1/events from `seq` on, and nothing is missed.")
            .gives(200, any()),
        get("/api/v1/agents", SEE, agent::list)
            .says(TAG, "What every agent does.")
            .gives(200, list(any())),
        get(
            "/api/v1/agents/{agent}",
            Rule::OrOwn(STAFF, Some(Scope::LiveRead)),
            agent::one,
        )
        .says(
            TAG,
            "What an agent does, and the caller who is offered to them.",
        )
        .gives(200, any())
        .refuses(&[404]),
        get("/api/v1/agents/{agent}/desk", OWN, desk::about)
            .says(
                TAG,
                "What an agent has to know to work: reasons, queues, colleagues.",
            )
            .gives(200, of("Desk"))
            .refuses(&[404]),
        get(
            "/api/v1/agents/{agent}/conversations",
            OWN,
            desk::conversations,
        )
        .says(
            TAG,
            "The conversations that an agent took, or has, the newest first.",
        )
        .gives(200, list(any()))
        .refuses(&[404]),
        put("/api/v1/agents/{agent}/status", ACT, agent::set_status)
            .says(TAG, "Available, not ready, or offline.")
            .notes("A phone that is not registered makes an agent unreachable besides.")
            .takes(of("Status"))
            .gives_nothing(204)
            .refuses(&[404]),
        delete("/api/v1/agents/{agent}/wrap-up", ACT, agent::end_wrap_up)
            .says(TAG, "Ends the after-call work early.")
            .gives_nothing(204)
            .refuses(&[404, 409]),
        post(
            "/api/v1/agents/{agent}/wrap-up/extensions",
            ACT,
            agent::extend_wrap_up,
        )
        .says(
            TAG,
            "Ten seconds more of after-call work, if the settings allow it.",
        )
        .gives(200, any())
        .refuses(&[404, 409]),
        put(
            "/api/v1/agents/{agent}/load",
            Rule::Only(&[Admin], Some(Scope::ConversationsWrite)),
            agent::set_load,
        )
        .says(
            TAG,
            "How many conversations of other channels an agent has that are not closed.",
        )
        .takes(of("Load"))
        .gives_nothing(204)
        .refuses(&[404]),
        put(
            "/api/v1/trunks/{id}/conversations",
            Rule::Only(&[Admin], Some(Scope::ConversationsWrite)),
            agent::assign,
        )
        .says(
            TAG,
            "The conversation with a customer of a trunk stays with an agent, or with nobody.",
        )
        .notes("Of trunks with sticky_agent. Without `agent` it is closed.")
        .takes(of("Assignment"))
        .gives_nothing(204)
        .refuses(&[404]),
    ]
}

/// How the ways to the world are.
pub(super) fn trunks() -> Vec<Endpoint> {
    vec![
        get("/api/v1/trunks", WHOLE, system::trunks)
            .says(
                "The server",
                "Whether each trunk works, and what was counted of it since the start.",
            )
            .gives(200, list(of("TrunkHealth"))),
    ]
}

/// What agents do with the call that they are in, and those that they make.
pub(super) fn calls() -> Vec<Endpoint> {
    const TAG: &str = "Calls";
    const ACT: Rule = Rule::Only(PEOPLE, Some(Scope::CallsWrite));
    const OWN: &str = "Agents act in their own calls alone, others for the agent of the call.";
    vec![
        post("/api/v1/agents/{agent}/calls", Rule::OrOwn(STAFF, Some(Scope::CallsWrite)), calls::begin)
            .says(TAG, "An agent calls a number outside or a colleague.")
            .notes("What is theirs rings first, the desk or the phone; once they have answered, whom they call is dialled. What becomes of it is told by events.")
            .takes(of("Calls"))
            .gives(202, of("Calling"))
            .refuses(&[404, 409, 429, 503]),
        post("/api/v1/calls/{call}/hold", ACT, calls::hold)
            .says(TAG, "The agent puts the customer on hold.")
            .notes(OWN)
            .gives_nothing(204)
            .refuses(&[404, 409]),
        delete("/api/v1/calls/{call}/hold", ACT, calls::resume)
            .says(TAG, "The agent takes the customer back.")
            .notes("409 if it is the agent's phone that holds: there alone it can be ended.")
            .gives_nothing(204)
            .refuses(&[404, 409]),
        post("/api/v1/calls/{call}/transfer", ACT, calls::transfer)
            .says(TAG, "The agent leaves the customer to a number, an agent or a queue.")
            .notes("What becomes of it is told by events: call.answered, call.reached, call.transfer_failed.")
            .takes(of("Transferred"))
            .gives_nothing(202)
            .refuses(&[404, 409, 429, 503]),
        post("/api/v1/calls/{call}/consult", ACT, calls::consult)
            .says(TAG, "The agent asks a number outside, a colleague, or whoever answers in a queue, while the customer is on hold.")
            .takes(of("Transferred"))
            .gives_nothing(202)
            .refuses(&[404, 409, 429, 503]),
        delete("/api/v1/calls/{call}/consult", ACT, calls::cancel)
            .says(TAG, "Lets go of the one who was asked: agent and customer talk again.")
            .gives_nothing(204)
            .refuses(&[404, 409]),
        post("/api/v1/calls/{call}/consult/swap", ACT, calls::swap)
            .says(TAG, "The agent talks to the other of the two.")
            .gives_nothing(204)
            .refuses(&[404, 409]),
        post("/api/v1/calls/{call}/consult/join", ACT, calls::join)
            .says(TAG, "All three talk to each other.")
            .gives_nothing(204)
            .refuses(&[404, 409]),
        post("/api/v1/calls/{call}/consult/complete", ACT, calls::complete)
            .says(TAG, "The agent leaves the customer to the one who was asked.")
            .gives_nothing(204)
            .refuses(&[404, 409]),
        delete("/api/v1/calls/{call}", ACT, calls::hang_up)
            .says(TAG, "The agent hangs up.")
            .notes(OWN)
            .gives_nothing(204)
            .refuses(&[404, 409]),
    ]
}

/// Who wants to be called back.
pub(super) fn callbacks() -> Vec<Endpoint> {
    const TAG: &str = "Callbacks";
    const LIST: Rule = Rule::Only(PEOPLE, Some(Scope::CallbacksWrite));
    fn words<T>(words: &[(&'static str, T)]) -> String {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        words.join("|")
    }
    fn several<T>(all: &[(&'static str, T)]) -> Value {
        let word = words(all);
        json!({ "type": "string", "pattern": format!("^({word})(,({word}))*$") })
    }
    let instant = || json!({ "type": "string", "format": "date-time" });
    let id = || json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
    let periods = words(&callback::PERIODS);
    vec![
        get("/api/v1/callbacks", LIST, callback::list)
            .says(TAG, "Requests to be called back that fit every filter, the newest first.")
            .query("type", "Who begins.", json!({ "type": "string", "enum": ["automated", "manual"] }))
            .query("status", "One or several, with commas.", several(&callback::STATUSES))
            .query("conversation", "One or several, with commas.", several(&callback::CONVERSATIONS))
            .query("pending_since", "Still to be done, and asked for within 1h, 4h, 24h, 7d, 30d, or since an instant.",
                json!({ "anyOf": [{ "type": "string", "pattern": format!("^({periods})$") }, instant()] }))
            .query("from", "Asked for then or later.", instant())
            .query("until", "Asked for before.", instant())
            .query("queue", "Of this queue.", id())
            .query("number", "Of a customer with a number like this: `+49301234` is that one, `030 1234` any with it in it.", text())
            .query("before", "Go on after this id.", number())
            .query("limit", "So many.", json!({ "type": "integer", "minimum": 1, "maximum": 1_000 }))
            .gives(200, list(of("Callback"))),
        get("/api/v1/callbacks/{callback}", LIST, callback::one)
            .says(TAG, "One of them.")
            .gives(200, of("Callback"))
            .refuses(&[404]),
        delete("/api/v1/callbacks/{callback}", LIST, callback::cancel)
            .says(TAG, "The customer is not to be called back after all; not while they are being called.")
            .gives_nothing(204)
            .refuses(&[404, 409]),
        post(
            "/api/v1/agents/{agent}/callbacks",
            Rule::OrOwn(STAFF, Some(Scope::CallbacksWrite)),
            callback::pick,
        )
        .says(TAG, "An agent takes a manual callback: their phone rings, then the customer's.")
        .takes(of("Pick"))
        .gives_nothing(202)
        .refuses(&[404, 409]),
    ]
}

/// What happens.
pub(super) fn events() -> Vec<Endpoint> {
    const OWN: Rule = Rule::OrOwn(STAFF, Some(Scope::EventsRead));
    const TAG: &str = "Events";
    const AFTER: &str = "The number of the last event that you have.";
    vec![
        get("/api/v1/events", FOLLOW, event::events)
            .says(TAG, "What happened after a number: a page, or a stream with Accept: text/event-stream.")
            .notes("A stream without `after` begins now; one that was cut goes on from Last-Event-ID. 410: that is forgotten.")
            .query("after", AFTER, number())
            .query("limit", "Events of a page.", json!({ "type": "integer", "minimum": 1, "maximum": 1_000 }))
            .gives(200, of("Events"))
            .gives_as(200, "text/event-stream", text())
            .refuses(&[410]),
        get("/api/v1/events/socket", FOLLOW, event::socket)
            .says(TAG, "The same by WebSocket: a text message for each event.")
            .query("after", AFTER, number())
            .gives_nothing(101)
            .refuses(&[426]),
        get("/api/v1/agents/{agent}/events", OWN, event::of_agent)
            .says(TAG, "What happened after a number and concerns an agent: a page, or a stream.")
            .notes("What names the agent, and what happens to the call that they are rung for or talk in. Of a page `last` is where to go on, with or without events.")
            .query("after", AFTER, number())
            .query("limit", "Of so many events of all.", json!({ "type": "integer", "minimum": 1, "maximum": 1_000 }))
            .gives(200, of("Events"))
            .gives_as(200, "text/event-stream", text())
            .refuses(&[404, 410]),
        get("/api/v1/agents/{agent}/events/socket", OWN, event::socket_of_agent)
            .says(TAG, "The same by WebSocket: a text message for each event.")
            .query("after", AFTER, number())
            .gives_nothing(101)
            .refuses(&[404, 426]),
    ]
}

/// The way of browsers' pages to the switch.
pub(super) fn lines() -> Vec<Endpoint> {
    const TAG: &str = "Browsers";
    vec![
        get("/api/v1/page", Rule::Anyone, page::socket)
            .says(TAG, "The way of a browser's page to the switch, by WebSocket: an agent's desk, or a customer by a call link.")
            .notes("The subprotocol is `cordboard.page.1`: src/page/message.rs says what is said. A desk is known by the session's cookie, a customer by the link in the hello.")
            .gives_nothing(101)
            .refuses(&[400, 426, 429, 503]),
    ]
}

/// Who is told of it.
pub(super) fn webhooks() -> Vec<Endpoint> {
    const TAG: &str = "Webhooks";
    const AFTER: &str = "The number of the last event that you have.";
    const HOOKS: &str = "/api/v1/webhooks";
    vec![
        get(HOOKS, ADMINS, hook::list)
            .says(TAG, "Where events are sent, and how far each has got.")
            .gives(200, list(of("Webhook"))),
        post(HOOKS, ADMINS, hook::add).noted("webhook.made")
            .says(TAG, "Sends events to an address, signed (Standard Webhooks). The secret is told this once.")
            .takes(of("WebhookToBe"))
            .gives(201, of("Webhook"))
            .refuses(&[409]),
        get("/api/v1/webhooks/{id}", ADMINS, hook::one)
            .says(TAG, "One webhook.")
            .gives(200, of("Webhook"))
            .refuses(&[404]),
        put("/api/v1/webhooks/{id}", ADMINS, hook::change).noted("webhook.changed")
            .says(TAG, "Replaces all of a webhook but its secret.")
            .takes(of("WebhookToBe"))
            .gives(200, of("Webhook"))
            .refuses(&[404]),
        delete("/api/v1/webhooks/{id}", ADMINS, hook::remove).noted("webhook.removed")
            .says(TAG, "Removes a webhook, and what it could not deliver.")
            .gives_nothing(204)
            .refuses(&[404]),
        get("/api/v1/webhooks/{id}/dead-letters", ADMINS, hook::letters)
            .says(TAG, "Events that could not be delivered, the oldest first: 100 at most.")
            .query("after", AFTER, number())
            .gives(200, list(any()))
            .refuses(&[404]),
        get("/api/v1/webhooks/{id}/deliveries", ADMINS, hook::deliveries)
            .says(TAG, "What was sent lately, the newest first: the last 100 tries since the start.")
            .gives(200, list(of("Delivery")))
            .refuses(&[404]),
        post("/api/v1/webhooks/{id}/replays", ADMINS, hook::replay).noted("webhook.replayed")
            .says(TAG, "Tries once more what could not be delivered: one event, or all.")
            .takes(of("Replay"))
            .gives(202, any())
            .refuses(&[404]),
    ]
}
