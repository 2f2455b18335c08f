//! Where a store is, as people write it.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Access, BranchStore, SqliteStore, Store, StoreError, StoreFailure};

/// The branch that history is kept on, unless another is named.
pub const DEFAULT_BRANCH: &str = "regress-history";

/// Where a store is.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A branch of a remote of the repository.
    Branch {
        /// Its name.
        name: String,
        /// The remote's name, or its address.
        remote: String,
    },
    /// A database of PostgreSQL, by its address.
    Postgres(String),
}

/// Text that names no store.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no store: expected a file (history.db, sqlite:PATH), branch:NAME, branch:NAME@REMOTE, or postgres://…"
)]
pub struct InvalidLocation(String);

impl StoreLocation {
    /// Reads `sqlite:PATH`, `PATH.db`, `branch`, `branch:NAME`, `branch:NAME@REMOTE` or `postgres://…`.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(text: &str) -> Result<StoreLocation, InvalidLocation> {
        let invalid = || InvalidLocation(super::git::address_without_password(text));
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(invalid()) } else { Ok(StoreLocation::Sqlite(path.into())) };
        }
        if text == "branch" || text.starts_with("branch:") {
            let name = text.strip_prefix("branch:").unwrap_or_default();
            let (name, remote) = name.split_once('@').unwrap_or((name, "origin"));
            let name = if name.is_empty() { DEFAULT_BRANCH } else { name };
            return if remote.is_empty() || remote.starts_with('-') || name.starts_with('-') {
                Err(invalid())
            } else {
                Ok(StoreLocation::Branch { name: name.to_owned(), remote: remote.to_owned() })
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(StoreLocation::Postgres(text.to_owned()));
        }
        let is_file = [".db", ".sqlite", ".sqlite3"].iter().any(|end| text.len() > end.len() && text.ends_with(end));
        if is_file && !text.contains("://") { Ok(StoreLocation::Sqlite(text.into())) } else { Err(invalid()) }
    }

    /// Opens the store. `folder` is in the repository whose branch is meant.
    ///
    /// # Errors
    /// When it can't be opened, or isn't there and may not be made.
    pub fn open(&self, folder: &Path, access: Access) -> Result<Box<dyn Store>, StoreError> {
        match self {
            StoreLocation::Sqlite(path) => Ok(Box::new(SqliteStore::open(path, access)?)),
            StoreLocation::Branch { name, remote } => Ok(Box::new(BranchStore::open(folder, name, remote)?)),
            #[cfg(feature = "postgres")]
            StoreLocation::Postgres(address) => Ok(Box::new(super::PostgresStore::open(address, access)?)),
            #[cfg(not(feature = "postgres"))]
            StoreLocation::Postgres(_) => Err(StoreError {
                store: self.to_string(),
                kind: StoreFailure::Unreachable,
                cause: "this tool was built without the feature `postgres`".to_owned(),
            }),
        }
    }

    /// Brings the schema of a store up to date; gives the version before, where there was one, and the version now.
    ///
    /// # Errors
    /// When it can't be opened or changed.
    pub fn migrate(&self, folder: &Path) -> Result<(u32, u32), StoreError> {
        match self {
            StoreLocation::Sqlite(path) => {
                let missing = || StoreError {
                    store: self.to_string(),
                    kind: StoreFailure::Unreachable,
                    cause: "there is no such file".to_owned(),
                };
                let before = SqliteStore::version_of(path)?.ok_or_else(missing)?;
                Ok((before, SqliteStore::open(path, Access::Existing)?.version()))
            }
            #[cfg(feature = "postgres")]
            StoreLocation::Postgres(address) => super::PostgresStore::migrate(address),
            _ => {
                let version = self.open(folder, Access::Existing)?.version();
                Ok((version, version))
            }
        }
    }
}

/// The address of a database without its password, which may also stand in what follows `?`.
pub(super) fn shown(address: &str) -> String {
    super::git::address_without_password(address).split('?').next().unwrap_or_default().to_owned()
}

impl fmt::Display for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreLocation::Sqlite(path) => write!(f, "{}", path.display()),
            StoreLocation::Branch { name, remote } => {
                write!(f, "branch {name} of {}", super::git::without_password(remote))
            }
            StoreLocation::Postgres(address) => f.write_str(&shown(address)),
        }
    }
}

/// As it is shown: a password is never written anywhere.
impl fmt::Debug for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreLocation({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_location_is() {
        let check =
            |text: &str, want: Option<StoreLocation>| assert_eq!(StoreLocation::parse(text).ok(), want, "{text}");
        let branch =
            |name: &str, remote: &str| Some(StoreLocation::Branch { name: name.to_owned(), remote: remote.to_owned() });
        check("sqlite:a/b", Some(StoreLocation::Sqlite("a/b".into())));
        check("sqlite:///a/b", Some(StoreLocation::Sqlite("/a/b".into())));
        check("history.db", Some(StoreLocation::Sqlite("history.db".into())));
        check("branch", branch(DEFAULT_BRANCH, "origin"));
        check("branch:", branch(DEFAULT_BRANCH, "origin"));
        check("branch:perf/main", branch("perf/main", "origin"));
        check("branch:h@upstream", branch("h", "upstream"));
        check("branch:h@git@host:a/b", branch("h", "git@host:a/b"));
        check("branch:h@--upload-pack=x", None);
        check("postgres://h/d", Some(StoreLocation::Postgres("postgres://h/d".into())));
        check("mysql://h/d.db", None);
        check("sqlite:", None);
        check("main", None);
        check(".db", None);
    }

    #[test]
    fn a_password_is_never_shown() {
        for address in [
            "postgres://me:secret@host/db",
            "postgres://me:a/secret@host/db",
            "postgres://me:a?secret@host/db",
            "postgres://me:a secret@host/db",
            "postgres://me:a@secret@host/db",
            "postgres://host/db?user=me&password=secret",
        ] {
            let location = StoreLocation::parse(address).expect("a store");
            assert_eq!(format!("{location} {location:?}").matches("secret").count(), 0, "{location}");
            assert!(location.to_string().ends_with("host/db"), "{location}");
        }
        for address in ["mysql://me:secret@host/db", "mysql://me:a/secret@host/db"] {
            let error = StoreLocation::parse(address).expect_err("no store").to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
