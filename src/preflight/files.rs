//! The files of a repository that decide how it is measured.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// No manifest, bench or workflow is longer.
const MOST_BYTES: u64 = 1 << 20;

/// Folders below the root in which packages lie.
const DEEPEST: usize = 4;

/// Folders and files that are looked at; a repository with more is looked at in part.
const MOST_ENTRIES: usize = 20_000;

/// A file's text, and where it lies below the repository's root, with `/` between the parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) path: String,
    pub(super) text: String,
}

/// What of a repository is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repository {
    /// Every `Cargo.toml`, the root's first.
    pub(super) manifests: Vec<Text>,
    /// `.cargo/config.toml`, whose profiles go before those of the manifest.
    pub(super) cargo_config: Option<Text>,
    /// Rust files in `benches` folders.
    pub(super) benches: Vec<Text>,
    /// Workflows of GitHub's.
    pub(super) workflows: Vec<Text>,
    /// What is there and can't be read, with the cause.
    pub(super) unreadable: Vec<(String, String)>,
    /// Whether there was too much to look at all of it.
    pub(super) is_cut: bool,
}

impl Repository {
    /// Reads what lies in a repository. No link is followed; what can't be read is told by [`review`](super::review).
    #[must_use]
    pub fn read(root: &Path) -> Repository {
        let mut repository = Repository::default();
        let mut n_left = MOST_ENTRIES;
        repository.walk(root, root, 0, &mut n_left);
        repository.is_cut = n_left == 0;
        // The root's manifest has the shortest path.
        repository.manifests.sort_by_key(|text| (text.path.matches('/').count(), text.path.clone()));
        for texts in [&mut repository.benches, &mut repository.workflows] {
            texts.sort_by(|a, b| a.path.cmp(&b.path));
        }
        repository
    }

    fn walk(&mut self, root: &Path, folder: &Path, depth: usize, n_left: &mut usize) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            if *n_left == 0 {
                return;
            }
            *n_left -= 1;
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            let below = below(root, &path);
            if kind.is_dir() {
                let is_skipped = ["target", "node_modules"].contains(&name.as_str())
                    || (name.starts_with('.') && ![".github", ".cargo"].contains(&name.as_str()));
                let is_vendored = name == "vendor" && depth == 0;
                if !is_skipped && !is_vendored && depth < DEEPEST {
                    self.walk(root, &path, depth + 1, n_left);
                }
                continue;
            }
            let is_workflow =
                below.starts_with(".github/workflows/") && (name.ends_with(".yml") || name.ends_with(".yaml"));
            let is_bench = below.split('/').any(|part| part == "benches") && name.ends_with(".rs");
            let is_config = [".cargo/config.toml", ".cargo/config"].contains(&below.as_str());
            if name == "Cargo.toml" || is_workflow || is_bench || is_config {
                match read(&path, kind.is_file()) {
                    Err(cause) => self.unreadable.push((below, cause)),
                    Ok(text) => {
                        let text = Text { path: below, text };
                        match () {
                            () if name == "Cargo.toml" => self.manifests.push(text),
                            () if is_workflow => self.workflows.push(text),
                            () if is_bench => self.benches.push(text),
                            () => self.cargo_config = Some(text),
                        }
                    }
                }
            }
        }
    }
}

fn below(root: &Path, path: &Path) -> String {
    let below: PathBuf = path.strip_prefix(root).unwrap_or(path).to_owned();
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read(path: &Path, is_file: bool) -> Result<String, String> {
    // A pipe would wait for somebody to write; a link may lead anywhere.
    if !is_file {
        return Err("it is not a plain file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| e.to_string())?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("it is larger than 1 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_read_without_leaving_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |path: &str, bytes: &[u8]| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("below the folder")).expect("folders can be made");
            std::fs::write(path, bytes).expect("files can be written");
        };
        write("crates/a/Cargo.toml", b"a");
        write("Cargo.toml", b"root");
        write("crates/a/benches/b.rs", b"b");
        write("target/package/Cargo.toml", b"no");
        write(".git/Cargo.toml", b"no");
        write(".github/workflows/ci.yml", b"on: push");
        write(".github/workflows/large.yml", &vec![b' '; (MOST_BYTES + 1) as usize]);
        write("benches/odd.rs", b"\xff");
        write(".cargo/config.toml", b"");
        let read = Repository::read(folder.path());
        let paths = |texts: &[Text]| texts.iter().map(|text| text.path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(&read.manifests), ["Cargo.toml", "crates/a/Cargo.toml"]);
        assert_eq!(
            (paths(&read.benches), paths(&read.workflows)),
            (vec!["crates/a/benches/b.rs".to_owned()], vec![".github/workflows/ci.yml".to_owned()])
        );
        assert!(read.cargo_config.is_some() && !read.is_cut);
        let mut unreadable: Vec<&str> = read.unreadable.iter().map(|(path, _)| path.as_str()).collect();
        unreadable.sort_unstable();
        assert_eq!(unreadable, [".github/workflows/large.yml", "benches/odd.rs"]);
        assert_eq!(Repository::read(&folder.path().join("none")), Repository::default());
    }
}
