//! Who calls: what we believe of it, and what we tell others (RFC 3323, RFC 3325, RFC 5806).

use super::trunks::uri;
use crate::call::Origin;
use crate::call::record::{Conversation, Direction};
use crate::route;
use crate::settings::{Account, IdentityHeader, Trunk};
use crate::sip::{Invite, Party};

/// What records and phones call a caller who does not want to be known.
pub(super) const ANONYMOUS: &str = "anonymous";

/// A caller as the record has them.
#[derive(Debug)]
pub(super) struct Caller {
    /// The number in E.164 where it is one, or whatever the peer gave instead.
    pub(super) number: String,
    /// The number that has sent the call on.
    pub(super) diverted_by: Option<String>,
}

/// Who calls by this INVITE. Of a trunk that is trusted by the number it asserts (R100); of
/// others, who could assert anybody's, by From.
pub(super) fn caller(account: &Account, origin: Origin, invite: &Invite) -> Caller {
    let trunk = match origin {
        Origin::Agent(_) | Origin::Callback(..) | Origin::Link(..) => None,
        Origin::Trunk(trunk) => account.trunk(trunk),
    };
    let Some(trunk) = trunk else {
        return Caller {
            number: named(&invite.from),
            diverted_by: None,
        };
    };
    let claims = &invite.claims;
    let believed = trunk.identity.trust;
    let asserted = claims.asserted.as_ref().or(claims.remote_party.as_ref());
    let party = asserted.filter(|_| believed).unwrap_or(&invite.from);
    let hidden = believed && claims.private || is_anonymous(party);
    let number = |party: &Party| route::read_from(&trunk.numbers, &named(party));
    Caller {
        number: match hidden {
            true => ANONYMOUS.to_owned(),
            false => number(party),
        },
        diverted_by: claims.diverted_by.as_ref().filter(|_| believed).map(number),
    }
}

/// Who a call out shows: the From, and the headers that the trunk wants. `passed_on`: an agent has passed
/// the customer on, who is shown as the number that they have called, if there is one (R128).
pub(super) fn shown(
    trunk: &Trunk,
    call: &Conversation,
    agent: Option<&str>,
    passed_on: Option<Option<String>>,
) -> (Party, Vec<(String, String)>) {
    let server = trunk.server.as_ref();
    let registered = server
        .filter(|_| trunk.register.is_some())
        .map(|server| &server.host);
    // Our own address where nothing else is wanted: it is the empty host.
    let domain = trunk
        .from_domain
        .as_ref()
        .or(registered)
        .cloned()
        .unwrap_or_default();
    let own = trunk
        .identity
        .caller_id
        .as_deref()
        .or(trunk.user.as_deref())
        .or(agent);
    let own = own.unwrap_or(ANONYMOUS);
    let passed_on = passed_on.as_ref().map(Option::as_deref);
    let (number, diverted) = match (call.direction, passed_on) {
        (_, Some(shown)) => (shown.unwrap_or(own), None),
        (Direction::Outbound, None) => (own, None),
        // A caller who is sent outside is shown as who they are, and we as who sends them.
        (Direction::Inbound, None) => (call.from.as_str(), Some(call.called.as_str())),
    };
    let written = |number: &str| route::write(&trunk.numbers, number);
    let hidden = trunk.identity.withhold || number == ANONYMOUS;
    let from = match hidden {
        true => Party {
            display: Some("Anonymous".to_owned()),
            user: ANONYMOUS.to_owned(),
            host: "anonymous.invalid".to_owned(),
        },
        false => Party {
            display: None,
            user: written(number),
            host: domain.clone(),
        },
    };
    let host = match (domain.is_empty(), server) {
        (true, Some(server)) => server.host.clone(),
        (_, _) => domain,
    };
    let address = |number: &str| format!("<{}>", uri(Some(&written(number)), &host, None));
    let header = |name: &str, value: String| (name.to_owned(), value);
    let mut headers = vec![];
    match trunk.habits.identity {
        IdentityHeader::From => {}
        IdentityHeader::Asserted => headers.push(header("P-Asserted-Identity", address(own))),
        IdentityHeader::Preferred => headers.push(header("P-Preferred-Identity", address(own))),
        IdentityHeader::RemoteParty => {
            let privacy = if hidden { "full" } else { "off" };
            let value = format!(
                "{};party=calling;screen=yes;privacy={privacy}",
                address(own)
            );
            headers.push(header("Remote-Party-ID", value));
        }
    }
    if hidden {
        headers.push(header("Privacy", "id".to_owned()));
    }
    if let Some(diverted) = diverted.filter(|number| route::is_e164(number)) {
        let value = format!("{};reason=no-answer;privacy=off", address(diverted));
        headers.push(header("Diversion", value));
    }
    (from, headers)
}

/// The number, or whatever the peer gave instead.
fn named(party: &Party) -> String {
    let candidates = [Some(&party.user), party.display.as_ref()];
    let mut named = candidates.into_iter().flatten();
    let named = named.find(|name| !name.is_empty());
    named.cloned().unwrap_or_else(|| ANONYMOUS.to_owned())
}

fn is_anonymous(party: &Party) -> bool {
    let user = party.user.to_ascii_lowercase();
    let unknown = [ANONYMOUS, "unavailable", "restricted", "unknown"];
    unknown.contains(&user.as_str()) || party.host.eq_ignore_ascii_case("anonymous.invalid")
}
