//! This machine: what has to be equal for two times to be comparable, and whether it is in a state to measure anything.
//!
//! [`this_machine`] is the record that runs carry; [`observe`] also looks at what the machine does at the moment, and
//! [`is_back`] compares two such looks. Nothing here asks for serial numbers, names of hosts or users, or paths.

mod affinity;
mod back;
mod ci;
mod command;
mod cpu_ticks;
mod disturbed;
mod facts;
mod gpu;
mod line;
mod linux;
mod load;
mod macos;
mod observe;

mod checkout;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::model::hexadecimal;

pub use affinity::{allowed_processors, pin_to};
pub use back::{WhyNot, is_back, wait_until_back};
pub use checkout::{Checkout, checkout, origin, repository, tags};
pub use disturbed::{Disturbance, disturbances};
pub use facts::{Busy, Facts, Gpu, MemoryLevel, Power, Pressure, Runner, ThermalPressure};
pub use line::{Line, LineCommit, NoLine, branch_point, commit, line};
pub use load::{Load, LoadSample, load_average};
pub use observe::{observe, this_machine};

/// The SHA-256 of a file in hexadecimal.
///
/// # Errors
/// When it can't be read, isn't a plain file, or is empty.
pub fn hash_of_file(path: &Path) -> io::Result<String> {
    // Asked before it is opened: opening a pipe waits for somebody to write.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() == 0 {
        return Err(io::Error::other("it is not a plain file with something in it"));
    }
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => break,
            n => hash.update(&block[..n]),
        }
    }
    Ok(hexadecimal(&hash.finalize()))
}

/// The SHA-256 of a text in hexadecimal.
#[must_use]
pub fn hash_of_text(text: &str) -> String {
    hexadecimal(&Sha256::digest(text))
}

/// The SHA-256 of bytes in hexadecimal.
#[must_use]
pub fn hash_of_bytes(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_hash() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "abc").expect("it can be written");
        let want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash_of_file(file.path()).expect("it can be read"), want);
        assert!(hash_of_file(Path::new("/nonexistent")).is_err());
    }
}
