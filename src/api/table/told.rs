//! The endpoints of what is told of calls: their records, their stories, and how times went.

use super::{PEOPLE, STAFF};
use crate::api::endpoint::{Endpoint, Rule, get, put};
use crate::api::schema::{any, list, of, text};
use crate::api::who::Scope;
use crate::api::{conversations as talk, export, history, recordings, story};
use serde_json::{Value, json};

const SEE: Rule = Rule::Only(STAFF, Some(Scope::LiveRead));
const TALKS: Rule = Rule::Only(STAFF, Some(Scope::ConversationsWrite));

/// What is known of calls.
pub(super) fn stories() -> Vec<Endpoint> {
    const TAG: &str = "Calls";
    let filtered = |endpoint: Endpoint| {
        let words = talk::STATUSES.map(|(word, _)| word);
        let directions = recordings::DIRECTIONS.map(|(word, _)| word);
        endpoint
            .query("call", "This one.", id())
            .query("from", "Begun then or later.", instant())
            .query("until", "Begun before.", instant())
            .query("queue", "In this queue, by name.", text())
            .query(
                "agent",
                "Taken by this agent, or assigned to them.",
                json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
            )
            .query(
                "number",
                "From or to a number like this: `+49301234` is that one, `030 1234` any with it in it.",
                text(),
            )
            .query(
                "direction",
                "Who began.",
                json!({ "type": "string", "enum": directions }),
            )
            .query(
                "status",
                "How they stand.",
                json!({ "type": "string", "enum": words }),
            )
            .query("before", "Older than this one: go on.", id())
            .query(
                "limit",
                "So many.",
                json!({ "type": "integer", "minimum": 1, "maximum": 1_000 }),
            )
    };
    let counted = |endpoint: Endpoint| {
        endpoint
            .query(
                "from",
                "From the interval that this moment is in; a day ago.",
                instant(),
            )
            .query("until", "Before this moment; now.", instant())
            .query(
                "interval",
                "What is counted together: hour.",
                json!({ "type": "string", "enum": history::INTERVALS }),
            )
            .query(
                "zone",
                "Whose days and hours: UTC, or Europe/Berlin.",
                text(),
            )
            .query(
                "in_time_s",
                "Who is answered within so many seconds is answered in time: 20.",
                json!({ "type": "integer", "minimum": 1, "maximum": 3_600 }),
            )
    };
    vec![
        filtered(get("/api/v1/conversations", SEE, talk::list).says(
            TAG,
            "The records of conversations that fit every filter, the newest first.",
        ))
        .gives(200, list(any())),
        get("/api/v1/conversations/missed", SEE, talk::missed)
            .says(
                TAG,
                "Calls that nobody took and that are left open: how many in each queue, and how old. Who was promised to be called back is not among them.",
            )
            .gives(200, list(of("Missed"))),
        filtered(
            get("/api/v1/conversations.csv", SEE, export::conversations)
                .says(TAG, "The same as a table for spreadsheets."),
        )
        .gives_as(200, "text/csv", text()),
        filtered(
            get("/api/v1/legs.csv", SEE, export::legs)
                .says(TAG, "The legs of those conversations, a line each."),
        )
        .gives_as(200, "text/csv", text()),
        put(
            "/api/v1/conversations/{call}/status",
            TALKS,
            talk::set_status,
        )
        .says(
            TAG,
            "How a conversation stands: open, waiting, solved, closed.",
        )
        .takes(of("ConversationStatus"))
        .gives_nothing(204)
        .refuses(&[404]),
        put(
            "/api/v1/agents/{agent}/conversations/{call}/status",
            Rule::OrOwn(STAFF, Some(Scope::ConversationsWrite)),
            talk::set_own_status,
        )
        .says(TAG, "The same of a conversation that is the agent's.")
        .takes(of("ConversationStatus"))
        .gives_nothing(204)
        .refuses(&[404]),
        get(
            "/api/v1/calls/{call}/story",
            Rule::Only(PEOPLE, Some(Scope::LiveRead)),
            story::story,
        )
        .says(
            TAG,
            "All that is known of a call, whether it goes on or is over. Agents find those in which they talked.",
        )
        .gives(200, of("Story"))
        .refuses(&[400, 404]),
        get("/api/v1/calls/{call}/ladder", SEE, story::ladder)
            .says(TAG, "What SIP said in a call, while it is kept.")
            .gives(200, any())
            .refuses(&[400, 404]),
        get("/api/v1/calls/{call}/ladder/pcap", SEE, story::pcap)
            .says(TAG, "The same as a capture file.")
            .gives_as(200, "application/x-pcapng", text())
            .refuses(&[400, 404]),
        counted(
            get("/api/v1/history", SEE, history::json)
                .says(TAG, "How times went: conversations counted by interval and queue."),
        )
        .notes("At most 400 intervals.")
        .gives(200, of("History")),
        counted(
            get("/api/v1/history.csv", SEE, history::csv)
                .says(TAG, "The same as a table for spreadsheets."),
        )
        .gives_as(200, "text/csv", text()),
    ]
}

fn id() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f][0-9a-hjkmnp-tv-z]{12}$" })
}

fn instant() -> Value {
    json!({ "type": "string", "format": "date-time" })
}
