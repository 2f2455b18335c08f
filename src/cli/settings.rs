//! What the arguments mean: a flag beats `REGRESS_*`, which beats `regress.toml`, which beats the profile. All defaults live
//! here.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;
use criterion_regress::compare::{Action, Clocks, FailOn, NoiseThreshold, Pattern, Peaks, Policy, Rule, Waiver};
use criterion_regress::model::Estimator;
use criterion_regress::store::StoreLocation;

use super::args::{
    ClockArg, ClockArgs, EstimatorArg, FailOnArg, PolicyArgs, ShiftArg, parse_bytes_rate, parse_elements_rate,
};
use super::config_file::{
    self, AcceptedTable, ActionWord, ClockWord, EstimatorWord, FailOnWord, ProfileTable, RateWord, RuleTable, ShiftWord,
};
use super::failure::Failure;
use super::timeline::SMALLEST;

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Flag(String),
    Environment(String),
    File(PathBuf),
    FilesProfile(PathBuf, String),
    Profile(String),
    Default,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Flag(flag) => write!(f, "--{flag}"),
            Origin::Environment(name) => write!(f, "${name}"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::FilesProfile(path, profile) => {
                write!(f, "{} [profiles.{profile}]", path.display())
            }
            Origin::Profile(profile) => write!(f, "profile {profile}"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone)]
pub(super) struct Setting<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

/// All that is in force.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) file: Option<PathBuf>,
    pub(super) profile: Setting<String>,
    pub(super) baseline: Setting<Vec<String>>,
    pub(super) threshold: Setting<NoiseThreshold>,
    pub(super) assumed_noise: Setting<f64>,
    pub(super) fail_on: Setting<FailOn>,
    pub(super) suite_shift: Setting<Action>,
    pub(super) min_executions: Setting<usize>,
    pub(super) estimator: Setting<Estimator>,
    pub(super) clocks: Setting<Clocks>,
    pub(super) gate_level: Setting<f64>,
    pub(super) list_level: Setting<f64>,
    pub(super) peak_bytes: Setting<Option<f64>>,
    pub(super) peak_elements: Setting<Option<f64>>,
    /// Where history is kept; `None` for the default, which depends on where it is run.
    pub(super) store: Setting<Option<String>>,
    /// The smallest change of history that is told, in percent.
    pub(super) history_threshold: Setting<f64>,
    pub(super) policy: Policy,
    /// Changes of history that are as they should be.
    pub(super) accepted: Vec<AcceptedTable>,
}

/// The built-in profiles.
const PROFILES: [&str; 2] = ["smoke", "official"];

/// A built-in profile's settings. All numbers are percentages.
fn built_in(profile: &str) -> ProfileTable {
    let common = ProfileTable {
        suite_shift: Some(ShiftWord::Fail),
        min_executions: Some(1),
        estimator: Some(EstimatorWord::Typical),
        clock: Some(ClockWord::Both),
        gate_level: Some(1.0),
        list_level: Some(5.0),
        ..ProfileTable::default()
    };
    match profile {
        // A dedicated machine, and enough executions to know how steady it is.
        "official" => ProfileTable {
            threshold: Some(2.0),
            assumed_noise: Some(1.5),
            fail_on: Some(vec![FailOnWord::Inconclusive]),
            min_executions: Some(5),
            estimator: Some(EstimatorWord::LowerQuartile),
            ..common
        },
        // Shared runners. The assumption is what kept false alarms rare there without hiding slowdowns of 40 %.
        _ => ProfileTable { threshold: Some(20.0), assumed_noise: Some(8.0), fail_on: Some(vec![]), ..common },
    }
}

impl Settings {
    /// Puts together what was typed (`args`, and in `given` how), the environment, the file and the profile.
    pub(super) fn resolve(
        args: &PolicyArgs,
        baseline: &[String],
        given: &ArgMatches,
        today: &str,
    ) -> Result<Settings, Failure> {
        let file = find_file(args)?;
        let config = file.as_deref().map(config_file::read).transpose()?.unwrap_or_default();
        let from_file = |path: &Option<PathBuf>| Origin::File(path.clone().unwrap_or_default());

        let profile = typed(args.profile.clone(), given, "profile")
            .or_else(|| Some(Setting { value: config.profile.clone()?, origin: from_file(&file) }))
            .unwrap_or(Setting { value: PROFILES[0].to_owned(), origin: Origin::Default });
        let name = profile.value.clone();
        let files_profile = config.profiles.get(&name).cloned();
        if files_profile.is_none() && !PROFILES.contains(&name.as_str()) {
            let known: Vec<&str> = PROFILES.into_iter().chain(config.profiles.keys().map(String::as_str)).collect();
            return Err(Failure::new(format!("there is no profile `{name}`")).hint(format!(
                "profiles are: {}; define others as [profiles.{name}] in {}",
                known.join(", "),
                config_file::NAME
            )));
        }
        let files_profile = files_profile.unwrap_or_default();
        let built_in = built_in(&name);
        let layers = Layers { file: &file, files_profile: &files_profile, built_in: &built_in, name: &name };

        let threshold =
            typed(args.threshold, given, "threshold").unwrap_or_else(|| layers.pick(config.threshold, |p| p.threshold));
        let threshold = Setting { value: percent(threshold.value, &threshold.origin)?, origin: threshold.origin };
        let assumed_noise = typed(args.assumed_noise, given, "assumed_noise")
            .unwrap_or_else(|| layers.pick(config.assumed_noise, |p| p.assumed_noise));
        percent(assumed_noise.value, &assumed_noise.origin).map_err(|_| {
            Failure::new(format!(
                "assumed noise is a percentage above 0, not {} (from {})",
                assumed_noise.value, assumed_noise.origin
            ))
        })?;
        let fail_on = match typed(args.fail_on.clone(), given, "fail_on") {
            Some(typed) => Setting {
                value: FailOn {
                    inconclusive: typed.value.contains(&FailOnArg::Inconclusive),
                    incomplete: typed.value.contains(&FailOnArg::Incomplete),
                },
                origin: typed.origin,
            },
            None => {
                let words = layers.pick(config.fail_on.clone(), |p| p.fail_on.clone());
                Setting { value: fail_on(&words.value), origin: words.origin }
            }
        };
        let suite_shift = match typed(args.suite_shift, given, "suite_shift") {
            Some(Setting { value: ShiftArg::Fail, origin }) => Setting { value: Action::Fail, origin },
            Some(Setting { value: ShiftArg::Warn, origin }) => Setting { value: Action::Warn, origin },
            None => {
                let word = layers.pick(config.suite_shift, |p| p.suite_shift);
                let value = match word.value {
                    ShiftWord::Fail => Action::Fail,
                    ShiftWord::Warn => Action::Warn,
                };
                Setting { value, origin: word.origin }
            }
        };
        let baseline =
            match (typed(Some(baseline.to_vec()).filter(|b| !b.is_empty()), given, "baseline"), config.baseline) {
                (Some(typed), _) => typed,
                (None, Some(words)) => Setting { value: words.into(), origin: from_file(&file) },
                (None, None) => Setting { value: Vec::new(), origin: Origin::Default },
            };
        let min_executions = typed(args.min_executions, given, "min_executions")
            .unwrap_or_else(|| layers.pick(config.min_executions, |p| p.min_executions));
        let estimator = match typed(args.estimator, given, "estimator") {
            Some(Setting { value, origin }) => Setting { value: value.into(), origin },
            None => {
                let word = layers.pick(config.estimator, |p| p.estimator);
                Setting { value: word.value.into(), origin: word.origin }
            }
        };
        let clocks = layers.pick(config.clock, |p| p.clock);
        let clocks = Setting { value: Clocks::from(clocks.value), origin: clocks.origin };
        let gate_level = typed(args.gate_level, given, "gate_level")
            .unwrap_or_else(|| layers.pick(config.gate_level, |p| p.gate_level));
        let gate_level = level(gate_level, "gate-level")?;
        let list_level = typed(args.list_level, given, "list_level")
            .unwrap_or_else(|| layers.pick(config.list_level, |p| p.list_level));
        let list_level = level(list_level, "list-level")?;

        let variable = std::env::var("REGRESS_STORE").ok().filter(|text| !text.is_empty());
        let store = match (variable, &config.history.store) {
            (Some(text), _) => {
                Setting { value: Some(store(&text)?), origin: Origin::Environment("REGRESS_STORE".to_owned()) }
            }
            (None, Some(text)) => Setting { value: Some(store(text)?), origin: from_file(&file) },
            (None, None) => Setting { value: None, origin: Origin::Default },
        };
        let history_threshold = match config.history.threshold {
            Some(value) => Setting { value, origin: from_file(&file) },
            None => Setting { value: SMALLEST, origin: Origin::Default },
        };
        let rules = config
            .rules
            .iter()
            .enumerate()
            .map(|(i, table)| rule(table, today).map_err(|why| in_file(&file, &format!("rule {}: {why}", i + 1))))
            .collect::<Result<_, _>>()?;
        let machine = config.machine.clone().unwrap_or_default();
        let stated = |word: Option<RateWord>, key: &str, parse: fn(&str) -> Result<f64, String>| {
            let text = word.map(|word| match word {
                RateWord::Number(number) => number.to_string(),
                RateWord::Text(text) => text,
            });
            let rate = text.map(|text| parse(&text)).transpose();
            rate.map_err(|why| in_file(&file, &format!("machine.{key}: {why}")))
        };
        let peak = |flag: Option<f64>, id: &str, rate: Option<f64>| match (typed(flag, given, id), rate) {
            (Some(typed), _) => Setting { value: Some(typed.value), origin: typed.origin },
            (None, Some(rate)) => Setting { value: Some(rate), origin: from_file(&file) },
            (None, None) => Setting { value: None, origin: Origin::Default },
        };
        let bytes = stated(machine.peak_bytes, "peak-bytes", parse_bytes_rate)?;
        let peak_bytes = peak(args.peak_bytes, "peak_bytes", bytes);
        let elements = stated(machine.peak_elements, "peak-elements", parse_elements_rate)?;
        let peak_elements = peak(args.peak_elements, "peak_elements", elements);
        let policy = Policy {
            rules,
            peaks: Peaks { bytes: peak_bytes.value, elements: peak_elements.value },
            renames: config.renames.clone(),
            min_executions: min_executions.value,
            estimator: estimator.value,
            clocks: clocks.value,
            gate_level: gate_level.value / 100.0,
            list_level: list_level.value / 100.0,
            allow_different_machines: args.machines.allow_different_machines,
            suite_shift: suite_shift.value.clone(),
            fail_on: fail_on.value,
            ..Policy::new(threshold.value, deviation(assumed_noise.value))
        };
        Ok(Settings {
            file,
            profile,
            baseline,
            threshold,
            assumed_noise,
            fail_on,
            suite_shift,
            min_executions,
            estimator,
            clocks,
            gate_level,
            list_level,
            peak_bytes,
            peak_elements,
            store,
            history_threshold,
            policy,
            accepted: config.accepted,
        })
    }
}

impl Settings {
    /// With the clock that was typed, for commands that know one.
    pub(super) fn with_clock(mut self, args: &ClockArgs, given: &ArgMatches) -> Settings {
        if let Some(typed) = typed(args.clock, given, "clock") {
            self.clocks = Setting { value: typed.value.into(), origin: typed.origin };
            self.policy.clocks = self.clocks.value;
        }
        self
    }
}

/// The policy of a table without verdicts: the default profile's noise, and nothing of anybody's configuration.
pub(super) fn plain_policy() -> Policy {
    let profile = built_in(PROFILES[0]);
    let percent = |value: Option<f64>| value.unwrap_or_default();
    let threshold =
        NoiseThreshold::from_percent(percent(profile.threshold)).expect("built-in thresholds are percentages");
    Policy::new(threshold, deviation(percent(profile.assumed_noise)))
}

/// A standard deviation in percent as one of logarithms.
fn deviation(percent: f64) -> f64 {
    (percent / 100.0).ln_1p()
}

/// What lies below flags and environment.
struct Layers<'a> {
    file: &'a Option<PathBuf>,
    files_profile: &'a ProfileTable,
    built_in: &'a ProfileTable,
    name: &'a str,
}

impl Layers<'_> {
    fn pick<T>(&self, top: Option<T>, of: impl Fn(&ProfileTable) -> Option<T>) -> Setting<T> {
        // What the file says of one profile is more particular than what it says of all.
        let path = self.file.clone().unwrap_or_default();
        if let Some(value) = of(self.files_profile) {
            return Setting { value, origin: Origin::FilesProfile(path, self.name.to_owned()) };
        }
        if let Some(value) = top {
            return Setting { value, origin: Origin::File(path) };
        }
        let value = of(self.built_in).expect("built-in profiles say everything");
        Setting {
            value,
            origin: Origin::Profile(if PROFILES.contains(&self.name) { self.name } else { PROFILES[0] }.to_owned()),
        }
    }
}

/// What was typed, or stood in the environment, for the argument `id`; flag and variable are called after it.
fn typed<T>(value: Option<T>, given: &ArgMatches, id: &str) -> Option<Setting<T>> {
    let value = value?;
    let origin = match given.value_source(id) {
        Some(ValueSource::EnvVariable) => Origin::Environment(format!("REGRESS_{}", id.to_uppercase())),
        _ => Origin::Flag(id.replace('_', "-")),
    };
    Some(Setting { value, origin })
}

/// A store as people may see it: without a password.
fn store(text: &str) -> Result<String, Failure> {
    StoreLocation::parse(text).map(|location| location.to_string()).map_err(Failure::new)
}

fn find_file(args: &PolicyArgs) -> Result<Option<PathBuf>, Failure> {
    if args.no_config {
        return Ok(None);
    }
    if let Some(path) = args.config.as_ref().filter(|path| !path.as_os_str().is_empty()) {
        return Ok(Some(path.clone()));
    }
    let here = std::env::current_dir().map_err(|e| Failure::new(format!("failed to find the working folder: {e}")))?;
    // As short as people write it: relative where it lies here.
    Ok(config_file::find(&here).map(|path| path.strip_prefix(&here).map(Path::to_owned).unwrap_or(path)))
}

fn percent(value: f64, origin: &Origin) -> Result<NoiseThreshold, Failure> {
    NoiseThreshold::from_percent(value).map_err(|e| Failure::new(format!("{e} (from {origin})")))
}

/// A level as a percentage of chance.
fn level(setting: Setting<f64>, key: &str) -> Result<Setting<f64>, Failure> {
    if setting.value > 0.0 && setting.value <= 50.0 {
        Ok(setting)
    } else {
        Err(Failure::new(format!(
            "{key} is a percentage above 0 and at most 50, not {} (from {})",
            setting.value, setting.origin
        )))
    }
}

impl From<EstimatorArg> for Estimator {
    fn from(arg: EstimatorArg) -> Estimator {
        match arg {
            EstimatorArg::Typical => Estimator::Typical,
            EstimatorArg::LowerQuartile => Estimator::LowerQuartile,
            EstimatorArg::Minimum => Estimator::Minimum,
        }
    }
}

impl From<EstimatorWord> for Estimator {
    fn from(word: EstimatorWord) -> Estimator {
        match word {
            EstimatorWord::Typical => Estimator::Typical,
            EstimatorWord::LowerQuartile => Estimator::LowerQuartile,
            EstimatorWord::Minimum => Estimator::Minimum,
        }
    }
}

impl From<ClockArg> for Clocks {
    fn from(arg: ClockArg) -> Clocks {
        match arg {
            ClockArg::Wall => Clocks::Wall,
            ClockArg::Cpu => Clocks::Cpu,
            ClockArg::Both => Clocks::Both,
        }
    }
}

impl From<ClockWord> for Clocks {
    fn from(word: ClockWord) -> Clocks {
        match word {
            ClockWord::Wall => Clocks::Wall,
            ClockWord::Cpu => Clocks::Cpu,
            ClockWord::Both => Clocks::Both,
        }
    }
}

fn fail_on(words: &[FailOnWord]) -> FailOn {
    FailOn {
        inconclusive: words.contains(&FailOnWord::Inconclusive),
        incomplete: words.contains(&FailOnWord::Incomplete),
    }
}

fn in_file(file: &Option<PathBuf>, why: &str) -> Failure {
    let path = file.as_deref().unwrap_or(Path::new(config_file::NAME));
    Failure::new(format!("failed to read {}: {why}", path.display()))
}

fn rule(table: &RuleTable, today: &str) -> Result<Rule, String> {
    let pattern = match (&table.glob, &table.regex) {
        (Some(glob), None) => Pattern::glob(glob),
        (None, Some(regex)) => Pattern::regex(regex),
        (Some(_), Some(_)) => {
            return Err("it has both a `glob` and a `regex`, and needs one of them".to_owned());
        }
        (None, None) => {
            return Err("it has neither a `glob` nor a `regex`, and needs one of them".to_owned());
        }
    };
    let pattern = pattern.map_err(|e| e.to_string())?;
    let threshold = table.threshold.map(NoiseThreshold::from_percent).transpose().map_err(|e| e.to_string())?;
    if let Some(floor) = table.floor_ns.filter(|floor| !(floor.is_finite() && *floor >= 0.0)) {
        return Err(format!("`floor-ns` is {floor}, not a time"));
    }
    let action = table.action.map(|word| match word {
        ActionWord::Fail => Action::Fail,
        ActionWord::Warn => Action::Warn,
        ActionWord::Ignore => Action::Ignore,
    });
    let (action, expired) = match &table.waive {
        None => (action, None),
        Some(_) if action.is_some() => {
            return Err("it has both an `action` and a `waive`, and a waiver is an action".to_owned());
        }
        Some(waive) => {
            let until: jiff::civil::Date = waive
                .until
                .parse()
                .map_err(|_| format!("`until` is `{}`, not a date such as 2026-12-31", waive.until))?;
            if waive.reason.trim().is_empty() {
                return Err("a waiver needs a reason".to_owned());
            }
            let until = until.to_string();
            // Dates in this form sort as text.
            if until.as_str() < today {
                (None, Some(until))
            } else {
                (Some(Action::Waived(Waiver { reason: waive.reason.clone(), until })), None)
            }
        }
    };
    if threshold.is_none() && table.floor_ns.is_none() && action.is_none() && expired.is_none() {
        return Err("it says nothing: give it a `threshold`, `floor-ns`, `action` or `waive`".to_owned());
    }
    Ok(Rule { pattern, threshold, floor: table.floor_ns, action, expired })
}

/// Today's date in UTC, `YYYY-MM-DD`.
pub(super) fn today() -> String {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}
