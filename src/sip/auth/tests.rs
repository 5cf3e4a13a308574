//! The examples of RFC 7616, and the life of a nonce.

use super::*;
use crate::random::Random;
use crate::sip::guard::Source;
use crate::sip::header::Name;
use crate::sip::message::{Builder, Message};
use std::time::{Duration, Instant};

const PASSWORD: &str = "Circle of Life";

/// RFC 7616 §3.9.1.
fn example(algorithm: &str) -> Credentials {
    let challenge = Challenge::parse(&format!(
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
         opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
    ));
    respond(
        &challenge.expect("a good challenge"),
        "Mufasa",
        PASSWORD,
        &Method::of("GET"),
        "/dir/index.html",
        1,
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
}

#[test]
fn the_examples_of_the_rfc_come_out() {
    assert_eq!(example("MD5").response, "8ca523f5e9506fed4657c9700eebdbec");
    assert_eq!(
        example("SHA-256").response,
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    );
}

#[test]
fn credentials_read_back() {
    let credentials = example("SHA-256");
    assert_eq!(
        Credentials::parse(&credentials.to_string()),
        Ok(credentials)
    );
}

#[test]
fn broken_credentials_are_refused() {
    let good = example("MD5").to_string();
    for (from, to) in [
        ("Digest ", "Basic "),
        ("username=", "name="),
        ("algorithm=MD5", "algorithm=ROT13"),
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=0000000A"),
        ("nc=00000001", "nc=00000000"),
        ("nc=00000001", "x=1"),
        ("qop=auth", "qop=auth-int"),
        ("qop=auth", "qop=auth, realm=\"again\""),
    ] {
        assert!(good.contains(from), "{from}");
        assert!(Credentials::parse(&good.replace(from, to)).is_err(), "{to}");
    }
}

/// A verifier, the time, and a phone that answers its challenges.
struct Desk {
    verifier: Verifier,
    now: Instant,
    challenge: Challenge,
}

impl Desk {
    fn new() -> Self {
        let now = Instant::now();
        let mut verifier = Verifier::new(
            now,
            &Digest::new("pbx", &[Algorithm::Sha256, Algorithm::Md5]),
            Random::seeded(1),
        );
        let challenge = Self::challenge(&mut verifier, now);
        Self {
            verifier,
            now,
            challenge,
        }
    }

    fn challenge(verifier: &mut Verifier, now: Instant) -> Challenge {
        let texts = verifier.challenges(now, phone(), false);
        let response = texts.iter().fold(Builder::response(401, ""), |b, text| {
            b.header(Name::WwwAuthenticate, text)
        });
        let response = response
            .header(Name::Via, "SIP/2.0/UDP h;branch=z9hG4bK1")
            .header(Name::From, "<sip:a@h>;tag=1")
            .header(Name::To, "<sip:a@h>;tag=2")
            .header(Name::CallId, "1")
            .header(Name::CSeq, "1 REGISTER");
        let response = Message::parse(response.build()).expect("a good response");
        Challenge::find(&response, Name::WwwAuthenticate).expect("one we can answer")
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn answers(&self, user: &str, password: &str, nc: u32) -> Credentials {
        let (method, uri) = (Method::Register, "sip:pbx.example.com");
        respond(&self.challenge, user, password, &method, uri, nc, "c")
    }

    fn judges(&mut self, credentials: impl fmt::Display) -> Verdict {
        let request = Self::request(credentials);
        let password = |user: &str| (user == "1001").then_some("hunter2");
        let verdict = self.verifier.verify(self.now, &request, password);
        self.verifier.check();
        verdict
    }

    fn request(credentials: impl fmt::Display) -> Message {
        let request = Builder::request(&Method::Register, "sip:pbx.example.com")
            .header(Name::Via, "SIP/2.0/UDP h;branch=z9hG4bK1")
            .header(Name::From, "<sip:a@h>;tag=1")
            .header(Name::To, "<sip:a@h>")
            .header(Name::CallId, "1")
            .header(Name::CSeq, "1 REGISTER")
            .header(Name::Authorization, "Digest realm=\"other\", x=y")
            .header(Name::Authorization, credentials);
        Message::parse(request.build()).expect("a good request")
    }

    fn tries(&mut self, nc: u32) -> Verdict {
        self.judges(self.answers("1001", "hunter2", nc))
    }
}

fn phone() -> Source {
    Source::of([192, 0, 2, 7].into())
}

fn passed() -> Verdict {
    Verdict::Passed {
        user: "1001".into(),
    }
}

const STALE: Verdict = Verdict::Challenge { stale: true };
const ANEW: Verdict = Verdict::Challenge { stale: false };

#[test]
fn h26_the_password_is_proved_and_a_count_is_good_once() {
    let mut desk = Desk::new();
    assert_eq!(desk.challenge.algorithm, Algorithm::Sha256);
    assert_eq!(desk.tries(1), passed());
    assert_eq!(desk.tries(1), STALE, "replayed");
    assert_eq!(desk.tries(7), passed());
    assert_eq!(desk.tries(6), STALE, "a count that falls");
}

#[test]
fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let mut desk = Desk::new();
    assert_eq!(
        desk.judges(desk.answers("1001", "hunter3", 1)),
        Verdict::Wrong
    );
    assert_eq!(
        desk.judges(desk.answers("9999", "hunter2", 1)),
        Verdict::Wrong
    );
    assert_eq!(desk.tries(1), passed(), "neither used the nonce up");
}

#[test]
fn a_nonce_ages() {
    let mut desk = Desk::new();
    desk.wait(61);
    assert_eq!(desk.tries(1), STALE, "never used within a minute");
    desk.challenge = Desk::challenge(&mut desk.verifier, desk.now);
    desk.wait(60);
    assert_eq!(desk.tries(1), passed());
    desk.wait(3540);
    assert_eq!(desk.tries(2), passed(), "an hour after its minting");
    desk.wait(1);
    assert_eq!(desk.tries(3), STALE);
    assert_eq!(desk.tries(4), STALE, "also when it has been forgotten");
}

#[test]
fn a_nonce_that_is_not_ours_is_stale() {
    let mut desk = Desk::new();
    let mut forged = desk.challenge.nonce.clone();
    forged.replace_range(0..1, "1");
    for nonce in [forged, String::new(), "é".repeat(32), "0".repeat(64)] {
        desk.challenge.nonce = nonce;
        assert_eq!(desk.tries(1), STALE);
    }
}

/// Whoever invents a source cannot strike in its name, even with a nonce of their own.
#[test]
fn only_who_got_the_challenge_was_asked() {
    let mut desk = Desk::new();
    let elsewhere = Source::of([192, 0, 2, 99].into());
    let wrong = Desk::request(desk.answers("1001", "hunter3", 1));
    assert!(desk.verifier.was_asked(&wrong, phone()));
    assert!(!desk.verifier.was_asked(&wrong, elsewhere));
    let twice = Desk::challenge(&mut desk.verifier, desk.now).nonce;
    assert_ne!(desk.challenge.nonce, twice);
    assert_eq!(
        desk.challenge.nonce.len(),
        32,
        "short, as answers to strangers must be"
    );
    desk.challenge.nonce.replace_range(20..22, "__");
    let forged = Desk::request(desk.answers("1001", "hunter3", 1));
    assert!(!desk.verifier.was_asked(&forged, phone()));
    assert!(
        !desk
            .verifier
            .was_asked(&Desk::request("Basic abc"), phone())
    );
}

#[test]
fn h26_what_was_hashed_must_be_what_is_asked() {
    let mut desk = Desk::new();
    let (method, uri) = (Method::Register, "sip:elsewhere.example.com");
    let elsewhere = respond(&desk.challenge, "1001", "hunter2", &method, uri, 1, "c");
    assert!(matches!(desk.judges(elsewhere), Verdict::Broken(_)));
    let (method, uri) = (Method::Invite, "sip:pbx.example.com");
    let other = respond(&desk.challenge, "1001", "hunter2", &method, uri, 1, "c");
    assert_eq!(desk.judges(other), Verdict::Wrong);
}

#[test]
fn h26_without_a_count_a_nonce_is_good_once() {
    let mut desk = Desk::new();
    desk.challenge.qop_auth = false;
    assert_eq!(desk.tries(0), passed());
    assert_eq!(desk.tries(0), STALE);
    desk.challenge.qop_auth = true;
    assert_eq!(desk.tries(9), STALE);
}

#[test]
fn other_realms_and_schemes_are_no_credentials() {
    let mut desk = Desk::new();
    assert_eq!(desk.judges("Basic abc"), ANEW);
    assert_eq!(desk.judges("Digest realm=\"elsewhere\""), ANEW);
    assert_eq!(
        desk.judges("Digest realm=\"pbx\""),
        Verdict::Broken(crate::sip::header::Syntax("no username"))
    );
    desk.verifier = Verifier::new(
        desk.now,
        &Digest::new("pbx", &[Algorithm::Md5]),
        Random::seeded(1),
    );
    assert_eq!(desk.tries(1), ANEW, "an algorithm we did not offer");
}

#[test]
fn the_nonces_in_use_are_bounded() {
    let mut desk = Desk::new();
    let first = desk.challenge.clone();
    assert_eq!(desk.tries(1), passed());
    for _ in 0..16_384 {
        desk.now += Duration::from_millis(1);
        desk.challenge = Desk::challenge(&mut desk.verifier, desk.now);
        assert_eq!(desk.tries(1), passed());
    }
    assert_eq!(desk.tries(2), passed());
    desk.challenge = first;
    assert_eq!(
        desk.tries(1),
        STALE,
        "the oldest is not taken for a new one"
    );
}

#[test]
fn logs_show_no_secrets() {
    let mut desk = Desk::new();
    let text = format!(
        "{:?} {:?}",
        desk.verifier,
        desk.answers("1001", "hunter2", 1)
    );
    assert!(!text.contains("1001"), "{text}");
    assert_eq!(desk.tries(1), passed());
    assert_eq!(
        format!("{:?}", desk.verifier),
        "Verifier of pbx with 1 nonces in use"
    );
}
