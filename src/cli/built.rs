//! The executables of a side: built from a checkout, or named.

use std::fs::File;
use std::path::{Path, PathBuf};

use criterion_regress::runner::{BuildError, Checkout, Executable, Guard, Invocation, Selection, Source, Suite};

use super::failure::Failure;
use super::github;

/// A side's executables, and what it is called.
pub(crate) struct Built {
    pub(crate) label: String,
    pub(crate) source: String,
    pub(crate) executables: Vec<Executable>,
}

/// The checkout that we are in; `flag` is what names executables instead.
pub(crate) fn checkout_or_named(flag: &str) -> Result<Checkout, Failure> {
    let cargo = std::env::var_os("CARGO").filter(|cargo| !cargo.is_empty()).unwrap_or_else(|| "cargo".into());
    Checkout::find(Path::new(&cargo)).map_err(|e| {
        Failure::new(e).hint(format!("run it in a git checkout of a cargo package, or name executables with `{flag}`"))
    })
}

/// The files as they are.
pub(crate) fn working_tree(checkout: &Checkout) -> Result<Source, Failure> {
    checkout
        .working_tree("tree")
        .map_err(|e| Failure::new(e).hint("`cargo generate-lockfile` makes it; who keeps none lists it in .gitignore"))
}

/// The toolchain for both sides, where they ask for different ones.
pub(crate) fn toolchain(checkout: &Checkout, baseline: &Source, candidate: &Source) -> Result<Option<String>, Failure> {
    checkout
        .toolchain(baseline, candidate)
        .map_err(|e| Failure::new(e).hint("choose one for both sides with the variable RUSTUP_TOOLCHAIN"))
}

/// Builds one side.
pub(crate) fn build(
    checkout: &Checkout,
    source: &Source,
    selection: &Selection,
    toolchain: Option<&str>,
) -> Result<Vec<Executable>, Failure> {
    checkout.build(source, selection, toolchain).map_err(build_failure)
}

fn build_failure(error: BuildError) -> Failure {
    Failure::new(error.to_string().trim_end_matches(": ")).hint(
        "the reason stands above, in the words of cargo; a `Cargo.lock` that is out of date is left for you to update",
    )
}

/// Waits for nobody: who builds there already is told.
pub(crate) fn lock(cache: &Path) -> Result<File, Failure> {
    let path = cache.join("lock");
    let failed = |e: &dyn std::fmt::Display| Failure::new(format!("failed to lock {}: {e}", path.display()));
    std::fs::create_dir_all(cache).map_err(|e| failed(&e))?;
    let file = File::create(&path).map_err(|e| failed(&e))?;
    file.try_lock().map_err(|e| failed(&e).hint("another call of regress is at work here"))?;
    Ok(file)
}

/// A commit's first digits, for a label.
pub(crate) fn short(commit: &str) -> &str {
    commit.get(..9).unwrap_or(commit)
}

/// Executables that were named; the first of one side is the first of the other's.
pub(crate) fn named(label: &str, paths: &[PathBuf]) -> Result<Built, Failure> {
    let executable = |(i, path): (usize, &PathBuf)| {
        let found = std::path::absolute(path).and_then(|path| std::fs::metadata(&path).map(|_| path));
        let path = found.map_err(|e| Failure::new(format!("failed to find {}: {e}", path.display())))?;
        // Where there is one a side, nothing has to tell it from others.
        let name = if paths.len() == 1 { String::new() } else { format!("{}", i + 1) };
        Ok(Executable { name, path, folder: None })
    };
    let executables = paths.iter().enumerate().map(executable).collect::<Result<_, Failure>>()?;
    let source = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    Ok(Built { label: label.to_owned(), source, executables })
}

/// The suites of one side.
pub(crate) fn suites_of(
    label: &str,
    executables: &[Executable],
    invocation: &Invocation,
    scratch: &Path,
    guard: &Guard,
) -> Result<Vec<Suite>, Failure> {
    let mut suites = Vec::new();
    for executable in executables {
        match Suite::open(executable.clone(), invocation, scratch, guard) {
            Ok(suite) => suites.push(suite),
            Err(e) => {
                let path = executable.path.display();
                github::print_error(&format!("warning: {path} of {label} is left out: {e}"));
            }
        }
    }
    if suites.is_empty() {
        return Err(Failure::new(format!("failed to find benchmarks of {label}: no executable has any"))
            .hint("benchmarks are targets of Criterion's with `harness = false`"));
    }
    Ok(suites)
}
