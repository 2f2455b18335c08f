use thiserror::Error;

/// What Criterion prints of an execution after its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CriterionVerdict {
    /// "Performance has regressed."
    Regressed,
    /// "Performance has improved."
    Improved,
    /// "Change within noise threshold."
    WithinNoise,
    /// "No change in performance detected."
    NotDetected,
}

/// What was printed of one execution, where nothing else is left of it: a location with its interval, all of them rounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Printed {
    lower: f64,
    point: f64,
    upper: f64,
    step: f64,
    is_quick: bool,
    verdict: Option<CriterionVerdict>,
}

/// Why numbers can't be what was printed of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum InvalidPrinted {
    /// A number is infinite or none, or the rounding is negative.
    #[error("its numbers are not all finite")]
    NotFinite,
    /// The lower end of the interval is above the upper one.
    #[error("its interval begins at {lower} and ends at {upper}")]
    Backwards {
        /// The lower end.
        lower: f64,
        /// The upper end.
        upper: f64,
    },
}

impl Printed {
    /// Checks what was printed, per iteration in the benchmark's unit: the point with its 95 % interval, and in `step` the distance
    /// of the numbers that could have been printed, by which all three are rounded.
    ///
    /// # Errors
    /// [`InvalidPrinted`] says what is wrong.
    pub fn new(
        [lower, point, upper]: [f64; 3],
        step: f64,
        is_quick: bool,
        verdict: Option<CriterionVerdict>,
    ) -> Result<Printed, InvalidPrinted> {
        let is_finite = [lower, point, upper, upper - lower].iter().all(|x| x.is_finite());
        if !is_finite || !step.is_finite() || step < 0.0 {
            return Err(InvalidPrinted::NotFinite);
        }
        if lower > upper {
            return Err(InvalidPrinted::Backwards { lower, upper });
        }
        Ok(Printed { lower, point, upper, step, is_quick, verdict })
    }

    /// The same with what Criterion said of its change.
    #[must_use]
    pub fn with_verdict(self, verdict: Option<CriterionVerdict>) -> Printed {
        Printed { verdict, ..self }
    }

    /// The location: Criterion's slope where it has one, and else its mean.
    #[must_use]
    pub fn point(&self) -> f64 {
        self.point
    }

    /// The 95 % interval around it: its lower and upper end.
    #[must_use]
    pub fn interval(&self) -> [f64; 2] {
        [self.lower, self.upper]
    }

    /// The distance of neighbouring numbers that could have been printed.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.step
    }

    /// Whether it is of `--quick`: an effect, not a test.
    #[must_use]
    pub fn is_quick(&self) -> bool {
        self.is_quick
    }

    /// What Criterion said of its change against whatever it was compared with.
    #[must_use]
    pub fn verdict(&self) -> Option<CriterionVerdict> {
        self.verdict
    }
}
