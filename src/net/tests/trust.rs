//! TLS as a client: peers that must prove their name, a pin, or nothing (RFC 5922).

use super::tls::{Folder, TLS};
use super::*;
use crate::net::tls::Identity;
use crate::net::{Proof, Trust};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};
use sha2::{Digest as _, Sha256};
use std::fs;

#[test]
fn a_peer_is_spoken_to_if_an_authority_we_believe_says_its_name() {
    let made = Made::new();
    let host = made.peer(&["trunk.example"], None);
    let uri = made.peer(&["other.example"], Some("sip:domain.example"));
    let near = made.near(|trust| trust);
    let table = [
        (&host, "trunk.example", true),
        (&host, "TRUNK.example", true),
        (&host, "else.example", false),
        (&uri, "domain.example", true),
        (&uri, "sub.domain.example", false),
    ];
    for (peer, name, is_proved) in table {
        let flow = to(peer);
        near.send_to(flow, Some(name), MESSAGE);
        match is_proved {
            true => assert_eq!(heard(peer), MESSAGE, "{name}"),
            false => assert_eq!(near.closed(), flow, "{name}"),
        }
    }
    for bench in [host, uri, near] {
        bench.stop();
    }
}

#[test]
fn a_name_that_nobody_vouches_for_is_refused_unless_it_is_pinned_or_set_so() {
    let (made, stranger) = (Made::new(), Made::new());
    let peer = stranger.peer(&["trunk.example"], None);
    let pin = |bytes: &[u8]| -> [u8; 32] { Sha256::digest(bytes).into() };
    let right = pin(&stranger.shown());
    let proofs = [
        (None, false),
        (Some(Proof::Pinned(right)), true),
        (Some(Proof::Pinned(pin(b"another"))), false),
        (Some(Proof::None), true),
    ];
    for (proof, is_taken) in proofs {
        let near = made.near(|trust| match proof {
            Some(proof) => trust.asks("Trunk.example", proof),
            None => trust,
        });
        near.send_to(to(&peer), Some("trunk.example"), MESSAGE);
        match is_taken {
            true => assert_eq!(heard(&peer), MESSAGE, "{proof:?}"),
            false => assert_eq!(near.closed(), to(&peer), "{proof:?}"),
        }
        near.stop();
    }
    peer.stop();
}

#[test]
fn a_place_is_reached_again_by_its_name_and_a_connection_serves_one_name() {
    let made = Made::new();
    let peer = made.peer(&["a.example", "b.example"], None);
    let near = made.near(|trust| trust);
    let mut ways = vec![];
    for name in [
        Some("a.example"),
        Some("b.example"),
        None,
        Some("a.example"),
    ] {
        near.send_to(to(&peer), name, MESSAGE);
        ways.push(peer.message().0);
    }
    assert!(
        ways[0] != ways[1] && ways[1] == ways[2] && ways[0] == ways[3],
        "{ways:?}"
    );
    for bench in [peer, near] {
        bench.stop();
    }
}

/// The next message; that others did not like the peer's certificate is their affair.
fn heard(peer: &Bench) -> Vec<u8> {
    loop {
        match peer.inbox.recv_timeout(PATIENCE).expect("an input") {
            Input::Received { bytes, .. } => return bytes,
            Input::Closed { .. } | Input::Refused { .. } | Input::Timeout => {}
        }
    }
}

pub(super) fn to(peer: &Bench) -> Flow {
    Flow {
        transport: Transport::Tls,
        listener: TLS,
        remote: peer.address(TLS),
        connection: 0,
    }
}

/// What peers call us by, which they take from whoever answers.
pub(super) const US: &str = "us.example";

/// An authority, and what it has signed.
pub(super) struct Made {
    folder: Folder,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Made {
    pub(super) fn new() -> Self {
        let folder = Folder::new();
        fs::create_dir_all(&folder.0).expect("a folder");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = CertifiedIssuer::self_signed(params, key).expect("signed");
        fs::write(folder.0.join("ca.pem"), authority.pem()).expect("written");
        Self { folder, authority }
    }

    /// A peer with a certificate for these names.
    pub(super) fn peer(&self, names: &[&str], uri: Option<&str>) -> Bench {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        let uri = uri.map(|uri| SanType::URI(uri.try_into().expect("a URI")));
        params.subject_alt_names.extend(uri);
        let key = KeyPair::generate().expect("a key");
        let signed = params.signed_by(&key, &self.authority).expect("signed");
        let [chain, secret] = ["chain.pem", "key.pem"].map(|name| self.folder.0.join(name));
        fs::write(self.folder.0.join("shown.der"), signed.der()).expect("written");
        fs::write(&chain, signed.pem()).expect("written");
        fs::write(&secret, key.serialize_pem()).expect("written");
        bench(
            Identity::read(&chain, &secret).expect("read"),
            Trust::none().asks(US, Proof::None),
        )
    }

    fn shown(&self) -> Vec<u8> {
        fs::read(self.folder.0.join("shown.der")).expect("there")
    }

    /// The pin of what was signed last.
    pub(super) fn pin(&self) -> [u8; 32] {
        Sha256::digest(self.shown()).into()
    }

    /// Who believes this authority.
    pub(super) fn believed(&self) -> Trust {
        Trust::system(Some(&self.folder.0.join("ca.pem"))).expect("read")
    }

    /// Us, who believe this authority.
    fn near(&self, asks: impl FnOnce(Trust) -> Trust) -> Bench {
        let own = Folder::new();
        let identity = Identity::self_signed(&own.0, &[local().ip()]).expect("made");
        bench(identity, asks(self.believed()))
    }
}

fn bench(identity: Identity, trust: Trust) -> Bench {
    let socket = Socket {
        identity: Some(Arc::new(identity)),
        ..socket(TLS, Transport::Tls, local())
    };
    Bench::trusting(vec![socket], trust, Limits::default())
}
