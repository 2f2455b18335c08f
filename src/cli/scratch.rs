//! A folder for as long as a call takes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::failure::Failure;

/// A folder for what Criterion writes, gone with this; if this process is killed, with the next call.
pub(crate) struct Scratch {
    pub(crate) folder: PathBuf,
    /// Held for as long as the process lives, however it ends.
    _lock: File,
}

const SCRATCH: &str = "regress-ab-";

impl Scratch {
    pub(crate) fn new() -> Result<Scratch, Failure> {
        static N: AtomicU32 = AtomicU32::new(0);
        let place = std::env::temp_dir();
        sweep(&place);
        loop {
            let n = N.fetch_add(1, Ordering::Relaxed);
            let folder = place.join(format!("{SCRATCH}{}-{n}", std::process::id()));
            let failed = |e: std::io::Error| Failure::new(format!("failed to make {}: {e}", folder.display()));
            match std::fs::create_dir(&folder) {
                Ok(()) => {
                    let lock = File::create(folder.join("lock")).map_err(failed)?;
                    // Where a file system knows no locks, nobody sweeps.
                    let _ = lock.try_lock();
                    return Ok(Scratch { folder, _lock: lock });
                }
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && n < 1000 => {}
                Err(e) => return Err(failed(e)),
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Removes what killed processes have left: folders of ours whose lock nobody holds. One without a lock is perhaps being made.
fn sweep(place: &Path) {
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(SCRATCH);
        if !is_ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let path = entry.path().join("lock");
        // In a folder that all users share, somebody may have put a pipe there, on which one would wait for ever.
        if !std::fs::symlink_metadata(&path).is_ok_and(|lock| lock.is_file()) {
            continue;
        }
        let Ok(lock) = File::open(path) else { continue };
        if lock.try_lock().is_ok() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
