//! Which history is meant, and opening it.

use std::path::{Path, PathBuf};

use criterion_regress::environment::repository;
use criterion_regress::store::{Access, DEFAULT_BRANCH, Store, StoreError, StoreFailure, StoreLocation};

use super::config_file;
use super::failure::Failure;

/// The folder of local history, at the root of the repository.
const FOLDER: &str = ".regress";

/// History as it was named: by a flag or `REGRESS_STORE`, by `regress.toml`, or by where we are.
#[derive(Debug)]
pub(super) struct History {
    pub(super) location: StoreLocation,
    here: PathBuf,
    is_default: bool,
}

impl History {
    /// What `named` means; nothing and `""` are the default.
    pub(super) fn new(named: Option<&str>) -> Result<History, Failure> {
        let here = std::env::current_dir()
            .map_err(|e| Failure::new(format!("failed to find out which folder this is: {e}")))?;
        let parse = |text: &str| StoreLocation::parse(text).map_err(Failure::new);
        if let Some(text) = named.filter(|text| !text.is_empty()) {
            return Ok(History { location: parse(text)?, here, is_default: false });
        }
        if let Some(path) = config_file::find(&here)
            && let Some(text) = config_file::read(&path)?.history.store
        {
            // A file is meant from where it is named.
            let location = match parse(&text)? {
                StoreLocation::Sqlite(file) => StoreLocation::Sqlite(path.parent().unwrap_or(Path::new("")).join(file)),
                other => other,
            };
            return Ok(History { location, here, is_default: false });
        }
        let root = repository(&here);
        let is_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        let location = if is_ci && root.is_some() {
            StoreLocation::Branch { name: DEFAULT_BRANCH.to_owned(), remote: "origin".to_owned() }
        } else {
            let root = root.unwrap_or_else(|| here.clone());
            let folder = root.join(FOLDER).join("history.db");
            StoreLocation::Sqlite(folder.strip_prefix(&here).map(Path::to_owned).unwrap_or(folder))
        };
        Ok(History { location, here, is_default: true })
    }

    /// Opens it.
    pub(super) fn open(&self, access: Access) -> Result<Box<dyn Store>, Failure> {
        if let (StoreLocation::Sqlite(path), Access::Create, true) = (&self.location, access, self.is_default)
            && let Some(folder) = path.parent()
        {
            make(folder)?;
        }
        self.location.open(&self.here, access).map_err(|e| failure("open", &e))
    }

    /// Brings its schema up to date.
    pub(super) fn migrate(&self) -> Result<(u32, u32), Failure> {
        self.location.migrate(&self.here).map_err(|e| failure("migrate", &e))
    }
}

/// Makes the folder of local history, which git doesn't see.
fn make(folder: &Path) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::new(format!("failed to make {}: {e}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let ignored = folder.join(".gitignore");
    if !ignored.exists() {
        std::fs::write(ignored, "*\n").map_err(failed)?;
    }
    Ok(())
}

/// What could not be done with a store, and what helps.
pub(super) fn failure(what: &str, e: &StoreError) -> Failure {
    let failure = Failure::new(format!("failed to {what} {e}"));
    match e.kind {
        StoreFailure::Unreachable => {
            failure.hint("--store or $REGRESS_STORE says which one is meant; `regress record` makes one that isn't there")
        }
        StoreFailure::TooNew => failure.hint("use the version of regress that wrote it, or a later one"),
        StoreFailure::TooOld => {
            failure.hint("`regress store migrate` brings it up to date; earlier versions can't use it then")
        }
        StoreFailure::ReadOnly => {
            failure.hint("who records needs the right to write there, and who reads to read; for a branch, a workflow's `contents: write`")
        }
        StoreFailure::Full => failure.hint("make room and run it again; what was recorded before is there"),
        StoreFailure::Busy => failure.hint("another process works with it; run it again"),
        StoreFailure::Foreign => {
            failure.hint("--store or $REGRESS_STORE says which one is meant; what begins otherwise than a store is left alone")
        }
        StoreFailure::Damaged => {
            failure.hint("`regress store verify` says what is damaged; `regress store copy` saves what can be read")
        }
        StoreFailure::Other => failure,
    }
}
