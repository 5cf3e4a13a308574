//! `/api/v1/calls`: what agents do with the call that they are in: hold, pass on, hang up (R117, R130).

use super::Site;
use super::body::{Fields, Json};
use super::part::Word;
use super::problem::Problem;
use super::who::{Caller, Role};
use crate::call::Target;
use crate::id::{AgentId, CallId, QueueId};
use crate::switch::{Ask, Consultation};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// The agent puts the customer on hold.
pub(super) async fn hold(
    State(site): State<Arc<Site>>,
    caller: Caller,
    call: Word,
) -> Result<Response, Problem> {
    set_hold(&site, &caller, &call, true).await
}

/// The agent takes the customer back.
pub(super) async fn resume(
    State(site): State<Arc<Site>>,
    caller: Caller,
    call: Word,
) -> Result<Response, Problem> {
    set_hold(&site, &caller, &call, false).await
}

async fn set_hold(
    site: &Site,
    caller: &Caller,
    call: &Word,
    on: bool,
) -> Result<Response, Problem> {
    let (agent, call) = (acting(caller)?, named(call)?);
    site.switch.ask(Ask::Hold { agent, call, on }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The agent leaves the customer to a number, an agent or a queue.
pub(super) async fn transfer(
    State(site): State<Arc<Site>>,
    caller: Caller,
    call: Word,
    body: Json,
) -> Result<Response, Problem> {
    let (agent, call) = (acting(&caller)?, named(&call)?);
    let mut fields = Fields::of(body)?;
    let number = fields.text("number", 3..=32);
    let ids = 0..=u64::from(u32::MAX);
    let [to_agent, queue] = ["agent", "queue"].map(|name| {
        let id = fields.number(name, ids.clone());
        id.and_then(|id| u32::try_from(id).ok())
    });
    let from = fields.text("from", 3..=32);
    let named = ["number", "agent", "queue"];
    if named.iter().filter(|name| fields.has(name)).count() != 1 {
        let _: Option<()> =
            fields.wrong("number", "give a number, an agent or a queue, one of them");
    }
    if from.is_some() && number.is_none() {
        let _: Option<()> = fields.wrong("from", "is for numbers alone: leave it out");
    }
    fields.done()?;
    let number = number.map(Target::Number);
    let to_agent = to_agent.map(|id| Target::Agent(AgentId(id)));
    let queue = queue.map(|id| Target::Queue(QueueId(id)));
    let to = number.or(to_agent).or(queue);
    let to = to.ok_or_else(|| Problem::missing("target"))?;
    let transfer = Ask::Transfer {
        agent,
        call,
        to,
        from,
    };
    site.switch.ask(transfer).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// The agent asks a number outside, while the customer is on hold.
pub(super) async fn consult(
    State(site): State<Arc<Site>>,
    caller: Caller,
    call: Word,
    body: Json,
) -> Result<Response, Problem> {
    let (agent, call) = (acting(&caller)?, named(&call)?);
    let mut fields = Fields::of(body)?;
    fields.needs(&["number"]);
    let number = fields.text("number", 3..=32);
    let from = fields.text("from", 3..=32);
    fields.done()?;
    let consult = Ask::Consult {
        agent,
        call,
        to: Target::Number(number.unwrap_or_default()),
        from,
    };
    site.switch.ask(consult).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// The agent lets go of the one who was asked.
pub(super) async fn cancel(
    State(site): State<Arc<Site>>,
    caller: Caller,
    call: Word,
) -> Result<Response, Problem> {
    consultation(&site, &caller, &call, Consultation::Cancel).await
}

/// The agent talks to the other of the two.
pub(super) async fn swap(
    State(site): State<Arc<Site>>,
    caller: Caller,
    call: Word,
) -> Result<Response, Problem> {
    consultation(&site, &caller, &call, Consultation::Swap).await
}

/// All three talk.
pub(super) async fn join(
    State(site): State<Arc<Site>>,
    caller: Caller,
    call: Word,
) -> Result<Response, Problem> {
    consultation(&site, &caller, &call, Consultation::Join).await
}

/// The agent leaves the customer to the one who was asked.
pub(super) async fn complete(
    State(site): State<Arc<Site>>,
    caller: Caller,
    call: Word,
) -> Result<Response, Problem> {
    consultation(&site, &caller, &call, Consultation::Complete).await
}

async fn consultation(
    site: &Site,
    caller: &Caller,
    call: &Word,
    what: Consultation,
) -> Result<Response, Problem> {
    let (agent, call) = (acting(caller)?, named(call)?);
    let ask = Ask::Consultation { agent, call, what };
    site.switch.ask(ask).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The agent hangs up.
pub(super) async fn hang_up(
    State(site): State<Arc<Site>>,
    caller: Caller,
    call: Word,
) -> Result<Response, Problem> {
    let (agent, call) = (acting(&caller)?, named(&call)?);
    site.switch.ask(Ask::HangUp { agent, call }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn named(call: &Word) -> Result<CallId, Problem> {
    CallId::parse(&call.0).ok_or_else(|| Problem::missing("call"))
}

/// As whom they act: agents as themselves, in their own calls alone; who is above them, and programs, as
/// the agent of whatever call it is.
fn acting(caller: &Caller) -> Result<Option<AgentId>, Problem> {
    match caller {
        Caller::User {
            role: Role::Agent,
            agent: Some(agent),
            ..
        } => Ok(Some(*agent)),
        Caller::User {
            role: Role::Agent,
            agent: None,
            ..
        }
        | Caller::Nobody => Err(Problem::new(
            StatusCode::CONFLICT,
            "You are no agent of the settings: an administrator can say which one.",
        )),
        Caller::User {
            role: Role::Admin | Role::Supervisor,
            ..
        }
        | Caller::Key { .. } => Ok(None),
    }
}
