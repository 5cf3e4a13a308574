//! What the account has set, read and changed (R148, R155, B20).
//!
//! ```text
//!   JSON or TOML ─▶ the document with the change ─▶ the one reader, Account::check ─▶ sounds rendered
//!        ▲                                             │ 422: every field        │ 422
//!   GET ─┘◀── account in force ◀── the switch ◀── saved as the next revision ◀───┘
//! ```
//!
//! Every change, of one object or of everything, goes this way, one after the other. A request that
//! is cancelled on the way goes on to its end: what is saved is in force, and what is not, is not.

mod convert;
mod hours;
mod pages;
mod references;
mod revisions;
mod schema;
mod sections;

pub(super) use {
    hours::preview as preview_hours,
    pages::*,
    revisions::{restore, revision},
    schema::components,
    sections::{SECTIONS, Shape},
};

use super::problem::{Fault, Problem};
use super::who::Caller;
use crate::settings::Account;
use crate::steward::{self, Refused, Steward};
use axum::http::StatusCode;
use std::sync::Arc;
use tokio::sync::Mutex;
use toml::{Table, Value};

/// The settings of the account.
pub(super) struct Settings {
    steward: Arc<Steward>,
    /// One change after the other: each is made to what the one before has left.
    turn: Mutex<()>,
}

/// The document to which a change is made. Passwords are not in it; they stay as they are.
pub(super) struct Draft {
    pub(super) table: Table,
    /// Where the object stands that is changed: problems of its fields are told without it.
    pub(super) place: Option<String>,
}

impl Settings {
    pub(super) fn new(steward: Arc<Steward>) -> Self {
        Self {
            steward,
            turn: Mutex::new(()),
        }
    }

    /// The revision that is in force, and the document as everybody may see it.
    pub(super) fn now(&self) -> (u64, Table) {
        self.steward.document()
    }

    /// The account that is in force.
    pub(super) fn account(&self) -> Arc<Account> {
        self.steward.account().1
    }

    /// The fields that name a file of the folder of sounds.
    pub(super) fn users_of_file(&self, file: &str) -> Vec<String> {
        let (_, table) = self.now();
        let named = files(&table).into_iter();
        named
            .filter(|(_, named)| named == file)
            .map(|(field, _)| field)
            .collect()
    }

    /// Makes a change, and gives the revision that it has led to. `expected`: only if this one is
    /// still in force.
    pub(super) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        caller: &Caller,
        expected: Option<u64>,
        edit: impl FnOnce(&mut Draft) -> Result<T, Problem> + Send + 'static,
    ) -> Result<(T, u64), Problem> {
        let (this, by) = (Arc::clone(self), caller.signature());
        let changing = tokio::spawn(async move {
            let _turn = this.turn.lock().await;
            let this = Arc::clone(&this);
            let changing = tokio::task::spawn_blocking(move || this.set(&by, expected, edit));
            changing.await.map_err(|_| broken())?
        });
        changing.await.map_err(|_| broken())?
    }

    fn set<T>(
        &self,
        by: &str,
        expected: Option<u64>,
        edit: impl FnOnce(&mut Draft) -> Result<T, Problem>,
    ) -> Result<(T, u64), Problem> {
        let (revision, table) = self.now();
        if expected.is_some_and(|expected| expected != revision) {
            return Err(overtaken(revision));
        }
        let known = files(&table);
        let mut draft = Draft { table, place: None };
        let given = edit(&mut draft)?;
        only_sounds(&known, &draft)?;
        match self.steward.set(draft.table, by, revision) {
            Ok(revision) => Ok((given, revision)),
            Err(Refused::Unsound(problems)) => Err(wrong(&problems, draft.place.as_deref())),
            Err(Refused::Conflict(latest)) => Err(overtaken(latest)),
            Err(Refused::Unavailable(error)) => {
                tracing::error!(error = format!("{error:#}"), "settings are not saved");
                let what = "The database does not answer: nothing has changed.";
                Err(Problem::unavailable(what))
            }
        }
    }
}

/// Every file that a document names: the field, and the file.
fn files(table: &Table) -> Vec<(String, String)> {
    fn visit(value: &Value, path: &str, into: &mut Vec<(String, String)>) {
        match value {
            Value::Table(table) => {
                for (key, value) in table {
                    let path = match path.is_empty() {
                        true => key.clone(),
                        false => format!("{path}.{key}"),
                    };
                    match value.as_str().filter(|_| key == "file") {
                        Some(file) => into.push((path, file.to_owned())),
                        None => visit(value, &path, into),
                    }
                }
            }
            Value::Array(list) => {
                for (at, value) in list.iter().enumerate() {
                    visit(value, &format!("{path}[{at}]"), into);
                }
            }
            Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_) => {}
        }
    }
    let mut all = vec![];
    visit(&Value::Table(table.clone()), "", &mut all);
    all
}

/// Settings may name sounds that were uploaded, and what the configuration file named before; no other
/// file of this machine (H19).
fn only_sounds(known: &[(String, String)], draft: &Draft) -> Result<(), Problem> {
    let is_plain = |file: &str| !file.starts_with('.') && !file.contains(['/', '\\']);
    let new = files(&draft.table).into_iter();
    let new = new.filter(|(_, file)| !is_plain(file) && known.iter().all(|(_, old)| old != file));
    let mend = "is no sound of the library: upload it at /api/v1/sounds, and name it as that says";
    let faults: Vec<steward::Problem> = new
        .map(|(field, _)| steward::Problem {
            field,
            mend: mend.to_owned(),
        })
        .collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(wrong(&faults, draft.place.as_deref())),
    }
}

/// Every problem of a document. Fields of the object at `place` are told without it.
fn wrong(problems: &[steward::Problem], place: Option<&str>) -> Problem {
    let fault = |problem: &steward::Problem| {
        let own = place.and_then(|place| problem.field.strip_prefix(place));
        let own = own.filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        let field = own.map_or(problem.field.as_str(), |rest| rest.trim_start_matches('.'));
        // The text begins with the last word of the field, for those who read lines of a file.
        let last = problem.field.rsplit('.').next().unwrap_or_default();
        let mend = problem.mend.strip_prefix(last);
        let mend = mend.and_then(|mend| mend.strip_prefix(": "));
        Fault::new(field, mend.unwrap_or(&problem.mend))
    };
    Problem::fields(problems.iter().map(fault).collect())
}

fn overtaken(latest: u64) -> Problem {
    let what = format!(
        "Somebody else has changed the settings: they are at revision {latest} now. \
         Read them again, and make your change to those."
    );
    Problem::new(StatusCode::PRECONDITION_FAILED, what)
}

fn broken() -> Problem {
    let what = "The settings could not be changed: a fault of the server.";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, what)
}
