//! TLS: who is let in, who is called back, and certificates that change.

use super::*;
use crate::net::tls::Identity;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;

pub(super) const TLS: ListenerId = ListenerId(2);

type Phone = StreamOwned<ClientConnection, TcpStream>;

/// A folder that goes with the test.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("cordboard-tls-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    pub(super) fn identity(&self) -> Arc<Identity> {
        let made = Identity::self_signed(&self.0, &[local().ip()]);
        Arc::new(made.expect("a certificate"))
    }

    fn certificate(&self) -> PathBuf {
        self.0.join("certificate.pem")
    }

    fn key(&self) -> PathBuf {
        self.0.join("key.pem")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A client's configuration that trusts one certificate and nothing else.
pub(super) fn trusting(certificate: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let shown = CertificateDer::from_pem_file(certificate).expect("a certificate");
    roots.add(shown).expect("fit to be trusted");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

fn bench(identity: &Arc<Identity>, limits: Limits) -> Bench {
    let encrypted = Socket {
        identity: Some(Arc::clone(identity)),
        ..socket(TLS, Transport::Tls, local())
    };
    Bench::of(vec![encrypted], limits)
}

fn connect(bench: &Bench, trusted: &Arc<ClientConfig>) -> io::Result<Phone> {
    let mut stream = TcpStream::connect(bench.address(TLS)).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    let name = ServerName::from(local().ip());
    let mut client = ClientConnection::new(Arc::clone(trusted), name).expect("a client");
    while client.is_handshaking() {
        client.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(client, stream))
}

/// A message each way.
fn exchange(bench: &Bench, phone: &mut Phone) -> Flow {
    phone.write_all(MESSAGE).expect("sent");
    let (flow, bytes) = bench.message();
    assert_eq!((flow.transport, &bytes[..]), (Transport::Tls, MESSAGE));
    bench.send(flow, b"answer");
    assert_eq!(read(phone, 6), b"answer");
    flow
}

#[test]
fn messages_come_and_go_encrypted_under_a_certificate_made_at_the_first_run() {
    let folder = Folder::new();
    let bench = bench(&folder.identity(), Limits::default());
    let mut phone = connect(&bench, &trusting(&folder.certificate())).expect("trusted");
    let flow = exchange(&bench, &mut phone);
    for byte in MESSAGE {
        phone.write_all(&[*byte]).expect("sent");
    }
    assert_eq!(bench.message(), (flow, MESSAGE.to_vec()));
    let long = vec![b'x'; 100_000];
    bench.send(flow, &long);
    assert_eq!(read(&mut phone, long.len()), long);
    phone.write_all(b"\r\n\r\n").expect("sent");
    assert_eq!(read(&mut phone, 2), b"\r\n", "a pong");
    drop(phone);
    assert_eq!(bench.closed(), flow);
    bench.stop();
}

#[test]
fn the_certificate_made_is_kept_and_its_key_is_ours_alone() {
    let folder = Folder::new();
    folder.identity();
    let made = fs::read(folder.certificate()).expect("there");
    folder.identity();
    assert_eq!(fs::read(folder.certificate()).expect("there"), made);
    for (file, mode) in [(folder.key(), 0o600), (folder.0.clone(), 0o700)] {
        let found = fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(found & 0o777, mode, "{}", file.display());
    }
}

#[test]
fn f10_a_new_certificate_is_shown_in_new_handshakes_and_old_connections_live() {
    let (folder, other) = (Folder::new(), Folder::new());
    let identity = folder.identity();
    let bench = bench(&identity, Limits::default());
    // Two, as the first would resume its session, in which no certificate is shown.
    let [before, again] = [(); 2].map(|()| trusting(&folder.certificate()));
    let mut old = connect(&bench, &before).expect("trusted");
    exchange(&bench, &mut old);
    assert_eq!(identity.refresh(false), Refreshed::Same);

    other.identity();
    let after = trusting(&other.certificate());
    fs::copy(other.certificate(), folder.certificate()).expect("copied");
    fs::copy(other.key(), folder.key()).expect("copied");
    assert_eq!(identity.refresh(true), Refreshed::Replaced);
    let mut new = connect(&bench, &after).expect("the new one is shown");
    exchange(&bench, &mut new);
    assert!(connect(&bench, &again).is_err(), "the old one no more");
    exchange(&bench, &mut old);
    bench.stop();
}

#[test]
fn f10_a_bad_file_keeps_the_old_certificate_and_is_told_until_it_is_mended() {
    let (folder, other) = (Folder::new(), Folder::new());
    let identity = folder.identity();
    let bench = bench(&identity, Limits::default());
    let trusted = trusting(&folder.certificate());
    let good = fs::read(folder.certificate()).expect("there");
    other.identity();
    let of_another_key = fs::read(other.certificate()).expect("there");
    let garbage = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    for bad in [vec![], b"no PEM".to_vec(), garbage, of_another_key] {
        fs::write(folder.certificate(), &bad).expect("written");
        assert_eq!(identity.refresh(true), Refreshed::Refused);
        assert!(identity.is_failing());
        let mut phone = connect(&bench, &trusted).expect("still trusted");
        exchange(&bench, &mut phone);
        drop(phone);
        bench.closed();
    }
    fs::remove_file(folder.certificate()).expect("removed");
    assert_eq!(identity.refresh(false), Refreshed::Refused);
    fs::write(folder.certificate(), good).expect("written");
    assert_eq!(identity.refresh(false), Refreshed::Replaced);
    assert!(!identity.is_failing() && identity.expires() > 0);
    bench.stop();
}

#[test]
fn f10_a_certificate_that_has_expired_does_not_replace_one_that_has_not() {
    let folder = Folder::new();
    let identity = folder.identity();
    let pair = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::new(vec!["localhost".into()]).expect("a name");
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let expired = params.self_signed(&pair).expect("signed");
    fs::write(folder.certificate(), expired.pem()).expect("written");
    fs::write(folder.key(), pair.serialize_pem()).expect("written");
    let before = identity.expires();
    assert_eq!(identity.refresh(true), Refreshed::Refused);
    assert_eq!(identity.expires(), before);
    let read = Identity::read(&folder.certificate(), &folder.key()).expect("better than none");
    assert_eq!(read.expires(), 1_577_836_800);
}

#[test]
fn a_certificate_that_cannot_be_read_is_an_error_with_its_file_and_without_its_key() {
    let folder = Folder::new();
    folder.identity();
    let secret = fs::read_to_string(folder.key()).expect("there");
    let told = |certificate: &Path, key: &Path| {
        let error = Identity::read(certificate, key).expect_err("unusable");
        format!("{error:#}")
    };
    let told = [
        (
            told(&folder.key(), &folder.key()),
            "key.pem: no certificate",
        ),
        (
            told(&folder.certificate(), &folder.certificate()),
            "certificate.pem: no private key",
        ),
        (
            told(&folder.0.join("gone.pem"), &folder.key()),
            "gone.pem: No such file",
        ),
    ];
    for (told, part) in told {
        assert!(told.contains(part), "{told}");
        let mut lines = secret.lines().filter(|line| !line.starts_with("---"));
        assert!(lines.all(|line| !told.contains(line)), "{told}");
    }
}

#[test]
fn what_is_not_tls_is_closed_and_the_switch_hears_nothing_of_it() {
    let folder = Folder::new();
    let bench = bench(&folder.identity(), Limits::default());
    let mut phone = TcpStream::connect(bench.address(TLS)).expect("connected");
    phone.set_read_timeout(Some(PATIENCE)).expect("set");
    phone.write_all(MESSAGE).expect("sent");
    let mut said = vec![];
    drop(io::Read::read_to_end(&mut phone, &mut said));
    assert!(said.len() < 20, "an alert at most");
    while bench.network.counters().connections > 0 {
        std::thread::yield_now();
    }
    let counters = bench.network.counters();
    assert_eq!((counters.handshakes_failed, counters.received), (1, 0));
    assert_eq!(bench.gave(Why::Unshaken), 1);
    assert!(bench.inbox.try_recv().is_err());
    bench.stop();
}

#[test]
fn h11_half_handshakes_are_closed_in_time_and_others_stay() {
    let folder = Folder::new();
    let short = Duration::from_millis(200);
    let limits = Limits {
        handshake: short,
        ..Limits::default()
    };
    let bench = bench(&folder.identity(), limits);
    let mut good = connect(&bench, &trusting(&folder.certificate())).expect("trusted");
    // Silent, half a record, and half of what says hello.
    let begun: [&[u8]; 3] = [
        b"",
        b"\x16\x03",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ];
    let mut half: Vec<_> = begun
        .iter()
        .map(|bytes| {
            let mut stream = TcpStream::connect(bench.address(TLS)).expect("connected");
            stream.set_read_timeout(Some(PATIENCE)).expect("set");
            stream.write_all(bytes).expect("sent");
            stream
        })
        .collect();
    assert!(half.iter_mut().all(is_closed));
    while bench.network.counters().connections > 1 {
        std::thread::yield_now();
    }
    assert_eq!(bench.network.counters().handshakes_failed, 3);
    assert_eq!(bench.gave(Why::SlowHandshake), 3);
    exchange(&bench, &mut good);
    bench.stop();
}

#[test]
fn h10_so_many_may_shake_hands_at_once_and_who_has_done_is_none_of_them() {
    let folder = Folder::new();
    let limits = Limits {
        handshakes: 1,
        ..Limits::default()
    };
    let bench = bench(&folder.identity(), limits);
    let trusted = trusting(&folder.certificate());
    let mut first = connect(&bench, &trusted).expect("trusted");
    exchange(&bench, &mut first);
    let half = TcpStream::connect(bench.address(TLS)).expect("connected");
    while bench.network.counters().connections == 1 {
        std::thread::yield_now();
    }
    assert!(connect(&bench, &trusted).is_err());
    assert_eq!(bench.gave(Why::Handshakes), 1);
    exchange(&bench, &mut first);
    drop(half);
    while bench.network.counters().connections > 1 {
        std::thread::yield_now();
    }
    exchange(&bench, &mut connect(&bench, &trusted).expect("a place"));
    bench.stop();
}

#[test]
fn half_handshakes_count_as_connections_of_their_address() {
    let folder = Folder::new();
    let limits = Limits {
        per_address: 1,
        ..Limits::default()
    };
    let bench = bench(&folder.identity(), limits);
    let half = TcpStream::connect(bench.address(TLS)).expect("connected");
    while bench.network.counters().connections == 0 {
        std::thread::yield_now();
    }
    let trusted = trusting(&folder.certificate());
    assert!(connect(&bench, &trusted).is_err());
    assert_eq!(bench.network.counters().refused, 1);
    drop(half);
    while bench.network.counters().connections > 0 {
        std::thread::yield_now();
    }
    exchange(&bench, &mut connect(&bench, &trusted).expect("a place"));
    bench.stop();
}

#[test]
fn f9_who_has_been_here_is_called_back_and_nobody_else() {
    let folder = Folder::new();
    let identity = folder.identity();
    let near = bench(&identity, Limits::default());
    let far = bench(&identity, Limits::default());
    let flow = Flow {
        transport: Transport::Tls,
        listener: TLS,
        remote: far.address(TLS),
        connection: 0,
    };
    near.send(flow, MESSAGE);
    assert_eq!(near.closed(), flow, "a stranger");
    assert_eq!(near.network.counters().send_failures, 1);

    drop(connect(&near, &trusting(&folder.certificate())).expect("trusted"));
    near.closed();
    near.send(flow, MESSAGE);
    let (arrived, bytes) = far.message();
    assert_eq!(bytes, MESSAGE);
    far.send(arrived, MESSAGE);
    let (back, _) = near.message();
    assert!(back.connection != 0 && back.remote == flow.remote);

    // One that shows no certificate is not spoken to in the clear.
    let plain = TcpListener::bind(local()).expect("a socket");
    let remote = plain.local_addr().expect("bound");
    let flow = Flow { remote, ..flow };
    near.send(flow, MESSAGE);
    let (mut stream, _) = plain.accept().expect("opened");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    assert_eq!(read(&mut stream, 1), [22], "a hello");
    stream.write_all(b"SIP/2.0 200 OK\r\n\r\n").expect("sent");
    assert_eq!(near.closed(), flow);
    near.stop();
    far.stop();
}
