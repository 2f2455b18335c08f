//! Quantiles and tails, by statrs where it is accurate and around it where it is not.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// Student's t is taken for normal from here on: statrs' quantile loses digits above (3e-3 at a million degrees), and the
/// difference from the normal quantile is below 1e-3 at every level that we use.
const NORMAL_FROM_DEGREES: f64 = 1e4;

/// Tails are clamped to this: statrs' t quantile is wrong or doesn't return further out.
const SMALLEST_TAIL: f64 = 1e-6;

/// The value that a standard normal variable exceeds with probability `tail`, which is clamped to 1e-6 … 1 − 1e-6.
#[must_use]
pub fn normal_quantile(tail: f64) -> f64 {
    let tail = tail.clamp(SMALLEST_TAIL, 1.0 - SMALLEST_TAIL);
    -Normal::standard().inverse_cdf(tail)
}

/// The value that Student's t with `degrees` of freedom exceeds with probability `tail`.
///
/// `tail` is clamped to 1e-6 … 1 − 1e-6 and `degrees` to 1 or more.
#[must_use]
pub fn student_t_quantile(degrees: f64, tail: f64) -> f64 {
    let tail = tail.clamp(SMALLEST_TAIL, 1.0 - SMALLEST_TAIL);
    if degrees.is_nan() || degrees >= NORMAL_FROM_DEGREES {
        return normal_quantile(tail);
    }
    match StudentsT::new(0.0, 1.0, degrees.max(1.0)) {
        Ok(t) => -t.inverse_cdf(tail),
        Err(_) => normal_quantile(tail),
    }
}

/// The probability that Student's t with `degrees` of freedom exceeds `t`; accurate far out in the tail.
#[must_use]
pub fn student_t_tail(degrees: f64, t: f64) -> f64 {
    if t.is_nan() {
        return 1.0;
    }
    let upper = if degrees.is_nan() || degrees >= NORMAL_FROM_DEGREES {
        0.5 * statrs::function::erf::erfc(t.abs() / std::f64::consts::SQRT_2)
    } else {
        // Abramowitz & Stegun 26.5.27, on the tail itself rather than as one minus the bulk.
        let degrees = degrees.max(1.0);
        if t.is_infinite() {
            0.0
        } else {
            0.5 * statrs::function::beta::beta_reg(degrees / 2.0, 0.5, degrees / (degrees + t * t))
        }
    };
    if t >= 0.0 { upper } else { 1.0 - upper }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scripts/reference_numbers.py` prints these lines with SciPy.
    const SCIPY: &str = include_str!("reference/distribution.tsv");

    #[test]
    fn agree_with_scipy() {
        let mut n_checked = 0;
        for line in SCIPY.lines().filter(|l| !l.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let number = |i: usize| -> f64 { fields[i].parse().expect("the table holds numbers") };
            let (got, want, tolerance) = match fields[0] {
                "normal_quantile" => (normal_quantile(number(1)), number(3), 1e-9),
                "t_quantile" => (student_t_quantile(number(2), number(1)), number(3), 1e-3),
                "t_tail" => (student_t_tail(number(2), number(1)), number(3), 1e-8),
                other => panic!("unknown row {other}"),
            };
            assert!((got - want).abs() <= tolerance * want.abs().max(1e-300), "{line}: got {got}");
            n_checked += 1;
        }
        assert!(n_checked > 50, "only {n_checked} reference numbers");
    }

    #[test]
    fn the_edges_return() {
        assert!(student_t_quantile(1000.0, 1e-100).is_finite());
        assert!(student_t_quantile(0.0, 0.0).is_finite());
        assert!(student_t_quantile(f64::NAN, 0.5).is_finite());
        assert!(student_t_tail(3.0, f64::INFINITY) <= 0.0);
        assert!((student_t_tail(3.0, f64::NEG_INFINITY) - 1.0).abs() < 1e-15);
        assert!((student_t_tail(5.0, 0.0) - 0.5).abs() < 1e-12);
    }
}
