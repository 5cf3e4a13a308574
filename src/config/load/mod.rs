//! From the sections of the file to the configuration.

mod account;
mod hours;
mod links;
mod listener;
mod moment;
mod recording;
mod storage;
mod trace;
mod trunk;
mod waiting;

use super::inventory::{Keys, nothing};
use super::report::Report;
use super::table::Table;
use super::{Certificate, Config, ConfigErrors, Files, LogFormat, Media, Server};
use crate::settings::{Account, Network, Secret};
use crate::sip::guard;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::DeTable;

/// The User-Agent and Server header where none is set.
pub(super) const USER_AGENT: &str = concat!("Cordboard/", env!("CARGO_PKG_VERSION"));

/// Up to a day.
const DAY: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(86_400);

/// What reading a section takes along.
pub(super) struct Loader<'t> {
    report: Report<'t>,
    /// The folder of the file: paths are relative to it.
    folder: &'t Path,
    files: &'t Files,
}

/// Reads the whole file.
pub(super) fn load(path: &Path, text: &str, files: &Files) -> Result<Config, ConfigErrors> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    // What is named in it is kept elsewhere, too, where another folder is the current one.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    read(path, text, &folder, files, |loader, root| {
        loader.config(root)
    })
}

/// Reads the sections of the account; there must be no others.
pub(super) fn account(
    path: &Path,
    text: &str,
    folder: &Path,
    files: &Files,
) -> Result<Account, ConfigErrors> {
    read(path, text, folder, files, |loader, mut root| {
        let account = loader.account(&mut root);
        root.done(&mut loader.report);
        account
    })
}

/// Lets the reader of the account ask for all that it knows.
pub(super) fn describe(files: &Files) -> Keys {
    let mut loader = Loader {
        report: Report::describing(),
        folder: Path::new(""),
        files,
    };
    loader.account(&mut Table::root(nothing()));
    loader.report.keys()
}

/// Networks of our own, by a list of texts.
fn networks(table: &mut Table<'_>, key: &'static str, report: &mut Report<'_>) -> Vec<Network> {
    let mut networks = vec![];
    for (path, text) in table.strings(key, report).unwrap_or_default() {
        match trunk::network(&text).filter(|network| network.prefix <= network.bits()) {
            Some(network) => networks.push(network),
            None => {
                let mend = format!("{text:?} is not a network: \"10.1.0.0/16\"");
                report.of(&path, mend);
            }
        }
    }
    networks
}

fn read<T>(
    path: &Path,
    text: &str,
    folder: &Path,
    files: &Files,
    sections: impl FnOnce(&mut Loader<'_>, Table<'_>) -> T,
) -> Result<T, ConfigErrors> {
    let mut loader = Loader {
        report: Report::new(path, text),
        folder,
        files,
    };
    let (root, syntax) = DeTable::parse_recoverable(text);
    for error in &syntax {
        let offset = error.span().map_or(0, |span| span.start);
        // The message alone: the line itself may hold a password.
        loader.report.at(offset, error.message());
    }
    if !syntax.is_empty() {
        return Err(ConfigErrors(loader.report.errors()));
    }
    let read = sections(&mut loader, Table::root(root.get_ref()));
    let errors = loader.report.errors();
    match errors.is_empty() {
        true => Ok(read),
        false => Err(ConfigErrors(errors)),
    }
}

impl Loader<'_> {
    fn config(&mut self, mut root: Table<'_>) -> Config {
        let server = self.server(&mut root);
        let (user_agent, guard) = self.sip(&mut root);
        let media = self.media(&mut root);
        let listeners = self.listeners(&mut root);
        let mut trace = self.trace(&mut root);
        let hep = self.hep(&mut root, trace.is_some());
        if let Some(trace) = &mut trace {
            trace.hep = hep;
        }
        let account = self.account(&mut root);
        root.done(&mut self.report);
        Config {
            server,
            media,
            user_agent,
            guard,
            listeners,
            trace,
            account,
        }
    }

    fn server(&mut self, root: &mut Table<'_>) -> Server {
        let mut server = Server {
            data_dir: self.folder.join("data"),
            database: None,
            webhook_networks: vec![],
            public_url: None,
            storage_networks: vec![],
            recording_keys: None,
            http: Some((Ipv4Addr::LOCALHOST, 8080).into()),
            http_tls: false,
            http_certificate: None,
            allow_public: false,
            dns: self.dns(root),
            authorities: self.authorities(root),
            log: LogFormat::Text,
            stop_after: Duration::from_secs(30),
        };
        let report = &mut self.report;
        let Some(mut table) = root.table("server", report) else {
            return server;
        };
        if let Some(folder) = table.string("data_dir", report) {
            server.data_dir = self.folder.join(folder);
        }
        server.database = table.string("database", report).map(Secret);
        if let Some(url) = &server.database
            && !["postgres://", "postgresql://"]
                .iter()
                .any(|scheme| url.0.starts_with(scheme))
        {
            // Without what was written: it may have a password.
            let mend = "\"postgres://user:password@host/database\"; without it: SQLite in data_dir";
            report.of("server.database", mend);
        }
        server.webhook_networks = networks(&mut table, "webhook_networks", report);
        server.storage_networks = networks(&mut table, "storage_networks", report);
        if let Some(file) = table.string("recording_keys", report) {
            let file = self.folder.join(file);
            if !(self.files.exists)(&file) {
                let mend = format!(
                    "there is no file {}: `cordboard recordings new-key NAME` prints a line for it",
                    file.display()
                );
                report.of("server.recording_keys", mend);
            }
            server.recording_keys = Some(file);
        }
        match table.string("http", report).as_deref() {
            None => {}
            Some("off") => server.http = None,
            Some(text) => match text.parse() {
                Ok(address) => server.http = Some(address),
                Err(_) => report.of("server.http", "an address and a port, or \"off\""),
            },
        }
        server.public_url = table.string("public_url", report).map(|text| {
            let url = text.trim_end_matches('/');
            let host = ["https://", "http://"]
                .iter()
                .find_map(|scheme| url.strip_prefix(scheme));
            let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
            if !host.is_some_and(|host| !host.is_empty() && host.chars().all(plain)) {
                let mend = "what browsers reach this server by: \"https://calls.example.com\"";
                report.of("server.public_url", mend);
            }
            url.to_owned()
        });
        server.allow_public = table.boolean("allow_public", report).unwrap_or(false);
        server.http_tls = table.boolean("http_tls", report).unwrap_or(false);
        if let (Some(http), false) = (server.http, server.allow_public || server.http_tls)
            && !http.ip().to_canonical().is_loopback()
        {
            let mend = "others reach this address: set http_tls = true, or listen at 127.0.0.1, \
                        or set allow_public = true if a proxy with TLS protects it";
            report.of("server.http", mend);
        }
        let files = ["http_certificate", "http_key"];
        let [chain, key] = files.map(|name| table.string(name, report));
        server.http_certificate = match (chain, key) {
            (None, None) => None,
            (Some(chain), Some(key)) => {
                let [chain, key] = [chain, key].map(|file| self.folder.join(file));
                for (name, file) in files.iter().zip([&chain, &key]) {
                    if !(self.files.exists)(file) {
                        let mend = format!("there is no file {}", file.display());
                        report.of(&table.path(name), mend);
                    }
                }
                Some(Certificate { chain, key })
            }
            (Some(_), None) => {
                report.of(
                    "server.http_certificate",
                    "needs its key: set http_key, too",
                );
                None
            }
            (None, Some(_)) => {
                let mend = "needs its certificate: set http_certificate, too";
                report.of("server.http_key", mend);
                None
            }
        };
        if server.http_certificate.is_some() && !server.http_tls {
            let mend = "is shown over TLS alone: set http_tls = true, or leave it out";
            report.of("server.http_certificate", mend);
        }
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        server.log = table.choice("log", &formats, report).unwrap_or(server.log);
        if let Some(after) = table.seconds("stop_after_s", &DAY, report) {
            server.stop_after = after;
            if after > Duration::from_secs(86_400) {
                report.of("server.stop_after_s", "at most a day: 86400");
            }
        }
        table.done(report);
        server
    }

    fn authorities(&mut self, root: &mut Table<'_>) -> Option<PathBuf> {
        let mut table = root.table("tls", &mut self.report)?;
        let file = table.string("ca", &mut self.report);
        table.done(&mut self.report);
        let file = self.folder.join(file?);
        if !(self.files.exists)(&file) {
            let mend = format!("there is no file {}", file.display());
            self.report.of("tls.ca", mend);
        }
        Some(file)
    }

    fn dns(&mut self, root: &mut Table<'_>) -> Vec<SocketAddr> {
        let report = &mut self.report;
        let Some(mut table) = root.table("dns", report) else {
            return vec![];
        };
        let servers = table.strings("servers", report).unwrap_or_default();
        let address = |(_, text): &(String, String)| {
            let alone = text.parse().map(|ip: IpAddr| SocketAddr::new(ip, 53));
            alone.or_else(|_| text.parse()).ok()
        };
        let read: Vec<_> = servers.iter().filter_map(address).collect();
        if read.len() < servers.len() || read.len() > 8 {
            report.of(
                "dns.servers",
                "up to 8 addresses, with a port if it is not 53",
            );
        }
        table.done(report);
        read
    }

    fn sip(&mut self, root: &mut Table<'_>) -> (String, guard::Limits) {
        let report = &mut self.report;
        let (mut name, mut guard) = (USER_AGENT.to_owned(), guard::Limits::default());
        if let Some(mut table) = root.table("sip", report) {
            name = table.string("user_agent", report).unwrap_or(name);
            if name.is_empty() || name.len() > 128 || name.contains(char::is_control) {
                report.of("sip.user_agent", "1 to 128 bytes of text");
            }
            let mut number = |key, range, usual| table.number(key, range, report).unwrap_or(usual);
            guard.rate = number("source_rate", 0..=100_000, guard.rate);
            guard.burst = number("source_burst", 1..=1_000_000, guard.burst);
            guard.strangers = number("strangers_rate", 0..=1_000_000, guard.strangers);
            guard.strikes = number("ban_after", 0..=10_000, guard.strikes);
            let ban = number("ban_s", 1..=86_400, 300);
            guard.ban = Duration::from_secs(ban.into());
            let drop = table.boolean("drop_scanners", report);
            guard.drop_scanners = drop.unwrap_or(guard.drop_scanners);
            let whole = table.boolean("whole_answers", report);
            guard.whole_answers = whole.unwrap_or(guard.whole_answers);
            table.done(report);
        }
        (name, guard)
    }

    fn media(&mut self, root: &mut Table<'_>) -> Media {
        let loopback = IpAddr::from(Ipv4Addr::LOCALHOST);
        let mut media = Media {
            address: loopback,
            advertised: loopback,
            also_advertised: None,
            first_port: 20_000,
            last_port: 21_999,
            browser_port: 0,
            browser_addresses: vec![loopback],
            browser_tcp_port: None,
            workers: None,
            silence_timeout: Some(Duration::from_secs(30)),
        };
        let report = &mut self.report;
        let Some(mut table) = root.table("media", report) else {
            report.of("media", "missing: [media] needs an address");
            return media;
        };
        if !table.has("address") {
            table.missing("address", report);
        }
        if let Some(address) = table.parsed("address", "an address: \"192.0.2.1\"", report) {
            media.address = address;
            media.advertised = address;
        }
        if let Some(outside) = table.parsed("advertised", "an address: \"198.51.100.7\"", report) {
            media.advertised = outside;
        }
        if media.advertised.is_unspecified() {
            let mend = "peers must be told a real address: set media.advertised";
            report.of("media.advertised", mend);
        }
        media.also_advertised = also_advertised(&mut table, &media, report);
        if let Some(text) = table.string("ports", report) {
            match ports(&text) {
                Some((first, last)) => (media.first_port, media.last_port) = (first, last),
                None => report.of(
                    "media.ports",
                    "from an even port to a higher odd one: \"20000-21999\"",
                ),
            }
        }
        let port = table.number("browser_port", 0..=65_535, report);
        media.browser_port = port.and_then(|port| port.try_into().ok()).unwrap_or(0);
        if (1..1_024).contains(&media.browser_port) {
            let mend = "0 for any that is free, or 1024 to 65535";
            report.of("media.browser_port", mend);
        }
        media.browser_addresses = browser_addresses(&mut table, &media, report);
        let port = table.number("browser_tcp_port", 0..=65_535, report);
        media.browser_tcp_port = port.and_then(|port| port.try_into().ok());
        let workers = table.number("workers", 1..=1_024, report);
        media.workers = workers.and_then(|workers| usize::try_from(workers).ok());
        if let Some(after) = table.seconds("silence_timeout_s", &DAY, report) {
            media.silence_timeout = Some(after).filter(|after| !after.is_zero());
            if after > Duration::from_secs(86_400) {
                report.of(
                    "media.silence_timeout_s",
                    "at most a day: 86400; 0 for never",
                );
            }
        }
        table.done(report);
        media
    }
}

/// The address for peers of the other IP version, which is reached where the sockets take both.
fn also_advertised(
    table: &mut Table<'_>,
    media: &Media,
    report: &mut Report<'_>,
) -> Option<IpAddr> {
    let expected = "an address: \"2001:db8::7\"";
    let address: IpAddr = table.parsed("also_advertised", expected, report)?;
    let path = "media.also_advertised";
    if address.is_unspecified() || address.is_ipv4() == media.advertised.is_ipv4() {
        report.of(
            path,
            "an address of the IP version that advertised is not of",
        );
    } else if media.address != IpAddr::from(Ipv6Addr::UNSPECIFIED) {
        let mend = "the ports must take both IP versions: set address = \"::\" and advertised";
        report.of(path, mend);
    }
    Some(address)
}

/// Where browsers are told to send: up to eight real addresses, or what peers are told.
fn browser_addresses(table: &mut Table<'_>, media: &Media, report: &mut Report<'_>) -> Vec<IpAddr> {
    let Some(texts) = table.strings("browser_addresses", report) else {
        let usual = [Some(media.advertised), media.also_advertised];
        return usual.into_iter().flatten().collect();
    };
    let mut addresses = vec![];
    for (path, text) in &texts {
        match text.parse::<IpAddr>() {
            Ok(address) if !address.is_unspecified() => addresses.push(address),
            Ok(_) | Err(_) => report.of(path, "an address that browsers reach: \"198.51.100.7\""),
        }
    }
    if texts.is_empty() || texts.len() > 8 {
        report.of("media.browser_addresses", "one to eight addresses");
    }
    addresses
}

/// An even port, a dash, a higher odd one: each leg takes two, RTP and RTCP (RFC 3550 §11).
fn ports(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-')?;
    let (first, last): (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let fine = first >= 1_024 && first % 2 == 0 && last % 2 == 1 && last > first;
    fine.then_some((first, last))
}
