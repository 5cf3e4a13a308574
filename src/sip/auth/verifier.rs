//! The server's side: who has proved to know a password.
//!
//! A nonce is `time, random, asker, seal`; what we have not sealed is not ours. So nothing is kept for
//! a challenge that nobody answers, and a flood of requests without credentials costs no memory.
//! Who answers with a nonce that was minted for their own address has got our challenge: their
//! address is no invention ([`Verifier::was_asked`]). From elsewhere a nonce is as good, since phones
//! move. A nonce is short, as an answer to strangers must be. It is remembered from its first good answer on, with the highest count it was used with:
//!
//! ```text
//!   minted ──right answer within 60 s──▶ in use ──1 h after minting──▶ stale
//!      └──60 s──▶ stale                    └──count not higher──▶ stale
//! ```

use super::{Algorithm, Challenge, Credentials, Digest};
use crate::random::Random;
use crate::sip::guard::Source;
use crate::sip::header::{Name, Syntax};
use crate::sip::message::{Message, Method, Start};
use crate::sip::uri::Uri;
use sha2::Digest as _;
use std::collections::BTreeMap;
use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long a nonce waits for its first answer.
const FIRST_USE: Duration = Duration::from_secs(60);

/// How long a nonce in use is good, from its minting.
const IN_USE: Duration = Duration::from_secs(3600);

/// The most nonces in use. Beyond it the oldest become stale before their time.
const MAX_IN_USE: usize = 16_384;

/// Challenges and judges, for one realm.
pub struct Verifier {
    realm: String,
    /// In the order in which challenges are given: the strongest first (RFC 8760 §2.4).
    algorithms: Vec<Algorithm>,
    random: Random,
    /// Seals nonces; drawn anew at each start, so that nonces of a former life are stale.
    secret: String,
    /// Hashed for users there are not, so that they take as long as others.
    nobodys_password: String,
    born: Instant,
    in_use: BTreeMap<Nonce, u32>,
    /// Nonces minted until then (milliseconds since `born`) had to be forgotten.
    forgotten: Option<u64>,
}

/// What has become of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This user knows the password.
    Passed {
        /// The name as configured.
        user: String,
    },
    /// 401 with new challenges: there were no credentials for us, or (stale) they were right but
    /// too old or used before.
    Challenge {
        /// What the new challenge says about the old one.
        stale: bool,
    },
    /// A wrong password or a user we do not have: which of them is not to be told apart.
    Wrong,
    /// 400: credentials for us that cannot be read, or for another Request-URI.
    Broken(Syntax),
}

/// What a nonce says, before its seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Nonce {
    /// In milliseconds since the verifier's birth.
    minted: u64,
    random: u32,
    /// Stands for the source that was asked; which one, only we can tell.
    asker: u32,
}

/// The bytes of time (34 years fit in), random and asker.
const PLAIN: usize = 5 + 4 + 4;
/// Those of a whole nonce; the rest is the seal.
const SEALED: usize = 24;
/// The letters of a nonce, six bits each (RFC 4648 §5).
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Verifier {
    /// A verifier that offers and accepts these algorithms, in this order.
    pub fn new(now: Instant, digest: &Digest, mut random: Random) -> Self {
        Self {
            realm: digest.realm.clone(),
            algorithms: digest.algorithms.clone(),
            secret: random.hex(64),
            nobodys_password: random.hex(16),
            random,
            born: now,
            in_use: BTreeMap::new(),
            forgotten: None,
        }
    }

    /// The realm users have their passwords for.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The values of the WWW-Authenticate headers of a 401 to this source, one for each algorithm.
    pub fn challenges(&mut self, now: Instant, asker: Source, stale: bool) -> Vec<String> {
        let nonce = Nonce {
            minted: self.millis(now),
            random: self.random.u32(),
            asker: self.mark(asker),
        };
        let challenge = |algorithm: &Algorithm| Challenge {
            realm: self.realm.clone(),
            nonce: self.sealed(nonce),
            algorithm: *algorithm,
            opaque: None,
            qop_auth: true,
            stale,
        };
        let all = self.algorithms.iter().map(challenge);
        all.map(|challenge| challenge.to_string()).collect()
    }

    /// Judges a request by the Authorization for our realm. `password` knows the users.
    pub fn verify<'p>(
        &mut self,
        now: Instant,
        request: &Message,
        password: impl FnOnce(&str) -> Option<&'p str>,
    ) -> Verdict {
        let uri = match request.start() {
            Start::Request { uri, .. } => uri,
            Start::Response { .. } => return Verdict::Challenge { stale: false },
        };
        match Credentials::find(request, Name::Authorization, &self.realm) {
            None => Verdict::Challenge { stale: false },
            Some(Err(why)) => Verdict::Broken(why),
            Some(Ok(credentials)) => self.judge(now, request.method(), uri, &credentials, password),
        }
    }

    /// Whether a request answers a challenge that this source has got, rightly or wrongly: nobody
    /// else has sent it in that source's name.
    pub fn was_asked(&self, request: &Message, source: Source) -> bool {
        let found = Credentials::find(request, Name::Authorization, &self.realm);
        let nonce = found.and_then(Result::ok).map(|found| found.nonce);
        let nonce = nonce.and_then(|text| self.opened(&text));
        nonce.is_some_and(|nonce| nonce.asker == self.mark(source))
    }

    /// The bounds hold: for tests.
    pub fn check(&self) {
        assert!(self.in_use.len() <= MAX_IN_USE, "nonces are bounded");
    }

    fn judge<'p>(
        &mut self,
        now: Instant,
        method: &Method,
        uri: &str,
        credentials: &Credentials,
        password: impl FnOnce(&str) -> Option<&'p str>,
    ) -> Verdict {
        if !self.algorithms.contains(&credentials.algorithm) {
            return Verdict::Challenge { stale: false };
        }
        // RFC 3261 §22.4 item 7: what was hashed must be what is asked.
        if !same_uri(&credentials.uri, uri) {
            return Verdict::Broken(Syntax("made for another Request-URI"));
        }
        let known = password(&credentials.user);
        let expected = credentials.expected(method, known.unwrap_or(&self.nobodys_password));
        let right = same_text(&expected, &credentials.response);
        if !right || known.is_none() {
            return Verdict::Wrong;
        }
        if !self.spend(now, credentials) {
            return Verdict::Challenge { stale: true };
        }
        Verdict::Passed {
            user: credentials.user.clone(),
        }
    }

    /// Uses a nonce once; `false` where it is not ours, too old, or used with that count before.
    fn spend(&mut self, now: Instant, credentials: &Credentials) -> bool {
        let Some(nonce) = self.opened(&credentials.nonce) else {
            return false;
        };
        self.expire(now);
        let age = self.millis(now).saturating_sub(nonce.minted);
        let within = |limit: Duration| u128::from(age) <= limit.as_millis();
        // Without a count (RFC 2069) a nonce is good for one request.
        let count = credentials.session.as_ref().map_or(u32::MAX, |s| s.nc);
        match self.in_use.get_mut(&nonce) {
            Some(highest) if count > *highest && within(IN_USE) => {
                *highest = count;
                true
            }
            Some(_) => false,
            None if within(FIRST_USE) && self.forgotten.is_none_or(|at| nonce.minted > at) => {
                if self.in_use.len() == MAX_IN_USE {
                    let oldest = self.in_use.pop_first();
                    self.forgotten = oldest.map(|(nonce, _)| nonce.minted).max(self.forgotten);
                }
                self.in_use.insert(nonce, count);
                true
            }
            None => false,
        }
    }

    fn expire(&mut self, now: Instant) {
        let limit = u64::try_from(IN_USE.as_millis()).unwrap_or(u64::MAX);
        let now = self.millis(now);
        while let Some(oldest) = self.in_use.first_entry() {
            if now.saturating_sub(oldest.key().minted) <= limit {
                break;
            }
            oldest.remove();
        }
    }

    fn millis(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.born);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn sealed(&self, nonce: Nonce) -> String {
        let mut bytes = [0; SEALED];
        let (plain, seal) = bytes.split_at_mut(PLAIN);
        let [_, _, _, minted @ ..] = nonce.minted.to_be_bytes();
        let (random, asker) = (nonce.random.to_be_bytes(), nonce.asker.to_be_bytes());
        plain.copy_from_slice(&[&minted[..], &random, &asker].concat());
        let keyed = self.keyed("seal", plain);
        seal.iter_mut().zip(keyed).for_each(|(to, from)| *to = from);
        letters(&bytes)
    }

    fn opened(&self, text: &str) -> Option<Nonce> {
        let bytes = text
            .get(..PLAIN * 8 / 6 + 1)
            .and_then(|start| bytes(start, PLAIN))?;
        let [a, b, c, d, e, f, g, h, i, j, k, l, m] = *bytes.first_chunk::<PLAIN>()?;
        let nonce = Nonce {
            minted: u64::from_be_bytes([0, 0, 0, a, b, c, d, e]),
            random: u32::from_be_bytes([f, g, h, i]),
            asker: u32::from_be_bytes([j, k, l, m]),
        };
        // What we would have minted: the one spelling there is.
        same_text(&self.sealed(nonce), text).then_some(nonce)
    }

    fn mark(&self, source: Source) -> u32 {
        let [a, b, c, d, ..] = self.keyed("asker", source.address().to_string().as_bytes());
        u32::from_be_bytes([a, b, c, d])
    }

    /// The secret stands on both sides: no text can be appended.
    fn keyed(&self, what: &str, text: &[u8]) -> [u8; 32] {
        let secret = self.secret.as_bytes();
        let text = [secret, what.as_bytes(), text, secret].concat();
        sha2::Sha256::digest(text).into()
    }
}

/// Without its secret.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Verifier of {} with {} nonces in use",
            self.realm,
            self.in_use.len()
        )
    }
}

fn letters(bytes: &[u8; SEALED]) -> String {
    let word = |three: &[u8]| {
        three
            .iter()
            .fold(0, |word, byte| word << 8 | usize::from(*byte))
    };
    let words = bytes.chunks(3).map(word);
    let letter = |(word, shift): (usize, u32)| char::from(LETTERS[word >> shift & 63]);
    let each = words.flat_map(|word| [18, 12, 6, 0].map(|shift| letter((word, shift))));
    each.collect()
}

/// The first bytes of what letters stand for; `None` where there are too few or others.
fn bytes(text: &str, count: usize) -> Option<Vec<u8>> {
    let (mut all, mut bits, mut held) = (vec![], 0u32, 0u32);
    for letter in text.bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        bits = (bits << 6 | u32::try_from(value).ok()?) & 0xfff;
        held += 6;
        if held >= 8 {
            held -= 8;
            all.push((bits >> held) as u8);
        }
    }
    all.truncate(count);
    Some(all)
}

fn same_uri(hashed: &str, asked: &str) -> bool {
    hashed == asked
        || match (Uri::parse(hashed), Uri::parse(asked)) {
            (Ok(hashed), Ok(asked)) => hashed.equivalent(&asked),
            (Ok(_), Err(_)) | (Err(_), _) => false,
        }
}

/// Compares in a time that does not tell where two texts differ.
fn same_text(ours: &str, theirs: &str) -> bool {
    let pairs = ours.bytes().zip(theirs.bytes());
    let different = pairs.fold(0, |sum, (a, b)| black_box(sum | (a ^ b)));
    ours.len() == theirs.len() && different == 0
}
