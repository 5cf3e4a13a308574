//! The settings, as revisions of one document: the latest counts, and nobody overwrites what they have
//! not seen.

use super::Store;
use super::audit;
use super::database::Database;
use super::link::Row;
use super::secrets::Purpose;
use jiff::Timestamp;

/// How many revisions are kept.
const KEPT: u64 = 200;

/// A revision of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Counts from 1.
    pub number: u64,
    /// The text of the document.
    pub document: String,
    /// Who set it: the name of a user or of a key.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A revision without its text, for a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionInfo {
    /// Counts from 1.
    pub number: u64,
    /// Who set it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What became of settings that were to be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// They are this revision now, the latest.
    As(u64),
    /// They are not saved: somebody was faster, and the latest is this revision (0: none).
    Conflict(u64),
}

impl Store {
    /// The latest settings; `None` before any were saved. Waits for up to five seconds, as all below.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn settings(&self) -> anyhow::Result<Option<Revision>> {
        let found = self.with(async |db| {
            let sql = "SELECT * FROM settings ORDER BY number DESC LIMIT 1";
            db.link.row(sql, &[]).await?.map(revision).transpose()
        })?;
        self.opened(found)
    }

    /// One revision; `None` if there never was one, or it is too long ago.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn settings_at(&self, number: u64) -> anyhow::Result<Option<Revision>> {
        let found = self.with(async move |db| {
            let sql = "SELECT * FROM settings WHERE number = $1";
            let row = db.link.row(sql, &[number.into()]).await?;
            row.map(revision).transpose()
        })?;
        self.opened(found)
    }

    fn opened(&self, found: Option<Revision>) -> anyhow::Result<Option<Revision>> {
        let open = |mut revision: Revision| {
            revision.document = self.secrets.open(Purpose::Settings, revision.document)?;
            anyhow::Ok(revision)
        };
        found.map(open).transpose()
    }

    /// The last 200 revisions, the newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn settings_history(&self) -> anyhow::Result<Vec<RevisionInfo>> {
        self.with(async |db| {
            let sql = "SELECT number, author, at_us FROM settings ORDER BY number DESC";
            let rows = db.link.rows(sql, &[]).await?;
            let info = |row: &Row| {
                Ok(RevisionInfo {
                    number: row.count("number")?,
                    by: row.text("author")?,
                    at: row.moment("at_us")?,
                })
            };
            rows.iter().map(info).collect()
        })
    }

    /// Saves a document if `expected` is still the latest revision (0: there is none). When it is said
    /// to be saved, it is on the disk.
    ///
    /// # Errors
    /// If the database does not answer; then it may be saved nevertheless.
    pub fn save_settings(&self, document: &str, by: &str, expected: u64) -> anyhow::Result<Saved> {
        let document = self.secrets.seal(Purpose::Settings, document)?;
        let by = by.to_owned();
        self.with(async move |db| save(db, document, by, expected, Timestamp::now()).await)
    }
}

async fn save(
    db: &mut Database,
    document: String,
    by: String,
    expected: u64,
    now: Timestamp,
) -> anyhow::Result<Saved> {
    let step = async |link: &mut super::link::Link| {
        let sql = "SELECT COALESCE(MAX(number), 0) AS number FROM settings";
        let latest = link.row(sql, &[]).await?;
        let latest = latest.map_or(Ok(0), |row| row.count("number"))?;
        if latest != expected {
            return Ok(Saved::Conflict(latest));
        }
        let number = latest + 1;
        link.execute(
            "INSERT INTO settings (number, document, author, at_us) VALUES ($1, $2, $3, $4)",
            &[
                number.into(),
                document.into(),
                by.clone().into(),
                now.into(),
            ],
        )
        .await?;
        let note = audit::Noted {
            who: by,
            action: "settings.changed",
            subject: number.to_string(),
            detail: String::new(),
        };
        audit::append(link, now, note).await?;
        let gone = number.saturating_sub(KEPT);
        link.execute("DELETE FROM settings WHERE number <= $1", &[gone.into()])
            .await?;
        Ok(Saved::As(number))
    };
    db.link.atomically(step).await
}

fn revision(row: Row) -> anyhow::Result<Revision> {
    Ok(Revision {
        number: row.count("number")?,
        document: row.text("document")?,
        by: row.text("author")?,
        at: row.moment("at_us")?,
    })
}
