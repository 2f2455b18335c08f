//! Warnings in words: a name for programs, what is the matter, and what to do about it.

use std::collections::BTreeMap;

use super::schema::WarningRow;
use super::wording::{count, duration};
use crate::model::WarningKind;

/// Warnings of one kind, said once.
pub(super) struct WarningGroup<'a> {
    pub(super) message: String,
    pub(super) hint: Option<&'a str>,
    pub(super) subjects: Vec<&'a str>,
}

/// Groups warnings by what is the matter, in the order of their codes.
pub(super) fn warning_groups(warnings: &[WarningRow]) -> Vec<WarningGroup<'_>> {
    let mut groups: BTreeMap<(&str, &str), WarningGroup<'_>> = BTreeMap::new();
    for warning in warnings {
        groups
            .entry((&warning.code, &warning.message))
            .or_insert_with(|| WarningGroup {
                message: warning.message.clone(),
                hint: warning.hint.as_deref(),
                subjects: Vec::new(),
            })
            .subjects
            .push(&warning.subject);
    }
    groups.into_values().collect()
}

fn tenths(n: u64) -> String {
    if n.is_multiple_of(10) { (n / 10).to_string() } else { format!("{}.{}", n / 10, n % 10) }
}

/// A warning's name for programs, what is the matter, and what to do about it.
#[must_use]
pub fn warning_text(kind: &WarningKind) -> (&'static str, String, Option<String>) {
    let (code, message, hint): (_, String, Option<&str>) = match kind {
        WarningKind::Unreadable { cause } => ("unreadable", format!("could not be read: {cause}"), None),
        WarningKind::TooLarge { limit } => (
            "too-large",
            format!("larger than {} MiB, not read", limit >> 20),
            Some("Criterion writes a few kilobytes; is it another tool's file?"),
        ),
        WarningKind::EmptyFile => (
            "empty-file",
            "the file is empty".into(),
            Some("`--save-baseline new` empties its own files; measure again under another name"),
        ),
        WarningKind::Malformed { cause } => (
            "malformed",
            format!("not what it should be: {cause}"),
            Some("delete the benchmark's folder and measure again"),
        ),
        WarningKind::HollowBaseline => (
            "hollow-baseline",
            "the baseline's folder is empty".into(),
            Some("some caches keep folders and drop files; restore the baseline, or measure it again"),
        ),
        WarningKind::NoMeasurements => (
            "no-measurements",
            "there is a result without measurements".into(),
            Some("the benchmark panicked, was stopped, or measured infinite times; run it again"),
        ),
        WarningKind::NoBenchmarkJson => (
            "no-benchmark-json",
            "there is no benchmark.json; the name was taken from the folder".into(),
            Some("the run was interrupted, or is of Criterion 0.2.4 or older"),
        ),
        WarningKind::NoSample => {
            ("no-sample", "only the estimates are there, without measurements: weaker evidence".into(), None)
        }
        WarningKind::MovedDirectory { stated } => (
            "moved-directory",
            format!("benchmark.json says that this is `{stated}`"),
            Some("the folder was renamed or copied; the folder's own place is taken as its identity"),
        ),
        WarningKind::Symlink => (
            "not-followed",
            "a link or special file; not followed".into(),
            Some("put the results themselves there, or name the folder they are in"),
        ),
        WarningKind::TooDeep => ("too-deep", "nested too deeply; not looked into".into(), None),
        WarningKind::NameNotUtf8 => ("name-not-utf8", "the name is not valid UTF-8".into(), None),
        WarningKind::DuplicateId { directories } => (
            "duplicate-id",
            format!("{} folders share this id: {}", directories.len(), directories.join(", ")),
            Some("give the benchmarks different names; Criterion numbers equal ones in the order of the source"),
        ),
        WarningKind::UnknownThroughput { kind } => (
            "unknown-throughput",
            format!("throughput of an unknown kind `{kind}`; times are compared all the same"),
            None,
        ),
        WarningKind::Stale { behind } => (
            "stale",
            format!("not written by the last run, but {} before its end", duration(*behind)),
            Some("Criterion keeps results of removed and renamed benchmarks; leave them out with `--since last-run`"),
        ),
        WarningKind::FromTheFuture { ahead } => (
            "from-the-future",
            format!("written {} in the future", duration(*ahead)),
            Some("check the clocks of the machines that share these files"),
        ),
        WarningKind::StaleChange => (
            "stale-change",
            "Criterion's change estimate was not written together with the result; not used".into(),
            Some("run `cargo bench` once more, or compare with a named baseline"),
        ),
        WarningKind::SeveralRoots { roots } => (
            "several-roots",
            format!("{} folders of Criterion's were read as one: {}", roots.len(), roots.join(", ")),
            Some("name one of them with `--dir`"),
        ),
        WarningKind::NoSuchBaseline { available, .. } if available.is_empty() => {
            ("no-such-baseline", "no benchmark has a baseline of this name, nor any other".into(), None)
        }
        WarningKind::NoSuchBaseline { available, closest } => (
            "no-such-baseline",
            format!(
                "no benchmark has a baseline of this name; there are: {}{}",
                available.join(", "),
                closest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
            ),
            Some(
                "name one of them with `--baseline`, or save one with `cargo bench --bench BENCH -- --save-baseline NAME`",
            ),
        ),
        WarningKind::NothingFound => (
            "nothing-found",
            "no benchmark was found there".into(),
            Some("run `cargo bench` first, or name Criterion's folder with `--dir`"),
        ),
        WarningKind::BaselineChosen { taken } => {
            ("baseline-chosen", format!("no result called `new` is there; `{taken}` was taken"), None)
        }
        WarningKind::PatternMatchesNothing => (
            "pattern-matches-nothing",
            "this pattern matches no benchmark".into(),
            Some(
                "globs are matched against whole ids, `*` stays between slashes and `**` crosses them; `regress list` shows the ids",
            ),
        ),
        WarningKind::FilterMatchesNothing => (
            "filter-matches-nothing",
            "the filter matches no benchmark".into(),
            Some("the filter is a regular expression over ids; `regress list` shows the ids"),
        ),
        WarningKind::SameMeasurement { n } => (
            "same-measurement",
            format!("both are copies of one measurement in {}", count(*n, "benchmark", "benchmarks")),
            Some(
                "Criterion copies `new` over `base` after every plain run; keep a baseline with `cargo bench --bench BENCH -- --save-baseline NAME`",
            ),
        ),
        WarningKind::RenameMatchesNothing => (
            "rename-matches-nothing",
            "the baseline has no such old name, or the candidate no such new one".into(),
            None,
        ),
        WarningKind::RenameContradicted => (
            "rename-contradicted",
            "the baseline has the new name already, or two renames claim it; the rename is not used".into(),
            Some("remove it from the configuration's [renames]"),
        ),
        WarningKind::WaiverExpired { until } => (
            "waiver-expired",
            format!("its waiver ran out on {until}, and no longer holds"),
            Some("mend the regression, or renew the waiver with a reason"),
        ),
        WarningKind::MatchedIgnoringCase { candidate } => {
            ("matched-ignoring-case", format!("matched with `{candidate}`, which differs in case"), None)
        }
        WarningKind::Implausible { factor } => (
            "implausible",
            format!("the two sides differ by a factor of {factor}"),
            Some("are they the same benchmark? Two bench targets or packages that share an id overwrite one another"),
        ),
        WarningKind::RunsDisagree { kept, n_dropped } => (
            "runs-disagree",
            format!(
                "runs of one side disagree about its work or unit; {} of earlier runs left out, those of {kept} kept",
                count(*n_dropped, "execution", "executions")
            ),
            Some("all runs of one side have to be of the same code"),
        ),
        WarningKind::RepeatedExecutions { n } => (
            "repeated-executions",
            format!("{} given more than once; each counts once", count(*n, "execution was", "executions were")),
            Some("name each run of a side once"),
        ),
        WarningKind::SharedExecutions { n } => (
            "shared-executions",
            format!("{} also in the candidate; left out of the baseline", count(*n, "execution is", "executions are")),
            Some("an execution can't be on both sides"),
        ),
        WarningKind::FileBesideResults => (
            "file-beside-results",
            "an exported run beside Criterion's results; not read".into(),
            Some("keep runs in one form in a folder of runs: folders of Criterion's, or files"),
        ),
        WarningKind::FasterThanPossible { tenths: times } => (
            "faster-than-possible",
            format!("{} times faster than the hardware can be, by the peak that was stated", tenths(*times)),
            Some(
                "not all work was timed: a device that wasn't waited for, or work that was optimised away (`black_box` keeps it)",
            ),
        ),
        WarningKind::QuickExecutions { n } => (
            "quick-executions",
            format!("{} of --quick; left out beside the others", count(*n, "execution is", "executions are")),
            Some("two measurements are an effect, not a test"),
        ),
        WarningKind::ProcessFailed { side, cause, output } => (
            "process-failed",
            match output.as_str() {
                "" => format!("its process on the side of {side} failed: {cause}"),
                output => {
                    format!("its process on the side of {side} failed: {cause}; the last that it printed: {output}")
                }
            },
            None,
        ),
        WarningKind::SelectedTogether { n } => (
            "selected-together",
            format!("its version of Criterion can't run it alone: {} with it", count(*n, "other ran", "others ran")),
            Some("from 0.3.3 on, Criterion selects one benchmark exactly"),
        ),
        WarningKind::Interrupted { n_open, resume } => {
            let undecided = count(*n_open, "benchmark was not decided", "benchmarks were not decided");
            let message = format!("the rounds were interrupted; {undecided} by then");
            return ("interrupted", message, resume.as_ref().map(|command| format!("`{command}` goes on with them")));
        }
        WarningKind::BudgetSpent { n_open } => (
            "budget-spent",
            format!(
                "the time for rounds was spent; {} by then",
                count(*n_open, "benchmark was not decided", "benchmarks were not decided")
            ),
            Some("give it more with `--budget`"),
        ),
        WarningKind::BusyMachine { load, n_processors, others, needed, resolvable } => {
            let load = load.map_or_else(String::new, |load| format!("load {} on ", tenths(load)));
            let (needed, resolvable) = (tenths(*needed), tenths(*resolvable));
            let processors = count(*n_processors, "processor", "processors");
            (
                "busy-machine",
                format!(
                    "the machine was busy ({load}{processors}, other processes took {others} % of their time): ±{needed} % \
                     needed, and this run could resolve ±{resolvable} % of every benchmark"
                ),
                Some(
                    "measure while nothing else runs, give it more time with `--budget`, or ask for a larger threshold",
                ),
            )
        }
        WarningKind::PrintedTwice { n } => (
            "printed-twice",
            format!("printed {} in one log, and nothing says by which process; left out", count(*n, "time", "times")),
            Some("keep cargo's lines in the log (`cargo bench > LOG 2>&1`), and each run in a log of its own"),
        ),
        WarningKind::TargetNotPrinted => (
            "target-not-printed",
            "several bench targets print this name, and this log doesn't say which one it was; left out".into(),
            Some("keep cargo's lines in the log (`cargo bench > LOG 2>&1`), or give the benchmarks different names"),
        ),
        WarningKind::IllegibleLine { cause } => (
            "illegible-line",
            format!("{cause}; left out"),
            Some("is the log cut off, or has another program written between?"),
        ),
        WarningKind::NotALog => ("not-a-log", "nothing that Criterion prints is in it; left out".into(), None),
        WarningKind::UnrecognisedLines { n, first } => (
            "unrecognised-lines",
            format!("{} neither Criterion's nor cargo's, the first: {first}", count(*n, "line is", "lines are")),
            None,
        ),
        WarningKind::ClocksDisagree { wall, cpu } => (
            "clocks-disagree",
            format!(
                "wall time says {}, CPU time {}",
                super::number::change(*wall as f64 / 1e3),
                super::number::change(*cpu as f64 / 1e3)
            ),
            Some(
                "does it wait, or work on another thread, on one side only? `--explain ID` has both; `--clock wall` judges by what \
                 goes by",
            ),
        ),
        WarningKind::HistoryElsewhere { n_runs, fact, values: [there, here] } => (
            "history-elsewhere",
            format!(
                "{} of history measured elsewhere and not compared, {fact}: {there} there, {here} here",
                count(*n_runs, "run", "runs")
            ),
            Some(
                "record runs of the default branch on this machine as well; `--allow-different-machines` takes the others, if you \
                 know better",
            ),
        ),
        WarningKind::NothingInHistory => (
            "nothing-in-history",
            "history has no run of these commits".into(),
            Some("`regress record` keeps a run; record each push to the default branch"),
        ),
        WarningKind::FewInHistory { n, wanted, is_shallow } => (
            "few-in-history",
            format!(
                "history has {} of these commits, of {wanted} that would be taken: how far executions differ is mostly assumed",
                count(*n, "execution", "executions")
            ),
            Some(if *is_shallow {
                "this clone holds only the end of its past: fetch the rest with `git fetch --unshallow`; in a workflow, `fetch-depth: 0` \
                 for actions/checkout"
            } else {
                "record more runs; from five on they say it themselves"
            }),
        ),
        WarningKind::LevelChanged => (
            "level-changed",
            "changed within the runs of the baseline: only the executions since then count".into(),
            Some("`regress changes` says when, and by how much"),
        ),
        WarningKind::DifferentEnvironments { fact, values: [one, two] } => (
            "different-environments",
            format!("measured in different environments, {fact}: {one} | {two}"),
            Some(
                "measure both on one machine with one compiler; `--allow-different-machines` judges all the same, if you \
                 know better",
            ),
        ),
    };
    (code, message, hint.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_machine_is_told_with_what_it_could_resolve() {
        let kind = |load| WarningKind::BusyMachine { load, n_processors: 2, others: 61, needed: 200, resolvable: 345 };
        let (code, message, _) = warning_text(&kind(Some(73)));
        assert_eq!(code, "busy-machine");
        assert!(message.contains("load 7.3 on 2 processors, other processes took 61 %"), "{message}");
        assert!(message.contains("±20 % needed, and this run could resolve ±34.5 %"), "{message}");
        assert!(warning_text(&kind(None)).1.contains("busy (2 processors, "));
    }
}
