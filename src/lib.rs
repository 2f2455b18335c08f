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
//! Reading touches the world and may fail; what lies between is pure.

pub mod model;

pub mod stats;

pub mod compare;

pub mod criterion;

pub mod store;
