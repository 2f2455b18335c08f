use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

use crate::cli::args::{InitArgs, SmokeArg, WorkflowArg};
use crate::cli::failure::Failure;
use crate::cli::{config_file, exit_code, output};

const SMOKE: &str = include_str!("../init/benchmark-smoke.yml");
const SMOKE_AB: &str = include_str!("../init/benchmark-smoke-ab.yml");
const COMMENT: &str = include_str!("../init/benchmark-comment.yml");
const OFFICIAL: &str = include_str!("../init/benchmark-official.yml");
const HISTORY: &str = include_str!("../init/benchmark-history.yml");
const DASHBOARD: &str = include_str!("../init/benchmark-dashboard.yml");
const OFFICIAL_NAME: &str = "benchmark-official.yml";
const CONFIG: &str = include_str!("../init/regress.toml");

/// The repository whose root holds the action.
const ACTION: &str = "criterion-regress/criterion-regress";

/// Nobody's benchmarks are longer; only whether they name Criterion is asked.
const LARGEST_SOURCE: u64 = 4 << 20;

/// A file to write, below the repository's root.
struct Planned {
    path: PathBuf,
    text: String,
}

pub(crate) fn run(args: &InitArgs) -> Result<ExitCode, Failure> {
    if !args.dir.is_dir() {
        return Err(Failure::new(format!("failed to write into {}: there is no such folder", args.dir.display())));
    }
    let benches = if args.benches.is_empty() { found_benches(&args.dir)? } else { named_benches(&args.benches)? };
    let mut planned = plan(args, &benches)?;

    let is_there = |file: &Planned| fs::symlink_metadata(args.dir.join(&file.path)).is_ok();
    let (there, missing): (Vec<Planned>, Vec<Planned>) = planned.drain(..).partition(is_there);
    if !there.is_empty() && !args.keep {
        let names: Vec<String> = there.iter().map(|file| file.path.display().to_string()).collect();
        return Err(Failure::new(format!(
            "failed to write {}: already there, and nothing was written",
            names.join(", ")
        ))
        .hint("--keep leaves what is there as it is, and writes the rest; --workflows says which to write"));
    }
    if args.dry_run {
        let texts = missing.iter().map(|file| format!("==> {} <==\n{}", file.path.display(), file.text));
        output::print(&texts.collect::<Vec<_>>().join("\n"))?;
        return Ok(exit_code::OK);
    }
    for file in &missing {
        refuse_links(&args.dir, &file.path)?;
    }
    for file in &missing {
        write_new(&args.dir.join(&file.path), &file.text)?;
    }
    output::print(&told(args, &there, &missing, &flags(&benches)))?;
    Ok(exit_code::OK)
}

/// A link among the folders leads out of the repository, perhaps.
fn refuse_links(dir: &Path, path: &Path) -> Result<(), Failure> {
    let parents = path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
    let is_link = |parent: &Path| fs::symlink_metadata(dir.join(parent)).is_ok_and(|metadata| metadata.is_symlink());
    match parents.into_iter().find(|parent| is_link(parent)) {
        None => Ok(()),
        Some(link) => Err(Failure::new(format!(
            "failed to write {}: {} is a link, and nothing was written",
            path.display(),
            link.display()
        ))),
    }
}

fn is_wanted(args: &InitArgs, workflow: WorkflowArg) -> bool {
    let is_of_history = matches!(workflow, WorkflowArg::History | WorkflowArg::Dashboard);
    args.workflows.contains(&workflow) || (is_of_history && args.history)
}

/// Whether runs are recorded, by whichever workflow measures.
fn keeps_history(args: &InitArgs) -> bool {
    is_wanted(args, WorkflowArg::History)
}

/// A template with what only stands there where history is kept, between lines `@HISTORY@` and `@END@`, or without it.
fn with_history(template: &str, is_kept: bool) -> String {
    let (mut text, mut is_inside) = (String::new(), false);
    for line in template.split_inclusive('\n') {
        match line.trim_end() {
            "@HISTORY@" => is_inside = true,
            "@END@" => is_inside = false,
            _ if is_inside && !is_kept => {}
            _ => text.push_str(line),
        }
    }
    text
}

fn plan(args: &InitArgs, benches: &[Bench]) -> Result<Vec<Planned>, Failure> {
    let action = action(args.action_ref.as_deref())?;
    let filled = |template: &str| {
        let text = with_history(template, keeps_history(args))
            .replace("@BENCH@", &flags(benches))
            .replace("@ACTION@", &action);
        text.replace("@INPUTS@", &inputs(benches)).replace("@ARGS@", &arguments(benches))
    };
    let mut planned = Vec::new();
    for workflow in
        [WorkflowArg::Smoke, WorkflowArg::Comment, WorkflowArg::Official, WorkflowArg::History, WorkflowArg::Dashboard]
    {
        if is_wanted(args, workflow) {
            let (name, template) = match workflow {
                WorkflowArg::Smoke if args.smoke == SmokeArg::Ab => ("benchmark-smoke.yml", SMOKE_AB),
                WorkflowArg::Smoke => ("benchmark-smoke.yml", SMOKE),
                WorkflowArg::Comment => ("benchmark-comment.yml", COMMENT),
                WorkflowArg::Official => (OFFICIAL_NAME, OFFICIAL),
                WorkflowArg::History => ("benchmark-history.yml", HISTORY),
                WorkflowArg::Dashboard => ("benchmark-dashboard.yml", DASHBOARD),
            };
            planned.push(Planned { path: Path::new(".github/workflows").join(name), text: filled(template) });
        }
    }
    planned.push(Planned { path: config_file::NAME.into(), text: CONFIG.to_owned() });
    Ok(planned)
}

/// How workflows name the action: by a commit, which nobody can move, or by the tag of this version.
fn action(reference: Option<&str>) -> Result<String, Failure> {
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    let Some(reference) = reference else {
        return Ok(format!("{ACTION}@{version} # zizmor: ignore[unpinned-uses] better: the commit of this tag"));
    };
    let is_commit =
        reference.len() == 40 && reference.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !is_commit {
        return Err(Failure::new(format!("failed to take {reference} for a commit: expected 40 hexadecimal digits"))
            .hint(format!("`git ls-remote https://github.com/{ACTION} {version}` prints that of this version")));
    }
    Ok(format!("{ACTION}@{reference} # {version}"))
}

/// A bench target, and its package where there are several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Bench {
    package: Option<String>,
    name: String,
}

/// Their packages, where there are several.
fn packages(benches: &[Bench]) -> Vec<&str> {
    let mut packages: Vec<&str> = benches.iter().filter_map(|bench| bench.package.as_deref()).collect();
    packages.dedup();
    packages
}

/// The same as inputs of the action, below `with:`.
fn inputs(benches: &[Bench]) -> String {
    let list = |name: &str, lines: Vec<&str>| {
        let lines = lines.iter().map(|line| format!("\n            {line}")).collect::<String>();
        if lines.is_empty() { lines } else { format!("          {name}: |{lines}") }
    };
    let names = benches.iter().map(|bench| bench.name.as_str()).collect();
    let given = [list("packages", packages(benches)), list("benches", names)];
    given.into_iter().filter(|input| !input.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Cargo's flags that choose these benches alone: the harness of another target wouldn't know Criterion's flags.
fn flags(benches: &[Bench]) -> String {
    let packages = packages(benches).into_iter().map(|package| format!("--package {package}"));
    packages.chain(benches.iter().map(|bench| format!("--bench {}", bench.name))).collect::<Vec<_>>().join(" ")
}

/// The same, a line each, below `args: |`.
fn arguments(benches: &[Bench]) -> String {
    let packages = packages(benches).into_iter().map(|package| format!("            --package={package}"));
    packages
        .chain(benches.iter().map(|bench| format!("            --bench={}", bench.name)))
        .collect::<Vec<_>>()
        .join("\n")
}

fn named_benches(names: &[String]) -> Result<Vec<Bench>, Failure> {
    let benches = names.iter().map(|name| Bench { package: None, name: name.clone() }).collect::<Vec<_>>();
    match names.iter().find(|name| !is_plain(name)) {
        Some(name) => {
            Err(Failure::new(format!("failed to take {name} for a bench target: only letters, digits, -, _ and .")))
        }
        None => Ok(benches),
    }
}

/// Whether a name can stand in a shell's line as it is.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('-') && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// The bench targets that use Criterion, as far as cargo and their sources say.
fn found_benches(dir: &Path) -> Result<Vec<Bench>, Failure> {
    let nameless = || {
        Failure::new("failed to find benchmarks: cargo knows of no bench target here that uses Criterion")
            .hint("name them: regress init --bench NAME, the name of a [[bench]] in Cargo.toml")
    };
    let metadata = cargo_metadata(dir).map_err(|why| {
        Failure::new(format!("failed to ask cargo for the bench targets: {why}"))
            .hint("mend that, or name them: regress init --bench NAME")
    })?;
    let mut benches = benches_of(&metadata);
    benches.sort();
    benches.dedup();
    if benches.is_empty() { Err(nameless()) } else { Ok(benches) }
}

/// What cargo knows of the packages, or its last words.
fn cargo_metadata(dir: &Path) -> Result<Value, String> {
    let cargo = std::env::var_os("CARGO").filter(|cargo| !cargo.is_empty()).unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| e.to_string())?;
    if output.status.success() {
        return serde_json::from_slice(&output.stdout).map_err(|e| e.to_string());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let told = words.lines().find(|line| line.starts_with("error")).or_else(|| words.lines().last());
    Err(told.unwrap_or("it failed without a word").chars().take(300).collect())
}

fn benches_of(metadata: &Value) -> Vec<Bench> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = list(&metadata["packages"]);
    let mut benches = Vec::new();
    for package in &packages {
        for target in list(&package["targets"]) {
            let is_bench = list(&target["kind"]).iter().any(|kind| kind == "bench");
            let (name, package) = (text(&target["name"]), text(&package["name"]));
            if is_bench
                && is_plain(&name)
                && is_plain(&package)
                && names_criterion(Path::new(&text(&target["src_path"])))
            {
                benches.push(Bench { package: (packages.len() > 1).then_some(package), name });
            }
        }
    }
    benches
}

fn names_criterion(source: &Path) -> bool {
    // Asked before it is opened: a pipe would wait for a writer, and a device never end.
    if !fs::metadata(source).is_ok_and(|file| file.is_file()) {
        return false;
    }
    let mut text = String::new();
    let read = fs::File::open(source).and_then(|file| file.take(LARGEST_SOURCE).read_to_string(&mut text));
    read.is_ok() && text.contains("criterion")
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::new(format!("failed to write {}: {e}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

/// What was done, and what is left to do.
fn told(args: &InitArgs, kept: &[Planned], written: &[Planned], benches: &str) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        // A String takes whatever is written to it.
        let _ = writeln!(text, "{line}");
    };
    for file in written {
        line(&format!("wrote {}", file.path.display()));
    }
    for file in kept {
        line(&format!("kept  {}", file.path.display()));
    }
    line(&format!("\nbenchmarks: cargo bench {benches}\n\nnext:"));
    if !args.dir.join(".git").exists() {
        line("  * this is not the root of a git repository: GitHub looks for workflows in the root's .github only");
    }
    if args.action_ref.is_none() {
        let version = concat!("v", env!("CARGO_PKG_VERSION"));
        line("  * pin the action: put the commit that this prints in place of the tag in each `uses:`");
        line(&format!("      git ls-remote https://github.com/{ACTION} {version}"));
        line("    or give it to `regress init --action-ref COMMIT`");
    }
    if args.workflows.contains(&WorkflowArg::Smoke) && args.smoke == SmokeArg::Ab {
        line("  * try what the smoke workflow does, on a branch with a change of yours");
        line(&format!("      regress ab {benches}"));
    } else if args.workflows.contains(&WorkflowArg::Smoke) {
        line("  * try what the smoke workflow does: measure, save, measure your change, compare");
        line(&format!("      cargo bench {benches} -- --save-baseline base --sample-size 10"));
        line("      # … change something …");
        line(&format!("      cargo bench {benches} -- --sample-size 10"));
        line("      regress check --baseline base");
    }
    if args.workflows.contains(&WorkflowArg::Comment) {
        line("  * commit, and merge into the default branch: comments appear from then on, as GitHub runs");
        line("    benchmark-comment.yml from there only");
    }
    if is_wanted(args, WorkflowArg::History) {
        line("  * benchmark-history.yml records each push to the default branch; then, in a clone with all its past");
        line("      regress changes --store branch:regress-history");
        let is_kept = |file: &Planned| file.path.ends_with(OFFICIAL_NAME);
        if kept.iter().any(is_kept) {
            line(
                "  * benchmark-official.yml was kept; for one that records what it measures, move it aside, and again",
            );
            line("      regress init --history --keep");
        }
    }
    if is_wanted(args, WorkflowArg::Dashboard) {
        line("  * benchmark-dashboard.yml publishes with GitHub Pages, once the repository's settings say so:");
        line("    Pages, source: GitHub Actions; if you want no page, delete it");
    }
    if args.workflows.contains(&WorkflowArg::Official) {
        line("  * benchmark-official.yml needs a runner of yours with the label `benchmark`; without one, delete it");
    }
    text
}
