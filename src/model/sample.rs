use thiserror::Error;

/// How Criterion chose the number of iterations of each measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SamplingMode {
    /// Measurement *i* runs *i·d* iterations.
    Linear,
    /// Every measurement runs the same number of iterations.
    Flat,
    /// The file doesn't say (Criterion before 0.3.3, raw.csv) or names a mode that we don't know.
    Unknown,
}

/// The measurements of one execution: never empty, all finite, every iteration count positive, in measured order.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    mode: SamplingMode,
    iterations: Box<[f64]>,
    totals: Box<[f64]>,
}

/// Why measurements don't make a [`Sample`].
#[derive(Debug, Clone, PartialEq, Error)]
pub enum InvalidSample {
    /// There is not a single measurement.
    #[error("there are no measurements in it")]
    Empty,
    /// The two lists differ in length.
    #[error("it has {iterations} iteration counts for {totals} measured values")]
    Uneven {
        /// How many iteration counts there are.
        iterations: usize,
        /// How many measured values there are.
        totals: usize,
    },
    /// A measured value is not a finite number.
    #[error("measurement {number} is {value}, not a finite number")]
    NotFinite {
        /// Which measurement, counted from 1.
        number: usize,
        /// What stands there.
        value: f64,
    },
    /// An iteration count is not a positive number.
    #[error("measurement {number} claims {count} iterations, not a positive number of them")]
    BadCount {
        /// Which measurement, counted from 1.
        number: usize,
        /// What stands there.
        count: f64,
    },
}

impl Sample {
    /// Checks measurements: `totals[i]` (in the benchmark's unit) was taken over `iterations[i]` iterations.
    ///
    /// # Errors
    /// [`InvalidSample`] says which rule of the type is broken, and where.
    pub fn new(mode: SamplingMode, iterations: Vec<f64>, totals: Vec<f64>) -> Result<Sample, InvalidSample> {
        if iterations.len() != totals.len() {
            return Err(InvalidSample::Uneven { iterations: iterations.len(), totals: totals.len() });
        }
        if totals.is_empty() {
            return Err(InvalidSample::Empty);
        }
        let is_valid = |total: &f64, n: &f64| total.is_finite() && n.is_finite() && *n > 0.0 && (total / n).is_finite();
        if totals.iter().zip(&iterations).all(|(total, n)| is_valid(total, n)) {
            return Ok(Sample { mode, iterations: iterations.into(), totals: totals.into() });
        }
        if let Some(i) = totals.iter().position(|t| !t.is_finite()) {
            return Err(InvalidSample::NotFinite { number: i + 1, value: totals[i] });
        }
        if let Some(i) = iterations.iter().position(|n| !(n.is_finite() && *n > 0.0)) {
            return Err(InvalidSample::BadCount { number: i + 1, count: iterations[i] });
        }
        // A finite total over a tiny count may still overflow; such a value is no measurement either.
        let i = (0..totals.len()).find(|&i| !(totals[i] / iterations[i]).is_finite()).unwrap_or(0);
        Err(InvalidSample::BadCount { number: i + 1, count: iterations[i] })
    }

    /// How the iteration counts were chosen.
    #[must_use]
    pub fn mode(&self) -> SamplingMode {
        self.mode
    }

    /// How many measurements there are; at least 1.
    #[must_use]
    pub fn n_measurements(&self) -> usize {
        self.totals.len()
    }

    /// Iterations of each measurement, in measured order.
    #[must_use]
    pub fn iterations(&self) -> &[f64] {
        &self.iterations
    }

    /// Measured value of each measurement over all its iterations, in measured order.
    #[must_use]
    pub fn totals(&self) -> &[f64] {
        &self.totals
    }

    /// Value per iteration of each measurement, in measured order.
    pub fn per_iteration(&self) -> impl ExactSizeIterator<Item = f64> + '_ {
        self.totals.iter().zip(&self.iterations).map(|(total, n)| total / n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(iterations: &[f64], totals: &[f64], want: Result<usize, InvalidSample>) {
        let got = Sample::new(SamplingMode::Flat, iterations.to_vec(), totals.to_vec());
        assert_eq!(got.map(|s| s.n_measurements()), want);
    }

    #[test]
    fn what_makes_a_sample() {
        check(&[1.0, 2.0], &[10.0, 20.0], Ok(2));
        check(&[1.0], &[-3.0], Ok(1));
        check(&[], &[], Err(InvalidSample::Empty));
        check(&[1.0], &[], Err(InvalidSample::Uneven { iterations: 1, totals: 0 }));
        check(&[0.0], &[1.0], Err(InvalidSample::BadCount { number: 1, count: 0.0 }));
        check(&[1e-300], &[1e300], Err(InvalidSample::BadCount { number: 1, count: 1e-300 }));
        check(&[1.0, 1.0], &[1.0, f64::INFINITY], Err(InvalidSample::NotFinite { number: 2, value: f64::INFINITY }));
    }
}
