//! The database: SQLite or PostgreSQL, one connection, one transaction a batch.
//!
//! SQLite has its write-ahead log with `synchronous = FULL`: a batch is one sync of a few milliseconds,
//! five times a second at most, and what was committed survives a power cut. The schema has a version
//! (SQLite's `user_version`, with PostgreSQL the one row of `schema`); each migration changes both in
//! one transaction (F25). A PostgreSQL database is held by one process at a time through an advisory
//! lock, as a data directory is by its lock file (F26).

use super::Record;
use super::ledger::Ledger;
use super::link::{Dialect, Link};
use super::place::Place;
use super::{agents, audit, callbacks, events, recordings, rows};
use crate::call::record::{End, Recorded, Status};
use crate::id::CallId;
use anyhow::{Context as _, bail};
use jiff::Timestamp;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A step of the schema, in each dialect.
struct Migration {
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migration {
    ($name:literal) => {
        Migration {
            sqlite: include_str!(concat!("migrations/sqlite/", $name)),
            postgres: include_str!(concat!("migrations/postgres/", $name)),
        }
    };
}

/// Each brings the schema from the version of its place in this list to the next. Never edited once
/// released, only added to.
const MIGRATIONS: &[Migration] = &[
    migration!("0001_calls.sql"),
    migration!("0002_outside.sql"),
    migration!("0003_people.sql"),
    migration!("0004_status.sql"),
    migration!("0005_causes.sql"),
    migration!("0006_agents.sql"),
    migration!("0007_recordings.sql"),
    migration!("0008_links.sql"),
    migration!("0009_contacts.sql"),
    migration!("0010_deliveries.sql"),
    migration!("0011_transfers.sql"),
    migration!("0012_attempts.sql"),
    migration!("0013_story.sql"),
    migration!("0014_teams.sql"),
    migration!("0015_promises.sql"),
];

/// How long another program may hold the database before we give up for now.
const BUSY: Duration = Duration::from_secs(1);

/// How long a server far away may take to let us in.
const CONNECT: Duration = Duration::from_secs(4);

/// The advisory lock of PostgreSQL that says: a Cordboard works here.
const HELD: i64 = 0x436f_7264_626f_6172;

/// An open database with our schema.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) link: Link,
    place: Place,
    /// The file that was opened: device and number.
    file: Option<(u64, u64)>,
    /// The number of the last record in it.
    known: u64,
}

impl Database {
    /// Opens or creates the database and brings its schema up to date.
    pub(super) async fn open(place: &Place) -> anyhow::Result<Self> {
        let mut link = match place {
            Place::Sqlite(path) => open_sqlite(path).await?,
            Place::Postgres { url, .. } => {
                let opened = tokio::time::timeout(CONNECT, open_postgres(url)).await;
                opened
                    .context("it does not answer")
                    .flatten()
                    .with_context(|| {
                        format!(
                            "{place} cannot be opened: is its server there, and does it let us in?"
                        )
                    })?
            }
        };
        if link.dialect() == Dialect::Postgres {
            hold(&mut link).await.with_context(|| place.to_string())?;
        }
        migrate(&mut link, MIGRATIONS)
            .await
            .with_context(|| place.to_string())?;
        let known = link.row("SELECT number FROM spooled", &[]).await?;
        let known = known.context("the table spooled is empty")?;
        Ok(Self {
            link,
            file: file_at(place),
            place: place.clone(),
            known: known.count("number")?,
        })
    }

    /// The number of the last record in it.
    pub(super) fn known(&self) -> u64 {
        self.known
    }

    /// Whether the connection is of no more use.
    pub(super) fn is_broken(&self) -> bool {
        self.link.is_broken()
    }

    /// Whether it is still where it was. A file that was removed takes all that is written, and
    /// is gone when it is closed.
    pub(super) fn is_in_place(&self) -> bool {
        file_at(&self.place) == self.file
    }

    /// Writes a database whose file was removed anew, with all that was in it; one that was
    /// replaced stays as somebody wanted it. Then it must be opened again.
    pub(super) async fn restore(&mut self) -> anyhow::Result<()> {
        let Place::Sqlite(path) = self.place.clone() else {
            return Ok(());
        };
        if path.exists() {
            return Ok(());
        }
        let copy = beside(&path, ".new");
        drop(std::fs::remove_file(&copy));
        let name = copy.to_string_lossy().into_owned();
        self.link.execute("VACUUM INTO $1", &[name.into()]).await?;
        // What is left of the old log does not belong to the new file.
        for ending in ["-wal", "-shm"] {
            drop(std::fs::remove_file(beside(&path, ending)));
        }
        Ok(std::fs::rename(copy, path)?)
    }

    /// Writes records, their last number, and the ledger's lines for the conversations that ended
    /// with them: all or nothing.
    pub(super) async fn apply(
        &mut self,
        records: &[Record],
        last: u64,
        ledger: &mut Ledger,
    ) -> anyhow::Result<()> {
        let said = &mut *ledger;
        self.link
            .atomically(async move |link| {
                let (mut conversations, mut requests, mut happened) = (vec![], vec![], vec![]);
                let (mut statuses, mut owners) = (BTreeMap::new(), vec![]);
                for record in records {
                    match record {
                        Record::Conversation(conversation) => conversations.push(&**conversation),
                        Record::Recorded(recorded) => recordings::put(link, recorded).await?,
                        Record::Callback(callback) => requests.push(&**callback),
                        Record::Event(event) => happened.push(event),
                        Record::AgentStatus(agent, status) => {
                            statuses.insert(*agent, *status);
                        }
                        Record::Owner(owner) => owners.push(owner),
                        Record::Supervised(deed) => {
                            audit::append(link, deed.at, deed.into()).await?;
                        }
                    }
                }
                let ended = rows::put_conversations(link, &conversations).await?;
                callbacks::put(link, &requests).await?;
                events::put(link, &happened).await?;
                agents::put_statuses(link, statuses).await?;
                agents::put_owners(link, &owners).await?;
                said.append(&ended).context("calls.jsonl")?;
                link.execute("UPDATE spooled SET number = $1", &[last.into()])
                    .await?;
                Ok(())
            })
            .await?;
        ledger.settle();
        self.known = last;
        Ok(())
    }

    /// Ends all conversations that have no end. Returns how many.
    pub(super) async fn interrupt(
        &mut self,
        now: Timestamp,
        ledger: &mut Ledger,
    ) -> anyhow::Result<u64> {
        let mut open = rows::open_conversations(&mut self.link).await?;
        for conversation in &mut open {
            let ended = now.max(conversation.began);
            conversation.ended = Some(ended);
            conversation.end = Some(End::Interrupted);
            if let Some(connected) = conversation.connected {
                if conversation.status == Status::Open {
                    conversation.status = Status::Solved;
                }
                let talked = ended.duration_since(connected).as_millis();
                conversation.talked_ms = u64::try_from(talked).unwrap_or(0);
            }
        }
        let count = open.len() as u64;
        let records: Vec<_> = open
            .into_iter()
            .map(|c| Record::Conversation(Box::new(c)))
            .collect();
        if count > 0 {
            self.apply(&records, self.known, ledger).await?;
        }
        Ok(count)
    }

    /// The recordings of a call.
    pub(super) async fn recordings(&mut self, call: CallId) -> anyhow::Result<Vec<Recorded>> {
        recordings::of_call(&mut self.link, call).await
    }

    /// Closes it in order: SQLite's write-ahead log is folded in.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.link.close().await
    }
}

async fn open_sqlite(path: &Path) -> anyhow::Result<Link> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        // What was removed or sealed is overwritten in the file, too (D16, R154).
        .pragma("secure_delete", "ON")
        .disable_statement_logging();
    let connection = options.connect().await.with_context(|| {
        format!(
            "the database {} cannot be opened: if it is damaged, move it away and restore a backup",
            path.display()
        )
    })?;
    Ok(Link::sqlite(connection))
}

async fn open_postgres(url: &str) -> anyhow::Result<Link> {
    let options: PgConnectOptions = url.parse()?;
    let options = options
        .application_name("cordboard")
        // The server notices that we are gone, and lets go of what we hold, in half a minute.
        .options([
            ("tcp_keepalives_idle", "10"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "4"),
            ("client_min_messages", "warning"),
        ])
        .disable_statement_logging();
    Ok(Link::postgres(options.connect().await?))
}

/// Takes the database for us alone. A connection of ours that has just ended may still hold it for a moment.
async fn hold(link: &mut Link) -> anyhow::Result<()> {
    let sql = "SELECT CAST(CAST(pg_try_advisory_lock($1) AS INTEGER) AS BIGINT) AS held";
    let until = tokio::time::Instant::now() + BUSY;
    loop {
        let row = link.row(sql, &[HELD.into()]).await?;
        if row.context("no answer to a lock")?.flag("held")? {
            return Ok(());
        }
        if tokio::time::Instant::now() > until {
            bail!(
                "another Cordboard uses it: stop that one first, or give this one a database of its own"
            );
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn file_at(place: &Place) -> Option<(u64, u64)> {
    match place {
        Place::Sqlite(path) => {
            let found = path.metadata().ok()?;
            Some((found.dev(), found.ino()))
        }
        Place::Postgres { .. } => None,
    }
}

async fn migrate(link: &mut Link, migrations: &'static [Migration]) -> anyhow::Result<()> {
    let newest = migrations.len();
    if link.dialect() == Dialect::Postgres {
        link.script(
            "CREATE TABLE IF NOT EXISTS schema (
                 one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1), version BIGINT NOT NULL);
             INSERT INTO schema (one, version) VALUES (1, 0) ON CONFLICT DO NOTHING",
        )
        .await?;
    }
    // Without a transaction first: where there is nothing to do, nobody is waited for.
    while version(link).await? != newest {
        let step = async |link: &mut Link| {
            let version = version(link).await?;
            if version > newest {
                bail!(
                    "was written by a newer Cordboard (schema {version}; this one knows up to {newest}): \
                     start the newer one, or restore a backup from before the upgrade"
                );
            }
            let Some(migration) = migrations.get(version) else {
                return Ok(());
            };
            let next = version + 1;
            let (change, count) = match link.dialect() {
                Dialect::Sqlite => (migration.sqlite, format!("PRAGMA user_version = {next}")),
                Dialect::Postgres => (
                    migration.postgres,
                    format!("UPDATE schema SET version = {next}"),
                ),
            };
            link.script(change)
                .await
                .with_context(|| format!("cannot be brought to schema {next}"))?;
            link.script(count).await
        };
        link.atomically(step).await?;
    }
    Ok(())
}

async fn version(link: &mut Link) -> anyhow::Result<usize> {
    let row = match link.dialect() {
        Dialect::Sqlite => link.row("PRAGMA user_version", &[]).await?,
        Dialect::Postgres => {
            link.row("SELECT version AS user_version FROM schema", &[])
                .await?
        }
    };
    let row = row.context("the schema has no version")?;
    row.small("user_version")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;

    fn run<T>(what: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(what)
    }

    async fn version_of(path: &Path) -> usize {
        let mut link = open_sqlite(path).await.expect("opened");
        version(&mut link).await.expect("read")
    }

    #[test]
    fn an_older_schema_is_brought_up_to_date_and_stays_when_opened_again() {
        let folder = Folder::new("schema");
        let path = folder.path().join("db");
        run(async {
            for _ in 0..2 {
                let database = Database::open(&Place::Sqlite(path.clone()))
                    .await
                    .expect("opened");
                assert_eq!(database.known(), 0);
                database.close().await.expect("closed");
                assert_eq!(version_of(&path).await, MIGRATIONS.len());
            }
        });
    }

    #[test]
    fn a_newer_schema_is_refused_clearly() {
        let folder = Folder::new("schema-newer");
        let path = folder.path().join("db");
        run(async {
            let mut database = Database::open(&Place::Sqlite(path.clone()))
                .await
                .expect("opened");
            let newer = database.link.script("PRAGMA user_version = 99");
            newer.await.expect("set");
            database.close().await.expect("closed");
            let error = format!(
                "{:#}",
                Database::open(&Place::Sqlite(path.clone()))
                    .await
                    .expect_err("newer")
            );
            assert!(error.contains("newer Cordboard (schema 99"), "{error}");
            assert!(error.contains(&path.display().to_string()), "{error}");
        });
    }

    const BROKEN: &[Migration] = &[
        Migration {
            sqlite: "CREATE TABLE one (a INTEGER)",
            postgres: "CREATE TABLE one (a INTEGER)",
        },
        Migration {
            sqlite: "CREATE TABLE two (a INTEGER); CREATE TABLE one (a INTEGER)",
            postgres: "CREATE TABLE two (a INTEGER); CREATE TABLE one (a INTEGER)",
        },
    ];

    #[test]
    fn a_migration_that_fails_leaves_the_schema_as_it_was() {
        let folder = Folder::new("schema-fails");
        let path = folder.path().join("db");
        run(async {
            let mut link = open_sqlite(&path).await.expect("opened");
            let error = migrate(&mut link, BROKEN).await.expect_err("twice");
            assert!(format!("{error:#}").contains("schema 2"), "{error:#}");
            let tables = link.rows("SELECT name FROM sqlite_master", &[]).await;
            assert_eq!(tables.expect("read").len(), 1);
            assert_eq!(version_of(&path).await, 1);
        });
    }

    #[test]
    fn a_file_that_is_no_database_is_named() {
        let folder = Folder::new("schema-garbage");
        let path = folder.path().join("db");
        std::fs::write(
            &path,
            "no database, but long enough to be taken for one".repeat(99),
        )
        .expect("written");
        let error = run(Database::open(&Place::Sqlite(path.clone()))).expect_err("garbage");
        assert!(format!("{error:#}").contains(&path.display().to_string()));
    }
}
