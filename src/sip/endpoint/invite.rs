//! Our INVITEs: whom they go to, how they are written, and how they are sent again (RFC 3261 §8.1.1,
//! §8.1.3.5).

use super::Endpoint;
use super::config::{Outbound, Path, Target};
use super::flows::by_phone;
use super::refresh::wanted;
use super::reliable::RELIABLE;
use super::route::{Way, fresh, literal, way_to};
use super::session::{Cancel, Failure, Fork, Session};
use super::transactions::{Owner, TxId};
use super::write::{Head, SDP};
use crate::sip::event::Party;
use crate::sip::header::{Address, Name};
use crate::sip::message::Method;
use crate::sip::register::Binding;
use crate::sip::transaction::ClientKey;
use crate::sip::uri::{Host, Uri};
use crate::sip::{Flow, Reliable, SessionId, Terms, Trail};
use std::time::{Duration, Instant};

/// A peer that refuses an INVITE for its terms is asked once more, and once more.
const TRIES: u8 = 3;

impl Endpoint {
    pub(super) fn send_invite(
        &mut self,
        now: Instant,
        id: SessionId,
        session: &Session,
        target: To,
        outbound: &Outbound,
    ) -> Fork {
        let flow = target.way.flow;
        let (via, branch) = self.via(flow);
        let head = Head {
            uri: target.uri,
            via,
            branch,
            routes: target.routes,
            from: self
                .caller(&outbound.from, flow)
                .with_tag(&session.local_tag),
            to: target.to,
            call_id: session.call_id.clone(),
            cseq: 1,
            credentials: vec![],
            max_forwards: outbound.max_forwards,
        };
        let bytes = self.write_invite(&head, flow, outbound, &session.terms);
        let (key, owner) = (
            ClientKey::new(&head.branch, Method::Invite),
            Owner::Invite(id),
        );
        let tx = self
            .transactions
            .send_invite(now, key, target.way, bytes, owner);
        Fork {
            tx,
            flow,
            head,
            spare: target.spare,
            tries: 1,
            rung: false,
            cancel: Cancel::No,
            finished: false,
            acks: vec![],
        }
    }

    fn write_invite(&self, head: &Head, flow: Flow, outbound: &Outbound, terms: &Terms) -> Vec<u8> {
        let asked = Uri::parse(&head.uri).ok();
        let registered = outbound.peer.and_then(|peer| self.registered_contact(peer));
        let registered = registered.unwrap_or_default();
        let contact = self.contact_of(registered, flow.listener, asked.as_ref());
        let mut headers = vec![
            (Name::Contact, contact),
            (Name::Allow, self.allow(flow.listener)),
            (Name::Supported, self.supported(terms)),
        ];
        if terms.reliable == Reliable::Required {
            headers.push((Name::Require, RELIABLE.to_owned()));
        }
        headers.extend(outbound.trail.written().map(|trail| (Trail::HEADER, trail)));
        let headers = wanted(terms.session_timer, None, headers);
        let invite = headers
            .iter()
            .fold(head.write(&Method::Invite), |invite, (name, value)| {
                invite.header(*name, value)
            })
            .header(Name::UserAgent, &self.config.user_agent);
        let extra = outbound.headers.iter().filter(|(name, _)| !is_ours(name));
        let invite = extra.fold(invite, |invite, (name, value)| invite.raw(name, value));
        invite.body(SDP, &outbound.sdp).build()
    }

    /// Invites once more for a longer session, as the peer has refused a brief one.
    pub(super) fn invite_longer(
        &mut self,
        now: Instant,
        id: SessionId,
        tx: TxId,
        min: Duration,
    ) -> bool {
        let session = self.sessions.get_mut(&id);
        if let Some(session) = session.filter(|session| session.is_calling()) {
            session.terms.session_timer.raise(min);
            // Another fork may have been refused with a higher one.
            if session.terms.session_timer.min >= min {
                return self.invite_again(now, id, tx, |_| {});
            }
        }
        false
    }

    /// Sends an INVITE that was refused for something that can be mended: the same call, the next
    /// number (§8.1.3.5). Says whether it did.
    pub(super) fn invite_again(
        &mut self,
        now: Instant,
        id: SessionId,
        tx: TxId,
        mend: impl FnOnce(&mut Head),
    ) -> bool {
        let open = self.fork(id, tx);
        let open = open
            .filter(|fork| fork.cancel == Cancel::No && fork.acks.is_empty() && fork.tries < TRIES);
        let Some((mut head, flow)) = open.map(|fork| (fork.head.clone(), fork.flow)) else {
            return false;
        };
        (head.via, head.branch) = self.via(flow);
        head.cseq += 1;
        mend(&mut head);
        let Some(session) = self.sessions.get_mut(&id) else {
            return false;
        };
        session.early.retain(|early| early.tx != tx);
        let (terms, Some(outbound)) = (session.terms, session.outbound.take()) else {
            return false;
        };
        let bytes = self.write_invite(&head, flow, &outbound, &terms);
        let (key, owner) = (
            ClientKey::new(&head.branch, Method::Invite),
            Owner::Invite(id),
        );
        let again = self.transactions.send_invite(now, key, flow, bytes, owner);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.outbound = Some(outbound);
        }
        if let Some(fork) = self.fork(id, tx) {
            fork.tx = again;
            fork.head = head;
            fork.rung = false;
            fork.tries += 1;
        }
        true
    }

    pub(super) fn caller(&self, party: &Party, flow: Flow) -> Address {
        let ours = self
            .listener(flow.listener)
            .map(|listener| listener.advertised.ip());
        let ours = Host::from(ours.unwrap_or_else(|| flow.remote.ip()));
        let host = Host::parse(&party.host).unwrap_or(ours);
        let address = Address::new(Uri::sip(&party.user, host, None));
        address.with_display(party.display.as_deref().unwrap_or_default())
    }

    pub(super) fn targets(&self, outbound: &Outbound) -> Result<Vec<To>, Failure> {
        match &outbound.target {
            Target::User(user) => {
                let place = |binding: &Binding| {
                    let ours = self.listener(binding.flow.listener);
                    let ours = ours.map(|listener| listener.advertised.ip());
                    let host = Host::from(ours.unwrap_or_else(|| binding.flow.remote.ip()));
                    To {
                        uri: binding.contact.to_string(),
                        way: binding.flow.into(),
                        routes: binding.proxies.routes(),
                        to: Address::new(Uri::sip(user, host, None)),
                        spare: vec![],
                    }
                };
                let all = by_phone(self.registrar.contacts_of(user), place);
                if all.is_empty() {
                    return Err(Failure::new(480, "Not Registered"));
                }
                Ok(all)
            }
            Target::Uri { uri, path } => {
                let parsed = Uri::parse(uri).map_err(|_| Failure::new(400, "Bad URI"))?;
                let unreachable = || Failure::new(503, "No Way There");
                let way = match path {
                    Path::Flow(flow) => Way::from(*flow),
                    Path::Listener(id) => {
                        let listener = self.listener(*id).ok_or_else(unreachable)?;
                        let remote = literal(&parsed).ok_or_else(unreachable)?;
                        fresh(listener.transport, *id, remote).into()
                    }
                    Path::Hop(hop) => {
                        way_to(hop, &self.config.listeners).ok_or_else(unreachable)?
                    }
                };
                let uri = parsed.to_string();
                let to = Address::new(Uri {
                    params: Default::default(),
                    headers: String::new(),
                    ..parsed
                });
                Ok(vec![To {
                    uri,
                    way,
                    routes: outbound.routes.clone(),
                    to,
                    spare: vec![],
                }])
            }
        }
    }
}

/// One place to send an INVITE to.
#[derive(Debug)]
pub(super) struct To {
    uri: String,
    pub(super) way: Way,
    /// The proxies on the way, the next one first: Route headers as written.
    routes: Vec<String>,
    to: Address,
    /// The other flows to the same phone.
    pub(super) spare: Vec<Self>,
}

/// Headers that the endpoint writes itself.
fn is_ours(name: &str) -> bool {
    let ours = [
        Name::Via,
        Name::MaxForwards,
        Name::Route,
        Name::RecordRoute,
        Name::From,
        Name::To,
        Name::CallId,
        Name::CSeq,
        Name::Contact,
        Name::Allow,
        Name::Supported,
        Name::Require,
        Name::SessionExpires,
        Name::MinSe,
        Name::UserAgent,
        Name::ContentType,
        Name::ContentLength,
        Name::ContentEncoding,
        Trail::HEADER,
    ];
    ours.contains(&Name::of(name))
}
