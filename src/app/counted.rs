//! What of the story of calls is counted for whoever watches (B14).

use super::story;
use crate::switch::Notice;
use crate::watch::metrics;
use std::time::Duration;

/// Counts what is to be counted.
pub(super) fn count(notice: &Notice) {
    match notice {
        Notice::Arrived { .. } | Notice::Dials { .. } => metrics::CALLS_STARTED.add(1),
        Notice::Refused { status, .. } => {
            metrics::CALLS_REFUSED.add_for(&status.to_string(), 1);
        }
        Notice::Connected { waited_ms, .. } => {
            metrics::WAIT.note(Duration::from_millis(*waited_ms));
        }
        Notice::Unspoken(_) => metrics::NOT_SPOKEN.add(1),
        Notice::Missed(status) => {
            metrics::CALLS_MISSED.add_for(story::status_word(*status), 1);
        }
        Notice::Ended { end, .. } => metrics::CALLS_ENDED.add_for(end.name(), 1),
        Notice::CallbackPromised(_) => metrics::CALLBACKS_PROMISED.add(1),
        Notice::CallbackDials { .. } => metrics::CALLBACKS_DIALLED.add(1),
        Notice::CallbackNoReply(_) => metrics::CALLBACKS_UNANSWERED.add(1),
        Notice::Queued { .. }
        | Notice::SentOut { .. }
        | Notice::PassedOn { .. }
        | Notice::NotTaken { .. }
        | Notice::Consults { .. }
        | Notice::Consulted
        | Notice::Supervisor { .. }
        | Notice::RingsColleague(_)
        | Notice::ColleagueAnswers { .. }
        | Notice::Replaced { .. }
        | Notice::ConsultEnded
        | Notice::CallbackAsked { .. }
        | Notice::AsksNumber
        | Notice::CallbackDeclined { .. }
        | Notice::CallbackTaken { .. }
        | Notice::CallbackMissed { .. }
        | Notice::CallbackCancelled(_)
        | Notice::Tries { .. }
        | Notice::Passed { .. }
        | Notice::Failed { .. }
        | Notice::RingsOutside
        | Notice::HearsNetwork
        | Notice::Reached { .. }
        | Notice::NotReached { .. }
        | Notice::Trunk(..)
        | Notice::Hears(_)
        | Notice::HearsMusic
        | Notice::HearsEcho
        | Notice::Rings(..)
        | Notice::Closed { .. }
        | Notice::Conversation(_)
        | Notice::Open { .. }
        | Notice::Unrung(..)
        | Notice::Held { .. }
        | Notice::Lost { .. }
        | Notice::Found { .. }
        | Notice::WaitsAgain
        | Notice::Masked { .. }
        | Notice::AsksConsent
        | Notice::Consent { .. }
        | Notice::Pressed { .. }
        | Notice::Recording { .. }
        | Notice::Reachable(..)
        | Notice::Status(..)
        | Notice::WrapUpExtended { .. }
        | Notice::WrappedUp(_)
        | Notice::Settings
        | Notice::Banned(_) => {}
    }
}
