//! Times every workload of `workloads.json` on candle, as `mlx/` does on MLX.
//!
//! `cargo bench -p bench-targets --bench mlx_comparison -- --sample-size 10`; the README has the variables.

use std::cell::OnceCell;
use std::env;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use bench_targets::Plant;
use bench_targets::backend::{self, Backend, Kind};
use bench_targets::checksum::Checksum;
use bench_targets::ops::{Prepared, prepare};
use bench_targets::probe::{Given, Machine};
use bench_targets::sidecar::{self, Sidecar};
use bench_targets::timing::{self, Waiting};
use bench_targets::workload::{self, Workload};
use criterion::{BenchmarkId, Criterion, Throughput};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("mlx_comparison: {why}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let plant = Plant::from_name(variable("BENCH_PLANT").as_deref())?;
    let waiting = waiting(variable("BENCH_WAITS").as_deref(), plant)?;
    let workloads = workload::all()?;
    let kind = Kind::from_name(variable("BENCH_DEVICE").as_deref())?;
    backend::allow_tf32(is_set("BENCH_TF32"));
    let backend = Backend::open(kind)?;
    let implementation = match waiting {
        Waiting::Each | Waiting::Never => backend.implementation(),
        Waiting::Batch => format!("{}-batch", backend.implementation()),
    };
    if let Some(plant) = plant {
        eprintln!("mlx_comparison: a cheat is planted ({plant:?}): these results are false");
    }
    let home = env::var_os("CRITERION_HOME").filter(|home| !home.is_empty());
    let results = sidecar::results_folder(home.as_ref().map(Path::new), env::current_exe().ok().as_deref());
    let mut criterion = Criterion::default().output_directory(&results).configure_from_args();
    let machine = OnceCell::new();
    let mut failed = Vec::new();
    for workload in workloads.iter().filter(|workload| !workload.large || is_set("BENCH_FULL")) {
        let measured = match plant {
            Some(Plant::Smaller) => workload.smaller(),
            Some(Plant::Unsynchronised) | None => workload.clone(),
        };
        let folder = results.join(&workload.group).join(&implementation).join(&workload.value);
        let before = sidecar::measurement(&folder);
        let checksum = match bench(&mut criterion, workload, &measured, &backend, &implementation, waiting) {
            Ok(Some(checksum)) => checksum,
            Ok(None) => continue, // filtered out
            Err(why) => {
                failed.push(why);
                continue;
            }
        };
        // With --test and the like nothing is measured.
        if sidecar::measurement(&folder).is_none_or(|now| before.as_ref() == Some(&now)) {
            continue;
        }
        if machine.get().is_none() {
            let given = Given { flops: number("BENCH_PEAK_FLOPS")?, bytes: number("BENCH_PEAK_BYTES")? };
            let probed = Machine::probe(&backend, given, Duration::from_millis(60));
            let probed = probed.map_err(|e| format!("failed to measure what the device can do: {e}"))?;
            machine.get_or_init(|| probed);
        }
        let machine = machine.get().ok_or("no figures of the machine")?;
        let sidecar = Sidecar::new(workload, &backend, &implementation, waiting, checksum, machine);
        sidecar
            .write(&folder)
            .map_err(|e| format!("failed to write {} in {}: {e}", sidecar::FILE, folder.display()))?;
    }
    criterion.final_summary();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\nmlx_comparison: ")) }
}

/// Measures one workload; `None` if it was filtered out. Its inputs are made when it is its turn, and dropped after it: what
/// others keep on a device changes how long it takes.
fn bench(
    criterion: &mut Criterion,
    workload: &Workload,
    measured: &Workload,
    backend: &Backend,
    implementation: &str,
    waiting: Waiting,
) -> Result<Option<Checksum>, String> {
    let ready: OnceCell<Result<(Prepared, Checksum), String>> = OnceCell::new();
    let mut failed = None;
    let mut group = criterion.benchmark_group(&workload.group);
    group.throughput(Throughput::Elements(workload.elements));
    group.bench_function(BenchmarkId::new(implementation, &workload.value), |bencher| {
        let ready = ready.get_or_init(|| ready_to_run(measured, backend).map_err(|e| e.to_string()));
        bencher.iter_custom(|iterations| {
            let taken = match ready {
                Ok((prepared, _)) => timing::time(prepared, iterations, waiting).map_err(|e| e.to_string()),
                Err(e) => Err(e.clone()),
            };
            taken.unwrap_or_else(|e| {
                failed.get_or_insert(e);
                Duration::from_secs(1) // so that Criterion ends soon; the run fails, whatever it wrote
            })
        });
    });
    group.finish();
    match (failed, ready.into_inner()) {
        (Some(e), _) | (None, Some(Err(e))) => Err(format!("failed to run {}: {e}", workload.id)),
        (None, Some(Ok((_, checksum)))) => Ok(Some(checksum)),
        (None, None) => Ok(None),
    }
}

fn ready_to_run(workload: &Workload, backend: &Backend) -> candle_core::Result<(Prepared, Checksum)> {
    let prepared = prepare(workload, &backend.device)?;
    let checksum = Checksum::of(&prepared.run()?)?;
    Ok((prepared, checksum))
}

fn waiting(name: Option<&str>, plant: Option<Plant>) -> Result<Waiting, String> {
    match (plant, name) {
        (Some(Plant::Unsynchronised), _) => Ok(Waiting::Never),
        (None | Some(Plant::Smaller), None | Some("" | "each")) => Ok(Waiting::Each),
        (None | Some(Plant::Smaller), Some("batch")) => Ok(Waiting::Batch),
        (_, Some(other)) => Err(format!("BENCH_WAITS is `{other}`: it may be each or batch")),
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

fn is_set(name: &str) -> bool {
    variable(name).is_some_and(|value| !value.is_empty() && value != "0")
}

fn number(name: &str) -> Result<Option<f64>, String> {
    let Some(text) = variable(name) else { return Ok(None) };
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(Some(number)),
        _ => Err(format!("{name} is `{text}`, not a number above 0")),
    }
}
