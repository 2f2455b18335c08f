//! How fast this machine is at most: what no workload can beat.
//!
//! A floor has to be low enough to be true, so both figures lean upwards: the fastest that was seen, of several ways.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};
use pulp::{Simd, WithSimd};
use serde::Serialize;

use crate::backend::{Backend, Kind};
use crate::workload::Workload;

/// A figure, with where it is from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Per second.
    pub per_second: f64,
    /// `given`, `table: …` or `probe: …`.
    pub from: String,
}

/// What a machine can do at most.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// Floating-point operations, by precision.
    flops: BTreeMap<&'static str, Figure>,
    /// Bytes read and written, by the size of what they are read from and written to.
    bytes: BTreeMap<u64, Figure>,
}

/// Figures that are given, in place of measured ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given {
    /// `BENCH_PEAK_FLOPS`: floating-point operations a second, for every precision.
    pub flops: Option<f64>,
    /// `BENCH_PEAK_BYTES`: bytes a second.
    pub bytes: Option<f64>,
}

/// Dense peaks that NVIDIA states in its data sheets, by the start of the device's name, operations a second: f32 outside of the
/// tensor cores, TF32, f16. An SXM part's figures serve for the slower PCIe part too.
const KNOWN: [(&str, [(&str, f64); 3]); 4] = [
    ("NVIDIA H200", [("f32", 67e12), ("tf32", 495e12), ("f16", 990e12)]),
    ("NVIDIA H100", [("f32", 67e12), ("tf32", 495e12), ("f16", 990e12)]),
    ("NVIDIA A100", [("f32", 19.5e12), ("tf32", 156e12), ("f16", 312e12)]),
    ("NVIDIA L4", [("f32", 30.3e12), ("tf32", 60e12), ("f16", 121e12)]),
];

/// From what fits the nearest cache to what fits none.
const SIZES: [u64; 8] = [16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20];

impl Machine {
    /// Measures what is not given; `effort` is how long each of about ten measurements takes.
    ///
    /// # Errors
    /// When the device fails.
    pub fn probe(backend: &Backend, given: Given, effort: Duration) -> candle_core::Result<Machine> {
        let figure = |per_second, from: &str| Figure { per_second, from: from.to_owned() };
        let mut machine = Machine::default();
        if let Some(per_second) = given.flops {
            for precision in ["f32", "tf32", "f16"] {
                machine.flops.insert(precision, figure(per_second, "given"));
            }
        } else if backend.kind == Kind::Cpu {
            let per_second = fma_per_second(threads(), effort) * 2.0;
            machine.flops.insert("f32", figure(per_second, "probe: multiply-add loop on every thread"));
            // With arithmetic of its own, twice as many of half the width fit a register.
            machine.flops.insert("f16", figure(2.0 * per_second, "probe: multiply-add loop on every thread, twice"));
        } else if let Some((name, peaks)) = KNOWN.iter().find(|(name, _)| backend.name.starts_with(name)) {
            for (precision, per_second) in peaks {
                machine.flops.insert(precision, figure(*per_second, &format!("table: {name}")));
            }
        }
        if let Some(per_second) = given.bytes {
            machine.bytes.insert(u64::MAX, figure(per_second, "given"));
        } else {
            for size in SIZES {
                let (per_second, from) = match backend.kind {
                    Kind::Cpu => (cpu_bytes_per_second(size, threads(), effort), "probe: copy or sum"),
                    Kind::Cuda | Kind::Metal => {
                        (device_bytes_per_second(&backend.device, size, effort)?, "probe: copy on the device")
                    }
                };
                machine.bytes.insert(size, figure(per_second, &format!("{from} of {} KiB", size >> 10)));
            }
        }
        Ok(machine)
    }

    /// Operations a second; `None` where nobody knows.
    pub fn flops(&self, precision: &str) -> Option<&Figure> {
        self.flops.get(precision)
    }

    /// Bytes a second: the fastest that was seen of anything that takes as much room, or more.
    ///
    /// What is small stays in a cache from one iteration to the next, so memory's speed is no limit to it. What is smaller still
    /// than the workload says nothing about it; half of it is let in, since a workload's inputs and outputs are not one size.
    pub fn bytes(&self, workload: &Workload) -> Option<&Figure> {
        let largest = self.bytes.last_key_value().map(|(size, _)| *size)?;
        let from = (workload.bytes / 2).min(largest);
        self.bytes.range(from..).map(|(_, figure)| figure).max_by(|a, b| a.per_second.total_cmp(&b.per_second))
    }
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Runs a loop on every thread at once, and adds up what each did a second.
fn on_every_thread(n_threads: usize, run: impl Fn() -> f64 + Sync) -> f64 {
    let barrier = Barrier::new(n_threads);
    thread::scope(|scope| {
        let work = || {
            barrier.wait();
            run()
        };
        let all: Vec<_> = (0..n_threads).map(|_| scope.spawn(work)).collect();
        all.into_iter().map(|one| one.join().unwrap_or(0.0)).sum()
    })
}

/// The best rate of several rounds within `effort`; a round does `amount`.
fn best_rate(amount: f64, effort: Duration, mut round: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut best: f64 = 0.0;
    while best <= 0.0 || start.elapsed() < effort {
        let at = Instant::now();
        round();
        best = best.max(amount / at.elapsed().as_secs_f64().max(1e-9));
    }
    best
}

/// Multiply-adds of f32 a second, on registers alone, in the widest vectors that this processor has.
///
/// Each sum waits for itself, so it takes many to keep the units busy, and not more than there are registers: 16 or 32.
fn fma_per_second(n_threads: usize, effort: Duration) -> f64 {
    on_every_thread(n_threads, || fma_chains::<12>(effort).max(fma_chains::<24>(effort)))
}

fn fma_chains<const N: usize>(effort: Duration) -> f64 {
    let arch = pulp::Arch::new();
    let chains = || Chains::<N> { factor: black_box(0.999_9), summand: black_box(1e-4) };
    let (n_lanes, _) = arch.dispatch(chains());
    best_rate((Chains::<N>::ROUNDS * N * n_lanes) as f64, effort, || {
        black_box(arch.dispatch(chains()));
    })
}

/// Vectors that are multiplied and added to, again and again.
struct Chains<const N: usize> {
    factor: f32,
    summand: f32,
}

impl<const N: usize> Chains<N> {
    const ROUNDS: usize = 10_000;
}

impl<const N: usize> WithSimd for Chains<N> {
    /// Numbers in a vector, and what came out, so that none of it is left out.
    type Output = (usize, f32);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> (usize, f32) {
        let (factor, summand) = (simd.splat_f32s(self.factor), simd.splat_f32s(self.summand));
        let mut sums = [simd.splat_f32s(1.0); N];
        for _ in 0..Self::ROUNDS {
            for sum in &mut sums {
                *sum = simd.mul_add_f32s(*sum, factor, summand);
            }
        }
        (S::F32_LANES, sums.into_iter().map(|sum| simd.reduce_sum_f32s(sum)).sum())
    }
}

/// The sum of numbers, read as fast as they come.
struct Sum<'a>(&'a [f32]);

impl WithSimd for Sum<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (vectors, _) = S::as_simd_f32s(self.0);
        let mut sums = [simd.splat_f32s(0.0); 8];
        for part in vectors.as_chunks::<8>().0 {
            for (sum, x) in sums.iter_mut().zip(part) {
                *sum = simd.add_f32s(*sum, *x);
            }
        }
        sums.into_iter().map(|sum| simd.reduce_sum_f32s(sum)).sum()
    }
}

/// Bytes read and written a second by copying, or read by summing, whichever is more, in as much memory as `size`.
fn cpu_bytes_per_second(size: u64, n_threads: usize, effort: Duration) -> f64 {
    let length = (size as usize / n_threads / 4 / 2).max(16);
    let bytes = (2 * length * 4) as f64;
    let passes = ((4 << 20) / size).max(1) as usize; // so that reading the clock costs nothing
    let arch = pulp::Arch::new();
    let copy = || {
        let (source, mut target) = (vec![1.0_f32; length], vec![0.0_f32; length]);
        best_rate(bytes * passes as f64, effort, || {
            for _ in 0..passes {
                black_box(&mut target).copy_from_slice(black_box(&source));
            }
        })
    };
    let sum = || {
        let source = vec![1.0_f32; 2 * length];
        best_rate(bytes * passes as f64, effort, || {
            for _ in 0..passes {
                black_box(arch.dispatch(Sum(black_box(&source))));
            }
        })
    };
    on_every_thread(n_threads, copy).max(on_every_thread(n_threads, sum))
}

/// Bytes read and written a second by copies on a device, many in its queue.
fn device_bytes_per_second(device: &Device, size: u64, effort: Duration) -> candle_core::Result<f64> {
    let source = Tensor::ones(size as usize / 2 / 4, DType::F32, device)?;
    let n_copies = ((1_u64 << 30) / size).clamp(4, 64);
    let mut failed = Ok(());
    let copies = || {
        for _ in 0..n_copies {
            black_box(source.copy()?);
        }
        device.synchronize()
    };
    copies()?;
    let rate = best_rate((size * n_copies) as f64, effort, || {
        let done = copies();
        if done.is_err() && failed.is_ok() {
            failed = done;
        }
    });
    failed.map(|()| rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload;

    const SHORT: Duration = Duration::from_millis(1);

    fn cpu() -> Backend {
        Backend::open(Kind::Cpu).expect("always there")
    }

    #[test]
    fn given_figures_are_taken() {
        let given = Given { flops: Some(1e12), bytes: Some(1e11) };
        let machine = Machine::probe(&cpu(), given, SHORT).expect("nothing to measure");
        for workload in workload::all().expect("workloads.json") {
            assert_eq!(machine.flops("tf32").map(|f| f.per_second), Some(1e12));
            assert_eq!(machine.bytes(&workload).map(|f| f.from.as_str()), Some("given"));
        }
    }

    #[test]
    fn every_workload_has_a_floor_on_a_cpu() {
        let machine = Machine::probe(&cpu(), Given::default(), SHORT).expect("a CPU");
        for workload in workload::all().expect("workloads.json") {
            assert!(machine.flops(workload.dtype.name()).is_some_and(|f| f.per_second > 1e6), "{}", workload.id);
            assert!(machine.bytes(&workload).is_some_and(|f| f.per_second > 1e6), "{}", workload.id);
        }
        assert!(machine.flops("int8").is_none());
    }

    #[test]
    fn a_small_workload_may_use_a_cache_and_a_large_one_may_not() {
        let figure = |per_second| Figure { per_second, from: String::new() };
        let bytes = BTreeMap::from([(16, figure(100.0)), (64, figure(400.0)), (1024, figure(10.0))]);
        let machine = Machine { flops: BTreeMap::new(), bytes };
        let mut workload = workload::all().expect("workloads.json").remove(0);
        for (bytes, want) in [(1, 400.0), (128, 400.0), (130, 10.0), (1 << 40, 10.0)] {
            workload.bytes = bytes;
            assert_eq!(machine.bytes(&workload).map(|f| f.per_second), Some(want), "{bytes}");
        }
    }
}
