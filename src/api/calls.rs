//! `/api/v1/calls`: what agents do with the call that they are in: hold, pass on, ask, hang up (R117, R130);
//! and the calls that they make (R142).

use super::body::{Fields, Json};
use super::part::{Number, Word};
use super::problem::Problem;
use super::who::{Caller, Role};
use super::{Site, answer};
use crate::call::Target;
use crate::id::{AgentId, CallId, QueueId};
use crate::switch::{Ask, Consultation, Done};
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;

/// As whom they act, and in which call. Agents act as themselves, in their own calls alone; who is above
/// them, and programs, as the agent of whatever call it is.
pub(super) struct Acting {
    agent: Option<AgentId>,
    call: CallId,
}

/// An agent calls a number outside or a colleague: what is theirs rings first.
pub(super) async fn begin(
    State(site): State<Arc<Site>>,
    Number(agent): Number,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    let to = target(&mut fields, &["number", "agent"]);
    fields.done()?;
    let to = to.ok_or_else(|| Problem::missing("target"))?;
    let agent = AgentId(agent);
    let begun = match site.switch.ask(Ask::Call { agent, to }).await? {
        Done::Called { call } => json!({ "call": call }),
        Done::Plain | Done::WrapUp { .. } => json!({}),
    };
    Ok((StatusCode::ACCEPTED, answer(&begun)).into_response())
}

/// The agent puts the customer on hold.
pub(super) async fn hold(
    State(site): State<Arc<Site>>,
    acting: Acting,
) -> Result<Response, Problem> {
    let (Acting { agent, call }, on) = (acting, true);
    done(&site, Ask::Hold { agent, call, on }).await
}

/// The agent takes the customer back.
pub(super) async fn resume(
    State(site): State<Arc<Site>>,
    acting: Acting,
) -> Result<Response, Problem> {
    let (Acting { agent, call }, on) = (acting, false);
    done(&site, Ask::Hold { agent, call, on }).await
}

/// The agent leaves the customer to a number, an agent or a queue.
pub(super) async fn transfer(
    State(site): State<Arc<Site>>,
    Acting { agent, call }: Acting,
    body: Json,
) -> Result<Response, Problem> {
    let (to, from) = whom(body, &["number", "agent", "queue"])?;
    let transfer = Ask::Transfer {
        agent,
        call,
        to,
        from,
    };
    site.switch.ask(transfer).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// The agent asks a number outside, a colleague, or whoever answers in a queue, while the customer is on hold.
pub(super) async fn consult(
    State(site): State<Arc<Site>>,
    Acting { agent, call }: Acting,
    body: Json,
) -> Result<Response, Problem> {
    let (to, from) = whom(body, &["number", "agent", "queue"])?;
    let consult = Ask::Consult {
        agent,
        call,
        to,
        from,
    };
    site.switch.ask(consult).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// The agent lets go of the one who was asked.
pub(super) async fn cancel(
    State(site): State<Arc<Site>>,
    acting: Acting,
) -> Result<Response, Problem> {
    acting.consultation(&site, Consultation::Cancel).await
}

/// The agent talks to the other of the two.
pub(super) async fn swap(
    State(site): State<Arc<Site>>,
    acting: Acting,
) -> Result<Response, Problem> {
    acting.consultation(&site, Consultation::Swap).await
}

/// All three talk.
pub(super) async fn join(
    State(site): State<Arc<Site>>,
    acting: Acting,
) -> Result<Response, Problem> {
    acting.consultation(&site, Consultation::Join).await
}

/// The agent leaves the customer to the one who was asked.
pub(super) async fn complete(
    State(site): State<Arc<Site>>,
    acting: Acting,
) -> Result<Response, Problem> {
    acting.consultation(&site, Consultation::Complete).await
}

/// The agent hangs up.
pub(super) async fn hang_up(
    State(site): State<Arc<Site>>,
    Acting { agent, call }: Acting,
) -> Result<Response, Problem> {
    done(&site, Ask::HangUp { agent, call }).await
}

impl Acting {
    async fn consultation(self, site: &Site, what: Consultation) -> Result<Response, Problem> {
        let Self { agent, call } = self;
        done(site, Ask::Consultation { agent, call, what }).await
    }
}

async fn done(site: &Site, ask: Ask) -> Result<Response, Problem> {
    site.switch.ask(ask).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// One of these, and the number that one outside is to be shown.
fn whom(body: Json, kinds: &[&'static str]) -> Result<(Target, Option<String>), Problem> {
    let mut fields = Fields::of(body)?;
    let to = target(&mut fields, kinds);
    let from = fields.text("from", 3..=32);
    if from.is_some() && !matches!(to, Some(Target::Number(_))) {
        let _: Option<()> = fields.wrong("from", "is for numbers alone: leave it out");
    }
    fields.done()?;
    Ok((to.ok_or_else(|| Problem::missing("target"))?, from))
}

/// One of these.
fn target(fields: &mut Fields, kinds: &[&'static str]) -> Option<Target> {
    let number = fields.text("number", 3..=32);
    let [agent, queue] = ["agent", "queue"].map(|name| {
        let id = match kinds.contains(&name) {
            true => fields.number(name, 0..=u64::from(u32::MAX)),
            false => None,
        };
        id.and_then(|id| u32::try_from(id).ok())
    });
    if kinds.iter().filter(|name| fields.has(name)).count() != 1 {
        let hint = match kinds {
            [.., "queue"] => "give a number, an agent or a queue, one of them",
            _ => "give a number or an agent, one of them",
        };
        let _: Option<()> = fields.wrong("number", hint);
    }
    let number = number.map(Target::Number);
    let agent = agent.map(|id| Target::Agent(AgentId(id)));
    let queue = queue.map(|id| Target::Queue(QueueId(id)));
    number.or(agent).or(queue)
}

impl<S: Send + Sync> FromRequestParts<S> for Acting {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let Word(call) = Word::from_request_parts(parts, state).await?;
        let agent = match caller {
            Caller::User {
                role: Role::Agent,
                agent: Some(agent),
                ..
            } => Some(agent),
            Caller::User {
                role: Role::Agent,
                agent: None,
                ..
            }
            | Caller::Nobody => {
                return Err(Problem::new(
                    StatusCode::CONFLICT,
                    "You are no agent of the settings: an administrator can say which one.",
                ));
            }
            Caller::User {
                role: Role::Admin | Role::Supervisor,
                ..
            }
            | Caller::Key { .. } => None,
        };
        let call = CallId::parse(&call).ok_or_else(|| Problem::missing("call"))?;
        Ok(Self { agent, call })
    }
}
