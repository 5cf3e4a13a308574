//! Trunks, the ways out through them, and the habits of peers.

use super::Loader;
use super::account::{Names, pattern};
use crate::config::profile::{self, PeerKeys};
use crate::config::report::Report;
use crate::config::table::Table;
use crate::config::words::{FORMATS, TRANSPORTS};
use crate::id::TrunkId;
use crate::route;
use crate::settings::{
    Dialling, Habits, Identity, Network, Numbers, Outbound, Plan, Secret, Server, Transport, Trunk,
    Verify, defaults,
};
use crate::sip::uri::{Host, Scheme, Uri};
use std::net::IpAddr;

impl Loader<'_> {
    pub(super) fn trunk(&mut self, id: TrunkId, name: String, mut table: Table<'_>) -> Trunk {
        let from = self.networks(&mut table);
        let called = self.patterns(&mut table, "called").unwrap_or_default();
        let (server, outbound_proxy) = self.servers(&mut table);
        let verify = verify(&mut table, &mut self.report);
        let report = &mut self.report;
        let user = table.string("user", report);
        let password = table.string("password", report).map(Secret);
        let realms = table.strings("realms", report).unwrap_or_default();
        let registers = table.boolean("register", report).unwrap_or(false);
        let expires = table.seconds("expires_s", &defaults::EXPIRES, report);
        let from_domain = table.string("from_domain", report);
        let options = table.seconds("options_s", &defaults::OPTIONS, report);
        let options = options.unwrap_or(defaults::OPTIONS_EVERY);
        let max_calls = table.number("max_calls", 0..=1_000_000, report);
        let calls_per_second = table.number("calls_per_second", 0..=10_000, report);
        let numbers = numbers(&mut table, report);
        let sticky_agent = table.boolean("sticky_agent", report).unwrap_or(false);
        let whatsapp = table.boolean("whatsapp", report).unwrap_or(false);
        let identity = Identity {
            trust: table.boolean("trust", report).unwrap_or(false),
            caller_id: table
                .string("caller_id", report)
                .map(|number| route::normal(&number)),
            withhold: table.boolean("withhold", report).unwrap_or(false),
        };
        if expires.is_some() && !registers {
            let mend = "without register = true nothing expires: leave it out";
            report.of(&table.path("expires_s"), mend);
        }
        let habits = self.habits(&mut table);
        table.done(&mut self.report);
        Trunk {
            id,
            name,
            from,
            called,
            options: server
                .as_ref()
                .map(|_| options)
                .filter(|each| !each.is_zero()),
            server,
            outbound_proxy,
            verify,
            user,
            password,
            realms: realms.into_iter().map(|(_, realm)| realm).collect(),
            register: registers.then(|| expires.unwrap_or(defaults::EXPIRES_AFTER)),
            from_domain,
            max_calls: max_calls.unwrap_or(0),
            calls_per_second: calls_per_second.unwrap_or(0),
            numbers,
            identity,
            sticky_agent,
            whatsapp,
            habits,
        }
    }

    fn networks(&mut self, table: &mut Table<'_>) -> Vec<Network> {
        let mut from = vec![];
        for (path, text) in table.strings("from", &mut self.report).unwrap_or_default() {
            match network(&text) {
                Some(network) => from.push(network),
                None => {
                    let mend = format!("{text:?} is not a network: \"192.0.2.0/24\"");
                    self.report.of(&path, mend);
                }
            }
        }
        from
    }

    /// The server and the proxy before it: both by the transport of the trunk, unless a URI says
    /// another.
    fn servers(&mut self, table: &mut Table<'_>) -> (Option<Server>, Option<Server>) {
        let report = &mut self.report;
        let transport = table.choice("transport", &TRANSPORTS, report);
        let [server, proxy] = ["server", "outbound_proxy"].map(|key| {
            let text = table.string(key, report)?;
            let read = server(&text);
            if read.is_none() {
                let mend =
                    format!("{text:?} is not a server: \"sip.example.com\", \"192.0.2.1:5060\"");
                report.of(&table.path(key), mend);
            }
            let server = read?;
            let transport = server.transport.or(transport);
            Some(Server {
                transport,
                ..server
            })
        });
        if transport.is_some() && server.is_none() {
            let mend = "there is no server that it would be the transport of";
            report.of(&table.path("transport"), mend);
        }
        (server, proxy)
    }

    /// The habits of a peer: its own keys, then its profile, then the defaults.
    pub(super) fn habits(&mut self, table: &mut Table<'_>) -> Habits {
        let mut profile = PeerKeys::default();
        if let Some(name) = table.string("peer", &mut self.report) {
            let path = table.path("peer");
            let found = profile::find(&name, &path, self.folder, self.files, &mut self.report);
            match found.map(|profile| profile.peer) {
                Some(Some(peer)) => profile = peer,
                Some(None) => self
                    .report
                    .of(&path, format!("{name:?} is about a listener")),
                None => {}
            }
        }
        PeerKeys::read(table, &mut self.report).or(profile).habits()
    }

    pub(super) fn outbound(&mut self, mut table: Table<'_>, names: &Names) -> Outbound {
        let number = table.required("number", &mut self.report);
        if !table.has("trunks") {
            table.missing("trunks", &mut self.report);
        }
        let trunks = self.references(&mut table, "trunks", "trunk", &names.trunks);
        let agents = table.strings("agents", &mut self.report);
        let agents = agents.map(|users| self.members(users, names));
        table.done(&mut self.report);
        Outbound {
            number: pattern(&number),
            trunks: trunks.unwrap_or_default(),
            agents,
        }
    }

    pub(super) fn dialling(&mut self, root: &mut Table<'_>) -> Dialling {
        let usual = Dialling::default();
        let Some(mut table) = root.table("dialling", &mut self.report) else {
            return usual;
        };
        let plan = plan(&mut table, &mut self.report);
        let deny = self.patterns(&mut table, "deny");
        let report = &mut self.report;
        let calls_per_minute = table.number("calls_per_minute", 0..=600, report);
        let max_calls = table.number("max_calls", 0..=100, report);
        table.done(report);
        Dialling {
            plan,
            deny: deny.unwrap_or(usual.deny),
            calls_per_minute: calls_per_minute.unwrap_or(usual.calls_per_minute),
            max_calls: max_calls.unwrap_or(usual.max_calls),
        }
    }

    /// Numbers with a star at the end for any rest, in the one spelling.
    fn patterns(&mut self, table: &mut Table<'_>, key: &'static str) -> Option<Vec<String>> {
        let texts = table.strings(key, &mut self.report)?;
        Some(texts.iter().map(|(_, text)| pattern(text)).collect())
    }
}

/// How a server proves who it is: `name`, `none`, or `sha256:` and the digits of its certificate.
fn verify(table: &mut Table<'_>, report: &mut Report<'_>) -> Verify {
    let read = |text: &str| match text {
        "name" => Some(Verify::Name),
        "none" => Some(Verify::None),
        other => {
            let digits = other.strip_prefix("sha256:")?.replace(':', "");
            let byte = |at: usize| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok();
            let mut pin = [0; 32];
            for (at, place) in pin.iter_mut().enumerate() {
                *place = byte(at)?;
            }
            (digits.len() == 64).then_some(Verify::Pinned(pin))
        }
    };
    let Some(text) = table.string("verify", report) else {
        return Verify::Name;
    };
    read(&text).unwrap_or_else(|| {
        let mend = "\"name\", \"none\", or \"sha256:\" and the 64 digits of its certificate's";
        report.of(&table.path("verify"), mend);
        Verify::Name
    })
}

fn numbers(table: &mut Table<'_>, report: &mut Report<'_>) -> Numbers {
    let strip = table.number("strip", 0..=15, report);
    Numbers {
        plan: plan(table, report),
        format: table.choice("format", &FORMATS, report).unwrap_or_default(),
        strip: strip.and_then(|digits| digits.try_into().ok()).unwrap_or(0),
        prefix: table.string("prefix", report).unwrap_or_default(),
    }
}

fn plan(table: &mut Table<'_>, report: &mut Report<'_>) -> Plan {
    let usual = Plan::default();
    let international = table.string("international_prefix", report);
    let national = table.string("national_prefix", report);
    Plan {
        country: table.string("country", report),
        international_prefix: international.unwrap_or(usual.international_prefix),
        national_prefix: national.unwrap_or(usual.national_prefix),
    }
}

/// A SIP URI without a user, or a host with a port or without.
fn server(text: &str) -> Option<Server> {
    let has_scheme = ["sip:", "sips:"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    let uri = match has_scheme {
        true => Uri::parse(text),
        false => Uri::parse(&format!("sip:{text}")),
    };
    let uri = uri.ok().filter(|uri| uri.user.is_none())?;
    let transport = match (&uri.scheme, uri.transport()) {
        (Scheme::Sips, _) => Some(Transport::Tls),
        (_, None) => None,
        (_, Some("udp")) => Some(Transport::Udp),
        (_, Some("tcp")) => Some(Transport::Tcp),
        (_, Some("tls")) => Some(Transport::Tls),
        (_, Some(_)) => return None,
    };
    let host = match &uri.host {
        Host::Name(name) => name.clone(),
        Host::V4(_) | Host::V6(_) => uri.host.to_string(),
    };
    Some(Server {
        host,
        port: uri.port,
        transport,
    })
}

/// `192.0.2.0/24`, or an address alone.
pub(super) fn network(text: &str) -> Option<Network> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.trim().parse().ok()?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.unwrap_or(all);
    Some(Network { address, prefix })
}
