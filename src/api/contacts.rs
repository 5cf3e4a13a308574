//! `/api/v1/contacts`: people and numbers outside, found while one types (R125–R129).

use super::body::{Fields, Json};
use super::part::{Number, Query};
use super::problem::{Fault, Problem};
use super::who::Caller;
use super::{Site, answer};
use crate::acd::callback;
use crate::id::ContactId;
use crate::store::{Contact, ContactDetails, ContactFilter, ContactKept, EXTERNAL, Store};
use crate::switch::Ask;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

/// Contacts in one page: as many as fit beneath a field in which somebody types.
const PAGE: u32 = 20;
const PAGES: std::ops::RangeInclusive<u32> = 1..=1_000;
/// Characters of what is looked for.
const TYPED: usize = 64;
const TAGS: usize = 16;

/// Contacts whose name, a word of it, or number begins as is asked, in the order of their names.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    mut query: Query,
) -> Result<Response, Problem> {
    let limit = query.parsed("limit", "a number from 1 to 1000", |text| {
        text.parse().ok().filter(|limit| PAGES.contains(limit))
    });
    let begins = query.parsed("q", "at most 64 characters", |text| {
        (text.chars().count() <= TYPED).then(|| text.to_owned())
    });
    let tag = query.parsed("tag", EXTERNAL, |text| (text == EXTERNAL).then_some(()));
    let after = query.value("after", "the id of a contact").map(ContactId);
    query.done()?;
    let filter = ContactFilter {
        begins: begins.filter(|text| !text.trim().is_empty()),
        external: tag.is_some(),
        after,
    };
    let limit = limit.unwrap_or(PAGE);
    let found = site
        .ask(move |store| store.contacts(&filter, limit))
        .await?;
    Ok(answer(&found.iter().map(shown).collect::<Vec<_>>()))
}

/// One contact.
pub(super) async fn one(
    State(site): State<Arc<Site>>,
    Number(id): Number,
) -> Result<Response, Problem> {
    Ok(answer(&shown(&known(&site, ContactId(id)).await?)))
}

/// Makes a contact.
pub(super) async fn add(
    State(site): State<Arc<Site>>,
    caller: Caller,
    body: Json,
) -> Result<Response, Problem> {
    let details = details(body)?;
    let (by, now) = (caller.signature(), Timestamp::now());
    let kept = site
        .ask(move |store| store.add_contact(details, &by, now))
        .await?;
    let id = done(kept)?;
    tracing::info!(contact = %id, by = caller.signature(), "a contact was made");
    tell(&site).await?;
    let place = [(header::LOCATION, format!("/api/v1/contacts/{id}"))];
    let body = answer(&shown(&known(&site, id).await?));
    Ok((StatusCode::CREATED, place, body).into_response())
}

/// Replaces all of a contact.
pub(super) async fn change(
    State(site): State<Arc<Site>>,
    Number(id): Number,
    caller: Caller,
    body: Json,
) -> Result<Response, Problem> {
    let (id, details) = (ContactId(id), details(body)?);
    let kept = site
        .ask(move |store| store.change_contact(id, details))
        .await?;
    done(kept)?;
    tell(&site).await?;
    tracing::info!(contact = %id, by = caller.signature(), "a contact was changed");
    Ok(answer(&shown(&known(&site, id).await?)))
}

/// Removes a contact.
pub(super) async fn remove(
    State(site): State<Arc<Site>>,
    Number(id): Number,
    caller: Caller,
) -> Result<Response, Problem> {
    let id = ContactId(id);
    if !site.ask(move |store| store.remove_contact(id)).await? {
        return Err(Problem::missing("contact"));
    }
    tell(&site).await?;
    tracing::info!(contact = %id, by = caller.signature(), "a contact was removed");
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn details(body: Json) -> Result<ContactDetails, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["name", "number"]);
    let name = fields.text("name", 1..=64);
    let number = fields
        .text("number", 1..=40)
        .and_then(|text| match e164(&text) {
            Some(number) => Some(number),
            None => fields.wrong("number", "must be E.164: \"+49 30 123456\", 3 to 15 digits"),
        });
    let word = |text: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        let fine = (1..=32).contains(&text.len()) && text.chars().all(plain);
        fine.then(|| text.to_owned())
    };
    let mut tags = fields
        .words(
            "tags",
            word,
            &["words of a-z 0-9 _ -, up to 32 characters each"],
        )
        .unwrap_or_default();
    if tags.len() > TAGS {
        fields.wrong::<()>("tags", "must be at most 16");
    }
    fields.done()?;
    tags.sort();
    tags.dedup();
    Ok(ContactDetails {
        name: name.unwrap_or_default(),
        number: number.unwrap_or_default(),
        tags,
    })
}

/// A number in the one spelling, however people group its digits (R125).
fn e164(text: &str) -> Option<String> {
    let digits = text.trim().strip_prefix('+')?;
    let number: String = digits.chars().filter(|c| !" -()/.".contains(*c)).collect();
    let plain = number.chars().all(|c| c.is_ascii_digit());
    let fine = plain && (3..=15).contains(&number.len()) && !number.starts_with('0');
    fine.then(|| format!("+{number}"))
}

/// The switch learns to which numbers calls may be passed on.
async fn tell(site: &Site) -> Result<(), Problem> {
    let numbers = site.ask(Store::external_numbers).await?;
    let numbers = numbers.into_iter().map(callback::Number).collect();
    site.switch.ask(Ask::List { numbers }).await?;
    Ok(())
}

async fn known(site: &Site, id: ContactId) -> Result<Contact, Problem> {
    let found = site.ask(move |store| store.contact(id)).await?;
    found.ok_or_else(|| Problem::missing("contact"))
}

fn done(kept: ContactKept) -> Result<ContactId, Problem> {
    match kept {
        ContactKept::Done(id) => Ok(id),
        ContactKept::Missing => Err(Problem::missing("contact")),
        ContactKept::NumberTaken(other) => {
            let mend = format!("is that of contact {other}: change that one");
            let what = "There is a contact with this number already.";
            let fault = Fault::new("number", mend);
            Err(Problem::new(StatusCode::CONFLICT, what).with(vec![fault]))
        }
        ContactKept::Full => {
            let what = "There are 50000 contacts, which is all there can be: remove one first.";
            Err(Problem::new(StatusCode::CONFLICT, what))
        }
    }
}

fn shown(contact: &Contact) -> Value {
    let details = &contact.details;
    json!({
        "id": contact.id,
        "name": details.name,
        "number": details.number,
        "tags": details.tags,
        "created": contact.created,
        "by": contact.by,
    })
}
