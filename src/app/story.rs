//! What happens, in words: for the log, and for whoever watches the demo.

use crate::acd::{By, Message, Status};
use crate::call::record::{self, End};
use crate::call::supervise::Deed;
use crate::id::{AgentId, QueueId, TrunkId};
use crate::route;
use crate::settings::Account;
use crate::sip::guard::Offence;
use crate::switch::{Notice, TrunkState, Unrung};

/// How much of a number may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Their last digits: for logs.
    Masked,
    /// All of them: for the person at the terminal of the demo.
    Plain,
}

/// One line about a notice.
pub fn tell(account: &Account, notice: &Notice, numbers: Numbers) -> String {
    let number = |text: &str| match numbers {
        Numbers::Masked => route::masked(text),
        Numbers::Plain => text.to_owned(),
    };
    let agent = |id: &AgentId| {
        let agent = account.agents.iter().find(|agent| agent.id == *id);
        agent.map_or_else(
            || format!("agent {id}"),
            |agent| format!("{} ({})", agent.name, agent.user),
        )
    };
    let name = |id: &QueueId| account.queue(*id).map_or("?", |queue| queue.name.as_str());
    let trunk = |id: &TrunkId| {
        let trunk = account.trunk(*id);
        trunk.map_or_else(|| id.to_string(), |trunk| trunk.name.clone())
    };
    match notice {
        Notice::Arrived { from, called } => {
            format!("{} calls {}: answered", number(from), number(called))
        }
        Notice::Refused {
            from,
            called,
            status,
            why,
        } => {
            let (from, called) = (number(from), number(called));
            format!("{from} calls {called}: refused with {status}, {why}")
        }
        Notice::Closed { queue } => {
            format!("the caller has come to {}, which is closed", name(queue))
        }
        Notice::Open { queue, open: true } => format!("{} is open", name(queue)),
        Notice::Open { queue, open: false } => format!("{} is closed", name(queue)),
        Notice::Queued { queue, position } => {
            format!("the caller waits in {}, place {position}", name(queue))
        }
        Notice::Hears(message) => format!(
            "the caller hears {}",
            match message {
                Message::Greeting => "the greeting",
                Message::Announcement => "an announcement",
                Message::MaxWait => "that the wait is over",
                Message::Away => "that nobody is there now",
            }
        ),
        Notice::Unspoken(_) => "a sentence with numbers could not be spoken in time".to_owned(),
        Notice::HearsMusic => "the caller hears music".to_owned(),
        Notice::HearsEcho => "the caller hears an echo".to_owned(),
        Notice::Rings(id, why) => {
            let agent = agent(id);
            match why.by {
                By::Queue(_) if why.among < 2 => format!("the phone of {agent} rings"),
                By::Queue(_) | By::Conversation | By::Pick | By::Link | By::Transfer => {
                    format!("the phone of {agent} rings: {why}")
                }
            }
        }
        Notice::Unrung(id, why) => {
            let (agent, why) = (agent(id), unrung(*why));
            format!("the phone of {agent} stops ringing: {why}")
        }
        Notice::Connected {
            agent: id,
            waited_ms,
        } => {
            let (agent, seconds) = (agent(id), *waited_ms as f64 / 1000.0);
            format!("{agent} answers: they talk, after {seconds:.1} s of waiting")
        }
        Notice::Lost { by_agent } => {
            let who = if *by_agent { "agent" } else { "caller" };
            format!("the browser of the {who} is lost: the other hears music")
        }
        Notice::Found { by_agent } => {
            let who = if *by_agent { "agent" } else { "caller" };
            format!("the browser of the {who} is back")
        }
        Notice::WaitsAgain => "the agent does not come back: the caller waits again".to_owned(),
        Notice::AsksConsent => "both hear that they are to be recorded".to_owned(),
        Notice::Consent { given: true } => "the customer agrees to be recorded".to_owned(),
        Notice::Consent { given: false } => "the customer is not recorded".to_owned(),
        Notice::Masked { masked: true } => "what is said is not recorded now".to_owned(),
        Notice::Masked { masked: false } => "what is said is recorded again".to_owned(),
        Notice::Held { by_agent, held } => {
            let who = if *by_agent { "the agent" } else { "the caller" };
            let what = if *held {
                "puts the other on hold"
            } else {
                "takes the other back"
            };
            format!("{who} {what}")
        }
        Notice::Pressed { by_agent: true } => "the agent presses a key".to_owned(),
        Notice::Pressed { by_agent: false } => "the caller presses a key".to_owned(),
        Notice::Recording { segment } => format!("both are recorded, segment {segment}"),
        Notice::Dials {
            agent: id,
            number: called,
        } => {
            let outside = if called.starts_with('+') {
                " outside"
            } else {
                ""
            };
            format!("{} calls {}{outside}", agent(id), number(called))
        }
        Notice::SentOut { number: called } => format!("the caller is sent to {}", number(called)),
        Notice::PassedOn { by, to } => {
            let to = match to {
                record::Destination::Number(called) => number(called),
                record::Destination::Agent(to) => agent(&to.id),
                record::Destination::Queue(queue) => queue.clone(),
            };
            format!("{} passes the caller on to {to}", agent(by))
        }
        Notice::Consults { to } => match to {
            record::Destination::Number(called) => format!("the agent asks {}", number(called)),
            record::Destination::Agent(asked) => format!("the agent asks {}", agent(&asked.id)),
            record::Destination::Queue(name) => format!("the agent asks whoever answers in {name}"),
        },
        Notice::RingsColleague(id) => format!("{}'s phone rings", agent(id)),
        Notice::ColleagueAnswers {
            agent: id,
            waited_ms,
        } => {
            let seconds = *waited_ms as f64 / 1000.0;
            format!("{} answers after {seconds:.1} s: they talk", agent(id))
        }
        Notice::Replaced { .. } => "a party goes on at another phone of theirs".to_owned(),
        Notice::Consulted => "who is asked has answered".to_owned(),
        Notice::ConsultEnded => "who was asked is in the call no more".to_owned(),
        Notice::Supervisor {
            by,
            agent: beside,
            deed,
        } => supervised(&by.name, beside.as_ref().map(agent), *deed),
        Notice::NotTaken { status } => {
            format!("nobody takes the caller who was passed on: {status}")
        }
        Notice::Tries { trunk: id } => format!("the call goes out by trunk {}", trunk(id)),
        Notice::Passed { trunk: id, why } => format!("trunk {} is passed over: {why}", trunk(id)),
        Notice::Failed {
            trunk: id,
            status: 408,
        } => format!("trunk {} gives no answer", trunk(id)),
        Notice::Failed { trunk: id, status } => format!("trunk {} says {status}", trunk(id)),
        Notice::RingsOutside => "the number outside rings".to_owned(),
        Notice::HearsNetwork => "the caller hears the network of the number".to_owned(),
        Notice::Reached {
            trunk: id,
            waited_ms,
        } => {
            let (trunk, seconds) = (trunk(id), *waited_ms as f64 / 1000.0);
            format!("the number outside answers by trunk {trunk}, after {seconds:.1} s: they talk")
        }
        Notice::NotReached { status, why } => {
            let why = why
                .as_ref()
                .map_or_else(String::new, |why| format!(", {why}"));
            format!("the number outside is not reached: {status}{why}")
        }
        Notice::CallbackAsked { queue } => {
            let queue = account.queue(*queue).map_or("?", |queue| &queue.name);
            format!("the caller asks to be called back by {queue}")
        }
        Notice::AsksNumber => "the caller is asked for a number".to_owned(),
        Notice::CallbackDeclined { why } => format!("the caller cannot be called back: {why}"),
        Notice::CallbackPromised(id) => {
            format!("callback {id} is kept, and the caller is told so")
        }
        Notice::CallbackTaken {
            callback,
            agent: id,
        } => format!("{} answers for callback {callback}", agent(id)),
        Notice::CallbackDials {
            callback,
            number: called,
            attempt,
        } => {
            let called = number(called);
            format!("callback {callback} dials {called}, attempt {attempt}")
        }
        Notice::CallbackMissed {
            callback,
            attempts,
            wait_s,
        } => format!(
            "callback {callback} has not reached the customer, attempts {attempts}: again in {wait_s} s"
        ),
        Notice::CallbackCancelled(id) => format!("callback {id} is cancelled"),
        Notice::CallbackNoReply(id) => format!("callback {id} is given up: no reply"),
        Notice::Trunk(id, state) => {
            let trunk = trunk(id);
            match state {
                TrunkState::Registered => format!("we are registered at trunk {trunk}"),
                TrunkState::Unregistered(status) => {
                    format!("we are not registered at trunk {trunk}: {status}")
                }
                TrunkState::Up => format!("trunk {trunk} answers"),
                TrunkState::Down(status) => format!("trunk {trunk} does not answer: {status}"),
            }
        }
        Notice::Missed(status) => {
            format!(
                "nobody took the call: the conversation is {}",
                status_word(*status)
            )
        }
        Notice::Conversation(status) => {
            format!("the conversation is {}, people say", status_word(*status))
        }
        Notice::Ended { end, talked_ms } => {
            let seconds = *talked_ms as f64 / 1000.0;
            format!(
                "the call is over: {}; they talked for {seconds:.1} s",
                ended(*end)
            )
        }
        Notice::Reachable(id, true) => format!("{} is available", agent(id)),
        Notice::Reachable(id, false) => format!("{} has no phone any more", agent(id)),
        Notice::Status(id, status) => {
            let agent = agent(id);
            match status {
                Status::Available => format!("{agent} says: available"),
                Status::NotReady(reason) => {
                    let reason = account.not_ready.get(usize::from(*reason));
                    let reason = reason.map_or("?", |reason| reason.as_str());
                    format!("{agent} says: not ready, {reason}")
                }
                Status::Paused(queue) => {
                    let queue = name(queue);
                    format!("{agent} is paused: too many calls of {queue} were missed")
                }
                Status::Offline => format!("{agent} says: offline"),
            }
        }
        Notice::WrapUpExtended { agent: id, left } => {
            let (agent, seconds) = (agent(id), left.as_secs_f64());
            format!("{agent} needs more time: {seconds:.1} s of wrap-up are left")
        }
        Notice::WrappedUp(id) => format!("{} has finished the wrap-up", agent(id)),
        Notice::Settings => "other settings are in force".to_owned(),
        Notice::Banned(ban) => {
            let (source, seconds) = (ban.source.address(), ban.lasts.as_secs());
            let why = offence(ban.offence);
            format!("{source} is not heard for {seconds} s: {why}")
        }
    }
}

fn supervised(by: &str, agent: Option<String>, deed: Deed) -> String {
    let agent = agent.unwrap_or_else(|| "nobody".to_owned());
    match deed {
        Deed::Asks => format!("{by} is rung, to supervise {agent}"),
        Deed::Listens => format!("{by} listens to {agent}"),
        Deed::Whispers => format!("{by} whispers to {agent}"),
        Deed::Barges => format!("{by} talks to {agent} and the customer"),
        Deed::TakesOver => format!("{by} takes the customer over from {agent}"),
        Deed::Leaves => format!("{by} does not supervise the call any more"),
        Deed::Barred => format!("{by} may not supervise the call any more, and is hung up on"),
    }
}

fn offence(offence: Offence) -> &'static str {
    match offence {
        Offence::Credentials => "wrong passwords or unknown users",
        Offence::Malformed => "messages that make no sense",
        Offence::Uninvited => "calls from no trunk's network",
    }
}

fn unrung(why: Unrung) -> String {
    match why {
        Unrung::NoAnswer => "no answer".to_owned(),
        Unrung::Declined(status) => format!("declined with {status}"),
        Unrung::Failed(status) => format!("could not be reached, {status}"),
        Unrung::CallerGone => "the caller does not wait any more".to_owned(),
        Unrung::NotReady => "the agent is not available any more".to_owned(),
        Unrung::AgentGone => "the phone is not registered any more".to_owned(),
    }
}

/// How a conversation stands, in words.
pub fn status_word(status: record::Status) -> &'static str {
    match status {
        record::Status::Open => "open",
        record::Status::Waiting => "waiting",
        record::Status::Solved => "solved",
        record::Status::Closed => "closed",
    }
}

/// Why a call ended, in words.
pub fn ended(end: End) -> &'static str {
    match end {
        End::CustomerHungUp => "the customer hung up",
        End::AgentHungUp => "the agent hung up",
        End::Abandoned => "the customer did not wait any longer",
        End::Closed => "the queue is closed",
        End::MaxWait => "the longest wait was reached",
        End::CallbackPromised => "the customer will be called back",
        End::NotReached => "the number outside was not reached",
        End::OutsideHungUp => "the number outside hung up",
        End::Joined => "who was asked talks to the customer of another call",
        End::MediaLost => "no sound came from a party any more",
        End::SignallingLost => "a party could not be reached any more",
        End::Refused => "no common codec",
        End::Stopped => "the server was stopped",
        End::Interrupted => "the server died",
        End::Fault => "a fault of ours",
    }
}
