//! Names of other teams: where a supervisor's work does not need them, they are in nothing that is read.

use super::*;

/// Whether it is for those who see everybody.
fn is_of_the_whole(endpoint: &Endpoint) -> bool {
    match endpoint.rule {
        Rule::Whole(..) => true,
        Rule::Anyone | Rule::Nearby | Rule::Anybody | Rule::Only(..) | Rule::OrOwn(..) => false,
    }
}

#[test]
fn h18_settings_sounds_and_trunks_are_not_for_those_who_are_bound() {
    let desk = desk();
    let sue = supervisor(&desk, "sue", &["Sales"]);
    let all = supervisor(&desk, "all", &[]);
    let mut seen = 0;
    for endpoint in endpoints().iter().filter(|each| is_of_the_whole(each)) {
        let ask = |who| {
            let path = filled(endpoint, OURS, None);
            desk.send(endpoint.method.as_str(), &path, who, &Value::Null)
                .status
        };
        assert_eq!(ask(&sue), 403, "{endpoint:?}");
        assert_ne!(ask(&all), 403, "{endpoint:?}");
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
    let is_of_the_whole = |path: &str| {
        let mut named = endpoints().into_iter().filter(|each| each.path == path);
        named.all(|each| is_of_the_whole(&each) || !is_for_supervisors(&each))
    };
    for endpoint in endpoints() {
        let starts = ["/api/v1/settings", "/api/v1/sounds", "/api/v1/voices"];
        let is_one = starts.iter().any(|start| endpoint.path.starts_with(start));
        assert!(!is_one || is_of_the_whole(endpoint.path), "{endpoint:?}");
    }
}

/// What is asked for by nobody in particular names nobody.
#[test]
fn h18_nothing_that_is_read_names_agents_and_queues_of_another_team() {
    let desk = desk();
    let sue = supervisor(&desk, "sue", &["Sales"]);
    let all = supervisor(&desk, "all", &[]);
    let text = |path: &str, who| {
        let answer = desk.get(path, who);
        String::from_utf8_lossy(&answer.bytes).into_owned()
    };
    let mut named = vec![];
    for endpoint in endpoints().iter().filter(|each| is_for_supervisors(each)) {
        let is_open = matches!(endpoint.rule, Rule::Anyone | Rule::Nearby);
        if is_open || endpoint.method != Method::GET {
            continue;
        }
        let path = filled(endpoint, OURS, None);
        let names = ["Zoe", "1002", "Agent 2", "Faults"];
        if names.iter().any(|name| text(&path, &all).contains(name)) {
            named.push(endpoint.path);
        }
        let seen = text(&path, &sue);
        for name in names {
            assert!(!seen.contains(name), "{path} names {name}: {seen}");
        }
    }
    for path in [
        "/api/v1/settings",
        "/api/v1/settings/agents",
        "/api/v1/settings/queues",
        "/api/v1/agents",
        "/api/v1/agents/{agent}/desk",
        "/api/v1/live",
    ] {
        assert!(
            named.contains(&path),
            "others read them at {path}: {named:?}"
        );
    }
}

#[test]
fn agents_know_all_colleagues_whoever_else_they_are() {
    let desk = desk();
    let teams = vec!["Sales".to_owned()];
    let ada = desk.user_of("ada", Role::Supervisor, Some(OURS.number), teams);
    let ada = desk.session(ada);
    let desk_of = |side: Side| format!("/api/v1/agents/{}/desk", side.number);
    let own = desk.get(&desk_of(OURS), &ada).json();
    assert_eq!(
        own["agents"][0]["name"], "Zoe",
        "she passes callers on to her"
    );
    assert_eq!(own["queues"].as_array().map(Vec::len), Some(3));
    let contacts = desk.get("/api/v1/contacts", &ada);
    assert_eq!(contacts.status, OK, "and to contacts");
}
