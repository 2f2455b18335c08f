//! A report, and what a second measurement makes of it.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::from_model::{read_mark, settle};
use super::schema::{ConfirmedBy, Doubt, Report, Row, SecondLook, Side, Throughput, Unit, Verdict, WarningRow, counts};
use crate::compare::{self, BenchmarkComparison, Confirmation, NoConfirmation, RunComparison, Suspicion, confirm};
use crate::model::Mark;

/// Why a report can't be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CannotConfirm {
    /// It has been already: to go on measuring until something is significant is no test.
    #[error("it has been confirmed already, and a second look is planned once")]
    Already,
    /// It holds nothing that measuring again could settle.
    #[error("there is nothing to settle in it")]
    NothingToSettle,
    /// It doesn't say how noisy each benchmark was, or what its executions are recognised by.
    #[error("it doesn't say how noisy its benchmarks are, or which executions it compared")]
    TooOld,
}

impl Report {
    /// The report after a second measurement of what was suspicious: slower beyond the threshold without proof, or proven by a
    /// single execution only.
    ///
    /// What the second measurement alone proves is a regression, and what it doesn't prove is inconclusive, also where the first
    /// one had proven it. What was not measured again stays as it was.
    ///
    /// # Errors
    /// [`CannotConfirm`] where there is nothing to confirm, or no right to.
    pub fn confirmed(
        mut self,
        second: &RunComparison,
        baseline: Side,
        candidate: Side,
    ) -> Result<Report, CannotConfirm> {
        if self.confirmation.is_some() {
            return Err(CannotConfirm::Already);
        }
        let by_place: BTreeMap<String, &BenchmarkComparison> =
            second.compared.iter().map(|row| (row.id.path(), row)).collect();
        // Folders may have other roots the second time; an id that is there once will do.
        let mut by_id: BTreeMap<&str, Option<&BenchmarkComparison>> = BTreeMap::new();
        for row in &second.compared {
            by_id.entry(row.id.as_str()).and_modify(|known| *known = None).or_insert(Some(row));
        }
        let mut places = Vec::new();
        let mut suspicions = Vec::new();
        for (i, row) in self.benchmarks.iter().enumerate().filter(|(_, row)| row.is_unsettled()) {
            let noise = row.noise.ok_or(CannotConfirm::TooOld)?;
            let suspicion = Suspicion {
                marks: marks(row).ok_or(CannotConfirm::TooOld)?,
                log_band: row.threshold.ln_1p(),
                standard_deviation: noise.standard_deviation,
                degrees_of_freedom: noise.degrees_of_freedom.unwrap_or(f64::INFINITY),
                has_history: row.executions[0] > 1,
            };
            places.push(i);
            let by_id = || by_id.get(row.id.as_str()).copied().flatten();
            let is_of_same_kind = |second: &&BenchmarkComparison| {
                let work = second.throughput.as_ref().map(Throughput::from);
                let unit = Unit::from(&second.unit);
                work == row.throughput && unit.name == row.unit.name
            };
            suspicions.push((suspicion, by_place.get(&row.directory).copied().or_else(by_id).filter(is_of_same_kind)));
        }
        let is_shifted = self.suite_shift.is_some_and(|shift| shift.verdict == Verdict::Regression);
        if suspicions.is_empty() && !is_shifted {
            return Err(CannotConfirm::NothingToSettle);
        }
        let known_to_second: BTreeSet<&str> = second
            .not_compared
            .iter()
            .map(|n| n.id.as_str())
            .chain(second.compared.iter().map(|row| row.id.as_str()))
            .collect();
        let mut measured = 0;
        for ((i, (_, second)), told) in places.iter().zip(&suspicions).zip(confirm(&suspicions, self.policy.gate_level))
        {
            let row = &mut self.benchmarks[*i];
            let (p, confirmed) = match told {
                Confirmation::Confirmed { p } => (p, true),
                Confirmation::NotConfirmed { p } => (p, false),
                Confirmation::Untold(why) => {
                    let is_there = known_to_second.contains(row.id.as_str());
                    let why = if why == NoConfirmation::NotMeasured && is_there {
                        NoConfirmation::NotComparable
                    } else {
                        why
                    };
                    row.untold = Some(why.into());
                    continue;
                }
            };
            measured += 1;
            (row.verdict, row.doubt) = if confirmed {
                (Verdict::Regression, None)
            } else {
                (Verdict::Inconclusive, Some(Doubt::NotConfirmed))
            };
            row.second = second.map(|second| SecondLook { change: (&second.change).into(), p, confirmed });
        }
        // A finding about the suite is settled by a second measurement of the suite.
        let is_suite_again =
            2 * second.compared.len() >= self.counts.compared && self.is_measured_again(&baseline, &candidate);
        if is_shifted && is_suite_again {
            measured += second.compared.len();
            let is_again = second.shift.is_some_and(|shift| shift.verdict == compare::Verdict::Regression);
            if let Some(shift) = self.suite_shift.as_mut().filter(|_| !is_again) {
                shift.verdict = Verdict::Inconclusive;
            }
        }
        self.warnings.extend(second.warnings.iter().map(WarningRow::from));
        self.counts = counts(&self.benchmarks, &self.not_compared);
        self.outcome = self.outcome_of_rows();
        let is_shifted = self.suite_shift.is_some_and(|shift| shift.verdict == Verdict::Regression);
        self.settle =
            if measured > 0 { None } else { settle(&self.benchmarks, is_shifted, self.policy.min_executions) };
        if measured > 0 {
            self.confirmation = Some(ConfirmedBy { baseline, candidate, measured });
        }
        Ok(self)
    }
}

impl Report {
    /// Whether runs are other ones than those of the report, as far as their newest results tell.
    fn is_measured_again(&self, baseline: &Side, candidate: &Side) -> bool {
        let is_other = |first: &Side, again: &Side| match (&first.measured_at, &again.measured_at) {
            (Some(first), Some(again)) => first != again,
            _ => first.source != again.source || first.label != again.label,
        };
        is_other(&self.baseline, baseline) && is_other(&self.candidate, candidate)
    }
}

/// What the executions of a row are recognised by; `None` where the report doesn't say.
fn marks(row: &Row) -> Option<[Vec<Mark>; 2]> {
    let both = row.marks.as_ref()?;
    let read = |side: usize| both[side].iter().map(|text| read_mark(text)).collect::<Option<Vec<Mark>>>();
    Some([read(0)?, read(1)?])
}
