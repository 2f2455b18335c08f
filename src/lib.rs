//! The library of `regress`, the regression gate for Criterion benchmarks.
//!
//! ```text
//!  files of Criterion ──► criterion ─┐
//!  exported baselines ──► store ─────┤► Run, Run ─► compare(baseline, candidate, policy) ─► RunComparison
//!                                                      uses stats                              │
//!                                                                              report ◄────────┘
//!                                                                                 └─► text of every format
//! ```
//!
//! [`runner`] makes such runs itself, of two versions of the code in alternation, for [`compare::compare_rounds`].
//!
//! Reading touches the world and may fail; [`stats`], [`compare`](mod@compare) and [`report`] are pure.

pub mod model;

pub mod stats;

pub mod compare;

pub mod history;

pub mod calibration;

pub mod criterion;

pub mod environment;

pub mod preflight;

pub mod runner;

pub mod report;

pub mod claims;

pub mod dashboard;

pub mod store;

pub mod publish;

#[cfg(all(unix, feature = "cpu-time"))]
pub use runner::CpuTime;
