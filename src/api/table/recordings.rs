//! The endpoints of recordings, and of the audit log that knows who heard them.

use super::{ADMINS, PEOPLE, STAFF, number};
use crate::api::endpoint::{Endpoint, Rule, delete, get, post, put};
use crate::api::schema::{any, list, of, text};
use crate::api::who::Role::Admin;
use crate::api::who::Scope;
use crate::api::{audit, recordings as recording};
use serde_json::{Value, json};

const HEAR: Rule = Rule::Only(PEOPLE, Some(Scope::RecordingsRead));

impl Endpoint {
    /// A file of a recording, whole or in part.
    fn gives_file(mut self) -> Self {
        let bytes = || json!({ "type": "string", "format": "binary" });
        for status in [200, 206] {
            for kind in ["audio/wav", "video/webm", "video/matroska"] {
                self = self.gives_as(status, kind, bytes());
            }
        }
        self
    }
}

fn limit() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 1_000 })
}

fn instant() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

/// What was recorded.
pub(super) fn recordings() -> Vec<Endpoint> {
    const TAG: &str = "Recordings";
    let seconds = || json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
    let boolean = || json!({ "type": "boolean" });
    let directions = recording::DIRECTIONS.map(|(word, _)| word);
    let cursor = json!({ "type": "string", "pattern": "^-?[0-9]{1,19}\\.[0-9a-z]{13}-[0-9]{1,9}-[0-9]{1,9}$" });
    vec![
        get("/api/v1/recordings", HEAR, recording::list)
            .says(
                TAG,
                "Recordings that fit every filter, the newest first. Agents find their own.",
            )
            .query(
                "call",
                "Of this conversation.",
                json!({ "type": "string", "pattern": "^[0-9a-f][0-9a-hjkmnp-tv-z]{12}$" }),
            )
            .query("from", "Begun then or later.", instant())
            .query("until", "Begun before.", instant())
            .query("queue", "From this queue, by name.", text())
            .query(
                "agent",
                "With this agent.",
                json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
            )
            .query("number", "With a customer or a called number like this: `+49301234` is that one, `030 1234` any with it in it.", text())
            .query(
                "direction",
                "Who began.",
                json!({ "type": "string", "enum": directions }),
            )
            .query("longer_s", "So many seconds at least.", seconds())
            .query("shorter_s", "So many seconds at most.", seconds())
            .query("deleted", "Also what was deleted.", boolean())
            .query("after", "Go on: what `next` said.", cursor)
            .query("limit", "So many.", limit())
            .gives(200, of("Recordings")),
        get("/api/v1/recordings/{recording}", HEAR, recording::one)
            .says(TAG, "What is known of one.")
            .gives(200, of("StoredRecording"))
            .refuses(&[400, 404]),
        delete(
            "/api/v1/recordings/{recording}",
            Rule::Only(&[Admin], None),
            recording::remove,
        )
        .says(TAG, "Deletes one file for ever, here and at the storage; its voice in the stereo file falls silent.")
        .notes("That it was there, who deleted it and when stays in the audit log.")
        .gives_nothing(204)
        .refuses(&[400, 404, 410]),
        get(
            "/api/v1/recordings/{recording}/audio",
            HEAR,
            recording::audio,
        )
        .says(TAG, "The sound as WAV, or the pictures as WebM or Matroska, whole or by a range of bytes.")
        .notes("Whoever hears it is in the audit log.")
        .query("download", "As a file to be kept.", boolean())
        .header("Range", "One range of bytes.", text())
        .gives_file()
        .refuses(&[400, 404, 410, 416]),
        get(
            "/api/v1/recordings/{recording}/peaks",
            HEAR,
            recording::peaks,
        )
        .says(
            TAG,
            "How loud it is over its time: for each channel up to 2,000 peaks from 0 to 1.",
        )
        .gives(200, any())
        .refuses(&[400, 404, 410]),
        get("/api/v1/recordings/{recording}/csv", HEAR, recording::csv)
            .says(
                TAG,
                "What is known of one as a table: it goes with the file.",
            )
            .gives_as(200, "text/csv", text())
            .refuses(&[400, 404]),
        post(
            "/api/v1/recordings/{recording}/addresses",
            HEAR,
            recording::address,
        )
        .says(
            TAG,
            "An address at which a player hears it for ten minutes without a log-in.",
        )
        .gives(201, any())
        .refuses(&[400, 404, 410]),
        get("/api/v1/play/{token}", Rule::Anyone, recording::play)
            .says(TAG, "What such an address gives.")
            .header("Range", "One range of bytes.", text())
            .gives_file()
            .refuses(&[400, 404, 410, 416, 503]),
    ]
}

/// What is recorded now, and where recordings are sent.
pub(super) fn storage() -> Vec<Endpoint> {
    const TAG: &str = "Recordings";
    vec![
        put(
            "/api/v1/agents/{agent}/calls/{call}/recording",
            Rule::OrOwn(STAFF, Some(Scope::ConversationsWrite)),
            recording::mask,
        )
        .noted("recording.masked")
        .says(
            TAG,
            "What is said in the agent's call is silence in its recording, or sound again.",
        )
        .takes(of("Mask"))
        .gives_nothing(204)
        .refuses(&[404, 409]),
        get(
            "/api/v1/storage",
            Rule::Only(STAFF, Some(Scope::RecordingsRead)),
            recording::deliveries,
        )
        .says(
            TAG,
            "What waits for the storage, and in which regions Amazon has one.",
        )
        .gives(200, any()),
        post("/api/v1/storage/test", ADMINS, recording::try_storage).noted("storage.tried")
            .says(
                TAG,
                "Tries the storage out as it is set: something small is put, read back and removed.",
            )
            .gives(200, any()),
    ]
}

/// Who has done what.
pub(super) fn audit() -> Vec<Endpoint> {
    const TAG: &str = "Audit log";
    vec![
        get("/api/v1/audit", ADMINS, audit::list)
            .says(
                TAG,
                "Who heard, deleted or changed what: the records that fit every filter, the newest first.",
            )
            .query("from", "Then or later.", instant())
            .query("until", "Before.", instant())
            .query("who", "By this user or key.", text())
            .query(
                "action",
                "What was done: `recording.heard`, or `recording` for all that begins so.",
                text(),
            )
            .query("subject", "To what: an id.", text())
            .query("before", "Go on below this number.", number())
            .query("limit", "So many.", limit())
            .gives(200, list(of("Audit"))),
        post("/api/v1/audit/checks", ADMINS, audit::check)
            .says(
                TAG,
                "Whether no record was altered or removed: if one was, the first of them.",
            )
            .gives(200, any()),
    ]
}
