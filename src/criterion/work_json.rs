//! `regress.json` beside a measurement: what was computed, and how, in the implementation's own words.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::folder::{Unread, read_file};
use super::side::LARGEST_SAMPLE;
use crate::model::{BenchmarkId, Checksum, Peak, Rate, Warning, WarningKind, Work};

/// The name of the file.
pub const WORK_FILE: &str = "regress.json";

/// A page says it all; more is something else.
const LARGEST_FILE: u64 = 1 << 20;

/// The version that is understood.
const VERSION: u64 = 1;

#[derive(Deserialize)]
struct WorkFile {
    version: u64,
    workload: String,
    implementation: String,
    sample_sha256: Option<String>,
    synchronised: bool,
    waits: Option<String>,
    checksum: Option<ChecksumFile>,
    tolerance: Option<f64>,
    precision: Option<String>,
    blas: Option<String>,
    threads: Option<u64>,
    device: Option<DeviceFile>,
    #[serde(default)]
    versions: BTreeMap<String, String>,
    flops: Option<f64>,
    bytes: Option<f64>,
    machine: Option<MachineFile>,
}

#[derive(Deserialize)]
struct ChecksumFile {
    elements: u64,
    sum_abs: f64,
    sum_squares: f64,
    projection: f64,
}

#[derive(Deserialize)]
struct DeviceFile {
    kind: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct MachineFile {
    flops: Option<RateFile>,
    bytes: Option<RateFile>,
}

#[derive(Deserialize)]
struct RateFile {
    per_second: f64,
    from: Option<String>,
}

/// Reads what lies beside the measurements of `baseline` below a Criterion folder, for each of `ids` that has such a file.
///
/// `hash` is SHA-256 in hexadecimal: a file that was written for another measurement than the one that lies beside it says nothing,
/// and becomes a warning, as does one that can't be read.
#[must_use]
pub fn read_works<'a>(
    folder: &Path,
    ids: impl IntoIterator<Item = &'a BenchmarkId>,
    baseline: &str,
    hash: impl Fn(&[u8]) -> String,
) -> (BTreeMap<BenchmarkId, Work>, Vec<Warning>) {
    let (mut works, mut warnings) = (BTreeMap::new(), Vec::new());
    for id in ids {
        let subject = format!("{}/{baseline}/{WORK_FILE}", id.path());
        let at = folder.join(id.path()).join(baseline);
        match read_one(&at, &hash) {
            Ok(Some(work)) if !id.as_str().split('/').any(|part| part == work.implementation) => {
                let cause = format!("it is of {}, which the benchmark's id doesn't name", work.implementation);
                warnings.push(Warning { subject, kind: WarningKind::Malformed { cause } });
            }
            Ok(Some(work)) => drop(works.insert(id.clone(), work)),
            Ok(None) => {}
            Err(kind) => warnings.push(Warning { subject, kind }),
        }
    }
    (works, warnings)
}

fn read_one(at: &Path, hash: &impl Fn(&[u8]) -> String) -> Result<Option<Work>, WarningKind> {
    let path = at.join(WORK_FILE);
    match fs::symlink_metadata(&path) {
        Err(_) => return Ok(None),
        Ok(metadata) if metadata.is_symlink() => return Err(WarningKind::Symlink),
        Ok(metadata) if !metadata.is_file() => return Err(malformed("it is not a file")),
        Ok(_) => {}
    }
    let bytes = match read_file(&path, LARGEST_FILE) {
        Ok(bytes) => bytes,
        Err(Unread::Missing) => return Ok(None),
        Err(Unread::TooLarge(limit)) => return Err(WarningKind::TooLarge { limit }),
        Err(Unread::Failed(e)) => return Err(WarningKind::Unreadable { cause: e.to_string() }),
    };
    let file: WorkFile = serde_json::from_slice(&bytes).map_err(|e| malformed(&e.to_string()))?;
    if file.version != VERSION {
        return Err(malformed(&format!("it is of version {}, and this tool reads version {VERSION}", file.version)));
    }
    let Some(stated) = &file.sample_sha256 else {
        return Err(malformed(
            "it doesn't say of which measurement it is: `sample_sha256` of the sample.json beside it is missing",
        ));
    };
    let is_plain = fs::symlink_metadata(at.join("sample.json")).is_ok_and(|metadata| metadata.is_file());
    let sample = if is_plain { read_file(&at.join("sample.json"), LARGEST_SAMPLE).ok() } else { None };
    if sample.is_none_or(|sample| !hash(&sample).eq_ignore_ascii_case(stated)) {
        return Err(malformed("it was written for another measurement than the one beside it"));
    }
    work(file).map(Some).map_err(malformed)
}

fn malformed(cause: &str) -> WarningKind {
    WarningKind::Malformed { cause: cause.to_owned() }
}

fn work(file: WorkFile) -> Result<Work, &'static str> {
    let is_amount = |amount: Option<f64>| amount.is_none_or(|amount| amount.is_finite() && amount >= 0.0);
    if !is_amount(file.flops) || !is_amount(file.bytes) || !is_amount(file.tolerance) {
        return Err("its flops, bytes or tolerance are no amount");
    }
    // A tolerance that takes everything for equal would prove nothing.
    if file.tolerance.is_some_and(|tolerance| tolerance > LARGEST_TOLERANCE) {
        return Err("its tolerance is larger than 5 %, by which different work would pass as equal");
    }
    let rate = |rate: Option<RateFile>| match rate {
        None => Ok(None),
        Some(rate) if rate.per_second.is_finite() && rate.per_second > 0.0 => {
            Ok(Some(Rate { per_second: rate.per_second, is_probed: rate.from.as_deref() != Some("given") }))
        }
        Some(_) => Err("a rate of its machine is not positive"),
    };
    let machine = file.machine.unwrap_or(MachineFile { flops: None, bytes: None });
    let device = file.device.unwrap_or(DeviceFile { kind: None, name: None });
    Ok(Work {
        workload: file.workload,
        implementation: file.implementation,
        is_synchronised: file.synchronised,
        waits: file.waits,
        checksum: file.checksum.map(|c| Checksum {
            elements: c.elements,
            sum_abs: c.sum_abs,
            sum_squares: c.sum_squares,
            projection: c.projection,
        }),
        tolerance: file.tolerance.unwrap_or(DEFAULT_TOLERANCE),
        precision: file.precision,
        blas: file.blas,
        threads: file.threads,
        device_kind: device.kind,
        device_name: device.name.filter(|name| name != "unknown"),
        versions: file.versions,
        flops: file.flops,
        bytes: file.bytes,
        peak: Peak { flops: rate(machine.flops)?, bytes: rate(machine.bytes)? },
    })
}

/// What rounding in 32 bits may come to.
const DEFAULT_TOLERANCE: f64 = 1e-4;

/// What rounding in 16 bits may come to, and some more.
const LARGEST_TOLERANCE: f64 = 0.05;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = r#"{"version": 1, "workload": "softmax/4", "implementation": "mlx-cpu", "sample_sha256": "5", "synchronised": true,
        "waits": "each", "checksum": {"elements": 4, "sum_abs": 1, "sum_squares": 0.5, "projection": -0.25}, "tolerance": 0.001,
        "precision": "f32", "blas": "openblas", "threads": null, "device": {"kind": "cpu", "name": "A"}, "versions": {"mlx": "0.32.4"},
        "flops": 12, "bytes": 32, "machine": {"flops": {"per_second": 1e9, "from": "given"}, "bytes": null}}"#;

    fn read_with(text: &str, sample: Option<&str>) -> (BTreeMap<BenchmarkId, Work>, Vec<Warning>) {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().join("a/mlx-cpu/new");
        fs::create_dir_all(&at).expect("made");
        fs::write(at.join(WORK_FILE), text).expect("written");
        if let Some(sample) = sample {
            fs::write(at.join("sample.json"), sample).expect("written");
        }
        let ids = [BenchmarkId::from_name("a/mlx-cpu"), BenchmarkId::from_name("none")];
        read_works(folder.path(), &ids, "new", |bytes| bytes.len().to_string())
    }

    #[test]
    fn what_an_implementation_says_is_read() {
        let (works, warnings) = read_with(FILE, Some("12345"));
        assert!(warnings.is_empty(), "{warnings:?}");
        let work = &works[&BenchmarkId::from_name("a/mlx-cpu")];
        assert_eq!((work.workload.as_str(), work.implementation.as_str()), ("softmax/4", "mlx-cpu"));
        assert_eq!(work.waits.as_deref(), Some("each"));
        assert_eq!(work.peak.flops, Some(Rate { per_second: 1e9, is_probed: false }));
        assert_eq!(work.checksum.map(|c| c.elements), Some(4));
        assert_eq!(work.floor_seconds(), Some(12e-9));
    }

    #[test]
    fn one_of_another_measurement_says_nothing() {
        for sample in [Some("1234"), None] {
            let (works, warnings) = read_with(FILE, sample);
            assert!(works.is_empty());
            assert!(
                matches!(&warnings[0].kind, WarningKind::Malformed { cause } if cause.contains("another measurement"))
            );
            assert_eq!(warnings[0].subject, "a/mlx-cpu/new/regress.json");
        }
    }

    #[test]
    fn what_is_broken_is_a_warning() {
        let with = |from: &str, to: &str| FILE.replace(from, to);
        let broken = [
            String::new(),
            "[]".to_owned(),
            with("\"version\": 1", "\"version\": 2"),
            with("0.001", "0.5"),
            with("0.001", "-1"),
            with("1e9", "0"),
            with("1e9", "-1"),
            with("\"flops\": 12", "\"flops\": -12"),
            with("true", "\"yes\""),
            with("0.5", "1e999"),
            with("\"sample_sha256\": \"5\", ", ""),
            with("\"implementation\": \"mlx-cpu\"", "\"implementation\": \"mlx\""),
        ];
        for text in broken {
            let (works, warnings) = read_with(&text, Some("12345"));
            assert!(works.is_empty() && warnings.len() == 1, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in ".{0,200}") {
            let (works, warnings) = read_with(&text, None);
            prop_assert!(works.len() + warnings.len() <= 1);
        }
    }
}
