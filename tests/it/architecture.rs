//! The table of ARCHITECTURE.md, held: which module may use which, and where each dependency lives.

use std::fs;
use std::path::{Path, PathBuf};

/// A module of the library, and the others that it may use.
const MAY_USE: [(&str, &[&str]); 14] = [
    ("model", &[]),
    ("stats", &["model"]),
    ("compare", &["model", "stats"]),
    ("history", &["model", "stats"]),
    ("calibration", &["model", "stats", "compare"]),
    ("report", &["model", "stats", "compare", "history", "calibration", "preflight"]),
    ("dashboard", &["model", "stats", "history", "report"]),
    ("criterion", &["model"]),
    ("store", &["model"]),
    ("runner", &["model", "stats", "criterion"]),
    ("environment", &["model"]),
    ("preflight", &["model", "stats", "criterion", "environment"]),
    ("claims", &["report"]),
    ("publish", &[]),
];

/// A dependency, and the only places below `src/` that may name it.
const HOMES: [(&str, &[&str]); 26] = [
    ("base64", &["dashboard/data.rs"]),
    ("clap", &["cli/"]),
    ("clap_complete", &["cli/"]),
    ("clap_mangen", &["cli/commands/man.rs"]),
    ("ctrlc", &["cli/stop.rs"]),
    ("toml", &["cli/config_file.rs", "preflight/repository.rs"]),
    ("indicatif", &["cli/progress.rs"]),
    ("terminal_size", &["cli/output.rs"]),
    ("walkdir", &["criterion/"]),
    ("ciborium", &["criterion/"]),
    ("rustix", &["criterion/folder.rs", "environment/affinity.rs"]),
    ("nix", &["runner/"]),
    ("signal_hook", &["runner/suspension.rs"]),
    ("shlex", &["cli/shell.rs"]),
    ("statrs", &["stats/"]),
    ("sha2", &["environment/", "store/"]),
    ("rusqlite", &["store/sqlite.rs"]),
    ("postgres", &["store/postgresql.rs"]),
    ("rustls", &["store/postgresql.rs"]),
    ("rustls_platform_verifier", &["store/postgresql.rs"]),
    ("tokio_postgres_rustls", &["store/postgresql.rs"]),
    ("zstd", &["store/"]),
    ("comfy_table", &["report/terminal.rs"]),
    ("quick_junit", &["report/junit.rs"]),
    ("octocrab", &["publish/github/client.rs"]),
    ("tokio", &["publish/github/"]),
];

/// What a library leaves to the program that uses it.
const NOT_IN_THE_LIBRARY: [&str; 7] =
    ["println!", "print!", "eprintln!", "eprint!", "process::exit", "unsafe ", "env::args"];

struct Source {
    /// Below `src/`, with `/` between the parts.
    path: String,
    /// Without comments and tests.
    code: String,
}

impl Source {
    /// The module of the library that it belongs to; `None` for the binary and `lib.rs`.
    fn module(&self) -> Option<&str> {
        let (module, _) = self.path.split_once('/')?;
        (module != "cli").then_some(module)
    }
}

fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut waiting: Vec<PathBuf> = vec![src.clone()];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).expect("src").map(|entry| entry.expect("a readable entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let below = path.strip_prefix(&src).expect("it lies below");
            let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            let text = fs::read_to_string(&path).expect("source is text");
            found.push(Source { path: parts.join("/"), code: code(&text) });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The lines before the tests, without comments. Tests may use what they like.
fn code(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_tests = |i: usize| {
        lines[i].trim_start().starts_with("#[cfg(")
            && lines[i].contains("test")
            && lines.get(i + 1).is_some_and(|next| next.starts_with("mod tests"))
    };
    let end = (0..lines.len()).find(|&i| is_tests(i)).unwrap_or(lines.len());
    let without_comments = lines[..end].iter().map(|line| line.split("//").next().unwrap_or_default());
    without_comments.collect::<Vec<_>>().join("\n")
}

/// The modules that code names as `crate::module` or `crate::{module, …}`.
fn used_modules(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let name =
            |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match rest.strip_prefix('{') {
            Some(list) => used.extend(top_level(list).iter().map(|part| name(part))),
            None => used.push(name(rest)),
        }
    }
    used.sort();
    used.dedup();
    used
}

/// The parts of `a, b::{c, d}}…` up to the brace that ends it.
fn top_level(list: &str) -> Vec<String> {
    let (mut depth, mut parts) = (0_usize, vec![String::new()]);
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => parts.push(String::new()),
            c => parts.last_mut().expect("never empty").push(c),
        }
    }
    parts
}

/// Whether code names a crate: at the start of a path, not as part of another name.
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + name.len()..].chars().next();
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let is_path = code[at + name.len()..].starts_with("::") || code[..at].trim_end().ends_with("use");
        is_path && !before.is_some_and(|c| is_part(c) || c == ':') && !after.is_some_and(is_part)
    })
}

#[test]
fn modules_use_only_what_the_table_allows() {
    let mut seen = Vec::new();
    for source in sources() {
        let Some(module) = source.module() else { continue };
        let row = MAY_USE.iter().find(|(name, _)| *name == module);
        let (_, allowed) = row.unwrap_or_else(|| panic!("src/{}: `{module}` is not in the table", source.path));
        seen.push(module.to_owned());
        for used in used_modules(&source.code) {
            let is_allowed = used == module || allowed.contains(&used.as_str());
            assert!(is_allowed, "src/{}: `{module}` may not use `{used}`", source.path);
        }
        assert!(!source.code.contains("super::super::"), "src/{}: name it by crate::", source.path);
    }
    for (module, _) in MAY_USE {
        assert!(seen.iter().any(|s| s == module), "there is no module `{module}`");
    }
}

#[test]
fn the_binary_uses_the_librarys_public_interface() {
    let sources = sources();
    let lib = sources.iter().find(|s| s.path == "lib.rs").expect("src/lib.rs");
    assert!(!lib.code.contains("mod cli"), "the library cannot see the binary");
    let main = sources.iter().find(|s| s.path == "main.rs").expect("src/main.rs");
    assert!(main.code.contains("mod cli;"));
    for source in sources.iter().filter(|s| s.path.starts_with("cli/")) {
        for used in used_modules(&source.code) {
            assert_eq!(used, "cli", "src/{}: take it from criterion_regress::", source.path);
        }
    }
}

#[test]
fn each_dependency_has_one_home() {
    for source in sources() {
        for (name, homes) in HOMES {
            let is_home = homes.iter().any(|home| source.path.starts_with(home));
            assert!(is_home || !names_crate(&source.code, name), "src/{}: `{name}` lives in {homes:?}", source.path);
        }
    }
    for (name, home) in HOMES.iter().flat_map(|(name, homes)| homes.iter().map(move |home| (name, home))) {
        let is_used = sources().iter().any(|s| s.path.starts_with(home) && names_crate(&s.code, name));
        assert!(is_used, "`{name}` is not used in src/{home}: has it moved, or gone?");
    }
}

#[test]
fn the_library_leaves_printing_and_exiting_to_the_program() {
    for source in sources().iter().filter(|s| s.module().is_some() || s.path == "lib.rs") {
        for word in NOT_IN_THE_LIBRARY {
            let is_there = source
                .code
                .match_indices(word)
                .any(|(at, _)| !source.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            assert!(!is_there, "src/{}: {word}", source.path);
        }
    }
}

#[test]
fn the_pure_middle_asks_neither_disk_nor_clock() {
    for source in sources() {
        if ["model", "stats", "compare", "history", "report", "dashboard", "calibration"]
            .contains(&source.module().unwrap_or_default())
        {
            for word in
                ["std::fs", "File::open", "SystemTime::now", "Instant::now", "std::env", "std::net", "Command::new"]
            {
                assert!(!source.code.contains(word), "src/{}: {word}", source.path);
            }
        }
    }
}

#[test]
fn async_stops_where_the_network_is() {
    for source in sources().iter().filter(|source| !source.path.starts_with("publish/github/")) {
        for word in ["async fn", "async {", ".await", "std::net", "TcpStream"] {
            assert!(!source.code.contains(word), "src/{}: {word}", source.path);
        }
    }
}

#[test]
fn the_checks_see_what_they_look_for() {
    assert_eq!(used_modules("use crate::{a::{b, c}, d};\ncrate::e::f(); my_crate::g"), ["a", "d", "e"]);
    assert_eq!(code("a // crate::b\n//! c\nd\n#[cfg(test)]\nmod tests {\ncrate::e"), "a \n\nd");
    assert!(names_crate("use clap::Args;", "clap") && names_crate("x: clap::Error", "clap"));
    assert!(!names_crate("clap_complete::x", "clap") && !names_crate("a::clap::b", "clap"));
}
