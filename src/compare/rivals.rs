//! Implementations of the same workloads beside one another: how many times faster, and what forbids to say so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use crate::model::{Benchmark, BenchmarkId, Estimator, Evidence, Execution, Peak, Run, Unit, Work};
use crate::stats::{Difference, Interval, mean_difference, median, welch};

/// One execution of either implementation or of both: a Criterion folder with what its measurements say of their work.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RivalRun {
    /// The benchmarks.
    pub run: Run,
    /// What was computed, by benchmark.
    pub works: BTreeMap<BenchmarkId, Work>,
}

/// Who is compared, and how sure we want to be.
#[derive(Debug, Clone, PartialEq)]
pub struct RivalsOptions {
    /// The part of the id that names our implementation, as `candle-metal` in `softmax/candle-metal/4x16x1024`.
    pub ours: String,
    /// The part that names theirs.
    pub theirs: String,
    /// The confidence of the intervals, a fraction. Each interval holds for itself.
    pub confidence: f64,
    /// Executions a side below which nothing is said.
    pub min_executions: usize,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rival {
    /// Our implementation.
    Ours,
    /// The other one.
    Theirs,
}

/// Two implementations, workload by workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Rivalry {
    /// Every workload that both have, in the order of their ids.
    pub workloads: Vec<RivalWorkload>,
    /// The geometric mean over **all** workloads; `None` where one of them may not be told, as a mean of the others would be
    /// picked.
    pub together: Option<Speedup>,
    /// Benchmarks of one of the two that the other lacks.
    pub alone: Vec<(Rival, BenchmarkId)>,
    /// What the measurements of each say of it, ours and theirs.
    pub facts: [RivalFacts; 2],
    /// When the first and the last result of either was written, where all say.
    pub measured_at: Option<[SystemTime; 2]>,
    /// Copies of executions, which were left out: each counts once.
    pub n_copies: usize,
}

/// What one implementation's measurements say of it: each word that any of them says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RivalFacts {
    /// Versions of libraries, by name.
    pub versions: BTreeMap<String, BTreeSet<String>>,
    /// Whose matrix products.
    pub blas: BTreeSet<String>,
    /// Threads that compute one operation.
    pub threads: BTreeSet<u64>,
    /// In which numbers.
    pub precisions: BTreeSet<String>,
    /// Kinds of devices with their names.
    pub devices: BTreeSet<String>,
    /// What was waited for.
    pub waits: BTreeSet<String>,
}

/// One workload of both.
#[derive(Debug, Clone, PartialEq)]
pub struct RivalWorkload {
    /// Our benchmark.
    pub ours: BenchmarkId,
    /// Theirs.
    pub theirs: BenchmarkId,
    /// Medians of the executions per iteration, ours and theirs, in `unit`.
    pub times: [f64; 2],
    /// The fastest execution of each.
    pub fastest: [f64; 2],
    /// What the times count.
    pub unit: Unit,
    /// Executions of each.
    pub n_executions: [usize; 2],
    /// How many times the machine's floor each takes; `None` where work or machine are not known.
    pub above_floor: [Option<f64>; 2],
    /// How many times faster ours is; `None` where a side has fewer than two executions.
    pub speedup: Option<Speedup>,
    /// What forbids to tell it.
    pub refusals: Vec<Refusal>,
}

/// How many times faster ours is than theirs: their time over ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speedup {
    /// The estimate; below 1 ours is slower.
    pub estimate: f64,
    /// Its interval.
    pub interval: Interval,
}

/// Why a ratio may not be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Nothing says what was computed.
    NoWork(Rival),
    /// It says nothing by which the result could be known.
    NoChecksum(Rival),
    /// The results differ, so the work did.
    ChecksumsDiffer,
    /// Executions of one side computed different things.
    WorkVaries(Rival),
    /// Several benchmarks of one execution have this id, so that nobody knows which of them is meant.
    SeveralOfOneId(Rival),
    /// Both name the workload differently.
    WorkloadsDiffer([String; 2]),
    /// The clock was read before the device had finished.
    NotSynchronised(Rival),
    /// Faster than the hardware can be.
    BelowFloor(Rival),
    /// They computed in different precisions.
    PrecisionsDiffer([String; 2]),
    /// They ran on different devices.
    DevicesDiffer([String; 2]),
    /// The one waited for each operation, the other for many at once.
    WaitsDiffer([String; 2]),
    /// What is counted is not the same.
    UnitsDiffer,
    /// Too few executions to know how much they vary.
    TooFewExecutions {
        /// How many are needed a side.
        needed: usize,
    },
    /// It holds `--quick` results, or only printed estimates.
    WeakEvidence(Rival),
    /// A time that is zero or negative.
    NotPositive(Rival),
}

impl Speedup {
    fn new(difference: &Difference, confidence: f64) -> Speedup {
        Speedup { estimate: difference.difference.exp(), interval: difference.interval(confidence).exp() }
    }

    /// Whether the interval leaves no doubt who is faster.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.interval.lower > 1.0 || self.interval.upper < 1.0
    }
}

/// Compares two implementations over several executions. Never fails: what may not be told says why.
#[must_use]
pub fn rivals(runs: &[RivalRun], options: &RivalsOptions) -> Rivalry {
    let mut n_copies = 0;
    let ours = side(runs, &options.ours, &mut n_copies);
    let theirs = side(runs, &options.theirs, &mut n_copies);
    let mut alone = Vec::new();
    let mut workloads = Vec::new();
    let mut differences = Vec::new();
    for (workload, mine) in &ours {
        let Some(other) = theirs.get(workload) else {
            alone.push((Rival::Ours, mine.id.clone()));
            continue;
        };
        let (row, difference) = compare(mine, other, options);
        differences.push(difference.filter(|_| row.refusals.is_empty()));
        workloads.push(row);
    }
    alone.extend(
        theirs.iter().filter(|(workload, _)| !ours.contains_key(*workload)).map(|(_, s)| (Rival::Theirs, s.id.clone())),
    );
    let told: Option<Vec<Difference>> = differences.into_iter().collect();
    let together = told.and_then(|told| mean_difference(&told)).map(|mean| Speedup::new(&mean, options.confidence));
    workloads.sort_by(|a, b| a.ours.as_str().cmp(b.ours.as_str()).then_with(|| a.ours.cmp(&b.ours)));
    alone.sort();
    let facts = [facts(&ours), facts(&theirs)];
    let all = || ours.values().chain(theirs.values());
    let executions = || all().flat_map(|side| &side.benchmarks).flat_map(|benchmark| benchmark.executions.iter());
    let times: Option<BTreeSet<SystemTime>> = executions().map(|execution| execution.measured_at).collect();
    let measured_at = times.and_then(|times| Some([*times.first()?, *times.last()?]));
    Rivalry { workloads, together, alone, facts, measured_at, n_copies }
}

fn facts(side: &BTreeMap<Workload, Side<'_>>) -> RivalFacts {
    let mut facts = RivalFacts::default();
    for work in side.values().flat_map(|side| side.works.iter().copied().flatten()) {
        for (name, version) in &work.versions {
            facts.versions.entry(name.clone()).or_default().insert(version.clone());
        }
        facts.blas.extend(work.blas.clone());
        facts.threads.extend(work.threads);
        facts.precisions.extend(work.precision.clone());
        facts.waits.extend(work.waits.clone());
        if work.device_kind.is_some() || work.device_name.is_some() {
            facts.devices.insert(device(work));
        }
    }
    facts
}

/// In place of what an implementation doesn't say.
const NOT_STATED: &str = "(not stated)";

/// A device in words: `cpu, AMD EPYC`.
fn device(work: &Work) -> String {
    let parts = [&work.device_kind, &work.device_name];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// One implementation's executions of one workload.
struct Side<'a> {
    id: BenchmarkId,
    benchmarks: Vec<&'a Benchmark>,
    works: Vec<Option<&'a Work>>,
    /// Whether a run has several benchmarks of this id, each in a folder of its own.
    is_ambiguous: bool,
}

/// The parts of an id but for the implementation's: what both have in common.
type Workload = (String, Vec<String>);

fn side<'a>(runs: &'a [RivalRun], implementation: &str, n_copies: &mut usize) -> BTreeMap<Workload, Side<'a>> {
    let mut found: BTreeMap<Workload, Side<'a>> = BTreeMap::new();
    for RivalRun { run, works } in runs {
        for benchmark in &run.benchmarks {
            let Some(workload) = workload(&benchmark.id, implementation) else { continue };
            let side = found.entry(workload).or_insert_with(|| Side {
                id: benchmark.id.clone(),
                benchmarks: Vec::new(),
                works: Vec::new(),
                is_ambiguous: false,
            });
            // Benchmarks of one id are no executions of one another.
            side.is_ambiguous |= benchmark.id != side.id;
            let is_copy = |known: &&Benchmark| benchmark.executions.iter().any(|e| known.executions.has(e));
            if side.benchmarks.iter().any(is_copy) {
                *n_copies += 1;
                continue;
            }
            side.benchmarks.push(benchmark);
            side.works.push(works.get(&benchmark.id));
        }
    }
    found
}

fn workload(id: &BenchmarkId, implementation: &str) -> Option<Workload> {
    let mut parts: Vec<String> = id.as_str().split('/').map(str::to_owned).collect();
    let at = parts.iter().position(|part| part == implementation)?;
    parts[at] = "*".to_owned();
    Some((id.root().to_owned(), parts))
}

fn compare(ours: &Side<'_>, theirs: &Side<'_>, options: &RivalsOptions) -> (RivalWorkload, Option<Difference>) {
    let mut refusals = BTreeSet::new();
    let sides = [(Rival::Ours, ours), (Rival::Theirs, theirs)];
    // Who doesn't know the machine may be told by who ran on the same.
    let peaks = match (ours.work(), theirs.work()) {
        (Some(a), Some(b)) if a.is_on_the_device_of(b) => [b.peak, a.peak],
        _ => [Peak::default(); 2],
    };
    let times = sides.map(|(_, side)| side.times());
    for (((rival, side), times), peak) in sides.iter().zip(&times).zip(peaks) {
        refusals.extend(side.refusals(*rival, peak));
        if times.iter().any(|time| !time.is_finite() || *time <= 0.0) {
            refusals.insert(Refusal::NotPositive(*rival));
        }
        if times.len() < options.min_executions {
            refusals.insert(Refusal::TooFewExecutions { needed: options.min_executions });
        }
    }
    if let (Some(a), Some(b)) = (ours.work(), theirs.work()) {
        refusals.extend(unequal(a, b));
    }
    let units: Vec<&Unit> = sides.iter().flat_map(|(_, side)| side.benchmarks.iter().map(|b| &b.unit)).collect();
    let unit = units.first().map_or(Unit::Unstated, |unit| (*unit).clone());
    if units.iter().any(|other| !other.is_comparable_with(&unit)) {
        refusals.insert(Refusal::UnitsDiffer);
    }
    let logs = times.clone().map(|times| times.iter().map(|time| time.ln()).collect::<Vec<f64>>());
    // Theirs over ours: candidate minus baseline, with ours as the baseline.
    let difference = welch(&logs[0], &logs[1]).filter(|d| d.difference.is_finite() && d.standard_error.is_finite());
    let row = RivalWorkload {
        ours: ours.id.clone(),
        theirs: theirs.id.clone(),
        times: times.clone().map(|times| median(&times)),
        fastest: times.clone().map(|times| times.iter().copied().fold(f64::INFINITY, f64::min)),
        unit,
        n_executions: times.clone().map(|times| times.len()),
        above_floor: [ours.above_floor(peaks[0]), theirs.above_floor(peaks[1])],
        speedup: difference.map(|difference| Speedup::new(&difference, options.confidence)),
        refusals: refusals.into_iter().collect(),
    };
    (row, difference)
}

/// In what two sides' work differs.
fn unequal(ours: &Work, theirs: &Work) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let pair = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
    if ours.workload != theirs.workload {
        refusals.push(Refusal::WorkloadsDiffer(pair(&ours.workload, &theirs.workload)));
    }
    if let (Some(a), Some(b)) = (&ours.checksum, &theirs.checksum)
        && !a.agrees(b, ours.tolerance.min(theirs.tolerance))
    {
        refusals.push(Refusal::ChecksumsDiffer);
    }
    // What only one of them says isn't known to be the same.
    let words = |text: &Option<String>| text.as_deref().unwrap_or(NOT_STATED).to_owned();
    if ours.precision != theirs.precision {
        refusals.push(Refusal::PrecisionsDiffer([words(&ours.precision), words(&theirs.precision)]));
    }
    if ours.waits != theirs.waits {
        refusals.push(Refusal::WaitsDiffer([words(&ours.waits), words(&theirs.waits)]));
    }
    if !ours.is_on_the_device_of(theirs) || ours.device_kind.is_some() != theirs.device_kind.is_some() {
        let words = |work: &Work| Some(device(work)).filter(|words| !words.is_empty());
        refusals.push(Refusal::DevicesDiffer([words(ours), words(theirs)].map(|w| w.unwrap_or(NOT_STATED.to_owned()))));
    }
    refusals
}

impl Side<'_> {
    /// One time an execution, per iteration.
    fn times(&self) -> Vec<f64> {
        let executions = self.benchmarks.iter().flat_map(|benchmark| benchmark.executions.iter());
        executions.map(|execution| execution.location(Estimator::Typical)).collect()
    }

    fn work(&self) -> Option<&Work> {
        self.works.iter().copied().flatten().next()
    }

    fn refusals(&self, rival: Rival, lent: Peak) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        if self.is_ambiguous {
            refusals.push(Refusal::SeveralOfOneId(rival));
        }
        let Some(first) = self.work().filter(|_| self.works.iter().all(Option::is_some)) else {
            refusals.push(Refusal::NoWork(rival));
            return refusals;
        };
        let all = || self.works.iter().copied().flatten();
        // Of no numbers, any two results are the same.
        if all().any(|work| work.checksum.is_none_or(|checksum| checksum.elements == 0)) {
            refusals.push(Refusal::NoChecksum(rival));
        }
        let is_same = |work: &Work| {
            let agrees = match (&first.checksum, &work.checksum) {
                (Some(a), Some(b)) => a.agrees(b, first.tolerance.min(work.tolerance)),
                _ => true,
            };
            agrees
                && (&work.workload, &work.precision, &work.device_kind, &work.device_name, &work.versions, &work.waits)
                    == (
                        &first.workload,
                        &first.precision,
                        &first.device_kind,
                        &first.device_name,
                        &first.versions,
                        &first.waits,
                    )
        };
        if !all().all(is_same) {
            refusals.push(Refusal::WorkVaries(rival));
        }
        if all().any(|work| !work.is_synchronised || work.never_waits()) {
            refusals.push(Refusal::NotSynchronised(rival));
        }
        let below = self.benchmarks.iter().zip(&self.works).any(|(benchmark, work)| {
            let seconds = |e: &Execution| e.location(Estimator::Typical) * 1e-9;
            benchmark.unit.is_time()
                && work.is_some_and(|work| {
                    let work = Work { peak: work.peak.or(lent), ..work.clone() };
                    benchmark.executions.iter().any(|e| work.is_impossible(seconds(e)))
                })
        });
        if below {
            refusals.push(Refusal::BelowFloor(rival));
        }
        if self.benchmarks.iter().any(|b| b.executions.evidence() != Evidence::Sample) {
            refusals.push(Refusal::WeakEvidence(rival));
        }
        refusals
    }

    /// The median time over the floor.
    fn above_floor(&self, lent: Peak) -> Option<f64> {
        let is_time = self.benchmarks.iter().all(|b| b.unit.is_time());
        let work = self.work()?;
        let work = Work { peak: work.peak.or(lent), ..work.clone() };
        let floor = work.floor_seconds().filter(|_| is_time)?;
        Some(median(&self.times()) * 1e-9 / floor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Checksum, Executions, Rate};

    fn work(implementation: &str, workload: &str) -> Work {
        Work {
            workload: workload.to_owned(),
            implementation: implementation.to_owned(),
            is_synchronised: true,
            waits: Some("each".to_owned()),
            checksum: Some(Checksum { elements: 4, sum_abs: 1.0, sum_squares: 1.0, projection: 0.5 }),
            tolerance: 1e-4,
            precision: Some("f32".to_owned()),
            blas: None,
            threads: None,
            device_kind: Some("cpu".to_owned()),
            device_name: None,
            versions: BTreeMap::new(),
            flops: Some(1e3),
            bytes: None,
            peak: Peak { flops: Some(Rate { per_second: 1e12, is_probed: false }), bytes: None },
        }
    }

    /// One execution with a time for each of both, a workload each.
    fn run(times: &[[f64; 2]]) -> RivalRun {
        let mut found = RivalRun::default();
        for (i, times) in times.iter().enumerate() {
            for (name, time) in ["ours", "theirs"].iter().zip(times) {
                let id = BenchmarkId::from_name(&format!("w{i}/{name}/8"));
                found.works.insert(id.clone(), work(name, &format!("w{i}/8")));
                found.run.benchmarks.push(Benchmark {
                    id,
                    throughput: None,
                    unit: Unit::Nanoseconds,
                    executions: Executions::from(Execution::constant(*time)),
                    overwritten: None,
                });
            }
        }
        found
    }

    fn options() -> RivalsOptions {
        RivalsOptions { ours: "ours".to_owned(), theirs: "theirs".to_owned(), confidence: 0.95, min_executions: 3 }
    }

    fn five() -> Vec<RivalRun> {
        [0.99, 0.999, 1.01, 1.0, 1.001].map(|x| run(&[[100.0 * x, 250.0 / x], [80.0 / x, 40.0 * x]])).to_vec()
    }

    fn works<'a>(runs: &'a mut [RivalRun], name: &str) -> Vec<&'a mut Work> {
        let works = runs.iter_mut().flat_map(|run| run.works.values_mut());
        works.filter(|work| work.implementation == name).collect()
    }

    fn refusals(runs: &[RivalRun]) -> Vec<Refusal> {
        rivals(runs, &options()).workloads[0].refusals.clone()
    }

    #[test]
    fn times_faster_with_the_slower_told_as_well() {
        let told = rivals(&five(), &options());
        assert_eq!(told.workloads.iter().map(|w| w.refusals.len()).collect::<Vec<_>>(), [0, 0]);
        let speedup = |i: usize| told.workloads[i].speedup.expect("five executions");
        assert!((speedup(0).estimate - 2.5).abs() < 0.01 && speedup(0).is_decided());
        assert!((speedup(1).estimate - 0.5).abs() < 0.01 && speedup(1).interval.upper < 1.0);
        let together = told.together.expect("nothing is refused");
        assert!((together.estimate - 1.25_f64.sqrt()).abs() < 0.01);
        assert_eq!(told.facts[0].precisions, ["f32".to_owned()].into());
        assert_eq!((told.facts[1].devices.len(), told.measured_at), (1, None));
        let above = told.workloads[0].above_floor.map(|above| above.expect("work and machine are known"));
        assert!((above[0] - 100.0).abs() < 1e-6 && (above[1] - 250.0).abs() < 1e-6, "{above:?}");
    }

    #[test]
    fn what_forbids_a_ratio() {
        let check = |change: &dyn Fn(&mut [RivalRun]), want: Refusal| {
            let mut runs = five();
            change(&mut runs);
            assert_eq!(refusals(&runs), std::slice::from_ref(&want), "{want:?}");
            assert_eq!(rivals(&runs, &options()).together, None, "{want:?}");
        };
        let all = |runs: &mut [RivalRun], name: &str, change: &dyn Fn(&mut Work)| {
            works(runs, name).into_iter().filter(|w| w.workload == "w0/8").for_each(change);
        };
        check(&|r| all(r, "theirs", &|w| w.is_synchronised = false), Refusal::NotSynchronised(Rival::Theirs));
        check(&|r| all(r, "ours", &|w| w.checksum = None), Refusal::NoChecksum(Rival::Ours));
        let half = |w: &mut Work| w.checksum = w.checksum.map(|c| Checksum { sum_abs: 0.5, ..c });
        check(&|r| all(r, "theirs", &half), Refusal::ChecksumsDiffer);
        check(&|r| half(works(&mut r[1..2], "theirs")[0]), Refusal::WorkVaries(Rival::Theirs));
        check(&|r| all(r, "ours", &|w| w.flops = Some(1e6)), Refusal::BelowFloor(Rival::Ours));
        let tf32 = |w: &mut Work| w.precision = Some("tf32".to_owned());
        check(&|r| all(r, "theirs", &tf32), Refusal::PrecisionsDiffer(["f32".to_owned(), "tf32".to_owned()]));
        let gpu = |w: &mut Work| w.device_kind = Some("cuda".to_owned());
        check(&|r| all(r, "theirs", &gpu), Refusal::DevicesDiffer(["cpu".to_owned(), "cuda".to_owned()]));
        let batch = |w: &mut Work| w.waits = Some("batch".to_owned());
        check(&|r| all(r, "ours", &batch), Refusal::WaitsDiffer(["batch".to_owned(), "each".to_owned()]));
        // What only one of them says isn't known to be the same.
        let silent = "(not stated)".to_owned();
        check(
            &|r| all(r, "ours", &|w| w.precision = None),
            Refusal::PrecisionsDiffer([silent.clone(), "f32".to_owned()]),
        );
        check(&|r| all(r, "theirs", &|w| w.waits = None), Refusal::WaitsDiffer(["each".to_owned(), silent.clone()]));
        check(
            &|r| all(r, "theirs", &|w| w.device_kind = None),
            Refusal::DevicesDiffer(["cpu".to_owned(), silent.clone()]),
        );
        let none = |w: &mut Work| w.checksum = w.checksum.map(|c| Checksum { elements: 0, ..c });
        let mut runs = five();
        ["ours", "theirs"].iter().for_each(|name| all(&mut runs, name, &none));
        assert_eq!(refusals(&runs), [Refusal::NoChecksum(Rival::Ours), Refusal::NoChecksum(Rival::Theirs)]);
        check(
            &|r| works(&mut r[1..2], "ours")[0].device_name = Some("another".to_owned()),
            Refusal::WorkVaries(Rival::Ours),
        );
        // Whoever never waits for a device that works beside has not been timed, whatever it thinks of it.
        let mut runs = five();
        for name in ["ours", "theirs"] {
            all(&mut runs, name, &|w| w.waits = Some("never".to_owned()));
        }
        assert_eq!(refusals(&runs), [], "a processor has finished when it returns");
        for name in ["ours", "theirs"] {
            all(&mut runs, name, &|w| w.device_kind = Some("cuda".to_owned()));
        }
        assert_eq!(refusals(&runs), [Refusal::NotSynchronised(Rival::Ours), Refusal::NotSynchronised(Rival::Theirs)]);
        // Who states no peak is held to that of the other, on the same device.
        let unknowing = |w: &mut Work| *w = Work { peak: Peak::default(), flops: Some(1e6), ..w.clone() };
        check(&|r| all(r, "theirs", &unknowing), Refusal::BelowFloor(Rival::Theirs));
        check(&|r| r[0].works.retain(|id, _| id.as_str() != "w0/ours/8"), Refusal::NoWork(Rival::Ours));
        let zero = |b: &mut Benchmark| b.executions = Execution::constant(0.0).into();
        // Also faster than the hardware can be.
        let mut runs = five();
        zero(&mut runs[1].run.benchmarks[0]);
        assert_eq!(refusals(&runs), [Refusal::BelowFloor(Rival::Ours), Refusal::NotPositive(Rival::Ours)]);
    }

    #[test]
    fn one_execution_is_no_interval() {
        let told = rivals(&five()[..1], &options());
        assert_eq!(told.workloads[0].refusals, [Refusal::TooFewExecutions { needed: 3 }]);
        assert_eq!((told.workloads[0].speedup, told.together), (None, None));
    }

    #[test]
    fn a_copy_is_no_execution() {
        let runs = five();
        let twice = [runs.clone(), runs].concat();
        let told = rivals(&twice, &options());
        assert_eq!((told.workloads[0].n_executions, told.n_copies), ([5, 5], 20));
    }

    #[test]
    fn benchmarks_of_one_id_are_no_executions_of_one_another() {
        let mut runs = five();
        for run in &mut runs {
            let mut second = run.run.benchmarks[0].clone();
            second.id = BenchmarkId::new("", "w0/ours/8_2", "w0/ours/8");
            second.executions = Execution::constant(second.executions.first().typical * 1.5).into();
            run.works.insert(second.id.clone(), work("ours", "w0/8"));
            run.run.benchmarks.push(second);
        }
        let told = rivals(&runs, &options());
        assert_eq!(told.workloads[0].refusals, [Refusal::SeveralOfOneId(Rival::Ours)]);
        assert!(told.workloads[1].refusals.is_empty() && told.together.is_none());
    }

    #[test]
    fn what_only_one_has_is_told() {
        let mut runs = five();
        for run in &mut runs {
            run.run.benchmarks.retain(|b| b.id.as_str() != "w1/ours/8" && b.id.as_str() != "w0/theirs/8");
        }
        let told = rivals(&runs, &options());
        let name = BenchmarkId::from_name;
        assert_eq!(told.alone, [(Rival::Ours, name("w0/ours/8")), (Rival::Theirs, name("w1/theirs/8"))]);
        assert!(told.workloads.is_empty() && told.together.is_none());
    }

    proptest! {
        #[test]
        fn who_is_ours_only_turns_the_ratio_over(times in proptest::collection::vec([50.0..150.0_f64, 50.0..150.0_f64], 3..8)) {
            let runs: Vec<RivalRun> = times.iter().map(|times| run(&[*times])).collect();
            let one = rivals(&runs, &options());
            let swapped = RivalsOptions { ours: "theirs".to_owned(), theirs: "ours".to_owned(), ..options() };
            let other = rivals(&runs, &swapped);
            let (one, other) = (one.workloads[0].speedup.expect("some"), other.workloads[0].speedup.expect("some"));
            prop_assert!((one.estimate * other.estimate - 1.0).abs() < 1e-9);
            prop_assert!((one.interval.lower * other.interval.upper - 1.0).abs() < 1e-9);
        }

        #[test]
        fn the_order_of_executions_is_nothing(times in proptest::collection::vec([50.0..150.0_f64, 50.0..150.0_f64], 3..8)) {
            let mut runs: Vec<RivalRun> = times.iter().map(|times| run(&[*times])).collect();
            let one = rivals(&runs, &options()).workloads[0].speedup.expect("some");
            runs.reverse();
            let other = rivals(&runs, &options()).workloads[0].speedup.expect("some");
            prop_assert!((one.estimate - other.estimate).abs() < 1e-9 && (one.interval.lower - other.interval.lower).abs() < 1e-6);
        }
    }
}
