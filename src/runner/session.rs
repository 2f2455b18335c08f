//! Rounds as they are run, and what they have measured so far.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::cpu_time::Idle;
use super::executable::{ProcessFailed, Suite};
use super::recorded::{Measured, RoundsRecord};
use super::rounds::{Order, Step, closing_look};
use super::suspension::{Stopwatch, Suspension};
use crate::model::{
    Absent, Benchmark, BenchmarkId, Estimator, Execution, Executions, Run, Warning, WarningKind, WhyAbsent,
};
use crate::stats::{Look, pseudomedian};
use thiserror::Error;

/// When rounds end, at the latest.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// After how many rounds to look, and at which level.
    pub looks: Vec<Look>,
    /// How long all rounds together may take.
    pub budget: Option<Duration>,
}

/// How rounds ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HowEnded {
    /// All is decided, or the last look was made.
    Complete,
    /// The time was spent.
    BudgetSpent,
    /// The caller stopped them.
    Interrupted,
}

/// What rounds came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// The looks that were made.
    pub looks: Vec<Look>,
    /// How they ended.
    pub how: HowEnded,
    /// How long all rounds took, those that were recorded before included.
    pub took: Duration,
    /// Of the time that this process spent in rounds, what was not spent in benchmarks' processes.
    pub overhead: Duration,
}

/// What was recorded is not what these rounds would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("what was recorded is damaged, or does not follow the order of the rounds")]
pub struct Diverged;

/// What more rounds may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Open {
    /// The candidate's benchmarks that have no verdict.
    pub undecided: BTreeSet<BenchmarkId>,
    /// Those of them whose rounds scatter so much that even the last look would hardly decide them.
    pub hopeless: BTreeSet<BenchmarkId>,
}

/// What is going on.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The benchmark that runs next.
    pub id: &'a str,
    /// The round, from 1.
    pub round: usize,
    /// The round of the next look.
    pub next_look: usize,
    /// Jobs that are open.
    pub n_open: usize,
    /// The benchmark's ln(candidate/baseline) so far.
    pub estimate: Option<f64>,
    /// How long it takes to the next look, or to the end of the budget where that is sooner.
    pub remaining: Option<Duration>,
}

/// Who says what is open, is told what is going on, and may stop it.
pub trait Watcher {
    /// What more rounds could decide, after these looks.
    fn open(&mut self, baseline: &Run, candidate: &Run, looks: &[Look]) -> Open;
    /// After each step, to be kept for another process that goes on.
    fn record(&mut self, record: &RoundsRecord);
    /// Before each benchmark of a round.
    fn progress(&mut self, progress: Progress<'_>);
    /// Before a benchmark's processes of a round run again, as this process was suspended meanwhile.
    fn suspended(&mut self, id: &str, round: usize);
    /// Whether to stop at once.
    fn is_stopped(&self) -> bool;
}

/// One benchmark as Criterion lists it, in a suite of either side or of both.
#[derive(Debug)]
struct Job {
    /// Its id on each side.
    ids: [String; 2],
    /// Its suite on each side.
    suites: [Option<usize>; 2],
    /// The root of its ids, where several suites have this id.
    root: String,
    /// Results by side.
    results: [BTreeMap<BenchmarkId, (Benchmark, Vec<Execution>)>; 2],
    failed: Option<(usize, ProcessFailed)>,
    n_rounds: usize,
    /// What idles before each of its processes, on both sides.
    idle: Idle,
}

/// Two sides' suites, and what was measured of them.
#[derive(Debug)]
pub struct Session {
    labels: [String; 2],
    suites: [Vec<Suite>; 2],
    jobs: Vec<Job>,
    warnings: Vec<Warning>,
    /// What an earlier process has recorded, and this one takes for its own.
    recorded: VecDeque<RoundsRecord>,
    /// How long that took.
    took_before: Duration,
    suspension: Suspension,
}

/// Why steps end before the last.
enum Stopped {
    ByCaller,
    Diverged,
}

impl Session {
    /// Matches the suites of two sides by name, and their benchmarks by id, as renamed. Only ids that `is_wanted` take part.
    #[must_use]
    pub fn new(
        labels: [String; 2],
        suites: [Vec<Suite>; 2],
        renames: &BTreeMap<String, String>,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Session {
        let mut jobs: Vec<Job> = Vec::new();
        for (b, suite) in suites[0].iter().enumerate() {
            let other = suites[1].iter().position(|s| s.executable.name == suite.executable.name);
            for id in &suite.ids {
                let renamed = renames.get(id).unwrap_or(id);
                let c = other.filter(|c| suites[1][*c].ids.contains(renamed));
                let new_id = if c.is_some() { renamed } else { id };
                jobs.push(Job::new([id, new_id], [Some(b), c], &suite.executable.name));
            }
        }
        for (c, suite) in suites[1].iter().enumerate() {
            for id in &suite.ids {
                if !jobs.iter().any(|job| job.suites[1] == Some(c) && job.ids[1] == *id) {
                    jobs.push(Job::new([id, id], [None, Some(c)], &suite.executable.name));
                }
            }
        }
        jobs.retain(|job| job.ids.iter().any(|id| is_wanted(id)));
        // A root only where ids alone would not tell the jobs apart.
        let ids: Vec<[String; 2]> = jobs.iter().map(|job| job.ids.clone()).collect();
        for job in &mut jobs {
            if ids.iter().filter(|ids| ids[1] == job.ids[1]).count() < 2 {
                job.root.clear();
            }
        }
        let suspension = suites.iter().flatten().next().map(Suite::suspension).unwrap_or_default();
        let mut session = Session {
            labels,
            suites,
            jobs,
            warnings: Vec::new(),
            recorded: VecDeque::new(),
            took_before: Duration::ZERO,
            suspension,
        };
        session.note_selected_together();
        session
    }

    /// How many benchmarks both sides have.
    #[must_use]
    pub fn n_paired(&self) -> usize {
        self.jobs.iter().filter(|job| job.is_paired()).count()
    }

    /// How many benchmarks there are on either side.
    #[must_use]
    pub fn n_jobs(&self) -> usize {
        self.jobs.len()
    }

    /// Of each job its id on both sides, and the root of its ids.
    #[must_use]
    pub fn jobs(&self) -> Vec<(String, String, String)> {
        let named = |job: &Job| {
            let [baseline, candidate] = job.ids.clone();
            (baseline, candidate, job.root.clone())
        };
        self.jobs.iter().map(named).collect()
    }

    /// Whether either side has a benchmark of this id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.jobs.iter().any(|job| job.ids.iter().any(|known| known == id))
    }

    fn note_selected_together(&mut self) {
        let mut notes = Vec::new();
        for job in self.jobs.iter().filter(|job| job.is_paired()) {
            let n = job.sides().filter_map(|side| self.suite(job, side)?.n_selected_with(&job.ids[side]).ok()).max();
            if let Some(n @ 1..) = n {
                notes.push(Warning { subject: job.ids[1].clone(), kind: WarningKind::SelectedTogether { n } });
            }
        }
        self.warnings.extend(notes);
    }

    fn suite(&self, job: &Job, side: usize) -> Option<&Suite> {
        job.suites[side].map(|suite| &self.suites[side][suite])
    }

    /// Runs rounds until all is decided, or a limit is met. What was `recorded` by an earlier process under the same seed and looks
    /// is taken as it is, and is not run again: looks are made after the same rounds as if nothing had come between.
    ///
    /// # Errors
    /// When the records are of other rounds.
    pub fn run(
        &mut self,
        limits: &Limits,
        seed: u64,
        recorded: Vec<RoundsRecord>,
        watcher: &mut impl Watcher,
    ) -> Result<Ended, Diverged> {
        let (start, spent) = (self.suspension.stopwatch(), self.spent());
        self.recorded = recorded.into();
        let mut looks = Vec::new();
        let how = match self.rounds(limits, seed, &mut looks, watcher) {
            Ok(how) => how,
            Err(Stopped::ByCaller) => HowEnded::Interrupted,
            Err(Stopped::Diverged) => return Err(Diverged),
        };
        let took = start.elapsed();
        let overhead = took.saturating_sub(self.spent().saturating_sub(spent));
        Ok(Ended { looks, how, took: took.saturating_add(self.took_before), overhead })
    }

    fn rounds(
        &mut self,
        limits: &Limits,
        seed: u64,
        made: &mut Vec<Look>,
        watcher: &mut impl Watcher,
    ) -> Result<HowEnded, Stopped> {
        let start = self.suspension.stopwatch();
        let mut order = Order::new(seed);
        // What only one side has is run once: to be told as it is, and for a new benchmark to be seen to work.
        let unpaired: Vec<usize> = (0..self.jobs.len()).filter(|job| !self.jobs[*job].is_paired()).collect();
        self.round(0, &unpaired, &mut order, &mut |_, _, _| (), watcher)?;
        let mut open: Vec<usize> = (0..self.jobs.len()).filter(|job| self.jobs[*job].is_paired()).collect();
        let mut n_rounds = 0;
        let mut per_job = Duration::ZERO;
        for (i, look) in limits.looks.iter().enumerate() {
            while n_rounds < look.rounds {
                open.retain(|job| self.jobs[*job].failed.is_none());
                if open.is_empty() {
                    return Ok(HowEnded::Complete);
                }
                let left = limits.budget.map(|budget| budget.saturating_sub(self.took(&start)));
                let next = per_job.saturating_mul(count(open.len()));
                // What is recorded was within a budget, and costs no time.
                if self.recorded.is_empty() && left.is_some_and(|left| left < next || left.is_zero()) {
                    made.extend(closing_look(&limits.looks, n_rounds));
                    return Ok(HowEnded::BudgetSpent);
                }
                let (round_start, before) = (self.suspension.stopwatch(), self.took_before);
                let n_open = open.len();
                let tell = |watcher: &mut dyn Watcher, job: &Job, i: usize| {
                    let all = next.saturating_mul(count(look.rounds - n_rounds));
                    let to_look = all.checked_sub(per_job.saturating_mul(count(i)));
                    let remaining = to_look
                        .filter(|_| !per_job.is_zero())
                        .map(|to_look| left.map_or(to_look, |left| left.min(to_look)));
                    watcher.progress(Progress {
                        id: &job.ids[1],
                        round: n_rounds + 1,
                        next_look: look.rounds,
                        n_open,
                        estimate: job.estimate(),
                        remaining,
                    });
                };
                self.round(n_rounds + 1, &open, &mut order, &mut |w, job, i| tell(w, job, i), watcher)?;
                n_rounds += 1;
                let recorded = self.took_before.saturating_sub(before);
                per_job = round_start.elapsed().saturating_add(recorded) / count(n_open).max(1);
            }
            made.push(*look);
            match self.recorded.pop_front() {
                // Whatever is asked of the verdicts today: these are the jobs that went on.
                Some(RoundsRecord::Look { rounds, open: went_on }) if rounds == look.rounds => {
                    open.retain(|job| went_on.contains(job));
                }
                Some(_) => return Err(Stopped::Diverged),
                None => {
                    let [baseline, candidate] = self.runs();
                    let said = watcher.open(&baseline, &candidate, made);
                    open.retain(|job| self.jobs[*job].is_in(&said.undecided));
                    let to_next = limits.looks.get(i + 1).map_or(0, |next| next.rounds - look.rounds);
                    let left = limits.budget.map(|budget| budget.saturating_sub(self.took(&start)));
                    let needed = per_job.saturating_mul(count(open.len())).saturating_mul(count(to_next));
                    if left.is_some_and(|left| left < needed) {
                        // Time is short: who can't be decided anyway must not take it from those that can. Without a further
                        // look, nothing more is said of them, so that no chance of a false alarm comes of the choice.
                        let hopeful = |job: &usize| !self.jobs[*job].is_in(&said.hopeless);
                        if open.iter().any(hopeful) {
                            open.retain(hopeful);
                        }
                    }
                    watcher.record(&RoundsRecord::Look { rounds: look.rounds, open: open.clone() });
                }
            }
        }
        Ok(HowEnded::Complete)
    }

    /// How long rounds took since `start`, and before.
    fn took(&self, start: &Stopwatch) -> Duration {
        start.elapsed().saturating_add(self.took_before)
    }

    /// How long all benchmarks' processes took.
    fn spent(&self) -> Duration {
        self.suites.iter().flatten().map(Suite::spent).sum()
    }

    /// Runs each of these jobs once on each side that has it.
    fn round<W: Watcher>(
        &mut self,
        round: usize,
        jobs: &[usize],
        order: &mut Order,
        tell: &mut dyn FnMut(&mut dyn Watcher, &Job, usize),
        watcher: &mut W,
    ) -> Result<(), Stopped> {
        for (i, step) in order.round(jobs).into_iter().enumerate() {
            if let Some(recorded) = self.recorded.pop_front() {
                let (measured, took) = recorded.of_step(round, step).ok_or(Stopped::Diverged)?;
                // What a side has is measured on it, and nothing else.
                if let Ok(results) = &measured
                    && self.jobs[step.job].suites.iter().zip(results).any(|(suite, r)| suite.is_none() != r.is_empty())
                {
                    return Err(Stopped::Diverged);
                }
                self.took_before = self.took_before.saturating_add(took);
                self.jobs[step.job].add(measured);
                continue;
            }
            if watcher.is_stopped() {
                return Err(Stopped::ByCaller);
            }
            tell(watcher, &self.jobs[step.job], i);
            let (measured, took) = loop {
                let (start, n_suspended) = (self.suspension.stopwatch(), self.suspension.n());
                let measured = self.measure(step);
                // Whoever stops the tool at a terminal stops the benchmark as well, which is then no failure of its own.
                if watcher.is_stopped() {
                    return Err(Stopped::ByCaller);
                }
                // Both sides, which are not close to one another any more, and whatever it has come to.
                if self.suspension.n() == n_suspended {
                    break (measured, start.elapsed());
                }
                watcher.suspended(&self.jobs[step.job].ids[1], round);
            };
            watcher.record(&RoundsRecord::new(round, step, took, &measured));
            self.jobs[step.job].add(measured);
        }
        Ok(())
    }

    /// One process of each side.
    fn measure(&self, step: Step) -> Measured {
        let job = &self.jobs[step.job];
        let mut measured = [Vec::new(), Vec::new()];
        for side in if step.candidate_first { [1, 0] } else { [0, 1] } {
            if let Some(suite) = self.suite(job, side) {
                measured[side] = suite.run(&job.ids[side], job.idle).map_err(|failed| (side, failed))?;
            }
        }
        Ok(measured)
    }

    /// What was measured so far: a benchmark's executions are its rounds, in one order on both sides.
    #[must_use]
    pub fn runs(&self) -> [Run; 2] {
        [0, 1].map(|side| {
            let mut run = Run { label: self.labels[side].clone(), ..Run::default() };
            for job in &self.jobs {
                if let Some((failed_side, failed)) = &job.failed {
                    if *failed_side == side {
                        run.absent.push(Absent {
                            id: BenchmarkId::new(&job.root, &job.ids[side], &job.ids[side]),
                            why: WhyAbsent::Failed,
                        });
                        run.warnings.push(Warning {
                            subject: job.ids[side].clone(),
                            kind: WarningKind::ProcessFailed {
                                side: self.labels[side].clone(),
                                cause: failed.cause.clone(),
                                output: failed.output.clone(),
                            },
                        });
                    }
                    continue;
                }
                // Told once, by the newer side that has it.
                if job.n_rounds == 0 && job.sides().last() == Some(side) {
                    run.absent.push(Absent {
                        id: BenchmarkId::new(&job.root, &job.ids[side], &job.ids[side]),
                        why: WhyAbsent::NotRun,
                    });
                }
                for (id, (benchmark, executions)) in &job.results[side] {
                    if let Some(executions) = Executions::collect(executions.iter().cloned()) {
                        run.benchmarks.push(Benchmark { id: id.clone(), executions, ..benchmark.clone() });
                    }
                }
            }
            if side == 1 {
                run.warnings.extend(self.warnings.iter().cloned());
            }
            run
        })
    }
}

impl Job {
    fn new(ids: [&str; 2], suites: [Option<usize>; 2], root: &str) -> Job {
        Job {
            ids: ids.map(str::to_owned),
            suites,
            root: root.to_owned(),
            results: [BTreeMap::new(), BTreeMap::new()],
            failed: None,
            n_rounds: 0,
            // How long an iteration takes is known from the first round on.
            idle: Idle::SelectsNothing,
        }
    }

    fn is_paired(&self) -> bool {
        self.suites.iter().all(Option::is_some)
    }

    fn is_in(&self, ids: &BTreeSet<BenchmarkId>) -> bool {
        self.results[1].keys().any(|id| ids.contains(id))
    }

    fn sides(&self) -> impl Iterator<Item = usize> {
        let suites = self.suites;
        (0..2).filter(move |side| suites[*side].is_some())
    }

    /// Keeps a round, if both sides did it.
    fn add(&mut self, measured: Measured) {
        let measured = match measured {
            Ok(measured) => measured,
            Err(failed) => {
                self.failed = Some(failed);
                return;
            }
        };
        if self.n_rounds == 0 {
            // The same for both sides: swapping them must change nothing.
            let executions = measured.iter().flatten().map(|benchmark| benchmark.executions.first());
            self.idle = Idle::after(executions.map(|execution| execution.cpu.as_ref()));
        }
        self.n_rounds += 1;
        for (side, benchmarks) in measured.into_iter().enumerate() {
            for mut benchmark in benchmarks {
                benchmark.id = BenchmarkId::new(&self.root, benchmark.id.directory(), benchmark.id.as_str());
                let execution = benchmark.executions.first().clone();
                let (_, executions) =
                    self.results[side].entry(benchmark.id.clone()).or_insert_with(|| (benchmark, Vec::new()));
                executions.push(execution);
            }
            let is_whole = |(_, executions): &(Benchmark, Vec<Execution>)| executions.len() == self.n_rounds;
            if !self.results[side].values().all(is_whole) {
                let cause = "not every round of it left the same results".to_owned();
                self.failed = Some((side, ProcessFailed { cause, output: String::new() }));
            }
        }
    }

    fn estimate(&self) -> Option<f64> {
        let locations =
            |side: usize| Some(self.results[side].values().next()?.1.iter().map(|e| e.location(Estimator::Typical)));
        let ratios: Vec<f64> = locations(0)?.zip(locations(1)?).map(|(b, c)| c.ln() - b.ln()).collect();
        Some(pseudomedian(&ratios)).filter(|estimate| estimate.is_finite())
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::compare::{NoiseThreshold, Policy, compare_rounds};

    /// Has all go on, and runs nothing.
    struct Reads;

    impl Watcher for Reads {
        fn open(&mut self, _: &Run, candidate: &Run, _: &[Look]) -> Open {
            let undecided = candidate.benchmarks.iter().map(|benchmark| benchmark.id.clone()).collect();
            Open { undecided, hopeless: BTreeSet::new() }
        }

        fn record(&mut self, _: &RoundsRecord) {}

        fn progress(&mut self, _: Progress<'_>) {}

        fn suspended(&mut self, _: &str, _: usize) {}

        fn is_stopped(&self) -> bool {
            true
        }
    }

    const N_ROUNDS: usize = 8;

    fn session() -> Session {
        let suites = [vec![Suite::of_ids("s", &["f", "g", "gone"])], vec![Suite::of_ids("s", &["f", "g"])]];
        Session::new(["old".to_owned(), "new".to_owned()], suites, &BTreeMap::new(), |_| true)
    }

    fn result(id: &str, typical: f64) -> Value {
        json!({
            "id": id, "directory": id, "root": "", "unit": "ns", "throughput": {"kind": "bytes", "bytes": 3},
            "typical": typical, "median": typical, "lower_quartile": typical, "minimum": typical, "mean": typical,
            "standard_deviation": 0.1, "standard_error": 0.01, "n_measurements": 10, "mode": "flat", "evidence": "sample",
            "fingerprint": 7, "measured_at": 1_700_000_000_000_u64,
            "cpu": {"per_iteration": typical, "wall_per_iteration": typical, "around": 0.1, "is_long": true, "waits": 1,
                "preemptions": 2, "steal": 0.0},
        })
    }

    /// What a session with seed 1 has recorded.
    fn recorded() -> Vec<Value> {
        let (mut order, mut records) = (Order::new(1), Vec::new());
        for round in 0..=N_ROUNDS {
            for Step { job, candidate_first } in order.round(if round == 0 { &[2] } else { &[0, 1] }) {
                let id = ["f", "g", "gone"][job];
                let result = result(id, 100.0 + (round * 7 % 5) as f64);
                let results = if job == 2 { json!([[result], []]) } else { json!([[result], [result]]) };
                records
                    .push(json!({"kind": "measured", "round": round, "job": job, "candidate_first": candidate_first,
                    "seconds": 0.25, "results": results}));
            }
        }
        records.push(json!({"kind": "look", "rounds": N_ROUNDS, "open": [0, 1]}));
        records
    }

    /// What is taken up of them, and what is then said.
    fn taken_up(records: &[Value]) -> Result<usize, Diverged> {
        let read = |record: &Value| serde_json::from_str(&record.to_string()).ok();
        let records: Vec<RoundsRecord> = records.iter().map_while(read).collect();
        let looks = vec![Look { rounds: N_ROUNDS, alpha: 0.01 }, Look { rounds: 2 * N_ROUNDS, alpha: 0.01 }];
        let mut session = session();
        let limits = Limits { looks: looks.clone(), budget: Some(Duration::from_secs(300)) };
        session.run(&limits, 1, records, &mut Reads)?;
        let [baseline, candidate] = session.runs();
        let policy = Policy::new(NoiseThreshold::from_percent(5.0).expect("valid"), 0.05);
        Ok(compare_rounds(&baseline, &candidate, &looks[..1], &policy).compared.len())
    }

    /// Calls it with all that is neither a list nor an object.
    fn each_leaf(value: &mut Value, call: &mut dyn FnMut(&mut Value)) {
        match value {
            Value::Array(items) if !items.is_empty() => items.iter_mut().for_each(|item| each_leaf(item, call)),
            Value::Object(fields) => fields.values_mut().for_each(|item| each_leaf(item, call)),
            leaf => call(leaf),
        }
    }

    #[test]
    fn what_was_recorded_is_taken_up_and_what_a_side_lacks_is_not_made_up() {
        assert_eq!(taken_up(&recorded()), Ok(2));
        let mut empty = recorded();
        empty[3]["results"] = json!([[], []]);
        assert_eq!(taken_up(&empty), Err(Diverged));
        let mut strange = recorded();
        strange[0]["results"][1] = json!([result("gone", 1.0)]);
        assert_eq!(taken_up(&strange), Err(Diverged));
        let mut many = recorded();
        many[3]["results"][0][0]["n_measurements"] = json!(u64::MAX);
        assert_eq!(taken_up(&many), Err(Diverged));
    }

    proptest! {
        /// Whatever somebody has made of the records: they are taken up or refused.
        #[test]
        fn no_record_is_too_strange(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..14_usize), 1..4)
        ) {
            let mut records = recorded();
            for (which, where_, what) in changes {
                let which = which.index(records.len());
                let new = match what {
                    0 => json!(0),
                    1 => json!(-1),
                    2 => json!(u64::MAX),
                    3 => json!(1.7e308),
                    4 => json!(1.8e19),
                    5 => json!(5e-324),
                    6 => json!(""),
                    7 => json!("a".repeat(9)),
                    8 => json!(null),
                    9 => json!([]),
                    10 => json!(true),
                    _ => {
                        let record = records.remove(which);
                        match what {
                            11 => records.insert(0, record),
                            12 => records.extend([record.clone(), record]),
                            _ => {}
                        }
                        continue;
                    }
                };
                let mut n_leaves = 0;
                each_leaf(&mut records[which], &mut |_| n_leaves += 1);
                let mut left = where_.index(n_leaves);
                each_leaf(&mut records[which], &mut |leaf| {
                    if left == 0 {
                        *leaf = new.clone();
                    }
                    left = left.wrapping_sub(1);
                });
            }
            let _ = taken_up(&records);
        }
    }
}
