//! On which processors this thread and what it starts may run: the container's and the caller's choice is respected.

use std::io;

/// The processors on which this thread may run.
///
/// # Errors
/// Where the system doesn't say.
#[cfg(target_os = "linux")]
pub fn allowed_processors() -> io::Result<Vec<usize>> {
    use rustix::thread::{CpuSet, sched_getaffinity};
    let allowed = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).collect())
}

/// Lets this thread, and what it starts from now on, run on one processor only.
///
/// # Errors
/// Where the system refuses.
#[cfg(target_os = "linux")]
pub fn pin_to(processor: usize) -> io::Result<()> {
    use rustix::thread::{CpuSet, sched_setaffinity};
    if processor >= CpuSet::MAX_CPU {
        return Err(io::Error::other("there are not so many processors"));
    }
    let mut only = CpuSet::new();
    only.set(processor);
    Ok(sched_setaffinity(None, &only)?)
}

/// The processors on which this thread may run.
///
/// # Errors
/// Always: only Linux is known here.
#[cfg(not(target_os = "linux"))]
pub fn allowed_processors() -> io::Result<Vec<usize>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "only on Linux can a process be pinned"))
}

/// Lets this thread, and what it starts from now on, run on one processor only.
///
/// # Errors
/// Always: only Linux is known here.
#[cfg(not(target_os = "linux"))]
pub fn pin_to(_processor: usize) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "only on Linux can a process be pinned"))
}
