//! Numbers to estimates. Knows nothing of benchmarks' names, nor of what a project wants to tolerate.
//!
//! Every function is total on the values that its types admit, and deterministic. Reference numbers made by SciPy stand
//! beside the tests, with the script that made them.
//!
//! # Which is for what
//!
//! Baseline comes first everywhere, and a difference is candidate minus baseline. Times are best compared by their
//! logarithms: a difference of these is the logarithm of a ratio, and doubling is as far from 0 as halving.
//!
//! | question | by |
//! |---|---|
//! | What does one execution say? | [`summarize`]; of any values [`median`], [`quantile`], [`weighted_median`], [`median_absolute_deviation`], [`qn`]; [`scale_around_level`] of a series |
//! | Do a few executions a side differ? | [`welch`]; [`pooled`] where one side has a single one |
//! | … when many benchmarks tell how much executions vary? | [`fit_prior`], then [`VariancePrior::moderate`] |
//! | … of no known distribution? | [`mann_whitney`], [`hodges_lehmann`]; never significant with too few |
//! | Do paired rounds differ? | [`signed_rank`], [`pseudomedian`]; [`paired`] for normal log ratios |
//! | … with looks in between? | [`first_look`], [`looks`] |
//! | What do many differences come to together? | [`mean_difference`] |
//! | What is the ratio of two means, not of typical values? | [`ratio_of_means`] |
//! | What is the interval of any other statistic? | [`Bootstrap`], from twenty values on |
//! | Which of many tests found something? | [`holm`] for a gate, [`benjamini_hochberg`] for a list, [`hierarchical`] for a list by groups |
//! | Where did a benchmark's history change, and by how much? | [`change_points`]; [`Detector`] for one that grows |
//! | Is it proven that nothing changed? | [`equivalence`], [`narrowest_band`] |
//! | What could have been seen, and what would it take? | [`smallest_detectable`], [`executions_needed`], [`rounds_needed`] |
//!
//! ```
//! use criterion_regress::stats::{equivalence, executions_needed, holm, welch};
//!
//! let logs = |seconds: [f64; 5]| seconds.map(f64::ln);
//! let baseline = logs([1.02, 1.00, 1.01, 0.99, 1.00]);
//! let slower = welch(&baseline, &logs([1.11, 1.10, 1.12, 1.09, 1.10])).expect("five a side");
//! let same = welch(&baseline, &logs([1.00, 1.01, 1.00, 1.02, 1.01])).expect("five a side");
//!
//! assert!(slower.interval(0.95).exp().contains(1.1));
//! let p_values = holm(&[slower.tail(0.0), same.tail(0.0)]);
//! assert!(p_values[0] < 0.01 && p_values[1] > 0.1);
//!
//! // Not found to differ is not yet proven to be the same: this one is, within 5 %, but not within 1 %.
//! assert!(equivalence(&same, 0.05_f64.ln_1p()) < 0.05);
//! assert!(equivalence(&same, 0.01_f64.ln_1p()) > 0.05);
//! assert_eq!(executions_needed(0.01_f64.ln_1p(), 0.011, 0.05, 0.8), Some(16));
//! ```

mod bootstrap;
mod change_point;
mod distribution;
mod equivalence;
mod execution;
mod fieller;
mod gamma;
mod interval;
mod level_grid;
mod mann_whitney;
mod moderation;
mod multiple;
mod noise_shape;
mod permutation_certificate;
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
pub use change_point::{ChangePoint, ChangePointOptions, Detector, Tier, change_points};
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
pub use random::Random;
pub use scale::{qn, scale_around_level, shortest_half};
pub use sequential::{Look, first_look, looks};
pub use signed_rank::{pseudomedian, pseudomedian_interval, signed_rank};
pub use tails::Tails;
pub use welch::{Difference, mean_difference, paired, pooled, welch};

/// Scales a median absolute deviation to the standard deviation of a normal distribution: 1/Φ⁻¹(3/4).
pub const MAD_TO_SD: f64 = 1.482_602_218_505_602;

/// The standard error of a median over that of a mean, for normal values and many of them: √(π/2).
pub const MEDIAN_TO_MEAN_ERROR: f64 = 1.253_314_137_315_500_3;
