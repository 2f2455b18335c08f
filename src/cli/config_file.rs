//! `regress.toml`.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use criterion_regress::environment::repository;
use serde::{Deserialize, Serialize};

use super::failure::Failure;

/// The file's name, looked for here and in every folder above.
pub(super) const NAME: &str = "regress.toml";

/// A configuration is text that people write; nobody writes this much.
const LARGEST: u64 = 4 << 20;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ConfigFile {
    pub(super) profile: Option<String>,
    pub(super) baseline: Option<OneOrSeveral>,
    pub(super) threshold: Option<f64>,
    pub(super) assumed_noise: Option<f64>,
    pub(super) fail_on: Option<Vec<FailOnWord>>,
    pub(super) suite_shift: Option<ShiftWord>,
    pub(super) min_executions: Option<usize>,
    pub(super) estimator: Option<EstimatorWord>,
    pub(super) clock: Option<ClockWord>,
    pub(super) gate_level: Option<f64>,
    pub(super) list_level: Option<f64>,
    pub(super) machine: Option<MachineTable>,
    #[serde(default)]
    pub(super) history: HistoryTable,
    #[serde(default)]
    pub(super) accepted: Vec<AcceptedTable>,
    #[serde(default)]
    pub(super) profiles: BTreeMap<String, ProfileTable>,
    #[serde(default)]
    pub(super) rules: Vec<RuleTable>,
    #[serde(default)]
    pub(super) renames: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryTable {
    pub(super) store: Option<String>,
    pub(super) threshold: Option<f64>,
}

/// A change of history that is as it should be.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptedTable {
    /// The last revision that is as before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<String>,
    /// The first revision that is known to be changed.
    pub(super) by: String,
    /// Benchmarks that became slower.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) slower: Vec<String>,
    /// Benchmarks that became faster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) faster: Vec<String>,
    /// Benchmarks that drifted, up to `by`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) drift: Vec<String>,
    /// Why.
    pub(super) reason: String,
    /// On which day, `YYYY-MM-DD`.
    pub(super) on: String,
}

/// What the machine can do in a second, at most.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MachineTable {
    pub(super) peak_bytes: Option<RateWord>,
    pub(super) peak_elements: Option<RateWord>,
}

/// A number, or a number with its unit.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "a rate, as in \"100 GB/s\" or 1e11")]
pub(super) enum RateWord {
    Number(f64),
    Text(String),
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ProfileTable {
    pub(super) threshold: Option<f64>,
    pub(super) assumed_noise: Option<f64>,
    pub(super) fail_on: Option<Vec<FailOnWord>>,
    pub(super) suite_shift: Option<ShiftWord>,
    pub(super) min_executions: Option<usize>,
    pub(super) estimator: Option<EstimatorWord>,
    pub(super) clock: Option<ClockWord>,
    pub(super) gate_level: Option<f64>,
    pub(super) list_level: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RuleTable {
    pub(super) glob: Option<String>,
    pub(super) regex: Option<String>,
    pub(super) threshold: Option<f64>,
    pub(super) floor_ns: Option<f64>,
    pub(super) action: Option<ActionWord>,
    pub(super) waive: Option<WaiveTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaiveTable {
    pub(super) reason: String,
    pub(super) until: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FailOnWord {
    Inconclusive,
    Incomplete,
}

/// A word, or a list of words.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "a text, or a list of texts")]
pub(super) enum OneOrSeveral {
    One(String),
    Several(Vec<String>),
}

impl From<OneOrSeveral> for Vec<String> {
    fn from(words: OneOrSeveral) -> Vec<String> {
        match words {
            OneOrSeveral::One(word) => vec![word],
            OneOrSeveral::Several(words) => words,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EstimatorWord {
    Typical,
    LowerQuartile,
    Minimum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ClockWord {
    Wall,
    Cpu,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ShiftWord {
    Fail,
    Warn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ActionWord {
    Fail,
    Warn,
    Ignore,
}

/// The nearest `regress.toml` from `start` upward.
pub(super) fn find(start: &Path) -> Option<PathBuf> {
    start.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file())
}

pub(super) fn read(path: &Path) -> Result<ConfigFile, Failure> {
    let failed = |cause: String| Failure::new(format!("failed to read {}: {cause}", path.display()));
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
        .map_err(|e| failed(e.to_string()))?;
    if text.len() as u64 > LARGEST {
        return Err(failed("it is too large for a configuration".to_owned()));
    }
    toml::from_str(&text).map_err(|e| {
        failed(e.to_string().trim_end().to_owned())
            .hint("the README's section on regress.toml lists the keys; `regress config` shows what is in force")
    })
}

fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|e| Failure::new(format!("failed to find the working folder: {e}")))
}

/// What the nearest file says is accepted.
pub(super) fn accepted() -> Result<Vec<AcceptedTable>, Failure> {
    match find(&here()?) {
        Some(path) => Ok(read(&path)?.accepted),
        None => Ok(Vec::new()),
    }
}

/// Adds to the end of the nearest file that a change is accepted, and leaves the rest of it as it is. Where there is none, it is
/// made at the root of the repository. Gives its path.
pub(super) fn append_accepted(entry: &AcceptedTable) -> Result<PathBuf, Failure> {
    #[derive(Serialize)]
    struct Appended<'a> {
        accepted: [&'a AcceptedTable; 1],
    }
    let here = here()?;
    let found = find(&here);
    // One that can't be read must not grow.
    if let Some(path) = &found {
        read(path)?;
    }
    let path = found.unwrap_or_else(|| repository(&here).unwrap_or_else(|| here.clone()).join(NAME));
    let failed = |cause: String| Failure::new(format!("failed to write {}: {cause}", path.display()));
    let table = toml::to_string(&Appended { accepted: [entry] }).map_err(|e| failed(e.to_string()))?;
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(failed(e.to_string())),
    };
    let gap = match before.as_str() {
        "" => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let added = format!("{gap}{table}");
    if let Err(e) = toml::from_str::<ConfigFile>(&format!("{before}{added}")) {
        return Err(failed(format!("with it, it could not be read any more: {}", e.to_string().trim_end()))
            .hint("is `accepted` written as one list? Write it as tables `[[accepted]]`"));
    }
    let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(|e| failed(e.to_string()))?;
    file.write_all(added.as_bytes()).map_err(|e| failed(e.to_string()))?;
    Ok(path.strip_prefix(&here).map(Path::to_owned).unwrap_or(path))
}
