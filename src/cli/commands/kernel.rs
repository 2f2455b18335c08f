use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use criterion_regress::stats::median;

use crate::cli::failure::Failure;
use crate::cli::{exit_code, output};

/// Before it counts, the processor's clock has to rise.
const WARM_UP: Duration = Duration::from_millis(100);

/// One measurement: longer than a scheduler's slice, so that who else wants the processor shows, as in a measurement of Criterion's.
const BATCH: Duration = Duration::from_millis(10);

/// Measurements of one process.
const BATCHES: usize = 20;

/// Between two looks at the clock.
const STEPS: u32 = 5_000;

/// 32 KiB: within the first cache.
const CELLS: usize = 1 << 12;

/// Prints the median time of a step, in nanoseconds.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    let mut table = vec![0_u64; CELLS];
    let start = Instant::now();
    while start.elapsed() < WARM_UP {
        black_box(work(&mut table));
    }
    let times: Vec<f64> = (0..BATCHES).map(|_| batch(&mut table)).collect();
    output::print(&format!("{}\n", median(&times)))?;
    Ok(exit_code::OK)
}

/// Nanoseconds of a step.
fn batch(table: &mut [u64]) -> f64 {
    let (start, mut n_steps) = (Instant::now(), 0.0);
    loop {
        black_box(work(table));
        n_steps += f64::from(STEPS);
        let elapsed = start.elapsed();
        if elapsed >= BATCH {
            return elapsed.as_secs_f64() * 1e9 / n_steps;
        }
    }
}

/// Arithmetic that waits for itself, and reads and writes of a small table in an order that can't be foreseen.
fn work(table: &mut [u64]) -> u64 {
    let mut state = black_box(0x9e37_79b9_7f4a_7c15_u64);
    for _ in 0..STEPS {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let cell = &mut table[state as usize % CELLS];
        *cell = cell.wrapping_add(state);
        state = state.wrapping_add(*cell) | 1;
    }
    state
}
