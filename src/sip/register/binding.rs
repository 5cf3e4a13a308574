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

    /// Whether the request was sent before the one that made the binding: by the same phone in
    /// the same life, with a lower or equal number.
    pub(super) fn is_newer_than(&self, request: &Request<'_>) -> bool {
        self.call_id == request.call_id && self.cseq >= request.cseq
    }
}
