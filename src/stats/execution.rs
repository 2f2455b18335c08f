use std::time::SystemTime;

use super::quantile::select_median;
use super::{MAD_TO_SD, MEDIAN_TO_MEAN_ERROR, normal_quantile, quantile, weighted_median};
use crate::model::{Evidence, Execution, Measurement, Printed, Sample, SamplingMode};

/// With this many measurements or fewer, a sample is what `--quick` leaves, and says nothing of its own spread.
const QUICK_MEASUREMENTS: usize = 2;

/// What one execution says: its location with the error from inside the process.
///
/// The location is the median of the per-iteration values weighted by iterations, so that under linear sampling the short
/// (noisy) measurements don't dominate, and flat and linear executions are comparable. Its standard error is
/// √(π/2) · s · √Σw² / Σw, with s the scaled median absolute deviation relative to the location.
#[must_use]
pub fn summarize(measurement: &Measurement, measured_at: Option<SystemTime>) -> Execution {
    match measurement {
        Measurement::Sample(sample) => from_sample(sample, measured_at),
        Measurement::Estimates { median, standard_error } => {
            let fingerprint = hash([median.to_bits(), standard_error.to_bits()].into_iter());
            from_location(*median, *standard_error, Evidence::Estimates, fingerprint, measured_at)
        }
        Measurement::Printed(printed) => from_printed(printed, measured_at),
    }
}

/// An execution of which only a location with its error is left.
fn from_location(
    location: f64,
    error: f64,
    evidence: Evidence,
    fingerprint: u64,
    measured_at: Option<SystemTime>,
) -> Execution {
    Execution {
        typical: location,
        median: location,
        lower_quartile: location,
        minimum: location,
        mean: location,
        standard_deviation: 0.0,
        standard_error: relative(error, location),
        n_measurements: 0,
        mode: SamplingMode::Unknown,
        evidence,
        printed_verdict: None,
        fingerprint,
        measured_at,
        cpu: None,
    }
}

/// The standard error that half the 95 % interval is 1.96 of, and that of rounding: numbers that are a step apart are off by a
/// uniform error, whose standard deviation is the step over √12.
fn from_printed(printed: &Printed, measured_at: Option<SystemTime>) -> Execution {
    let [lower, upper] = printed.interval();
    let inside = (upper - lower) / (2.0 * normal_quantile(0.025));
    let rounding = printed.step() / 12.0_f64.sqrt();
    let evidence = if printed.is_quick() { Evidence::Quick } else { Evidence::Printed };
    let fingerprint = hash([lower, printed.point(), upper].into_iter().map(f64::to_bits));
    let execution = from_location(printed.point(), inside.hypot(rounding), evidence, fingerprint, measured_at);
    Execution { printed_verdict: printed.verdict(), ..execution }
}

fn from_sample(sample: &Sample, measured_at: Option<SystemTime>) -> Execution {
    let (values, weights) = sorted_by_value(sample);
    let typical = weighted_median(&values, &weights);
    let n_measurements = values.len();
    let (mean, standard_deviation) = mean_and_deviation(&values);
    Execution {
        typical,
        median: quantile(&values, 0.5),
        lower_quartile: quantile(&values, 0.25),
        minimum: values[0],
        mean,
        standard_deviation,
        standard_error: standard_error(&values, &weights, typical),
        n_measurements,
        mode: sample.mode(),
        evidence: if n_measurements <= QUICK_MEASUREMENTS { Evidence::Quick } else { Evidence::Sample },
        printed_verdict: None,
        fingerprint: hash(sample.iterations().iter().chain(sample.totals()).map(|x| x.to_bits())),
        measured_at,
        cpu: None,
    }
}

/// Values per iteration in ascending order, and their iterations in the same order.
fn sorted_by_value(sample: &Sample) -> (Vec<f64>, Vec<f64>) {
    let values: Vec<f64> = sample.per_iteration().collect();
    // Positive numbers sort like their bits, and single words sort much faster than pairs. The place of each goes into the
    // lowest bits, which only decide between values that agree to eleven digits.
    const PLACE: u64 = 0xfff;
    let order: Vec<u64> = if values.len() <= PLACE as usize && values.iter().all(|v| *v > 0.0) {
        let mut keys: Vec<u64> = values.iter().zip(0..).map(|(v, place)| (v.to_bits() & !PLACE) | place).collect();
        keys.sort_unstable();
        keys.iter_mut().for_each(|key| *key &= PLACE);
        keys
    } else {
        let mut places: Vec<u64> = (0..values.len() as u64).collect();
        places.sort_unstable_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
        places
    };
    let weights = sample.iterations();
    let in_order = |numbers: &[f64]| order.iter().map(|place| numbers[*place as usize]).collect();
    (in_order(&values), in_order(weights))
}

/// The mean and the standard deviation with n − 1; the latter is 0 for a single value.
fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0).max(1.0)).sqrt())
}

fn standard_error(values: &[f64], weights: &[f64], typical: f64) -> f64 {
    let mut distances: Vec<f64> = values.iter().map(|value| (value - typical).abs()).collect();
    let mut spread = MAD_TO_SD * select_median(&mut distances);
    if spread <= 0.0 {
        // More than half of the values are equal (a coarse clock). The mean distance still sees the rest; for normal
        // values it is sd·√(2/π).
        spread = MEDIAN_TO_MEAN_ERROR * distances.iter().sum::<f64>() / distances.len() as f64;
    }
    let total: f64 = weights.iter().sum();
    // Each weight is divided first: counts may be as large as 1e18, and their squares' sum must not overflow.
    let sum_of_squares: f64 = weights.iter().map(|weight| (weight / total).powi(2)).sum();
    relative(MEDIAN_TO_MEAN_ERROR * spread * sum_of_squares.sqrt(), typical)
}

fn relative(error: f64, value: f64) -> f64 {
    let ratio = (error / value).abs();
    if ratio.is_finite() { ratio } else { 0.0 }
}

/// Mixes words as FxHash does: one multiplication a word, and no two orders alike.
fn hash(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0, |state: u64, word| (state.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95))
}

#[cfg(test)]
mod tests {
    use super::super::reference::rows;
    use super::*;

    fn execution(iterations: &[f64], totals: &[f64]) -> Execution {
        let sample = Sample::new(SamplingMode::Linear, iterations.to_vec(), totals.to_vec()).expect("valid");
        summarize(&Measurement::Sample(sample), None)
    }

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-12), "got {got}, want {want}");
    }

    /// Made by `scripts/reference_numbers.py` with NumPy and SciPy.
    #[test]
    fn agrees_with_the_reference() {
        for row in rows(include_str!("reference/execution.tsv")) {
            let got = execution(&row.numbers(0), &row.numbers(1));
            let want = row.numbers(2);
            close(got.typical, want[0]);
            close(got.median, want[1]);
            close(got.lower_quartile, want[2]);
            close(got.minimum, want[3]);
            close(got.standard_error, want[4]);
        }
    }

    #[test]
    fn order_changes_nothing_but_the_fingerprint() {
        let forward = execution(&[1.0, 2.0, 3.0], &[10.0, 22.0, 27.0]);
        let backward = execution(&[3.0, 2.0, 1.0], &[27.0, 22.0, 10.0]);
        assert_ne!(forward.fingerprint, backward.fingerprint);
        assert_eq!(Execution { fingerprint: 0, ..forward }, Execution { fingerprint: 0, ..backward });
    }

    #[test]
    fn two_measurements_are_quick() {
        assert_eq!(execution(&[1.0, 2.0], &[10.0, 20.0]).evidence, Evidence::Quick);
        assert_eq!(execution(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]).evidence, Evidence::Sample);
    }

    #[test]
    fn zero_variance_and_coarse_clocks() {
        close(execution(&[1.0; 4], &[100.0; 4]).standard_error, 0.0);
        assert!(execution(&[1.0; 5], &[100.0, 100.0, 100.0, 100.0, 200.0]).standard_error > 0.0);
        close(execution(&[1.0; 3], &[0.0; 3]).standard_error, 0.0);
        assert!(execution(&[8e17, 8e17, 9e17], &[1.0, 2.0, 3.0]).standard_error.is_finite());
    }
}
