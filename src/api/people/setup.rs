//! The first administrator: made at a URL that is told once, to whoever reads the terminal or the log
//! of the first start. There is no default password.

use super::session::{self, NAME};
use super::{People, hash, password, token};
use crate::api::body::{Fields, Json, bytes, is_kind};
use crate::api::noting::Told;
use crate::api::part::Word;
use crate::api::problem::Problem;
use crate::api::serve::Peer;
use crate::api::{Site, answer, web};
use crate::store::{Changed, NewUser, Role};
use axum::extract::{ConnectInfo, FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Instant;

impl People {
    /// The path of a new set-up URL; `None` where there is an administrator. It makes those that
    /// were told before useless.
    ///
    /// # Errors
    /// If the store does not answer.
    pub(in crate::api) fn set_up(&self) -> anyhow::Result<Option<String>> {
        let token = token().map_err(|_| anyhow::anyhow!("the system has no randomness to give"))?;
        let begun = self.store.begin_setup(&hash(&token))?;
        Ok(begun.then(|| format!("/setup/{token}")))
    }
}

/// A new set-up URL, for who can write into the data directory: the proof that they give is in the file
/// `setup.proof` there.
pub(in crate::api) async fn again(
    State(site): State<Arc<Site>>,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["proof"]);
    let given = fields.text("proof", 32..=128);
    fields.done()?;
    prove(&site, given).await?;
    let new = tokio::task::spawn_blocking(move || {
        let new = site.people.set_up();
        let new = new.map_err(|_| Problem::unavailable("The database does not answer."))?;
        new.ok_or_else(|| {
            let what = "There are users already: an administrator can add others.";
            Problem::new(StatusCode::CONFLICT, what)
        })
    });
    let new = new
        .await
        .map_err(|_| Problem::unavailable("The work was cut short."))??;
    Ok((StatusCode::CREATED, answer(&json!({ "path": new }))).into_response())
}

/// Whether somebody can write into the data directory: the proof they give is in `setup.proof` there, and is good
/// once.
pub(in crate::api) async fn prove(site: &Site, given: Option<String>) -> Result<(), Problem> {
    let path = site.data.join("setup.proof");
    let kept = tokio::task::spawn_blocking(move || {
        let kept = std::fs::read_to_string(&path).ok();
        drop(std::fs::remove_file(&path));
        kept
    });
    let kept = kept
        .await
        .map_err(|_| Problem::unavailable("The work was cut short."))?;
    // Hashed, so that the time it takes tells nothing.
    let fits = kept
        .zip(given)
        .is_some_and(|(kept, given)| hash(&kept) == hash(&given));
    fits.then_some(()).ok_or_else(|| {
        let what = "The proof is not the one in setup.proof of the data directory.";
        Problem::new(StatusCode::FORBIDDEN, what)
    })
}

/// A page for people, or a form where none is built. Whether the token is right is told when it is sent.
pub(in crate::api) async fn form(Word(_): Word, headers: HeaderMap) -> Response {
    if let Some(page) = web::setup(&headers) {
        return page;
    }
    // The address of the form is that of the page: nothing that came in is written into it.
    let policy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    let policy = [(header::CONTENT_SECURITY_POLICY, policy)];
    (policy, Html(include_str!("setup.html"))).into_response()
}

/// Makes the administrator, once.
pub(in crate::api) async fn create(
    State(site): State<Arc<Site>>,
    Word(token): Word,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Result<Response, Problem> {
    let people = &site.people;
    let source = peer.address.ip();
    if let Err(wait) = people.limit.begin(Instant::now(), source) {
        return Err(used().after(wait));
    }
    let mut fields = Fields::of(form_or_json(request).await?)?;
    fields.needs(&["name", "password"]);
    let name = fields.text("name", NAME);
    let given = fields.text("password", password::LENGTH);
    fields.done()?;
    let user = NewUser {
        name: name.unwrap_or_default(),
        role: Role::Admin,
        agent: None,
        teams: vec![],
        password: people.hashing.hash(given.unwrap_or_default()).await?,
    };
    let (new, hash) = (user.clone(), hash(&token));
    let made = people.ask(move |store| store.finish_setup(&hash, new));
    let id = match made.await? {
        Changed::Done(id) => id,
        Changed::Missing | Changed::NameTaken | Changed::LastAdmin | Changed::TokenWrong => {
            return Err(used());
        }
    };
    people.limit.succeeded(source);
    tracing::info!(user = user.name, "the first administrator was made");
    let cookie = session::begin(&site, id, peer).await?;
    let body = answer(&json!({ "id": id, "name": user.name, "role": user.role }));
    Ok((StatusCode::CREATED, cookie, Told::by(user.name), body).into_response())
}

/// A browser without scripts sends a form.
async fn form_or_json(request: Request) -> Result<Json, Problem> {
    if !is_kind(request.headers(), "application/x-www-form-urlencoded") {
        return Json::from_request(request, &()).await;
    }
    let bytes = bytes(request.into_body(), 4_096).await?;
    let pairs: Result<Vec<(String, String)>, _> = serde_urlencoded::from_bytes(&bytes);
    let pairs = pairs.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "This is no form."))?;
    let pairs = pairs.into_iter().map(|(name, value)| (name, value.into()));
    Ok(Json(Value::Object(pairs.collect::<Map<String, Value>>())))
}

fn used() -> Problem {
    let what = "This set-up address is not valid, or was used. While there is no administrator, \
                `cordboard setup-url` prints a new one.";
    Problem::new(StatusCode::NOT_FOUND, what)
}
