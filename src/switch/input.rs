//! Everything that can happen to the switch.

use super::{NewSettings, Request};
use crate::call::link::{NotRedeemed, Pass};
use crate::clock::Clock;
use crate::id::{CallbackId, SoundId};
use crate::sip::resolve::{Answer, Query};
use crate::{media, page, sip};
use std::sync::Arc;

/// Everything that can happen to the switch.
#[derive(Debug)]
pub enum Input {
    /// The network has something for SIP.
    Sip(sip::Input),
    /// A browser's page has something to say.
    Page(page::Input),
    /// A media engine has something to say.
    Media(media::Event),
    /// DNS has answered a [`crate::switch::Output::LookUp`], or will not.
    Looked(Query, Answer),
    /// Somebody asks for something: the answer is one [`crate::switch::Output::Reply`].
    Request(Request),
    /// A sentence of [`crate::switch::Output::Speak`] was spoken; `None`: it cannot be. Each is
    /// answered once.
    Spoken(SoundId, Option<Arc<media::Sound>>),
    /// The account is set differently from now on: checked settings, which sound is what, and the
    /// sounds.
    Settings(Box<NewSettings>),
    /// The [`crate::switch::Output::Callback`] of this revision would survive the end of the process,
    /// or could not be written.
    Stored {
        callback: CallbackId,
        revision: u64,
        stored: bool,
    },
    /// The answer to the [`crate::switch::Output::Redeem`] or [`crate::switch::Output::LookAtLink`] with
    /// this ticket. Each is answered once, within
    /// five seconds.
    Redeemed {
        ticket: u64,
        redeemed: Result<Pass, NotRedeemed>,
    },
    /// The wall clock was read again.
    Clock(Clock),
    /// Take no new calls: the server is about to stop.
    Drain,
    /// End the calls that are left.
    Stop,
    /// A deadline from `poll_timeout` may have passed.
    Timeout,
}
