//! Rounds as they are run, and what they have measured so far.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::executable::{ProcessFailed, Suite};
use super::rounds::{Order, Step, closing_look};
use crate::model::{
    Absent, Benchmark, BenchmarkId, Estimator, Execution, Executions, Run, Warning, WarningKind, WhyAbsent,
};
use crate::stats::{Look, pseudomedian};

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
    /// The candidate's benchmarks that more rounds could decide, after these looks.
    fn open(&mut self, baseline: &Run, candidate: &Run, looks: &[Look]) -> BTreeSet<BenchmarkId>;
    /// Before each benchmark of a round.
    fn progress(&mut self, progress: Progress<'_>);
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
}

/// Two sides' suites, and what was measured of them.
#[derive(Debug)]
pub struct Session {
    labels: [String; 2],
    suites: [Vec<Suite>; 2],
    jobs: Vec<Job>,
    warnings: Vec<Warning>,
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
        let mut session = Session { labels, suites, jobs, warnings: Vec::new() };
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

    /// Runs rounds until all is decided, or a limit is met.
    pub fn run(&mut self, limits: &Limits, seed: u64, watcher: &mut impl Watcher) -> Ended {
        let start = Instant::now();
        let mut order = Order::new(seed);
        let mut made: Vec<Look> = Vec::new();
        let ended = |made: Vec<Look>, how| Ended { looks: made, how };
        // What only one side has is run once: to be told as it is, and for a new benchmark to be seen to work.
        let unpaired: Vec<usize> = (0..self.jobs.len()).filter(|job| !self.jobs[*job].is_paired()).collect();
        if !self.round(&unpaired, &mut order, &mut |_, _, _| (), watcher) {
            return ended(made, HowEnded::Interrupted);
        }
        let mut open: Vec<usize> = (0..self.jobs.len()).filter(|job| self.jobs[*job].is_paired()).collect();
        let mut n_rounds = 0;
        let mut per_job = Duration::ZERO;
        for look in &limits.looks {
            while n_rounds < look.rounds {
                open.retain(|job| self.jobs[*job].failed.is_none());
                if open.is_empty() {
                    return ended(made, HowEnded::Complete);
                }
                let left = limits.budget.map(|budget| budget.saturating_sub(start.elapsed()));
                let next = per_job * u32::try_from(open.len()).unwrap_or(u32::MAX);
                if left.is_some_and(|left| left < next || left.is_zero()) {
                    if let Some(closing) = closing_look(&limits.looks, n_rounds) {
                        made.push(closing);
                    }
                    return ended(made, HowEnded::BudgetSpent);
                }
                let (round_start, n_open) = (Instant::now(), open.len());
                let tell = |watcher: &mut dyn Watcher, job: &Job, i: usize| {
                    let rounds_left = u32::try_from(look.rounds - n_rounds).unwrap_or(u32::MAX);
                    let to_look = (next * rounds_left).checked_sub(per_job * u32::try_from(i).unwrap_or(0));
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
                if !self.round(&open, &mut order, &mut |w, job, i| tell(w, job, i), watcher) {
                    return ended(made, HowEnded::Interrupted);
                }
                n_rounds += 1;
                per_job = round_start.elapsed() / u32::try_from(n_open).unwrap_or(u32::MAX).max(1);
            }
            made.push(*look);
            let [baseline, candidate] = self.runs();
            let undecided = watcher.open(&baseline, &candidate, &made);
            open.retain(|job| self.jobs[*job].results[1].keys().any(|id| undecided.contains(id)));
        }
        ended(made, HowEnded::Complete)
    }

    /// Runs each of these jobs once on each side that has it; `false` when it was stopped.
    fn round<W: Watcher>(
        &mut self,
        jobs: &[usize],
        order: &mut Order,
        tell: &mut dyn FnMut(&mut dyn Watcher, &Job, usize),
        watcher: &mut W,
    ) -> bool {
        for (i, step) in order.round(jobs).into_iter().enumerate() {
            if watcher.is_stopped() {
                return false;
            }
            tell(watcher, &self.jobs[step.job], i);
            let measured = self.measure(step);
            // Whoever stops the tool at a terminal stops the benchmark as well, which is then no failure of its own.
            if watcher.is_stopped() {
                return false;
            }
            self.jobs[step.job].add(measured);
        }
        true
    }

    /// One process of each side.
    fn measure(&self, step: Step) -> Result<[Vec<Benchmark>; 2], (usize, ProcessFailed)> {
        let job = &self.jobs[step.job];
        let mut measured = [Vec::new(), Vec::new()];
        for side in if step.candidate_first { [1, 0] } else { [0, 1] } {
            if let Some(suite) = self.suite(job, side) {
                measured[side] = suite.run(&job.ids[side]).map_err(|failed| (side, failed))?;
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
        }
    }

    fn is_paired(&self) -> bool {
        self.suites.iter().all(Option::is_some)
    }

    fn sides(&self) -> impl Iterator<Item = usize> {
        let suites = self.suites;
        (0..2).filter(move |side| suites[*side].is_some())
    }

    /// Keeps a round, if both sides did it.
    fn add(&mut self, measured: Result<[Vec<Benchmark>; 2], (usize, ProcessFailed)>) {
        let measured = match measured {
            Ok(measured) => measured,
            Err(failed) => {
                self.failed = Some(failed);
                return;
            }
        };
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
