//! Contacts: people and numbers outside, found while one types (R126, R129).
//!
//! What a contact is found by stands in a table of its own, folded: each word of the name, the whole
//! name, the digits of the number. What somebody has typed is the beginning of one of them, which an
//! index finds among fifty thousand in a millisecond.

use super::Store;
use super::database::Database;
use super::link::{Link, Row, Value};
use crate::id::ContactId;
use anyhow::Context as _;
use jiff::Timestamp;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The tag of numbers to which calls may be passed on (R126).
pub const EXTERNAL: &str = "external_number";

/// Contacts there may be.
const MOST: u64 = 50_000;

/// Words of a name by which it is found.
const WORDS: usize = 16;

/// Somebody outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Which.
    pub id: ContactId,
    /// Who it is.
    pub details: ContactDetails,
    /// Since when it exists.
    pub created: Timestamp,
    /// Who made it.
    pub by: String,
}

/// What is known of somebody outside.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactDetails {
    /// What people call them.
    pub name: String,
    /// E.164, with its plus sign; no two have the same.
    pub number: String,
    /// Words, such as [`EXTERNAL`].
    pub tags: Vec<String>,
}

/// Which contacts are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// Whose name, a word of it, or number begins so; `None`: all.
    pub begins: Option<String>,
    /// Only those with [`EXTERNAL`].
    pub external: bool,
    /// Those that come after this one in the list.
    pub after: Option<ContactId>,
}

/// What has become of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactKept {
    /// It is so now.
    Done(ContactId),
    /// This one has the number.
    NumberTaken(ContactId),
    /// There is none of this id.
    Missing,
    /// There are too many.
    Full,
}

impl Store {
    /// Contacts in the order of their names, at most `limit`. Waits for up to five seconds, as all below.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn contacts(&self, filter: &ContactFilter, limit: u32) -> anyhow::Result<Vec<Contact>> {
        let mut values: Vec<Value> = vec![limit.into()];
        let mut sql = "SELECT * FROM contacts WHERE true".to_owned();
        let mut bind = |value: Value| {
            values.push(value);
            format!("${}", values.len())
        };
        if let Some(begins) = filter.begins.as_deref().map(typed) {
            // The last character there is: everything that begins so is below.
            let (from, to) = (
                bind(begins.as_str().into()),
                bind(format!("{begins}\u{10FFFF}").into()),
            );
            sql.push_str(&format!(
                " AND id IN (SELECT contact FROM contact_words WHERE word >= {from} AND word < {to})"
            ));
        }
        if filter.external {
            sql.push_str(" AND external = 1");
        }
        if let Some(after) = filter.after {
            let after = bind(after.0.into());
            sql.push_str(&format!(
                " AND (sort_key, id) > (SELECT sort_key, id FROM contacts WHERE id = {after})"
            ));
        }
        sql.push_str(" ORDER BY sort_key, id LIMIT $1");
        self.with(async move |db| {
            let rows = db.link.rows(sql, &values).await?;
            rows.iter().map(contact).collect()
        })
    }

    /// A contact by its id.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn contact(&self, id: ContactId) -> anyhow::Result<Option<Contact>> {
        self.with(async move |db| {
            let sql = "SELECT * FROM contacts WHERE id = $1";
            let row = db.link.row(sql, &[id.0.into()]).await?;
            row.as_ref().map(contact).transpose()
        })
    }

    /// The numbers to which calls may be passed on: those with [`EXTERNAL`].
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn external_numbers(&self) -> anyhow::Result<Vec<String>> {
        self.with(async |db| {
            let sql = "SELECT number FROM contacts WHERE external = 1 ORDER BY number";
            let rows = db.link.rows(sql, &[]).await?;
            rows.iter().map(|row| row.text("number")).collect()
        })
    }

    /// Makes a contact.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn add_contact(
        &self,
        details: ContactDetails,
        by: &str,
        now: Timestamp,
    ) -> anyhow::Result<ContactKept> {
        let by = by.to_owned();
        self.with(async move |db| {
            let step = async |link: &mut Link| insert(link, &details, &by, now).await;
            db.link.atomically(step).await
        })
    }

    /// Changes a contact.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn change_contact(
        &self,
        id: ContactId,
        details: ContactDetails,
    ) -> anyhow::Result<ContactKept> {
        self.with(async move |db| {
            let step = async |link: &mut Link| change(link, id, &details).await;
            db.link.atomically(step).await
        })
    }

    /// Removes a contact; false if there is none.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn remove_contact(&self, id: ContactId) -> anyhow::Result<bool> {
        self.with(async move |db| {
            let step = async |link: &mut Link| {
                forget_words(link, id).await?;
                let sql = "DELETE FROM contacts WHERE id = $1";
                Ok(link.execute(sql, &[id.0.into()]).await? > 0)
            };
            db.link.atomically(step).await
        })
    }

    /// Keeps a number that somebody has typed, with [`EXTERNAL`]: as a new contact, or as one more tag of
    /// the one that has it (R127). Nobody waits.
    pub fn keep_number(&self, number: &str, by: &str, now: Timestamp) {
        let (number, by) = (number.to_owned(), by.to_owned());
        let keep = async move |db: &mut Database| {
            let step = async |link: &mut Link| keep(link, &number, &by, now).await;
            db.link.atomically(step).await
        };
        self.later(keep, |kept| match kept {
            Ok(ContactKept::Done(contact)) => tracing::info!(%contact, "a number is a contact now"),
            Ok(_) => tracing::warn!("a number that was typed finds no room among the contacts"),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "a number that was typed is not kept");
            }
        });
    }
}

async fn insert(
    link: &mut Link,
    details: &ContactDetails,
    by: &str,
    now: Timestamp,
) -> anyhow::Result<ContactKept> {
    if let Some(other) = holder(link, &details.number).await? {
        return Ok(ContactKept::NumberTaken(other.id));
    }
    let sql = "SELECT COALESCE(MAX(id), 0) AS id, COUNT(*) AS many FROM contacts";
    let known = link.row(sql, &[]).await?.context("no answer")?;
    if known.count("many")? >= MOST {
        return Ok(ContactKept::Full);
    }
    let id = ContactId(known.small::<u32>("id")? + 1);
    let sql = "INSERT INTO contacts
         (id, name, sort_key, number, tags, external, created_us, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let mut values = columns(id, details)?.to_vec();
    values.extend([now.into(), by.into()]);
    link.execute(sql, &values).await?;
    put_words(link, id, details).await?;
    Ok(ContactKept::Done(id))
}

async fn change(
    link: &mut Link,
    id: ContactId,
    details: &ContactDetails,
) -> anyhow::Result<ContactKept> {
    let other = holder(link, &details.number).await?;
    if let Some(other) = other.filter(|other| other.id != id) {
        return Ok(ContactKept::NumberTaken(other.id));
    }
    let sql = "UPDATE contacts SET name = $2, sort_key = $3, number = $4, tags = $5, external = $6
         WHERE id = $1";
    if link.execute(sql, &columns(id, details)?).await? == 0 {
        return Ok(ContactKept::Missing);
    }
    forget_words(link, id).await?;
    put_words(link, id, details).await?;
    Ok(ContactKept::Done(id))
}

async fn keep(
    link: &mut Link,
    number: &str,
    by: &str,
    now: Timestamp,
) -> anyhow::Result<ContactKept> {
    let Some(known) = holder(link, number).await? else {
        let details = ContactDetails {
            name: number.to_owned(),
            number: number.to_owned(),
            tags: vec![EXTERNAL.to_owned()],
        };
        return insert(link, &details, by, now).await;
    };
    let mut details = known.details;
    if !details.is_external() {
        details.tags.push(EXTERNAL.to_owned());
    }
    change(link, known.id, &details).await
}

async fn holder(link: &mut Link, number: &str) -> anyhow::Result<Option<Contact>> {
    let sql = "SELECT * FROM contacts WHERE number = $1";
    let row = link.row(sql, &[number.into()]).await?;
    row.as_ref().map(contact).transpose()
}

async fn put_words(link: &mut Link, id: ContactId, details: &ContactDetails) -> anyhow::Result<()> {
    for word in details.words() {
        let sql = "INSERT INTO contact_words (word, contact) VALUES ($1, $2)";
        link.execute(sql, &[word.into(), id.0.into()]).await?;
    }
    Ok(())
}

async fn forget_words(link: &mut Link, id: ContactId) -> anyhow::Result<()> {
    let sql = "DELETE FROM contact_words WHERE contact = $1";
    link.execute(sql, &[id.0.into()]).await?;
    Ok(())
}

fn columns(id: ContactId, details: &ContactDetails) -> anyhow::Result<[Value; 6]> {
    Ok([
        id.0.into(),
        details.name.as_str().into(),
        folded(&details.name).into(),
        details.number.as_str().into(),
        serde_json::to_string(&details.tags)?.into(),
        details.is_external().into(),
    ])
}

impl ContactDetails {
    /// Whether calls may be passed on there (R126).
    pub fn is_external(&self) -> bool {
        self.tags.iter().any(|tag| tag == EXTERNAL)
    }

    /// What it is found by.
    fn words(&self) -> BTreeSet<String> {
        let name = folded(&self.name);
        let words = name.split(|c: char| !c.is_alphanumeric());
        let words = words.filter(|word| !word.is_empty()).take(WORDS);
        let mut all: BTreeSet<String> = words.map(str::to_owned).collect();
        all.insert(digits(&self.number));
        all.insert(name);
        all
    }
}

/// What somebody has typed, as what it is compared with.
fn typed(text: &str) -> String {
    let is_number = |c: char| c.is_ascii_digit() || "+ -()/.".contains(c);
    match text.chars().any(|c| c.is_ascii_digit()) && text.chars().all(is_number) {
        true => digits(text.trim().trim_start_matches("00")),
        false => folded(text),
    }
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// In small letters without accents, with single spaces.
fn folded(text: &str) -> String {
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c));
    let small: String = plain.flat_map(char::to_lowercase).collect();
    small.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn contact(row: &Row) -> anyhow::Result<Contact> {
    Ok(Contact {
        id: ContactId(row.small("id")?),
        details: ContactDetails {
            name: row.text("name")?,
            number: row.text("number")?,
            tags: serde_json::from_str(&row.text("tags")?).context("the tags of a contact")?,
        },
        created: row.moment("created_us")?,
        by: row.text("created_by")?,
    })
}

/// Without the number, and without the name, which may be it.
impl std::fmt::Debug for ContactDetails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("ContactDetails");
        shown.field("tags", &self.tags).finish_non_exhaustive()
    }
}
