use super::config::Outbound;
use super::info::Keys;
use super::invite::To;
use super::refer::Referral;
use super::refresh::allows_update;
use super::requests::Sent;
use super::route::is_on;
use super::transactions::TxId;
use super::write::Head;
use crate::sip::auth::Keyring;
use crate::sip::dialog::reliable::Next;
use crate::sip::dialog::session_timer::{Agreed, Running};
use crate::sip::dialog::{Answer, Change, Dialog, Provisionals};
use crate::sip::header::Cause;
use crate::sip::message::Message;
use crate::sip::uri::Uri;
use crate::sip::{Flow, Terms};
use std::time::Instant;

/// An INVITE dialog, its INVITE, and what may still come of either.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) call_id: String,
    /// Whether the INVITE that makes it is ours: then so is the Call-ID.
    pub(super) is_ours: bool,
    /// Our tag: no other session has it.
    pub(super) local_tag: String,
    /// The user whose phone the peer is, as far as that is proved.
    pub(super) user: Option<String>,
    /// What the peer's challenges are answered with.
    pub(super) keyring: Keyring,
    pub(super) state: State,
    /// Our INVITEs, while responses to them may come; none for a call received.
    pub(super) forks: Vec<Fork>,
    /// Why they are cancelled, as whoever is called is told.
    pub(super) why: Option<Cause>,
    /// The early dialogs that our INVITEs have made.
    pub(super) early: Vec<Early>,
    /// The tag of the one that was told last: the one to listen to.
    pub(super) told: String,
    /// What our INVITEs are written of, until one is answered.
    pub(super) outbound: Option<Box<Outbound>>,
    /// Our requests in the dialog, while responses to them may come.
    pub(super) sent: Vec<Sent>,
    /// An offer of the peer that waits for the user.
    pub(super) asked: Option<Asked>,
    /// Our own change, wanted or sent; and the offer that is wanted after it.
    pub(super) change: Option<Change>,
    pub(super) next: Option<Vec<u8>>,
    /// The transfer that the peer asks for.
    pub(super) referral: Option<Referral>,
    /// Keys that the peer is to be told of by INFO.
    pub(super) keys: Keys,
    /// What the two ends may agree on.
    pub(super) terms: Terms,
    /// Until then a 2xx may come to an INVITE whose transaction has given up.
    pub(super) linger: Option<Instant>,
}

/// ```text
///   INVITE received ─▶ Invited ─200─▶ Talking ─BYE sent─▶ Ending ─answer─▶ Over
///   INVITE sent ─────▶ Calling ─200─▶    │ BYE received                     ▲
///                         └──────────────┴── refused, cancelled, failed ────┘
/// ```
#[derive(Debug)]
pub(super) enum State {
    Invited(Box<Invited>),
    Calling {
        /// When it has rung for too long.
        until: Instant,
        /// The best refusal so far.
        failure: Option<Failure>,
    },
    Talking(Box<Talking>),
    Ending(Box<Dialog>),
    /// The user knows that it is over; forks may still have to be put to rest.
    Over,
}

/// A call received and not answered.
#[derive(Debug)]
pub(super) struct Invited {
    pub(super) tx: TxId,
    pub(super) request: Message,
    pub(super) dialog: Dialog,
    pub(super) flow: Flow,
    /// Our provisional responses that want a PRACK.
    pub(super) provisionals: Provisionals,
    /// Our answer, while a PRACK must come first.
    pub(super) answer: Option<Vec<u8>>,
    /// Our last description, once there is one after that answer.
    pub(super) said: Option<Vec<u8>>,
    /// What the caller is told then, if there is nothing else to be told meanwhile.
    pub(super) again: (Instant, Next),
}

/// A dialog that our INVITE has made and nobody has answered.
#[derive(Debug)]
pub(super) struct Early {
    /// Of which of our INVITEs.
    pub(super) tx: TxId,
    pub(super) dialog: Dialog,
    pub(super) flow: Flow,
    /// The last reliable provisional response in it (RFC 3262 §4).
    pub(super) rseq: Option<u32>,
    /// The answer that came reliably: it counts, whatever a later response says.
    pub(super) answer: Option<Vec<u8>>,
    /// Our last description, once there is one after the INVITE's: what was agreed on with it takes
    /// the place of that answer.
    pub(super) said: Option<Vec<u8>>,
    /// Whether the peer takes UPDATE, as far as it has said so.
    pub(super) updates: bool,
}

/// A confirmed dialog.
#[derive(Debug)]
pub(super) struct Talking {
    pub(super) dialog: Dialog,
    /// The way to the peer: where its last request or response came from.
    pub(super) flow: Flow,
    /// Our 200 that waits for its ACK.
    pub(super) unacked: Option<Unacked>,
    /// When the peer must have been heard of (RFC 4028).
    pub(super) timer: Option<(Agreed, Running)>,
    /// Whether the peer takes UPDATE, as far as it has said so.
    pub(super) updates: bool,
    /// Our last description.
    pub(super) said: Vec<u8>,
    /// The RSeq whose PRACK may still come.
    pub(super) prack: Option<u32>,
    /// The user has hung up before the ACK came (§15): the Reason for the BYE.
    pub(super) hang_up: Option<Option<(u16, String)>>,
}

#[derive(Debug)]
pub(super) struct Unacked {
    pub(super) answer: Answer,
    pub(super) tx: TxId,
    /// Whether the ACK brings an answer to our offer.
    pub(super) late: bool,
    /// Whether it answers the INVITE that made the dialog.
    pub(super) first: bool,
}

/// A re-INVITE, an UPDATE or a PRACK with an offer.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) tx: TxId,
    pub(super) request: Message,
    pub(super) flow: Flow,
}

/// One of our INVITEs of a session.
#[derive(Debug)]
pub(super) struct Fork {
    pub(super) tx: TxId,
    pub(super) flow: Flow,
    pub(super) head: Head,
    /// The other flows to the same phone, to be tried where this one leads to nobody (RFC 5626 §7).
    pub(super) spare: Vec<To>,
    /// How often it has been sent anew.
    pub(super) tries: u8,
    /// A provisional response has come: it may be cancelled (§9.1).
    pub(super) rung: bool,
    pub(super) cancel: Cancel,
    /// No 2xx can come any more.
    pub(super) finished: bool,
    /// The ACKs of its 2xx, one for each dialog, to be sent again when a 2xx is repeated.
    pub(super) acks: Vec<Ack>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cancel {
    No,
    /// As soon as a provisional response has come.
    Wanted,
    Sent,
}

#[derive(Debug)]
pub(super) struct Ack {
    pub(super) tag: String,
    pub(super) flow: Flow,
    pub(super) bytes: Vec<u8>,
}

/// Why our call has failed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) retry_after: Option<u32>,
    pub(super) cause: Option<Cause>,
}

impl Session {
    pub(super) fn new(call_id: String, local_tag: String, state: State) -> Self {
        Self {
            call_id,
            is_ours: matches!(state, State::Calling { .. }),
            local_tag,
            user: None,
            keyring: Keyring::default(),
            state,
            forks: vec![],
            why: None,
            early: vec![],
            told: String::new(),
            outbound: None,
            sent: vec![],
            asked: None,
            change: None,
            next: None,
            referral: None,
            keys: Keys::default(),
            terms: Terms::default(),
            linger: None,
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let own = match &self.state {
            State::Talking(talking) => {
                let unacked = talking.unacked.as_ref();
                let unacked = unacked.map(|unacked| unacked.answer.poll_timeout());
                let timer = talking.timer.map(|(_, running)| running.poll_timeout());
                let timer = timer.filter(|_| talking.hang_up.is_none());
                [unacked, timer].into_iter().flatten().min()
            }
            State::Calling { until, .. } => Some(*until),
            State::Invited(invited) => {
                let (again, _) = invited.again;
                let provisionals = invited.provisionals.poll_timeout();
                Some(provisionals.map_or(again, |due| due.min(again)))
            }
            State::Ending(_) | State::Over => None,
        };
        let change = self.change.as_ref().and_then(Change::due);
        let change = change.filter(|_| self.may_change().is_some());
        [own, change, self.linger, self.referral_due()]
            .into_iter()
            .flatten()
            .min()
    }

    pub(super) fn talking(&mut self) -> Option<&mut Talking> {
        match &mut self.state {
            State::Talking(talking) => Some(talking),
            State::Invited(_) | State::Calling { .. } | State::Ending(_) | State::Over => None,
        }
    }

    /// The tag of the peer that may be offered something now: no offer is open in either direction
    /// (RFC 3261 §14.1, RFC 3311 §5.1).
    pub(super) fn may_change(&self) -> Option<&str> {
        if self.asked.is_some() || self.has_offered() {
            return None;
        }
        match &self.state {
            State::Talking(talking) => {
                let settled = talking.unacked.is_none() && talking.hang_up.is_none();
                settled.then(|| talking.dialog.remote_tag())
            }
            State::Invited(invited) => {
                let settled = self.takes_update() && !invited.provisionals.holds_2xx();
                settled.then(|| invited.dialog.remote_tag())
            }
            State::Calling { .. } => self.takes_update().then_some(self.told.as_str()),
            State::Ending(_) | State::Over => None,
        }
    }

    /// Whether there is an UPDATE to come to before the answer: the peer takes it, and an offer has been
    /// answered reliably, or is about to be.
    pub(super) fn takes_update(&self) -> bool {
        match &self.state {
            State::Invited(invited) => {
                invited.provisionals.described() && allows_update(&invited.request)
            }
            State::Calling { .. } => self
                .early_with(&self.told)
                .is_some_and(|early| early.updates && early.answer.is_some()),
            State::Talking(_) | State::Ending(_) | State::Over => false,
        }
    }

    /// The peer has said that it takes UPDATE, and does not.
    pub(super) fn takes_no_update(&mut self, tag: &str) {
        if let Some(talking) = self.talking() {
            talking.updates = false;
        }
        let mut early = self.early.iter_mut();
        if let Some(early) = early.find(|early| early.dialog.remote_tag() == tag) {
            early.updates = false;
        }
    }

    /// Whether keys of the peer mean anything: before the answer, too, as the network called may have
    /// a menu.
    pub(super) fn takes_keys(&self) -> bool {
        match &self.state {
            State::Invited(_) | State::Calling { .. } => true,
            State::Talking(talking) => talking.hang_up.is_none(),
            State::Ending(_) | State::Over => false,
        }
    }

    /// The early dialog with that peer.
    pub(super) fn early_with(&self, tag: &str) -> Option<&Early> {
        let mut early = self.early.iter();
        early.find(|early| early.dialog.remote_tag() == tag)
    }

    /// Notes our last description to that peer.
    pub(super) fn describe(&mut self, tag: &str, sdp: &[u8]) {
        match &mut self.state {
            State::Talking(talking) => talking.said = sdp.to_vec(),
            State::Invited(invited) => invited.said = Some(sdp.to_vec()),
            State::Calling { .. } => {
                let mut early = self.early.iter_mut();
                if let Some(early) = early.find(|early| early.dialog.remote_tag() == tag) {
                    early.said = Some(sdp.to_vec());
                }
            }
            State::Ending(_) | State::Over => {}
        }
    }

    /// Whether a re-INVITE or an UPDATE of ours waits for its answer.
    pub(super) fn has_offered(&self) -> bool {
        self.sent.iter().any(Sent::is_open_change)
    }

    /// The dialog with that peer, made or early, and the way to it.
    pub(super) fn dialog_with(&mut self, tag: &str) -> Option<(&mut Dialog, Flow)> {
        let (dialog, flow) = match &mut self.state {
            State::Invited(invited) => (&mut invited.dialog, invited.flow),
            State::Talking(talking) => (&mut talking.dialog, talking.flow),
            State::Calling { .. } => {
                let mut early = self.early.iter_mut();
                let early = early.find(|early| early.dialog.remote_tag() == tag)?;
                (&mut early.dialog, early.flow)
            }
            State::Ending(_) | State::Over => match &mut self.referral {
                Some(Referral::Active { dialog, .. }) => {
                    let kept = dialog.as_mut()?;
                    (&mut kept.0, kept.1)
                }
                Some(Referral::Asked { .. }) | None => return None,
            },
        };
        (dialog.remote_tag() == tag).then_some((dialog, flow))
    }

    /// Whether the peer was reached by a flow that is gone.
    pub(super) fn is_on(&self, gone: Flow) -> bool {
        match &self.state {
            State::Invited(invited) => is_on(invited.flow, gone),
            State::Talking(talking) => is_on(talking.flow, gone),
            State::Calling { .. } | State::Ending(_) | State::Over => false,
        }
    }

    /// A phone of that user has registered on `way`. A call with that phone goes that way from
    /// now on: where the phone is has changed, as its NAT or connection has. It is known by its
    /// contact; if its connection is lost, by being the `only` one of the user.
    pub(super) fn follow(&mut self, user: &str, contact: &Uri, way: Flow, only: bool) {
        if self.user.as_deref() != Some(user) {
            return;
        }
        let Some(talking) = self.talking() else {
            return;
        };
        let old = talking.flow;
        let lost = old.transport.is_reliable() && old.connection == 0;
        let same_place = only && lost && old.remote.ip() == way.remote.ip();
        if same_place || talking.dialog.is_with(contact) {
            talking.flow = way;
        }
    }

    /// Forgets the INVITEs to which nothing can come any more.
    pub(super) fn tidy(&mut self) {
        if self.linger.is_none() && !self.is_calling() {
            self.forks.retain(|fork| !fork.finished);
        }
    }

    pub(super) fn is_calling(&self) -> bool {
        matches!(self.state, State::Calling { .. })
    }

    /// The dialog that a request of the peer may belong to.
    pub(super) fn dialog(&self) -> Option<&Dialog> {
        match &self.state {
            State::Invited(invited) => Some(&invited.dialog),
            State::Talking(talking) => Some(&talking.dialog),
            State::Ending(dialog) => Some(dialog),
            State::Calling { .. } | State::Over => None,
        }
    }
}

impl Failure {
    pub(super) fn new(status: u16, reason: &str) -> Self {
        Self {
            status,
            reason: reason.to_owned(),
            retry_after: None,
            cause: None,
        }
    }

    /// Whether this one says more about the callee than the other (§16.7 step 6): what a person
    /// or a phone has decided before what the network could not do.
    pub(super) fn outranks(&self, other: &Self) -> bool {
        self.rank() < other.rank()
    }

    fn rank(&self) -> u8 {
        match self.status {
            600.. => 0,
            486 => 1,
            408 => 6,
            480 => 5,
            400..500 => 3,
            300..400 => 4,
            _ => 7,
        }
    }
}
