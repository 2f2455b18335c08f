//! `regress.json`: beside a measurement, what was computed and how.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::backend::Backend;
use crate::checksum::Checksum;
use crate::probe::{Figure, Machine};
use crate::timing::Waiting;
use crate::workload::Workload;

/// Its name.
pub const FILE: &str = "regress.json";

/// What `regress.json` holds; the README says what each means.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "bench-targets/README.md describes the file")]
pub struct Sidecar {
    pub version: u32,
    pub workload: String,
    pub implementation: String,
    pub sample_sha256: String,
    pub synchronised: bool,
    pub waits: &'static str,
    pub checksum: Checksum,
    pub tolerance: f64,
    pub precision: String,
    pub blas: String,
    pub threads: Option<usize>,
    pub device: DeviceName,
    pub versions: BTreeMap<String, String>,
    pub flops: u64,
    pub bytes: u64,
    pub machine: Limits,
}

/// Which device.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceName {
    /// `cpu`, `cuda` or `metal`.
    pub kind: String,
    /// What its maker calls it.
    pub name: String,
}

/// What the machine can do at most, for this workload.
#[derive(Debug, Clone, Serialize)]
pub struct Limits {
    /// Floating-point operations.
    pub flops: Option<Figure>,
    /// Bytes read and written.
    pub bytes: Option<Figure>,
}

impl Sidecar {
    /// Of a measurement that was just made.
    pub fn new(
        workload: &Workload,
        backend: &Backend,
        implementation: &str,
        waiting: Waiting,
        checksum: Checksum,
        machine: &Machine,
    ) -> Sidecar {
        let precision = backend.precision(workload.dtype);
        Sidecar {
            version: 1,
            workload: workload.id.clone(),
            implementation: implementation.to_owned(),
            sample_sha256: String::new(),
            synchronised: waiting.is_synchronised(),
            waits: match waiting {
                Waiting::Each => "each",
                Waiting::Batch => "batch",
                Waiting::Never => "never",
            },
            checksum,
            tolerance: workload.tolerance,
            precision: precision.to_owned(),
            blas: backend.blas().to_owned(),
            threads: backend.threads(),
            device: DeviceName { kind: backend.kind.name().to_owned(), name: backend.name.clone() },
            versions: versions(),
            flops: workload.flops,
            bytes: workload.bytes,
            machine: Limits { flops: machine.flops(precision).cloned(), bytes: machine.bytes(workload).cloned() },
        }
    }

    /// Writes it beside the measurement in `folder/new`, and beside every copy of that measurement that Criterion made.
    ///
    /// Criterion copies its own files into the folder of a baseline, and no others.
    ///
    /// # Errors
    /// When there is no measurement, or when a file can't be written.
    pub fn write(mut self, folder: &Path) -> io::Result<()> {
        let sample = fs::read(folder.join("new").join(SAMPLE))?;
        self.sample_sha256 = sha256(&sample);
        let text = serde_json::to_string_pretty(&self).map_err(io::Error::other)? + "\n";
        for entry in fs::read_dir(folder)? {
            let baseline = entry?.path();
            if fs::read(baseline.join(SAMPLE)).is_ok_and(|copy| copy == sample) {
                fs::write(baseline.join(FILE), &text)?;
            }
        }
        Ok(())
    }
}

const SAMPLE: &str = "sample.json";

/// What identifies the measurement in `folder/new`; `None` if there is none.
pub fn measurement(folder: &Path) -> Option<String> {
    fs::read(folder.join("new").join(SAMPLE)).ok().map(|sample| sha256(&sample))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where Criterion's results go: `CRITERION_HOME`, else `criterion` in the target folder that the executable lies in.
pub fn results_folder(home: Option<&Path>, executable: Option<&Path>) -> PathBuf {
    let target = || executable?.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    match (home, target()) {
        (Some(home), _) => home.to_owned(),
        (None, Some(target)) => target.join("criterion"),
        (None, None) => Path::new("target").join("criterion"),
    }
}

/// Versions of the libraries that compute, from the lock file that they were built by.
fn versions() -> BTreeMap<String, String> {
    let lock = include_str!("../../Cargo.lock");
    let find = |name: &str| {
        let (_, rest) = lock.split_once(&format!("\nname = \"{name}\"\nversion = \""))?;
        Some((name.to_owned(), rest.split('"').next()?.to_owned()))
    };
    ["candle-core", "candle-nn", "criterion"].into_iter().filter_map(find).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::backend::Kind;
    use crate::ops::prepare;
    use crate::probe::Given;
    use crate::workload;

    fn sidecar(waiting: Waiting) -> Sidecar {
        let backend = Backend::open(Kind::Cpu).expect("always there");
        let workload = workload::all().expect("workloads.json").remove(0);
        let given = Given { flops: Some(1e12), bytes: None };
        let machine = Machine::probe(&backend, given, Duration::from_millis(1)).expect("a CPU");
        let result = prepare(&workload, &backend.device).and_then(|p| p.run()).expect("a CPU");
        Sidecar::new(&workload, &backend, "candle-cpu", waiting, Checksum::of(&result).expect("read"), &machine)
    }

    #[test]
    fn it_lies_beside_copies_of_the_measurement_and_nowhere_else() {
        let folder = tempfile::tempdir().expect("a folder");
        for (baseline, sample) in [("new", "now"), ("main", "now"), ("base", "then")] {
            fs::create_dir(folder.path().join(baseline)).expect("a folder");
            fs::write(folder.path().join(baseline).join(SAMPLE), sample).expect("a file");
        }
        sidecar(Waiting::Each).write(folder.path()).expect("written");
        let there = |baseline: &str| folder.path().join(baseline).join(FILE).is_file();
        assert_eq!((there("new"), there("main"), there("base")), (true, true, false));
        let text = fs::read(folder.path().join("new").join(FILE)).expect("written");
        let json: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        assert_eq!(json["sample_sha256"].as_str(), measurement(folder.path()).as_deref());
        assert_eq!((json["synchronised"].as_bool(), json["waits"].as_str()), (Some(true), Some("each")));
        assert_eq!(json["versions"]["candle-core"].as_str().map(|v| v.split('.').count()), Some(3));
        assert_eq!(json["machine"]["flops"]["per_second"].as_f64(), Some(1e12));
    }

    /// Names of fields, with those of the objects in them; `versions` may have any.
    fn fields(json: &serde_json::Value) -> Vec<String> {
        let Some(object) = json.as_object() else { return Vec::new() };
        let below = |name: &String, inner: &serde_json::Value| match name.as_str() {
            "versions" => Vec::new(),
            _ => fields(inner).into_iter().map(|field| format!("{name}.{field}")).collect(),
        };
        object.iter().flat_map(|(name, inner)| [vec![name.clone()], below(name, inner)].concat()).collect()
    }

    #[test]
    fn the_readme_shows_every_field() {
        let (_, shown) = include_str!("../README.md").split_once("```json\n").expect("an example");
        let (shown, _) = shown.split_once("```").expect("an end");
        let shown: serde_json::Value = serde_json::from_str(shown).expect("JSON");
        let written = serde_json::to_value(sidecar(Waiting::Each)).expect("JSON");
        assert_eq!(fields(&shown), fields(&written));
    }

    #[test]
    fn without_synchronising_it_says_so() {
        let sidecar = sidecar(Waiting::Never);
        assert!(!sidecar.synchronised && sidecar.waits == "never");
    }

    #[test]
    fn nothing_is_written_without_a_measurement() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(sidecar(Waiting::Each).write(folder.path()).is_err());
    }

    #[test]
    fn results_go_where_criterion_puts_them() {
        let target = tempfile::tempdir().expect("a folder");
        fs::write(target.path().join("CACHEDIR.TAG"), "").expect("a file");
        let executable = target.path().join("release/deps/mlx_comparison-1");
        assert_eq!(results_folder(None, Some(&executable)), target.path().join("criterion"));
        assert_eq!(results_folder(Some(Path::new("/x")), Some(&executable)), Path::new("/x"));
        assert_eq!(results_folder(None, None), Path::new("target/criterion"));
    }
}
