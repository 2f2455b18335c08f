//! Builds two versions of the code and runs their benchmarks against each other: the only place that starts benchmarks.
//!
//! A *job* is one benchmark as Criterion lists it. In a round, each job runs once on each side, every time in a fresh process with
//! a `CRITERION_HOME` of its own. Which jobs are open after a look is for the caller to say, who knows what a verdict is.

mod build;
mod executable;
mod rounds;
mod session;

pub use build::{BuildError, Checkout, Selection, default_base};
pub use executable::{Executable, ProcessFailed, Suite};
pub use rounds::{Order, Step, closing_look};
pub use session::{Ended, HowEnded, Limits, Progress, Session, Watcher};
