//! DTLS 1.2 with `use_srtp` (RFC 6347, RFC 5764): proves that the peer has the certificate whose
//! fingerprint was signalled, and gives the keys of both directions. The protocol is rtc-dtls's; what
//! lies around it is ours, since it is what an attacker meets.
//!
//! ```text
//!   datagrams ─▶ count, look at fragments ─▶ handshake ─▶ certificate = fingerprint? ─▶ keys
//!                     └─▶ dropped                            └─▶ an alert, and no keys
//! ```
//!
//! Nobody comes as far as here who has not proved himself in ICE; but he may still be a customer that
//! means ill. So a handshake may have so many datagrams and no more, and fragments that nobody needs
//! are not put together. A handshake that has failed is begun anew a few times.
//!
//! The SRTP profile is AES-GCM where the peer has it: it costs less than half of the other.
//!
//! Deliberately absent: data over DTLS, renegotiation, resumption, DTLS 1.3 (browsers fall back).

use super::{Fingerprint, Role, hello};
use crate::rtp::srtp::{Keys, Master, Suite};
use bytes::BytesMut;
use rtc_crypto::RTCCryptoProvider;
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate as Chain;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile as Profile;
use rtc_dtls::state::State;
use rtc_shared::TransportProtocol;
use rtc_shared::error::Error;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Datagrams that a handshake may have from the peer, repetitions among them; and after it.
const MAX_DATAGRAMS: u32 = 200;
const MAX_AFTERWARDS: u32 = 50;
/// How often a handshake that has failed may be begun anew.
const MAX_ATTEMPTS: u32 = 5;
/// Between two repetitions of what the peer has not answered.
const REPEAT: Duration = Duration::from_millis(400);
/// No message of a handshake is longer, and no fragment shorter but the last of a message.
const LONGEST: u32 = 16 * 1024;
const SHORTEST: u32 = 64;
/// Type, version, epoch, number, length of a record; type, length, number, offset and length of a
/// fragment of a handshake (RFC 6347 §4.1, §4.2.2).
const RECORD: usize = 13;
const FRAGMENT: usize = 12;
const HANDSHAKE: u8 = 22;

/// What we speak, the best first; and the number of that one (RFC 7714 §14.2).
const PROFILES: [Profile; 2] = [
    Profile::Srtp_Aead_Aes_128_Gcm,
    Profile::Srtp_Aes128_Cm_Hmac_Sha1_80,
];
const GCM: u16 = 0x0007;

/// What the library files the one peer of an association under: it comes by whatever path.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// Our certificate and its key: one for all browsers of the process.
#[derive(Clone)]
pub struct Certificate {
    chain: Chain,
    provider: Arc<dyn RTCCryptoProvider>,
    fingerprint: Fingerprint,
}

impl Certificate {
    /// From a certificate and its private key: DER, the key as PKCS #8 for ECDSA on P-256.
    ///
    /// # Errors
    /// The key cannot be used.
    pub fn new(certificate: Vec<u8>, key: &[u8]) -> Result<Self, String> {
        let provider = rtc_crypto::default_provider().map_err(|why| why.to_string())?;
        let scheme = rtc_crypto::SignatureScheme::EcdsaP256Sha256;
        let key = provider.crypto().import_signing_key(scheme, key);
        let key = key.map_err(|why| why.to_string())?;
        let fingerprint = Fingerprint(Sha256::digest(&certificate).into());
        Ok(Self {
            chain: Chain::from_signing_key(vec![certificate.into()], key),
            provider,
            fingerprint,
        })
    }

    /// What peers know it by.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What a handshake with the holder of a certificate is made with.
    fn config(
        &self,
        role: Role,
        theirs: Fingerprint,
        profiles: &[Profile],
    ) -> Option<Arc<HandshakeConfig>> {
        let is_it = move |chain: &[Vec<u8>], _: &[_]| {
            let print = |first: &Vec<u8>| Fingerprint(Sha256::digest(first).into());
            match chain.first().map(print) {
                Some(print) if print == theirs => Ok(()),
                Some(_) | None => Err(Error::Other("another certificate".to_owned())),
            }
        };
        let builder = ConfigBuilder::default()
            .with_crypto_provider(self.provider.clone())
            .with_certificates(vec![self.chain.clone()])
            .with_srtp_protection_profiles(profiles.to_vec())
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            // There is no chain to verify: the fingerprint is all (RFC 8122 §6.2).
            .with_insecure_skip_verify(true)
            .with_verify_peer_certificate(Some(Arc::new(is_it)))
            .with_flight_interval(REPEAT)
            .with_server_name("browser".to_owned());
        builder.build(role == Role::Client, None).ok().map(Arc::new)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.fingerprint)
    }
}

/// One peer's handshake, and what came of it.
pub struct Association {
    role: Role,
    certificate: Certificate,
    theirs: Fingerprint,
    endpoint: Endpoint,
    keys: Option<Keys>,
    datagrams: u32,
    attempts: u32,
    /// By us, or by the peer's first word.
    begun: bool,
    /// What a handshake that has failed had still to say: why.
    alerts: VecDeque<BytesMut>,
}

impl Association {
    /// Nothing has been said yet.
    pub fn new(certificate: &Certificate, role: Role, theirs: Fingerprint) -> Self {
        Self {
            endpoint: Endpoint::new(PEER, TransportProtocol::UDP, None),
            role,
            certificate: certificate.clone(),
            theirs,
            keys: None,
            datagrams: 0,
            attempts: 0,
            begun: false,
            alerts: VecDeque::new(),
        }
    }

    /// Begins, if that is ours to do and has not been done. There is a path now.
    pub fn begin(&mut self, now: Instant) {
        if self.role == Role::Client
            && !std::mem::replace(&mut self.begun, true)
            && let Some(config) = self.certificate.config(self.role, self.theirs, &PROFILES)
            && self.endpoint.connect(now, PEER, config, None).is_err()
        {
            self.again();
        }
    }

    /// Takes a datagram of the peer's; `true` once: there are keys now.
    pub fn receive(&mut self, now: Instant, datagram: &[u8]) -> bool {
        let most = self.keys.map_or(MAX_DATAGRAMS, |_| MAX_AFTERWARDS);
        if self.datagrams >= most || !is_sane(datagram) {
            return false;
        }
        self.datagrams += 1;
        if self.role == Role::Server && !std::mem::replace(&mut self.begun, true) {
            self.await_hello(datagram);
        }
        let read = self
            .endpoint
            .read(now, PEER, None, BytesMut::from(datagram));
        let done = match read {
            Ok(events) => events
                .iter()
                .any(|event| matches!(event, EndpointEvent::HandshakeComplete)),
            Err(_) => {
                self.again();
                false
            }
        };
        if !done || self.keys.is_some() {
            return false;
        }
        let state = self.endpoint.get_connection_state(PEER);
        self.keys = state.and_then(keys);
        self.datagrams = 0;
        self.keys.is_some()
    }

    /// Says again what was not answered.
    pub fn timeout(&mut self, now: Instant) {
        let due = self
            .endpoint
            .poll_timeout(&PEER)
            .is_some_and(|at| at <= now);
        if due && self.endpoint.handle_timeout(PEER, now).is_err() {
            self.again();
        }
    }

    /// What is to be sent to the peer.
    pub fn poll_transmit(&mut self) -> Option<BytesMut> {
        let alert = self.alerts.pop_front();
        alert.or_else(|| Some(self.endpoint.poll_transmit()?.message))
    }

    /// The keys of both directions, once the peer has proved itself.
    pub fn keys(&self) -> Option<Keys> {
        self.keys
    }

    /// The peer's first word is here: what it is answered with. Of two profiles the library takes the one
    /// that the peer names first, so it is shown the one that is to be.
    fn await_hello(&mut self, first: &[u8]) {
        let best = hello::offers(first, GCM).then_some(&PROFILES[..1]);
        let profiles = best.unwrap_or(&PROFILES);
        let config = self.certificate.config(self.role, self.theirs, profiles);
        self.endpoint = Endpoint::new(PEER, TransportProtocol::UDP, config);
    }

    /// What failed is forgotten, so that the peer can try again; what is to be sent yet is kept. What
    /// has succeeded once stays, whatever comes after it.
    fn again(&mut self) {
        if self.keys.is_some() || self.attempts >= MAX_ATTEMPTS {
            return;
        }
        self.attempts += 1;
        while let Some(packet) = self.endpoint.poll_transmit() {
            self.alerts.push_back(packet.message);
        }
        self.endpoint = Endpoint::new(PEER, TransportProtocol::UDP, None);
        self.begun = false;
    }
}

impl fmt::Debug for Association {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, keys, .. } = self;
        write!(f, "Association({role:?}, {})", keys.is_some())
    }
}

/// RFC 5764 §4.2: the keys and then the salts of client and server.
fn keys(state: &State) -> Option<Keys> {
    let suite = match state.srtp_protection_profile() {
        Profile::Srtp_Aead_Aes_128_Gcm => Suite::AeadAes128Gcm,
        Profile::Srtp_Aes128_Cm_Hmac_Sha1_80 => Suite::AesCm128HmacSha1_80,
        // Not offered by us.
        Profile::Srtp_Aes128_Cm_Hmac_Sha1_32
        | Profile::Srtp_Aead_Aes_256_Gcm
        | Profile::Unsupported
        | _ => return None,
    };
    let salt = suite.key_length() - 16;
    let material = state.export_keying_material("EXTRACTOR-dtls_srtp", &[], 2 * (16 + salt));
    let material = material.ok()?;
    let (keys, salts) = material.as_ref().split_at_checked(2 * 16)?;
    let (client, server) = keys.split_at_checked(16)?;
    let (client_salt, server_salt) = salts.split_at_checked(salt)?;
    let client = Master::read(suite, &[client, client_salt].concat())?;
    let server = Master::read(suite, &[server, server_salt].concat())?;
    let (ours, theirs) = if state.is_client() {
        (client, server)
    } else {
        (server, client)
    };
    Some(Keys {
        suite,
        ours,
        theirs,
    })
}

/// Whether the fragments of messages in a datagram are such as a peer sends: not so many of so few
/// bytes that putting them together is the work.
fn is_sane(mut datagram: &[u8]) -> bool {
    while let Some((record, rest)) = datagram.split_first_chunk::<RECORD>() {
        let [kind, _, _, e0, e1, .., l0, l1] = *record;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let Some((mut body, next)) = rest.split_at_checked(length) else {
            return false;
        };
        datagram = next;
        if kind != HANDSHAKE || (e0, e1) != (0, 0) {
            continue;
        }
        while let Some((head, rest)) = body.split_first_chunk::<FRAGMENT>() {
            let [_, t0, t1, t2, _, _, o0, o1, o2, f0, f1, f2] = *head;
            let [total, offset, fragment] = [[t0, t1, t2], [o0, o1, o2], [f0, f1, f2]]
                .map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]));
            let last = offset + fragment == total;
            let fits = total <= LONGEST && offset + fragment <= total;
            let Some(after) = rest.get(fragment as usize..) else {
                return false;
            };
            if !fits || !last && fragment < SHORTEST {
                return false;
            }
            body = after;
        }
        if !body.is_empty() {
            return false;
        }
    }
    datagram.is_empty()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A certificate made by itself.
    pub(crate) fn certificate() -> Certificate {
        let made = rcgen::generate_simple_self_signed(vec![]).expect("a certificate");
        let key = made.signing_key.serialize_der();
        Certificate::new(made.cert.der().to_vec(), &key).expect("usable")
    }

    /// Carries datagrams both ways until nobody says anything; which of those of the client are lost?
    fn shake(
        now: Instant,
        client: &mut Association,
        server: &mut Association,
        lost: impl Fn(usize) -> bool,
    ) {
        let mut count = 0;
        client.begin(now);
        loop {
            let mut silent = true;
            while let Some(packet) = client.poll_transmit() {
                silent = false;
                if !lost(count) {
                    server.receive(now, &packet);
                }
                count += 1;
            }
            while let Some(packet) = server.poll_transmit() {
                silent = false;
                client.receive(now, &packet);
            }
            if silent {
                return;
            }
        }
    }

    fn pair() -> (Certificate, Certificate) {
        (certificate(), certificate())
    }

    #[test]
    fn both_sides_have_the_same_keys_crosswise() {
        let (ours, theirs) = pair();
        let mut server = Association::new(&ours, Role::Server, theirs.fingerprint());
        let mut client = Association::new(&theirs, Role::Client, ours.fingerprint());
        shake(Instant::now(), &mut client, &mut server, |_| false);
        let (a, b) = server.keys().zip(client.keys()).expect("keys");
        assert_eq!((a.ours, a.theirs), (b.theirs, b.ours));
        assert_eq!(a.suite, Suite::AeadAes128Gcm);
    }

    #[test]
    fn of_what_a_peer_offers_gcm_is_taken_whatever_its_order() {
        let (ours, theirs) = pair();
        for (order, suite) in [
            (vec![PROFILES[1], PROFILES[0]], Suite::AeadAes128Gcm),
            (vec![PROFILES[1]], Suite::AesCm128HmacSha1_80),
        ] {
            let now = Instant::now();
            let mut server = Association::new(&ours, Role::Server, theirs.fingerprint());
            let mut client = Association::new(&theirs, Role::Client, ours.fingerprint());
            let config = theirs.config(Role::Client, ours.fingerprint(), &order);
            let begun = client
                .endpoint
                .connect(now, PEER, config.expect("fine"), None);
            client.begun = begun.is_ok();
            shake(now, &mut client, &mut server, |_| false);
            let (a, b) = server.keys().zip(client.keys()).expect("keys");
            assert_eq!((a.suite, b.suite), (suite, suite));
        }
    }

    #[test]
    fn what_is_lost_is_said_again() {
        let (ours, theirs) = pair();
        let mut now = Instant::now();
        let mut server = Association::new(&ours, Role::Server, theirs.fingerprint());
        let mut client = Association::new(&theirs, Role::Client, ours.fingerprint());
        for round in 0..6 {
            // The first one of each attempt, which is another message each time.
            let lost = |count| count == 0 && round < 3;
            shake(now, &mut client, &mut server, lost);
            now += REPEAT;
            client.timeout(now);
            server.timeout(now);
        }
        assert!(server.keys().is_some() && client.keys().is_some());
    }

    #[test]
    fn another_certificate_than_the_one_signalled_gets_no_keys() {
        let (ours, theirs) = pair();
        let somebody = certificate();
        let mut server = Association::new(&ours, Role::Server, theirs.fingerprint());
        let mut client = Association::new(&somebody, Role::Client, ours.fingerprint());
        shake(Instant::now(), &mut client, &mut server, |_| false);
        assert!(server.keys().is_none());
        // The right one is not kept out by that.
        let mut client = Association::new(&theirs, Role::Client, ours.fingerprint());
        shake(Instant::now(), &mut client, &mut server, |_| false);
        assert!(server.keys().is_some() && client.keys().is_some());
    }

    #[test]
    fn h1_what_comes_after_the_handshake_takes_nothing_away() {
        let (ours, theirs) = pair();
        let now = Instant::now();
        let mut server = Association::new(&ours, Role::Server, theirs.fingerprint());
        let mut client = Association::new(&theirs, Role::Client, ours.fingerprint());
        shake(now, &mut client, &mut server, |_| false);
        let keys = server.keys();
        let mut again = Association::new(&theirs, Role::Client, ours.fingerprint());
        again.begin(now);
        let hello = again.poll_transmit().expect("a hello");
        for _ in 0..500 {
            assert!(!server.receive(now, &hello));
            assert!(!server.receive(now, &[21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]));
        }
        assert!(keys.is_some() && server.keys() == keys);
    }

    #[test]
    fn crumbs_and_lies_about_length_are_not_put_together() {
        let record = |body: &[u8]| {
            let length = [body.len() as u8];
            [&[HANDSHAKE, 254, 253][..], &[0; 9], &length, body].concat()
        };
        let fragment = |total: u8, offset: u8, length: u8| {
            let mut fragment = vec![1, 0, 0, total, 0, 0, 0, 0, offset, 0, 0, length];
            fragment.resize(FRAGMENT + usize::from(length), 7);
            record(&fragment)
        };
        assert!(is_sane(&fragment(100, 0, 100)) && is_sane(&fragment(100, 90, 10)));
        assert!(!is_sane(&fragment(100, 0, 10)), "a crumb");
        assert!(!is_sane(&fragment(100, 90, 20)), "longer than the whole");
        assert!(!is_sane(&fragment(100, 0, 100)[..60]), "cut short");
        assert!(
            !is_sane(&record(&[1, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
            "16 MB"
        );
    }

    #[test]
    fn random_datagrams_never_panic() {
        let (ours, theirs) = pair();
        let now = Instant::now();
        let mut random = crate::random::Random::seeded(8);
        for _ in 0..40 {
            let mut server = Association::new(&ours, Role::Server, theirs.fingerprint());
            let mut client = Association::new(&theirs, Role::Client, ours.fingerprint());
            client.begin(now);
            for _ in 0..20 {
                while let Some(packet) = client.poll_transmit() {
                    let mut packet = packet.to_vec();
                    for _ in 0..random.below(3) {
                        let at = random.below(packet.len() as u64) as usize;
                        packet[at] = random.u32() as u8;
                    }
                    server.receive(now, &packet);
                }
                while let Some(packet) = server.poll_transmit() {
                    client.receive(now, &packet);
                }
            }
        }
    }
}
