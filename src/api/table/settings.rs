//! The endpoints of the settings and of the sounds that they name.

use super::{STAFF, number};
use crate::api::endpoint::{Endpoint, Rule, delete, get, post, put};
use crate::api::part::{Number, Query};
use crate::api::schema::{any, list, of, text};
use crate::api::who::Role::Admin;
use crate::api::who::{Caller, Scope};
use crate::api::{Site, settings as set, sounds as library};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use serde_json::json;
use std::sync::Arc;

const SEE_SETTINGS: Rule = Rule::Whole(STAFF, Some(Scope::SettingsRead));
const SET: Rule = Rule::Only(&[Admin], Some(Scope::SettingsWrite));

/// What the account has set: everything, and each section of it.
pub(super) fn settings() -> Vec<Endpoint> {
    const TAG: &str = "Settings";
    const MATCH: &str = "Change only this revision: an ETag as it came.";
    const CHANGE: &[u16] = &[400, 404, 408, 412, 413, 415, 422, 500, 503];
    let mut all = vec![
        get("/api/v1/settings", SEE_SETTINGS, set::everything)
            .says(
                TAG,
                "Everything that is set; as TOML with Accept: application/toml.",
            )
            .notes("Passwords are null.")
            .gives(200, of("Settings"))
            .gives_as(200, "application/toml", text()),
        put("/api/v1/settings", SET, set::replace_everything)
            .says(TAG, "Replaces everything. If-Match is needed.")
            .notes("Agents and trunks without a password keep the one that they have, by their id.")
            .header("If-Match", MATCH, text())
            .takes(of("Settings"))
            .takes_as("application/toml", text())
            .gives(200, of("Settings"))
            .refuses(&[412, 428, 500]),
        post("/api/v1/settings/compare", SET, set::compare)
            .says(
                TAG,
                "What would change if everything were replaced by this: nothing is.",
            )
            .takes(of("Settings"))
            .takes_as("application/toml", text())
            .gives(200, of("Difference")),
        get("/api/v1/settings/history", SEE_SETTINGS, set::history)
            .says(TAG, "Who has changed them when: the last 200 revisions.")
            .gives(200, list(any())),
        get(
            "/api/v1/settings/revisions/{revision}",
            SEE_SETTINGS,
            set::revision,
        )
        .says(TAG, "What was set in a revision.")
        .notes("Passwords are null.")
        .gives(200, of("Settings"))
        .refuses(&[404]),
        post(
            "/api/v1/settings/revisions/{revision}/restore",
            SET,
            set::restore,
        )
        .says(
            TAG,
            "Sets everything as it was in a revision, as a new one. Passwords stay as they are.",
        )
        .header("If-Match", MATCH, text())
        .gives(200, of("Settings"))
        .refuses(&[404, 412, 422, 500]),
    ];
    all.push(
        post(
            "/api/v1/settings/hours/preview",
            SEE_SETTINGS,
            set::preview_hours,
        )
        .says(
            TAG,
            "Whether working hours are open at an instant, and until when: nothing is set.",
        )
        .takes(of("HoursAt"))
        .gives(200, of("HoursThen")),
    );
    for section in set::SECTIONS {
        let (about, schema) = (section.about, of(section.name));
        let whole = match section.shape {
            set::Shape::One => schema.clone(),
            set::Shape::Named(_) | set::Shape::Ordered => list(schema.clone()),
        };
        let read = async move |State(site): State<Arc<Site>>| set::read(site, section);
        all.push(
            get(section.path, SEE_SETTINGS, read)
                .says(TAG, format!("Reads {about}."))
                .gives(200, whole.clone()),
        );
        if matches!(section.shape, set::Shape::One | set::Shape::Ordered) {
            let replace = async move |State(site): State<Arc<Site>>, who: Caller, body: Request| {
                set::replace(site, section, who, body).await
            };
            all.push(
                put(section.path, SET, replace)
                    .says(TAG, format!("Replaces {about}."))
                    .header("If-Match", MATCH, text())
                    .takes(whole.clone())
                    .gives(200, whole)
                    .refuses(CHANGE),
            );
        }
        if section.shape == set::Shape::One {
            continue;
        }
        let add =
            async move |State(site): State<Arc<Site>>, who: Caller, query: Query, body: Request| {
                set::add(site, section, who, query, body).await
            };
        let read_one = async move |State(site): State<Arc<Site>>, Number(id): Number| {
            set::read_one(site, section, id)
        };
        let replace_one = async move |State(site): State<Arc<Site>>,
                                      Number(id): Number,
                                      who: Caller,
                                      body: Request| {
            set::replace_one(site, section, id, who, body).await
        };
        let remove = async move |State(site): State<Arc<Site>>,
                                 Number(id): Number,
                                 who: Caller,
                                 headers: HeaderMap| {
            set::remove(site, section, id, who, headers).await
        };
        let adding = post(section.path, SET, add)
            .says(TAG, format!("Adds to {about}."))
            .header("If-Match", MATCH, text())
            .takes(schema.clone())
            .gives(201, schema.clone())
            .refuses(CHANGE);
        let place = "Before the one at this place, from 0; without it, the last.";
        all.extend([
            match section.shape {
                set::Shape::Ordered => adding.query("at", place, number()),
                set::Shape::Named(_) | set::Shape::One => adding,
            },
            get(section.one, SEE_SETTINGS, read_one)
                .says(TAG, format!("Reads one of {about}."))
                .gives(200, schema.clone())
                .refuses(&[404]),
            put(section.one, SET, replace_one)
                .says(
                    TAG,
                    format!("Replaces one of {about}; a new name is followed by whoever uses it."),
                )
                .header("If-Match", MATCH, text())
                .takes(schema.clone())
                .gives(200, schema)
                .refuses(CHANGE),
            delete(section.one, SET, remove)
                .says(
                    TAG,
                    format!("Deletes one of {about}; never one that is in use."),
                )
                .header("If-Match", MATCH, text())
                .gives_nothing(204)
                .refuses(&[409])
                .refuses(CHANGE),
        ]);
    }
    all
}

/// What can be heard.
pub(super) fn sounds() -> Vec<Endpoint> {
    const TAG: &str = "Sounds";
    let file = || json!({ "type": "string", "format": "binary" });
    vec![
        get("/api/v1/sounds", SEE_SETTINGS, library::list)
            .says(
                TAG,
                "The library: what ships with the server, and what was uploaded.",
            )
            .gives(200, list(of("Sound"))),
        post("/api/v1/sounds", SET, library::upload)
            .noted("sound.made")
            .says(
                TAG,
                "Uploads a WAV, MP3, MP2, Ogg or FLAC file of at most 4 MiB.",
            )
            .notes("Settings name it as `file` says. It is brought to one loudness.")
            .query(
                "name",
                "What people call it.",
                json!({ "type": "string", "minLength": 1, "maxLength": 64 }),
            )
            .takes_as("application/octet-stream", file())
            .takes_as(
                "multipart/form-data",
                json!({ "type": "object", "properties": { "file": file() } }),
            )
            .gives(201, of("Sound"))
            .refuses(&[409]),
        get("/api/v1/sounds/{file}", SEE_SETTINGS, library::play)
            .says(TAG, "A sound as WAV.")
            .gives_as(200, "audio/wav", file())
            .refuses(&[400, 404, 503]),
        delete("/api/v1/sounds/{file}", SET, library::remove)
            .noted("sound.removed")
            .says(
                TAG,
                "Deletes an uploaded sound; never one that the settings use.",
            )
            .gives_nothing(204)
            .refuses(&[400, 404, 409, 503]),
        get("/api/v1/voices", SEE_SETTINGS, library::voices)
            .says(TAG, "All voices, and which placeholders each can say.")
            .gives(200, any())
            .refuses(&[503]),
        post("/api/v1/speech/preview", SET, library::preview)
            .says(TAG, "How a text sounds, as WAV.")
            .takes(of("SpeechText"))
            .gives_as(200, "audio/wav", file()),
    ]
}
