//! What verdicts rest on, and what they could have shown: the foot of a report, said once for every format.

use std::collections::BTreeMap;
use std::time::Duration;

use super::number::{change, percent};
use super::schema::{Clock, Doubt, Estimator, HistoryUsed, NoiseOrigin, Report, RevisionUsed, Row, Source, Verdict};
use super::wording::{count, duration, short};

/// Where the numbers come from and what they can show, for the foot of a report. Strangers' words stand in it as `foreign` writes
/// them.
pub(super) fn evidence(report: &Report, foreign: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut lines = Vec::new();
    let weak = report.benchmarks.iter().filter(|row| row.evidence == Source::CriterionChange).count();
    if weak > 0 {
        lines.push(format!(
            "{} by Criterion's own change estimate, the only trace of the run that it overwrote: weaker evidence, \
             and without the run's samples",
            count(weak, "benchmark is judged", "benchmarks are judged")
        ));
    }
    if !report.benchmarks.is_empty() && report.resolution.is_none() {
        lines.push(nothing_to_show(report, foreign));
    }
    lines.extend(
        report.baseline.history.as_ref().and_then(|history| from_history(history, &report.baseline.source, foreign)),
    );
    if let Some(confirmation) = &report.confirmation {
        lines.push(format!(
            "{} measured again: {} → {}; what that alone proves is a regression, corrected for their number",
            count(confirmation.measured, "benchmark was", "benchmarks were"),
            foreign(&confirmation.baseline.label),
            foreign(&confirmation.candidate.label)
        ));
    }
    if report.same_executable {
        lines.push(same_executable(report));
    }
    if let Some(resolution) = &report.resolution {
        lines.extend(noise(report));
        lines.extend(clocks(report));
        lines.push(format!(
            "smallest slowdown that this could have shown: {} for half of the benchmarks, {} for the least certain",
            size(resolution.median),
            size(resolution.worst)
        ));
        lines.extend(executions_needed(report));
    }
    lines
}

/// Which runs of history the baseline was made of.
fn from_history(history: &HistoryUsed, source: &str, foreign: &dyn Fn(&str) -> String) -> Option<String> {
    let named = |used: &RevisionUsed| {
        let age = used.age_seconds.map(|seconds| format!(" ({} old)", duration(Duration::from_secs(seconds))));
        format!("{}{}", foreign(short(&used.revision)), age.unwrap_or_default())
    };
    let which = match history.revisions.as_slice() {
        [] => return None,
        [only] => named(only),
        [nearest, .., furthest] => {
            format!("{} commits, {} to {}", history.revisions.len(), named(nearest), named(furthest))
        }
    };
    let cut = match history.cut {
        0 => String::new(),
        n => format!("; of {} only those since its last change", count(n, "benchmark", "benchmarks")),
    };
    let executions = count(history.executions, "execution", "executions");
    Some(format!("the baseline is {executions} from history ({}): {which}{cut}", foreign(source)))
}

/// Why nothing could have been shown, whatever had happened.
fn nothing_to_show(report: &Report, foreign: &dyn Fn(&str) -> String) -> String {
    let doubts = report.benchmarks.iter().filter_map(|row| row.doubt);
    match doubts.min() {
        Some(Doubt::TooFewExecutions) => format!(
            "nothing could have been shown: the profile {} asks for {n} executions a side (`min-executions`); on each side's code: \
             for i in $(seq {n}); do cargo bench --bench BENCH -- --save-baseline \"NAME-$i\"; done",
            foreign(&report.policy.profile),
            n = report.policy.min_executions
        ),
        Some(Doubt::TooFewRounds) => {
            "nothing could have been shown: there were too few rounds; give them more time, or `--rounds` more"
                .to_owned()
        }
        Some(Doubt::DifferentMachines) => {
            "nothing could have been shown: the sides were measured in different environments".to_owned()
        }
        Some(Doubt::SameExecutable) => "nothing could have been shown: it is the same executable".to_owned(),
        _ => "every result is of --quick: effects, not tests, so that nothing could have been shown".to_owned(),
    }
}

/// What the differences between two runs of one executable say of the machine.
fn same_executable(report: &Report) -> String {
    let mut sizes: Vec<f64> = report.benchmarks.iter().map(|row| row.change.estimate.ln_1p().abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let at = |p| percent(crate::stats::quantile(&sizes, p).exp_m1());
    format!(
        "both sides were measured from the same executable, so that every difference is noise: {} for half of the benchmarks, \
         up to {} for 95 % of them",
        at(0.5),
        at(0.95)
    )
}

/// The rows by what they rest on, each said once.
fn noise(report: &Report) -> Vec<String> {
    let mut kinds: BTreeMap<(NoiseOrigin, [usize; 2]), Vec<&Row>> = BTreeMap::new();
    for row in report.benchmarks.iter().filter(|row| row.evidence != Source::Quick) {
        let origin = row.noise.map_or(report.noise.source, |noise| noise.source);
        kinds.entry((origin, row.executions)).or_default().push(row);
    }
    let n_kinds = kinds.len();
    let line = |((origin, executions), rows): ((NoiseOrigin, [usize; 2]), Vec<&Row>)| {
        let which =
            if n_kinds > 1 { format!("{}: ", count(rows.len(), "benchmark", "benchmarks")) } else { String::new() };
        let spread = percent(report.noise.standard_deviation.exp_m1());
        let text = match origin {
            NoiseOrigin::Suite => format!(
                "one execution a side; two of the same code are taken to differ by {spread} (1 sd), from the spread of this \
                 suite's {} benchmarks",
                report.noise.benchmarks
            ),
            NoiseOrigin::Assumed => format!(
                "one execution a side; two of the same code are taken to differ by {spread} (1 sd), from an assumption, as the \
                 suite is too small to tell"
            ),
            NoiseOrigin::History => {
                let (b, c) = (executions[0], executions[1]);
                let deviations: Vec<f64> =
                    rows.iter().filter_map(|row| row.noise).map(|noise| noise.standard_deviation).collect();
                format!(
                    "{} and {c}; their change is taken to be off by {} (1 sd) for half of the benchmarks, from the \
                     executions of the side that has several and from the suite",
                    count(b, "execution", "executions"),
                    percent(crate::stats::median(&deviations).exp_m1())
                )
            }
            NoiseOrigin::Rounds => {
                let deviations: Vec<f64> =
                    rows.iter().filter_map(|row| row.noise).map(|noise| noise.standard_deviation).collect();
                let seed = report.rounds.as_ref().map_or_else(String::new, |rounds| format!(" (seed {})", rounds.seed));
                format!(
                    "{}, in each one fresh process a side, in random order{seed}; their change is off by {} (1 sd) for half of the \
                     benchmarks, whatever the distribution",
                    count(executions[0], "round", "rounds"),
                    percent(crate::stats::median(&deviations).exp_m1())
                )
            }
            NoiseOrigin::Executions => {
                let sides = match executions {
                    [b, c] if b == c => format!("{b} executions a side"),
                    [b, c] => format!("{b} and {c} executions"),
                };
                let deviations: Vec<f64> =
                    rows.iter().filter_map(|row| row.noise).map(|noise| noise.standard_deviation).collect();
                let inflated = match report.noise.inflation {
                    factor if factor >= 1.05 => format!(
                        ", widened {} times, as the sides lie further apart than their executions predict",
                        super::number::digits(factor)
                    ),
                    _ => String::new(),
                };
                format!(
                    "{sides}, each by its {}; their change is off by {} (1 sd) for half of the benchmarks, from the \
                     executions' own spread{inflated}",
                    match report.policy.estimator {
                        Estimator::Typical => "median",
                        Estimator::LowerQuartile => "lower quartile",
                        Estimator::Minimum => "smallest measurement",
                    },
                    percent(crate::stats::median(&deviations).exp_m1())
                )
            }
        };
        format!("{which}{text}")
    };
    kinds.into_iter().map(line).collect()
}

/// Which clock judged how many benchmarks, and what the machine did.
fn clocks(report: &Report) -> Option<String> {
    let rounds = report.rounds.as_ref()?;
    let judged = report.benchmarks.iter().filter_map(|row| row.clocks);
    let n_cpu = judged.clone().filter(|clocks| clocks.judged_by == Clock::Cpu).count();
    let n_wall = judged.clone().count() - n_cpu;
    let mut parts = Vec::new();
    if n_cpu > 0 {
        let both: Vec<(f64, f64)> = judged
            .clone()
            .filter(|clocks| clocks.why_wall.is_none())
            .filter_map(|clocks| Some((clocks.wall.deviation, clocks.cpu?.deviation)))
            .collect();
        let typical = |of: fn(&(f64, f64)) -> f64| {
            percent(crate::stats::median(&both.iter().map(of).collect::<Vec<f64>>()).exp_m1())
        };
        parts.push(format!(
            "{} by CPU time and {n_wall} by wall time; two processes of the same code differ by {} (wall) and {} (CPU) for half of \
             the benchmarks that both tell of",
            count(n_cpu, "benchmark is judged", "benchmarks are judged"),
            typical(|both| both.0),
            typical(|both| both.1)
        ));
    }
    if let Some(machine) = rounds.machine {
        let taken = match machine.steal {
            Some(steal) if steal >= 0.005 => {
                format!(", and others of the host took {} of the processors' time", percent(steal))
            }
            _ => String::new(),
        };
        let n = machine.preemptions.round();
        if n >= 1.0 || !taken.is_empty() {
            parts.push(format!("the processor was taken from a benchmark's process {n} times{taken}"));
        }
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// More executions a side than this are no advice.
const MOST_WORTHWHILE: f64 = 50.0;

/// What a row's executions are counted in.
pub(super) fn repetitions(row: &Row) -> &'static str {
    match row.noise.map(|noise| noise.source) {
        Some(NoiseOrigin::Rounds) => "rounds",
        _ => "executions a side",
    }
}

/// How many executions would tell what can't be told.
fn executions_needed(report: &Report) -> Option<String> {
    let open: Vec<&Row> = report
        .benchmarks
        .iter()
        .filter(|row| row.verdict == Verdict::Inconclusive && row.could_show_something())
        .collect();
    let mut needed: Vec<f64> = open.iter().filter_map(|row| row.executions_needed).map(|n| n as f64).collect();
    needed.sort_by(f64::total_cmp);
    if needed.is_empty() {
        return None;
    }
    let repetitions = open.iter().map(|row| repetitions(row)).next().unwrap_or_default();
    let half = crate::stats::quantile(&needed, 0.5).ceil();
    if half > MOST_WORTHWHILE {
        return Some(format!(
            "to tell a change of the threshold's size from none, not even {MOST_WORTHWHILE} {repetitions} would do for half of the \
             inconclusive benchmarks: a quieter machine would, or longer measurements, or a larger threshold"
        ));
    }
    let most = needed.last().copied().unwrap_or(half);
    let all =
        if needed.len() == open.len() && most > half { format!(", {most} for all of them") } else { String::new() };
    Some(format!(
        "to tell a change of the threshold's size from none: about {half} {repetitions} for half of the inconclusive \
         benchmarks{all}"
    ))
}

/// What to do about suspects: lines of text, with commands.
pub(super) fn settle(report: &Report) -> Option<[String; 3]> {
    let settle = report.settle.as_ref()?;
    let n = match settle.suspects.len() {
        0 => "the suite's slowdown".to_owned(),
        n => count(n, "benchmark", "benchmarks"),
    };
    let why = if settle.suspects.is_empty() {
        ""
    } else if report.counts.suspected == 0 {
        " of which a single execution says too little"
    } else {
        " suspected"
    };
    let command = match settle.executions {
        0 | 1 => settle.command.clone(),
        several => {
            let each = settle.command.strip_suffix("NAME").unwrap_or(&settle.command);
            format!("for i in $(seq {several}); do {each}\"NAME-$i\"; done")
        }
    };
    let [baseline, candidate] = match settle.executions {
        0 | 1 => ["BASELINE-AGAIN", "CANDIDATE-AGAIN"],
        _ => ["'BASELINE-AGAIN-*'", "'CANDIDATE-AGAIN-*'"],
    };
    Some([
        format!(
            "to settle {n}{why}, keep this report (--output json=report.json) and measure again on each side's code, with the \
             options that you measure with:"
        ),
        command,
        format!("then `regress confirm report.json --baseline {baseline} --candidate {candidate}`"),
    ])
}

/// The smallest slowdown that a row's evidence could have shown, with its sign.
pub(super) fn could_show(row: &Row) -> String {
    if row.could_show_something() { change(row.smallest_provable) } else { "nothing".to_owned() }
}

/// A size without a sign: `21 %`, `×27.3`.
fn size(fraction: f64) -> String {
    if fraction < 9.995 { percent(fraction) } else { change(fraction) }
}
