//! Trunks, ways out, and the habits of peers.

use super::super::defaults::{EXPIRES, OPTIONS, SESSION};
use super::super::{Account, Format, Habits, Network, Outbound, Plan, Server, Trunk};
use super::{Problems, covers};
use crate::id::TrunkId;
use std::collections::BTreeSet;

impl Problems {
    pub(super) fn trunks(&mut self, trunks: &[Trunk]) {
        self.unique("trunk", "name", trunks.iter().map(|trunk| &trunk.name));
        self.unique("trunk", "id", trunks.iter().map(|trunk| trunk.id));
        for (index, trunk) in trunks.iter().enumerate() {
            let path = format!("trunk[{index}]");
            self.name(&format!("{path}.name"), &trunk.name);
            self.habits(&path, &trunk.habits);
            self.sources(&path, trunk, &trunks[..index]);
            self.server(&path, trunk);
            self.numbers(&path, trunk);
        }
    }

    pub(super) fn habits(&mut self, path: &str, habits: &Habits) {
        let codecs: BTreeSet<_> = habits.codecs.iter().collect();
        if codecs.is_empty() || codecs.len() < habits.codecs.len() {
            let mend = "at least one codec, and none twice";
            self.add(format!("{path}.codecs"), mend);
        }
        if let Some(interval) = habits.session_timer {
            self.range(&format!("{path}.session_timer_s"), interval, SESSION);
        }
    }

    /// Whose a call is must be plain from where it comes (H25).
    fn sources(&mut self, path: &str, trunk: &Trunk, earlier: &[Trunk]) {
        let from = format!("{path}.from");
        if trunk.from.is_empty() && trunk.server.is_none() {
            let mend = "a trunk is known by its networks: name one, or a server that takes calls";
            self.add(&from, mend);
        }
        let mut own = BTreeSet::new();
        for network in &trunk.from {
            if network.prefix > network.bits() {
                self.add(&from, format!("{network}: the prefix is too long"));
            } else if !own.insert(network.base()) {
                self.add(&from, format!("{network} is named twice"));
            } else if let Some(other) = earlier.iter().find(|other| clash(other, trunk, network)) {
                let mend = format!(
                    "{network} belongs to trunk {:?} already: set register, or called, to tell them apart",
                    other.name
                );
                self.add(&from, mend);
            }
        }
        for (index, pattern) in trunk.called.iter().enumerate() {
            self.pattern(&format!("{path}.called[{index}]"), pattern);
        }
    }

    fn server(&mut self, path: &str, trunk: &Trunk) {
        if trunk.register.is_some() && trunk.server.is_none() {
            let mend = "a registration needs the server that it is made at";
            self.add(format!("{path}.register"), mend);
        }
        if trunk.register.is_some() && trunk.user.is_none() {
            self.add(format!("{path}.register"), "a registration needs a user");
        }
        if trunk.password.is_some() && trunk.user.is_none() {
            self.add(format!("{path}.password"), "a password needs a user");
        }
        if !trunk.realms.is_empty() && trunk.password.is_none() {
            let mend = "a challenge is answered with a password: set it";
            self.add(format!("{path}.realms"), mend);
        }
        let hosts = [
            ("server", &trunk.server),
            ("outbound_proxy", &trunk.outbound_proxy),
        ];
        for (key, server) in hosts {
            self.host(&format!("{path}.{key}"), server.as_ref());
        }
        let is_plain = |c: char| c.is_ascii_graphic() && !"\"<>@:".contains(c);
        if let Some(user) = &trunk.user
            && (user.is_empty() || user.len() > 64 || !user.chars().all(is_plain))
        {
            let mend = "1 to 64 letters, digits and signs, without @ and :";
            self.add(format!("{path}.user"), mend);
        }
        if let Some(domain) = &trunk.from_domain
            && !is_host(domain)
        {
            self.add(format!("{path}.from_domain"), "a domain or an address");
        }
        if let Some(expires) = trunk.register {
            self.range(&format!("{path}.expires_s"), expires, EXPIRES);
        }
        if let Some(every) = trunk.options {
            self.range(&format!("{path}.options_s"), every, OPTIONS);
        }
    }

    fn host(&mut self, path: &str, server: Option<&Server>) {
        if server.is_some_and(|server| !is_host(&server.host) || server.port == Some(0)) {
            let mend = "a domain or an address, with a port or without: \"sip.example.com:5060\"";
            self.add(path, mend);
        }
    }

    fn numbers(&mut self, path: &str, trunk: &Trunk) {
        self.plan(path, &trunk.numbers.plan);
        if trunk.numbers.format == Format::National && trunk.numbers.plan.country.is_none() {
            let mend = "\"national\" needs to know the country: set it";
            self.add(format!("{path}.format"), mend);
        }
        if trunk.numbers.strip > 15 {
            self.add(format!("{path}.strip"), "0 to 15 digits");
        }
        self.dialled(&format!("{path}.prefix"), &trunk.numbers.prefix);
        if let Some(number) = &trunk.identity.caller_id
            && !is_e164(number)
        {
            let mend = "an E.164 number: \"+49 30 123456\"";
            self.add(format!("{path}.caller_id"), mend);
        }
    }

    fn plan(&mut self, path: &str, plan: &Plan) {
        if let Some(country) = &plan.country {
            let digits = country.chars().all(|c| c.is_ascii_digit());
            if !digits || !(1..=3).contains(&country.len()) || country.starts_with('0') {
                let mend = "the 1 to 3 digits of a country, without plus sign: \"49\"";
                self.add(format!("{path}.country"), mend);
            }
        }
        let international = format!("{path}.international_prefix");
        self.dialled(&international, &plan.international_prefix);
        self.dialled(&format!("{path}.national_prefix"), &plan.national_prefix);
    }

    /// Something that is put before numbers.
    fn dialled(&mut self, path: &str, text: &str) {
        let can_be_dialled = |c: char| c.is_ascii_digit() || "+*#".contains(c);
        if text.len() > 16 || !text.chars().all(can_be_dialled) {
            self.add(path, "up to 16 digits, * and #");
        }
    }

    pub(super) fn outbound(&mut self, account: &Account) {
        for (index, way) in account.outbound.iter().enumerate() {
            let path = format!("outbound[{index}]");
            let number = format!("{path}.number");
            self.pattern(&number, &way.number);
            let hides = |earlier: &&Outbound| {
                let same = earlier.agents.is_none() || earlier.agents == way.agents;
                same && covers(&earlier.number, &way.number)
            };
            if let Some(hiding) = account.outbound.iter().take(index).find(hides) {
                let hiding = &hiding.number;
                let mend = format!("never reached: {hiding:?} above takes its calls; swap them");
                self.add(&number, mend);
            }
            self.ways(&format!("{path}.trunks"), account, &way.trunks);
            let agents = way.agents.iter().flatten();
            for id in agents.filter(|id| account.agent(**id).is_none()) {
                self.add(format!("{path}.agents"), format!("there is no agent {id}"));
            }
            if way.agents.as_ref().is_some_and(|agents| twice(agents)) {
                self.add(format!("{path}.agents"), "an agent is named twice");
            }
        }
        self.plan("dialling", &account.dialling.plan);
        for (index, pattern) in account.dialling.deny.iter().enumerate() {
            self.pattern(&format!("dialling.deny[{index}]"), pattern);
        }
    }

    fn ways(&mut self, path: &str, account: &Account, trunks: &[TrunkId]) {
        if trunks.is_empty() {
            self.add(path, "name at least one trunk");
        }
        if twice(trunks) {
            self.add(path, "a trunk is named twice");
        }
        for id in trunks {
            match account.trunk(*id) {
                None => self.add(path, format!("there is no trunk {id}")),
                Some(trunk) if trunk.server.is_none() => {
                    let mend = format!("trunk {:?} takes no calls: set its server", trunk.name);
                    self.add(path, mend);
                }
                Some(_) => {}
            }
        }
    }

    /// A number, with a star at its end for any rest.
    pub(super) fn pattern(&mut self, path: &str, pattern: &str) {
        let rest = pattern.strip_suffix('*').unwrap_or(pattern);
        if pattern.is_empty() || rest.contains('*') {
            self.add(path, "a number, with * at its end for any rest");
        }
    }
}

/// Whether nobody could tell of which of two trunks a call from this network is: neither has a
/// registration to be known by, nor numbers that the other has not.
fn clash(one: &Trunk, other: &Trunk, network: &Network) -> bool {
    let shared = one.from.iter().any(|known| known.base() == network.base());
    let registered = one.register.is_some() || other.register.is_some();
    let by_number = one.called != other.called
        && !one.called.iter().any(|a| {
            let mut numbers = other.called.iter();
            numbers.any(|b| covers(a, b) || covers(b, a))
        });
    shared && !registered && !by_number
}

fn twice<T: Ord>(list: &[T]) -> bool {
    list.iter().collect::<BTreeSet<_>>().len() < list.len()
}

/// RFC 3261 §25.1: a domain, an IPv4 address, or an IPv6 address in brackets.
fn is_host(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let six = |c: char| c.is_ascii_hexdigit() || ":.".contains(c);
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let fine = inner.map_or_else(
        || text.chars().all(plain),
        |six_part| six_part.chars().all(six),
    );
    fine && !text.is_empty() && text.len() <= 253
}

fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (3..=15).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit())
}
