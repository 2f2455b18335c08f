//! Being asked to stop, or to stand still.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use criterion_regress::runner::Suspension;

use super::failure::Failure;

/// Set by Ctrl-C, and by whoever asks the process to end.
pub(crate) fn stopped_by_signals() -> Result<Arc<AtomicBool>, Failure> {
    let is_stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_stopped);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .map_err(|e| Failure::new(format!("failed to listen for Ctrl-C: {e}")))?;
    Ok(is_stopped)
}

/// Hears a terminal's Ctrl-Z.
pub(crate) fn suspended_by_terminal() -> Result<Suspension, Failure> {
    Suspension::by_terminal().map_err(|e| Failure::new(format!("failed to listen for Ctrl-Z: {e}")))
}
