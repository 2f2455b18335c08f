//! What history costs: fills a store with made runs, and times what people wait for.
//!
//! ```text
//! cargo run --release --example store_cost -- STORE [BENCHMARKS [RUNS]]
//! ```
//!
//! STORE is what `regress record --store` takes. It is filled up to so many runs, by default 1 000 benchmarks × 10 000 runs, so that
//! one that was made before is measured at once. The numbers are as hard to compress as measured ones: their last digits are random.

use std::time::{Duration, Instant, SystemTime};

use criterion_regress::model::{Benchmark, BenchmarkId, Environment, Evidence, Execution, SamplingMode, Unit};
use criterion_regress::store::{About, Access, Record, SeriesQuery, StoreLocation};

/// Numbers without a pattern, from a seed.
struct Chance(u64);

impl Chance {
    /// Between 0 and 1.
    fn uniform(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Roughly normal, of deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn run(chance: &mut Chance, i: u64, n_benchmarks: usize) -> Record {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000 + 3600 * i);
    let one = |k: usize, chance: &mut Chance| {
        let typical = 100.0 * 1.01_f64.powi((k % 1000) as i32) * (1.0 + 0.02 * chance.normal());
        let deviation = typical * 0.01 * (1.0 + 0.2 * chance.normal()).abs();
        let execution = Execution {
            typical,
            median: typical * (1.0 + 0.001 * chance.normal()),
            lower_quartile: typical * (0.99 + 0.001 * chance.normal()),
            minimum: typical * (0.98 + 0.002 * chance.normal()),
            mean: typical * (1.003 + 0.002 * chance.normal()),
            standard_deviation: deviation,
            standard_error: deviation / typical / 10.0,
            n_measurements: 100,
            mode: SamplingMode::Linear,
            evidence: Evidence::Sample,
            printed_verdict: None,
            cpu: None,
            fingerprint: chance.word(),
            measured_at: Some(at + Duration::from_millis(5000 * k as u64 + (1000.0 * chance.uniform()) as u64)),
        };
        Benchmark {
            id: BenchmarkId::from_name(&format!("group {}/function {}/{}", k / 50, k % 50 / 5, k % 5)),
            throughput: None,
            unit: Unit::Unstated,
            executions: execution.into(),
            overwritten: None,
        }
    };
    let about = About {
        revision: format!("{:016x}{:016x}{:08x}", chance.word(), chance.word(), i),
        branch: Some("main".to_owned()),
        committed_at: Some(at),
        environment: Environment {
            cpu: Some("made".to_owned()),
            executables: vec![format!("{:016x}", chance.word()).repeat(4)],
            ..Environment::default()
        },
    };
    let benchmarks = (0..n_benchmarks).map(|k| one(k, chance)).collect();
    Record::new(about, benchmarks, Vec::new())
}

/// Median, smallest and largest of times.
fn tell(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let n = times.len();
    let [median, smallest, largest] = [n / 2, 0, n - 1].map(|i| times[i].as_secs_f64() * 1e3);
    println!("{name}: {median:.2} ms ({smallest:.2}–{largest:.2}, {n} times)");
}

/// How long something takes.
fn time<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<Duration, E> {
    let started = Instant::now();
    drop(work()?);
    Ok(started.elapsed())
}

/// Does something several times, and tells how long that takes.
fn timed(
    name: &str,
    n: usize,
    mut work: impl FnMut() -> Result<(), Box<dyn std::error::Error>>,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut times = Vec::new();
    for _ in 0..n {
        times.push(time(&mut work)?);
    }
    tell(name, times);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let location = StoreLocation::parse(arguments.first().ok_or("which store?")?)?;
    let number = |i: usize, default: u64| arguments.get(i).map_or(Ok(default), |text| text.parse());
    let (n_benchmarks, n_runs) = (usize::try_from(number(1, 1000)?)?, number(2, 10_000)?);
    let here = std::env::current_dir()?;
    let mut store = location.open(&here, Access::Create)?;
    let n_there = store.runs()?.len() as u64;
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15 + n_there);
    let (started, mut making) = (Instant::now(), Duration::ZERO);
    for first in (n_there..n_runs).step_by(250) {
        let made = Instant::now();
        let records: Vec<Record> =
            (first..n_runs.min(first + 250)).map(|i| run(&mut chance, i, n_benchmarks)).collect();
        making += made.elapsed();
        store.append(&records)?;
    }
    let (n_new, seconds) = (n_runs.saturating_sub(n_there), (started.elapsed() - making).as_secs_f64());
    println!("{n_benchmarks} benchmarks × {n_runs} runs, of which {n_new} were loaded in {seconds:.1} s");
    let mut times = Vec::new();
    for i in 0..100 {
        let record = [run(&mut chance, n_runs.max(n_there) + i, n_benchmarks)];
        times.push(time(|| store.append(&record))?);
    }
    tell("append a run", times);
    drop(store);
    let name = "group 1/function 3/2";
    let mut n_points = 0;
    timed("one series, opening included", 101, || {
        let mut store = location.open(&here, Access::Existing)?;
        n_points = store.series(&SeriesQuery::of(name))?.iter().map(|series| series.points.len()).sum();
        Ok(())
    })?;
    println!("  points in it: {n_points}");
    let mut store = location.open(&here, Access::Existing)?;
    let mut sum = 0.0;
    let mut n = 0;
    timed("full scan", 7, || {
        (sum, n) = (0.0, 0);
        store.scan(&mut |piece| {
            sum += piece.typical.iter().sum::<f64>();
            n += piece.typical.len();
        })?;
        Ok(())
    })?;
    println!("  of {n} executions, mean {:.3}", sum / n as f64);
    let runs = store.runs()?;
    let last = runs.last().ok_or("no runs")?.key;
    timed("one whole run", 5, || store.record(last).map(drop).map_err(Into::into))?;
    let started = Instant::now();
    let compacted = store.compact()?;
    println!("compact: {:.2} s, {compacted:?}", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let verified = store.verify()?;
    let bytes = verified.n_bytes.unwrap_or_default();
    println!(
        "verify: {:.2} s, {} runs, {} bytes, {:.2} an execution, damage {:?}",
        started.elapsed().as_secs_f64(),
        verified.n_runs,
        bytes,
        bytes as f64 / verified.n_executions as f64,
        verified.damage
    );
    Ok(())
}
