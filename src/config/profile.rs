//! Profiles: listeners and the habits of peers as data. Some are built in (`sip-profiles/`), others
//! are files named by their path.
//!
//! A profile file has one section: `[listener]` with the keys of a listener, or `[peer]` with the
//! habits of a make of peer. What a configuration says itself overrides its profile.

use super::Files;
use super::report::Report;
use super::suggest::did_you_mean;
use super::table::Table;
use super::words::{CODECS, DTMF, IDENTITY, RELIABLE, RTCP_MUX, SRTP};
use crate::settings::defaults::SESSION;
use crate::settings::{Codec, Dtmf, Habits, IdentityHeader, Reliable, RtcpMux, Srtp};
use crate::sip::auth::Algorithm;
use crate::sip::{Paths, Transport};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use toml::de::DeTable;

/// The profiles that come with the program: the name, and the text.
pub(super) const BUILT_IN: [(&str, &str); 10] = [
    ("internal", include_str!("../../sip-profiles/internal.toml")),
    ("external", include_str!("../../sip-profiles/external.toml")),
    ("asterisk", include_str!("../../sip-profiles/asterisk.toml")),
    ("baresip", include_str!("../../sip-profiles/baresip.toml")),
    ("cisco", include_str!("../../sip-profiles/cisco.toml")),
    (
        "freeswitch",
        include_str!("../../sip-profiles/freeswitch.toml"),
    ),
    ("kamailio", include_str!("../../sip-profiles/kamailio.toml")),
    ("linphone", include_str!("../../sip-profiles/linphone.toml")),
    ("telekom", include_str!("../../sip-profiles/telekom.toml")),
    ("twilio", include_str!("../../sip-profiles/twilio.toml")),
];

/// What a profile says.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) listener: Option<ListenerKeys>,
    pub(super) peer: Option<PeerKeys>,
}

/// The keys of a listener, each set or not.
#[derive(Clone, Debug, Default)]
pub(super) struct ListenerKeys {
    pub(super) name: Option<String>,
    pub(super) transports: Option<Vec<Transport>>,
    pub(super) bind: Option<SocketAddr>,
    pub(super) advertised: Option<IpAddr>,
    pub(super) admits: Option<Kind>,
    pub(super) realm: Option<String>,
    pub(super) digest: Option<Vec<Algorithm>>,
    pub(super) paths: Option<Paths>,
    pub(super) certificate: Option<String>,
    pub(super) key: Option<String>,
}

/// Who is let in, without the realm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Phones,
    Trunks,
}

/// The habits of a peer, each set or not.
#[derive(Clone, Debug, Default)]
pub(super) struct PeerKeys {
    pub(super) codecs: Option<Vec<Codec>>,
    pub(super) reliable_provisionals: Option<Reliable>,
    pub(super) session_timer: Option<Duration>,
    pub(super) early_media: Option<bool>,
    pub(super) dtmf: Option<Dtmf>,
    pub(super) identity: Option<IdentityHeader>,
    pub(super) srtp: Option<Srtp>,
    pub(super) rtcp_mux: Option<RtcpMux>,
}

impl ListenerKeys {
    /// Asks a table for the keys of a listener.
    pub(super) fn read(table: &mut Table<'_>, report: &mut Report<'_>) -> Self {
        let transports = [
            ("udp", Transport::Udp),
            ("tcp", Transport::Tcp),
            ("tls", Transport::Tls),
            ("ws", Transport::Ws),
            ("wss", Transport::Wss),
        ];
        let admits = [("phones", Kind::Phones), ("trunks", Kind::Trunks)];
        let paths = [("any", Paths::Any), ("supported", Paths::Supported)];
        let digest = [("md5", Algorithm::Md5), ("sha-256", Algorithm::Sha256)];
        Self {
            name: table.string("name", report),
            transports: table.choices("transports", &transports, report),
            bind: table.parsed("bind", "an address and a port: \"192.0.2.1:5060\"", report),
            advertised: table.parsed("advertised", "an address: \"198.51.100.7\"", report),
            admits: table.choice("admits", &admits, report),
            realm: table.string("realm", report),
            digest: table.choices("digest", &digest, report),
            paths: table.choice("paths", &paths, report),
            certificate: table.string("certificate", report),
            key: table.string("key", report),
        }
    }

    /// What is set here, and for the rest what the profile says.
    pub(super) fn or(self, profile: Self) -> Self {
        Self {
            name: self.name.or(profile.name),
            transports: self.transports.or(profile.transports),
            bind: self.bind.or(profile.bind),
            advertised: self.advertised.or(profile.advertised),
            admits: self.admits.or(profile.admits),
            realm: self.realm.or(profile.realm),
            digest: self.digest.or(profile.digest),
            paths: self.paths.or(profile.paths),
            certificate: self.certificate.or(profile.certificate),
            key: self.key.or(profile.key),
        }
    }
}

impl PeerKeys {
    /// Asks a table for the habits of a peer.
    pub(super) fn read(table: &mut Table<'_>, report: &mut Report<'_>) -> Self {
        Self {
            codecs: table.choices("codecs", &CODECS, report),
            reliable_provisionals: table.choice("reliable_provisionals", &RELIABLE, report),
            session_timer: table.seconds("session_timer_s", &SESSION, report),
            early_media: table.boolean("early_media", report),
            dtmf: table.choice("dtmf", &DTMF, report),
            identity: table.choice("identity", &IDENTITY, report),
            srtp: table.choice("srtp", &SRTP, report),
            rtcp_mux: table.choice("rtcp_mux", &RTCP_MUX, report),
        }
    }

    /// What is set here, and for the rest what the profile says.
    pub(super) fn or(self, profile: Self) -> Self {
        Self {
            codecs: self.codecs.or(profile.codecs),
            reliable_provisionals: self.reliable_provisionals.or(profile.reliable_provisionals),
            session_timer: self.session_timer.or(profile.session_timer),
            early_media: self.early_media.or(profile.early_media),
            dtmf: self.dtmf.or(profile.dtmf),
            identity: self.identity.or(profile.identity),
            srtp: self.srtp.or(profile.srtp),
            rtcp_mux: self.rtcp_mux.or(profile.rtcp_mux),
        }
    }

    /// What is set, and for the rest the defaults.
    pub(super) fn habits(self) -> Habits {
        let usual = Habits::default();
        Habits {
            codecs: self.codecs.unwrap_or(usual.codecs),
            reliable_provisionals: self
                .reliable_provisionals
                .unwrap_or(usual.reliable_provisionals),
            session_timer: match self.session_timer {
                Some(interval) => Some(interval).filter(|interval| !interval.is_zero()),
                None => usual.session_timer,
            },
            early_media: self.early_media.unwrap_or(usual.early_media),
            dtmf: self.dtmf.unwrap_or(usual.dtmf),
            identity: self.identity.unwrap_or(usual.identity),
            srtp: self.srtp.unwrap_or(usual.srtp),
            rtcp_mux: self.rtcp_mux.unwrap_or(usual.rtcp_mux),
        }
    }
}

/// The profile of this name or path; `None` and a problem where there is none.
pub(super) fn find(
    name: &str,
    path: &str,
    folder: &Path,
    files: &Files,
    report: &mut Report<'_>,
) -> Option<Profile> {
    if let Some((name, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
        return parse(
            Path::new(&format!("sip-profiles/{name}.toml")),
            text,
            report,
        );
    }
    if !name.contains('/') && !name.ends_with(".toml") {
        let mend = did_you_mean(name, BUILT_IN.iter().map(|(known, _)| *known));
        report.of(path, format!("no profile is called {name:?}{mend}"));
        return None;
    }
    let file = folder.join(name);
    match (files.read)(&file) {
        Ok(text) => parse(&file, &text, report),
        Err(why) => {
            report.of(path, format!("{}: {why}", file.display()));
            None
        }
    }
}

/// Reads the text of a profile; its problems go to the report of the file that named it.
pub(super) fn parse(file: &Path, text: &str, report: &mut Report<'_>) -> Option<Profile> {
    let mut own = Report::new(file, text);
    let profile = match DeTable::parse(text) {
        Ok(root) => Some(sections(root.get_ref(), &mut own)),
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            own.at(offset, error.message());
            None
        }
    };
    let errors = own.errors();
    let profile = profile.filter(|_| errors.is_empty());
    report.adopt(errors);
    profile
}

fn sections(root: &DeTable<'_>, report: &mut Report<'_>) -> Profile {
    let mut root = Table::root(root);
    let listener = root.table("listener", report).map(|mut table| {
        let keys = ListenerKeys::read(&mut table, report);
        table.done(report);
        keys
    });
    let peer = root.table("peer", report).map(|mut table| {
        let keys = PeerKeys::read(&mut table, report);
        table.done(report);
        keys
    });
    if listener.is_some() == peer.is_some() {
        report.at(0, "a profile has one section: [listener] or [peer]");
    }
    root.done(report);
    Profile { listener, peer }
}
