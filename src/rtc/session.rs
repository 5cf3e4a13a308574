//! One browser's way to us, from the first check to the last packet.
//!
//! ```text
//!   check ─▶ Agent ──answer──▶ the way it came       hello, certificate … ─▶ Association ─▶ keys
//!             └─ path ─▶ begin, if we are to                 ◀─ answers, by the path in use ─┘
//! ```
//!
//! What was proved under one certificate stays through every restart of ICE. Another certificate begins
//! DTLS anew, and until it is done nothing is sent.

use super::dtls::{Association, Certificate};
use super::ice::{Agent, CONSENT};
use super::stun::Check;
use super::{Credentials, Fingerprint, Peer, Remote, Role};
use crate::rtp::srtp::Keys;
use std::time::{Duration, Instant};

/// A leg's way to its browser.
#[derive(Debug)]
pub struct Session {
    certificate: Certificate,
    agent: Agent,
    association: Option<Association>,
    /// Whose certificate it is that counts, and what we are to them.
    met: Option<(Fingerprint, Role)>,
    /// When a check came last, or somebody was met.
    heard: Option<Instant>,
    lost: bool,
}

/// What a packet or the passing of time has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Took {
    /// Nothing.
    Nothing,
    /// The peer has proved itself: these are the keys.
    Keys(Keys),
    /// No check has come for too long (RFC 7675). Said once.
    Lost,
    /// The peer is there again.
    Found,
}

impl Session {
    /// Nobody has been met. Checks will name these credentials.
    pub fn new(ours: Credentials, certificate: Certificate) -> Self {
        Self {
            certificate,
            agent: Agent::new(ours),
            association: None,
            met: None,
            heard: None,
            lost: false,
        }
    }

    /// Takes what was agreed on; whether DTLS begins anew, so that the keys of before are void.
    pub fn meet(&mut self, now: Instant, ours: &Credentials, peer: &Peer) -> bool {
        self.agent.meet(ours, peer);
        self.heard.get_or_insert(now);
        let now_met = (peer.fingerprint, peer.role);
        let same = self.met.replace(now_met) == Some(now_met);
        if !same {
            let (role, theirs) = (peer.role, peer.fingerprint);
            self.association = Some(Association::new(&self.certificate, role, theirs));
        }
        !same
    }

    /// The user fragments that its checks may name.
    pub fn ufrags(&self) -> impl Iterator<Item = &str> {
        self.agent.ufrags()
    }

    /// The far ends of its paths.
    pub fn remotes(&self) -> impl Iterator<Item = Remote> {
        self.agent.remotes()
    }

    /// Whether packets from there are the peer's.
    pub fn knows(&self, from: Remote) -> bool {
        self.agent.knows(from)
    }

    /// Whether a check has come from there within so long.
    pub fn is_fresh(&self, now: Instant, from: Remote, within: Duration) -> bool {
        self.agent.is_fresh(now, from, within)
    }

    /// Where to send: `None` while there is no path.
    pub fn target(&self) -> Option<Remote> {
        self.agent.target()
    }

    /// Takes a check; the answer goes back to where it came from. `None`: it has proved nothing.
    pub fn check(
        &mut self,
        now: Instant,
        from: Remote,
        check: &Check<'_>,
    ) -> Option<(Vec<u8>, Took)> {
        let checked = self.agent.check(now, from, check)?;
        let mut took = Took::Nothing;
        if checked.valid {
            self.heard = Some(now);
            if std::mem::take(&mut self.lost) {
                took = Took::Found;
            }
            if let Some(association) = &mut self.association {
                association.begin(now);
            }
        }
        Some((checked.answer, took))
    }

    /// Takes a DTLS datagram from one of the paths.
    pub fn receive(&mut self, now: Instant, datagram: &[u8]) -> Took {
        let Some(association) = &mut self.association else {
            return Took::Nothing;
        };
        let keys = association.receive(now, datagram);
        let keys = keys.then(|| association.keys()).flatten();
        keys.map_or(Took::Nothing, Took::Keys)
    }

    /// What the passing of time brings.
    pub fn pass(&mut self, now: Instant) -> Took {
        let there = self.agent.expire(now);
        if let Some(association) = &mut self.association
            && there
        {
            association.timeout(now);
        }
        let heard = self.heard.unwrap_or(now);
        if !self.lost && now.saturating_duration_since(heard) >= CONSENT {
            self.lost = true;
            return Took::Lost;
        }
        Took::Nothing
    }

    /// The process stood still for so long.
    pub fn forgive(&mut self, now: Instant, frozen: Duration) {
        self.agent.forgive(now, frozen);
        self.heard = self.heard.map(|heard| (heard + frozen).min(now));
    }

    /// What DTLS has to say, for the target.
    pub fn poll_transmit(&mut self) -> Option<bytes::BytesMut> {
        self.association.as_mut()?.poll_transmit()
    }
}
