//! Builds two versions of the code and runs their benchmarks against each other: the only place that starts benchmarks.
//!
//! A *job* is one benchmark as Criterion lists it. In a round, each job runs once on each side, every time in a fresh process with
//! a `CRITERION_HOME` of its own. Which jobs are open after a look is for the caller to say, who knows what a verdict is.

mod build;
mod cpu_time;
mod executable;
mod journal;
#[cfg(all(unix, feature = "cpu-time"))]
mod measurement;
mod official;
mod recorded;
mod rounds;
mod session;
mod suspension;
mod usage;

pub use build::{BuildError, Changes, Checkout, Selection, Source, default_base};
pub use cpu_time::Idle;
pub use executable::{Executable, Invocation, ProcessFailed, Suite};
pub use journal::{InvalidJournal, Journal, Kept, read_journal};
#[cfg(all(unix, feature = "cpu-time"))]
pub use measurement::CpuTime;
pub use official::{
    CannotKeep, ForeignRecord, KeptResult, Longest, LostResults, MEASUREMENTS, MOST_EXECUTIONS, Official,
    OfficialHeader, OfficialProcess, OfficialProgress, OfficialRecord, OfficialWatcher, Repeated, Rival,
    SHORTEST_LIMIT, TIMES_BEFORE, execution_folder, n_measured, still_failed,
};
pub use recorded::{RecordedResult, RecordedSide, RoundsHeader, RoundsRecord};
pub use rounds::{Order, Step, closing_look};
pub use session::{Diverged, Ended, HowEnded, Limits, Open, Progress, Session, Watcher};
pub use suspension::Suspension;
pub use usage::{Guard, knows_cpu_time};
