//! One verdict in plain words, with the numbers behind it.

use serde::Serialize;

use super::number::{Scale, change, digits, percent};
use super::schema::{
    Clock, ClocksUsed, CriterionVerdict, NoiseOrigin, Outcome, Report, Row, RowClock, Source, Verdict,
};
use super::wording::{self, count};

/// How one verdict came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Which benchmark.
    pub id: String,
    /// Where it lies below what was read.
    pub directory: String,
    /// The steps, a paragraph each.
    pub steps: Vec<String>,
}

impl Explanation {
    /// As text for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let steps: Vec<String> =
            self.steps.iter().enumerate().map(|(i, step)| format!("{}. {}\n", i + 1, super::visible(step))).collect();
        format!("{}\n{}", super::visible(&self.id), steps.concat())
    }
}

/// Explains the benchmarks that `id` is the id or the folder of; empty when the report has none.
#[must_use]
pub fn explain(report: &Report, id: &str) -> Vec<Explanation> {
    let rows = report.benchmarks.iter().filter(|row| row.id == id || row.directory == id);
    let mut explanations: Vec<Explanation> = rows
        .map(|row| Explanation { id: row.id.clone(), directory: row.directory.clone(), steps: steps(report, row) })
        .collect();
    for row in report.not_compared.iter().filter(|row| row.id == id || row.directory == id) {
        let (words, hint) = wording::reason(row.reason);
        let mut steps = vec![format!("It was not compared: {words}.")];
        steps.extend(row.detail.as_ref().map(|detail| format!("What the sides have: {detail}.")));
        steps.extend(hint.map(|hint| format!("What to do: {hint}.")));
        explanations.push(Explanation { id: row.id.clone(), directory: row.directory.clone(), steps });
    }
    explanations
}

fn steps(report: &Report, row: &Row) -> Vec<String> {
    let mut steps = vec![measured(row), noise(report, row)];
    steps.extend(shift(report));
    steps.extend(clocks(report, row));
    steps.push(decision(report, row));
    steps.push(resolution(report, row));
    steps.extend(criterion(row));
    steps.extend(second(row));
    steps.push(consequence(report, row));
    steps
}

fn measured(row: &Row) -> String {
    let scale = Scale::new(&row.unit, &[row.baseline, row.candidate]);
    let executions = match row.executions {
        [1, 1] => "one execution each".to_owned(),
        [b, c] => format!("{} against {}, each one observation", count(b, "execution", "executions"), c),
    };
    let measurements = match row.measurements {
        [0, _] | [_, 0] => String::new(),
        [b, c] => format!(" ({b} and {c} measurements within them)"),
    };
    let source = match row.evidence {
        Source::Sample => "",
        Source::Estimates => " A side has only Criterion's estimates, without its measurements.",
        Source::Printed => " A side has only what Criterion printed, rounded: its slope or mean, not its median.",
        Source::CriterionChange => {
            " The baseline itself has been overwritten; what is left is Criterion's own estimate of the change."
        }
        Source::Quick => " A side is of --quick, which takes two measurements: an effect, not a test.",
    };
    format!(
        "Baseline {}, candidate {}: a change of {}, from {executions}{measurements}.{source}",
        scale.value(row.baseline),
        scale.value(row.candidate),
        change(row.change.estimate)
    )
}

fn noise(report: &Report, row: &Row) -> String {
    let Some(noise) = row.noise else { return "The report doesn't say how noisy it is.".to_owned() };
    let sd = percent(noise.standard_deviation.exp_m1());
    let freedom = match noise.degrees_of_freedom {
        _ if noise.source == NoiseOrigin::Rounds => "of any distribution".to_owned(),
        Some(degrees) => format!("with {} degrees of freedom", digits(degrees)),
        None => "from as many executions that no uncertainty of it counts".to_owned(),
    };
    let from = match noise.source {
        NoiseOrigin::Assumed => "One execution a side says nothing about the next one, and there are fewer than eight benchmarks \
                                 to learn from, so this is an assumption (`assumed-noise`), widened where the benchmark was \
                                 unsteady within its processes"
            .to_owned(),
        NoiseOrigin::Suite => format!(
            "One execution a side says nothing about the next one. It is taken from the suite: most of its {} benchmarks didn't \
             change in one commit, so the spread of their changes is noise; widened where this benchmark was unsteady within its \
             processes",
            report.noise.benchmarks
        ),
        NoiseOrigin::History => "It is from the spread of the executions of the side that has several, steadied by the suite's \
                                 spread or the assumption"
            .to_owned(),
        NoiseOrigin::Executions if report.noise.inflation >= 1.05 => format!(
            "It is from the spread of the executions on each side, widened {} times: over the whole suite, the sides lie that much \
             further apart than their executions predict",
            digits(report.noise.inflation)
        ),
        NoiseOrigin::Rounds => {
            "It is from the rounds: each ran one fresh process of each side, one right after the other and in random order, so \
             that without a difference between the sides each round is as likely to speak for the one as for the other, whatever \
             the machine does. The change is the median of the means of all pairs of rounds (Hodges and Lehmann), its chance that \
             of the exact signed-rank test"
                .to_owned()
        }
        NoiseOrigin::Executions => "It is from the spread of the executions on each side, with five or more steadied by that of the \
                                    other benchmarks' executions"
            .to_owned(),
    };
    format!("If the code had not changed, the change would be off by {sd} (1 standard deviation, {freedom}). {from}.")
}

fn clocks(report: &Report, row: &Row) -> Option<String> {
    let clocks = row.clocks?;
    let words = |clock: &RowClock| {
        let RowClock { change: found, deviation, .. } = clock;
        format!(
            "{} ({} … {}; two processes differ by {})",
            change(found.estimate),
            change(found.lower),
            change(found.upper),
            percent(deviation.exp_m1())
        )
    };
    let wall = format!("By wall time it changed by {}", words(&clocks.wall));
    let cpu = match &clocks.cpu {
        Some(cpu) => format!("; by the CPU time of its processes by {}.", words(cpu)),
        None => ".".to_owned(),
    };
    let used = report.rounds.as_ref().and_then(|rounds| rounds.clock);
    let judged = match (clocks.why_wall, clocks.judged_by, used) {
        (Some(why), _, _) => format!(" CPU time doesn't judge it: {}.", wording::why_wall(why)),
        (None, Clock::Wall, Some(ClocksUsed::Both)) => {
            " Both may decide, with half of the level each; here wall time did.".to_owned()
        }
        (None, Clock::Cpu, Some(ClocksUsed::Both)) => {
            " Both may decide, with half of the level each; here CPU time did.".to_owned()
        }
        (None, Clock::Cpu, _) => " CPU time judges it.".to_owned(),
        (None, Clock::Wall, _) => " Wall time judges it, as asked for.".to_owned(),
    };
    let how = match clocks.cpu {
        Some(cpu) => format!(
            " CPU time is the process' less that of one that idles, by the iterations that were measured and warmed up with; their \
             number follows from the time of the warm-up, and may be off by its share of the process. Code around the iterations \
             may make the change seem different by {}, which the interval has.",
            percent(cpu.bias.exp_m1())
        ),
        None => String::new(),
    };
    Some(format!("{wall}{cpu}{judged}{how}"))
}

fn shift(report: &Report) -> Option<String> {
    let shift = report.suite_shift?;
    Some(format!(
        "Three quarters of the suite moved by {} or more. Nobody knows whether that was the machine or the code, so what is said \
         of this benchmark has to hold both as measured and relative to that.",
        change(shift.change)
    ))
}

fn decision(report: &Report, row: &Row) -> String {
    let threshold = percent(row.threshold);
    let interval = format!("{} … {}", change(row.change.lower), change(row.change.upper));
    let p = row.p.map_or_else(String::new, |p| {
        format!(
            " Noise alone would do that, in any of the {} benchmarks compared, with a chance of {}; the gate asks for {} or less.",
            report.counts.compared,
            chance(p),
            percent(report.policy.gate_level)
        )
    });
    let confidence = percent(report.policy.confidence);
    match row.verdict {
        Verdict::Regression | Verdict::Improvement => {
            let direction = if row.verdict == Verdict::Regression { "slower" } else { "faster" };
            format!(
                "It is {direction} by more than the threshold of {threshold} ({confidence} interval {interval}).{p}"
            )
        }
        Verdict::NoChange => format!(
            "The interval that shows equivalence (at {}) lies within the threshold of {threshold}: it is shown to be unchanged, \
             not just not shown to be changed. The {confidence} interval is {interval}.",
            percent(report.policy.equivalence_level)
        ),
        Verdict::Inconclusive => {
            let why = row.doubt.map_or("", wording::doubt);
            let p = if row.p.is_some_and(|p| p < 1.0) { p } else { String::new() };
            format!("It can't be told: {why} (threshold {threshold}, {confidence} interval {interval}).{p}")
        }
    }
}

fn chance(p: f64) -> String {
    if p < 1e-6 { "less than one in a million".to_owned() } else { percent(p) }
}

fn resolution(report: &Report, row: &Row) -> String {
    let needed = match row.executions_needed {
        Some(n) => format!(
            " About {n} {} would tell a change of {} from none, in four of five comparisons.",
            super::evidence::repetitions(row),
            percent(row.threshold)
        ),
        None if row.verdict == Verdict::Inconclusive && row.evidence != Source::Quick => {
            format!(
                " No practical number of {} would tell a change of the threshold's size.",
                super::evidence::repetitions(row).trim_end_matches(" a side")
            )
        }
        None => String::new(),
    };
    format!(
        "The smallest slowdown that this evidence could have shown is {} ({} of {} benchmarks share the chance of a false alarm).{needed}",
        super::evidence::could_show(row),
        report.counts.compared,
        report.counts.benchmarks
    )
}

fn criterion(row: &Row) -> Option<String> {
    let test = row.criterion?;
    let says = match test.verdict {
        CriterionVerdict::Regressed => "Performance has regressed.",
        CriterionVerdict::Improved => "Performance has improved.",
        CriterionVerdict::WithinNoise => "Change within noise threshold.",
        CriterionVerdict::NotDetected => "No change in performance detected.",
    };
    let agrees = matches!(
        (test.verdict, row.verdict),
        (CriterionVerdict::Regressed, Verdict::Regression)
            | (CriterionVerdict::Improved, Verdict::Improvement)
            | (CriterionVerdict::WithinNoise | CriterionVerdict::NotDetected, Verdict::NoChange)
    );
    let why = if agrees {
        "It agrees here."
    } else {
        "It differs because it takes the measurements of one process for independent observations of the benchmark, and so for \
         certain what the next process may do otherwise; because its threshold is 1 %; and because it doesn't count how many \
         benchmarks it looks at."
    };
    Some(format!(
        "Criterion itself would say \"{says}\" (mean {}, 95 % interval {} … {}, p {}). {why}",
        change(test.change.estimate),
        change(test.change.lower),
        change(test.change.upper),
        if test.p < 0.005 { "below 0.005".to_owned() } else { format!("{:.2}", test.p) }
    ))
}

fn second(row: &Row) -> Option<String> {
    let second = row.second?;
    let says = if second.confirmed { "proves it" } else { "doesn't prove it" };
    Some(format!(
        "A second measurement found {} ({} … {}), which alone {says}: a chance of {} from noise, corrected for all suspects that \
         were measured again. The first one is not counted again, as it chose the suspects.",
        change(second.change.estimate),
        change(second.change.lower),
        change(second.change.upper),
        chance(second.p)
    ))
}

fn consequence(report: &Report, row: &Row) -> String {
    let settle = match &report.settle {
        Some(settle) if settle.suspects.contains(&row.id) => {
            format!(
                " To settle it, run `{}` on each side's code, {}, and `regress confirm`.",
                settle.command,
                times(settle.executions)
            )
        }
        _ => String::new(),
    };
    format!(
        "Hence `{}` here, in a comparison that is {}.{settle}",
        wording::verdict(row),
        match report.outcome {
            Outcome::Pass => "a pass",
            Outcome::Regressed => "a failure",
            Outcome::Inconclusive => "inconclusive as a whole",
            Outcome::NothingCompared => "none",
        }
    )
}

fn times(n: usize) -> String {
    if n <= 1 { "once".to_owned() } else { format!("{n} times") }
}
