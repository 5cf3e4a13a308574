//! `/api/v1/webhooks`: where events are sent, what could not be delivered, and once more (B15).

use super::body::{Fields, Json};
use super::part::{Number, Query};
use super::problem::Problem;
use super::who::Caller;
use super::{Site, answer};
use crate::events::KINDS;
use crate::events::webhooks::{Delivery, Target};
use crate::id::WebhookId;
use crate::store::{DeadLetter, Webhook};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) async fn list(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let all = site.ask(|store| store.webhooks()).await?;
    Ok(answer(&all.iter().map(shown).collect::<Vec<_>>()))
}

pub(super) async fn one(
    State(site): State<Arc<Site>>,
    Number(id): Number,
) -> Result<Response, Problem> {
    Ok(answer(&shown(&known(&site, id).await?)))
}

/// Makes one. Its secret is told this once. It hears of what happens from now on.
pub(super) async fn add(
    State(site): State<Arc<Site>>,
    caller: Caller,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["url"]);
    let (url, kinds) = (url(&mut fields), kinds(&mut fields));
    let disabled = fields.boolean("disabled").unwrap_or(false);
    fields.done()?;
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|_| Problem::unavailable("The system has no randomness to give."))?;
    let secret = format!("whsec_{}", STANDARD.encode(bytes));
    let (url, kinds, after) = (
        url.unwrap_or_default(),
        kinds.unwrap_or_default(),
        site.log.last(),
    );
    let kept = secret.clone();
    let added = site.ask(move |store| {
        let Some(id) = store.add_webhook(&url, &kept, &kinds, after)? else {
            return Ok(None);
        };
        let mut webhooks = store.webhooks()?.into_iter();
        let found = webhooks.find(|webhook| webhook.id == id);
        if let Some(webhook) = found.clone().filter(|_| disabled) {
            let webhook = Webhook {
                disabled,
                ..webhook
            };
            store.change_webhook(webhook.clone())?;
            return Ok(Some(webhook));
        }
        Ok(found)
    });
    let Some(webhook) = added.await? else {
        let what = "There are 64 webhooks, which is all there can be: remove one first.";
        return Err(Problem::new(StatusCode::CONFLICT, what));
    };
    site.webhooks.ring();
    tracing::info!(webhook = %webhook.id, by = caller.signature(), "a webhook was made");
    let mut body = shown(&webhook);
    body["secret"] = secret.into();
    let place = [(header::LOCATION, format!("/api/v1/webhooks/{}", webhook.id))];
    Ok((StatusCode::CREATED, place, answer(&body)).into_response())
}

/// Replaces all but the secret. What waits is tried at once.
pub(super) async fn change(
    State(site): State<Arc<Site>>,
    Number(id): Number,
    caller: Caller,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["url"]);
    let (url, kinds) = (url(&mut fields), kinds(&mut fields));
    let disabled = fields.boolean("disabled").unwrap_or(false);
    fields.done()?;
    let webhook = Webhook {
        url: url.unwrap_or_default(),
        kinds: kinds.unwrap_or_default(),
        disabled,
        ..known(&site, id).await?
    };
    let new = webhook.clone();
    if !site.ask(move |store| store.change_webhook(new)).await? {
        return Err(Problem::missing("webhook"));
    }
    site.webhooks.ring();
    tracing::info!(
        webhook = id,
        by = caller.signature(),
        "a webhook was changed"
    );
    Ok(answer(&shown(&webhook)))
}

pub(super) async fn remove(
    State(site): State<Arc<Site>>,
    Number(id): Number,
    caller: Caller,
) -> Result<Response, Problem> {
    let removed = site.ask(move |store| store.remove_webhook(WebhookId(id)));
    if !removed.await? {
        return Err(Problem::missing("webhook"));
    }
    site.webhooks.ring();
    tracing::info!(
        webhook = id,
        by = caller.signature(),
        "a webhook was removed"
    );
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What could not be delivered, the oldest first.
pub(super) async fn letters(
    State(site): State<Arc<Site>>,
    Number(id): Number,
    mut query: Query,
) -> Result<Response, Problem> {
    let after: Option<u64> = query.value("after", "a number of an event");
    query.done()?;
    known(&site, id).await?;
    let after = after.unwrap_or(0);
    let letters = site.ask(move |store| store.dead_letters(WebhookId(id), after, 100));
    Ok(answer(
        &letters.await?.iter().map(letter).collect::<Vec<_>>(),
    ))
}

/// What was sent lately, the newest first.
pub(super) async fn deliveries(
    State(site): State<Arc<Site>>,
    Number(id): Number,
) -> Result<Response, Problem> {
    known(&site, id).await?;
    let all = site.deliveries.of(WebhookId(id));
    Ok(answer(&all.iter().map(delivery).collect::<Vec<_>>()))
}

/// Tries them once more: one event, or all.
pub(super) async fn replay(
    State(site): State<Arc<Site>>,
    Number(id): Number,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    let event = fields.number("event", 0..=u64::MAX);
    fields.done()?;
    known(&site, id).await?;
    let replayed = site.ask(move |store| store.replay_letters(WebhookId(id), event));
    let replayed = replayed.await?;
    site.webhooks.ring();
    Ok((StatusCode::ACCEPTED, answer(&json!({ "events": replayed }))).into_response())
}

async fn known(site: &Site, id: u32) -> Result<Webhook, Problem> {
    let all = site.ask(|store| store.webhooks()).await?;
    let mut all = all.into_iter();
    let found = all.find(|webhook| webhook.id == WebhookId(id));
    found.ok_or_else(|| Problem::missing("webhook"))
}

fn url(fields: &mut Fields) -> Option<String> {
    let url = fields.text("url", 1..=2_000)?;
    match Target::read(&url) {
        Ok(_) => Some(url),
        Err(why) => fields.wrong(
            "url",
            format!("must be an address such as \"https://example.com/hook\": {why:#}"),
        ),
    }
}

/// Kinds of events: whole, or all of a family (`call.*`).
fn kinds(fields: &mut Fields) -> Option<Vec<String>> {
    let known = |text: &str| {
        let family = text.strip_suffix(".*");
        let mut kinds = KINDS.iter();
        let fits = kinds.any(|(kind, _)| match family {
            Some(family) => kind.split('.').next() == Some(family),
            None => *kind == text,
        });
        fits.then(|| text.to_owned())
    };
    let names: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    fields.words("kinds", known, &names)
}

fn shown(webhook: &Webhook) -> Value {
    let progress = &webhook.progress;
    json!({
        "id": webhook.id,
        "url": webhook.url,
        "kinds": webhook.kinds,
        "disabled": webhook.disabled,
        "created": webhook.created,
        "secret": null,
        "delivered": progress.delivered,
        "tries": progress.tries,
        "next": progress.next,
        "error": progress.error,
        "lost": progress.lost,
    })
}

fn delivery(delivery: &Delivery) -> Value {
    json!({
        "at": delivery.at,
        "event": delivery.event,
        "kind": delivery.kind,
        "took_ms": u64::try_from(delivery.took.as_millis()).unwrap_or(u64::MAX),
        "error": delivery.error,
    })
}

fn letter(letter: &DeadLetter) -> Value {
    let body: Value = serde_json::from_str(&letter.event.body).unwrap_or_default();
    json!({
        "event": body,
        "tries": letter.tries,
        "error": letter.error,
        "replay": letter.replay,
    })
}
