//! How often decision rules are wrong: the rules of other tools, and what to count of anybody's decisions.
//!
//! The rules are re-implementations from the tools' sources, as pure functions of samples; each names its source and where it
//! departs from it. What data they are scored on, and by whom, is left to the caller: `examples/calibrate` scores them beside
//! [`crate::compare`] on recorded executions whose true change is known.

mod audit;
mod rate;
mod rules;

pub use audit::{Audit, AuditRule, AuditedBenchmark, AuditedRule, audit};
pub use rate::Rate;
pub use rules::{Call, Decision, Rule, Sides};
