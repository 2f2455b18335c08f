//! The floor for reading a tree: opens, reads and closes the files that a comparison needs, and does nothing else.
//!
//! `scripts/speed.sh` compares `regress check` with it. Usage: `bare_loop LIST THREADS`, with a path a line in LIST.

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(list), Some(threads)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bare_loop LIST THREADS".into());
    };
    let list = std::fs::read_to_string(list)?;
    let paths: Vec<&str> = list.lines().collect();
    let (next, n_bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads.parse().unwrap_or(1) {
            scope.spawn(|| {
                let mut buffer = vec![0; 64 * 1024];
                loop {
                    let start = next.fetch_add(16, Ordering::Relaxed);
                    let Some(batch) = paths.get(start..).map(|rest| &rest[..rest.len().min(16)]) else { return };
                    if batch.is_empty() {
                        return;
                    }
                    for path in batch {
                        let read = File::open(path).and_then(|mut file| file.read(&mut buffer));
                        n_bytes.fetch_add(read.unwrap_or(0), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    println!("{} files, {} bytes", paths.len(), n_bytes.into_inner());
    Ok(())
}
