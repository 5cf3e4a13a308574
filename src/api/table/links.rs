//! The endpoints of call links.

use super::{PEOPLE, number};
use crate::api::endpoint::{Endpoint, Rule, delete, get, post};
use crate::api::links as link;
use crate::api::schema::{list, of};
use crate::api::who::Scope;
use serde_json::json;

/// Links by which customers call from a browser.
pub(super) fn links() -> Vec<Endpoint> {
    const TAG: &str = "Call links";
    const LINKS: Rule = Rule::Only(PEOPLE, Some(Scope::LinksWrite));
    let count = || json!({ "type": "integer", "minimum": 1, "maximum": 1_000 });
    let agent = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
    vec![
        get("/api/v1/links", LINKS, link::list)
            .says(TAG, "Call links, the newest first; agents see their own.")
            .query("agent", "Of this agent.", agent)
            .query("before", "Go on after this id.", number())
            .query("limit", "So many.", count())
            .gives(200, list(of("Link"))),
        post("/api/v1/links", LINKS, link::add).noted("link.made")
            .says(TAG, "Makes a call link. Its URL is told this once.")
            .notes("Agents make their own. Begins with public_url of the configuration, or with the name under which this is asked.")
            .takes(of("LinkToBe"))
            .gives(201, of("Link"))
            .refuses(&[409]),
        get("/api/v1/links/configurations", LINKS, link::configurations)
            .says(TAG, "What new links can be, and which configuration is selected.")
            .gives(200, list(of("LinkConfiguration"))),
        post("/api/v1/links/state", Rule::Anyone, link::state)
            .says(TAG, "How a link stands, for the page of a customer who has it: nothing is used up.")
            .takes(of("LinkToken"))
            .gives(200, of("LinkState"))
            .refuses(&[429, 503]),
        get("/api/v1/links/{link}", LINKS, link::one)
            .says(TAG, "One call link.")
            .gives(200, of("Link"))
            .refuses(&[404]),
        delete("/api/v1/links/{link}", LINKS, link::revoke).noted("link.revoked")
            .says(TAG, "Takes a call link back. Calls that began by it go on.")
            .gives_nothing(204)
            .refuses(&[404]),
    ]
}
