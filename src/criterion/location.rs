//! Where Criterion writes, as Criterion itself finds it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use thiserror::Error;

/// What decides where Criterion's folder is; empty values count as not given.
#[derive(Debug, Default, Clone)]
pub struct Location {
    /// The folder itself, as the user names it.
    pub directory: Option<PathBuf>,
    /// A target folder, as the user names it.
    pub target_dir: Option<PathBuf>,
    /// `$CRITERION_HOME`.
    pub criterion_home: Option<PathBuf>,
    /// `$CARGO_TARGET_DIR`.
    pub cargo_target_dir: Option<PathBuf>,
    /// The program to ask for the target folder, if any: `$CARGO` or `cargo`.
    pub cargo: Option<PathBuf>,
}

/// No folder of Criterion's where one should be.
#[derive(Debug, Error)]
pub enum InvalidLocation {
    /// A folder was named, and isn't there.
    #[error("failed to find {}: there is no such folder", .0.display())]
    Missing(PathBuf),
    /// Something was named that is no folder.
    #[error("failed to read {}: it is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// Nothing was named, and Criterion has written nowhere that we know of.
    #[error("failed to find results of Criterion: looked in {}", list(.0))]
    Nowhere(Vec<PathBuf>),
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Finds the folder: what the user names, else `$CRITERION_HOME`, `$CARGO_TARGET_DIR/criterion`, `criterion` in the target
/// folder that cargo names, and `target/criterion`.
///
/// # Errors
/// When what is named isn't there, or nothing is named and nothing is found.
pub fn locate(location: &Location) -> Result<PathBuf, InvalidLocation> {
    if let Some(directory) = given(&location.directory) {
        return existing(directory.to_owned());
    }
    if let Some(target) = given(&location.target_dir) {
        return existing(target.join("criterion"));
    }
    if let Some(home) = given(&location.criterion_home) {
        return existing(home.to_owned());
    }
    let mut tried = Vec::new();
    if let Some(target) = given(&location.cargo_target_dir) {
        tried.push(target.join("criterion"));
    }
    tried.push(PathBuf::from("target/criterion"));
    if let Some(found) = tried.iter().find(|path| path.is_dir()) {
        return Ok(found.clone());
    }
    if let Some(target) = given(&location.cargo).and_then(ask_cargo) {
        let path = target.join("criterion");
        if path.is_dir() {
            return Ok(path);
        }
        tried.push(path);
    }
    Err(InvalidLocation::Nowhere(tried))
}

fn given(path: &Option<PathBuf>) -> Option<&Path> {
    path.as_deref().filter(|path| !path.as_os_str().is_empty())
}

fn existing(path: PathBuf) -> Result<PathBuf, InvalidLocation> {
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => Ok(path),
        Ok(_) => Err(InvalidLocation::NotAFolder(path)),
        Err(_) => Err(InvalidLocation::Missing(path)),
    }
}

#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
}

/// The workspace's target folder in cargo's words; `None` outside a package or without cargo.
fn ask_cargo(cargo: &Path) -> Option<PathBuf> {
    let arguments = ["metadata", "--format-version=1", "--no-deps", "--offline"];
    let output = Command::new(cargo).args(arguments).output().ok().filter(|output| output.status.success())?;
    serde_json::from_slice::<Metadata>(&output.stdout).ok().map(|metadata| metadata.target_directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_given_decides() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(dir.path().join("criterion")).expect("folders");
        let here = Some(dir.path().to_owned());
        let check = |location: Location, want: Option<&Path>| {
            assert_eq!(locate(&location).ok().as_deref(), want, "{location:?}");
        };
        let nested = dir.path().join("criterion");
        check(
            Location { directory: here.clone(), target_dir: Some("/none".into()), ..Location::default() },
            Some(dir.path()),
        );
        check(Location { target_dir: here.clone(), ..Location::default() }, Some(&nested));
        check(Location { criterion_home: here.clone(), ..Location::default() }, Some(dir.path()));
        check(
            Location { criterion_home: Some("".into()), cargo_target_dir: here, ..Location::default() },
            Some(&nested),
        );
        check(Location { directory: Some("/none".into()), ..Location::default() }, None);
        check(Location { directory: Some(file!().into()), ..Location::default() }, None);
    }
}
