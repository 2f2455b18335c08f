//! A folder for as long as a call takes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

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

/// From when on a folder without a lock isn't one that is being made.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Removes what killed processes have left: folders of ours whose lock nobody holds. One without a lock is perhaps being made; or a
/// benchmark that outlived us has written to it after it was removed.
fn sweep(place: &Path) {
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(SCRATCH);
        if !is_ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let path = entry.path().join("lock");
        let is_left = match std::fs::symlink_metadata(&path) {
            // In a folder that all users share, somebody may have put a pipe there, on which one would wait for ever.
            Ok(lock) => lock.is_file() && File::open(path).is_ok_and(|lock| lock.try_lock().is_ok()),
            Err(e) => {
                let changed = entry.metadata().and_then(|folder| folder.modified());
                e.kind() == std::io::ErrorKind::NotFound
                    && changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > ABANDONED))
            }
        };
        if is_left {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn what_nobody_holds_is_swept() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let make = |name: &str| {
            let folder = place.path().join(name);
            std::fs::create_dir_all(folder.join("criterion")).expect("made");
            folder
        };
        let age = |folder: &Path| {
            let long_ago = SystemTime::now() - 2 * ABANDONED;
            File::open(folder).and_then(|folder| folder.set_modified(long_ago)).expect("its time can be set");
        };
        let (held, left) = (make("regress-ab-1-0"), make("regress-ab-2-0"));
        let lock = File::create(held.join("lock")).expect("made");
        lock.lock().expect("locked");
        File::create(left.join("lock")).expect("made");
        let (new, old, strange) = (make("regress-ab-3-0"), make("regress-ab-4-0"), make("others"));
        for folder in [&held, &old, &strange] {
            age(folder);
        }
        sweep(place.path());
        assert_eq!(
            [&held, &left, &new, &old, &strange].map(|folder| folder.exists()),
            [true, false, true, false, true]
        );
    }
}
