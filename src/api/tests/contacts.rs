//! Contacts.

use super::*;
use serde_json::json;

const CONTACTS: &str = "/api/v1/contacts";

#[test]
fn r129_staff_keep_contacts_and_agents_find_them_while_they_type() {
    let desk = Desk::new();
    let chief = desk.session(desk.user("chief", Role::Supervisor, None));
    let ada = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let body = json!({ "name": "Zoë Müller", "number": "+49 (30) 12-34", "tags": ["external_number", "vip"] });
    let made = desk.send("POST", CONTACTS, &chief, &body);
    assert_eq!(
        (made.status, &made.json()["number"]),
        (201, &json!("+49301234"))
    );
    assert_eq!(desk.send("POST", CONTACTS, &ada, &body).status, 403);
    let other = json!({ "name": "Zack", "number": "+4940777" });
    assert_eq!(desk.send("POST", CONTACTS, &chief, &other).status, 201);
    let find = |query: &str| {
        let found = desk.get(&format!("{CONTACTS}?{query}"), &ada);
        assert_eq!(found.status, OK, "{}", found.json());
        let found = found.json().as_array().expect("a list").clone();
        let names = found
            .iter()
            .map(|each| each["name"].as_str().expect("text").to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(find("q=z"), ["Zack", "Zoë Müller"]);
    assert_eq!(find("q=z&tag=external_number"), ["Zoë Müller"]);
    assert_eq!(find("q=mull"), ["Zoë Müller"]);
    assert_eq!(find("q=%2B4940"), ["Zack"]);
    assert_eq!(find("limit=1"), ["Zack"]);
    assert_eq!(find("after=2"), ["Zoë Müller"]);
    assert_eq!(find("q=nobody"), [""; 0]);
    let changed = json!({ "name": "Zoe", "number": "+49301234" });
    let put = desk.send("PUT", &format!("{CONTACTS}/1"), &chief, &changed);
    assert_eq!((put.status, &put.json()["tags"]), (OK, &json!([])));
    assert_eq!(
        desk.send("DELETE", &format!("{CONTACTS}/2"), &chief, &Value::Null)
            .status,
        204
    );
    assert_eq!(desk.get(&format!("{CONTACTS}/2"), &ada).status, 404);
    assert_eq!(find(""), ["Zoe"]);
}

#[test]
fn r125_a_number_is_e164_and_that_of_one_contact() {
    let desk = Desk::new();
    let admin = desk.admin();
    let add = |body: Value| desk.send("POST", CONTACTS, &admin, &body);
    assert_eq!(
        add(json!({ "name": "Ada", "number": "+4930123" })).status,
        201
    );
    let again = add(json!({ "name": "Ben", "number": "+49 30 123" }));
    assert_eq!(
        (again.status, again.fields()),
        (409, vec!["number".to_owned()])
    );
    for (body, field) in [
        (json!({ "name": "Ben" }), "number"),
        (json!({ "number": "+4930124" }), "name"),
        (json!({ "name": "Ben", "number": "030123" }), "number"),
        (json!({ "name": "Ben", "number": "+030123" }), "number"),
        (
            json!({ "name": "Ben", "number": "+4930123456789012" }),
            "number",
        ),
        (json!({ "name": "Ben", "number": "+49sip" }), "number"),
        (
            json!({ "name": "Ben", "number": "+4930124", "tags": ["Not plain"] }),
            "tags",
        ),
    ] {
        let refused = add(body.clone());
        let told = (refused.status, refused.fields());
        assert_eq!(told, (422, vec![field.to_owned()]), "{body}");
    }
    let refused = desk.get(&format!("{CONTACTS}?q={}", "x".repeat(65)), &admin);
    assert_eq!(refused.status, 422);
}
