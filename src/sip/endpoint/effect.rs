//! The effects of the four transactions as one.

use super::transactions::Told;
use crate::sip::transaction::{client_invite, client_other, server_invite, server_other};

/// What any of the four machines wants done.
pub(super) enum Effect {
    Send(Vec<u8>),
    Tell(Told),
}

/// Runs a machine; gives its effects as those of any.
pub(super) fn collect<E: Into<Effect>>(run: impl FnOnce(&mut Vec<E>)) -> Vec<Effect> {
    let mut out = vec![];
    run(&mut out);
    out.into_iter().map(Into::into).collect()
}

impl From<server_invite::Effect> for Effect {
    fn from(effect: server_invite::Effect) -> Self {
        match effect {
            server_invite::Effect::Send(bytes) => Self::Send(bytes),
            server_invite::Effect::PassAck => Self::Tell(Told::PassAck),
            // Only after a refusal: the session is over already.
            server_invite::Effect::NoAck => Self::Tell(Told::Expired),
        }
    }
}

impl From<server_other::Effect> for Effect {
    fn from(effect: server_other::Effect) -> Self {
        match effect {
            server_other::Effect::Send(bytes) => Self::Send(bytes),
        }
    }
}

impl From<client_invite::Effect> for Effect {
    fn from(effect: client_invite::Effect) -> Self {
        match effect {
            client_invite::Effect::Send(bytes) => Self::Send(bytes),
            client_invite::Effect::Deliver => Self::Tell(Told::Deliver),
            client_invite::Effect::Expired => Self::Tell(Told::Expired),
            client_invite::Effect::Unreachable => Self::Tell(Told::Unreachable),
        }
    }
}

impl From<client_other::Effect> for Effect {
    fn from(effect: client_other::Effect) -> Self {
        match effect {
            client_other::Effect::Send(bytes) => Self::Send(bytes),
            client_other::Effect::Deliver => Self::Tell(Told::Deliver),
            client_other::Effect::Expired => Self::Tell(Told::Expired),
            client_other::Effect::Unreachable => Self::Tell(Told::Unreachable),
        }
    }
}
