//! The notices of the switch as events.

use super::live::status_word;
use super::what::{Chosen, OfferEnd, What};
use crate::acd::{By, Choice, Message, Status};
use crate::call::supervise::{Deed, Supervisor};
use crate::id::{AgentId, CallId};
use crate::settings::Distribution;
use crate::switch::{Notice, TrunkState, Unrung};

/// The event that a notice is; `None` for what only the story of a call tells.
pub fn told(call: Option<CallId>, notice: &Notice) -> Option<What> {
    let what = match notice {
        // Who has set what is told by whoever saves it.
        Notice::Settings => return None,
        Notice::Arrived { from, called } => What::Arrived {
            call: call?,
            from: from.clone(),
            called: called.clone(),
        },
        Notice::Refused {
            from,
            called,
            status,
            why,
        } => What::Refused {
            from: from.clone(),
            called: called.clone(),
            status: *status,
            why: why.clone(),
        },
        Notice::Queued { queue, position } => What::Queued {
            call: call?,
            queue: *queue,
            position: *position,
        },
        Notice::HearsMusic => What::Music { call: call? },
        Notice::Pressed { by_agent } => What::Digit {
            call: call?,
            by_agent: *by_agent,
        },
        Notice::Consults { to } => What::Consults {
            call: call?,
            to: to.clone(),
        },
        Notice::Consulted => What::Consulted { call: call? },
        Notice::ConsultEnded => What::ConsultEnded { call: call? },
        Notice::RingsOutside => What::RingsOutside { call: call? },
        Notice::HearsNetwork => What::EarlyMedia { call: call? },
        Notice::Hears(message) => What::Message {
            call: call?,
            message: message_word(*message),
        },
        Notice::Unspoken(message) => What::MessageMissing {
            call: call?,
            message: message_word(*message),
        },
        Notice::Closed { queue } => What::FoundClosed {
            call: call?,
            queue: *queue,
        },
        Notice::Open { queue, open } => What::QueueOpen {
            queue: *queue,
            open: *open,
        },
        Notice::Rings(agent, why) => What::Offered {
            call: call?,
            agent: *agent,
            why: why.to_string(),
            choice: chosen(why),
        },
        Notice::Unrung(agent, why) => offer_ended(call?, *agent, *why),
        Notice::Connected { agent, waited_ms } => What::Answered {
            call: call?,
            agent: *agent,
            waited_ms: *waited_ms,
        },
        Notice::Held { by_agent, held } => What::Held {
            call: call?,
            by_agent: *by_agent,
            held: *held,
        },
        Notice::Lost { by_agent } => What::Lost {
            call: call?,
            by_agent: *by_agent,
            lost: true,
        },
        Notice::Found { by_agent } => What::Lost {
            call: call?,
            by_agent: *by_agent,
            lost: false,
        },
        Notice::WaitsAgain => What::WaitsAgain { call: call? },
        Notice::AsksConsent => What::ConsentAsked { call: call? },
        Notice::Consent { given } => What::Consent {
            call: call?,
            given: *given,
        },
        Notice::Masked { masked } => What::Masked {
            call: call?,
            masked: *masked,
        },
        Notice::Recording { segment } => What::Recording {
            call: call?,
            segment: *segment,
        },
        Notice::Dials { agent, number } => What::Dialled {
            call: call?,
            agent: *agent,
            number: number.clone(),
        },
        Notice::SentOut { number } => What::SentOut {
            call: call?,
            number: number.clone(),
        },
        Notice::PassedOn { by, to } => What::Transferred {
            call: call?,
            agent: *by,
            to: to.clone(),
        },
        Notice::Supervisor { by, agent, deed } => supervised(call?, by, *agent, *deed)?,
        Notice::NotTaken { status } => What::TransferFailed {
            call: call?,
            status: *status,
        },
        Notice::Tries { trunk } => What::Tried {
            call: call?,
            trunk: *trunk,
        },
        Notice::Passed { trunk, why } => What::PassedOver {
            call: call?,
            trunk: *trunk,
            status: None,
            why: Some(why.clone()),
        },
        Notice::Failed { trunk, status } => What::PassedOver {
            call: call?,
            trunk: *trunk,
            status: Some(*status),
            why: None,
        },
        Notice::Reached { trunk, waited_ms } => What::Reached {
            call: call?,
            trunk: *trunk,
            waited_ms: *waited_ms,
        },
        Notice::NotReached { status, why } => What::NotReached {
            call: call?,
            status: *status,
            why: why.clone(),
        },
        Notice::Missed(status) => What::Missed {
            call: call?,
            status: *status,
        },
        Notice::Conversation(status) => What::ConversationStatus {
            call: call?,
            status: *status,
        },
        Notice::Ended { end, talked_ms } => What::Ended {
            call: call?,
            end: *end,
            talked_ms: *talked_ms,
        },
        Notice::Reachable(agent, reachable) => What::Reachable {
            agent: *agent,
            reachable: *reachable,
        },
        Notice::Status(agent, status) => says(*agent, *status),
        Notice::WrapUpExtended { agent, left } => What::WrapUpExtended {
            agent: *agent,
            left_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
        },
        Notice::WrappedUp(agent) => What::WrapUpEnded { agent: *agent },
        Notice::Trunk(trunk, state) => {
            let (state, status) = match state {
                TrunkState::Registered => ("registered", None),
                TrunkState::Unregistered(status) => ("unregistered", Some(*status)),
                TrunkState::Up => ("up", None),
                TrunkState::Down(status) => ("down", Some(*status)),
            };
            What::Trunk {
                trunk: *trunk,
                state,
                status,
            }
        }
        Notice::Banned(ban) => What::Banned {
            source: ban.source.address(),
            seconds: ban.lasts.as_secs(),
        },
        Notice::CallbackAsked { queue } => What::CallbackAsked {
            call: call?,
            queue: *queue,
        },
        Notice::CallbackDeclined { why } => What::CallbackDeclined { call: call?, why },
        Notice::CallbackPromised(callback) => What::CallbackPromised {
            call: call?,
            callback: *callback,
        },
        Notice::CallbackTaken { callback, agent } => What::CallbackTaken {
            call: call?,
            callback: *callback,
            agent: *agent,
        },
        Notice::CallbackDials {
            callback, attempt, ..
        } => What::CallbackDialled {
            call: call?,
            callback: *callback,
            attempt: *attempt,
        },
        Notice::CallbackMissed {
            callback,
            attempts,
            wait_s,
        } => What::CallbackMissed {
            call: call?,
            callback: *callback,
            attempts: *attempts,
            wait_s: *wait_s,
        },
        Notice::CallbackNoReply(callback) => What::CallbackNoReply {
            callback: *callback,
        },
        Notice::CallbackCancelled(callback) => What::CallbackCancelled {
            callback: *callback,
        },
        Notice::RingsColleague(agent) => What::RingsColleague {
            call: call?,
            agent: *agent,
        },
        Notice::ColleagueAnswers { agent, waited_ms } => What::ColleagueAnswered {
            call: call?,
            agent: *agent,
            waited_ms: *waited_ms,
        },
        Notice::Replaced { by_agent } => What::Replaced {
            call: call?,
            by_agent: *by_agent,
        },
        Notice::AsksNumber | Notice::HearsEcho => return None,
    };
    Some(what)
}

fn chosen(choice: &Choice) -> Chosen {
    Chosen {
        by: match choice.by {
            By::Queue(Distribution::FewestConversations) => "fewest_conversations",
            By::Queue(Distribution::LongestIdle) => "longest_idle",
            By::Queue(Distribution::RoundRobin) => "round_robin",
            By::Queue(Distribution::TopDown) => "top_down",
            By::Queue(Distribution::FewestCalls) => "fewest_calls",
            By::Queue(Distribution::Random) => "random",
            By::Conversation => "conversation",
            By::Pick => "pick",
            By::Link => "link",
            By::Transfer => "transfer",
        },
        among: choice.among,
        conversations: choice.conversations,
        calls: choice.calls,
        idle_s: choice.idle.as_secs(),
    }
}

fn message_word(message: Message) -> &'static str {
    match message {
        Message::Greeting => "greeting",
        Message::Announcement => "announcement",
        Message::MaxWait => "max_wait",
        Message::Away => "away",
    }
}

/// Who is rung is not there yet.
fn supervised(call: CallId, by: &Supervisor, agent: Option<AgentId>, deed: Deed) -> Option<What> {
    let by = by.name.clone();
    let mode = match deed {
        Deed::Asks => return None,
        Deed::Listens => "listen",
        Deed::Whispers => "whisper",
        Deed::Barges => "barge",
        Deed::TakesOver => "take_over",
        Deed::Leaves | Deed::Barred => return Some(What::SupervisionEnded { call, by }),
    };
    Some(What::Supervised {
        call,
        by,
        agent,
        mode,
    })
}

fn offer_ended(call: CallId, agent: AgentId, why: Unrung) -> What {
    let (why, status) = match why {
        Unrung::NoAnswer => (OfferEnd::NoAnswer, None),
        Unrung::Declined(status) => (OfferEnd::Declined, Some(status)),
        Unrung::Failed(status) => (OfferEnd::Failed, Some(status)),
        Unrung::CallerGone => (OfferEnd::CallerGone, None),
        Unrung::AgentGone => (OfferEnd::AgentGone, None),
        Unrung::NotReady => (OfferEnd::NotReady, None),
    };
    What::OfferEnded {
        call,
        agent,
        why,
        status,
    }
}

fn says(agent: AgentId, status: Status) -> What {
    let (reason, queue) = match status {
        Status::NotReady(reason) => (Some(reason), None),
        Status::Paused(queue) => (None, Some(queue)),
        Status::Available | Status::Offline => (None, None),
    };
    What::Status {
        agent,
        status: status_word(status),
        reason,
        queue,
    }
}
