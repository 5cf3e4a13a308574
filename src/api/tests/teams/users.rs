//! Who is bound to which teams.

use super::*;

#[test]
fn teams_of_a_supervisor_are_those_that_agents_are_in() {
    let desk = Desk::of(TWO_TEAMS);
    let admin = desk.admin();
    let user = |role: &str, teams: Value| {
        let name = format!("{role} {teams}");
        json!({ "name": name, "role": role, "teams": teams, "password": "correct horse battery" })
    };
    let add = |body: &Value| desk.send("POST", "/api/v1/users", &admin, body);
    for (role, teams) in [
        ("supervisor", json!(["Sale"])),
        ("supervisor", json!("Sales")),
        ("supervisor", json!([7])),
        ("agent", json!(["Sales"])),
        ("admin", json!(["Sales"])),
    ] {
        let refused = add(&user(role, teams));
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec!["teams".to_owned()])
        );
    }
    let told = add(&user("supervisor", json!(["Sale"]))).json();
    let mend = "no agent is in the team \"Sale\"; there are: Late, Sales, Service";
    assert_eq!(told["errors"][0]["mend"], mend);
    let made = add(&user("supervisor", json!(["Service", "Sales", "Sales"])));
    assert_eq!(
        (made.status, &made.json()["teams"]),
        (201, &json!(["Sales", "Service"]))
    );
    let place = made.headers[header::LOCATION]
        .to_str()
        .expect("text")
        .to_owned();
    let id = UserId(made.json()["id"].as_u64().expect("an id") as u32);
    let session = desk.session(id);
    let who = desk.get("/api/v1/session", &session).json();
    assert_eq!(who["teams"], json!(["Sales", "Service"]));
    let settings = |who| desk.get("/api/v1/settings/agents", who).status;
    assert_eq!(settings(&session), 403, "settings are the whole account's");
    let free = json!({ "name": "sue", "role": "supervisor" });
    let changed = desk.send("PUT", &place, &admin, &free).json();
    assert_eq!(changed["teams"], json!([]), "everybody");
    let session = desk.session(id);
    let list = desk.get("/api/v1/settings/agents", &session).json();
    assert_eq!(list.as_array().map(Vec::len), Some(2));
}
