//! Who sees what: everything, what is of some teams, or what is one's own.
//!
//! Administrators, programs and supervisors who are bound to no team see everything. A supervisor who is
//! bound to teams sees what [`Within`] says of the agents in them: these agents, their queues, their
//! conversations and recordings; and themselves, if they are an agent. What happens is seen where it
//! concerns one of these. What is not seen is not there: it is in no list, and at its address is 404.
//!
//! Deliberately absent: events that say of a callback alone that it is given up or taken back. Whose it was is not
//! in them, and nobody who is bound is told.
//!
//! What is the whole account's is not for those who are bound: settings, sounds, trunks ([`Rule::Whole`]). Contacts
//! are of no team, and everybody who passes a caller on may choose from them.
//!
//! The guard looks at every object that a path names, so that no endpoint can forget it: an object of a
//! kind that [`Sight::judge`] does not know is nobody's who is bound. Lists ask for a [`Sight`].

#[cfg(doc)]
use super::endpoint::Rule;
use super::problem::Problem;
use super::who::{Caller, Role};
use super::{Site, recordings, story};
use crate::events::{CallNow, CallerNow, Entry, Snapshot};
use crate::id::{AgentId, CallId, CallbackId, LinkId, QueueId};
use crate::settings::Account;
use crate::store::{Recording, Within};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What somebody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// Everything.
    All,
    /// What is of the agents of some teams.
    Teams(Arc<Within>),
    /// What an agent has, or had.
    Own(AgentId),
    Nothing,
}

/// Kinds of events that are of no team: of the server, of trunks, of the settings.
const OF_NOBODY: [&str; 3] = ["server.started", "trunk.state", "settings.changed"];

/// How the names of events begin that tell of supervisors.
pub(super) const SUPERVISION: &str = "call.supervis";

impl Sight {
    /// That of whoever asks, by the settings of this moment.
    pub(super) fn of(caller: &Caller, account: &Account) -> Self {
        match caller {
            Caller::Nobody => Self::Nothing,
            // Its scope lets it in.
            Caller::Key { .. } => Self::All,
            Caller::User {
                role, agent, teams, ..
            } => match role {
                Role::Admin => Self::All,
                Role::Supervisor if teams.is_empty() => Self::All,
                Role::Supervisor => Self::Teams(Arc::new(within(account, teams, *agent))),
                Role::Agent => agent.map_or(Self::Nothing, Self::Own),
            },
        }
    }

    /// What lists are narrowed to; `None`: they are not, for the sake of teams.
    pub(super) fn within(&self) -> Option<Within> {
        match self {
            Self::Teams(within) => Some(Within::clone(within)),
            Self::All | Self::Own(_) | Self::Nothing => None,
        }
    }

    /// Whether an agent is there for them; agents know their colleagues.
    pub(super) fn agent(&self, id: AgentId) -> bool {
        match self {
            Self::All | Self::Own(_) => true,
            Self::Teams(within) => within.agent(id),
            Self::Nothing => false,
        }
    }

    /// Whether a queue is there for them; agents know all, as they pass callers on to them.
    pub(super) fn queue(&self, id: QueueId) -> bool {
        match self {
            Self::All | Self::Own(_) => true,
            Self::Teams(within) => within.queue(id),
            Self::Nothing => false,
        }
    }

    /// Whether a recording is there for them.
    pub(super) fn recording(&self, recording: &Recording) -> bool {
        let agent = recording.talk.agent.id;
        match self {
            Self::All => true,
            Self::Teams(within) => within.agent(agent),
            Self::Own(own) => agent == *own,
            Self::Nothing => false,
        }
    }

    /// Whether they are told of an event. That somebody has listened is nothing that agents are told.
    pub(super) fn event(&self, event: &Entry) -> bool {
        match self {
            Self::All => true,
            Self::Teams(within) => match (event.agent, event.queue, event.had) {
                (Some(agent), _, _) | (None, None, Some(agent)) => within.agent(agent),
                (None, Some(queue), _) => within.queue(queue),
                (None, None, None) => OF_NOBODY.contains(&&*event.kind),
            },
            Self::Own(own) => event.agent == Some(*own) && !event.kind.starts_with(SUPERVISION),
            Self::Nothing => false,
        }
    }

    /// The live view as they see it.
    pub(super) fn snapshot(&self, whole: &Arc<Snapshot>) -> Arc<Snapshot> {
        let Self::Teams(within) = self else {
            return Arc::clone(whole);
        };
        let calls: Vec<_> = whole
            .calls
            .iter()
            .filter_map(|now| call(within, now))
            .collect();
        let theirs: BTreeSet<_> = calls.iter().map(|now| now.call).collect();
        let supervisors = whole.supervisors.iter();
        let supervisors = supervisors.filter(|each| theirs.contains(&each.call));
        let queues = whole.queues.iter();
        let callers = whole.callers.iter();
        let agents = whole.agents.iter();
        Arc::new(Snapshot {
            seq: whole.seq,
            at: whole.at,
            queues: queues
                .filter(|now| within.queue(now.queue))
                .cloned()
                .collect(),
            callers: callers.filter_map(|now| caller(within, now)).collect(),
            agents: agents
                .filter(|now| within.agent(now.agent))
                .cloned()
                .collect(),
            calls_in_all: calls.len(),
            supervisors: supervisors.cloned().collect(),
            calls,
        })
    }

    /// Whether an object is there for them that a path names: `call`, and its id.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(super) async fn judge(
        &self,
        site: &Arc<Site>,
        kind: &str,
        id: &str,
    ) -> Result<bool, Problem> {
        let Self::Teams(within) = self else {
            // For agents there are rules of their own.
            return Ok(true);
        };
        Ok(match kind {
            "agent" => id.parse().is_ok_and(|id| within.agent(AgentId(id))),
            "queue" => id.parse().is_ok_and(|id| within.queue(QueueId(id))),
            "call" => match CallId::parse(id) {
                Some(id) => sees_call(site, within, id).await?,
                None => false,
            },
            "recording" => match id.parse() {
                Ok(id) => {
                    let found = site.ask(move |store| store.recording(id)).await?;
                    found.is_some_and(|found| {
                        recordings::is_ours(site, &found) && self.recording(&found)
                    })
                }
                Err(_) => false,
            },
            "callback" => match id.parse() {
                Ok(id) => {
                    let found = site
                        .ask(move |store| store.callback(CallbackId(id)))
                        .await?;
                    found.is_some_and(|found| within.queue(found.queue))
                }
                Err(_) => false,
            },
            "link" => match id.parse() {
                Ok(id) => {
                    let found = site.ask(move |store| store.link(LinkId(id))).await?;
                    found.is_some_and(|found| within.link(found.terms.agent))
                }
                Err(_) => false,
            },
            // The account's, whatever they are of: contacts; settings and sounds, by their rule for others alone.
            "id" | "file" | "revision" => true,
            _ => false,
        })
    }
}

/// A call that goes on is seen as it is now, one that is over as it was.
async fn sees_call(site: &Arc<Site>, within: &Arc<Within>, id: CallId) -> Result<bool, Problem> {
    let live = site.live.latest();
    if let Some(now) = live.calls.iter().find(|now| now.call == id) {
        return Ok(call(within, now).is_some());
    }
    let within = Arc::clone(within);
    site.ask(move |store| story::is_within(store, id, &within))
        .await
}

/// The agents of teams, and the queues that one of them serves. Who is bound is not hidden from themselves.
fn within(account: &Account, teams: &[String], own: Option<AgentId>) -> Within {
    let agents = account.agents.iter();
    let agents = agents.filter(|agent| agent.teams.iter().any(|team| teams.contains(team)));
    let mut within = Within {
        agents: agents.map(|agent| agent.id).collect(),
        ..Within::default()
    };
    let queues = account.queues.iter();
    let queues = queues.filter(|queue| queue.agents.iter().any(|id| within.agent(*id)));
    within.queues = queues.map(|queue| (queue.id, queue.name.clone())).collect();
    within.agents.extend(own);
    within
}

/// A call as it is seen, if it is: while it waits it is its queue's, whoever had it before or is rung.
fn call(within: &Within, now: &CallNow) -> Option<CallNow> {
    let agent = now.agent.clone().filter(|agent| within.agent(agent.id));
    let waits = matches!(now.state, "waiting" | "ringing") || now.agent.is_none();
    let queue = now.queue.as_deref();
    let is_seen = agent.is_some() || waits && within.conversation(&[], queue);
    is_seen.then(|| CallNow {
        agent,
        ..now.clone()
    })
}

/// A caller as they are seen: that an agent of another team is rung for them is not.
fn caller(within: &Within, now: &CallerNow) -> Option<CallerNow> {
    within.queue(now.queue).then(|| CallerNow {
        offered: now.offered.filter(|agent| within.agent(*agent)),
        ..now.clone()
    })
}

/// Put into the request by the guard, before any handler runs.
impl<S: Sync> FromRequestParts<S> for Sight {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let sight = parts.extensions.get::<Self>().cloned();
        Ok(sight.unwrap_or(Self::Nothing))
    }
}
