//! The client's side: the challenges of one peer under one Call-ID, and our answers to them.
//!
//! ```text
//!   nothing known ──challenged──▶ answered once ──used again──▶ known
//!                                     │   ▲                      │
//!                        challenged   │   └──challenged (nonce ──┘
//!                        again        ▼       no longer good)
//!                                wrong password
//! ```
//!
//! What has been answered once is sent along with each further request at once (RFC 3261 §22.2,
//! §22.3), the use of the nonce counted (RFC 7616 §3.4). A nonce that was refused at its first use
//! was not too old, unless the server says so (`stale`): then the password is wrong, and a second
//! try would only get us locked out.

use super::{Challenge, Credentials, digest_params, respond};
use crate::random::Random;
use crate::sip::Credential;
use crate::sip::header::Name;
use crate::sip::message::{Message, Method};
use std::fmt;
use std::net::IpAddr;

/// The challenge's header and the one that answers it: a server's (401), a proxy's (407). One
/// response may have both, as a proxy collects them (RFC 3261 §16.7 step 7).
const KINDS: [(Name<'static>, Name<'static>); 2] = [
    (Name::WwwAuthenticate, Name::Authorization),
    (Name::ProxyAuthenticate, Name::ProxyAuthorization),
];

/// The challenges of one kind that are read in a response; more are left.
const MAX_CHALLENGES: usize = 8;

/// Headers, by name and value.
pub type Headers = Vec<(Name<'static>, String)>;

/// Credentials, where they may be used, and what they have been asked for.
#[derive(Default)]
pub struct Keyring {
    credentials: Vec<Credential>,
    /// The only hosts that are answered (H6).
    hosts: Vec<IpAddr>,
    /// One for each realm of each kind that has asked: bounded, as each needs a credential, and a
    /// credential is for one realm.
    locks: Vec<Lock>,
    /// What went with the last INVITE, for its ACK (RFC 3261 §13.2.2.4).
    invite: Headers,
}

/// A challenge that we have answered.
struct Lock {
    answer: Name<'static>,
    challenge: Challenge,
    /// Which credential opens it.
    credential: usize,
    /// How often its nonce has been used.
    uses: u32,
}

/// Why a challenge is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// Nothing was set for that realm, or for that host.
    NoCredentials,
    /// The same credentials were refused before.
    WrongPassword,
    /// No realm asks for a hash and a protection that we have (`auth-int`, SHA-512).
    Unsupported,
    /// A 401 or 407 that says not what it wants.
    NoChallenge,
}

impl Keyring {
    /// Nothing has been asked for yet. Only these hosts will be answered.
    pub fn new(credentials: Vec<Credential>, hosts: Vec<IpAddr>) -> Self {
        Self {
            credentials,
            hosts,
            ..Self::default()
        }
    }

    /// Takes the challenges of a 401 or 407 that came from `host` to the request `sent`; the
    /// request may be sent again if all is well.
    ///
    /// # Errors
    /// Why it would be refused again.
    pub fn challenged(
        &mut self,
        host: IpAddr,
        sent: &Message,
        response: &Message,
    ) -> Result<(), Unanswered> {
        if !self.is_for(host) {
            return Err(Unanswered::NoCredentials);
        }
        let mut outcome = Err(Unanswered::NoChallenge);
        for (header, answer) in KINDS {
            for realm in realms(response, header) {
                let one = match strongest(response, header, &realm) {
                    Some(challenge) => self.lock(answer, challenge, sent),
                    None => Err(Unanswered::Unsupported),
                };
                match one {
                    // The other realms cannot make good for it.
                    Err(Unanswered::WrongPassword) => return one,
                    Ok(()) => outcome = Ok(()),
                    Err(_) => outcome = outcome.or(one),
                }
            }
        }
        outcome
    }

    /// What goes with a request to `host`. For an ACK it is what went with its INVITE; a CANCEL
    /// has nothing, as nobody may challenge it (RFC 3261 §22.1).
    pub fn headers(
        &mut self,
        random: &mut Random,
        host: IpAddr,
        method: &Method,
        uri: &str,
    ) -> Headers {
        if !self.is_for(host) || *method == Method::Cancel {
            return vec![];
        }
        if *method == Method::Ack {
            return self.invite.clone();
        }
        let mut headers = vec![];
        for lock in &mut self.locks {
            let Some(credential) = self.credentials.get(lock.credential) else {
                continue;
            };
            lock.uses = lock.uses.saturating_add(1);
            let credentials = respond(
                &lock.challenge,
                &credential.user,
                &credential.password,
                method,
                uri,
                lock.uses,
                &random.hex(16),
            );
            headers.push((lock.answer, credentials.to_string()));
        }
        if *method == Method::Invite {
            self.invite.clone_from(&headers);
        }
        headers
    }

    /// Whether there is anything to answer with.
    pub fn is_empty(&self) -> bool {
        self.credentials.is_empty()
    }

    /// Whether this host may be answered.
    pub fn is_for(&self, host: IpAddr) -> bool {
        self.hosts.contains(&host)
    }

    /// The peer is reached at these hosts from now on.
    pub fn set_hosts(&mut self, hosts: Vec<IpAddr>) {
        self.hosts = hosts;
    }

    /// What has been asked for so far is asked for no more.
    pub fn forget(&mut self) {
        self.locks.clear();
    }

    fn lock(
        &mut self,
        answer: Name<'static>,
        challenge: Challenge,
        sent: &Message,
    ) -> Result<(), Unanswered> {
        let same =
            |lock: &&mut Lock| lock.answer == answer && lock.challenge.realm == challenge.realm;
        if let Some(lock) = self.locks.iter_mut().find(same) {
            let said = Credentials::find(sent, answer, &challenge.realm).and_then(Result::ok);
            let first_use = said.is_some_and(|said| match said.session {
                Some(session) => session.nc == 1,
                None => lock.uses == 1 && said.nonce == lock.challenge.nonce,
            });
            if first_use && !challenge.stale {
                return Err(Unanswered::WrongPassword);
            }
            (lock.challenge, lock.uses) = (challenge, 0);
            return Ok(());
        }
        let credential = self
            .credential_for(&challenge.realm)
            .ok_or(Unanswered::NoCredentials)?;
        self.locks.push(Lock {
            answer,
            challenge,
            credential,
            uses: 0,
        });
        Ok(())
    }

    /// The credential of that realm, or else one that is for any and has met no other.
    fn credential_for(&self, realm: &str) -> Option<usize> {
        let named = |one: &Credential| one.realm.as_deref() == Some(realm);
        if let Some(index) = self.credentials.iter().position(named) {
            return Some(index);
        }
        let mut open = self.credentials.iter().enumerate();
        let free = |index: usize| {
            let mut used = self.locks.iter().filter(|lock| lock.credential == index);
            used.all(|lock| lock.challenge.realm == realm)
        };
        open.find(|(index, one)| one.realm.is_none() && free(*index))
            .map(|(index, _)| index)
    }
}

impl Unanswered {
    /// In words, as the reason of a failed call.
    pub fn text(self) -> &'static str {
        match self {
            Self::NoCredentials => "Challenged by a Realm or Host Without Credentials Here",
            Self::WrongPassword => "User or Password Refused",
            Self::Unsupported => "Challenged for a Digest That Is Not Supported",
            Self::NoChallenge => "Refused Without a Digest Challenge",
        }
    }
}

/// Without passwords and nonces.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (credentials, locks) = (self.credentials.len(), self.locks.len());
        write!(f, "Keyring of {credentials}, asked by {locks}")
    }
}

/// Who asks for something in a response, each once. Of a flood of challenges, the first few.
fn realms(response: &Message, header: Name<'_>) -> Vec<String> {
    let mut all: Vec<String> = vec![];
    for value in response.headers(header).take(MAX_CHALLENGES) {
        let mut params = digest_params(value).into_iter().flatten();
        let realm = params.find(|(name, _)| name.eq_ignore_ascii_case("realm"));
        if let Some((_, realm)) = realm
            && !all.iter().any(|known| **known == *realm)
        {
            all.push(realm.into_owned());
        }
    }
    all
}

/// The strongest challenge of a realm that we can answer: a server that takes a weak hash as well
/// must not be asked for less by whoever reorders its headers (RFC 8760 §2.4, §3).
fn strongest(response: &Message, header: Name<'_>, realm: &str) -> Option<Challenge> {
    let readable = |value| Challenge::parse(value).ok();
    let all = response.headers(header).take(MAX_CHALLENGES);
    let all = all.filter_map(readable).filter(|one| one.realm == realm);
    all.reduce(|best, one| match one.algorithm > best.algorithm {
        true => one,
        false => best,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::message::Builder;

    const HERE: [u8; 4] = [203, 0, 113, 9];

    #[test]
    fn the_strongest_hash_is_used_and_the_nonce_counted() {
        let mut life = Life::new(&[Some("carrier")]);
        let weak = "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"a\", qop=\"auth\"";
        let strong = "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"b\", qop=\"auth\", \
            algorithm=SHA-256";
        assert_eq!(life.challenged(&[weak, strong]), Ok(()), "RFC 8760 §2.4");
        let first = life.said("Authorization");
        assert!(first.contains("algorithm=SHA-256") && first.contains("nc=00000001"));
        assert!(first.contains("username=\"4930\"") && first.contains("nonce=\"b\""));
        life.again("BYE");
        assert!(
            life.said("Authorization").contains("nc=00000002"),
            "RFC 7616 §3.4"
        );
    }

    #[test]
    fn a_wrong_password_is_not_tried_twice_but_an_old_nonce_is_replaced() {
        let mut life = Life::new(&[None]);
        assert_eq!(life.challenged(&[&asks("WWW", "r", "1")]), Ok(()));
        let stale = asks("WWW", "r", "2") + ", stale=true";
        assert_eq!(life.challenged(&[&stale]), Ok(()), "the password was right");
        let wrong = life.challenged(&[&asks("WWW", "r", "3")]);
        assert_eq!(wrong, Err(Unanswered::WrongPassword));
        life.again("INVITE");
        let aged = life.challenged(&[&asks("WWW", "r", "4")]);
        assert_eq!(
            aged,
            Ok(()),
            "used before: without the word, too, it is old"
        );
    }

    #[test]
    fn a_proxy_and_a_registrar_are_answered_in_one_response_and_one_after_the_other() {
        let (proxy, registrar) = (asks("Proxy", "p", "1"), asks("WWW", "r", "1"));
        let mut life = Life::new(&[Some("r"), Some("p")]);
        assert_eq!(life.challenged(&[&proxy, &registrar]), Ok(()));
        assert!(life.said("Authorization").contains("realm=\"r\""));
        assert!(life.said("Proxy-Authorization").contains("realm=\"p\""));
        let mut life = Life::new(&[Some("r"), Some("p")]);
        assert_eq!(life.challenged(&[&proxy]), Ok(()));
        assert_eq!(life.challenged(&[&registrar]), Ok(()));
        assert!(life.said("Proxy-Authorization").contains("nc=00000002"));
    }

    #[test]
    fn nobody_else_is_told_anything() {
        let mut life = Life::new(&[Some("carrier")]);
        let none = Err(Unanswered::NoCredentials);
        assert_eq!(
            life.challenged(&[&asks("WWW", "evil", "1")]),
            none,
            "H6: realm"
        );
        let mut any = Life::new(&[None]);
        assert_eq!(any.challenged(&[&asks("WWW", "first", "1")]), Ok(()));
        assert_eq!(
            any.challenged(&[&asks("Proxy", "other", "1")]),
            none,
            "one realm"
        );
        let sent = any.sent.clone();
        let response = refusal(&[&asks("WWW", "first", "2")]);
        let elsewhere = IpAddr::from([198, 51, 100, 66]);
        assert_eq!(
            any.keyring.challenged(elsewhere, &sent, &response),
            none,
            "H6: host"
        );
        let bye = Method::Bye;
        let told = any
            .keyring
            .headers(&mut any.random, elsewhere, &bye, "sip:x@h");
        assert_eq!(told, []);
    }

    #[test]
    fn what_we_do_not_have_is_said_so() {
        let mut life = Life::new(&[None]);
        let int = "WWW-Authenticate: Digest realm=\"r\", nonce=\"1\", qop=\"auth-int\"";
        let sha512 = "WWW-Authenticate: Digest realm=\"r\", nonce=\"1\", algorithm=SHA-512-256";
        assert_eq!(life.challenged(&[int]), Err(Unanswered::Unsupported));
        assert_eq!(life.challenged(&[sha512]), Err(Unanswered::Unsupported));
        assert_eq!(life.challenged(&[sha512, &asks("WWW", "r", "1")]), Ok(()));
        assert_eq!(life.challenged(&[]), Err(Unanswered::NoChallenge));
        let basic = "WWW-Authenticate: Basic realm=\"r\"";
        assert_eq!(life.challenged(&[basic]), Err(Unanswered::NoChallenge));
    }

    #[test]
    fn the_ack_has_what_its_invite_had_and_a_cancel_nothing() {
        let mut life = Life::new(&[None]);
        assert_eq!(life.challenged(&[&asks("WWW", "r", "1")]), Ok(()));
        let (invite, host) = (life.said("Authorization"), IpAddr::from(HERE));
        let mut headers = |method| {
            let random = &mut life.random;
            life.keyring.headers(random, host, &method, "sip:bob@h")
        };
        assert_eq!(headers(Method::Cancel), []);
        let ack = headers(Method::Ack);
        assert_eq!(ack, [(Name::Authorization, invite)], "RFC 3261 §13.2.2.4");
    }

    struct Life {
        keyring: Keyring,
        random: Random,
        sent: Message,
    }

    impl Life {
        fn new(realms: &[Option<&str>]) -> Self {
            let credential = |realm: &Option<&str>| Credential {
                realm: realm.map(str::to_owned),
                user: "4930".to_owned(),
                password: "secret".to_owned(),
            };
            Self {
                keyring: Keyring::new(realms.iter().map(credential).collect(), vec![HERE.into()]),
                random: Random::seeded(1),
                sent: request("INVITE", vec![]),
            }
        }

        fn challenged(&mut self, challenges: &[&str]) -> Result<(), Unanswered> {
            let (sent, response) = (self.sent.clone(), refusal(challenges));
            self.keyring.challenged(HERE.into(), &sent, &response)?;
            self.again("INVITE");
            Ok(())
        }

        fn again(&mut self, method: &'static str) {
            let (random, asked) = (&mut self.random, Method::of(method));
            let headers = self
                .keyring
                .headers(random, HERE.into(), &asked, "sip:bob@h");
            self.sent = request(method, headers);
        }

        fn said(&self, header: &str) -> String {
            let value = self.sent.header(Name::of(header));
            value.unwrap_or_default().to_owned()
        }
    }

    fn asks(kind: &str, realm: &str, nonce: &str) -> String {
        format!("{kind}-Authenticate: Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\"")
    }

    fn request(method: &'static str, headers: Headers) -> Message {
        let builder = Builder::request(&Method::of(method), "sip:bob@h")
            .header(Name::Via, "SIP/2.0/UDP h;branch=z9hG4bK1")
            .header(Name::MaxForwards, 70);
        let builder = common(builder, method);
        let add =
            |builder: Builder, (name, value): (Name<'static>, String)| builder.header(name, value);
        let bytes = headers.into_iter().fold(builder, add).build();
        Message::parse(bytes).expect("a request")
    }

    fn refusal(challenges: &[&str]) -> Message {
        let builder = Builder::response(401, "").header(Name::Via, "SIP/2.0/UDP h;branch=z9hG4bK1");
        let add = |builder: Builder, line: &&str| {
            let (name, value) = line.split_once(": ").expect("a header");
            builder.raw(name, value)
        };
        let bytes = challenges
            .iter()
            .fold(common(builder, "INVITE"), add)
            .build();
        Message::parse(bytes).expect("a response")
    }

    fn common(builder: Builder, method: &str) -> Builder {
        builder
            .header(Name::From, "<sip:a@h>;tag=a")
            .header(Name::To, "<sip:bob@h>;tag=b")
            .header(Name::CallId, "c")
            .header(Name::CSeq, format_args!("1 {method}"))
    }
}
