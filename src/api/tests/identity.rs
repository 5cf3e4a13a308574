//! The first administrator, users, sessions and keys.

use super::*;
use crate::api::people::KEY_MARK;
use serde_json::json;

const PASSWORD: &str = "correct horse battery";

/// Sets up the first administrator as a person would.
fn set_up(desk: &Desk) -> (&'static str, String) {
    let path = desk.site.people.set_up().expect("a store");
    let body = json!({ "name": "ada", "password": PASSWORD });
    let answer = desk.send("POST", &path.expect("nobody yet"), &nobody(), &body);
    assert_eq!(answer.status, 201, "{answer:?}");
    ("cookie", answer.cookie())
}

fn log_in(desk: &Desk, name: &str, password: &str) -> Answer {
    let body = json!({ "name": name, "password": password });
    desk.send("POST", "/api/v1/session", &nobody(), &body)
}

#[test]
fn the_set_up_url_makes_one_administrator_once() {
    let desk = Desk::new();
    let earlier = desk.site.people.set_up().expect("a store").expect("a path");
    let path = desk.site.people.set_up().expect("a store").expect("a path");
    let body = json!({ "name": "ada", "password": PASSWORD });
    assert_eq!(desk.get(&path, &nobody()).status, OK, "the form");
    let send = |path: &str, body| desk.send("POST", path, &nobody(), body).status;
    assert_eq!(send(&earlier, &body), 404, "a new one makes it useless");
    assert_eq!(send("/setup/guess", &body), 404);
    let short = json!({ "name": "ada", "password": "short" });
    assert_eq!(send(&path, &short), 422, "and is not used up");
    assert_eq!(send(&path, &body), 201);
    assert_eq!(send(&path, &body), 404, "twice");
    assert_eq!(desk.site.people.set_up().expect("a store"), None);
}

#[test]
fn the_form_of_a_browser_without_scripts_is_understood() {
    let desk = Desk::new();
    let path = desk.site.people.set_up().expect("a store").expect("a path");
    let kind = "application/x-www-form-urlencoded".to_owned();
    let body = Body::from("name=ada&password=correct+horse+battery");
    let answer = desk.ask("POST", &path, &[("content-type", kind)], body);
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(log_in(&desk, "ada", PASSWORD).status, OK);
}

#[test]
fn a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get() {
    let desk = Desk::new();
    set_up(&desk);
    let answer = log_in(&desk, "ada", PASSWORD);
    let cookie = answer.headers[header::SET_COOKIE].to_str().expect("text");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "not over TLS: {cookie}");
    let secure = Peer {
        address: ([192, 0, 2, 8], 4_000).into(),
        secure: true,
    };
    let body = json!({ "name": "ada", "password": PASSWORD }).to_string();
    let kind = ("content-type", "application/json".to_owned());
    let answer = desk.ask_from(secure, "POST", "/api/v1/session", &[kind], Body::from(body));
    let cookie = answer.headers[header::SET_COOKIE].to_str().expect("text");
    assert!(
        cookie.starts_with("__Host-cordboard=") && cookie.contains("; Secure"),
        "{cookie}"
    );
}

#[test]
fn who_i_am_and_no_more_after_the_log_out() {
    let desk = Desk::new();
    let ada = set_up(&desk);
    let me = desk.get("/api/v1/session", &ada).json();
    assert_eq!((&me["name"], &me["role"]), (&json!("ada"), &json!("admin")));
    assert_eq!(
        desk.send("DELETE", "/api/v1/session", &ada, &Value::Null)
            .status,
        204
    );
    assert_eq!(desk.get("/api/v1/session", &ada).status, 401);
}

#[test]
fn an_unknown_name_and_a_wrong_password_get_the_same_answer() {
    let desk = Desk::new();
    set_up(&desk);
    let (unknown, wrong) = (
        log_in(&desk, "eve", PASSWORD),
        log_in(&desk, "ada", "wrong"),
    );
    assert_eq!(unknown.status, 401);
    assert_eq!((unknown.status, unknown.bytes), (wrong.status, wrong.bytes));
    assert_eq!(unknown.headers, wrong.headers);
}

#[test]
fn a_source_that_guesses_has_to_wait_and_others_have_not() {
    let desk = Desk::new();
    set_up(&desk);
    for _ in 0..10 {
        assert_eq!(log_in(&desk, "ada", "wrong").status, 401);
    }
    let answer = log_in(&desk, "ada", PASSWORD);
    assert_eq!(answer.status, 429, "also the right one");
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
    let other = Peer {
        address: ([192, 0, 2, 9], 4_000).into(),
        secure: false,
    };
    let body = json!({ "name": "ada", "password": PASSWORD }).to_string();
    let kind = ("content-type", "application/json".to_owned());
    let answer = desk.ask_from(other, "POST", "/api/v1/session", &[kind], Body::from(body));
    assert_eq!(answer.status, OK);
}

#[test]
fn users_are_made_changed_and_removed() {
    let desk = Desk::new();
    let ada = set_up(&desk);
    let ben = json!({ "name": "ben", "role": "agent", "agent": 7, "password": PASSWORD });
    let answer = desk.send("POST", "/api/v1/users", &ada, &ben);
    assert_eq!(answer.status, 201, "{answer:?}");
    assert!(!answer.json().to_string().contains("password"));
    let place = answer.headers[header::LOCATION]
        .to_str()
        .expect("text")
        .to_owned();
    assert_eq!(desk.send("POST", "/api/v1/users", &ada, &ben).status, 409);
    assert_eq!(desk.get(&place, &ada).json()["agent"], 7);

    let session = ("cookie", log_in(&desk, "ben", PASSWORD).cookie());
    let supervisor = json!({ "name": "ben", "role": "supervisor" });
    assert_eq!(desk.send("PUT", &place, &ada, &supervisor).status, OK);
    let old = desk.get("/api/v1/session", &session);
    assert_eq!(old.status, 401, "another role, another session");
    assert_eq!(log_in(&desk, "ben", PASSWORD).json()["role"], "supervisor");

    let disabled = json!({ "name": "ben", "role": "supervisor", "disabled": true });
    assert_eq!(desk.send("PUT", &place, &ada, &disabled).status, OK);
    assert_eq!(log_in(&desk, "ben", PASSWORD).status, 401);
    assert_eq!(desk.send("DELETE", &place, &ada, &Value::Null).status, 204);
    assert_eq!(desk.get(&place, &ada).status, 404);
    assert_eq!(
        desk.get("/api/v1/users", &ada)
            .json()
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn the_last_administrator_stays_one() {
    let desk = Desk::new();
    let ada = set_up(&desk);
    let place = format!(
        "/api/v1/users/{}",
        desk.get("/api/v1/session", &ada).json()["id"]
    );
    assert_eq!(desk.send("DELETE", &place, &ada, &Value::Null).status, 409);
    let agent = json!({ "name": "ada", "role": "agent" });
    assert_eq!(desk.send("PUT", &place, &ada, &agent).status, 409);
    let disabled = json!({ "name": "ada", "role": "admin", "disabled": true });
    assert_eq!(desk.send("PUT", &place, &ada, &disabled).status, 409);
}

#[test]
fn a_user_changes_their_own_password_and_other_sessions_end() {
    let desk = Desk::new();
    let ada = set_up(&desk);
    let other = ("cookie", log_in(&desk, "ada", PASSWORD).cookie());
    let path = "/api/v1/session/password";
    let change = |old: &str, new: &str| json!({ "old": old, "new": new });
    let wrong = desk.send("PUT", path, &ada, &change("wrong", "another password"));
    assert_eq!(
        (wrong.status, wrong.fields()),
        (422, vec!["old".to_owned()])
    );
    let short = desk.send("PUT", path, &ada, &change(PASSWORD, "short"));
    assert_eq!(
        (short.status, short.fields()),
        (422, vec!["new".to_owned()])
    );
    let done = desk.send("PUT", path, &ada, &change(PASSWORD, "another password"));
    assert_eq!(done.status, 204);
    let mine = ("cookie", done.cookie());
    assert_eq!(desk.get("/api/v1/session", &mine).status, OK);
    assert_eq!(desk.get("/api/v1/session", &other).status, 401);
    assert_eq!(log_in(&desk, "ada", PASSWORD).status, 401);
    assert_eq!(log_in(&desk, "ada", "another password").status, OK);
}

#[test]
fn a_key_is_told_once_does_what_its_scopes_say_and_is_revoked() {
    let desk = Desk::new();
    let ada = set_up(&desk);
    let body = json!({ "name": "crm", "scopes": ["live:read"] });
    let answer = desk.send("POST", "/api/v1/keys", &ada, &body);
    assert_eq!(answer.status, 201, "{answer:?}");
    let token = answer.json()["key"].as_str().expect("a key").to_owned();
    assert!(token.starts_with(KEY_MARK) && token.len() > 43, "256 bits");
    let key = ("authorization", format!("Bearer {token}"));
    let me = desk.get("/api/v1/session", &key).json();
    assert_eq!(
        (&me["kind"], &me["scopes"]),
        (&json!("key"), &json!(["live:read"]))
    );
    assert_eq!(desk.get("/api/v1/users", &key).status, 403);
    let list = desk.get("/api/v1/keys", &ada).json();
    assert_eq!(list[0]["name"], "crm");
    assert!(
        !list.to_string().contains(&token) && list[0]["used"].is_string(),
        "{list}"
    );
    assert_eq!(desk.send("POST", "/api/v1/keys", &ada, &body).status, 409);
    assert_eq!(
        desk.send("DELETE", "/api/v1/keys/crm", &ada, &Value::Null)
            .status,
        204
    );
    assert_eq!(desk.get("/api/v1/session", &key).status, 401);
    assert_eq!(
        desk.send("DELETE", "/api/v1/keys/other", &ada, &Value::Null)
            .status,
        404
    );
}

#[test]
fn every_wrong_field_of_a_user_and_of_a_key_is_named() {
    let desk = Desk::new();
    let ada = set_up(&desk);
    let user = json!({ "name": "", "role": "boss", "agent": -1, "password": "short", "nick": "x" });
    let answer = desk.send("POST", "/api/v1/users", &ada, &user);
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.fields(),
        ["agent", "name", "role", "password", "nick"]
    );
    let mends = answer.json()["errors"].to_string();
    for mend in ["12 to 128", "admin, supervisor, agent", "unknown here"] {
        assert!(mends.contains(mend), "{mends}");
    }
    let key = json!({ "name": "../x", "scopes": ["everything"] });
    let answer = desk.send("POST", "/api/v1/keys", &ada, &key);
    assert_eq!(
        (answer.status, answer.fields()),
        (422, vec!["scopes".to_owned(), "name".to_owned()])
    );
    let none = desk.send(
        "POST",
        "/api/v1/keys",
        &ada,
        &json!({ "name": "x", "scopes": [] }),
    );
    assert_eq!(
        (none.status, none.fields()),
        (422, vec!["scopes".to_owned()])
    );
}
