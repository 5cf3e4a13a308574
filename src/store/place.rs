//! Where the database is.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A server of PostgreSQL.
    Postgres {
        /// `postgres://user:password@host/database`, with its password.
        url: String,
        /// Where what waits for the server is kept: the spool, and `calls.jsonl`.
        dir: PathBuf,
    },
}

impl Place {
    /// The database that `url` names, or that of SQLite in the data directory.
    pub fn new(url: Option<&str>, dir: &Path) -> Self {
        match url {
            Some(url) => Self::Postgres {
                url: url.to_owned(),
                dir: dir.to_owned(),
            },
            None => Self::Sqlite(dir.join("cordboard.db")),
        }
    }

    /// A file beside the database, or in its place.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        match self {
            Self::Sqlite(path) => path.with_file_name(name),
            Self::Postgres { dir, .. } => dir.join(name),
        }
    }
}

/// For messages: without user and password.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "the database {}", path.display()),
            Self::Postgres { url, .. } => {
                let rest = url.rsplit_once('@').or_else(|| url.split_once("://"));
                let host = rest.map_or("", |(_, rest)| rest);
                let host = host.split('?').next().unwrap_or_default();
                write!(f, "the database at {host}")
            }
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_the_server_and_no_password() {
        for (url, said) in [
            (
                "postgres://ada:s3cret@db.example:5432/calls?sslmode=require",
                "db.example:5432/calls",
            ),
            (
                "postgres://ada:s3@cret@db.example/calls",
                "db.example/calls",
            ),
            (
                "postgres:///calls?host=/run/postgresql&password=s3cret",
                "/calls",
            ),
        ] {
            let place = Place::new(Some(url), Path::new("/data"));
            assert_eq!(place.to_string(), format!("the database at {said}"));
            assert!(!format!("{place:?}").contains("cret"));
        }
    }
}
