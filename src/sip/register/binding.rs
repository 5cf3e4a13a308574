use super::{Proxies, Request};
use crate::sip::Flow;
use crate::sip::header::{Address, quote};
use crate::sip::uri::Uri;
use std::time::Instant;

/// One place where a user is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The phone's own address: the Request-URI of what we send it.
    pub contact: Uri,
    /// The way it came, and the way back.
    pub flow: Flow,
    /// The proxies that it came through.
    pub proxies: Proxies,
    /// When it is forgotten.
    pub expires: Instant,
    /// The `q` of the contact in thousandths.
    pub preference: u16,
    /// The phone itself, if it says which it is (RFC 5626 §4.1): `+sip.instance` and `reg-id`.
    instance: Option<(String, String)>,
    /// It is one of the flows of the phone, which it keeps alive.
    outbound: bool,
    call_id: String,
    cseq: u32,
}

impl Binding {
    pub(super) fn new(contact: &Address, request: &Request<'_>, expires: Instant) -> Self {
        Self {
            contact: contact.uri.clone(),
            flow: way_back(request),
            proxies: request.proxies.clone(),
            expires,
            preference: contact.preference(),
            instance: instance(contact),
            outbound: request.outbound && is_named(contact),
            call_id: request.call_id.to_owned(),
            cseq: request.cseq,
        }
    }

    /// As a 200 lists it (§10.3 step 8; RFC 5626 §6).
    pub fn listed(&self, now: Instant) -> String {
        let left = self.expires.saturating_duration_since(now).as_secs();
        match &self.instance {
            Some((instance, reg_id)) if self.outbound => format!(
                "<{}>;expires={left};reg-id={reg_id};+sip.instance={}",
                self.contact,
                quote(instance)
            ),
            Some(_) | None => format!("<{}>;expires={left}", self.contact),
        }
    }

    /// Whether the two are flows of one phone: a call goes to one of them at a time (RFC 5626 §7).
    pub fn is_other_flow_of(&self, other: &Self) -> bool {
        let of = |binding: &Self| binding.instance.as_ref().map(|(phone, _)| phone.clone());
        self.outbound && other.outbound && of(self) == of(other)
    }

    /// Whether it is one of the flows of a phone that keeps them alive.
    pub fn is_outbound(&self) -> bool {
        self.outbound
    }

    /// Whether this request has made or refreshed it.
    pub fn is_made_by(&self, request: &Request<'_>) -> bool {
        self.call_id == request.call_id && self.cseq == request.cseq
    }

    /// Its connection is gone. Says whether the phone can be reached all the same: by a new one to its
    /// nearest proxy.
    pub(super) fn is_reached_anew(&mut self) -> bool {
        let place = self.proxies.place(self.flow);
        self.flow = place.unwrap_or(self.flow);
        place.is_some()
    }

    /// Whether the contact is this place, to be refreshed. A flow is known by its number: two of one phone
    /// may have the same address (RFC 5626 §6).
    pub(super) fn is_for(&self, contact: &Address, request: &Request<'_>) -> bool {
        let theirs = instance(contact).filter(|_| request.outbound && is_named(contact));
        match (&self.instance, theirs) {
            (Some((phone, flow)), Some((theirs, number))) if self.outbound && *phone == theirs => {
                *flow == number
            }
            (_, _) => self.contact.equivalent(&contact.uri),
        }
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

/// A connection is used while it is there. A proxy may send datagrams from another port than it listens on.
fn way_back(request: &Request<'_>) -> Flow {
    let place = request.proxies.place(request.flow);
    let place = place.filter(|_| !request.flow.transport.is_reliable());
    place.unwrap_or(request.flow)
}

fn instance(contact: &Address) -> Option<(String, String)> {
    let text = |name| contact.params.text(name).map(|text| text.into_owned());
    Some((text("+sip.instance")?, text("reg-id").unwrap_or_default()))
}

/// Whether a contact says which phone it is, and which of its flows: a number above 0 (RFC 5626 §4.2).
pub(super) fn is_named(contact: &Address) -> bool {
    let number = |(_, reg_id): (String, String)| reg_id.parse::<u32>().ok();
    instance(contact)
        .and_then(number)
        .is_some_and(|number| number > 0)
}
