//! What the account has set, read and changed (R148, R155, B20).

use super::*;
use serde_json::json;

const QUEUES: &str = "/api/v1/settings/queues";

fn queue(name: &str) -> Value {
    json!({ "name": name, "agents": [] })
}

#[test]
fn an_object_is_made_read_changed_and_deleted() {
    let desk = Desk::new();
    let admin = desk.admin();
    let made = desk.send("POST", QUEUES, &admin, &queue("Sales"));
    assert_eq!(made.status, 201, "{:?}", made.json());
    let place = made.headers[header::LOCATION]
        .to_str()
        .expect("text")
        .to_owned();
    let one = desk.get(&place, &admin);
    assert_eq!(one.json()["name"], "Sales");
    assert_eq!(
        one.json()["distribution"],
        "fewest_conversations",
        "what holds"
    );
    let tag = one.headers[header::ETAG].to_str().expect("text").to_owned();
    assert_eq!(desk.told().len(), 1, "the switch was told");

    let longest = json!({ "name": "Sales", "agents": [], "distribution": "longest_idle" });
    let changed = desk.send("PUT", &place, &admin, &longest);
    assert_eq!(
        (changed.status, &changed.json()["distribution"]),
        (OK, &json!("longest_idle"))
    );
    assert_ne!(changed.headers[header::ETAG].to_str().expect("text"), tag);
    assert_eq!(desk.told().last().expect("told").queues.len(), 2);

    assert_eq!(
        desk.send("DELETE", &place, &admin, &Value::Null).status,
        204
    );
    assert_eq!(desk.get(&place, &admin).status, 404);
    assert_eq!(desk.told().last().expect("told").queues.len(), 1);
}

#[test]
fn every_section_is_read_as_it_is_described_and_written_back() {
    let desk = Desk::new();
    let admin = desk.admin();
    for section in crate::api::settings::SECTIONS {
        let read = desk.get(section.path, &admin);
        assert_eq!(read.status, OK, "{section:?}");
        use crate::api::settings::Shape;
        let body = read.json();
        match section.shape {
            Shape::One | Shape::Ordered => {
                let back = desk.send("PUT", section.path, &admin, &body);
                assert_eq!((back.status, back.json()), (OK, body), "{section:?}");
            }
            Shape::Named(_) => {
                for object in body.as_array().expect("a list") {
                    let path = format!("{}/{}", section.path, object["id"]);
                    let back = desk.send("PUT", &path, &admin, object);
                    assert_eq!((back.status, &back.json()), (OK, object), "{section:?}");
                }
            }
        }
    }
    assert!(desk.told().is_empty(), "nothing has changed");
}

#[test]
fn b20_every_wrong_field_is_named_with_its_mend_and_nothing_changes() {
    let desk = Desk::new();
    let admin = desk.admin();
    let timeouts = json!({ "agent_s": 2, "customer_s": 61, "agnet_s": 5 });
    let refused = desk.send("PUT", "/api/v1/settings/timeouts", &admin, &timeouts);
    assert_eq!(refused.status, 422);
    let mut fields = refused.fields();
    fields.sort();
    assert_eq!(
        fields,
        ["agent_s", "agnet_s", "customer_s"],
        "{:?}",
        refused.json()
    );
    assert!(
        refused.json().to_string().contains("agent_s"),
        "did you mean"
    );
    for (fine, seconds) in [(false, 2), (true, 3), (true, 60), (false, 61)] {
        let body = json!({ "agent_s": seconds });
        let answer = desk.send("PUT", "/api/v1/settings/timeouts", &admin, &body);
        assert_eq!(answer.status == OK, fine, "R52: {seconds} s");
    }
    let broken = json!({ "name": "Sales", "agents": ["nobody"], "greeting": { "text": "" } });
    let refused = desk.send("POST", QUEUES, &admin, &broken);
    assert_eq!(
        (refused.status, refused.fields()),
        (
            422,
            vec!["agents[0]".to_owned(), "greeting.text".to_owned()]
        )
    );
    let twice = desk.send("POST", QUEUES, &admin, &queue("Support"));
    assert_eq!(
        (twice.status, twice.fields()),
        (422, vec!["name".to_owned()])
    );
}

#[test]
fn r26_a_strategy_for_senders_redirects_to_no_queue() {
    let desk = Desk::new();
    let admin = desk.admin();
    let body = json!({
        "name": "Numbers", "senders": ["+49 30 1*"],
        "max_wait": { "after_s": 60, "then": { "queue": "Support" } },
    });
    let refused = desk.send("POST", "/api/v1/settings/strategies", &admin, &body);
    assert_eq!(refused.status, 422, "{:?}", refused.json());
    assert!(
        refused.fields()[0].starts_with("max_wait"),
        "{:?}",
        refused.fields()
    );
}

#[test]
fn r32_r42_r43_r44_r45_what_a_voice_cannot_say_is_refused_when_it_is_saved_and_the_mend_is_told() {
    let desk = Desk::new();
    let admin = desk.admin();
    for (announcement, field, mend) in [
        (
            json!({ "text": "{position}", "voice": "cs", "position": "ordinal" }),
            "position",
            "it has: cardinal",
        ),
        (
            json!({ "text": "{wait}", "voice": "kl" }),
            "text",
            "choose another voice",
        ),
        (
            json!({ "text": "{position}", "voice": "tlh" }),
            "voice",
            "no placeholder can be used",
        ),
        (
            json!({ "text": "Hello", "quality": "neural" }),
            "quality",
            "neural",
        ),
        (json!({ "text": "Hello", "rate": 451 }), "rate", "450"),
    ] {
        let body = json!({ "name": "Spoken", "queues": ["Support"], "announcement": announcement });
        let refused = desk.send("POST", "/api/v1/settings/strategies", &admin, &body);
        assert_eq!(refused.status, 422, "{announcement}");
        assert_eq!(refused.fields(), [format!("announcement.{field}")]);
        let told = refused.json()["errors"][0].to_string();
        assert!(told.contains(mend), "{told}");
    }
    assert!(desk.told().is_empty(), "nothing has changed");
}

#[test]
fn r68_a_callback_has_a_kind_a_priority_retries_and_a_delay_and_others_are_refused() {
    let desk = Desk::new();
    let admin = desk.admin();
    let path = "/api/v1/settings/callback-configurations";
    let whole = json!({
        "name": "Later", "type": "manual", "priority": "inbound", "retries": 4, "delay_s": 600,
    });
    let made = desk.send("POST", path, &admin, &whole);
    assert_eq!(made.status, 201, "{:?}", made.json());
    let set = &desk.told()[0].callbacks[0];
    assert_eq!((set.retries, set.delay.as_secs()), (4, 600));
    for (key, value) in whole.as_object().expect("a table") {
        assert_eq!(made.json()[key], *value);
    }
    let wrong = json!({
        "name": "Soon", "type": "soon", "priority": "first", "retries": 21, "delay_s": 0,
    });
    let refused = desk.send("POST", path, &admin, &wrong);
    let mut fields = refused.fields();
    fields.sort();
    assert_eq!(
        (refused.status, fields),
        (
            422,
            ["delay_s", "priority", "retries", "type"]
                .map(str::to_owned)
                .into()
        )
    );
}

#[test]
fn r155_what_is_in_use_is_not_deleted_and_its_users_are_named() {
    let desk = Desk::new();
    let admin = desk.admin();
    let later = json!({ "name": "Later" });
    let made = desk.send(
        "POST",
        "/api/v1/settings/callback-configurations",
        &admin,
        &later,
    );
    assert_eq!(made.status, 201, "{:?}", made.json());
    let place = made.headers[header::LOCATION]
        .to_str()
        .expect("text")
        .to_owned();
    let calm = json!({
        "name": "Calm", "queues": ["Support"],
        "announcement": { "text": "Press one.", "codes": [{ "digits": "1", "callback": "Later" }] },
    });
    let strategy = desk.send("POST", "/api/v1/settings/strategies", &admin, &calm);
    assert_eq!(strategy.status, 201, "{:?}", strategy.json());
    let refused = desk.send("DELETE", &place, &admin, &Value::Null);
    assert_eq!(refused.status, 409);
    assert_eq!(
        refused.fields(),
        ["strategy[0].announcement.codes[0].callback"]
    );
    assert!(refused.json().to_string().contains("Calm"));
    let agent = desk.send("DELETE", "/api/v1/settings/agents/1", &admin, &Value::Null);
    assert_eq!(
        (agent.status, agent.fields()),
        (409, vec!["queue[0].agents[0]".to_owned()])
    );
    let strategy = strategy.headers[header::LOCATION]
        .to_str()
        .expect("text")
        .to_owned();
    assert_eq!(
        desk.send("DELETE", &strategy, &admin, &Value::Null).status,
        204
    );
    assert_eq!(
        desk.send("DELETE", &place, &admin, &Value::Null).status,
        204
    );
}

#[test]
fn a_new_name_is_followed_by_whoever_uses_it() {
    let desk = Desk::new();
    let admin = desk.admin();
    let mut support = desk.get("/api/v1/settings/queues/1", &admin).json();
    support["name"] = "Help".into();
    let renamed = desk.send("PUT", "/api/v1/settings/queues/1", &admin, &support);
    assert_eq!(renamed.status, OK, "{:?}", renamed.json());
    let routes = desk.get("/api/v1/settings/routes", &admin).json();
    assert_eq!(routes[0]["to"]["queue"], "Help");
    let mut ada = desk.get("/api/v1/settings/agents/1", &admin).json();
    ada["user"] = "2001".into();
    assert_eq!(
        desk.send("PUT", "/api/v1/settings/agents/1", &admin, &ada)
            .status,
        OK
    );
    let help = desk.get("/api/v1/settings/queues/1", &admin).json();
    assert_eq!(help["agents"], json!(["2001"]));
    support["id"] = 7.into();
    let moved = desk.send("PUT", "/api/v1/settings/queues/1", &admin, &support);
    assert_eq!((moved.status, moved.fields()), (422, vec!["id".to_owned()]));
}

#[test]
fn r154_passwords_go_in_and_never_come_out() {
    let desk = Desk::new();
    let admin = desk.admin();
    let secret = "a password of ben";
    let ben = json!({ "user": "1002", "name": "Ben", "password": secret });
    let made = desk.send("POST", "/api/v1/settings/agents", &admin, &ben);
    assert_eq!(made.status, 201, "{:?}", made.json());
    assert_eq!(made.json()["password"], Value::Null);
    let place = made.headers[header::LOCATION]
        .to_str()
        .expect("text")
        .to_owned();
    let kept = json!({ "user": "1002", "name": "Benjamin", "password": null });
    assert_eq!(desk.send("PUT", &place, &admin, &kept).status, OK);
    let told = desk.told();
    let ben = told
        .last()
        .expect("told")
        .agent_of("1002")
        .expect("there")
        .clone();
    assert_eq!(
        (ben.name.as_str(), ben.password.0.as_str()),
        ("Benjamin", secret),
        "it stays"
    );
    let toml = ("accept", "application/toml".to_owned());
    for headers in [vec![admin.clone()], vec![admin.clone(), toml]] {
        let all = desk.ask("GET", "/api/v1/settings", &headers, Body::empty());
        let text = String::from_utf8_lossy(&all.bytes).into_owned();
        assert!(text.contains("1002") && !text.contains(secret), "{text}");
    }
    let missing = json!({ "user": "1003", "name": "Cleo" });
    let refused = desk.send("POST", "/api/v1/settings/agents", &admin, &missing);
    assert_eq!(
        (refused.status, refused.fields()),
        (422, vec!["password".to_owned()])
    );
}

#[test]
fn nobody_overwrites_what_they_have_not_seen() {
    let desk = Desk::new();
    let admin = desk.admin();
    let read = desk.get("/api/v1/settings", &admin);
    let tag = read.headers[header::ETAG]
        .to_str()
        .expect("text")
        .to_owned();
    let json = ("content-type", "application/json".to_owned());
    let put = |tag: Option<&str>, body: &Value| {
        let mut headers = vec![admin.clone(), json.clone()];
        headers.extend(tag.map(|tag| ("if-match", tag.to_owned())));
        desk.ask(
            "PUT",
            "/api/v1/settings",
            &headers,
            Body::from(body.to_string()),
        )
    };
    let mut body = read.json();
    body["timeouts"]["agent_s"] = 20.into();
    assert_eq!(put(None, &body).status, 428);
    for wrong in ["\"999\"", "1", "\"x\"", "W/\"1\""] {
        assert_eq!(put(Some(wrong), &body).status, 412, "{wrong}");
    }
    assert_eq!(put(Some(&tag), &body).status, OK);
    body["timeouts"]["agent_s"] = 21.into();
    let late = put(Some(&tag), &body);
    assert_eq!(late.status, 412, "somebody was faster");
    assert!(
        late.json()["detail"]
            .as_str()
            .expect("text")
            .contains("revision 2")
    );
    let headers = [admin.clone(), json.clone(), ("if-match", tag)];
    let late = desk.ask(
        "DELETE",
        "/api/v1/settings/agents/1",
        &headers,
        Body::empty(),
    );
    assert_eq!(late.status, 412, "of one object, too");
    let history = desk.get("/api/v1/settings/history", &admin).json();
    assert_eq!(history[0]["by"], "user root");
    assert_eq!(history.as_array().map(Vec::len), Some(2));
}

#[test]
fn b20_a_document_goes_out_as_toml_is_compared_and_comes_in_again() {
    let desk = Desk::new();
    let admin = desk.admin();
    let toml = "application/toml".to_owned();
    let headers = [admin.clone(), ("accept", toml.clone())];
    let out = desk.ask("GET", "/api/v1/settings", &headers, Body::empty());
    let text = String::from_utf8(out.bytes).expect("text");
    let changed = text.replace("agent_s = 30", "agent_s = 25");
    assert_ne!(text, changed);
    let headers = [
        admin.clone(),
        ("content-type", toml),
        ("if-match", "\"1\"".to_owned()),
    ];
    let send =
        |method, path, text: &str| desk.ask(method, path, &headers, Body::from(text.to_owned()));
    let compared = send("POST", "/api/v1/settings/compare", &changed);
    assert_eq!(
        compared.json()["changes"],
        json!([{ "field": "timeouts.agent_s", "before": 30, "after": 25 }])
    );
    assert!(desk.told().is_empty(), "nothing has changed");
    let broken = send("PUT", "/api/v1/settings", "[timeouts\nsecret word");
    assert_eq!(broken.status, 400);
    assert!(
        !broken.json().to_string().contains("secret"),
        "{:?}",
        broken.json()
    );
    assert_eq!(send("PUT", "/api/v1/settings", &changed).status, OK);
    assert_eq!(desk.told()[0].timeouts.agent.as_secs(), 25);
}

#[test]
fn h19_settings_name_no_file_but_sounds_of_the_library() {
    let desk = Desk::new();
    let admin = desk.admin();
    for file in [
        "/etc/passwd",
        "../cordboard.db",
        "a/../../x.wav",
        "..",
        ".hidden",
        "a\\b.wav",
    ] {
        let body = json!({ "name": "Sales", "agents": [], "music": { "file": file } });
        let refused = desk.send("POST", QUEUES, &admin, &body);
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec!["music.file".to_owned()]),
            "{file}"
        );
    }
    let music = json!({ "name": "Sales", "agents": [], "music": { "file": "hold-music.wav" } });
    let made = desk.send("POST", QUEUES, &admin, &music);
    assert_eq!(made.status, 201, "{:?}", made.json());
    let unknown = json!({ "name": "More", "agents": [], "music": { "file": "none.wav" } });
    let refused = desk.send("POST", QUEUES, &admin, &unknown);
    assert_eq!(refused.status, 422);
}

#[test]
fn routes_have_an_order_and_are_found_by_it() {
    let desk = Desk::new();
    let admin = desk.admin();
    let path = "/api/v1/settings/routes";
    let echo = json!({ "number": "9196", "to": "echo" });
    let last = desk.send("POST", path, &admin, &echo);
    assert_eq!(last.status, 422, "never reached: {:?}", last.json());
    let made = desk.send("POST", &format!("{path}?at=0"), &admin, &echo);
    assert_eq!(made.status, 201, "{:?}", made.json());
    assert_eq!(desk.get(&format!("{path}/0"), &admin).json()["to"], "echo");
    let all = desk.get(path, &admin).json();
    let mut turned = all.clone();
    turned.as_array_mut().expect("a list").reverse();
    assert_eq!(desk.send("PUT", path, &admin, &turned).status, 422);
    assert_eq!(desk.send("PUT", path, &admin, &all).status, OK);
    assert_eq!(
        desk.send("DELETE", &format!("{path}/0"), &admin, &Value::Null)
            .status,
        204
    );
    assert_eq!(desk.get(&format!("{path}/1"), &admin).status, 404);
    let wrong = json!([{ "number": "1", "to": "echo" }, { "number": "2", "to": "nowhere" }]);
    let refused = desk.send("PUT", path, &admin, &wrong);
    assert_eq!(
        (refused.status, refused.fields()),
        (422, vec!["[1].to".to_owned()])
    );
}
