//! Numbers to estimates. Knows nothing of benchmarks' names, nor of what a project wants to tolerate.
//!
//! Every function is total on the values that its types admit, and deterministic. Reference numbers made by SciPy stand
//! beside the tests, with the script that made them.

mod bootstrap;
mod distribution;
mod equivalence;
mod execution;
mod fieller;
mod gamma;
mod interval;
mod mann_whitney;
mod moderation;
mod multiple;
mod power;
mod quantile;
mod random;
mod rank;
mod scale;
mod sequential;
mod signed_rank;
mod tails;
mod welch;

#[cfg(test)]
mod reference;

pub use bootstrap::Bootstrap;
pub use distribution::{normal_quantile, normal_tail, student_t_quantile, student_t_tail};
pub use equivalence::{equivalence, narrowest_band};
pub use execution::summarize;
pub use fieller::ratio_of_means;
pub use interval::Interval;
pub use mann_whitney::{hodges_lehmann, hodges_lehmann_interval, mann_whitney};
pub use moderation::{VariancePrior, fit_prior};
pub use multiple::{benjamini_hochberg, hierarchical, holm, simes};
pub use power::{executions_needed, rounds_needed, smallest_detectable};
pub use quantile::{median, median_absolute_deviation, quantile, weighted_median};
pub use scale::qn;
pub use sequential::{Look, first_look, looks};
pub use signed_rank::{pseudomedian, pseudomedian_interval, signed_rank};
pub use tails::Tails;
pub use welch::{Difference, paired, pooled, welch};

/// Scales a median absolute deviation to the standard deviation of a normal distribution: 1/Φ⁻¹(3/4).
pub const MAD_TO_SD: f64 = 1.482_602_218_505_602;

/// The standard error of a median over that of a mean, for normal values and many of them: √(π/2).
pub const MEDIAN_TO_MEAN_ERROR: f64 = 1.253_314_137_315_500_3;
