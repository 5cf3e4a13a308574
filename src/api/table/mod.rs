//! The table of endpoints: what is answered where, who may ask, and what is said of it.
//!
//! The router, the document and the test of roles are made from it, so none of them can know an
//! endpoint that the others do not.

mod contacts;
mod links;
mod recordings;
mod settings;
mod supervise;
mod told;
mod work;

use super::endpoint::{Endpoint, Rule, delete, get, post, put};
use super::people::{keys, session, setup, users};
use super::schema::{any, list, of, text};
use super::who::Role;
use super::who::Role::{Admin, Agent, Supervisor};
use super::{docs, health, openapi, system, traces, web};
use serde_json::{Value, json};

const ADMINS: Rule = Rule::Only(&[Admin], None);
pub(super) const STAFF: &[Role] = &[Admin, Supervisor];
const PEOPLE: &[Role] = &[Admin, Supervisor, Agent];

/// All of them.
pub(super) fn endpoints() -> Vec<Endpoint> {
    [
        pages(),
        watching(),
        who_you_are(),
        administration(),
        settings::settings(),
        settings::sounds(),
        work::agents(),
        work::calls(),
        supervise::supervise(),
        work::trunks(),
        told::stories(),
        work::callbacks(),
        links::links(),
        contacts::contacts(),
        work::events(),
        work::lines(),
        work::webhooks(),
        recordings::recordings(),
        recordings::storage(),
        recordings::audit(),
    ]
    .concat()
}

/// For people. What a page shows it asks the API for, so that it is for anyone.
fn pages() -> Vec<Endpoint> {
    const TAG: &str = "Pages";
    let page = |endpoint: Endpoint, about: &'static str| {
        let kept = "What you have, by its ETag: 304 if it is the same.";
        endpoint
            .says(TAG, about)
            .header("If-None-Match", kept, text())
            .gives_as(200, "text/html", text())
            .gives_nothing(304)
    };
    vec![
        page(
            get("/", Rule::Anyone, web::start),
            "Leads to where you belong.",
        ),
        page(
            get("/login", Rule::Anyone, web::login),
            "Where people log in.",
        ),
        page(
            get("/link", Rule::Anyone, web::link),
            "For customers who were given a call link.",
        ),
        page(get("/desk", Rule::Anyone, web::desk), "Where agents work."),
        page(
            get("/admin", Rule::Anyone, web::admin),
            "Where everything is set.",
        ),
        page(
            get("/supervisor", Rule::Anyone, web::supervisor),
            "Who waits, and who talks.",
        ),
        page(
            get("/call", Rule::Anyone, web::call),
            "The story of a call.",
        ),
        get("/assets/{file}", Rule::Anyone, web::asset)
            .says(TAG, "What pages load.")
            .gives_as(200, "application/octet-stream", text())
            .refuses(&[400, 404]),
    ]
}

/// For those who watch the server, and read about it.
fn watching() -> Vec<Endpoint> {
    const TAG: &str = "The server";
    vec![
        get("/healthz", Rule::Anyone, health::healthz)
            .says(TAG, "Whether the server is well: 503 if it is not.")
            .gives(200, any())
            .gives(503, any()),
        get("/api/v1/system", ADMINS, system::about)
            .says(
                TAG,
                "How the server is, where it listens, and its certificates.",
            )
            .gives(200, of("System")),
        get("/metrics", Rule::Anyone, health::numbers)
            .says(TAG, "Numbers for Prometheus.")
            .gives_as(200, "text/plain", text()),
        get("/api/docs", Rule::Anyone, docs::page)
            .says(TAG, "This document, for people.")
            .gives_as(200, "text/html", text()),
        get("/api/docs.css", Rule::Anyone, docs::style)
            .says(TAG, "How pages look.")
            .gives_as(200, "text/css", text()),
        get("/api/v1/openapi.json", Rule::Anyone, openapi::page)
            .says(TAG, "This document, for programs.")
            .gives(200, any()),
        get("/api/v1/traces", Rule::Nearby, traces::list)
            .says(TAG, "What SIP said: the calls of which something is kept.")
            .gives(200, list(any()))
            .refuses(&[404]),
        get("/api/v1/traces/{which}", Rule::Nearby, traces::ladder)
            .says(
                TAG,
                "What SIP said in one call: by its id, a Call-ID, or `last`.",
            )
            .gives(200, any())
            .refuses(&[400, 404]),
        get("/api/v1/traces/{which}/pcap", Rule::Nearby, traces::pcap)
            .says(TAG, "The same as a capture file.")
            .gives_as(200, "application/x-pcapng", text())
            .refuses(&[400, 404]),
    ]
}

/// Who asks, and how they prove it.
fn who_you_are() -> Vec<Endpoint> {
    const TAG: &str = "Who you are";
    let any_key = Rule::Anybody;
    vec![
        get("/setup/{token}", Rule::Anyone, setup::form)
            .says(TAG, "The form that makes the first administrator.")
            .gives_as(200, "text/html", text())
            .refuses(&[400, 404]),
        post("/setup/{token}", Rule::Anyone, setup::create).noted("user.made")
            .says(TAG, "Makes the first administrator, once.")
            .notes("The address is in the log of the first start; `cordboard setup-url` prints a new one.")
            .takes(of("LogIn"))
            .gives(201, any())
            .refuses(&[404]),
        post("/api/v1/setup-urls", Rule::Nearby, setup::again).noted("setup.address_made")
            .says(TAG, "A new set-up address while there is no user: `cordboard setup-url` asks for it.")
            .takes(of("Proof"))
            .gives(201, any())
            .refuses(&[409]),
        post("/api/v1/password-resets", Rule::Nearby, users::reset).noted("password.reset")
            .says(TAG, "A new password for who has forgotten theirs: `cordboard reset-password` asks for it.")
            .takes(of("PasswordReset"))
            .gives_nothing(204)
            .refuses(&[404]),
        post("/api/v1/session", Rule::Anyone, session::log_in).noted("session.begun")
            .says(TAG, "Logs in: gives a session of 12 hours as a cookie.")
            .takes(of("LogIn"))
            .gives(200, of("Who"))
            .refuses(&[401, 429]),
        get("/api/v1/session", any_key, session::who_am_i)
            .says(TAG, "Who you are.")
            .gives(200, of("Who")),
        delete("/api/v1/session", Rule::Only(PEOPLE, None), session::log_out).noted("session.ended")
            .says(TAG, "Logs out.")
            .gives_nothing(204),
        put("/api/v1/session/password", Rule::Only(PEOPLE, None), session::change_password).noted("password.changed")
            .says(TAG, "Changes your password. Your other sessions end.")
            .takes(of("NewPassword"))
            .gives_nothing(204)
            .refuses(&[404, 429]),
    ]
}

/// Who may do what.
fn administration() -> Vec<Endpoint> {
    const TAG: &str = "Users and keys";
    vec![
        get("/api/v1/users", ADMINS, users::list)
            .says(TAG, "All users.")
            .gives(200, list(of("User"))),
        post("/api/v1/users", ADMINS, users::add)
            .noted("user.made")
            .says(TAG, "Adds a user.")
            .notes("`password` is needed here. A supervisor may be bound to teams: what is of others is not there for them.")
            .takes(of("UserToBe"))
            .gives(201, of("User"))
            .refuses(&[409]),
        get("/api/v1/users/{id}", ADMINS, users::one)
            .says(TAG, "One user.")
            .gives(200, of("User"))
            .refuses(&[404]),
        put("/api/v1/users/{id}", ADMINS, users::change)
            .noted("user.changed")
            .says(
                TAG,
                "Changes a user: all but the password is replaced. Their sessions end.",
            )
            .takes(of("UserToBe"))
            .gives(200, of("User"))
            .refuses(&[404, 409]),
        delete("/api/v1/users/{id}", ADMINS, users::remove)
            .noted("user.removed")
            .says(TAG, "Removes a user; never the last administrator.")
            .gives_nothing(204)
            .refuses(&[404, 409]),
        get("/api/v1/keys", ADMINS, keys::list)
            .says(TAG, "All keys of programs that are valid.")
            .gives(200, list(of("Key"))),
        post("/api/v1/keys", ADMINS, keys::add)
            .noted("key.made")
            .says(TAG, "Makes a key for a program. It is told this once.")
            .takes(of("KeyToBe"))
            .gives(201, of("Key"))
            .refuses(&[409]),
        delete("/api/v1/keys/{name}", ADMINS, keys::revoke)
            .noted("key.revoked")
            .says(TAG, "Revokes a key.")
            .gives_nothing(204)
            .refuses(&[400, 404]),
    ]
}

/// The number of an event.
fn number() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX })
}
