//! REGISTER, and who may authenticate.

use super::Endpoint;
use super::config::Paths;
use super::write::{Refusal, party};
use crate::sip::header::Name;
use crate::sip::message::{Builder, Fault, Message};
use crate::sip::register::{self, Binding, Change, PATH, Proxies};
use crate::sip::transaction::ServerKey;
use crate::sip::uri::Scheme;
use crate::sip::{Event, Flow};
use std::time::{Duration, Instant};

/// Phones that keep their flows alive (RFC 5626 §4).
const OUTBOUND: &str = "outbound";

/// The extensions of REGISTER.
pub(super) const REGISTERING: &[&str] = &[PATH, OUTBOUND];

/// How often a phone is to be heard of on its connection, at least (RFC 5626 §5.4). Over UDP nothing is
/// said: what keeps a NAT open is known to the phone, and much less.
const FLOW_TIMER: Duration = Duration::from_secs(120);

impl Endpoint {
    pub(super) fn register_received(
        &mut self,
        now: Instant,
        flow: Flow,
        request: &Message,
        key: ServerKey,
    ) -> Result<(), Refusal> {
        let bad = |fault: Fault| Refusal::because(fault.status(), fault);
        let to = request.to().map_err(bad)?;
        // §10.3 step 5: an address-of-record is a SIP URI, whoever asks.
        if !matches!(to.uri.scheme, Scheme::Sip | Scheme::Sips) {
            return Err(Refusal::because(400, "To Is No SIP URI"));
        }
        // Without digest nobody can prove to be a user.
        let Some(user) = self.authenticate(now, flow, request)? else {
            return Err(Refusal::new(403));
        };
        if party(&to).user != user {
            return Err(Refusal::new(403));
        }
        let proxies = Proxies::of(request).map_err(bad)?;
        let knows = request.supports(PATH);
        if !proxies.is_empty() && !knows && self.paths(flow.listener) == Paths::Supported {
            return Err(Refusal::new(420).with(Name::Unsupported, PATH));
        }
        let is_direct = request.vias().is_ok_and(|vias| vias.len() == 1);
        let asked = register::Request {
            user: &user,
            call_id: request.call_id().map_err(bad)?,
            cseq: request.cseq().map_err(bad)?.0,
            contacts: request.contacts().map_err(bad)?,
            expires: request.expires(),
            flow,
            outbound: request.supports(OUTBOUND) && (is_direct || proxies.keep_flows()),
            proxies,
        };
        let known = self.registrar.contacts_of(&user).to_vec();
        let mut changes = vec![];
        let result = self.registrar.register(now, &asked, &mut changes);
        self.tell_changes(changes);
        if let Err(why) = result {
            return Err(self.registration_refused(why));
        }
        self.follow(&user, flow, &known);
        let tag = self.random.hex(16);
        let bindings = self.registrar.contacts_of(&user);
        let made = |binding: &Binding| binding.is_outbound() && binding.is_made_by(&asked);
        let is_flow = asked.outbound && bindings.iter().any(made);
        let supported = REGISTERING.join(", ");
        let answer = Builder::reply_to(request, 200, "", Some(&tag));
        let answer = answer.header(Name::Supported, supported);
        // RFC 3327 §5.3
        let answer = match knows {
            true => answer.copy(request, Name::Path),
            false => answer,
        };
        // Of a flow that is the proxy's, the proxy knows.
        let is_watched = is_direct && flow.transport.is_reliable();
        let answer = match (is_flow, is_watched) {
            (false, _) => answer,
            (true, false) => answer.header(Name::Require, OUTBOUND),
            (true, true) => answer
                .header(Name::Require, OUTBOUND)
                .header(Name::FlowTimer, FLOW_TIMER.as_secs()),
        };
        let answer = bindings.iter().fold(answer, |answer, binding| {
            answer.header(Name::Contact, binding.listed(now))
        });
        self.respond_other(now, flow, request, key, answer, 200);
        Ok(())
    }

    /// Calls with a phone that has just registered by another way than before follow it there.
    fn follow(&mut self, user: &str, way: Flow, before: &[Binding]) {
        let now = self.registrar.contacts_of(user);
        let is_new = |binding: &&Binding| {
            let same = |old: &Binding| old.flow == way && old.contact == binding.contact;
            binding.flow == way && !before.iter().any(same)
        };
        let moved: Vec<_> = now.iter().filter(is_new).collect();
        if moved.is_empty() {
            return;
        }
        for session in self.sessions.values_mut() {
            for binding in &moved {
                session.follow(user, &binding.contact, way, now.len() == 1);
            }
        }
    }

    /// From now on these may authenticate; whoever else is registered is so no more.
    pub(super) fn set_users(&mut self, users: Vec<(String, String)>) {
        self.users = users.into_iter().collect();
        let (users, mut changes) = (&self.users, vec![]);
        self.registrar
            .keep_users(|user| users.contains_key(user), &mut changes);
        self.tell_changes(changes);
    }

    pub(super) fn tell_changes(&mut self, changes: Vec<Change>) {
        self.events
            .extend(changes.into_iter().map(|change| match change {
                Change::Reachable(user) => Event::Registered { user },
                Change::Unreachable(user) => Event::Unregistered { user },
            }));
    }

    fn registration_refused(&self, why: register::Refusal) -> Refusal {
        let refusal = Refusal::new(why.status());
        match why {
            register::Refusal::TooBrief(min) => refusal.with(Name::MinExpires, min),
            register::Refusal::Full | register::Refusal::OutOfOrder => {
                refusal.retry_after(self.config.retry_after)
            }
            register::Refusal::Malformed | register::Refusal::Forbidden => refusal,
        }
    }
}
