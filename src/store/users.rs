//! Who may come in: users and their sessions, and the token that makes the first user.
//!
//! Passwords and tokens are never here, only their hashes, which whoever calls has made.

use super::Store;
use super::database::Database;
use super::link::{Link, Row};
use super::rows::{unword, word};
use crate::id::{AgentId, UserId};
use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Sessions of one user: a new one ends the oldest above.
const SESSIONS: u64 = 50;

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// See the calls and the agents of some teams or of all, hear their recordings.
    Supervisor,
    /// Own calls, own status.
    Agent,
}

/// Somebody who may come in.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Which.
    pub id: UserId,
    /// The name they give when they come in: unique.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The argon2id hash of their password, as a PHC string.
    pub password: String,
    /// The agent they are.
    pub agent: Option<AgentId>,
    /// The names of the teams that a supervisor sees; none: everybody.
    pub teams: Vec<String>,
    /// They are not let in.
    pub disabled: bool,
    /// Since when they exist.
    pub created: Timestamp,
}

/// A user to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The name they give when they come in.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The argon2id hash of their password, as a PHC string.
    pub password: String,
    /// The agent they are.
    pub agent: Option<AgentId>,
    /// The names of the teams that a supervisor sees; none: everybody.
    pub teams: Vec<String>,
}

/// What became of a change to the users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Done(UserId),
    /// There is no such user.
    Missing,
    /// Another has that name.
    NameTaken,
    /// Nobody would be left who may change anything.
    LastAdmin,
    /// The set-up token is not the one that was made, or has been used.
    TokenWrong,
}

impl Store {
    /// All users, by name. Waits for up to five seconds, as all below.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn users(&self) -> anyhow::Result<Vec<User>> {
        self.with(async |db| {
            let rows = db.link.rows("SELECT * FROM users ORDER BY name", &[]);
            rows.await?.iter().map(user).collect()
        })
    }

    /// A user by id.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn user(&self, id: UserId) -> anyhow::Result<Option<User>> {
        self.with(async move |db| find(&mut db.link, id).await)
    }

    /// A user by the name they come in with.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn user_named(&self, name: &str) -> anyhow::Result<Option<User>> {
        let name = name.to_owned();
        self.with(async move |db| {
            let sql = "SELECT * FROM users WHERE name = $1";
            let row = db.link.row(sql, &[name.into()]).await?;
            row.as_ref().map(user).transpose()
        })
    }

    /// Makes a user.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn add_user(&self, new: NewUser) -> anyhow::Result<Changed> {
        self.with(async move |db| {
            let step = async |link: &mut Link| insert(link, new, Timestamp::now()).await;
            db.link.atomically(step).await
        })
    }

    /// Changes everything of a user but the id and when they were made. Who is disabled, or has another
    /// password or role, has no session any more.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn change_user(&self, user: User) -> anyhow::Result<Changed> {
        self.with(async move |db| {
            let step = async |link: &mut Link| change(link, user).await;
            db.link.atomically(step).await
        })
    }

    /// Removes a user and their sessions.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn remove_user(&self, id: UserId) -> anyhow::Result<Changed> {
        self.with(async move |db| {
            let step = async |link: &mut Link| {
                let Some(user) = find(link, id).await? else {
                    return Ok(Changed::Missing);
                };
                if is_last_admin(link, &user).await? {
                    return Ok(Changed::LastAdmin);
                }
                end_sessions(link, id).await?;
                link.execute("DELETE FROM users WHERE id = $1", &[id.0.into()])
                    .await?;
                Ok(Changed::Done(id))
            };
            db.link.atomically(step).await
        })
    }

    /// Begins a session: the hash of its token, and when it ends.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn begin_session(
        &self,
        hash: &str,
        user: UserId,
        expires: Timestamp,
    ) -> anyhow::Result<()> {
        let hash = hash.to_owned();
        self.with(async move |db| begin_session(db, hash, user, expires).await)
    }

    /// Whose session this is, and when it ends; `None` if it has ended, or its user is not let in.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn session(&self, hash: &str) -> anyhow::Result<Option<(User, Timestamp)>> {
        let hash = hash.to_owned();
        self.with(async move |db| {
            let sql = "SELECT users.*, expires_us FROM sessions JOIN users ON users.id = user_id
                 WHERE hash = $1 AND expires_us > $2 AND disabled = 0";
            let values = [hash.into(), Timestamp::now().into()];
            let row = db.link.row(sql, &values).await?;
            let session = |row: &Row| Ok((user(row)?, row.moment("expires_us")?));
            row.as_ref().map(session).transpose()
        })
    }

    /// Lets a session last longer.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn extend_session(&self, hash: &str, expires: Timestamp) -> anyhow::Result<()> {
        let hash = hash.to_owned();
        self.with(async move |db| {
            let sql = "UPDATE sessions SET expires_us = $2 WHERE hash = $1";
            db.link.execute(sql, &[hash.into(), expires.into()]).await?;
            Ok(())
        })
    }

    /// Ends a session; one that has ended stays so.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn end_session(&self, hash: &str) -> anyhow::Result<()> {
        let hash = hash.to_owned();
        self.with(async move |db| {
            let sql = "DELETE FROM sessions WHERE hash = $1";
            db.link.execute(sql, &[hash.into()]).await?;
            Ok(())
        })
    }

    /// Makes the token that makes the first user, in the place of any before; false if there are
    /// users already: then there is no set-up any more.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn begin_setup(&self, hash: &str) -> anyhow::Result<bool> {
        let hash = hash.to_owned();
        self.with(async move |db| {
            let step = async |link: &mut Link| {
                if has_users(link).await? {
                    return Ok(false);
                }
                let sql = "INSERT INTO setup (one, hash) VALUES (1, $1)
                     ON CONFLICT (one) DO UPDATE SET hash = excluded.hash, used_us = NULL";
                link.execute(sql, &[hash.into()]).await?;
                Ok(true)
            };
            db.link.atomically(step).await
        })
    }

    /// Makes the first user, once, for whoever has the token.
    ///
    /// # Errors
    /// If the database does not answer.
    pub fn finish_setup(&self, hash: &str, first: NewUser) -> anyhow::Result<Changed> {
        let hash = hash.to_owned();
        self.with(async move |db| {
            let step = async |link: &mut Link| {
                let now = Timestamp::now();
                let sql = "UPDATE setup SET used_us = $2 WHERE hash = $1 AND used_us IS NULL";
                let used = link.execute(sql, &[hash.into(), now.into()]).await?;
                if used == 0 || has_users(link).await? {
                    return Ok(Changed::TokenWrong);
                }
                insert(link, first, now).await
            };
            db.link.atomically(step).await
        })
    }
}

async fn find(link: &mut Link, id: UserId) -> anyhow::Result<Option<User>> {
    let sql = "SELECT * FROM users WHERE id = $1";
    let row = link.row(sql, &[id.0.into()]).await?;
    row.as_ref().map(user).transpose()
}

async fn has_users(link: &mut Link) -> anyhow::Result<bool> {
    let row = link.row("SELECT id FROM users LIMIT 1", &[]).await?;
    Ok(row.is_some())
}

async fn insert(link: &mut Link, new: NewUser, now: Timestamp) -> anyhow::Result<Changed> {
    let sql = "SELECT COALESCE(MAX(id), 0) AS id FROM users";
    let last = link.row(sql, &[]).await?.context("no answer")?;
    let id = UserId(last.small::<u32>("id")? + 1);
    let sql = "INSERT INTO users (id, name, role, password, agent, disabled, created_us, teams)
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7) ON CONFLICT (name) DO NOTHING";
    let agent = new.agent.map(|agent| agent.0);
    let role = word(&new.role);
    let values = [
        id.0.into(),
        new.name.into(),
        role.into(),
        new.password.into(),
        agent.into(),
        now.into(),
        serde_json::to_string(&new.teams)?.into(),
    ];
    Ok(match link.execute(sql, &values).await? {
        0 => Changed::NameTaken,
        _ => Changed::Done(id),
    })
}

async fn change(link: &mut Link, user: User) -> anyhow::Result<Changed> {
    let Some(before) = find(link, user.id).await? else {
        return Ok(Changed::Missing);
    };
    let stays_admin = user.role == Role::Admin && !user.disabled;
    if !stays_admin && is_last_admin(link, &before).await? {
        return Ok(Changed::LastAdmin);
    }
    let sql = "SELECT id FROM users WHERE name = $1 AND id <> $2";
    let other = [user.name.as_str().into(), user.id.0.into()];
    if link.row(sql, &other).await?.is_some() {
        return Ok(Changed::NameTaken);
    }
    if user.disabled || user.password != before.password || user.role != before.role {
        end_sessions(link, user.id).await?;
    }
    let sql = "UPDATE users SET name = $2, role = $3, password = $4, agent = $5, disabled = $6,
         teams = $7 WHERE id = $1";
    let values = [
        user.id.0.into(),
        user.name.into(),
        word(&user.role).into(),
        user.password.into(),
        user.agent.map(|agent| agent.0).into(),
        user.disabled.into(),
        serde_json::to_string(&user.teams)?.into(),
    ];
    link.execute(sql, &values).await?;
    Ok(Changed::Done(user.id))
}

async fn is_last_admin(link: &mut Link, user: &User) -> anyhow::Result<bool> {
    if user.role != Role::Admin || user.disabled {
        return Ok(false);
    }
    let sql = "SELECT id FROM users WHERE role = $1 AND disabled = 0 AND id <> $2 LIMIT 1";
    let admin = word(&Role::Admin);
    let other = link.row(sql, &[admin.into(), user.id.0.into()]).await?;
    Ok(other.is_none())
}

async fn end_sessions(link: &mut Link, user: UserId) -> anyhow::Result<()> {
    let sql = "DELETE FROM sessions WHERE user_id = $1";
    link.execute(sql, &[user.0.into()]).await?;
    Ok(())
}

async fn begin_session(
    db: &mut Database,
    hash: String,
    user: UserId,
    expires: Timestamp,
) -> anyhow::Result<()> {
    let step = async |link: &mut Link| {
        let now = Timestamp::now();
        link.execute("DELETE FROM sessions WHERE expires_us <= $1", &[now.into()])
            .await?;
        let sql = "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions
             WHERE user_id = $1 ORDER BY expires_us DESC LIMIT 1000 OFFSET $2)";
        link.execute(sql, &[user.0.into(), (SESSIONS - 1).into()])
            .await?;
        let sql = "INSERT INTO sessions (hash, user_id, expires_us) VALUES ($1, $2, $3)";
        let values = [hash.into(), user.0.into(), expires.into()];
        link.execute(sql, &values).await?;
        Ok(())
    };
    db.link.atomically(step).await
}

fn user(row: &Row) -> anyhow::Result<User> {
    Ok(User {
        id: UserId(row.small("id")?),
        name: row.text("name")?,
        role: unword(row.text("role")?)?,
        password: row.text("password")?,
        agent: row.maybe_small("agent")?.map(AgentId),
        teams: serde_json::from_str(&row.text("teams")?).context("the teams of a user")?,
        disabled: row.flag("disabled")?,
        created: row.moment("created_us")?,
    })
}

/// Without the hash, as the others here.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}
