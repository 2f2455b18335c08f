//! A report, and what a second measurement makes of it.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::from_model::settle;
use super::schema::{ConfirmedBy, Doubt, Report, Row, SecondLook, Side, Verdict, WarningRow, counts};
use crate::compare::{BenchmarkComparison, Confirmation, NoConfirmation, RunComparison, Suspicion, confirm};

/// Why a report can't be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CannotConfirm {
    /// It has been already: to go on measuring until something is significant is no test.
    #[error("it has been confirmed already, and a second look is planned once")]
    Already,
    /// It holds nothing that measuring again could settle.
    #[error("there is nothing to settle in it")]
    NothingToSettle,
    /// It was written by a version that didn't say how noisy each benchmark was.
    #[error("it doesn't say how noisy its benchmarks are")]
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
                fingerprints: prints(row),
                log_band: row.threshold.ln_1p(),
                standard_deviation: noise.standard_deviation,
                degrees_of_freedom: noise.degrees_of_freedom.unwrap_or(f64::INFINITY),
                has_history: row.executions[0] > 1,
            };
            places.push(i);
            let by_id = || by_id.get(row.id.as_str()).copied().flatten();
            suspicions.push((suspicion, by_place.get(&row.directory).copied().or_else(by_id)));
        }
        if suspicions.is_empty() {
            return Err(CannotConfirm::NothingToSettle);
        }
        let second_not_compared: BTreeSet<&str> = second.not_compared.iter().map(|n| n.id.as_str()).collect();
        let mut measured = 0;
        for ((i, (_, second)), told) in places.iter().zip(&suspicions).zip(confirm(&suspicions, self.policy.gate_level))
        {
            let row = &mut self.benchmarks[*i];
            let (p, confirmed) = match told {
                Confirmation::Confirmed { p } => (p, true),
                Confirmation::NotConfirmed { p } => (p, false),
                Confirmation::Untold(why) => {
                    let is_there = second_not_compared.contains(row.id.as_str());
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
        self.warnings.extend(second.warnings.iter().map(WarningRow::from));
        self.counts = counts(&self.benchmarks, &self.not_compared);
        self.outcome = self.outcome_of_rows();
        self.settle = settle(&self.benchmarks, self.policy.min_executions);
        if measured > 0 {
            self.confirmation = Some(ConfirmedBy { baseline, candidate, measured });
        }
        Ok(self)
    }
}

/// The fingerprints that a report holds of a row; what is no fingerprint can be nothing's.
fn prints(row: &Row) -> [Vec<u64>; 2] {
    let parse = |side: usize| {
        let texts = row.fingerprints.as_ref().map_or(&[][..], |both| &both[side]);
        texts.iter().filter_map(|text| u64::from_str_radix(text, 16).ok()).collect()
    };
    [parse(0), parse(1)]
}
