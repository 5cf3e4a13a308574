//! The endpoints of contacts.

use super::{PEOPLE, STAFF};
use crate::api::contacts as contact;
use crate::api::endpoint::{Endpoint, Rule, delete, get, post, put};
use crate::api::schema::{list, of};
use crate::api::who::Scope;
use crate::store::EXTERNAL;
use serde_json::json;

/// People and numbers outside.
pub(super) fn contacts() -> Vec<Endpoint> {
    const TAG: &str = "Contacts";
    const FIND: Rule = Rule::Only(PEOPLE, Some(Scope::ContactsWrite));
    const CHANGE: Rule = Rule::Only(STAFF, Some(Scope::ContactsWrite));
    const ONE: &str = "/api/v1/contacts/{id}";
    let begins = json!({ "type": "string", "maxLength": 64 });
    let id = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
    let count = json!({ "type": "integer", "minimum": 1, "maximum": 1_000, "default": 20 });
    vec![
        get("/api/v1/contacts", FIND, contact::list)
            .says(
                TAG,
                "Contacts, found while one types, in the order of their names.",
            )
            .query(
                "q",
                "What the name, a word of it, or the number begins with.",
                begins,
            )
            .query(
                "tag",
                "Only those to which calls may be passed on.",
                json!({ "type": "string", "enum": [EXTERNAL] }),
            )
            .query("after", "Go on after this id.", id)
            .query("limit", "So many.", count)
            .gives(200, list(of("Contact"))),
        post("/api/v1/contacts", CHANGE, contact::add)
            .noted("contact.made")
            .says(TAG, "Makes a contact.")
            .notes("Calls may be passed on to those that have the tag external_number.")
            .takes(of("ContactToBe"))
            .gives(201, of("Contact"))
            .refuses(&[409]),
        get(ONE, FIND, contact::one)
            .says(TAG, "One contact.")
            .gives(200, of("Contact"))
            .refuses(&[404]),
        put(ONE, CHANGE, contact::change)
            .noted("contact.changed")
            .says(TAG, "Replaces all of a contact.")
            .takes(of("ContactToBe"))
            .gives(200, of("Contact"))
            .refuses(&[404, 409]),
        delete(ONE, CHANGE, contact::remove)
            .noted("contact.removed")
            .says(TAG, "Removes a contact.")
            .gives_nothing(204)
            .refuses(&[404]),
    ]
}
