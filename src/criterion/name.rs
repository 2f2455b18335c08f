//! From a folder's place and what `benchmark.json` says to an id and the name of a baseline.

use crate::model::BenchmarkId;

/// A result's name: which benchmark, in which baseline.
#[derive(Debug, PartialEq)]
pub(super) struct Name {
    pub(super) id: BenchmarkId,
    pub(super) baseline: String,
    /// Whether the folder is the one that `benchmark.json` names, or it names none.
    pub(super) is_in_place: bool,
}

/// Names the result in the folder `place` (relative to what was read, with `/` between its parts).
///
/// `declared` is `full_id` and `directory_name` of its `benchmark.json`. The baseline is what is left of the place after the
/// benchmark's folder, which may be several parts (`feat/x`); what stands before it is the Criterion root. Without a
/// usable `benchmark.json`, the baseline is the last part, and the root ends at a folder called `criterion`.
pub(super) fn name(place: &str, declared: Option<(&str, Option<&str>)>) -> Name {
    if let Some((full_id, Some(directory))) = declared
        && let Some(baseline) = place.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/'))
        && is_plain(directory)
        && is_plain(baseline)
        && !baseline.contains('/')
    {
        // Nearly every result: the folder that it names, with the baseline's below.
        let id = BenchmarkId::new("", directory, full_id);
        return Name { id, baseline: baseline.to_owned(), is_in_place: true };
    }
    let parts: Vec<&str> = place.split('/').filter(|part| !part.is_empty()).collect();
    if let Some((full_id, Some(directory))) = declared {
        let wanted = normalized(directory);
        // The shortest baseline first: a benchmark's folder may itself be called like a baseline.
        let split = (0..parts.len()).rev().find(|&split| parts[..split].ends_with(&wanted));
        if let Some(split) = split.filter(|_| !wanted.is_empty()) {
            let root = parts[..split - wanted.len()].join("/");
            let id = BenchmarkId::new(&root, &wanted.join("/"), full_id);
            return Name { id, baseline: parts[split..].join("/"), is_in_place: true };
        }
    }
    let (baseline, benchmark) = parts.split_last().map_or(("", &[][..]), |(last, rest)| (*last, rest));
    let root_ends = benchmark.iter().rposition(|part| *part == "criterion").map_or(0, |i| i + 1);
    // A benchmark at the root's own place (a function called `..`) still needs a key.
    let directory = if benchmark.len() > root_ends { benchmark[root_ends..].join("/") } else { ".".to_owned() };
    let root = benchmark[..root_ends].join("/");
    let escapes = declared.and_then(|(_, directory)| directory).is_some_and(|d| normalized(d).is_empty());
    let is_in_place = declared.is_none_or(|(_, directory)| directory.is_none()) || escapes;
    // A file that names another folder names another benchmark; believed, it would make that one ambiguous.
    let full_id = declared.filter(|_| is_in_place).map_or(directory.as_str(), |(full_id, _)| full_id);
    Name { id: BenchmarkId::new(&root, &directory, full_id), baseline: baseline.to_owned(), is_in_place }
}

/// Whether a path has only parts that stand for themselves.
fn is_plain(path: &str) -> bool {
    !path.split('/').any(|part| matches!(part, "" | "." | ".."))
}

/// The parts of a directory name with `.` and `..` resolved, as the file system did when Criterion wrote there.
fn normalized(directory: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in directory.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(place: &str, declared: Option<(&str, Option<&str>)>, want: &str) {
        let name = name(place, declared);
        let place = if name.is_in_place { "" } else { " moved" };
        let got = format!("{}:{} ({}) {}{place}", name.id.root(), name.id.directory(), name.id, name.baseline);
        assert_eq!(got, want);
    }

    #[test]
    fn names_from_places_and_files() {
        check("g/f/new", Some(("g/f", Some("g/f"))), ":g/f (g/f) new");
        check("x_y/base", Some(("x/y", Some("x_y"))), ":x_y (x/y) base");
        check("g/f/feat/x", Some(("g/f", Some("g/f"))), ":g/f (g/f) feat/x");
        check("Vec/new", Some(("Vec", Some("Vec"))), ":Vec (Vec) new");
        check("Vec/new/new", Some(("Vec/new", Some("Vec/new"))), ":Vec/new (Vec/new) new");
        check("new/new/new", Some(("new/new", Some("new/new"))), ":new/new (new/new) new");
        check("docs/criterion/v2/a/new", Some(("a", Some("a"))), "docs/criterion/v2:a (a) new");
        check("Sum/List/new", Some(("Sum/List/", Some("Sum/List/"))), ":Sum/List (Sum/List/) new");
    }

    #[test]
    fn places_alone() {
        check("g/(1000, 100)/new", None, ":g/(1000, 100) (g/(1000, 100)) new");
        check("snap/target/criterion/g/new", None, "snap/target/criterion:g (g) new");
        check("17.1_ Clumsy/new", Some(("Unnamed", Some("Unnamed"))), ":17.1_ Clumsy (17.1_ Clumsy) new moved");
        check("", None, ":. (.) ");
    }

    #[test]
    fn a_function_called_dot_dot() {
        check("up/new", Some(("grp/../up", Some("grp/../up"))), ":up (grp/../up) new");
        check("new", Some(("grp/..", Some("grp/.."))), ":. (grp/..) new");
    }
}
