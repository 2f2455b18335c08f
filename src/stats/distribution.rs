//! Quantiles and tails of the normal distribution and of Student's t, to eight digits or more from 1e-15 to 1 − 1e-15.
//!
//! statrs gives the functions below them (`erfc`, the incomplete beta). Its own quantile of Student's t is not used: it
//! is wrong far out for few degrees, loses digits for many, and doesn't always return.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::beta_reg;
use statrs::function::erf::erfc;
use statrs::function::gamma::ln_gamma;
use std::f64::consts::{FRAC_PI_2, PI, SQRT_2};

/// Tails are clamped to this and to one minus this.
const SMALLEST_TAIL: f64 = 1e-15;

/// From here on [`normal_equivalent`] is good to all digits, and below it the incomplete beta function.
const MANY_DEGREES: f64 = 100.0;

/// Newton's steps are about four; halving alone would be done after these.
const MOST_STEPS: usize = 100;

/// The probability that a standard normal variable exceeds `z`, or 1 where `z` is NaN; accurate far out in the tail.
#[must_use]
pub fn normal_tail(z: f64) -> f64 {
    if z.is_nan() {
        return 1.0;
    }
    let upper = 0.5 * erfc(z.abs() / SQRT_2);
    if z >= 0.0 { upper } else { 1.0 - upper }
}

/// The value that a standard normal variable exceeds with probability `tail`, which is clamped to 1e-15 … 1 − 1e-15; 0
/// where it is NaN.
#[must_use]
pub fn normal_quantile(tail: f64) -> f64 {
    on_the_upper_side(tail, |tail| -Normal::standard().inverse_cdf(tail))
}

/// The probability that Student's t with `degrees` of freedom exceeds `t`, or 1 where `t` is NaN; accurate far out in
/// the tail.
///
/// `degrees` is clamped to 1 or more; infinitely many, or NaN, is the normal distribution.
#[must_use]
pub fn student_t_tail(degrees: f64, t: f64) -> f64 {
    if t.is_nan() {
        return 1.0;
    }
    let upper = upper_t_tail(at_least_one(degrees), t.abs());
    if t >= 0.0 { upper } else { 1.0 - upper }
}

/// The value that Student's t with `degrees` of freedom exceeds with probability `tail`.
///
/// `tail` is clamped to 1e-15 … 1 − 1e-15, and NaN is one half; `degrees` is clamped to 1 or more, and infinitely many,
/// or NaN, is the normal distribution.
#[must_use]
pub fn student_t_quantile(degrees: f64, tail: f64) -> f64 {
    let degrees = at_least_one(degrees);
    if degrees.is_infinite() {
        return normal_quantile(tail);
    }
    on_the_upper_side(tail, |tail| upper_t_quantile(degrees, tail))
}

fn at_least_one(degrees: f64) -> f64 {
    if degrees.is_nan() { f64::INFINITY } else { degrees.max(1.0) }
}

/// `quantile` at the clamped `tail`, asked for tails of at most one half only: both are symmetric about 0.
fn on_the_upper_side(tail: f64, quantile: impl Fn(f64) -> f64) -> f64 {
    let tail = if tail.is_nan() { 0.5 } else { tail.clamp(SMALLEST_TAIL, 1.0 - SMALLEST_TAIL) };
    if (tail - 0.5).abs() <= 0.0 {
        0.0
    } else if tail < 0.5 {
        quantile(tail)
    } else {
        -quantile(1.0 - tail)
    }
}

/// The tail beyond `t` ≥ 0.
fn upper_t_tail(degrees: f64, t: f64) -> f64 {
    if t.is_infinite() {
        0.0
    } else if degrees.is_infinite() {
        normal_tail(t)
    } else if degrees >= MANY_DEGREES {
        normal_tail(normal_equivalent(degrees, t))
    } else {
        // Abramowitz & Stegun 26.5.27, on the tail itself rather than as one minus the bulk.
        0.5 * beta_reg(degrees / 2.0, 0.5, degrees / (degrees + t * t))
    }
}

/// The normal deviate with the tail of `t` ≥ 0. Source: Hill 1970, "Algorithm 395: Student's t-distribution".
fn normal_equivalent(degrees: f64, t: f64) -> f64 {
    let a = degrees - 0.5;
    let b = 48.0 * a * a;
    let y = a * (t / degrees * t).ln_1p();
    let third = (((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b);
    ((third + y + 3.0) / b + 1.0) * y.sqrt()
}

/// The quantile for a `tail` below one half: Halley's steps on the logarithm of the tail, kept between known bounds.
fn upper_t_quantile(degrees: f64, tail: f64) -> f64 {
    let scale = if degrees >= MANY_DEGREES {
        // ln Γ loses digits here, and the density is only needed for the size of a step.
        0.5 * (2.0 * PI).ln() + 0.25 / degrees
    } else {
        ln_gamma(degrees / 2.0) - ln_gamma(f64::midpoint(degrees, 1.0)) + 0.5 * (degrees * PI).ln()
    };
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut t = first_guess(degrees, tail);
    for _ in 0..MOST_STEPS {
        let here = upper_t_tail(degrees, t);
        if here > tail {
            low = t;
        } else {
            high = t;
        }
        let density = (-scale - (degrees + 1.0) / 2.0 * (t / degrees * t).ln_1p()).exp();
        let slope = density / here;
        let newton = (here / tail).ln() / slope;
        // −h″/h′ of h = ln tail: the hazard rises by itself, and falls with the density.
        let curvature = (degrees + 1.0) * t / (degrees + t * t) - slope;
        let next = t + newton / (1.0 - 0.5 * newton * curvature).clamp(0.5, 2.0);
        if (next - t).abs() <= 1e-13 * t {
            return next;
        }
        t = if next > low && next < high {
            next
        } else if high.is_finite() {
            f64::midpoint(low, high)
        } else {
            2.0 * low.max(1.0)
        };
    }
    t
}

/// Source: Hill 1970, "Algorithm 396: Student's t-quantiles".
fn first_guess(degrees: f64, tail: f64) -> f64 {
    let a = 1.0 / (degrees - 0.5);
    let b = 48.0 / (a * a);
    let mut c = ((20700.0 * a / b - 98.0) * a - 16.0) * a + 96.36;
    let d = ((94.5 / (b + c) - 3.0) / b + 1.0) * (a * FRAC_PI_2).sqrt() * degrees;
    let y = (d * 2.0 * tail).powf(2.0 / degrees);
    let y = if y > 0.05 + a {
        let x = -normal_quantile(tail);
        let square = x * x;
        if degrees < 5.0 {
            c += 0.3 * (degrees - 4.5) * (x + 0.6);
        }
        let c = (((0.05 * d * x - 5.0) * x - 7.0) * x - 2.0) * x + b + c;
        let z = (((((0.4 * square + 6.3) * square + 36.0) * square + 94.5) / c - square - 3.0) / b + 1.0) * x;
        (a * z * z).exp_m1()
    } else {
        let inner = 1.0 / (((degrees + 6.0) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2.0) * 3.0);
        ((inner + 0.5 / (degrees + 4.0)) * y - 1.0) * (degrees + 1.0) / (degrees + 2.0) + 1.0 / y
    };
    let guess = (degrees * y).sqrt();
    if guess.is_finite() && guess > 0.0 { guess } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::super::reference::{is_close, rows};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agree_with_scipy() {
        let mut n_checked = 0;
        for row in rows(include_str!("reference/distribution.tsv")) {
            let (x, degrees, want) = (row.number(1), row.number(2), row.number(3));
            let got = match row.text(0) {
                "normal_quantile" => normal_quantile(x),
                "normal_tail" => normal_tail(x),
                "t_quantile" => student_t_quantile(degrees, x),
                "t_tail" => student_t_tail(degrees, x),
                other => panic!("unknown row {other}"),
            };
            assert!(is_close(got, want, 1e-8), "{row}: got {got}");
            n_checked += 1;
        }
        assert!(n_checked > 500, "only {n_checked} reference numbers");
    }

    #[test]
    fn the_edges_return() {
        for degrees in [f64::NAN, f64::NEG_INFINITY, 0.0, 1.0, 1.0001, 2.5, 99.99, 100.0, 1e6, 1e300, f64::INFINITY] {
            for tail in [f64::NAN, -1.0, 0.0, 1e-300, 1e-15, 0.499_999_999_999, 0.5, 0.75, 1.0, 2.0] {
                assert!(student_t_quantile(degrees, tail).is_finite(), "{degrees}, {tail}");
                assert!(normal_quantile(tail).is_finite(), "{tail}");
            }
            for t in [f64::NAN, f64::NEG_INFINITY, -1e300, -1.0, 0.0, 1e-300, 1e100, 1e300, f64::INFINITY] {
                assert!((0.0..=1.0).contains(&student_t_tail(degrees, t)), "{degrees}, {t}");
                assert!((0.0..=1.0).contains(&normal_tail(t)), "{t}");
            }
            assert!(student_t_tail(degrees, f64::INFINITY) <= 0.0);
            assert!((student_t_tail(degrees, f64::NEG_INFINITY) - 1.0).abs() < 1e-15);
            assert!((student_t_tail(degrees, 0.0) - 0.5).abs() < 1e-15);
        }
    }

    proptest! {
        #[test]
        fn a_quantile_undoes_a_tail(log_degrees in 0.0..16.0_f64, log_tail in -34.5..-0.7_f64) {
            let (degrees, tail) = (log_degrees.exp(), log_tail.exp());
            prop_assert!(is_close(student_t_tail(degrees, student_t_quantile(degrees, tail)), tail, 1e-9));
            prop_assert!(is_close(normal_tail(normal_quantile(tail)), tail, 1e-9));
        }

        #[test]
        fn the_sides_are_mirrored(degrees in 1.0..1e4_f64, t in 0.0..50.0_f64, tail in 0.001..0.5_f64) {
            prop_assert!((student_t_tail(degrees, t) + student_t_tail(degrees, -t) - 1.0).abs() < 1e-15);
            prop_assert!((student_t_quantile(degrees, 1.0 - tail) + student_t_quantile(degrees, tail)).abs() < 1e-9);
        }

        #[test]
        fn more_degrees_have_thinner_tails(degrees in 1.0..1e4_f64, factor in 1.01..100.0_f64, t in 0.01..30.0_f64) {
            prop_assert!(student_t_tail(degrees * factor, t) <= student_t_tail(degrees, t) * (1.0 + 1e-9));
        }
    }
}
