use std::fmt;

/// Which benchmark this is: the directory that Criterion gave it, and the id that people see.
///
/// Criterion's `full_id` is not unique: two benchmarks of one process may share it, and then only the directory
/// (`…_2`, `…_3`) tells them apart. Identity is therefore the directory, relative to the Criterion root, with `/`
/// between its parts; the id is for people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BenchmarkId {
    root: Box<str>,
    directory: Box<str>,
    /// `None` while it equals the directory, which is the usual case.
    full_id: Option<Box<str>>,
}

impl BenchmarkId {
    /// An id from Criterion's `full_id` and the benchmark's directory.
    ///
    /// `root` is the Criterion root that holds the directory, relative to the folder that was read; it is empty
    /// unless that folder holds several roots.
    #[must_use]
    pub fn new(root: &str, directory: &str, full_id: &str) -> BenchmarkId {
        let directory = directory.trim_end_matches('/');
        let full_id = (full_id != directory && !full_id.is_empty()).then(|| full_id.into());
        BenchmarkId { root: root.into(), directory: directory.into(), full_id }
    }

    /// An id of which only the name is known, as in critcmp's exports.
    #[must_use]
    pub fn from_name(full_id: &str) -> BenchmarkId {
        BenchmarkId::new("", full_id, full_id)
    }

    /// Whether the id is the folder's name, as it is unless Criterion had to change it.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.full_id.is_none()
    }

    /// What people see: Criterion's `full_id`. Text from strangers; every format escapes it for itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.full_id.as_deref().unwrap_or(&self.directory)
    }

    /// The directory below the Criterion root: the key under which two sides are matched.
    #[must_use]
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// The Criterion root that holds it, relative to the folder that was read; usually empty.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Where it lies below the folder that was read.
    #[must_use]
    pub fn path(&self) -> String {
        if self.root.is_empty() { self.directory.to_string() } else { format!("{}/{}", self.root, self.directory) }
    }
}

impl fmt::Display for BenchmarkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_id_and_keys_on_the_directory() {
        let id = BenchmarkId::new("", "x_y", "x/y");
        assert_eq!((id.as_str(), id.directory()), ("x/y", "x_y"));
        assert_eq!(BenchmarkId::new("a", "x", "x").path(), "a/x");
    }

    #[test]
    fn an_empty_value_leaves_no_trailing_slash_in_the_key() {
        let id = BenchmarkId::new("", "Sum/List/", "Sum/List/");
        assert_eq!((id.as_str(), id.directory()), ("Sum/List/", "Sum/List"));
    }
}
