//! What was measured: the words that every other module speaks.
//!
//! No I/O, no serialisation, no judgement. Files become these types in [`crate::criterion`] and
//! [`crate::store`]; numbers about them are made in [`crate::stats`].

mod benchmark_id;
mod cpu_use;
mod environment;
mod execution;
mod hexadecimal;
mod merge;
mod printed;
mod run;
mod sample;
mod session;
mod throughput;
mod unit;
mod warning;
mod work;

pub use benchmark_id::BenchmarkId;
pub use cpu_use::CpuUse;
pub use environment::{Environment, EnvironmentDifference};
pub use execution::{Estimator, Evidence, Execution, Executions, Mark};
pub(crate) use hexadecimal::hexadecimal;
pub use printed::{CriterionVerdict, InvalidPrinted, Printed};
pub use run::{Absent, Benchmark, Entry, Measurement, Names, Overwritten, Run, SuggestedChange, WhyAbsent};
pub use sample::{InvalidSample, Sample, SamplingMode};
pub use session::{CheckState, Session, SessionCheck, SessionExecution};
pub use throughput::Throughput;
pub use unit::Unit;
pub use warning::{Warning, WarningKind};
pub use work::{Checksum, Peak, Rate, Work};
