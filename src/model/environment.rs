/// Where something was measured, as far as it is known: what has to be equal for two times to be comparable.
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
}

impl Environment {
    /// In what the two differ, each as the name of the fact with both values; what either side doesn't know is no difference.
    #[must_use]
    pub fn differences(&self, other: &Environment) -> Vec<EnvironmentDifference> {
        let cores = |e: &Environment| e.cores.map(|n| n.to_string());
        let facts = [
            ("CPU", self.cpu.clone(), other.cpu.clone()),
            ("cores", cores(self), cores(other)),
            ("system", self.os.clone(), other.os.clone()),
            ("compiler", self.rustc.clone(), other.rustc.clone()),
            ("profile", self.profile.clone(), other.profile.clone()),
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
    /// Which: `CPU`, `cores`, `system`, `compiler`, `profile`.
    pub fact: &'static str,
    /// The one's and the other's.
    pub values: [String; 2],
}
