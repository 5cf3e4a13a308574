//! The lite side of ICE (RFC 8445 §2.5): who is checked and answers, and learns from it where the peer
//! is.
//!
//! ```text
//!   a check under our password ──▶ answered; its source is a path
//!     with USE-CANDIDATE ────────▶ the path is the one that is sent to
//!   no check for 30 s ───────────▶ consent is gone (RFC 7675 §5.1): nothing is sent
//! ```
//!
//! Which path is used is for the peer to say, the last word counts. A peer that changes its network, or
//! restarts, moves over with its first check that nominates; until then the old path goes on.

use super::stun::{Check, Reply};
use super::{Credentials, Peer, Remote};
use std::time::{Duration, Instant};

/// How long a check is good for: then the peer has gone, or wants nothing any more (RFC 7675 §5.1).
pub(super) const CONSENT: Duration = Duration::from_secs(30);
/// The paths kept at most; a new one takes the place of the one that was checked longest ago.
const MAX_PATHS: usize = 8;

/// What one leg knows of the ways to its peer.
#[derive(Debug)]
pub(super) struct Agent {
    /// Ours, and those of before a restart as long as nothing has come under the new ones.
    ours: Credentials,
    before: Option<(Credentials, String)>,
    /// The peer's user fragment; `None`: it has not been described.
    peer: Option<String>,
    paths: Vec<Path>,
    /// Where to send.
    selected: Option<Remote>,
}

/// A source that has proved itself.
#[derive(Clone, Copy, Debug)]
struct Path {
    remote: Remote,
    checked: Instant,
}

/// What a check has come to.
#[derive(Debug)]
pub(super) struct Checked {
    /// To be sent back to where it came from.
    pub(super) answer: Vec<u8>,
    /// The source is a path now.
    pub(super) valid: bool,
}

impl Agent {
    /// Nothing is known of the peer.
    pub(super) fn new(ours: Credentials) -> Self {
        Self {
            ours,
            before: None,
            peer: None,
            paths: vec![],
            selected: None,
        }
    }

    /// Takes what was agreed on. Other credentials than before are a restart.
    pub(super) fn meet(&mut self, ours: &Credentials, peer: &Peer) {
        let theirs = &peer.credentials.ufrag;
        let last = self.peer.replace(theirs.clone());
        if self.ours != *ours {
            let old = std::mem::replace(&mut self.ours, ours.clone());
            self.before = last.map(|last| (old, last));
        }
    }

    /// The user fragments that checks may name.
    pub(super) fn ufrags(&self) -> impl Iterator<Item = &str> {
        let before = self.before.iter().map(|(ours, _)| &ours.ufrag);
        before.chain([&self.ours.ufrag]).map(String::as_str)
    }

    /// Judges a check; `None`: it has not proved itself, and is not answered.
    pub(super) fn check(
        &mut self,
        now: Instant,
        from: Remote,
        check: &Check<'_>,
    ) -> Option<Checked> {
        let current = self.peer.as_deref() == Some(check.from) && self.ours.ufrag == check.to;
        let password = match &self.before {
            _ if current => &self.ours.password,
            Some((ours, theirs)) if ours.ufrag == check.to && theirs == check.from => {
                &ours.password
            }
            Some(_) | None => return None,
        };
        if !check.is_of(password) {
            return None;
        }
        let refusal = match check.unknown {
            Some(of) => Some(Reply::Unknown(of)),
            None => check.is_controlled.then_some(Reply::RoleConflict),
        };
        let answer = check.answer(refusal.unwrap_or(Reply::Success(from.address)), password);
        if refusal.is_some() {
            let valid = false;
            return Some(Checked { answer, valid });
        }
        self.take(now, from);
        if check.nominates {
            self.selected = Some(from);
            if current {
                self.before = None;
            }
        }
        let valid = true;
        Some(Checked { answer, valid })
    }

    /// Whether packets from there are the peer's.
    pub(super) fn knows(&self, from: Remote) -> bool {
        self.paths.iter().any(|path| path.remote == from)
    }

    /// Whether a check came from there within so long.
    pub(super) fn is_fresh(&self, now: Instant, from: Remote, within: Duration) -> bool {
        let fresh = |path: &Path| now.saturating_duration_since(path.checked) < within;
        self.paths
            .iter()
            .any(|path| path.remote == from && fresh(path))
    }

    /// The far ends of all paths.
    pub(super) fn remotes(&self) -> impl Iterator<Item = Remote> {
        self.paths.iter().map(|path| path.remote)
    }

    /// Where to send: to the nominated path, before there is one to that which was checked last.
    pub(super) fn target(&self) -> Option<Remote> {
        let last = || self.paths.iter().max_by_key(|path| path.checked);
        self.selected.or_else(|| Some(last()?.remote))
    }

    /// Lets paths go that were not checked for long; whether there is one left.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        self.paths
            .retain(|path| now.saturating_duration_since(path.checked) < CONSENT);
        let gone = |selected: &Remote| !self.paths.iter().any(|path| path.remote == *selected);
        self.selected = self.selected.filter(|selected| !gone(selected));
        !self.paths.is_empty()
    }

    /// The process stood still for so long: that was nobody's silence.
    pub(super) fn forgive(&mut self, now: Instant, frozen: Duration) {
        for path in &mut self.paths {
            path.checked = (path.checked + frozen).min(now);
        }
    }

    fn take(&mut self, now: Instant, from: Remote) {
        let known = self.paths.iter_mut().find(|path| path.remote == from);
        if let Some(path) = known {
            path.checked = now;
            return;
        }
        if self.paths.len() >= MAX_PATHS {
            let others = self.paths.iter().enumerate();
            let others = others.filter(|(_, path)| Some(path.remote) != self.selected);
            if let Some((oldest, _)) = others.min_by_key(|(_, path)| path.checked) {
                self.paths.remove(oldest);
            }
        }
        self.paths.push(Path {
            remote: from,
            checked: now,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::stun::check_of_test;
    use super::*;
    use crate::rtc::{Fingerprint, Over, Role};
    use std::net::SocketAddr;

    const NOMINATES: &[(u16, &[u8])] = &[(0x25, &[])];

    fn named(name: &str) -> Credentials {
        Credentials {
            ufrag: format!("ufrag-{name}"),
            password: format!("password of {name}, long enough"),
        }
    }

    fn peer(name: &str) -> Peer {
        Peer {
            credentials: named(name),
            fingerprint: Fingerprint([0; 32]),
            role: Role::Server,
        }
    }

    fn met() -> Agent {
        let mut agent = Agent::new(named("us"));
        agent.meet(&named("us"), &peer("them"));
        agent
    }

    fn at(port: u16) -> Remote {
        Remote {
            over: Over::Udp,
            address: SocketAddr::from(([192, 0, 2, 1], port)),
        }
    }

    /// A check of `them`, to `us`.
    fn check(
        agent: &mut Agent,
        now: Instant,
        from: u16,
        (us, them): (&str, &str),
        extra: &[(u16, &[u8])],
    ) -> Option<Checked> {
        let (us, them) = (named(us), named(them));
        let bytes = check_of_test((&us.ufrag, &them.ufrag), &us.password, extra);
        agent.check(now, at(from), &Check::read(&bytes).expect("a check"))
    }

    const US: (&str, &str) = ("us", "them");

    #[test]
    fn sources_become_paths_and_the_last_nominated_one_is_sent_to() {
        let (mut agent, now) = (met(), Instant::now());
        assert!(check(&mut agent, now, 1, US, &[]).expect("answered").valid);
        assert_eq!(agent.target(), Some(at(1)), "before anything is nominated");
        check(&mut agent, now, 2, US, NOMINATES);
        check(&mut agent, now + CONSENT / 4, 1, US, &[]);
        assert_eq!(agent.target(), Some(at(2)));
        check(&mut agent, now, 3, US, NOMINATES);
        assert_eq!(agent.target(), Some(at(3)));
        assert!(agent.knows(at(1)) && !agent.knows(at(4)));
    }

    #[test]
    fn rfc_6544_a_connection_is_another_path_than_a_datagram_from_the_same_address() {
        let (mut agent, now) = (met(), Instant::now());
        let (us, them) = (named("us"), named("them"));
        let bytes = check_of_test((&us.ufrag, &them.ufrag), &us.password, NOMINATES);
        let bytes = Check::read(&bytes).expect("a check");
        let over = Over::Tcp;
        let connection = Remote { over, ..at(1) };
        agent.check(now, connection, &bytes).expect("answered");
        assert!(agent.knows(connection) && !agent.knows(at(1)), "H2");
        assert_eq!(agent.target(), Some(connection));
        check(&mut agent, now, 1, US, NOMINATES);
        assert_eq!(agent.target(), Some(at(1)));
        assert!(agent.knows(connection));
    }

    #[test]
    fn nobody_is_answered_who_has_not_the_password_or_another_name() {
        let (mut agent, now) = (met(), Instant::now());
        let forged = check_of_test(("ufrag-us", "ufrag-them"), "guessed", NOMINATES);
        let forged = Check::read(&forged).expect("a check");
        assert!(agent.check(now, at(9), &forged).is_none());
        assert!(check(&mut agent, now, 9, ("us", "others"), NOMINATES).is_none());
        assert!(check(&mut Agent::new(named("us")), now, 9, US, NOMINATES).is_none());
        assert_eq!(agent.target(), None);
    }

    #[test]
    fn who_wants_to_be_led_is_told_that_we_do_not_lead() {
        let (mut agent, now) = (met(), Instant::now());
        let refused = check(&mut agent, now, 1, US, &[(0x8029, &[0; 8])]).expect("answered");
        assert!(!refused.valid && refused.answer.starts_with(&[1, 0x11]));
        assert!(!agent.knows(at(1)));
        let unknown = check(&mut agent, now, 1, US, &[(0x0666, &[])]).expect("answered");
        assert!(!unknown.valid && unknown.answer.starts_with(&[1, 0x11]));
    }

    #[test]
    fn consent_ends_after_30_s_without_a_check() {
        let (mut agent, now) = (met(), Instant::now());
        check(&mut agent, now, 1, US, NOMINATES);
        check(&mut agent, now + CONSENT / 2, 2, US, &[]);
        assert!(agent.expire(now + CONSENT) && !agent.knows(at(1)));
        assert_eq!(agent.target(), Some(at(2)));
        assert!(!agent.expire(now + CONSENT * 2));
        assert_eq!(agent.target(), None);
        check(&mut agent, now + CONSENT * 3, 1, US, NOMINATES);
        agent.forgive(now + CONSENT * 4, CONSENT);
        assert!(agent.expire(now + CONSENT * 4), "the process stood still");
    }

    #[test]
    fn f8_a_restart_goes_on_over_the_old_path_until_the_new_one_is_nominated() {
        let (mut agent, now) = (met(), Instant::now());
        check(&mut agent, now, 1, US, NOMINATES);
        agent.meet(&named("us again"), &peer("them again"));
        assert_eq!(
            agent.ufrags().collect::<Vec<_>>(),
            ["ufrag-us", "ufrag-us again"]
        );
        assert!(check(&mut agent, now, 1, US, &[]).is_some());
        assert_eq!(agent.target(), Some(at(1)));
        check(&mut agent, now, 2, ("us again", "them again"), NOMINATES);
        assert_eq!(agent.target(), Some(at(2)));
        assert!(check(&mut agent, now, 1, US, &[]).is_none());
        assert_eq!(agent.ufrags().collect::<Vec<_>>(), ["ufrag-us again"]);
    }

    #[test]
    fn paths_are_bounded_and_the_selected_one_stays() {
        let (mut agent, now) = (met(), Instant::now());
        check(&mut agent, now, 1, US, NOMINATES);
        for port in 2..100 {
            check(
                &mut agent,
                now + Duration::from_millis(port.into()),
                port,
                US,
                &[],
            );
        }
        assert_eq!(agent.remotes().count(), MAX_PATHS);
        assert!(agent.knows(at(1)) && agent.knows(at(99)));
    }
}
