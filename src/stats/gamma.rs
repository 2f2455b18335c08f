//! The derivatives of ln Γ that statrs lacks, for positive arguments.

/// Above this the asymptotic series below are good to all digits; smaller arguments are raised by the recurrence.
const SERIES_FROM: f64 = 15.0;

/// The second derivative of ln Γ at `x` > 0. Source: Abramowitz & Stegun 6.4.12 and 6.4.6.
pub(super) fn trigamma(x: f64) -> f64 {
    let (x, raised) = raise(x, |x| 1.0 / (x * x));
    let y = 1.0 / (x * x);
    let series = y * (1.0 / 6.0 + y * (-1.0 / 30.0 + y * (1.0 / 42.0 + y * (-1.0 / 30.0 + y * 5.0 / 66.0))));
    raised + (1.0 + 0.5 / x + series) / x
}

/// The third derivative of ln Γ at `x` > 0. Source: Abramowitz & Stegun 6.4.13 and 6.4.6.
pub(super) fn tetragamma(x: f64) -> f64 {
    let (x, raised) = raise(x, |x| -2.0 / (x * x * x));
    let y = 1.0 / (x * x);
    let series = y * (-0.5 + y * (1.0 / 6.0 + y * (-1.0 / 6.0 + y * (3.0 / 10.0 - y * 5.0 / 6.0))));
    raised + y * (-1.0 - 1.0 / x + series)
}

/// The `x` > 0 with `trigamma(x)` = `value` > 0. Source: Smyth 2004, appendix.
pub(super) fn trigamma_inverse(value: f64) -> f64 {
    // The limits of both ends, where Newton's steps would lose their digits.
    if value > 1e7 {
        return 1.0 / value.sqrt();
    }
    if value < 1e-6 {
        return 1.0 / value;
    }
    // 1/trigamma is nearly linear and convex: the steps rise to the root without passing it.
    let mut x = 0.5 + 1.0 / value;
    for _ in 0..50 {
        let here = trigamma(x);
        let step = here * (1.0 - here / value) / tetragamma(x);
        x += step;
        if step.abs() <= 1e-14 * x {
            break;
        }
    }
    x
}

/// `x` raised by ones to where the series holds, and the sum of `term` on the way.
fn raise(mut x: f64, term: impl Fn(f64) -> f64) -> (f64, f64) {
    let mut sum = 0.0;
    while x < SERIES_FROM {
        sum += term(x);
        x += 1.0;
    }
    (x, sum)
}

#[cfg(test)]
mod tests {
    use super::super::reference::{is_close, rows};
    use super::*;

    #[test]
    fn agree_with_scipy() {
        for row in rows(include_str!("reference/gamma.tsv")) {
            let x = row.number(0);
            assert!(is_close(statrs::function::gamma::digamma(x), row.number(1), 1e-10), "{row}");
            assert!(is_close(trigamma(x), row.number(2), 1e-12), "{row}: {}", trigamma(x));
            assert!(is_close(tetragamma(x), row.number(3), 1e-12), "{row}: {}", tetragamma(x));
        }
    }

    #[test]
    fn the_inverse_undoes() {
        for x in [1e-5, 1e-3, 0.1, 0.5, 1.0, 3.3, 40.0, 1e4, 1e7] {
            assert!(is_close(trigamma_inverse(trigamma(x)), x, 1e-6), "{x}");
        }
    }
}
