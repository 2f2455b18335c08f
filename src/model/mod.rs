//! What was measured: the words that every other module speaks.
//!
//! No I/O, no serialisation, no judgement. Files become these types in [`crate::criterion`] and
//! [`crate::store`]; numbers about them are made in [`crate::stats`].

mod benchmark_id;
mod execution;
mod run;
mod sample;
mod throughput;
mod unit;
mod warning;

pub use benchmark_id::BenchmarkId;
pub use execution::{Evidence, Execution};
pub use run::{Absent, Benchmark, Entry, Measurement, Names, Overwritten, Run, SuggestedChange, WhyAbsent};
pub use sample::{InvalidSample, Sample, SamplingMode};
pub use throughput::Throughput;
pub use unit::Unit;
pub use warning::{Warning, WarningKind};
