//! How often changes are found where there are none, and not found where there are.

use std::fs::File;
use std::io::{BufWriter, Write};

use criterion_regress::calibration::Rate;
use criterion_regress::stats::{ChangePoint, ChangePointOptions, Detector, Random, Tier, change_points};
use serde_json::json;

use super::STEPS;
use super::noise::{self, Case, Noise, Step};

/// A change is found where one is told so near.
const MARGIN: usize = 5;

/// Online: how many runs there are, and how many follow.
const BEFORE: usize = 60;
const AFTER: usize = 16;

/// Online: a change is to be found within so many commits.
const SOON: usize = 5;

/// Noise of some benchmarks, and how it is drawn from.
pub(crate) struct Scorer<'a> {
    pub(crate) set: Vec<&'a Noise>,
    pub(crate) title: &'a str,
    pub(crate) draws: usize,
    pub(crate) seed: u64,
    pub(crate) export: Option<&'a mut BufWriter<File>>,
}

/// Changes told, and true ones.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    found: u64,
    false_ones: u64,
    missed: u64,
    exact: u64,
    covered: u64,
}

impl Counts {
    fn add(&mut self, told: &[&ChangePoint], changes: &[usize]) {
        let mut is_free = vec![true; told.len()];
        for at in changes {
            let near = (0..told.len()).filter(|&i| is_free[i] && told[i].index.abs_diff(*at) <= MARGIN);
            match near.min_by_key(|&i| told[i].index.abs_diff(*at)) {
                Some(i) => {
                    is_free[i] = false;
                    self.found += 1;
                    self.exact += u64::from(told[i].index.abs_diff(*at) <= 1);
                    self.covered += u64::from((told[i].lower_index..=told[i].upper_index).contains(at));
                }
                None => self.missed += 1,
            }
        }
        self.false_ones += is_free.iter().filter(|is_free| **is_free).count() as u64;
    }

    fn f1(&self) -> f64 {
        2.0 * self.found as f64 / (2 * self.found + self.false_ones + self.missed).max(1) as f64
    }

    fn precision(&self) -> f64 {
        self.found as f64 / (self.found + self.false_ones).max(1) as f64
    }

    fn recall(&self) -> f64 {
        self.found as f64 / (self.found + self.missed).max(1) as f64
    }
}

fn found(values: &[f64]) -> Vec<ChangePoint> {
    change_points(values, &ChangePointOptions::default())
}

/// With an interval that speaks of the noise of these benchmarks, in other orders.
fn rate(rate: &Rate) -> String {
    match (rate.share(), rate.interval(0.95, u64::MAX)) {
        (Some(share), Some((lower, upper))) => format!("{share:.4} [{lower:.4}, {upper:.4}]"),
        (None, _) | (_, None) => "–".to_owned(),
    }
}

impl Scorer<'_> {
    fn write(&mut self, name: &str, case: &Case) {
        if let Some(file) = &mut self.export {
            let line = json!({"set": self.title, "case": name, "values": case.values, "changes": case.changes});
            if writeln!(file, "{line}").is_err() {
                eprintln!("warning: a series could not be written");
            }
        }
    }

    /// Series that don't change.
    pub(crate) fn noise_alone(&mut self) -> String {
        let mut text = "| nothing changed | any confirmed | any told | series |\n|---|---|---|---|\n".to_owned();
        for (n, block) in [(60, 1), (120, 1), (300, 1), (120, 5), (300, 5)] {
            let mut random = Random::new(self.seed);
            let (mut confirmed, mut told) = (Rate::default(), Rate::default());
            for noise in self.set.clone() {
                for _ in 0..4 * self.draws {
                    let case = Case { values: noise::shuffled(noise, n, block, &mut random), changes: Vec::new() };
                    let changes = found(&case.values);
                    confirmed.add(changes.iter().any(|c| c.tier == Tier::Confirmed));
                    told.add(!changes.is_empty());
                    self.write(&format!("n = {n}, {}", order(block)), &case);
                }
            }
            let (a, b) = (rate(&confirmed), rate(&told));
            text.push_str(&format!("| n = {n}, {} | {a} | {b} | {} |\n", order(block), told.n));
        }
        text + "\n"
    }

    /// Series with two steps.
    pub(crate) fn steps(&mut self) -> String {
        let mut text =
            "| two steps | size | F1 confirmed | precision | recall | F1 all | within 1 | in its range |\n".to_owned();
        text.push_str("|---|---|---|---|---|---|---|---|\n");
        for (n, block) in [(120, 1), (300, 1), (120, 5)] {
            for (size, step) in STEPS {
                let mut random = Random::new(self.seed);
                let (mut confirmed, mut all) = (Counts::default(), Counts::default());
                for noise in self.set.clone() {
                    for _ in 0..self.draws {
                        let case = noise::with_steps(noise, n, block, step, &mut random);
                        let changes = found(&case.values);
                        let sure: Vec<&ChangePoint> = changes.iter().filter(|c| c.tier == Tier::Confirmed).collect();
                        confirmed.add(&sure, &case.changes);
                        all.add(&changes.iter().collect::<Vec<_>>(), &case.changes);
                        self.write(&format!("n = {n}, {}, steps of {size}", order(block)), &case);
                    }
                }
                let share = |part: u64| part as f64 / confirmed.found.max(1) as f64;
                text.push_str(&format!(
                    "| n = {n}, {} | {size} | {:.3} | {:.3} | {:.3} | {:.3} | {:.2} | {:.2} |\n",
                    order(block),
                    confirmed.f1(),
                    confirmed.precision(),
                    confirmed.recall(),
                    all.f1(),
                    share(confirmed.exact),
                    share(confirmed.covered)
                ));
            }
        }
        text + "\n"
    }

    /// Series that grow, run by run.
    pub(crate) fn online(&mut self) -> String {
        let mut random = Random::new(self.seed);
        let mut alarms = Rate::default();
        let mut soon = [Rate::default(); STEPS.len()];
        let mut at_all = soon;
        for noise in self.set.clone() {
            for _ in 0..2 * self.draws {
                let values = noise::shuffled(noise, BEFORE + AFTER, 1, &mut random);
                let mut detector = Detector::of(&values[..BEFORE], ChangePointOptions::default());
                let mut told = detector.changes();
                for value in &values[BEFORE..] {
                    detector.push(*value);
                    let changes = detector.changes();
                    alarms.add(changes.iter().any(|c| told.iter().all(|old| old.index.abs_diff(c.index) > MARGIN)));
                    told.extend(changes);
                }
                for (i, (_, step)) in STEPS.into_iter().enumerate() {
                    let delay = delay(&values, noise, step, &mut random);
                    soon[i].add(delay.is_some_and(|d| d <= SOON));
                    at_all[i].add(delay.is_some());
                }
            }
        }
        let mut text = format!("{BEFORE} runs, then one by one: {} false ones told per new commit.\n\n", rate(&alarms));
        text.push_str(&format!("| a step of | told within {SOON} commits | within {AFTER} |\n|---|---|---|\n"));
        for ((size, _), (soon, at_all)) in STEPS.iter().zip(soon.iter().zip(&at_all)) {
            let share = |rate: &Rate| rate.share().unwrap_or(0.0);
            text.push_str(&format!("| {size} | {:.3} | {:.3} |\n", share(soon), share(at_all)));
        }
        text + "\n"
    }
}

/// How many commits after a step it is told.
fn delay(values: &[f64], noise: &Noise, step: Step, random: &mut Random) -> Option<usize> {
    let step = noise::direction(random) * step.of(noise);
    let mut detector = Detector::of(&values[..BEFORE], ChangePointOptions::default());
    values[BEFORE..]
        .iter()
        .position(|value| {
            detector.push(value + step);
            detector.changes().iter().any(|c| c.index.abs_diff(BEFORE) <= MARGIN)
        })
        .map(|before| before + 1)
}

fn order(block: usize) -> String {
    if block == 1 { "any order".to_owned() } else { format!("blocks of {block}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_found_once() {
        let told = |index: usize| ChangePoint {
            index,
            lower_index: index - 1,
            upper_index: index + 1,
            log_ratio: 0.1,
            interval: None,
            p: 0.0,
            tier: Tier::Confirmed,
        };
        let mut counts = Counts::default();
        let all = [told(48), told(51), told(90)];
        counts.add(&all.iter().collect::<Vec<_>>(), &[50, 70]);
        assert_eq!((counts.found, counts.false_ones, counts.missed, counts.exact, counts.covered), (1, 2, 1, 1, 1));
        assert!((counts.f1() - 2.0 / 5.0).abs() < 1e-12);
        assert!((counts.precision() - 1.0 / 3.0).abs() < 1e-12 && (counts.recall() - 0.5).abs() < 1e-12);
    }
}
