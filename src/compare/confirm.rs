//! A second measurement of what a first one made suspicious.

use super::{BenchmarkComparison, Doubt, NoiseSource, Verdict};
use crate::model::Mark;
use crate::stats::{holm, student_t_tail};

/// What a first comparison left to be settled about one benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspicion {
    /// Marks of the executions of the baseline and of the candidate; of constant ones none, as equal counts are no copies.
    pub marks: [Vec<Mark>; 2],
    /// ln of the change that matters, as a band.
    pub log_band: f64,
    /// Standard deviation of the log ratio under the first comparison.
    pub standard_deviation: f64,
    /// Its degrees of freedom; infinite for a normal distribution.
    pub degrees_of_freedom: f64,
    /// Whether the first baseline was a history of several executions.
    pub has_history: bool,
}

impl BenchmarkComparison {
    /// Whether it is a slower suspect, or a regression by single executions, so that measuring again should settle it. What is
    /// left open after paired rounds takes more rounds.
    #[must_use]
    pub fn is_suspicious(&self) -> bool {
        if self.noise.source == NoiseSource::Rounds {
            return false;
        }
        let is_suspect = self.doubt == Some(Doubt::Suspected) && self.change.estimate.fraction() > 0.0;
        is_suspect || (self.verdict == Verdict::Regression && self.n_executions.contains(&1))
    }

    /// Whether more paired rounds could decide it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let may_be_told = matches!(
            self.doubt,
            Some(Doubt::MaybeNoise | Doubt::TooWide | Doubt::Suspected | Doubt::TooFewRounds | Doubt::ClocksDisagree)
        );
        self.noise.source == NoiseSource::Rounds && self.verdict == Verdict::Inconclusive && may_be_told
    }

    /// What a second measurement has to settle.
    #[must_use]
    pub fn suspicion(&self) -> Suspicion {
        Suspicion {
            marks: self.marks.clone().map_or_else(Default::default, |both| *both),
            log_band: self.threshold.log_band(),
            standard_deviation: self.noise.standard_deviation,
            degrees_of_freedom: self.noise.degrees_of_freedom,
            has_history: self.n_executions[0] > 1,
        }
    }
}

/// What the second measurement says of a suspicion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Confirmation {
    /// Slower again, and the second measurement alone proves it.
    Confirmed {
        /// Chance of that from noise alone, corrected for the number of suspicions that were measured again.
        p: f64,
    },
    /// The second measurement doesn't prove it.
    NotConfirmed {
        /// As above.
        p: f64,
    },
    /// There is no second measurement, or nothing follows from it, for this reason.
    Untold(NoConfirmation),
}

/// Why a second measurement says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoConfirmation {
    /// The benchmark was not measured again.
    NotMeasured,
    /// The candidate has executions of the first comparison.
    SameCandidate,
    /// The baseline is the single execution of the first comparison, whose own luck would count twice.
    SameBaseline,
    /// The second comparison may not be judged: `--quick`, other machines, too few executions.
    NotATest,
    /// The two sides of the second measurement can't be compared: copies of one another, other work, other units.
    NotComparable,
}

/// Judges each suspicion by its second measurement **alone**.
///
/// Suspects were chosen for their first measurement, which therefore proves nothing about them any more; the second one is
/// independent of the choice, so that a plain test holds its level. It is planned once and for all suspects, with Holm's
/// correction over those that were measured again: going on until something is significant is no option. The noise is the one
/// that the first comparison had, as a handful of suspects is no suite, unless the second has executions enough to tell its own.
#[must_use]
pub fn confirm(suspicions: &[(Suspicion, Option<&BenchmarkComparison>)], level: f64) -> Vec<Confirmation> {
    let tests: Vec<Result<f64, NoConfirmation>> =
        suspicions.iter().map(|(suspicion, second)| p_value(suspicion, *second)).collect();
    let p_values: Vec<f64> = tests.iter().filter_map(|test| test.ok()).collect();
    let mut corrected = holm(&p_values).into_iter();
    let mut judged = |test: &Result<f64, NoConfirmation>| match test {
        Err(why) => Confirmation::Untold(*why),
        Ok(_) => match corrected.next() {
            Some(p) if p <= level => Confirmation::Confirmed { p },
            p => Confirmation::NotConfirmed { p: p.unwrap_or(1.0) },
        },
    };
    tests.iter().map(&mut judged).collect()
}

fn p_value(first: &Suspicion, second: Option<&BenchmarkComparison>) -> Result<f64, NoConfirmation> {
    let second = second.ok_or(NoConfirmation::NotMeasured)?;
    // Where the second comparison isn't suspicious itself, it keeps no marks, and proves nothing either.
    let is_shared = |side: usize| {
        let again = second.marks.as_ref().map_or(&[][..], |both| &both[side]);
        again.iter().any(|mark| first.marks[side].iter().any(|known| known.is_same_as(mark)))
    };
    if is_shared(1) {
        return Err(NoConfirmation::SameCandidate);
    }
    if is_shared(0) && !first.has_history {
        return Err(NoConfirmation::SameBaseline);
    }
    match second.doubt {
        Some(
            Doubt::Quick
            | Doubt::TooFewExecutions
            | Doubt::TooFewRounds
            | Doubt::DifferentMachines
            | Doubt::SameExecutable,
        ) => {
            return Err(NoConfirmation::NotATest);
        }
        Some(Doubt::MaybeNoise | Doubt::TooWide | Doubt::Suspected | Doubt::ClocksDisagree) | None => {}
    }
    let size = second.change.estimate.fraction().ln_1p();
    // The first comparison's threshold: the second may have been judged by another, and so its verdict says nothing here.
    if size <= first.log_band {
        return Ok(1.0);
    }
    let told_by_itself = second.n_executions.iter().any(|n| *n > 1);
    let (sd, degrees) = if told_by_itself {
        (second.noise.standard_deviation, second.noise.degrees_of_freedom)
    } else {
        (first.standard_deviation, first.degrees_of_freedom)
    };
    Ok(student_t_tail(degrees, size / sd))
}
