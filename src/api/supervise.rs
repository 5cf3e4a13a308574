//! `/api/v1/calls/{call}/supervise`: listen, whisper, barge, take over (B1). People supervise by what is
//! their own: their page, or the desk or the phone of the agent who they are. As long as they may:
//! [`super::beside`].

use super::body::{Fields, Json};
use super::endpoint::Rule;
use super::part::Word;
use super::problem::Problem;
use super::sight::Sight;
use super::table::STAFF;
use super::who::{Caller, Proof, Scope};
use super::{Site, answer};
use crate::call::supervise::{Mode, Supervisor, Wish};
use crate::id::{AgentId, CallId};
use crate::switch::Ask;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;

/// Who may.
pub(super) const MAY: Rule = Rule::Only(STAFF, Some(Scope::CallsSupervise));

/// What a supervisor may want, as documents have it.
pub(super) const WISHES: [(&str, Wish); 4] = [
    ("listen", Wish::Be(Mode::Listen)),
    ("whisper", Wish::Be(Mode::Whisper)),
    ("barge", Wish::Be(Mode::Barge)),
    ("take_over", Wish::TakeOver),
];

/// Whether a supervisor's device has been answered, as documents have it.
pub(super) const STATES: [&str; 2] = ["ringing", "there"];

/// Who supervises a call, and how.
pub(super) async fn list(State(site): State<Arc<Site>>, call: Word) -> Result<Response, Problem> {
    let call = named(&call)?;
    let live = site.live.latest();
    let all = live.supervisors.iter().filter(|each| each.call == call);
    let shown = all.map(|each| {
        let mode = WISHES.iter().find(|(_, wish)| *wish == each.wish);
        json!({
            "by": each.by.name,
            "agent": each.by.agent,
            "mode": mode.map(|(name, _)| *name),
            "state": STATES[usize::from(each.answered)],
        })
    });
    Ok(answer(&shown.collect::<Vec<_>>()))
}

/// The supervisor is rung, or wants something else.
pub(super) async fn begin(
    State(site): State<Arc<Site>>,
    sight: Sight,
    caller: Caller,
    proof: Proof,
    call: Word,
    body: Json,
) -> Result<Response, Problem> {
    let call = named(&call)?;
    let mut fields = Fields::of(body)?;
    let is_program = matches!(caller, Caller::Key { .. });
    fields.needs(if is_program {
        &["mode", "agent"]
    } else {
        &["mode"]
    });
    let parse = |word: &str| {
        let wish = WISHES.iter().find(|(name, _)| *name == word);
        wish.map(|(_, wish)| *wish)
    };
    let wish = fields.word("mode", parse, &WISHES.map(|(name, _)| name));
    let agent = fields.number("agent", 0..=u64::from(u32::MAX));
    if agent.is_some() && !is_program {
        let _: Option<()> = fields.wrong("agent", "is for programs: you are who you are");
    }
    fields.done()?;
    let agent = agent.and_then(|id| u32::try_from(id).ok()).map(AgentId);
    let wish = wish.ok_or_else(|| Problem::missing("mode"))?;
    let by = supervisor(&caller, &sight, agent);
    // Before it is asked for: a right that ends meanwhile is missed.
    site.beside.begins(call, &by, proof)?;
    site.switch.ask(Ask::Supervise { call, by, wish }).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// The supervisor leaves.
pub(super) async fn end(
    State(site): State<Arc<Site>>,
    sight: Sight,
    caller: Caller,
    call: Word,
) -> Result<Response, Problem> {
    let call = named(&call)?;
    let by = supervisor(&caller, &sight, None);
    site.switch.ask(Ask::EndSupervision { call, by }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn named(call: &Word) -> Result<CallId, Problem> {
    CallId::parse(&call.0).ok_or_else(|| Problem::missing("call"))
}

/// Who they are, and beside whom they may stand; of a program, the agent for whom it asks.
pub(super) fn supervisor(caller: &Caller, sight: &Sight, named: Option<AgentId>) -> Supervisor {
    let (user, agent) = match caller {
        Caller::User { id, agent, .. } => (Some(*id), *agent),
        Caller::Key { .. } | Caller::Nobody => (None, named),
    };
    Supervisor {
        name: caller.signature(),
        user,
        agent,
        sees: sight.within().map(|within| within.agents),
    }
}
