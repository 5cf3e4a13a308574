//! The database: SQLite, one connection, one transaction a batch.
//!
//! Write-ahead log, `synchronous = FULL`: a batch is one sync of a few milliseconds, five times
//! a second at most, and what was committed survives a power cut. The schema's version is SQLite's
//! `user_version`; each migration changes both in one transaction (F25).

use super::Record;
use super::ledger::Ledger;
use super::rows;
use crate::call::record::{Conversation, End, Recorded};
use crate::id::CallId;
use anyhow::{Context as _, bail};
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, SqliteConnection};
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Each brings the schema from the version of its place in this list to the next. Never edited once
/// released, only added to.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_calls.sql"),
    include_str!("migrations/0002_outside.sql"),
];

/// How long another program may hold the database before we give up for now.
const BUSY: Duration = Duration::from_secs(1);

/// An open database with our schema.
#[derive(Debug)]
pub(super) struct Database {
    connection: SqliteConnection,
    path: PathBuf,
    /// The file that was opened: device and number.
    file: Option<(u64, u64)>,
    /// The number of the last record in it.
    known: u64,
}

impl Database {
    /// Opens or creates the database and brings its schema up to date.
    pub(super) async fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
            .disable_statement_logging();
        let mut connection = options.connect().await.with_context(|| {
            format!("the database {name} cannot be opened: if it is damaged, move it away and restore a backup")
        })?;
        migrate(&mut connection, MIGRATIONS)
            .await
            .with_context(|| format!("the database {name}"))?;
        let known: i64 = sqlx::query_scalar("SELECT number FROM spooled")
            .fetch_one(&mut connection)
            .await?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            file: file_at(path),
            known: known.try_into().unwrap_or(0),
        })
    }

    /// The number of the last record in it.
    pub(super) fn known(&self) -> u64 {
        self.known
    }

    /// Whether the file is still where it was. One that was removed takes all that is written, and
    /// is gone when it is closed.
    pub(super) fn is_in_place(&self) -> bool {
        file_at(&self.path) == self.file
    }

    /// Writes a database whose file was removed anew, with all that was in it; one that was
    /// replaced stays as somebody wanted it. Then it must be opened again.
    pub(super) async fn restore(&mut self) -> anyhow::Result<()> {
        if self.path.exists() {
            return Ok(());
        }
        let copy = self.beside(".new");
        drop(std::fs::remove_file(&copy));
        sqlx::query("VACUUM INTO $1")
            .bind(copy.to_string_lossy().into_owned())
            .execute(&mut self.connection)
            .await?;
        // What is left of the old log does not belong to the new file.
        for ending in ["-wal", "-shm"] {
            drop(std::fs::remove_file(self.beside(ending)));
        }
        Ok(std::fs::rename(copy, &self.path)?)
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(ending);
        name.into()
    }

    /// Writes records, their last number, and the ledger's lines for the conversations that ended
    /// with them: all or nothing.
    pub(super) async fn apply(
        &mut self,
        records: &[Record],
        last: u64,
        ledger: &mut Ledger,
    ) -> anyhow::Result<()> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let mut conversations = vec![];
        for record in records {
            match record {
                Record::Conversation(conversation) => conversations.push(&**conversation),
                Record::Recorded(recorded) => {
                    rows::put_recorded(&mut transaction, recorded).await?;
                }
            }
        }
        let ended = rows::put_conversations(&mut transaction, &conversations).await?;
        ledger.append(&ended).context("calls.jsonl")?;
        sqlx::query("UPDATE spooled SET number = $1")
            .bind(rows::number(last))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
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
        let mut open = rows::open_conversations(&mut self.connection).await?;
        for conversation in &mut open {
            let ended = now.max(conversation.began);
            conversation.ended = Some(ended);
            conversation.end = Some(End::Interrupted);
            if let Some(connected) = conversation.connected {
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

    /// The latest conversations, the newest first.
    pub(super) async fn conversations(&mut self, limit: u32) -> anyhow::Result<Vec<Conversation>> {
        rows::latest_conversations(&mut self.connection, limit).await
    }

    /// The recordings of a call.
    pub(super) async fn recordings(&mut self, call: CallId) -> anyhow::Result<Vec<Recorded>> {
        rows::recordings(&mut self.connection, call).await
    }

    /// Closes it in order: the write-ahead log is folded in.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        Ok(self.connection.close().await?)
    }
}

fn file_at(path: &Path) -> Option<(u64, u64)> {
    let found = path.metadata().ok()?;
    Some((found.dev(), found.ino()))
}

async fn migrate(
    connection: &mut SqliteConnection,
    migrations: &[&'static str],
) -> anyhow::Result<()> {
    let newest = migrations.len();
    // Without a transaction first: where there is nothing to do, nobody is waited for.
    while version(connection).await? != newest {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let version = version(&mut transaction).await?;
        if version > newest {
            bail!(
                "was written by a newer Cordboard (schema {version}; this one knows up to {newest}): \
                 start the newer one, or restore a backup from before the upgrade"
            );
        }
        let Some(migration) = migrations.get(version) else {
            break;
        };
        let next = version + 1;
        sqlx::raw_sql(*migration)
            .execute(&mut *transaction)
            .await
            .with_context(|| format!("cannot be brought to schema {next}"))?;
        // A pragma takes no parameters; this one is a number of ours.
        sqlx::raw_sql(AssertSqlSafe(format!("PRAGMA user_version = {next}")))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    }
    Ok(())
}

async fn version(connection: &mut SqliteConnection) -> anyhow::Result<usize> {
    let row = sqlx::query("PRAGMA user_version")
        .fetch_one(connection)
        .await?;
    Ok(usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(usize::MAX))
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
        let options = SqliteConnectOptions::new().filename(path);
        let mut connection = options.connect().await.expect("opened");
        version(&mut connection).await.expect("read")
    }

    #[test]
    fn an_older_schema_is_brought_up_to_date_and_stays_when_opened_again() {
        let folder = Folder::new("schema");
        let path = folder.path().join("db");
        run(async {
            for _ in 0..2 {
                let database = Database::open(&path).await.expect("opened");
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
            let mut database = Database::open(&path).await.expect("opened");
            sqlx::raw_sql("PRAGMA user_version = 99")
                .execute(&mut database.connection)
                .await
                .expect("set");
            database.close().await.expect("closed");
            let error = format!("{:#}", Database::open(&path).await.expect_err("newer"));
            assert!(error.contains("newer Cordboard (schema 99"), "{error}");
            assert!(error.contains(&path.display().to_string()), "{error}");
        });
    }

    #[test]
    fn a_migration_that_fails_leaves_the_schema_as_it_was() {
        let folder = Folder::new("schema-fails");
        let path = folder.path().join("db");
        run(async {
            let options = SqliteConnectOptions::new()
                .filename(&path)
                .create_if_missing(true);
            let mut connection = options.connect().await.expect("opened");
            let broken = [
                "CREATE TABLE one (a INTEGER)",
                "CREATE TABLE two (a INTEGER); CREATE TABLE one (a INTEGER)",
            ];
            let error = migrate(&mut connection, &broken).await.expect_err("twice");
            assert!(format!("{error:#}").contains("schema 2"), "{error:#}");
            let tables = sqlx::query("SELECT name FROM sqlite_master")
                .fetch_all(&mut connection)
                .await
                .expect("read");
            assert_eq!(tables.len(), 1);
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
        let error = run(Database::open(&path)).expect_err("garbage");
        assert!(format!("{error:#}").contains(&path.display().to_string()));
    }
}
