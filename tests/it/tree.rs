//! Trees of Criterion's on disk: written as Criterion 0.8.2 writes them, or copied from `fixtures/`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

/// Measurements of one made result.
const N_MEASUREMENTS: usize = 30;

/// How far a made measurement lies from the time that was asked for, at most.
const WITHIN: f64 = 0.01;

/// A folder of this repository's `fixtures/`.
pub(crate) fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

/// When files were written, unless a test says otherwise: long enough ago that `list` says "2 hours" all day.
pub(crate) fn two_hours_ago() -> SystemTime {
    SystemTime::now() - Duration::from_secs(2 * 3600 + 30 * 60)
}

/// What the source of a benchmark says of it.
#[derive(Debug, Clone)]
pub(crate) struct Benchmark {
    /// Criterion's `full_id`: `group`, `group/function` or `group/function/value`.
    pub(crate) id: String,
    /// Below Criterion's root.
    pub(crate) directory: String,
    pub(crate) throughput: Value,
}

impl Benchmark {
    pub(crate) fn new(id: &str) -> Benchmark {
        let clean = |c: char| if "?\"\\*<>:|^".contains(c) { '_' } else { c };
        Benchmark { id: id.to_owned(), directory: id.chars().map(clean).collect(), throughput: Value::Null }
    }

    fn benchmark_json(&self) -> Value {
        let mut parts = self.id.splitn(3, '/');
        let (group, function, value) = (parts.next(), parts.next(), parts.next());
        json!({
            "group_id": group, "function_id": function, "value_str": value, "throughput": self.throughput,
            "full_id": self.id, "directory_name": self.directory, "title": self.id,
        })
    }
}

/// Measurements as `sample.json` holds them.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) iterations: Vec<f64>,
    pub(crate) times: Vec<f64>,
}

impl Sample {
    /// Linear sampling around `nanoseconds` per iteration, with noise that depends on `seed` alone.
    pub(crate) fn around(nanoseconds: f64, seed: &str) -> Sample {
        let mut noise = Noise::new(seed);
        let iterations: Vec<f64> = (1..=N_MEASUREMENTS).map(|i| (10 * i) as f64).collect();
        let times = iterations.iter().map(|n| n * nanoseconds * (1.0 + WITHIN * noise.next())).collect();
        Sample { iterations, times }
    }

    fn per_iteration(&self) -> Vec<f64> {
        let mut values: Vec<f64> = self.times.iter().zip(&self.iterations).map(|(t, n)| t / n).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn estimates_json(&self) -> Value {
        let values = self.per_iteration();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let median = values[values.len() / 2];
        let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
        let error = spread / (values.len() as f64).sqrt();
        json!({
            "mean": estimate(mean, error), "median": estimate(median, error), "median_abs_dev": estimate(spread, error),
            "slope": estimate(mean, error), "std_dev": estimate(spread, error),
        })
    }
}

/// Criterion's own form of a number that it estimated.
pub(crate) fn estimate(point: f64, error: f64) -> Value {
    json!({
        "confidence_interval": {
            "confidence_level": 0.95, "lower_bound": point - 2.0 * error, "upper_bound": point + 2.0 * error,
        },
        "point_estimate": point, "standard_error": error,
    })
}

/// Writes one result below Criterion's root: the files that Criterion 0.8.2 writes for one benchmark in one baseline.
pub(crate) fn write_result(root: &Path, benchmark: &Benchmark, baseline: &str, sample: &Sample, at: SystemTime) {
    let folder = root.join(&benchmark.directory).join(baseline);
    write(&folder.join("sample.json"), &sample_json(sample), at);
    write(&folder.join("estimates.json"), &sample.estimates_json().to_string(), at);
    write(&folder.join("tukey.json"), "[1.0,2.0,3.0,4.0]", at);
    write(&folder.join("benchmark.json"), &benchmark.benchmark_json().to_string(), at);
}

/// Writes Criterion's own comparison: the relative change of mean and median.
pub(crate) fn write_change(root: &Path, benchmark: &Benchmark, change: f64, at: SystemTime) {
    let estimates = json!({ "mean": estimate(change, 0.002), "median": estimate(change, 0.002) });
    write(&root.join(&benchmark.directory).join("change/estimates.json"), &estimates.to_string(), at);
}

pub(crate) fn sample_json(sample: &Sample) -> String {
    json!({ "sampling_mode": "Linear", "iters": sample.iterations, "times": sample.times }).to_string()
}

/// Writes a file, with its folders, dated `at`.
pub(crate) fn write(path: &Path, text: &str, at: SystemTime) {
    fs::create_dir_all(path.parent().expect("files lie in folders")).expect("folders can be made");
    fs::write(path, text).expect("files can be written");
    date(path, at);
}

/// Dates a file.
pub(crate) fn date(path: &Path, at: SystemTime) {
    let file = File::options().write(true).open(path).expect("the file was just written");
    file.set_modified(at).expect("files can be dated");
}

/// Copies a folder or a file with all that is in it, every file dated `at`: a checkout's dates are anybody's guess.
pub(crate) fn copy(from: &Path, to: &Path, at: SystemTime) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("folders can be made");
        for entry in fs::read_dir(from).expect("a folder of the repository") {
            let entry = entry.expect("a readable entry");
            copy(&entry.path(), &to.join(entry.file_name()), at);
        }
    } else {
        fs::create_dir_all(to.parent().expect("files lie in folders")).expect("folders can be made");
        fs::copy(from, to).unwrap_or_else(|e| panic!("failed to copy {}: {e}", from.display()));
        date(to, at);
    }
}

/// Numbers in −1 … 1 that depend on the seed alone (splitmix64).
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: &str) -> Noise {
        Noise(
            seed.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)),
        )
    }

    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}
