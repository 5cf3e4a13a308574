//! Who may use what: the table of endpoints against everybody there can be (H18, R144).

use super::*;
use crate::api::endpoint::{Endpoint, Rule, Verdict};
use crate::api::openapi;
use crate::api::table::endpoints;
use crate::api::who::{Caller, Scope};
use std::fmt::Write as _;

/// The path with something in its variable parts: the agent 7, and what is not there.
fn filled(endpoint: &Endpoint) -> String {
    endpoint
        .parts()
        .fold(endpoint.path.to_owned(), |path, part| {
            let value = match part {
                "agent" => "7",
                part if openapi::is_number(part) => "999",
                _ => "none",
            };
            path.replace(&format!("{{{part}}}"), value)
        })
}

/// Somebody: a name, the headers that prove it, and whom the API must take them for.
type Somebody = (String, Box<dyn Fn(&Desk) -> (&'static str, String)>, Caller);

fn everybody(desk: &Desk) -> Vec<Somebody> {
    let mut all: Vec<Somebody> = vec![("nobody".into(), Box::new(|_| nobody()), Caller::Nobody)];
    for (name, role, agent, team) in [
        ("admin", Role::Admin, None, None),
        ("supervisor", Role::Supervisor, None, None),
        (
            "supervisor of a team",
            Role::Supervisor,
            None,
            Some("Sales"),
        ),
        ("agent 7", Role::Agent, Some(7), None),
        ("agent 8", Role::Agent, Some(8), None),
        ("agent without agent", Role::Agent, None, None),
    ] {
        let teams: Vec<String> = team.map(str::to_owned).into_iter().collect();
        let id = desk.user_of(name, role, agent, teams.clone());
        let caller = Caller::User {
            id,
            name: name.into(),
            role,
            agent: agent.map(AgentId),
            teams,
        };
        // Anew for each request: one of them ends it.
        let session = Box::new(move |desk: &Desk| desk.session(id));
        all.push((name.into(), session, caller));
    }
    for scope in Scope::ALL {
        let name = scope.name().replace(':', "-");
        let header = desk.key(&name, &[scope.name()]);
        let caller = Caller::Key {
            name: name.clone(),
            scopes: vec![scope],
        };
        all.push((name, Box::new(move |_| header.clone()), caller));
    }
    all
}

#[test]
fn h18_r144_every_endpoint_lets_in_whom_its_rule_names_and_nobody_else() {
    let desk = Desk::new();
    let everybody = everybody(&desk);
    for endpoint in endpoints() {
        for (name, header, caller) in &everybody {
            let about = endpoint.path.contains("{agent}").then_some(AgentId(7));
            let expected = match (endpoint.rule, endpoint.rule.judge(caller, about)) {
                // The one who asks here is far away.
                (Rule::Nearby, _) | (_, Verdict::Forbidden) => Some(403),
                (_, Verdict::Unknown) => Some(401),
                (_, Verdict::Allowed) => None,
            };
            let method = endpoint.method.as_str();
            let answer = desk.send(method, &filled(&endpoint), &header(&desk), &Value::Null);
            let told = format!(
                "{endpoint:?} as {name}: {} {:?}",
                answer.status,
                answer.json()
            );
            match expected {
                Some(status) => assert_eq!(answer.status, status, "{told}"),
                None => {
                    let refused = [401, 403, 405].contains(&answer.status);
                    assert!(!refused && answer.status < 500, "{told}");
                }
            }
        }
    }
}

/// What a change of the table must change here, too, so that no right is given by accident.
#[test]
fn h18_the_rights_are_those_that_were_agreed() {
    let mut rights = String::new();
    for endpoint in endpoints() {
        let allowed = openapi::allowed(endpoint.rule);
        let allowed = allowed
            .trim_start_matches("Allowed: ")
            .trim_end_matches('.');
        let (method, path) = (&endpoint.method, endpoint.path);
        let _ = writeln!(rights, "{method} {path}: {allowed}");
    }
    let is_agreed = rights == include_str!("rights.txt");
    assert!(is_agreed, "now:\n{rights}");
}

#[test]
fn h18_whoever_is_not_who_they_say_is_nobody() {
    let desk = Desk::new();
    let root = desk.user("root", Role::Admin, None);
    for wrong in [
        ("cookie", "cordboard=".to_owned()),
        ("cookie", "cordboard=x".to_owned()),
        ("cookie", format!("cordboard={}", "A".repeat(10_000))),
        ("authorization", "Bearer x".to_owned()),
        ("authorization", "Basic cm9vdDpyb290".to_owned()),
        ("authorization", "Bearer".to_owned()),
    ] {
        assert_eq!(desk.get("/api/v1/users", &wrong).status, 401, "{wrong:?}");
    }
    // A session that has ended, one of a user who is gone, and a key that was revoked.
    let hash = super::super::people::hash("old");
    let past = Timestamp::now() - SignedDuration::from_secs(1);
    desk.store
        .begin_session(&hash, root, past)
        .expect("a store");
    let old = ("cookie", "cordboard=old".to_owned());
    assert_eq!(desk.get("/api/v1/session", &old).status, 401);
    let gone = desk.user("gone", Role::Supervisor, None);
    let session = desk.session(gone);
    assert_eq!(desk.get("/api/v1/session", &session).status, OK);
    desk.store.remove_user(gone).expect("a store");
    assert_eq!(desk.get("/api/v1/session", &session).status, 401);
    let key = desk.key("k", &["live:read"]);
    assert_eq!(desk.get("/api/v1/session", &key).status, OK);
    assert!(desk.store.revoke_key("k").expect("a store"));
    assert_eq!(desk.get("/api/v1/session", &key).status, 401);
}

#[test]
fn h18_h19_no_spelling_of_a_path_passes_the_guard() {
    let desk = Desk::new();
    desk.user("root", Role::Admin, None);
    for path in [
        "/api/v1/users/",
        "//api/v1/users",
        "/api//v1/users",
        "/API/v1/users",
        "/api/v1/./users",
        "/api/v1/session/../users",
        "/api/v1/session/%2e%2e/users",
        "/api/v1%2fusers",
        "/api/v1/users;x=1",
        "/api/v1/users%00",
        "/api/v1/users%20",
        "/api/docs/../v1/users",
        "/api/docs.css/../v1/users",
        "/setup/x/../../api/v1/users",
        "/api/v1/users?x=/api/docs",
        "/api/v1/users/1/../..",
        "/api/v1/users/%2e",
    ] {
        let status = desk.get(path, &nobody()).status;
        assert!([400, 401, 404].contains(&status), "{path}: {status}");
    }
    for (method, name) in [
        ("PATCH", "/api/v1/users"),
        ("TRACE", "/api/v1/users"),
        ("OPTIONS", "/api/v1/users"),
        ("CONNECT", "/api/v1/users"),
        ("FROBNICATE", "/api/v1/users"),
    ] {
        let answer = desk.ask(method, name, &[], Body::empty());
        assert!([405, 400].contains(&answer.status), "{method}: {answer:?}");
    }
    let override_method = ("x-http-method-override", "GET".to_owned());
    let answer = desk.ask("POST", "/api/docs", &[override_method], Body::empty());
    assert_eq!(answer.status, 405);
}
