//! `/api/v1/users`: the people who may log in.

use super::password;
use super::session::NAME;
use super::setup::prove;
use crate::api::body::{Fields, Json};
use crate::api::noting::Told;
use crate::api::part::Number;
use crate::api::problem::{Fault, Problem};
use crate::api::who::Caller;
use crate::api::{Site, answer};
use crate::id::{AgentId, UserId};
use crate::settings::Account;
use crate::store::{Changed, NewUser, Role, User};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

pub(in crate::api) async fn list(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let users = site.people.ask(|store| store.users()).await?;
    let users: Vec<Value> = users.iter().map(shown).collect();
    Ok(answer(&users))
}

pub(in crate::api) async fn one(
    State(site): State<Arc<Site>>,
    Number(id): Number,
) -> Result<Response, Problem> {
    Ok(answer(&shown(&known(&site, UserId(id)).await?)))
}

pub(in crate::api) async fn add(
    State(site): State<Arc<Site>>,
    caller: Caller,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["name", "role", "password"]);
    let wanted = Wanted::read(&mut fields, &site.settings.account());
    fields.done()?;
    let new = NewUser {
        name: wanted.name.unwrap_or_default(),
        role: wanted.role.unwrap_or(Role::Agent),
        password: site
            .people
            .hashing
            .hash(wanted.password.unwrap_or_default())
            .await?,
        agent: wanted.agent,
        teams: wanted.teams,
    };
    let added = site.people.ask(move |store| store.add_user(new)).await?;
    let id = done(added)?;
    let mut user = known(&site, id).await?;
    if wanted.disabled {
        user.disabled = true;
        let changed = user.clone();
        done(
            site.people
                .change(move |store| store.change_user(changed))
                .await?,
        )?;
    }
    tracing::info!(
        user = user.name,
        by = caller.signature(),
        "a user was added"
    );
    let place = [(header::LOCATION, format!("/api/v1/users/{id}"))];
    Ok((StatusCode::CREATED, place, answer(&shown(&user))).into_response())
}

/// Replaces what is known of a user; an absent password stays.
pub(in crate::api) async fn change(
    State(site): State<Arc<Site>>,
    Number(id): Number,
    caller: Caller,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["name", "role"]);
    let wanted = Wanted::read(&mut fields, &site.settings.account());
    fields.done()?;
    let before = known(&site, UserId(id)).await?;
    let mut user = User {
        name: wanted.name.unwrap_or_default(),
        role: wanted.role.unwrap_or(Role::Agent),
        agent: wanted.agent,
        teams: wanted.teams,
        disabled: wanted.disabled,
        ..before
    };
    if let Some(password) = wanted.password {
        user.password = site.people.hashing.hash(password).await?;
    }
    let new = user.clone();
    let changed = site.people.change(move |store| store.change_user(new));
    done(changed.await?)?;
    tracing::info!(
        user = user.name,
        by = caller.signature(),
        "a user was changed"
    );
    Ok(answer(&shown(&user)))
}

/// A new password for who has forgotten theirs, from who can write into the data directory (`cordboard
/// reset-password`); an administrator changes the user instead. Sessions end.
pub(in crate::api) async fn reset(
    State(site): State<Arc<Site>>,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["proof", "name", "password"]);
    let proof = fields.text("proof", 32..=128);
    let name = fields.text("name", NAME).unwrap_or_default();
    let password = fields.text("password", password::LENGTH);
    fields.done()?;
    prove(&site, proof).await?;
    let found = site.people.ask(move |store| store.user_named(&name));
    let mut user = found.await?.ok_or_else(|| Problem::missing("user"))?;
    let password = password.unwrap_or_default();
    user.password = site.people.hashing.hash(password).await?;
    let name = user.name.clone();
    done(
        site.people
            .change(move |store| store.change_user(user))
            .await?,
    )?;
    tracing::info!(user = name, "a password was reset on this machine");
    Ok((StatusCode::NO_CONTENT, Told::of(name)).into_response())
}

pub(in crate::api) async fn remove(
    State(site): State<Arc<Site>>,
    Number(id): Number,
    caller: Caller,
) -> Result<Response, Problem> {
    let removed = site
        .people
        .change(move |store| store.remove_user(UserId(id)));
    done(removed.await?)?;
    tracing::info!(user = id, by = caller.signature(), "a user was removed");
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What a request says of a user.
struct Wanted {
    name: Option<String>,
    role: Option<Role>,
    agent: Option<AgentId>,
    teams: Vec<String>,
    password: Option<String>,
    disabled: bool,
}

impl Wanted {
    fn read(fields: &mut Fields, account: &Account) -> Self {
        let roles = Role::ALL.map(Role::name);
        let agent = fields.number("agent", 0..=u64::from(u32::MAX));
        let name = fields.text("name", NAME);
        let role = fields.word("role", Role::parse, &roles);
        Self {
            name,
            role,
            agent: agent.and_then(|id| u32::try_from(id).ok()).map(AgentId),
            teams: teams(fields, role, account),
            password: fields.text("password", password::LENGTH),
            disabled: fields.boolean("disabled").unwrap_or(false),
        }
    }
}

/// The teams that a supervisor is to see: of them some agent is in each.
fn teams(fields: &mut Fields, role: Option<Role>, account: &Account) -> Vec<String> {
    let known = account.teams();
    let named = fields.words("teams", |text| Some(text.to_owned()), &["names of teams"]);
    let mut teams = named.unwrap_or_default();
    teams.sort();
    teams.dedup();
    if !teams.is_empty() && role != Some(Role::Supervisor) {
        fields.wrong::<()>("teams", "are for supervisors alone: leave them out");
    }
    if let Some(team) = teams.iter().find(|team| !known.contains(team.as_str())) {
        let known = known.iter().copied().collect::<Vec<_>>().join(", ");
        let mend = match known.is_empty() {
            true => format!("no agent is in a team: say first who is in {team:?}"),
            false => format!("no agent is in the team {team:?}; there are: {known}"),
        };
        fields.wrong::<()>("teams", mend);
    }
    teams
}

async fn known(site: &Site, id: UserId) -> Result<User, Problem> {
    let user = site.people.ask(move |store| store.user(id)).await?;
    user.ok_or_else(|| Problem::missing("user"))
}

fn done(changed: Changed) -> Result<UserId, Problem> {
    match changed {
        Changed::Done(id) => Ok(id),
        // No token is asked for here.
        Changed::Missing | Changed::TokenWrong => Err(Problem::missing("user")),
        Changed::NameTaken => {
            let fault = Fault::new("name", "another user has it: choose another one");
            let what = "There is a user of that name already.";
            Err(Problem::new(StatusCode::CONFLICT, what).with(vec![fault]))
        }
        Changed::LastAdmin => {
            let what = "This is the last administrator: make another one first.";
            Err(Problem::new(StatusCode::CONFLICT, what))
        }
    }
}

fn shown(user: &User) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "role": user.role,
        "agent": user.agent,
        "teams": user.teams,
        "disabled": user.disabled,
        "created": user.created,
    })
}
