//! A dashboard of made history, to look at, to test in a browser, and to time.
//!
//! ```text
//! cargo run --release --example made_dashboard -- FOLDER [BENCHMARKS [COMMITS]]
//! ```
//!
//! Two machines measure the last half of the commits on `main`, one of them all. Benchmarks are of three implementations each; every
//! seventh changes somewhere, some drift, one machine's compiler is upgraded, and a few names are hostile.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use criterion_regress::compare::{RivalRun, RivalsOptions, rivals};
use criterion_regress::dashboard::{
    DashboardHistory, DashboardPoint, DashboardRun, DashboardSeries, badge, picture, site, tracks,
};
use criterion_regress::history::FindingOptions;
use criterion_regress::model::{
    Benchmark, BenchmarkId, Checksum, Environment, Evidence, Execution, Run, SamplingMode, Throughput, Unit, Work,
};
use criterion_regress::report::{RivalsContext, RivalsReport};
use criterion_regress::stats::ChangePointOptions;

/// Numbers without a pattern, from a seed.
struct Chance(u64);

impl Chance {
    fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Roughly normal, of deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| (self.word() >> 11) as f64 / (1_u64 << 53) as f64).sum::<f64>() - 6.0
    }
}

const HOSTILE: [&str; 4] = [
    "<img src=x onerror=\"document.title='pwned'\">/</script><script>document.title='pwned'</script>",
    "a\u{202e}gnp.exe/\u{1b}[31m/&lt;b&gt;",
    "constructor/__proto__/toString",
    "'\"`${document.title='pwned'}`/%00/javascript:alert(1)",
];

const IMPLEMENTATIONS: [&str; 3] = ["mlx", "ours", "candle"];

fn name(i: usize, n: usize) -> String {
    if i + HOSTILE.len() >= n && n > HOSTILE.len() {
        return HOSTILE[n - 1 - i].to_owned();
    }
    let (group, implementation, value) = (i / 30, i % 3, i % 30 / 3);
    format!("op {group}/{}/{}", IMPLEMENTATIONS[implementation], 1 << (value + 6))
}

fn made(n_benchmarks: usize, n_commits: usize) -> DashboardHistory {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let machine = |cpu: &str, rustc: &str| {
        Arc::new(Environment {
            cpu: Some(cpu.to_owned()),
            cores: Some(8),
            os: Some("linux 6.1.0 x86_64".to_owned()),
            rustc: Some(rustc.to_owned()),
            ..Environment::default()
        })
    };
    let (old, new, laptop) =
        (machine("Xeon", "rustc 1.94.0"), machine("Xeon", "rustc 1.95.0"), machine("Ryzen", "rustc 1.95.0"));
    let is_small = n_commits < 1000;
    let mut runs = Vec::new();
    let mut places: Vec<(usize, bool, usize)> = Vec::new(); // commit, second machine, run
    let mut releases = Vec::new();
    for commit in 0..n_commits {
        let revision = format!("{:016x}{:016x}{commit:08x}", chance.word(), chance.word());
        if commit % (n_commits / 4).max(1) == n_commits / 8 {
            releases.push((revision.clone(), format!("v1.{}", releases.len())));
        }
        let run = |key: &str, environment: &Arc<Environment>, branch: &str| DashboardRun {
            revision: revision.clone(),
            branch: Some(branch.to_owned()),
            at: Some(1_700_000_000 + 14_400 * commit as i64),
            environment_key: key.to_owned(),
            environment: environment.clone(),
        };
        places.push((commit, false, runs.len()));
        runs.push(run("0123456789abcdef", if commit > n_commits / 3 { &new } else { &old }, "main"));
        if is_small && commit > n_commits / 2 {
            places.push((commit, true, runs.len()));
            runs.push(run("fedcba9876543210", &laptop, "main"));
        }
        if is_small && commit + 12 > n_commits {
            places.push((commit, false, runs.len()));
            runs.push(run("0123456789abcdef", &new, "next/<b>"));
        }
    }
    let series = (0..n_benchmarks).map(|i| {
        let base = 80.0 * 1.03_f64.powi((i % 300) as i32) * [1.0, 1.25, 0.8][i % 3];
        let at = match i % 7 {
            0 => n_commits - (n_commits / 40).max(12) * (1 + i / 7 % 3),
            3 => n_commits / 2 + i % 11,
            _ => usize::MAX,
        };
        let factor = if i % 2 == 0 { 1.03 + 0.02 * (i % 9) as f64 } else { 0.9 };
        let points = places.iter().map(|(commit, second, run)| {
            let drift = if i % 21 == 5 { 1.0 + 0.03 * *commit as f64 / n_commits as f64 } else { 1.0 };
            let level = base * drift * if *commit >= at { factor } else { 1.0 } * if *second { 0.7 } else { 1.0 };
            let outlier = if chance.word().is_multiple_of(60) { 1.08 } else { 1.0 };
            let typical = level * outlier * (1.0 + 0.008 * chance.normal());
            let width = 0.004 + 0.002 * chance.normal().abs();
            DashboardPoint { run: *run, typical, lower: typical * (1.0 - width), upper: typical * (1.0 + width) }
        });
        DashboardSeries {
            id: BenchmarkId::from_name(&name(i, n_benchmarks)),
            unit: if i % 50 == 49 { Unit::Custom("cycles".into()) } else { Unit::Nanoseconds },
            throughput: (i % 30 < 15).then_some(Throughput::Elements(64 << (i % 30 / 3))),
            points: points.collect(),
        }
    });
    DashboardHistory {
        title: "made <i>history</i>".to_owned(),
        series: series.collect(),
        runs,
        releases,
        commit_url: Some("https://example.org/o/r/commit/".to_owned()),
        rivals: ["2023-11-20", "2023-12-01"].map(|day| compared(day, &mut chance)).to_vec(),
    }
}

/// Five executions of three workloads by two implementations, one of which doesn't wait for its device in the last.
fn compared(day: &str, chance: &mut Chance) -> RivalsReport {
    let mut runs = vec![RivalRun::default(); 5];
    for (i, run) in runs.iter_mut().enumerate() {
        for (implementation, factor) in [("ours", 1.25), ("mlx", 1.0)] {
            for (size, base) in [(64, 80.0), (128, 87.0), (256, 95.0)] {
                let id = BenchmarkId::from_name(&format!("op 0/{implementation}/{size}"));
                let time = base * factor * (1.0 + 0.002 * chance.normal());
                run.works.insert(id.clone(), work(implementation, size, implementation == "ours" || size != 256));
                run.run.benchmarks.push(Benchmark {
                    id,
                    throughput: None,
                    unit: Unit::Nanoseconds,
                    executions: execution(time, i).into(),
                    overwritten: None,
                });
            }
        }
        run.run = Run { label: format!("{i}"), ..std::mem::take(&mut run.run) };
    }
    let options =
        RivalsOptions { ours: "ours".to_owned(), theirs: "mlx".to_owned(), confidence: 0.95, min_executions: 5 };
    let report = RivalsReport::new(&rivals(&runs, &options), &options, &RivalsContext::default());
    RivalsReport { measured_at: Some([format!("{day}T00:00:00Z"), format!("{day}T01:00:00Z")]), ..report }
}

fn work(implementation: &str, size: u32, is_synchronised: bool) -> Work {
    Work {
        workload: format!("op 0/{size}"),
        implementation: implementation.to_owned(),
        is_synchronised,
        waits: Some("each".to_owned()),
        checksum: Some(Checksum { elements: 4, sum_abs: 1.0, sum_squares: 1.0, projection: 0.5 }),
        tolerance: 1e-4,
        precision: Some("f32".to_owned()),
        blas: None,
        threads: None,
        device_kind: Some("cpu".to_owned()),
        device_name: None,
        versions: std::collections::BTreeMap::new(),
        flops: None,
        bytes: None,
        peak: criterion_regress::model::Peak::default(),
    }
}

fn execution(typical: f64, i: usize) -> Execution {
    Execution {
        typical,
        median: typical,
        lower_quartile: typical,
        minimum: typical,
        mean: typical,
        standard_deviation: 0.0,
        standard_error: 0.001,
        n_measurements: 100,
        mode: SamplingMode::Linear,
        evidence: Evidence::Sample,
        fingerprint: typical.to_bits() ^ i as u64,
        measured_at: None,
        cpu: None,
        printed_verdict: None,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().ok_or("which folder?")?);
    let number = |i: usize, default: usize| arguments.get(i).map_or(Ok(default), |text| text.parse());
    let history = made(number(1, 94)?, number(2, 160)?);
    let options = FindingOptions { changes: ChangePointOptions::default(), smallest: 0.02_f64.ln_1p() };
    let started = Instant::now();
    let tracks = tracks(&history, &options);
    let found = started.elapsed();
    let files = site(&history, &tracks);
    let coded = started.elapsed();
    for file in &files {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        std::fs::write(path, &file.text)?;
    }
    if let Some(first) = history.series.first() {
        let id = first.id.as_str();
        std::fs::write(folder.join("badge.svg"), badge(&history, &tracks, 0, None, "benchmarks", 100))?;
        std::fs::write(folder.join("chart.svg"), picture(&history, &tracks, 0, id).unwrap_or_default())?;
    }
    let n_bytes: usize = files.iter().map(|file| file.text.len()).sum();
    let n_changes: usize = tracks.tracks.iter().map(|track| track.changes.len()).sum();
    let index = files.last().map_or(0, |file| file.text.len());
    println!(
        "{} benchmarks × {} runs, {n_changes} changes: found in {:.2} s, coded in {:.2} s, written in {:.2} s",
        history.series.len(),
        history.runs.len(),
        found.as_secs_f64(),
        (coded - found).as_secs_f64(),
        (started.elapsed() - coded).as_secs_f64()
    );
    println!("{} files, {:.2} MB, of which the index {:.2} MB", files.len(), n_bytes as f64 / 1e6, index as f64 / 1e6);
    Ok(())
}
