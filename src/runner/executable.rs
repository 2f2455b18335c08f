//! One executable of benchmarks: what it holds, and one benchmark of it in a fresh process.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::cpu_time::{Counted, Idle, NO_TIME, Times, WARM_UP, cpu_use};
use super::suspension::Suspension;
use super::usage::{Guard, Usage, watched};
use crate::criterion::{self, Baselines, NEW};
use crate::model::{Benchmark, Measurement};
use crate::stats::summarize;

const WARM_UP_TIME: &str = "--warm-up-time";
const MEASUREMENT_TIME: &str = "--measurement-time";

/// The name of no benchmark.
const NOTHING: &str = "no-benchmark-is-called-this-7d0c";

/// What a process gets unless the caller's arguments say otherwise: its job is one observation, not a precise one. Plots and
/// resampling say nothing that is used.
const SHORT: [(&str, Option<&str>); 5] = [
    ("--sample-size", Some("10")),
    (WARM_UP_TIME, Some(WARM_UP)),
    (MEASUREMENT_TIME, Some("0.2")),
    ("--nresamples", Some("1001")),
    ("--noplot", None),
];

/// As much of a failed process' output is kept, in characters.
const LONGEST_TAIL: usize = 500;

/// An executable with benchmarks of Criterion's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executable {
    /// By what it is the other side's: the package's folder and the target's name. Empty for one that was named as a file.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// The package's folder, in which cargo would run it; `None` for where the caller is.
    pub folder: Option<PathBuf>,
}

/// A process that didn't do what it was started for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{cause}{}", if output.is_empty() { String::new() } else { format!(": {output}") })]
pub struct ProcessFailed {
    /// How it ended.
    pub cause: String,
    /// The end of what it printed.
    pub output: String,
}

/// How an executable is run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The caller's arguments for Criterion.
    pub arguments: Vec<String>,
    /// Variables of the environment, by name.
    pub variables: Vec<(String, String)>,
}

/// An executable and the benchmarks that it lists.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The executable.
    pub executable: Executable,
    /// The ids that it lists, each once, in its order.
    pub ids: Vec<String>,
    invocation: Invocation,
    guard: Guard,
    knows_exact: bool,
    /// The arguments that select a benchmark, of those that were asked for: to find them, some versions have to be run.
    selections: RefCell<BTreeMap<String, Vec<String>>>,
    /// How long its processes took, all together.
    spent: Cell<Duration>,
    /// The smallest CPU time of a process that only started, in nanoseconds; 0 before there was one.
    start_up: Cell<f64>,
    /// Emptied before each process.
    scratch: PathBuf,
}

/// One process that measured.
struct Ran {
    benchmarks: Vec<(Benchmark, Option<Counted>)>,
    usage: Usage,
}

impl Ran {
    /// What the only benchmark of the process counted.
    fn counted(&self) -> Option<Counted> {
        match self.benchmarks.as_slice() {
            [(_, counted)] => *counted,
            _ => None,
        }
    }
}

impl Suite {
    /// Asks an executable what it holds. `scratch` is a folder that this suite may empty, `guard` ends its processes.
    ///
    /// # Errors
    /// When it can't be run, or isn't one of Criterion's.
    pub fn open(
        executable: Executable,
        invocation: &Invocation,
        scratch: &Path,
        guard: &Guard,
    ) -> Result<Suite, ProcessFailed> {
        let mut suite = Suite {
            executable,
            ids: Vec::new(),
            invocation: invocation.clone(),
            guard: guard.clone(),
            knows_exact: false,
            selections: RefCell::default(),
            spent: Cell::default(),
            start_up: Cell::new(0.0),
            scratch: scratch.to_owned(),
        };
        let (help, _) = suite.output(&["--bench".into(), "--help".into()])?;
        let help = String::from_utf8_lossy(&help.stdout);
        if !help.contains("--warm-up-time") {
            return Err(ProcessFailed { cause: "it has no benchmarks of Criterion's".into(), output: String::new() });
        }
        suite.knows_exact = help.contains("--exact");
        suite.ids = suite.list(&[])?;
        Ok(suite)
    }

    /// One of which nothing can be run.
    #[cfg(test)]
    pub(super) fn of_ids(name: &str, ids: &[&str]) -> Suite {
        Suite {
            executable: Executable { name: name.to_owned(), path: PathBuf::new(), folder: None },
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            invocation: Invocation::default(),
            guard: Guard::default(),
            knows_exact: true,
            selections: RefCell::default(),
            spent: Cell::default(),
            start_up: Cell::new(0.0),
            scratch: PathBuf::new(),
        }
    }

    /// What it lists under a selection, each id once.
    fn list(&self, selection: &[String]) -> Result<Vec<String>, ProcessFailed> {
        let mut arguments: Vec<String> = vec!["--bench".into(), "--list".into()];
        arguments.extend_from_slice(selection);
        let (output, _) = self.output(&arguments)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut ids: Vec<String> = Vec::new();
        for line in text.lines() {
            let id = line.strip_suffix(": benchmark").or_else(|| line.strip_suffix(": bench"));
            if let Some(id) = id.filter(|id| !ids.iter().any(|known| known == id)) {
                ids.push(id.to_owned());
            }
        }
        Ok(ids)
    }

    /// How many others run when `id` is asked for: none, from Criterion 0.3.3 on.
    ///
    /// # Errors
    /// When it can't be asked.
    pub fn n_selected_with(&self, id: &str) -> Result<usize, ProcessFailed> {
        // With `--exact` that is clear; before, a filter was a regular expression, and before that a part of the name.
        if self.knows_exact { Ok(0) } else { Ok(self.list(&self.selection(id)?)?.len().saturating_sub(1)) }
    }

    /// With whom its processes stand still.
    pub(super) fn suspension(&self) -> Suspension {
        self.guard.suspension.clone()
    }

    /// How long its processes took, all together.
    #[must_use]
    pub fn spent(&self) -> Duration {
        self.spent.get()
    }

    /// The arguments that select one benchmark.
    fn selection(&self, id: &str) -> Result<Vec<String>, ProcessFailed> {
        if let Some(known) = self.selections.borrow().get(id) {
            return Ok(known.clone());
        }
        let selection = self.find_selection(id)?;
        self.selections.borrow_mut().insert(id.to_owned(), selection.clone());
        Ok(selection)
    }

    fn find_selection(&self, id: &str) -> Result<Vec<String>, ProcessFailed> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
        if self.knows_exact {
            return Ok(if id.starts_with('-') { words(&["--exact", "--", id]) } else { words(&["--exact", id]) });
        }
        let anchored = words(&[&format!("^{}$", regex::escape(id))]);
        let is_understood = self.list(&anchored)?.iter().any(|listed| listed == id);
        Ok(if is_understood { anchored } else { words(&[id]) })
    }

    /// Measures one benchmark in a fresh process, after another one that idles. More than one result where several benchmarks have
    /// the id.
    ///
    /// # Errors
    /// When the process fails, or leaves no result.
    pub fn run(&self, id: &str, idle: Idle) -> Result<Vec<Benchmark>, ProcessFailed> {
        let idle = match idle {
            // The measured process' failure is the one to tell of.
            Idle::RunsShortly => self.measure(id, Some(NO_TIME)).map(|ran| (ran.usage, ran.counted())),
            Idle::SelectsNothing => self.select_nothing().map(|usage| (usage, None)),
        };
        let ran = self.measure(id, None)?;
        let (counted, usage) = (ran.counted(), ran.usage);
        let mut benchmarks: Vec<Benchmark> = ran.benchmarks.into_iter().map(|(benchmark, _)| benchmark).collect();
        if let (Ok((used_idle, idle)), Some(counted), Some(times), [benchmark]) =
            (idle, counted, self.times(), benchmarks.as_mut_slice())
        {
            let cpu = cpu_use((&usage, &counted), times, (&used_idle, idle.as_ref()), self.start_up.get());
            benchmark.executions.iter_mut().for_each(|execution| execution.cpu = Some(cpu));
        }
        Ok(benchmarks)
    }

    /// Measures one benchmark in a fresh process for as long as Criterion and the caller's arguments say, though no longer than
    /// `longest`, and leaves what Criterion wrote in [`Suite::home`] until the next process.
    ///
    /// # Errors
    /// When the process fails, or leaves no result.
    pub fn run_fully(&self, id: &str, longest: Duration) -> Result<Vec<Benchmark>, ProcessFailed> {
        let mut arguments: Vec<String> = vec!["--bench".into()];
        if self.given("--noplot").is_none() {
            arguments.push("--noplot".into());
        }
        arguments.extend(self.invocation.arguments.iter().cloned());
        arguments.extend(self.selection(id)?);
        let home = self.empty_home()?;
        let guard = Guard { longest: Some(longest), ..self.guard.clone() };
        let (output, _) = self.output_of(&arguments, &guard)?;
        let mut tree = criterion::read(&home, Baselines::Named(&[NEW]), summarize, &AtomicUsize::new(0))
            .map_err(|e| failed(e.to_string(), Some(&output)))?;
        let mut run = tree.take_run(NEW, "");
        run.benchmarks.retain(|benchmark| benchmark.id.as_str() == id);
        if run.benchmarks.is_empty() {
            return Err(failed("it left no result".into(), Some(&output)));
        }
        Ok(run.benchmarks)
    }

    /// One process that measures a benchmark, for as long as the arguments say, or for `time` seconds.
    fn measure(&self, id: &str, time: Option<&str>) -> Result<Ran, ProcessFailed> {
        let mut arguments = self.options(time);
        arguments.extend(self.selection(id)?);
        let home = self.empty_home()?;
        let (output, usage) = self.output(&arguments)?;
        let counts = Mutex::new(Vec::new());
        let sum_up = |measurement: &Measurement, at| {
            let execution = summarize(measurement, at);
            if let (Some(counted), Ok(mut counts)) = (Counted::of(measurement), counts.lock()) {
                counts.push((execution.fingerprint, counted));
            }
            execution
        };
        let mut tree = criterion::read(&home, Baselines::Named(&[NEW]), sum_up, &AtomicUsize::new(0))
            .map_err(|e| failed(e.to_string(), Some(&output)))?;
        let is_broken = !tree.broken.is_empty();
        let mut run = tree.take_run(NEW, "");
        let n_measured = run.benchmarks.len();
        run.benchmarks.retain(|benchmark| benchmark.id.as_str() == id);
        if run.benchmarks.is_empty() {
            let cause = if is_broken { "the result that it left can't be read" } else { "it left no result" };
            return Err(failed(cause.into(), Some(&output)));
        }
        let counts = counts.into_inner().unwrap_or_default();
        // The CPU time of a process that measured others as well is not this benchmark's.
        let is_alone = n_measured == run.benchmarks.len();
        let counted = |benchmark: &Benchmark| {
            let fingerprint = benchmark.executions.first().fingerprint;
            counts.iter().find(|(of, _)| is_alone && *of == fingerprint).map(|(_, counted)| *counted)
        };
        let benchmarks = run.benchmarks.into_iter().map(|b| (counted(&b), b)).map(|(c, b)| (b, c)).collect();
        Ok(Ran { benchmarks, usage })
    }

    /// One process that starts, and ends.
    fn select_nothing(&self) -> Result<Usage, ProcessFailed> {
        let mut arguments = self.options(None);
        if self.knows_exact {
            arguments.push("--exact".into());
        }
        arguments.push(NOTHING.into());
        let (_, usage) = self.output(&arguments)?;
        if let Some(cpu) = usage.cpu {
            let before = self.start_up.get();
            self.start_up.set(if before > 0.0 { before.min(cpu) } else { cpu });
        }
        Ok(usage)
    }

    /// What Criterion is told besides what to select: the caller's arguments, and those that these leave out; other times in place
    /// of all that were said, where there are.
    fn options(&self, time: Option<&str>) -> Vec<String> {
        let mut options: Vec<String> = vec!["--bench".into()];
        let is_time = |flag: &str| flag == WARM_UP_TIME || flag == MEASUREMENT_TIME;
        for (flag, value) in SHORT {
            let value = if is_time(flag) { time.or(value) } else { value };
            if self.given(flag).is_none() || (time.is_some() && is_time(flag)) {
                options.extend([Some(flag), value].into_iter().flatten().map(str::to_owned));
            }
        }
        let mut is_value = false;
        for argument in &self.invocation.arguments {
            let flag = argument.split('=').next().unwrap_or_default();
            let is_dropped = is_value || (time.is_some() && is_time(flag));
            is_value = !is_value && is_dropped && !argument.contains('=');
            if !is_dropped {
                options.push(argument.clone());
            }
        }
        options
    }

    /// What the caller's arguments say of a flag: its value, which is empty where it takes none.
    fn given(&self, flag: &str) -> Option<&str> {
        let at = self.invocation.arguments.iter().position(|given| given.split('=').next() == Some(flag))?;
        match self.invocation.arguments[at].split_once('=') {
            Some((_, value)) => Some(value),
            None => Some(self.invocation.arguments.get(at + 1).map_or("", String::as_str)),
        }
    }

    /// How long a process is told to warm up and to measure; `None` where the caller's arguments make no sense.
    fn times(&self) -> Option<Times> {
        let said = |flag: &str| {
            let default = SHORT.iter().find(|(of, _)| *of == flag).and_then(|(_, value)| *value);
            let seconds: f64 = self.given(flag).or(default)?.parse().ok()?;
            Some(seconds * 1e9).filter(|time| time.is_finite() && *time > 0.0)
        };
        Some(Times { warm_up: said(WARM_UP_TIME)?, measurement: said(MEASUREMENT_TIME)? })
    }

    /// Where Criterion writes: of the last process only.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.scratch.join("criterion")
    }

    fn empty_home(&self) -> Result<PathBuf, ProcessFailed> {
        let home = self.home();
        let emptied = match std::fs::remove_dir_all(&home) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => std::fs::create_dir_all(&home),
        };
        emptied.map_err(|e| failed(format!("failed to empty {}: {e}", home.display()), None))?;
        Ok(home)
    }

    fn output(&self, arguments: &[String]) -> Result<(Output, Usage), ProcessFailed> {
        self.output_of(arguments, &self.guard)
    }

    fn output_of(&self, arguments: &[String], guard: &Guard) -> Result<(Output, Usage), ProcessFailed> {
        let mut command = Command::new(&self.executable.path);
        command.args(arguments).stdin(Stdio::null());
        // Before our own: where results go is not for the caller to say.
        command.envs(self.invocation.variables.iter().map(|(name, value)| (name, value)));
        // Criterion before 0.3.4 knows only of the target folder.
        command.env("CRITERION_HOME", self.home()).env("CARGO_TARGET_DIR", &self.scratch);
        if let Some(folder) = &self.executable.folder {
            command.current_dir(folder).env("CARGO_MANIFEST_DIR", folder);
        }
        let start = Instant::now();
        let watched = watched(&mut command, guard);
        self.spent.set(self.spent.get() + start.elapsed());
        let (output, usage) = watched.map_err(|e| match e.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::Interrupted => failed(e.to_string(), None),
            _ => failed(format!("failed to start: {e}"), None),
        })?;
        if output.status.success() {
            Ok((output, usage))
        } else {
            Err(failed(output.status.to_string(), Some(&output)))
        }
    }
}

fn failed(cause: String, output: Option<&Output>) -> ProcessFailed {
    ProcessFailed { cause, output: output.map(tail).unwrap_or_default() }
}

/// The last lines of what a process printed, in one.
fn tail(output: &Output) -> String {
    let said = if output.stderr.iter().all(u8::is_ascii_whitespace) { &output.stdout } else { &output.stderr };
    let text = String::from_utf8_lossy(said);
    let mut lines: Vec<&str> = Vec::new();
    let mut length = 0;
    for line in text.lines().rev().map(str::trim).filter(|line| !line.is_empty()) {
        length += line.chars().count() + 3;
        if length > LONGEST_TAIL && !lines.is_empty() {
            break;
        }
        lines.push(line);
    }
    lines.reverse();
    let joined = lines.join(" | ");
    let skipped = joined.chars().count().saturating_sub(LONGEST_TAIL);
    joined.chars().skip(skipped).collect()
}
