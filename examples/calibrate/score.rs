//! How often a judge was right and wrong.

use criterion_regress::calibration::{Call, Decision, Rate};
use criterion_regress::stats::Random;

use super::case::{Case, Data, Measured, Suite};
use super::judge::{Judge, Judged, suspects_confirmed};

/// The slowdowns that are asked for.
pub(crate) const DELTAS: [f64; 5] = [0.02, 0.05, 0.10, 0.20, 0.40];

/// One benchmark in this many is slowed down, and at least one.
const ONE_IN: usize = 20;

/// About how many slowed benchmarks small data is brought to, by drawing several times from each comparison.
const ENOUGH: usize = 1000;

/// Never more draws from a comparison than this.
const MOST_DRAWS: usize = 20;

/// What was counted of one judge on one set of data.
#[derive(Debug, Clone, Default)]
pub(crate) struct Score {
    pub(crate) rule: String,
    /// Unchanged benchmarks called slower.
    pub(crate) false_alarms: Rate,
    /// Unchanged benchmarks called faster.
    pub(crate) false_improvements: Rate,
    /// Unchanged benchmarks called unchanged.
    pub(crate) unchanged: Rate,
    /// Comparisons of unchanged suites with any benchmark called slower, or the suite as a whole.
    pub(crate) any: Rate,
    /// Slowed benchmarks called slower, by how much they were slowed.
    pub(crate) power: [Rate; 5],
    /// Benchmarks slowed by exactly the threshold called unchanged.
    pub(crate) edge: Rate,
    /// Intervals at 95 % that hold the true change.
    pub(crate) covered_95: Rate,
    /// Intervals at 99 % that hold the true change.
    pub(crate) covered_99: Rate,
    /// The same as the first of its name, for what is listed.
    pub(crate) listed_false: Rate,
    pub(crate) listed_any: Rate,
    pub(crate) listed_power: [Rate; 5],
    /// Benchmarks that the rule can't be applied to.
    pub(crate) not_applicable: u64,
    pub(crate) independent_benchmarks: u64,
    pub(crate) independent_suites: u64,
}

impl Score {
    fn new(rule: String, data: &Data<'_>) -> Score {
        Score {
            rule,
            independent_benchmarks: data.independent_benchmarks,
            independent_suites: data.independent_suites,
            ..Score::default()
        }
    }

    /// Whether the rule could be applied at all.
    pub(crate) fn has_data(&self) -> bool {
        self.false_alarms.n > 0 || self.power.iter().any(|rate| rate.n > 0)
    }

    /// Whether what is listed is anything else than what is called slower.
    pub(crate) fn has_list(&self) -> bool {
        (self.listed_false, self.listed_any, self.listed_power) != (self.false_alarms, self.any, self.power)
    }

    fn add_unchanged(&mut self, judged: &Judged) {
        for decision in &judged.decisions {
            let Some(decision) = decision else {
                self.not_applicable += 1;
                continue;
            };
            self.false_alarms.add(decision.call == Call::Slower);
            self.false_improvements.add(decision.call == Call::Faster);
            self.unchanged.add(decision.call == Call::Unchanged);
            self.listed_false.add(decision.listed);
        }
        let decided = || judged.decisions.iter().flatten();
        if decided().next().is_some() {
            self.any.add(judged.is_shifted || decided().any(|d| d.call == Call::Slower));
            self.listed_any.add(judged.is_shifted || decided().any(|d| d.listed));
        }
    }

    fn add_slowed(&mut self, judged: &Judged, delta: usize) {
        for decision in judged.decisions.iter().flatten() {
            self.power[delta].add(decision.call == Call::Slower);
            self.listed_power[delta].add(decision.listed);
        }
    }
}

fn add_coverage(rate: &mut Rate, judged: &Judged) {
    for (lower, upper) in judged.decisions.iter().flatten().filter_map(|d| d.interval) {
        rate.add(lower <= 0.0 && 0.0 <= upper);
    }
}

/// Scores a judge on suites that did not change, and on the same with some benchmarks slowed down.
pub(crate) fn score(judge: &Judge, data: &Data<'_>, threshold: f64, seed: u64) -> Score {
    let mut score = Score::new(judge.name(), data);
    let at_99 = judge.at_99();
    for (place, suite) in data.suites.iter().enumerate().take(judge.at_most()) {
        let all: Vec<usize> = (0..suite.cases.len()).collect();
        let judged = judge.judge(&suite.cases, &all);
        score.add_unchanged(&judged);
        let rate = if judge.confidence() < 0.99 { &mut score.covered_95 } else { &mut score.covered_99 };
        add_coverage(rate, &judged);
        if let Some(at_99) = &at_99 {
            add_coverage(&mut score.covered_99, &at_99.judge(&suite.cases, &all));
        }
        for (delta, cases, chosen) in slowed(suite, data.suites.len(), seed ^ place as u64) {
            let judged = judge.judge(&cases, &chosen);
            score.add_slowed(&judged, delta);
            if (DELTAS[delta] - threshold).abs() < 1e-9 {
                judged.decisions.iter().flatten().for_each(|d| score.edge.add(d.call == Call::Unchanged));
            }
        }
    }
    score
}

/// What is said of the benchmarks of a comparison when the run after it may be asked too.
type Confirm<'j> = &'j dyn Fn(&[Case<'_>], &[Case<'_>], &[usize]) -> Judged;

/// Scores a judge that believes in a slowdown only when the next run shows it too, against the same baseline.
pub(crate) fn score_confirmed(judge: &Judge, data: &Data<'_>, seed: u64) -> Vec<Score> {
    let twice = |cases: &[Case<'_>], later: &[Case<'_>], wanted: &[usize]| agreed(judge, cases, later, wanted);
    let mut scores = vec![score_with_next(format!("{}, confirmed", judge.name()), &twice, data, seed)];
    if let Judge::Ours(policy) = judge {
        let suspects =
            |cases: &[Case<'_>], later: &[Case<'_>], wanted: &[usize]| suspects_confirmed(policy, cases, later, wanted);
        scores.push(score_with_next(format!("{}, suspects confirmed", judge.name()), &suspects, data, seed));
    }
    scores
}

fn score_with_next(name: String, confirm: Confirm<'_>, data: &Data<'_>, seed: u64) -> Score {
    let mut score = Score::new(name, data);
    for (place, suite) in data.suites.iter().enumerate() {
        if suite.next.iter().flatten().next().is_none() {
            continue;
        }
        let all: Vec<usize> = (0..suite.cases.len()).collect();
        score.add_unchanged(&confirm(&suite.cases, &later(&suite.cases, &suite.next), &all));
        for (delta, cases, chosen) in slowed(suite, data.suites.len(), seed ^ place as u64) {
            score.add_slowed(&confirm(&cases, &later(&cases, &suite.next), &chosen), delta);
        }
    }
    score
}

/// The same comparison with the next run as its candidate, which is as slow; none of what the next run didn't measure.
fn later<'a>(cases: &[Case<'a>], next: &[Option<&'a Measured>]) -> Vec<Case<'a>> {
    let mut later = cases.to_vec();
    for (i, case) in later.iter_mut().enumerate() {
        case.candidate = next.get(i).copied().flatten().into_iter().collect();
    }
    later
}

/// What the judge says of both runs.
fn agreed(judge: &Judge, cases: &[Case<'_>], later: &[Case<'_>], wanted: &[usize]) -> Judged {
    let (first, second) = (judge.judge(cases, wanted), judge.judge(later, wanted));
    let both = |a: &Option<Decision>, b: &Option<Decision>| {
        let (a, b) = (a.as_ref()?, b.as_ref()?);
        let call = if a.call == b.call { a.call } else { Call::CannotTell };
        Some(Decision { call, listed: a.listed && b.listed, interval: None })
    };
    Judged {
        decisions: first.decisions.iter().zip(&second.decisions).map(|(a, b)| both(a, b)).collect(),
        is_shifted: first.is_shifted && second.is_shifted,
    }
}

/// Scores a judge on suites of which some benchmarks are known to do more work, by how much more.
pub(crate) fn score_labelled(judge: &Judge, data: &Data<'_>) -> Score {
    let mut score = Score::new(judge.name(), data);
    for suite in data.suites.iter().take(judge.at_most()) {
        let chosen = |is_wanted: &dyn Fn(f64) -> bool| -> Vec<usize> {
            (0..suite.cases.len()).filter(|i| is_wanted(suite.cases[*i].labelled)).collect()
        };
        let judged = judge.judge(&suite.cases, &chosen(&|label| (label - 1.0).abs() < 1e-12));
        score.add_unchanged(&judged);
        for (delta, least) in DELTAS.iter().enumerate() {
            let above = DELTAS.get(delta + 1).copied().unwrap_or(f64::INFINITY);
            let its = chosen(&|label| label - 1.0 >= least - 1e-9 && label - 1.0 < above - 1e-9);
            if !its.is_empty() {
                score.add_slowed(&judge.judge(&suite.cases, &its), delta);
            }
        }
    }
    // Something did change in these suites: an alarm for one of them is no false one.
    score.any = Rate::default();
    score.listed_any = Rate::default();
    score
}

/// The suite with some benchmarks slowed down, and which: the same ones for every judge. A draw or more for each slowdown.
fn slowed<'a>(
    suite: &Suite<'a>,
    n_suites: usize,
    seed: u64,
) -> impl Iterator<Item = (usize, Vec<Case<'a>>, Vec<usize>)> {
    let n = suite.cases.len();
    let at_once = (n / ONE_IN).max(1);
    let n_draws = (ENOUGH / (n_suites * at_once).max(1)).clamp(1, MOST_DRAWS);
    let mut random = Random::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (0..DELTAS.len() * n_draws).map(move |draw| {
        let delta = draw % DELTAS.len();
        let chosen = random.choose(n, at_once);
        let mut cases = suite.cases.clone();
        for i in &chosen {
            cases[*i].factor = 1.0 + DELTAS[delta];
        }
        (delta, cases, chosen)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use criterion_regress::calibration::Rule;

    const PREVIOUS: Judge = Judge::Rival(Rule::PreviousValue { threshold: 0.2 });

    fn values(values: &[f64]) -> Vec<Measured> {
        values.iter().map(|v| Measured::from_values(vec![*v]).expect("positive")).collect()
    }

    fn rate(hits: u64, n: u64) -> Rate {
        Rate { hits, n }
    }

    #[test]
    fn alarms_and_power_are_counted_apart() {
        let runs = values(&[100.0, 100.0, 100.0, 130.0]);
        let pairs = [(0, 1), (0, 3)];
        let suites = pairs
            .iter()
            .map(|(b, c)| Suite { cases: vec![Case::unchanged(vec![&runs[*b]], vec![&runs[*c]])], next: Vec::new() })
            .collect();
        let data = Data { suites, independent_benchmarks: 2, independent_suites: 2 };
        let got = score(&PREVIOUS, &data, 0.2, 1);
        assert_eq!((got.false_alarms, got.any, got.unchanged), (rate(1, 2), rate(1, 2), rate(1, 2)));
        // Twenty draws from each, as there are so few.
        assert_eq!(got.power, [rate(20, 40), rate(20, 40), rate(20, 40), rate(20, 40), rate(40, 40)]);
        assert_eq!(got.edge, rate(20, 40));
        assert_eq!((got.covered_95, got.has_list()), (Rate::default(), false));
    }

    #[test]
    fn confirmation_needs_the_next_run() {
        let runs = values(&[100.0, 130.0, 130.0, 100.0]);
        let check = |next: Vec<Option<&Measured>>, want: Rate| {
            let cases = vec![Case::unchanged(vec![&runs[0]], vec![&runs[1]])];
            let data = Data { suites: vec![Suite { cases, next }], independent_benchmarks: 1, independent_suites: 1 };
            assert_eq!(score_confirmed(&PREVIOUS, &data, 1)[0].false_alarms, want);
        };
        check(vec![Some(&runs[2])], rate(1, 1));
        check(vec![Some(&runs[3])], rate(0, 1));
        check(vec![None], rate(0, 0));
        check(Vec::new(), rate(0, 0));
    }

    #[test]
    fn labels_go_to_the_slowdown_that_they_reach() {
        let runs = values(&[100.0, 125.0]);
        let labelled = |label: f64| Case { labelled: label, ..Case::unchanged(vec![&runs[0]], vec![&runs[1]]) };
        let cases = [1.0, 1.25, 1.02, 0.9, 7.0].map(labelled).to_vec();
        let suites = vec![Suite { cases, next: Vec::new() }];
        let got = score_labelled(&PREVIOUS, &Data { suites, independent_benchmarks: 5, independent_suites: 1 });
        assert_eq!(got.false_alarms, rate(1, 1));
        assert_eq!(got.power, [rate(1, 1), rate(0, 0), rate(0, 0), rate(1, 1), rate(1, 1)]);
        assert_eq!(got.any, Rate::default());
    }
}
