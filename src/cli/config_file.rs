//! `regress.toml`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

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
