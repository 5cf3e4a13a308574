//! Who calls, in the headers that only networks which trust each other may write: P-Asserted-Identity
//! (RFC 3325), Remote-Party-ID, Diversion (RFC 5806), History-Info (RFC 7044), Privacy (RFC 3323).
//!
//! Anybody can write them. Whether the peer is to be believed is for the user of the endpoint to know;
//! of whoever is not, they are as if they were not there (RFC 3325 §5).

use super::Party;
use super::header::{Address, Name};
use super::message::Message;
use super::refer::party;

/// What such headers say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims {
    /// The caller, by P-Asserted-Identity: the one with a number, if there are two (§9.1).
    pub asserted: Option<Party>,
    /// The caller, by Remote-Party-ID.
    pub remote_party: Option<Party>,
    /// Who has sent the call on, the last one: by Diversion, or by History-Info.
    pub diverted_by: Option<Party>,
    /// The caller's identity is not to be shown.
    pub private: bool,
}

impl Claims {
    /// What an INVITE says. What cannot be read says nothing.
    pub(super) fn of(invite: &Message) -> Self {
        let all = |name| invite.addresses(name).unwrap_or_default();
        let asserted = all(Name::PAssertedIdentity);
        let is_number = |address: &&Address| {
            let user = address.uri.user.as_deref().unwrap_or_default();
            user.trim_start_matches('+')
                .starts_with(|c: char| c.is_ascii_digit())
        };
        let number = asserted.iter().find(is_number);
        let remote_party = all(Name::RemotePartyId).into_iter().find(|address| {
            let kind = address.params.get("party");
            kind.is_none_or(|kind| kind.eq_ignore_ascii_case("calling"))
        });
        let hidden = |address: &Address| {
            let privacy = address.params.get("privacy");
            privacy.is_some_and(|value| !value.eq_ignore_ascii_case("off"))
        };
        let mut privacy = invite
            .headers(Name::Privacy)
            .flat_map(|value| value.split(';'));
        let history = all(Name::HistoryInfo);
        // The last entry is the one that is called now; who has sent it on stands before it.
        let before_last = history.iter().rev().nth(1);
        let diversions = all(Name::Diversion);
        Self {
            asserted: number.or_else(|| asserted.first()).map(party),
            private: remote_party.as_ref().is_some_and(hidden)
                || privacy.any(|value| ["id", "user", "header"].contains(&value.trim())),
            remote_party: remote_party.as_ref().map(party),
            diverted_by: diversions.first().or(before_last).map(party),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(headers: &str) -> Claims {
        let text = format!(
            "INVITE sip:100@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\r\n\
             From: <sip:anonymous@anonymous.invalid>;tag=1\r\nTo: <sip:100@10.0.0.1>\r\nCall-ID: 1\r\n\
             CSeq: 1 INVITE\r\n{headers}Content-Length: 0\r\n\r\n"
        );
        Claims::of(&Message::parse(text.into_bytes()).expect("a message"))
    }

    fn user(party: Option<Party>) -> String {
        party.map(|party| party.user).unwrap_or_default()
    }

    #[test]
    fn rfc_3325_of_two_identities_the_number_counts() {
        let said = claims("P-Asserted-Identity: <sip:alice@x>, <tel:+4930123>\r\n");
        assert_eq!(user(said.asserted), "+4930123");
        let said = claims("p-asserted-IDENTITY : \"A\" <sip:alice@x>\r\n");
        assert_eq!(user(said.asserted), "alice");
    }

    #[test]
    fn a_remote_party_id_is_of_the_calling_party() {
        let said = claims(
            "Remote-Party-ID: <sip:1@x>;party=called, <sip:2@x>;party=calling;privacy=full\r\n",
        );
        assert_eq!((user(said.remote_party), said.private), ("2".into(), true));
        let said = claims("Remote-Party-ID: <sip:2@x>;privacy=off\r\n");
        assert_eq!((user(said.remote_party), said.private), ("2".into(), false));
    }

    #[test]
    fn who_sent_the_call_on_is_the_last_who_did() {
        let said = claims("Diversion: <sip:2@x>;reason=no-answer, <sip:1@x>\r\n");
        assert_eq!(
            user(said.diverted_by),
            "2",
            "RFC 5806 §4: the topmost is the latest"
        );
        let said = claims("History-Info: <sip:1@x>;index=1, <sip:2@x>;index=1.1\r\n");
        assert_eq!(user(said.diverted_by), "1");
        let said = claims("History-Info: <sip:1@x>;index=1\r\n");
        assert_eq!(said.diverted_by, None, "nobody has");
    }

    #[test]
    fn rfc_3323_privacy_is_asked_for_in_several_ways() {
        assert!(claims("Privacy: id\r\n").private);
        assert!(claims("Privacy: session; user;critical\r\n").private);
        assert!(!claims("Privacy: none\r\n").private);
        let broken = claims("P-Asserted-Identity: <<<\r\nDiversion: ;\r\n");
        assert_eq!(broken, Claims::default());
    }
}
