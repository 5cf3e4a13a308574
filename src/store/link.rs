//! One connection to a database, in either dialect.
//!
//! Queries are written once, in the SQL that both understand. The few things that they do not share are
//! here: how a transaction begins, how many rows travel in one statement, and how rows are read.

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use serde_json::Value as Json;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _, SqliteConnection};
use std::time::Duration;

/// How long a statement may take. A connection on which one took longer is of no more use.
const PATIENCE: Duration = Duration::from_secs(4);

/// An open connection.
#[derive(Debug)]
pub(super) struct Link {
    wire: Wire,
    /// It is of no more use.
    broken: bool,
}

#[derive(Debug)]
enum Wire {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Whose SQL is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// A parameter of a statement. The kind is known where there is no value, too: PostgreSQL asks for it.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Real,
    Text,
}

/// Rows of one table, as they are inserted in one statement.
pub(super) struct Table {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Kind)],
    /// What follows: `ON CONFLICT …`, or nothing.
    pub conflict: &'static str,
}

/// Both variants do the same, with types that share no trait.
macro_rules! run {
    ($link:expr, $sql:expr, $values:expr, $method:ident, $done:ident) => {{
        let (sql, values): (String, &[Value]) = ($sql, $values);
        let wire = &mut $link.wire;
        let work = async {
            match wire {
                Wire::Sqlite(connection) => {
                    let mut query = sqlx::query(AssertSqlSafe(sql));
                    for value in values {
                        query = match value {
                            Value::Int(value) => query.bind(*value),
                            Value::Text(value) => query.bind(value.clone()),
                        };
                    }
                    Ok($done::from(query.$method(connection).await?))
                }
                Wire::Postgres(connection) => {
                    let mut query = sqlx::query(AssertSqlSafe(sql));
                    for value in values {
                        query = match value {
                            Value::Int(value) => query.bind(*value),
                            Value::Text(value) => query.bind(value.as_deref().map(without_nul)),
                        };
                    }
                    Ok($done::from(query.$method(connection).await?))
                }
            }
        };
        let done = within(work).await;
        $link.note(done)
    }};
}

impl Link {
    pub(super) fn sqlite(connection: SqliteConnection) -> Self {
        let wire = Wire::Sqlite(connection);
        Self {
            wire,
            broken: false,
        }
    }

    pub(super) fn postgres(connection: PgConnection) -> Self {
        let wire = Wire::Postgres(connection);
        Self {
            wire,
            broken: false,
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self.wire {
            Wire::Sqlite(_) => Dialect::Sqlite,
            Wire::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Whether the connection is of no more use.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Executes a statement; gives how many rows it changed.
    pub(super) async fn execute(
        &mut self,
        sql: impl Into<String>,
        values: &[Value],
    ) -> anyhow::Result<u64> {
        let Changed(rows) = run!(self, sql.into(), values, execute, Changed)?;
        Ok(rows)
    }

    /// All rows of a query.
    pub(super) async fn rows(
        &mut self,
        sql: impl Into<String>,
        values: &[Value],
    ) -> anyhow::Result<Vec<Row>> {
        let Rows(rows) = run!(self, sql.into(), values, fetch_all, Rows)?;
        Ok(rows)
    }

    /// The first row of a query.
    pub(super) async fn row(
        &mut self,
        sql: impl Into<String>,
        values: &[Value],
    ) -> anyhow::Result<Option<Row>> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Executes several statements, which take no parameters.
    pub(super) async fn script(&mut self, sql: impl Into<String>) -> anyhow::Result<()> {
        let sql = AssertSqlSafe(sql.into());
        let wire = &mut self.wire;
        let work = async {
            match wire {
                Wire::Sqlite(connection) => {
                    sqlx::raw_sql(sql).execute(connection).await.map(drop)?
                }
                Wire::Postgres(connection) => {
                    sqlx::raw_sql(sql).execute(connection).await.map(drop)?;
                }
            }
            Ok(())
        };
        let done = within(work).await;
        self.note(done)
    }

    /// Inserts rows, each a list of JSON in the order of the columns, in one statement: each statement
    /// is two changes of thread or a journey through the network, which cost more than the rows.
    pub(super) async fn insert(&mut self, table: &Table, rows: Vec<Json>) -> anyhow::Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        let names: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
        let values = (0..).zip(table.columns);
        let values: Vec<_> = values
            .map(|(at, (_, kind))| self.taken(at, *kind))
            .collect();
        let sql = format!(
            "INSERT INTO {} ({}) SELECT {} FROM {} WHERE true {}",
            table.name,
            names.join(", "),
            values.join(", "),
            self.each(1),
            table.conflict,
        );
        self.execute(sql, &[self.list(rows)]).await
    }

    /// The elements of the list of JSON that is parameter `number`: a table with one column, `value`.
    fn each(&self, number: usize) -> String {
        match self.dialect() {
            Dialect::Sqlite => format!("json_each(${number})"),
            Dialect::Postgres => format!("json_array_elements(${number}::json)"),
        }
    }

    /// The words of the list of JSON that is parameter `number`: for `IN (…)`.
    pub(super) fn words(&self, number: usize) -> String {
        match self.dialect() {
            Dialect::Sqlite => format!("SELECT value FROM json_each(${number})"),
            Dialect::Postgres => format!("SELECT json_array_elements_text(${number}::json)"),
        }
    }

    /// A list as a parameter.
    pub(super) fn list(&self, mut list: Vec<Json>) -> Value {
        if self.dialect() == Dialect::Postgres {
            list.iter_mut().for_each(clean);
        }
        Value::from(Json::Array(list).to_string())
    }

    fn taken(&self, at: usize, kind: Kind) -> String {
        match (self.dialect(), kind) {
            (Dialect::Sqlite, _) | (Dialect::Postgres, Kind::Text) => format!("value ->> {at}"),
            (Dialect::Postgres, Kind::Int) => format!("(value ->> {at})::bigint"),
            (Dialect::Postgres, Kind::Real) => format!("(value ->> {at})::double precision"),
        }
    }

    /// All of `work`, or nothing.
    pub(super) async fn atomically<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let begin = match self.dialect() {
            // At once for writing: one that reads first might find that it may not write any more.
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN",
        };
        self.script(begin).await?;
        match work(self).await {
            Ok(done) => {
                self.script("COMMIT").await?;
                Ok(done)
            }
            Err(error) => {
                // What cannot be undone ends with its connection.
                self.broken |= self.script("ROLLBACK").await.is_err();
                Err(error)
            }
        }
    }

    /// Whether the other side still answers.
    pub(super) async fn is_alive(&mut self) -> bool {
        let alive = match &mut self.wire {
            Wire::Sqlite(_) => Ok(()),
            Wire::Postgres(connection) => within(connection.ping()).await,
        };
        self.note(alive).is_ok()
    }

    /// Closes it in order.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        match self.wire {
            Wire::Sqlite(connection) => Ok(connection.close().await?),
            Wire::Postgres(connection) => {
                let closed = tokio::time::timeout(PATIENCE, connection.close()).await;
                Ok(closed.context("the database does not answer")??)
            }
        }
    }

    fn note<T>(&mut self, done: Result<T, Failed>) -> anyhow::Result<T> {
        done.map_err(|failed| match failed {
            Failed::Statement(error) => error.into(),
            Failed::Connection(error) => {
                self.broken = true;
                anyhow!(error)
            }
            Failed::Time => {
                self.broken = true;
                anyhow!("the database does not answer")
            }
        })
    }
}

/// Why something was not done.
enum Failed {
    /// What was asked cannot be.
    Statement(sqlx::Error),
    /// The connection is of no more use.
    Connection(sqlx::Error),
    Time,
}

async fn within<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Failed> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) if ends_connection(&error) => Err(Failed::Connection(error)),
        Ok(Err(error)) => Err(Failed::Statement(error)),
        Err(_) => Err(Failed::Time),
    }
}

fn ends_connection(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, Protocol, WorkerCrashed};
    if let Database(error) = error {
        // PostgreSQL tells us so before it goes: class 57P is what an operator does.
        return error.code().is_some_and(|code| code.starts_with("57P"));
    }
    matches!(error, Io(_) | Protocol(_) | WorkerCrashed)
}

/// How many rows a statement changed.
struct Changed(u64);

impl From<sqlx::sqlite::SqliteQueryResult> for Changed {
    fn from(done: sqlx::sqlite::SqliteQueryResult) -> Self {
        Self(done.rows_affected())
    }
}

impl From<sqlx::postgres::PgQueryResult> for Changed {
    fn from(done: sqlx::postgres::PgQueryResult) -> Self {
        Self(done.rows_affected())
    }
}

struct Rows(Vec<Row>);

impl From<Vec<SqliteRow>> for Rows {
    fn from(rows: Vec<SqliteRow>) -> Self {
        Self(rows.into_iter().map(Row::Sqlite).collect())
    }
}

impl From<Vec<PgRow>> for Rows {
    fn from(rows: Vec<PgRow>) -> Self {
        Self(rows.into_iter().map(Row::Postgres).collect())
    }
}

/// PostgreSQL's texts hold no NUL; those of a peer may.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

fn clean(json: &mut Json) {
    match json {
        Json::String(text) if text.contains('\0') => *text = without_nul(text),
        Json::Array(list) => list.iter_mut().for_each(clean),
        Json::Object(fields) => fields.values_mut().for_each(clean),
        Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// A row of an answer; columns by name.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! get {
    ($row:expr, $column:expr) => {
        match $row {
            Row::Sqlite(row) => row.try_get($column),
            Row::Postgres(row) => row.try_get($column),
        }
    };
}

impl Row {
    /// A number that is never below zero.
    pub(super) fn count(&self, column: &str) -> anyhow::Result<u64> {
        let value: i64 = get!(self, column)?;
        u64::try_from(value).with_context(|| format!("{column} is negative"))
    }

    /// The same, where it is smaller.
    pub(super) fn small<T: TryFrom<u64>>(&self, column: &str) -> anyhow::Result<T> {
        let value = T::try_from(self.count(column)?);
        value.map_err(|_| anyhow!("{column} is too large"))
    }

    pub(super) fn maybe_small<T: TryFrom<i64>>(&self, column: &str) -> anyhow::Result<Option<T>> {
        let value: Option<i64> = get!(self, column)?;
        let value = value.map(T::try_from).transpose();
        value.map_err(|_| anyhow!("{column} is out of range"))
    }

    pub(super) fn flag(&self, column: &str) -> anyhow::Result<bool> {
        Ok(self.count(column)? != 0)
    }

    pub(super) fn real(&self, column: &str) -> anyhow::Result<f64> {
        Ok(get!(self, column)?)
    }

    pub(super) fn maybe_real(&self, column: &str) -> anyhow::Result<Option<f64>> {
        Ok(get!(self, column)?)
    }

    pub(super) fn text(&self, column: &str) -> anyhow::Result<String> {
        Ok(get!(self, column)?)
    }

    pub(super) fn maybe_text(&self, column: &str) -> anyhow::Result<Option<String>> {
        Ok(get!(self, column)?)
    }

    pub(super) fn moment(&self, column: &str) -> anyhow::Result<Timestamp> {
        let moment = self.maybe_moment(column)?;
        moment.with_context(|| format!("{column} is missing"))
    }

    pub(super) fn maybe_moment(&self, column: &str) -> anyhow::Result<Option<Timestamp>> {
        let micros: Option<i64> = get!(self, column)?;
        let moment = micros.map(Timestamp::from_microsecond).transpose();
        moment.with_context(|| format!("{column} is no time"))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

/// SQL's integers are signed; ours never come near the end of their range.
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Int(Some(number(value)))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<Option<u32>> for Value {
    fn from(value: Option<u32>) -> Self {
        Self::Int(value.map(i64::from))
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Int(Some(value.as_microsecond()))
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Int(value.map(Timestamp::as_microsecond))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

/// SQL's integers are signed; ours never come near the end of their range.
pub(super) fn number(value: u64) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}
