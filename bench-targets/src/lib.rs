//! Workloads of a machine-learning library, timed through Criterion on candle: on a CPU, on CUDA and on Metal.
//!
//! `workloads.json` is the list, which `mlx/` reads as well. Beside each measurement lies a `regress.json` that says what was
//! computed and how; the README describes it.

pub mod backend;
pub mod checksum;
pub mod data;
pub mod ops;
pub mod probe;
pub mod sidecar;
pub mod timing;
pub mod workload;

/// A cheat, planted to see that it is found. Never the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// The clock stops before the device has finished. The sidecar says so.
    Unsynchronised,
    /// Half of the work under the whole one's name. The sidecar does not say so; its checksum does.
    Smaller,
}

impl Plant {
    /// What `BENCH_PLANT` asks for.
    ///
    /// # Errors
    /// When it names no cheat.
    pub fn from_name(name: Option<&str>) -> Result<Option<Plant>, String> {
        match name {
            None | Some("") => Ok(None),
            Some("unsynchronised") => Ok(Some(Plant::Unsynchronised)),
            Some("smaller") => Ok(Some(Plant::Smaller)),
            Some(other) => Err(format!("BENCH_PLANT is `{other}`: it may be unsynchronised or smaller")),
        }
    }
}
