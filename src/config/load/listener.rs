//! The listeners: what the file says, and for the rest what their profiles say.

use super::Loader;
use crate::config::profile::{self, Kind, ListenerKeys};
use crate::config::table::Table;
use crate::config::{Admits, Certificate, ListenerConfig};
use crate::sip::Transport;
use crate::sip::auth::{Algorithm, Digest};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

impl Loader<'_> {
    pub(super) fn listeners(&mut self, root: &mut Table<'_>) -> Vec<ListenerConfig> {
        let mut listeners: Vec<ListenerConfig> = vec![];
        for mut table in root.tables("listener", &mut self.report) {
            let (mut keys, mut is_read) = (ListenerKeys::default(), true);
            if let Some(name) = table.string("profile", &mut self.report) {
                let path = table.path("profile");
                let found = profile::find(&name, &path, self.folder, self.files, &mut self.report);
                is_read = found.is_some();
                match found.map(|profile| profile.listener) {
                    Some(Some(listener)) => keys = listener,
                    Some(None) => self.report.of(&path, format!("{name:?} is about a peer")),
                    None => {}
                }
                let stem = Path::new(&name).file_stem();
                keys.name = keys
                    .name
                    .or_else(|| Some(stem?.to_string_lossy().into_owned()));
            }
            let keys = ListenerKeys::read(&mut table, &mut self.report).or(keys);
            let listener = self.listener(&table, keys, is_read);
            let same = |other: &&ListenerConfig| other.name == listener.name;
            if listeners.iter().any(|other| same(&other)) {
                let mend = format!("two listeners are called {:?}", listener.name);
                self.report.of(&table.path("name"), mend);
            }
            let clashes = |other: &ListenerConfig| {
                let same = |(one, two): (&Transport, &Transport)| {
                    one == two || one.is_reliable() && two.is_reliable()
                };
                let pairs = |one| other.transports.iter().map(move |two| (one, two));
                other.bind == listener.bind
                    && other.bind.port() != 0
                    && listener.transports.iter().flat_map(pairs).any(same)
            };
            if let Some(other) = listeners.iter().find(|other| clashes(other)) {
                let mend = format!("listener {:?} is there already", other.name);
                self.report.of(&table.path("bind"), mend);
            }
            table.done(&mut self.report);
            listeners.push(listener);
        }
        if listeners.is_empty() {
            let mend = "missing: without a [[listener]] nobody can call";
            self.report.of("listener", mend);
        }
        listeners
    }

    /// Puts a listener together; what is missing has no default, for a wrong guess opens a door.
    /// Of what a profile that could not be read may have said, nothing is missed.
    fn listener(&mut self, table: &Table<'_>, keys: ListenerKeys, is_read: bool) -> ListenerConfig {
        let report = &mut self.report;
        let mut need = |is_there: bool, key| {
            if !is_there {
                table.missing(key, report);
            }
        };
        need(keys.name.is_some(), "name");
        need(keys.bind.is_some(), "bind");
        need(!is_read || keys.admits.is_some(), "admits");
        let phones = keys.admits == Some(Kind::Phones);
        need(!phones || keys.realm.is_some(), "realm");
        for (key, is_set) in [
            ("realm", keys.realm.is_some()),
            ("digest", keys.digest.is_some()),
            ("paths", keys.paths.is_some()),
        ] {
            if !phones && is_set {
                let mend = "trunks are known by their address: leave it out, or admit phones";
                report.of(&table.path(key), mend);
            }
        }
        let realm = keys.realm.clone().unwrap_or_default();
        // A realm stands between quotation marks in each challenge (RFC 3261 §25.1).
        if phones
            && (realm.len() > 128 || realm.contains(|c: char| c.is_control() || "\"\\".contains(c)))
        {
            report.of(
                &table.path("realm"),
                "at most 128 bytes of text, without \" and \\",
            );
        }
        let algorithms = keys.digest.clone().unwrap_or_else(|| vec![Algorithm::Md5]);
        let default = || vec![Transport::Udp, Transport::Tcp];
        let transports = keys.transports.clone().unwrap_or_else(default);
        // All but UDP listen for connections: a port has one who does.
        let connected = transports
            .iter()
            .filter(|transport| transport.is_reliable());
        let names: Vec<_> = connected.map(|t| t.via_name().to_lowercase()).collect();
        if names.len() > 1 {
            let mend = "cannot share a port: make a listener for each";
            let names = names.join(" and ");
            report.of(&table.path("transports"), format!("{names} {mend}"));
        }
        let certificate = self.certificate(table, &keys, &transports);
        let report = &mut self.report;
        let bind = keys.bind.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        let outside = keys.advertised.unwrap_or_else(|| bind.ip());
        if outside.is_unspecified() {
            let mend = "peers must be told a real address: set advertised";
            report.of(&table.path("advertised"), mend);
        }
        ListenerConfig {
            name: keys.name.unwrap_or_default(),
            transports,
            bind,
            advertised: SocketAddr::new(outside, bind.port()),
            admits: match keys.admits {
                Some(Kind::Phones) => Admits::Phones(Digest { realm, algorithms }),
                Some(Kind::Trunks) | None => Admits::Trunks,
            },
            paths: keys.paths.unwrap_or_default(),
            certificate,
        }
    }

    fn certificate(
        &mut self,
        table: &Table<'_>,
        keys: &ListenerKeys,
        transports: &[Transport],
    ) -> Option<Certificate> {
        let report = &mut self.report;
        let (chain, key) = match (&keys.certificate, &keys.key) {
            (None, None) => return None,
            (Some(chain), Some(key)) => (self.folder.join(chain), self.folder.join(key)),
            (Some(_), None) => {
                report.of(&table.path("certificate"), "needs its key: set key, too");
                return None;
            }
            (None, Some(_)) => {
                let mend = "needs its certificate: set certificate, too";
                report.of(&table.path("key"), mend);
                return None;
            }
        };
        if !transports.iter().any(|transport| transport.is_secure()) {
            let mend =
                "no transport of this listener shows one: leave it out, or listen for tls or wss";
            report.of(&table.path("certificate"), mend);
        }
        for (name, file) in [("certificate", &chain), ("key", &key)] {
            if !(self.files.exists)(file) {
                let mend = format!("there is no file {}", file.display());
                report.of(&table.path(name), mend);
            }
        }
        Some(Certificate { chain, key })
    }
}
