use super::Request;
use crate::sip::Flow;
use crate::sip::header::Address;
use crate::sip::uri::Uri;
use std::time::Instant;

/// One place where a user is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The phone's own address: the Request-URI of what we send it.
    pub contact: Uri,
    /// The way it came, and the way back.
    pub flow: Flow,
    /// When it is forgotten.
    pub expires: Instant,
    /// The `q` of the contact in thousandths.
    pub preference: u16,
    /// The phone itself, if it says which it is (RFC 5626 §4.1): `+sip.instance` and `reg-id`.
    instance: Option<(String, String)>,
    call_id: String,
    cseq: u32,
}

impl Binding {
    pub(super) fn new(contact: &Address, request: &Request<'_>, expires: Instant) -> Self {
        Self {
            contact: contact.uri.clone(),
            flow: request.flow,
            expires,
            preference: contact.preference(),
            instance: instance(contact),
            call_id: request.call_id.to_owned(),
            cseq: request.cseq,
        }
    }

    /// As a 200 lists it (§10.3 step 8).
    pub fn listed(&self, now: Instant) -> String {
        let left = self.expires.saturating_duration_since(now).as_secs();
        format!("<{}>;expires={left}", self.contact)
    }

    pub(super) fn is_for(&self, contact: &Uri) -> bool {
        self.contact.equivalent(contact)
    }

    /// Whether this phone has moved to `contact`: a phone that says which it is replaces itself
    /// (RFC 5626 §6), unless it names several places in one request.
    pub(super) fn has_moved(&self, contact: &Address, request: &Request<'_>) -> bool {
        self.instance.is_some()
            && self.instance == instance(contact)
            && !self.is_newer_than(request)
    }

    /// Whether the request was sent before the one that made the binding: by the same phone in
    /// the same life, with a lower or equal number.
    pub(super) fn is_newer_than(&self, request: &Request<'_>) -> bool {
        self.call_id == request.call_id && self.cseq >= request.cseq
    }
}

fn instance(contact: &Address) -> Option<(String, String)> {
    let text = |name| contact.params.text(name).map(|text| text.into_owned());
    Some((text("+sip.instance")?, text("reg-id").unwrap_or_default()))
}
