//! What people and programs ask for, and what becomes of it.
//!
//! Whoever asks gets one [`Output::Reply`] with the number of the request, before anything else
//! happens. A refusal says what to mend; then nothing has changed.

use super::{Consultation, Notice, Output, Switch};
use crate::acd::callback::{NotCancelled, NotPicked, Number};
use crate::acd::{self, AgentState, Status};
use crate::call::supervise::{Supervisor, Wish};
use crate::call::{self, record};
use crate::id::{AgentId, CallId, CallbackId, QueueId, TrunkId};
use crate::route;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Something that is asked of the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The asker's number for it: the reply has it too.
    pub ticket: u64,
    /// What is asked.
    pub what: Ask,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The agent is available from now on, or not (R151, B7). Asking for what is already so is fine.
    SetStatus { agent: AgentId, status: Status },
    /// The agent has finished the after-call work early (D4).
    EndWrapUp { agent: AgentId },
    /// The agent needs [`acd::EXTENSION`] more of it (R18).
    ExtendWrapUp { agent: AgentId },
    /// The agent takes a manual callback from the list (R70): their phone rings, then the customer's.
    PickCallback {
        agent: AgentId,
        callback: CallbackId,
    },
    /// A customer is not to be called back after all.
    CancelCallback { callback: CallbackId },
    /// How many conversations of other channels the agent has that are not closed (R53, R149).
    SetLoad { agent: AgentId, conversations: u32 },
    /// How the conversation of a call that goes on stands (R151); that of one that is over is for the
    /// store.
    SetConversation {
        call: CallId,
        status: record::Status,
    },
    /// The conversation with a customer of a trunk is this agent's, or is closed: of a trunk on which
    /// conversations stay with their agents (R60). Who takes a call there has it by that.
    Assign {
        trunk: TrunkId,
        /// The customer's number, E.164.
        customer: String,
        agent: Option<AgentId>,
    },
    /// The agent of a call puts the customer on hold, or takes them back. Here and below `agent` is who
    /// asks, and has to be in the call; `None`: somebody who may act for any agent.
    Hold {
        agent: Option<AgentId>,
        call: CallId,
        on: bool,
    },
    /// The agent of a call leaves the customer to somebody else (R130). `from`: the number that one
    /// outside is shown, where the agent has the choice (R128).
    Transfer {
        agent: Option<AgentId>,
        call: CallId,
        to: call::Target,
        from: Option<String>,
    },
    /// What is said is silence in the recording of the call, or sound again (B10).
    Mask {
        agent: Option<AgentId>,
        call: CallId,
        on: bool,
    },
    /// These numbers outside are contacts from now on, and no others (R126).
    List { numbers: BTreeSet<Number> },
    /// An agent calls a number outside, or a colleague: what is theirs rings first.
    Call { agent: AgentId, to: call::Target },
    /// The agent of a call asks a number outside, a colleague, or whoever answers in a queue, while the
    /// customer is on hold (B2).
    Consult {
        agent: Option<AgentId>,
        call: CallId,
        to: call::Target,
        from: Option<String>,
    },
    /// What becomes of it.
    Consultation {
        agent: Option<AgentId>,
        call: CallId,
        what: Consultation,
    },
    /// Somebody stands beside the agent of a call, or wants something else there (B1): their own device
    /// rings.
    Supervise {
        call: CallId,
        by: Supervisor,
        wish: Wish,
    },
    /// They leave.
    EndSupervision { call: CallId, by: Supervisor },
    /// They may stand beside others than before, or beside nobody: then they are hung up on.
    LimitSupervision { call: CallId, by: Supervisor },
    /// The agent of a call hangs up: the call is over.
    HangUp {
        agent: Option<AgentId>,
        call: CallId,
    },
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// What was asked, and no more is to be said.
    Plain,
    /// The after-call work now lasts for so long.
    WrapUp { left: Duration },
    /// A call has begun: this one.
    Called { call: CallId },
}

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The account has no such agent.
    #[error("there is no agent {0}")]
    UnknownAgent(AgentId),
    /// The account has no such reason.
    #[error("there is no reason {0} for being not ready: see not_ready in the settings")]
    UnknownReason(u16),
    /// The account has no such trunk.
    #[error("there is no trunk {0}")]
    UnknownTrunk(TrunkId),
    /// On this trunk, calls go to anybody.
    #[error("conversations of trunk {0} stay with nobody: sticky_agent is off in the settings")]
    NotSticky(TrunkId),
    /// There is no such call, or it is over.
    #[error("no call {0} goes on")]
    NotInProgress(CallId),
    /// Only missed calls pause an agent.
    #[error("nobody pauses an agent but missed calls: ask for not_ready or offline")]
    NotForPeople,
    /// The after-call work is over, or there was none.
    #[error("agent {0} is not in wrap-up")]
    NotInWrapUp(AgentId),
    /// It cannot be prolonged.
    #[error("wrap-up cannot be prolonged: wrap_up.extend is off in the settings")]
    NoExtension,
    /// Whoever asks is not in the call.
    #[error("call {0} is not with this agent")]
    NotTheirs(CallId),
    /// Nothing can be done with it while no agent talks to the customer.
    #[error("no agent talks in call {0}")]
    NotTalking(CallId),
    /// Nothing of it is recorded now.
    #[error("call {0} is not recorded")]
    NotRecorded(CallId),
    /// It is the phone that holds.
    #[error("call {0} is held by the agent's phone: take the customer back there")]
    HeldByPhone(CallId),
    /// There is no queue that the customer could come back to.
    #[error("call {0} cannot be passed on to an agent: neither of the two agents serves a queue")]
    NotTransferable(CallId),
    /// Its channel does not allow it (R124).
    #[error("call {0} came by WhatsApp, and such calls cannot be passed on")]
    WhatsApp(CallId),
    /// The account has no such queue.
    #[error("there is no queue {0}")]
    UnknownQueue(QueueId),
    /// It has been sent from queue to queue so often that it stays (D19).
    #[error("call {0} has been sent on five times: talk to the customer")]
    SentTooOften(CallId),
    /// The agent cannot be rung now, or is the one who asks.
    #[error("agent {0} cannot be rung now: choose another one, or a queue")]
    AgentBusy(AgentId),
    /// Not a number to be dialled (R125).
    #[error("not a number in E.164: \"+49301234567\"")]
    NoNumber,
    /// Only contacts may be called (R127).
    #[error(
        "only numbers of contacts may be called: transfer.allow_unlisted_numbers is off in the settings"
    )]
    Unlisted,
    /// Nobody, or not this agent, may call it.
    #[error(transparent)]
    Barred(route::Barred),
    /// No trunk takes the call now.
    #[error("no trunk takes calls to this number now: try again in a while")]
    NoTrunk,
    /// Toll fraud is slow (B26).
    #[error("agent {0} calls out too often: try again in a minute")]
    TooOften(AgentId),
    /// Of calls by telephone there is no choice (R128).
    #[error("call {0} came by telephone: the number called is shown, leave from out")]
    FromIsFixed(CallId),
    /// The account has no such number.
    #[error("from is not a number of this account")]
    FromIsNotOurs,
    /// Two agents talk.
    #[error("there is no customer in call {0} who could be passed on: two agents talk")]
    NoCustomer(CallId),
    /// A queue is called by its customers.
    #[error("only a number outside or an agent can be called")]
    OnlyPeople,
    /// Nobody is rung for it now (R61).
    #[error("queue {0} is closed: ask an agent or a number outside")]
    QueueClosed(QueueId),
    /// Nobody is asked, or they have not answered.
    #[error("nobody talks in call {0} who was asked: ask somebody, and wait for their answer")]
    NobodyAsked(CallId),
    /// Somebody is asked already.
    #[error("somebody is asked in call {0}: complete that, or cancel it")]
    Consulting(CallId),
    /// Whom they would supervise are they themselves.
    #[error("call {0} is the supervisor's own")]
    OwnCall(CallId),
    /// There are as many as can be.
    #[error("call {0} has three supervisors already: wait until one leaves")]
    TooManySupervisors(CallId),
    /// One speaks at a time.
    #[error("another supervisor speaks in call {0}, or is about to: listen")]
    AnotherSpeaks(CallId),
    /// One call at a time.
    #[error("call {0} is supervised already by whoever asks: end that first")]
    Supervises(CallId),
    /// Nothing to end.
    #[error("whoever asks does not supervise call {0}")]
    NotSupervising(CallId),
    /// They have a call of their own.
    #[error("agent {0} has a call, and cannot supervise another one: end it first")]
    SupervisorBusy(AgentId),
    /// Nothing of theirs can be rung.
    #[error("nothing can be rung: open the supervisor's page or the desk, or register a phone")]
    NoDevice,
    /// Customers are for agents.
    #[error("only an agent can take a call over: an administrator can say which one you are")]
    NoAgent,
    /// One call at a time.
    #[error("agent {0} has a call already: end it first")]
    HasCall(AgentId),
    /// No new calls are made.
    #[error("the server is about to stop: try again in a minute")]
    Draining,
    /// No port.
    #[error("all media ports are in use: try again in a minute")]
    NoPlace,
    /// The agent does not get the callback.
    #[error(transparent)]
    NotPicked(#[from] NotPicked),
    /// The callback stays.
    #[error(transparent)]
    NotCancelled(#[from] NotCancelled),
}

impl Switch {
    /// Does what is asked, and replies.
    pub(super) fn on_request(&mut self, now: Instant, request: Request) {
        let reply = self.ask(now, request.what);
        self.out(Output::Reply(request.ticket, reply));
    }

    pub(super) fn ask(&mut self, now: Instant, what: Ask) -> Result<Done, Refused> {
        match what {
            Ask::SetStatus { agent, status } => self.set_status(now, agent, status),
            Ask::EndWrapUp { agent } => {
                self.in_wrap_up(now, agent)?;
                self.acd(now, acd::Input::EndWrapUp { agent });
                Ok(Done::Plain)
            }
            Ask::ExtendWrapUp { agent } => self.extend_wrap_up(now, agent),
            Ask::PickCallback { agent, callback } => {
                self.known(agent)?;
                self.pick_callback(now, agent, callback)?;
                Ok(Done::Plain)
            }
            Ask::CancelCallback { callback } => {
                self.cancel_callback(now, callback)?;
                Ok(Done::Plain)
            }
            Ask::SetLoad {
                agent,
                conversations,
            } => {
                self.known(agent)?;
                let load = acd::Input::Load {
                    agent,
                    conversations,
                };
                self.acd(now, load);
                Ok(Done::Plain)
            }
            Ask::SetConversation { call, status } => self.set_conversation(call, status),
            Ask::Assign {
                trunk,
                customer,
                agent,
            } => self.assign(trunk, &customer, agent),
            Ask::Hold { agent, call, on } => self.ask_hold(now, call, agent, on),
            Ask::Transfer {
                agent,
                call,
                to,
                from,
            } => self.ask_transfer(now, call, agent, &to, from.as_deref()),
            Ask::Call { agent, to } => self.ask_call(now, agent, &to),
            Ask::Mask { agent, call, on } => self.ask_mask(call, agent, on),
            Ask::List { numbers } => {
                self.listed = numbers;
                Ok(Done::Plain)
            }
            Ask::Consult {
                agent,
                call,
                to,
                from,
            } => self.ask_consult(now, call, agent, &to, from.as_deref()),
            Ask::Consultation { agent, call, what } => {
                self.ask_consultation(now, call, agent, what)
            }
            Ask::Supervise { call, by, wish } => self.ask_supervise(now, call, by, wish),
            Ask::EndSupervision { call, by } => self.ask_end_supervision(now, call, &by),
            Ask::LimitSupervision { call, by } => self.ask_limit_supervision(now, call, &by),
            Ask::HangUp { agent, call } => self.ask_hang_up(now, call, agent),
        }
    }

    fn set_status(
        &mut self,
        now: Instant,
        agent: AgentId,
        status: Status,
    ) -> Result<Done, Refused> {
        self.known(agent)?;
        match status {
            Status::Available | Status::Offline => {}
            Status::NotReady(reason) => {
                let reasons = self.account.not_ready.len();
                if usize::from(reason) >= reasons {
                    return Err(Refused::UnknownReason(reason));
                }
            }
            Status::Paused(_) => return Err(Refused::NotForPeople),
        }
        let before = self.floor.presence(agent).map(|(status, _)| status);
        if before != Some(status) {
            self.out(Output::Notice(None, Notice::Status(agent, status)));
            self.acd(now, acd::Input::Status { agent, status });
        }
        Ok(Done::Plain)
    }

    fn set_conversation(&mut self, id: CallId, status: record::Status) -> Result<Done, Refused> {
        let call = self.calls.get_mut(&id).filter(|call| !call.is_over());
        let call = call.ok_or(Refused::NotInProgress(id))?;
        call.set_status(status);
        let record = Box::new(call.record().clone());
        self.out(Output::Conversation(record));
        self.notice(id, Notice::Conversation(status));
        if status == record::Status::Closed {
            self.own(id, None);
        }
        Ok(Done::Plain)
    }

    fn assign(
        &mut self,
        trunk: TrunkId,
        customer: &str,
        agent: Option<AgentId>,
    ) -> Result<Done, Refused> {
        let known = self.account.trunk(trunk);
        let sticky = known.ok_or(Refused::UnknownTrunk(trunk))?.sticky_agent;
        if !sticky {
            return Err(Refused::NotSticky(trunk));
        }
        agent.map_or(Ok(()), |agent| self.known(agent))?;
        self.own_of(trunk, route::normal(customer), agent);
        Ok(Done::Plain)
    }

    fn extend_wrap_up(&mut self, now: Instant, agent: AgentId) -> Result<Done, Refused> {
        self.in_wrap_up(now, agent)?;
        if !self.account.wrap_up.extend {
            return Err(Refused::NoExtension);
        }
        self.acd(now, acd::Input::ExtendWrapUp { agent });
        let until = self.in_wrap_up(now, agent)?;
        let left = until.saturating_duration_since(now);
        let notice = Notice::WrapUpExtended { agent, left };
        self.out(Output::Notice(None, notice));
        Ok(Done::WrapUp { left })
    }

    /// When the agent's after-call work ends. What ends now has ended: whoever asks at that moment is
    /// too late, and the agent may be rung already (R20).
    fn in_wrap_up(&mut self, now: Instant, agent: AgentId) -> Result<Instant, Refused> {
        self.known(agent)?;
        self.acd(now, acd::Input::Timeout);
        match self.floor.agent(agent) {
            Some(AgentState::WrapUp { until }) => Ok(until),
            Some(
                AgentState::NotReady { .. }
                | AgentState::Away
                | AgentState::Occupied
                | AgentState::Available { .. }
                | AgentState::Offered { .. }
                | AgentState::Talking { .. }
                | AgentState::Resting { .. },
            )
            | None => Err(Refused::NotInWrapUp(agent)),
        }
    }

    fn known(&self, agent: AgentId) -> Result<(), Refused> {
        match self.account.agent(agent) {
            Some(_) => Ok(()),
            None => Err(Refused::UnknownAgent(agent)),
        }
    }
}
