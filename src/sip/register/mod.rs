//! The registrar: which user is reached where (RFC 3261 §10.3).
//!
//! Who asks has proved to be the user before. A binding remembers the flow on which it was made:
//! a phone behind a NAT is reached there, whatever its Contact says. A phone that tells its
//! `+sip.instance` and `reg-id` replaces its earlier binding under the same, wherever it was. One that
//! supports `outbound` (RFC 5626) may have several flows, each a binding; a call takes one of them
//! ([`Binding::is_other_flow_of`]). One that registers through proxies which ask for it is called through
//! them ([`Proxies`]).
//!
//! Deliberately absent: 439 (RFC 5626 §6). A REGISTER with a flow that has come through a proxy which keeps
//! none is taken as a plain one, and its 200 says so: not every phone would try again.

mod binding;
mod proxies;

pub use binding::Binding;
pub use proxies::{PATH, Proxies};

use binding::is_named;

use super::Flow;
use super::header::{Address, Contacts};
use super::timers::Timers;
use super::uri::Scheme;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Limits of what is registered.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Contacts of all users together; one more is refused.
    pub contacts: usize,
    /// Contacts of one user; one more replaces the one that would expire first.
    pub contacts_per_user: usize,
    /// Shortest time to ask for.
    pub min_expires: Duration,
    /// Longest time granted; also where none is asked for.
    pub max_expires: Duration,
    /// Our own addresses: a contact there would make us call ourselves.
    pub ours: Vec<SocketAddr>,
}

/// All bindings of all users.
#[derive(Debug)]
pub struct Registrar {
    limits: Limits,
    /// No user is here without a binding.
    users: BTreeMap<String, Vec<Binding>>,
    /// The earliest expiry of each user.
    timers: Timers<String>,
    contacts: usize,
    /// How many bindings each flow has.
    flows: HashMap<Flow, usize>,
}

/// A REGISTER, as far as bindings are concerned.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Who has proved to be that.
    pub user: &'a str,
    /// The Call-ID: the phone's life.
    pub call_id: &'a str,
    /// The number in its CSeq.
    pub cseq: u32,
    /// The Contact headers; none for a query.
    pub contacts: Contacts,
    /// The Expires header in seconds.
    pub expires: Option<u32>,
    /// Where it came from.
    pub flow: Flow,
    /// Whether the phone keeps its flows alive and has come without a proxy, or by one that keeps them, too
    /// (RFC 5626 §6).
    pub outbound: bool,
    /// The proxies that want to be on the way to the phone.
    pub proxies: Proxies,
}

/// Why a REGISTER has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `*` without Expires 0 or beside others, or a contact that is no SIP address.
    Malformed,
    /// A contact at our own address, or more at once than a user may have.
    Forbidden,
    /// The time asked for is too short; this many seconds would do.
    TooBrief(u32),
    /// A request that is older than the binding (§10.3 step 7).
    OutOfOrder,
    /// The registrar is full.
    Full,
}

/// What a change means for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The first phone of the user has come.
    Reachable(String),
    /// The last has gone.
    Unreachable(String),
}

impl Refusal {
    /// The status it is answered with.
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Forbidden => 403,
            Self::TooBrief(_) => 423,
            Self::OutOfOrder => 500,
            Self::Full => 503,
        }
    }
}

impl Registrar {
    /// Nobody is registered.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            users: BTreeMap::new(),
            timers: Timers::default(),
            contacts: 0,
            flows: HashMap::new(),
        }
    }

    /// Adds, refreshes and removes bindings: all that are asked for, or none.
    pub fn register(
        &mut self,
        now: Instant,
        request: &Request<'_>,
        out: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        self.expire(now, out);
        let mut bindings = self.users.get(request.user).cloned().unwrap_or_default();
        match &request.contacts {
            Contacts::All => remove_all(&mut bindings, request)?,
            // However many contacts one request names, we do not work on more than fit.
            Contacts::List(contacts) if contacts.len() > self.limits.contacts_per_user => {
                return Err(Refusal::Forbidden);
            }
            Contacts::List(contacts) => {
                let named = contacts.iter().filter(|contact| is_named(contact));
                // RFC 5626 §6: a flow is one contact.
                if request.outbound && contacts.len() > 1 && named.count() > 0 {
                    return Err(Refusal::Malformed);
                }
                for contact in contacts {
                    self.bind(now, &mut bindings, contact, request)?;
                }
            }
        }
        let before = self.contacts_of(request.user).len();
        let total = self.contacts - before + bindings.len();
        if bindings.len() > before && total > self.limits.contacts {
            return Err(Refusal::Full);
        }
        self.put(request.user, bindings, out);
        Ok(())
    }

    /// Where a user is reached, those preferred by `q` first.
    pub fn contacts_of(&self, user: &str) -> &[Binding] {
        self.users.get(user).map_or(&[], Vec::as_slice)
    }

    /// Whether somebody is registered by that way.
    pub fn knows(&self, flow: Flow) -> bool {
        self.flows.contains_key(&flow)
    }

    /// A connection is gone, and with it the way to whoever registered on it; unless that was through a
    /// proxy, which is connected to again.
    pub fn closed(&mut self, gone: Flow, out: &mut Vec<Change>) {
        let on_it = |bindings: &[Binding]| bindings.iter().any(|binding| binding.flow == gone);
        let users = self.users.iter().filter(|(_, bindings)| on_it(bindings));
        for user in users.map(|(user, _)| user.clone()).collect::<Vec<_>>() {
            let mut bindings = self.users.get(&user).cloned().unwrap_or_default();
            bindings.retain_mut(|binding| binding.flow != gone || binding.is_reached_anew());
            self.put(&user, bindings, out);
        }
    }

    /// Keeps the bindings of those users only who may still be registered.
    pub fn keep_users(&mut self, may_stay: impl Fn(&str) -> bool, out: &mut Vec<Change>) {
        self.retain(|user, _| may_stay(user), out);
    }

    /// Removes what has expired.
    pub fn expire(&mut self, now: Instant, out: &mut Vec<Change>) {
        while let Some(user) = self.timers.pop(now) {
            let mut bindings = self.users.get(&user).cloned().unwrap_or_default();
            bindings.retain(|binding| binding.expires > now);
            self.put(&user, bindings, out);
        }
    }

    /// When the next binding expires.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Bindings of all users.
    pub fn len(&self) -> usize {
        self.contacts
    }

    /// Whether nobody is registered.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// The invariants.
    pub fn check(&self) {
        self.timers.check();
        let total: usize = self.users.values().map(Vec::len).sum();
        debug_assert_eq!(total, self.contacts, "contacts are counted");
        let by_flow: usize = self.flows.values().sum();
        debug_assert_eq!(total, by_flow, "each has its flow");
        debug_assert_eq!(self.timers.is_empty(), self.users.is_empty());
        for bindings in self.users.values() {
            debug_assert!(!bindings.is_empty() && bindings.len() <= self.limits.contacts_per_user);
        }
    }

    fn bind(
        &self,
        now: Instant,
        bindings: &mut Vec<Binding>,
        contact: &Address,
        request: &Request<'_>,
    ) -> Result<(), Refusal> {
        let seconds = self.granted(contact, request.expires)?;
        let encrypted = request.flow.transport.is_secure();
        match contact.uri.scheme {
            Scheme::Sip => {}
            Scheme::Sips if encrypted => {}
            Scheme::Sips | Scheme::Tel | Scheme::Other(_) => return Err(Refusal::Malformed),
        }
        let place = contact.uri.host.ip();
        let place = place.map(|ip| SocketAddr::new(ip, contact.uri.port_or_default()));
        let proxy = request.proxies.place(request.flow);
        let proxy = proxy.map(|flow| flow.remote);
        let mut named = place.into_iter().chain(proxy);
        if named.any(|place| self.limits.ours.contains(&place)) {
            return Err(Refusal::Forbidden);
        }
        let known = bindings
            .iter()
            .position(|binding| binding.is_for(contact, request));
        if let Some(known) = known {
            // A repeated or delayed request must not undo a later one.
            if bindings
                .get(known)
                .is_some_and(|b| b.is_newer_than(request))
            {
                return Err(Refusal::OutOfOrder);
            }
            bindings.remove(known);
        }
        if seconds > 0 {
            bindings.retain(|binding| !binding.has_moved(contact, request));
            let expires = now + Duration::from_secs(u64::from(seconds));
            bindings.push(Binding::new(contact, request, expires));
            // Of those with one preference the one that was made or refreshed last is the last.
            bindings.sort_by_key(|binding| u16::MAX - binding.preference);
        }
        // A phone that restarts again and again under new addresses must not lock itself out.
        if bindings.len() > self.limits.contacts_per_user {
            let oldest = bindings
                .iter()
                .enumerate()
                .min_by_key(|(_, binding)| binding.expires);
            if let Some((oldest, _)) = oldest {
                bindings.remove(oldest);
            }
        }
        Ok(())
    }

    /// The seconds a contact gets; 0 removes it.
    fn granted(&self, contact: &Address, expires: Option<u32>) -> Result<u32, Refusal> {
        let seconds = |d: Duration| u32::try_from(d.as_secs()).unwrap_or(u32::MAX);
        let (min, max) = (
            seconds(self.limits.min_expires),
            seconds(self.limits.max_expires),
        );
        match contact.expires().or(expires).unwrap_or(max) {
            asked if asked > 0 && asked < min => Err(Refusal::TooBrief(min)),
            asked => Ok(asked.min(max)),
        }
    }

    fn retain(&mut self, keep: impl Fn(&str, &Binding) -> bool, out: &mut Vec<Change>) {
        let loses = |(user, bindings): &(&String, &Vec<Binding>)| {
            bindings.iter().any(|binding| !keep(user, binding))
        };
        let losers = self
            .users
            .iter()
            .filter(loses)
            .map(|(user, _)| user.clone());
        for user in losers.collect::<Vec<_>>() {
            let mut bindings = self.users.get(&user).cloned().unwrap_or_default();
            bindings.retain(|binding| keep(&user, binding));
            self.put(&user, bindings, out);
        }
    }

    /// Replaces the bindings of a user, and tells what that means.
    fn put(&mut self, user: &str, bindings: Vec<Binding>, out: &mut Vec<Change>) {
        let before = self.contacts_of(user).len();
        self.contacts = self.contacts - before + bindings.len();
        for binding in &bindings {
            *self.flows.entry(binding.flow).or_default() += 1;
        }
        for binding in self.users.get(user).into_iter().flatten() {
            if let Some(count) = self.flows.get_mut(&binding.flow) {
                *count -= 1;
                if *count == 0 {
                    self.flows.remove(&binding.flow);
                }
            }
        }
        let earliest = bindings.iter().map(|binding| binding.expires).min();
        self.timers.set(user.to_owned(), earliest);
        match (before, bindings.len()) {
            (0, 0) => return,
            (0, _) => out.push(Change::Reachable(user.to_owned())),
            (_, 0) => {
                self.users.remove(user);
                out.push(Change::Unreachable(user.to_owned()));
                return;
            }
            (_, _) => {}
        }
        self.users.insert(user.to_owned(), bindings);
    }
}

/// `*` removes all, if Expires is 0 and no binding is newer (§10.3 step 6).
fn remove_all(bindings: &mut Vec<Binding>, request: &Request<'_>) -> Result<(), Refusal> {
    if request.expires != Some(0) {
        return Err(Refusal::Malformed);
    }
    if bindings
        .iter()
        .any(|binding| binding.is_newer_than(request))
    {
        return Err(Refusal::OutOfOrder);
    }
    bindings.clear();
    Ok(())
}

#[cfg(test)]
mod tests;
