//! This machine, as far as it says: what has to be equal for two times to be comparable.

mod affinity;
mod load;

pub use affinity::{allowed_processors, pin_to};
pub use load::{Load, LoadSample, load_average};

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::model::Environment;

/// What this machine is; what can't be found out is left open.
#[must_use]
pub fn this_machine() -> Environment {
    Environment {
        cpu: cpu(),
        cores: std::thread::available_parallelism().ok().and_then(|n| u32::try_from(n.get()).ok()),
        os: Some(system()),
        rustc: output(&std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned()), &["--version"]),
        ..Environment::default()
    }
}

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

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `linux 6.1.0 x86_64`; without a version where the system doesn't say.
fn system() -> String {
    let version = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok().or_else(|| output("uname", &["-r"]));
    let version = version.as_deref().map(str::trim).filter(|version| !version.is_empty());
    let parts = [Some(std::env::consts::OS), version, Some(std::env::consts::ARCH)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn cpu() -> Option<String> {
    if cfg!(target_os = "macos") {
        return output("sysctl", &["-n", "machdep.cpu.brand_string"]);
    }
    if cfg!(windows) {
        return std::env::var("PROCESSOR_IDENTIFIER").ok();
    }
    cpu_of(&std::fs::read_to_string("/proc/cpuinfo").ok()?)
}

/// The first processor's model in the words of `/proc/cpuinfo`: `model name` on x86, implementer and part on Arm.
fn cpu_of(cpuinfo: &str) -> Option<String> {
    let value = |key: &str| {
        let line = cpuinfo.lines().find(|line| line.split(':').next().is_some_and(|k| k.trim() == key))?;
        let (_, value) = line.split_once(':')?;
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let arm = || Some(format!("Arm {} {}", value("CPU implementer")?, value("CPU part")?));
    value("model name").or_else(|| value("Hardware")).or_else(arm)
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_processors() {
        let check = |cpuinfo: &str, want: Option<&str>| assert_eq!(cpu_of(cpuinfo).as_deref(), want);
        check(
            "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) @ 2.80GHz\nmodel\t: 1\n",
            Some("Intel(R) Xeon(R) @ 2.80GHz"),
        );
        check("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", Some("Arm 0x41 0xd0c"));
        check("model name\t:\n", None);
        check("", None);
    }

    #[test]
    fn this_machine_knows_itself() {
        let machine = this_machine();
        assert!(machine.differences(&this_machine()).is_empty());
        assert!(machine.cores.is_some_and(|n| n > 0) && machine.os.is_some());
    }

    #[test]
    fn a_files_hash() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "abc").expect("it can be written");
        let want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash_of_file(file.path()).expect("it can be read"), want);
        assert!(hash_of_file(Path::new("/nonexistent")).is_err());
    }
}
