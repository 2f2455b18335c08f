//! Which benchmark of the one side is which of the other.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::{NotCompared, WhyNot};
use crate::model::{Benchmark, BenchmarkId, Estimator, Names, Run, Warning, WarningKind};

/// The two sides, matched.
#[derive(Debug)]
pub(super) struct Pairing<'a> {
    /// Baseline and candidate, in the order of the candidates' ids.
    pub(super) pairs: Vec<(&'a Benchmark, &'a Benchmark)>,
    pub(super) unpaired: Vec<NotCompared>,
    pub(super) warnings: Vec<Warning>,
}

/// Root and directory: what identifies a benchmark within a side.
type Key<'a> = (&'a str, &'a str);

/// Matches by the configuration's renames, then by directory, then by directory in any case, then by an id that each
/// side has once. Benchmarks that share an id are matched only where the matching is beyond doubt.
pub(super) fn pair<'a>(
    baseline: &'a Run,
    candidate: &'a Run,
    names: [&Names<'a>; 2],
    renames: &BTreeMap<String, String>,
) -> Pairing<'a> {
    // With one root a side, what the roots are called is a matter of where the folders lie.
    let one_root = names.iter().all(|names| names.roots.len() <= 1);
    let ignores_root = one_root && names[0].roots != names[1].roots;
    let key = |b: &'a Benchmark| -> Key<'a> { (if ignores_root { "" } else { b.id.root() }, b.id.directory()) };

    let mut pairs: Vec<(&Benchmark, &Benchmark)> = Vec::with_capacity(candidate.benchmarks.len());
    let (renamed, mut warnings) = renamed(baseline, candidate, renames);
    let is_renamed = |b: &Benchmark| renamed.iter().any(|(old, new)| std::ptr::eq(*old, b) || std::ptr::eq(*new, b));
    // Both sides of one tree come in the same order, as far as each benchmark has both.
    let in_step = |(old, new): &(&'a Benchmark, &'a Benchmark)| renamed.is_empty() && key(old) == key(new);
    pairs.extend(baseline.benchmarks.iter().zip(&candidate.benchmarks).take_while(in_step));
    let n_in_step = pairs.len();
    let keyed = |run: &'a Run| -> HashMap<Key<'a>, &'a Benchmark> {
        let rest = run.benchmarks[n_in_step..].iter().filter(|b| renamed.is_empty() || !is_renamed(b));
        rest.map(|b| (key(b), b)).collect()
    };
    let mut left = Remaining::default();
    let mut new = keyed(candidate);
    for (key, old) in keyed(baseline) {
        match new.remove(&key) {
            Some(new) => pairs.push((old, new)),
            None => drop(left.by_key.insert(key, old)),
        }
    }
    let mut right = Remaining { by_key: new.into_iter().collect() };
    pairs.extend(&renamed);
    for (old, new) in unique_matches(&left, &right, |b| format!("{}\n{}", b.id.root(), b.id.directory()).to_lowercase())
    {
        warnings.push(Warning {
            subject: old.id.path(),
            kind: WarningKind::MatchedIgnoringCase { candidate: new.id.path() },
        });
        pairs.push((left.take(key(old)), right.take(key(new))));
    }
    for (old, new) in unique_matches(&left, &right, |b| b.id.as_str().to_owned()) {
        pairs.push((left.take(key(old)), right.take(key(new))));
    }

    let ambiguous = ambiguous_ids(names, &pairs);
    let mut unpaired = Vec::new();
    let mut unpair = |id: &BenchmarkId, reason: WhyNot| {
        let reason = if ambiguous.contains(&(id.root(), id.as_str())) { WhyNot::AmbiguousId } else { reason };
        unpaired.push(NotCompared { id: id.clone(), reason });
    };
    pairs.retain(|(_, new)| {
        let is_clear = !ambiguous.contains(&(new.id.root(), new.id.as_str()));
        if !is_clear {
            unpair(&new.id, WhyNot::AmbiguousId);
        }
        is_clear
    });
    left.by_key.values().for_each(|b| unpair(&b.id, WhyNot::Removed));
    let left_behind = |b: &Benchmark| renamed.iter().any(|(old, _)| old.id.as_str() == b.id.as_str());
    right.by_key.values().for_each(|b| unpair(&b.id, if left_behind(b) { WhyNot::Ignored } else { WhyNot::Added }));
    pairs.sort_by_cached_key(|&(_, new)| (beginning(new.id.as_str()), new.id.as_str(), &new.id));
    Pairing { pairs, unpaired, warnings }
}

/// The first bytes of a name as numbers that sort as they do: most comparisons then need no look at the name itself.
fn beginning(name: &str) -> [u128; 3] {
    let mut chunks = name.as_bytes().chunks(16);
    std::array::from_fn(|_| {
        let mut bytes = [0; 16];
        let chunk = chunks.next().unwrap_or_default();
        bytes[..chunk.len()].copy_from_slice(chunk);
        u128::from_be_bytes(bytes)
    })
}

/// Pairs by the configuration's renames, with warnings about those that can't be as it says: the new name must not have been
/// in the baseline. The old one may still lie on the candidate's side, as Criterion never removes anything.
fn renamed<'a>(
    baseline: &'a Run,
    candidate: &'a Run,
    renames: &BTreeMap<String, String>,
) -> (Vec<(&'a Benchmark, &'a Benchmark)>, Vec<Warning>) {
    let of = |run: &'a Run, id: &str| run.benchmarks.iter().find(|b| b.id.as_str() == id);
    let mut pairs: Vec<(&Benchmark, &Benchmark)> = Vec::new();
    let mut warnings = Vec::new();
    for (old_id, new_id) in renames {
        let mut warn = |kind| warnings.push(Warning { subject: format!("{old_id} = {new_id}"), kind });
        match (of(baseline, old_id), of(candidate, new_id)) {
            (Some(_), Some(_)) if of(baseline, new_id).is_some() => {
                warn(WarningKind::RenameContradicted);
            }
            (Some(_), Some(new)) if pairs.iter().any(|(_, taken)| std::ptr::eq(*taken, new)) => {
                warn(WarningKind::RenameContradicted);
            }
            (Some(old), Some(new)) => pairs.push((old, new)),
            _ => warn(WarningKind::RenameMatchesNothing),
        }
    }
    (pairs, warnings)
}

/// The benchmarks of one side that have no partner yet.
#[derive(Default)]
struct Remaining<'a> {
    by_key: BTreeMap<Key<'a>, &'a Benchmark>,
}

impl<'a> Remaining<'a> {
    fn take(&mut self, key: Key<'a>) -> &'a Benchmark {
        self.by_key.remove(&key).expect("matches are made of what remains, once each")
    }
}

/// Pairs of benchmarks without a partner whose names agree, where each side has the name once.
fn unique_matches<'a>(
    left: &Remaining<'a>,
    right: &Remaining<'a>,
    name: impl Fn(&Benchmark) -> String,
) -> Vec<(&'a Benchmark, &'a Benchmark)> {
    let by_name = |side: &Remaining<'a>| {
        let mut names: BTreeMap<String, Vec<&'a Benchmark>> = BTreeMap::new();
        for benchmark in side.by_key.values() {
            names.entry(name(benchmark)).or_default().push(benchmark);
        }
        names
    };
    if left.by_key.is_empty() || right.by_key.is_empty() {
        return Vec::new();
    }
    let new = by_name(right);
    by_name(left)
        .into_iter()
        .filter_map(|(name, old)| match (old.as_slice(), new.get(&name)?.as_slice()) {
            ([old], [new]) => Some((*old, *new)),
            _ => None,
        })
        .collect()
}

/// Ids that several folders share and whose folders may have been swapped between the sides.
///
/// Criterion numbers equal names in the order of the source (`_2`, `_3`), so that reordering benchmarks swaps their
/// folders. The matching by folder is trusted when it is also the matching by rank of the times.
fn ambiguous_ids<'a>(names: [&Names<'a>; 2], pairs: &[(&'a Benchmark, &'a Benchmark)]) -> BTreeSet<(&'a str, &'a str)> {
    let shared = names.iter().flat_map(|names| names.duplicates.keys().copied());
    let mut members: BTreeMap<(&str, &str), Vec<(&Benchmark, &Benchmark)>> =
        shared.map(|name| (name, Vec::new())).collect();
    if members.is_empty() {
        return BTreeSet::new();
    }
    for (old, new) in pairs {
        if let Some(members) = members.get_mut(&(new.id.root(), new.id.as_str())) {
            members.push((*old, *new));
        }
    }
    let is_ambiguous = |(name, pairs): &(&(&'a str, &'a str), &Vec<(&Benchmark, &Benchmark)>)| {
        let is_complete = names.iter().all(|names| names.duplicates.get(*name).map_or(1, Vec::len) == pairs.len());
        let copies =
            pairs.iter().all(|(old, new)| old.executions.first().fingerprint == new.executions.first().fingerprint);
        !(is_complete && (copies || same_order(pairs)))
    };
    members.iter().filter(is_ambiguous).map(|(name, _)| *name).collect()
}

fn same_order(pairs: &[(&Benchmark, &Benchmark)]) -> bool {
    let order = |time: &dyn Fn(&(&Benchmark, &Benchmark)) -> f64| {
        let mut indices: Vec<usize> = (0..pairs.len()).collect();
        indices.sort_by(|&a, &b| time(&pairs[a]).total_cmp(&time(&pairs[b])));
        indices
    };
    let typical = |b: &Benchmark| b.executions.location(Estimator::Typical);
    order(&|(old, _)| typical(old)) == order(&|(_, new)| typical(new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Measurement, Unit};
    use crate::stats::summarize;

    /// `directory|full id|time`
    fn run(benchmarks: &[&str]) -> Run {
        let benchmarks = benchmarks
            .iter()
            .map(|text| {
                let fields: Vec<&str> = text.split('|').collect();
                let median = fields[2].parse().expect("a time");
                Benchmark {
                    id: BenchmarkId::new("", fields[0], fields[1]),
                    throughput: None,
                    unit: Unit::Unstated,
                    executions: summarize(&Measurement::Estimates { median, standard_error: 0.1 }, None).into(),
                    overwritten: None,
                }
            })
            .collect();
        Run { benchmarks, ..Run::default() }
    }

    fn check(baseline: &[&str], candidate: &[&str], renames: &[(&str, &str)], want: &[&str]) {
        let (baseline, candidate) = (run(baseline), run(candidate));
        let renames = renames.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect();
        let pairing = pair(&baseline, &candidate, [&baseline.names(), &candidate.names()], &renames);
        let mut got: Vec<String> =
            pairing.pairs.iter().map(|(b, c)| format!("{} = {}", b.id.directory(), c.id.directory())).collect();
        got.extend(pairing.unpaired.iter().map(|n| format!("{} {:?}", n.id.directory(), n.reason)));
        got.sort();
        assert_eq!(got, want);
    }

    #[test]
    fn by_directory() {
        check(&["a|a|1", "b|b|1"], &["a|a|2", "c|c|1"], &[], &["a = a", "b Removed", "c Added"]);
    }

    #[test]
    fn by_rename() {
        check(&["a|a|1"], &["z|z|2"], &[("a", "z")], &["a = z"]);
        check(&["a|a|1"], &["y|y|2"], &[("a", "z")], &["a Removed", "y Added"]);
    }

    #[test]
    fn by_case_and_by_id() {
        check(&["group_a/x|Group_A/X|1"], &["Group_A/X|Group_A/X|1"], &[], &["group_a/x = Group_A/X"]);
        check(&["a.b|a.b|1"], &["a_b|a.b|1"], &[], &["a.b = a_b"]);
        check(&["A|A|1", "a|a|9"], &["a|a|9"], &[], &["A Removed", "a = a"]);
    }

    #[test]
    fn shared_ids_are_matched_only_in_the_same_order() {
        check(&["s|s|10", "s_2|s|99"], &["s|s|11", "s_2|s|98"], &[], &["s = s", "s_2 = s_2"]);
        check(&["s|s|10", "s_2|s|99"], &["s|s|98", "s_2|s|11"], &[], &["s AmbiguousId", "s_2 AmbiguousId"]);
        check(&["s|s|10"], &["s|s|11", "s_2|s|98"], &[], &["s AmbiguousId", "s_2 AmbiguousId"]);
    }
}
