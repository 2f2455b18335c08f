use std::collections::BTreeMap;

/// Where something was measured, as far as it is known: what has to be equal for two times to be comparable, and what is good to
/// know of them. Nothing in it names a person, a machine or a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Environment {
    /// The processor's model.
    pub cpu: Option<String>,
    /// Processors that the system offers.
    pub cores: Option<u32>,
    /// Operating system with its version, and the architecture: `linux 6.1.0 x86_64`.
    pub os: Option<String>,
    /// The compiler: `rustc 1.95.0`.
    pub rustc: Option<String>,
    /// Cargo's profile, flags that change the code included, where somebody states them.
    pub profile: Option<String>,
    /// SHA-256 of each executable that was run, in hexadecimal, sorted.
    pub executables: Vec<String>,
    /// Variables and arguments with which this side was run and the other was not, as `NAME=VALUE` or as typed.
    pub settings: Vec<String>,
    /// The system's name and version in its own words: `Debian GNU/Linux 12 (bookworm)`, `macOS 26.1 (25B78)`.
    pub distribution: Option<String>,
    /// The frequency governor of all processors: `performance`; several with commas where they differ.
    pub governor: Option<String>,
    /// Whether processors may clock above their base frequency.
    pub turbo: Option<bool>,
    /// Whether two threads share a core.
    pub smt: Option<bool>,
    /// Whether the system saves energy: the low-power mode of macOS.
    pub low_power_mode: Option<bool>,
    /// Graphics processors, each by its model and driver, in the order of the system.
    pub gpus: Vec<String>,
    /// Memory, in MiB.
    pub memory_mib: Option<u64>,
    /// `none`, `virtual machine`, `container`, or both of these with a comma.
    pub virtualization: Option<String>,
    /// The runner of the CI system: `GitHub-hosted ubuntu24 20251112.1`, `self-hosted`.
    pub runner: Option<String>,
    /// Variables that libraries read when they decide how to compute, as `RAYON_NUM_THREADS`, by name.
    pub variables: BTreeMap<String, String>,
}

impl Environment {
    /// In what the two differ, each as the name of the fact with both values; what either side doesn't know is no difference.
    ///
    /// Hardware and the system's settings count. Memory, virtualisation, runner and variables are to be told: they say less than they
    /// seem to (hosted runners of one kind differ in the first three), or are part of what was measured.
    #[must_use]
    pub fn differences(&self, other: &Environment) -> Vec<EnvironmentDifference> {
        let cores = |e: &Environment| e.cores.map(|n| n.to_string());
        let switch = |is_on: Option<bool>| is_on.map(|is_on| if is_on { "on" } else { "off" }.to_owned());
        let gpus = |e: &Environment| (!e.gpus.is_empty()).then(|| e.gpus.join(", "));
        let facts = [
            ("CPU", self.cpu.clone(), other.cpu.clone()),
            ("cores", cores(self), cores(other)),
            ("system", self.os.clone(), other.os.clone()),
            ("compiler", self.rustc.clone(), other.rustc.clone()),
            ("profile", self.profile.clone(), other.profile.clone()),
            ("distribution", self.distribution.clone(), other.distribution.clone()),
            ("governor", self.governor.clone(), other.governor.clone()),
            ("turbo", switch(self.turbo), switch(other.turbo)),
            ("SMT", switch(self.smt), switch(other.smt)),
            ("low-power mode", switch(self.low_power_mode), switch(other.low_power_mode)),
            ("GPU", gpus(self), gpus(other)),
        ];
        let differing = facts.into_iter().filter_map(|(fact, one, two)| match (one, two) {
            (Some(one), Some(two)) if one != two => Some(EnvironmentDifference { fact, values: [one, two] }),
            _ => None,
        });
        differing.collect()
    }

    /// Whether both were measured from the same executables under the same settings, as far as both say.
    #[must_use]
    pub fn has_same_executables(&self, other: &Environment) -> bool {
        let known = |e: &Environment| e.executables.iter().all(|hash| is_hash(hash)) && !e.executables.is_empty();
        known(self) && known(other) && self.executables == other.executables && self.settings == other.settings
    }
}

/// The SHA-256 of nothing: of a file that was emptied, or never written.
const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Whether this can be the hash of an executable.
fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')) && text != OF_NOTHING
}

/// A fact in which two environments differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentDifference {
    /// Which: `CPU`, `cores`, `system`, `compiler`, `profile`, `distribution`, `governor`, `turbo`, `SMT`, `low-power mode`, `GPU`.
    pub fact: &'static str,
    /// The one's and the other's.
    pub values: [String; 2],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_two_machines() {
        let check = |change: fn(&mut Environment), want: &[&str]| {
            let one = Environment {
                turbo: Some(true),
                governor: Some("performance".to_owned()),
                gpus: vec!["T4".to_owned()],
                memory_mib: Some(8_000),
                ..Environment::default()
            };
            let mut other = one.clone();
            change(&mut other);
            let facts = |a: &Environment, b| a.differences(b).iter().map(|d| d.fact).collect::<Vec<_>>();
            assert_eq!((facts(&one, &other), facts(&other, &one)), (want.to_vec(), want.to_vec()));
        };
        check(|_| (), &[]);
        check(|e| e.turbo = Some(false), &["turbo"]);
        check(|e| e.turbo = None, &[]);
        check(|e| e.governor = Some("powersave".to_owned()), &["governor"]);
        check(|e| e.gpus.push("T4".to_owned()), &["GPU"]);
        check(|e| e.gpus.clear(), &[]);
        // What is only good to know.
        check(|e| e.memory_mib = Some(7_900), &[]);
        check(|e| e.virtualization = Some("container".to_owned()), &[]);
        check(|e| drop(e.variables.insert("RAYON_NUM_THREADS".to_owned(), "1".to_owned())), &[]);
    }
}
