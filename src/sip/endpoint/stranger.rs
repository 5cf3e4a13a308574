//! Who asks, and what strangers get: little, once, and over UDP never more than they sent (H29).

use super::Endpoint;
use super::write::{Refusal, party};
use crate::sip::guard::{Offence, Standing, Turned};
use crate::sip::header::Name;
use crate::sip::message::Message;
use crate::sip::{Event, Flow, Transport};
use std::time::{Duration, Instant};

/// How long whoever is in a call, or was asked something by us, is heard without limits. Anything
/// in the call makes it so long again.
const IN_TOUCH: Duration = Duration::from_secs(3600);

/// Who has sent the message at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    standing: Standing,
    /// The most bytes that an answer may have.
    allowance: usize,
}

impl Asker {
    /// Nobody at hand: what is sent now is our own affair.
    pub(super) const NOBODY: Self = Self {
        standing: Standing::Trusted,
        allowance: usize::MAX,
    };

    pub(super) fn is_stranger(&self) -> bool {
        self.standing == Standing::Stranger
    }

    pub(super) fn may_get(&self, bytes: &[u8]) -> bool {
        bytes.len() <= self.allowance
    }
}

impl Endpoint {
    /// Notes who has sent the message at hand; says whether it is to be read at all.
    pub(super) fn is_heard(&mut self, now: Instant, flow: Flow, bytes: &[u8]) -> bool {
        let for_trunks = self.is_for_trunks(flow);
        let standing = match self.guard.hear(now, flow, for_trunks) {
            Ok(standing) => standing,
            Err(Turned::Limited) => {
                self.counters.limited += 1;
                return false;
            }
            Err(Turned::Banned) => {
                self.counters.banned += 1;
                return false;
            }
        };
        // The source of a datagram may be invented: who gets the answer has not asked for it.
        let forgeable = standing == Standing::Stranger
            && flow.transport == Transport::Udp
            && !self.config.guard.whole_answers;
        self.asker = Asker {
            standing,
            allowance: if forgeable { bytes.len() } else { usize::MAX },
        };
        true
    }

    /// Whether a request is dropped for what its sender says of itself.
    pub(super) fn is_from_scanner(&mut self, request: &Message) -> bool {
        let agent = request.user_agent().filter(|_| self.asker.is_stranger());
        let scans = agent.is_some_and(|agent| self.guard.is_scanner(agent));
        self.counters.scanners += u64::from(scans);
        scans
    }

    /// Who knows the tag that we gave a call has got our answer.
    pub(super) fn note_dialog(&mut self, now: Instant, flow: Flow, request: &Message) {
        if self.asker.standing == Standing::Trusted {
            return;
        }
        let to = request.to();
        let tag = to.as_ref().ok().and_then(|to| to.tag());
        if tag.is_some_and(|tag| self.tags.contains_key(tag)) {
            self.is_known(now, flow, IN_TOUCH);
        }
    }

    /// The sender has proved to be there and somebody.
    pub(super) fn is_known(&mut self, now: Instant, flow: Flow, lasts: Duration) {
        self.guard.acquaint(now, flow.remote, lasts);
        if self.asker.is_stranger() {
            self.asker.standing = Standing::Acquainted;
        }
        self.asker.allowance = usize::MAX;
    }

    /// Whom we ask may answer.
    pub(super) fn note_asked(&mut self, flow: Flow, bytes: &[u8]) {
        if !bytes.starts_with(b"SIP/2.0 ")
            && let Some(now) = self.heard_at
        {
            self.guard.acquaint(now, flow.remote, IN_TOUCH);
        }
    }

    /// A failure that its sender cannot have forged.
    pub(super) fn struck(&mut self, now: Instant, flow: Flow, offence: Offence) {
        if self.asker.standing == Standing::Trusted {
            return;
        }
        if let Some(ban) = self.guard.struck(now, flow.remote, offence) {
            self.counters.bans += 1;
            self.events.push_back(Event::Banned(ban));
        }
    }

    /// Whether a new call may be looked at: at a listener for trunks not from a stranger, unless it
    /// comes by our registration with a carrier. A stranger's costs nothing, and is told of now and
    /// then.
    pub(super) fn is_invited(
        &mut self,
        now: Instant,
        flow: Flow,
        request: &Message,
    ) -> Result<(), Refusal> {
        if !self.asker.is_stranger() || !self.is_for_trunks(flow) {
            return Ok(());
        }
        let called = super::uas::called(request);
        if self.carrier_of_contact(&called).is_some() {
            return Ok(());
        }
        if flow.transport.is_reliable() {
            self.struck(now, flow, Offence::Uninvited);
        }
        if let Ok(from) = request.from()
            && self.guard.is_worth_telling(now)
        {
            self.events.push_back(Event::Uninvited {
                flow,
                from: party(&from),
                called,
            });
        }
        Err(Refusal::new(403))
    }

    /// A refusal as the asker may have it: with all it should say, with one challenge, or as brief
    /// as a datagram can be.
    pub(super) fn refusal_that_fits(
        &self,
        request: &Message,
        refusal: &Refusal,
        tag: &str,
    ) -> Vec<u8> {
        let whole = self.refusal(request, refusal, tag);
        if self.asker.may_get(&whole) {
            return whole;
        }
        let least = with_one_challenge(refusal).write(request, tag);
        let forms = [least.clone().build(), least.clone().build_brief(true)];
        let fits = |form: &Vec<u8>| self.asker.may_get(form);
        let found = forms.into_iter().find(fits);
        found.unwrap_or_else(|| least.build_brief(false))
    }

    fn is_for_trunks(&self, flow: Flow) -> bool {
        let listener = self.listener(flow.listener);
        listener.is_some_and(|listener| listener.digest.is_none())
    }
}

/// The last challenge is the one that every phone can answer: MD5, which need not be said.
fn with_one_challenge(refusal: &Refusal) -> Refusal {
    let mut least = refusal.clone();
    least.reason.clear();
    for (_, value) in &mut least.headers {
        *value = value.replace(", algorithm=MD5", "");
    }
    let is_challenge = |name: &Name<'_>| *name == Name::WwwAuthenticate;
    let challenges = least.headers.iter().filter(|(name, _)| is_challenge(name));
    let mut superfluous = challenges.count().saturating_sub(1);
    least.headers.retain(|(name, _)| {
        let goes = superfluous > 0 && is_challenge(name);
        superfluous -= usize::from(goes);
        !goes
    });
    least
}
