//! Revisions of the settings; passwords that come and go.

use super::*;
use serde_json::json;

const RESTORE: &str = "/api/v1/settings/revisions";

#[test]
fn an_older_revision_is_looked_at_and_put_in_force_again() {
    let desk = Desk::new();
    let admin = desk.admin();
    let before = desk.get("/api/v1/settings", &admin);
    let queue = json!({ "name": "Sales", "agents": [] });
    assert_eq!(
        desk.send("POST", "/api/v1/settings/queues", &admin, &queue)
            .status,
        201
    );
    let timeouts = json!({ "agent_s": 10 });
    assert_eq!(
        desk.send("PUT", "/api/v1/settings/timeouts", &admin, &timeouts)
            .status,
        OK
    );
    let history = desk.get("/api/v1/settings/history", &admin).json();
    let numbers: Vec<u64> = history
        .as_array()
        .expect("a list")
        .iter()
        .map(|each| each["revision"].as_u64().expect("a number"))
        .collect();
    let first = *numbers.last().expect("some");
    let path = format!("{RESTORE}/{first}");
    let seen = desk.get(&path, &admin);
    assert_eq!(seen.status, OK, "{:?}", seen.json());
    let text = String::from_utf8_lossy(&seen.bytes).into_owned();
    assert!(!text.contains("a password of 1001"), "no passwords");
    let restored = desk.send("POST", &format!("{path}/restore"), &admin, &Value::Null);
    assert_eq!(restored.status, OK, "{:?}", restored.json());
    let after = desk.get("/api/v1/settings", &admin);
    assert_eq!(
        after.json()["timeouts"]["agent_s"],
        seen.json()["timeouts"]["agent_s"]
    );
    assert_eq!(after.json()["queue"], seen.json()["queue"]);
    assert_ne!(after.headers[header::ETAG], before.headers[header::ETAG]);
    let told = desk.told();
    assert_eq!(
        told.last().expect("told").agents[0].password.0,
        "a password of 1001"
    );
    let stale = (
        "if-match",
        before.headers[header::ETAG]
            .to_str()
            .expect("text")
            .to_owned(),
    );
    let late = desk.ask(
        "POST",
        &format!("{path}/restore"),
        &[admin.clone(), stale],
        Body::empty(),
    );
    assert_eq!(late.status, 412, "somebody has changed them since");
    let gone = desk.send(
        "POST",
        &format!("{RESTORE}/99/restore"),
        &admin,
        &Value::Null,
    );
    assert_eq!(gone.status, 404);
}

#[test]
fn the_password_of_a_trunk_stays_until_it_is_taken_away() {
    let desk = Desk::new();
    let admin = desk.admin();
    let trunk = json!({ "name": "carrier", "server": "sip.example.com", "user": "u", "password": "a secret" });
    let made = desk.send("POST", "/api/v1/settings/trunks", &admin, &trunk);
    assert_eq!(made.status, 201, "{:?}", made.json());
    let put = |password: Value| {
        let trunk = json!({ "name": "carrier", "server": "sip.example.com", "user": "u", "password": password });
        let put = desk.send("PUT", "/api/v1/settings/trunks/1", &admin, &trunk);
        assert_eq!(put.status, OK, "{:?}", put.json());
        let account = desk.site.settings.account();
        account.trunks[0]
            .password
            .as_ref()
            .map(|password| password.0.clone())
    };
    assert_eq!(put(Value::Null).as_deref(), Some("a secret"));
    assert_eq!(put(json!("")), None);
    assert_eq!(put(Value::Null), None);
}
