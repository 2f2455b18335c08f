//! Why a ratio is not told, in words: a name for programs, what is the matter, and what to do about it.

use crate::compare::{Refusal, Rival};

/// A refusal's name for programs, whose it is, what is the matter, and what to do about it. Strangers' words stand in it as they are.
pub(super) fn refusal_text(refusal: &Refusal) -> (&'static str, Option<Rival>, String, String) {
    let (code, side, message, hint): (_, _, String, String) = match refusal {
        Refusal::NoWork(side) => (
            "no-work",
            Some(*side),
            format!("nothing says what {} computed", them(*side)),
            "write regress.json beside each measurement: docs/claims.md says what stands in it".into(),
        ),
        Refusal::NoChecksum(side) => (
            "no-checksum",
            Some(*side),
            format!("nothing says what came of {} work", whose(*side)),
            "put a checksum of the result into regress.json".into(),
        ),
        Refusal::ChecksumsDiffer => (
            "checksums-differ",
            None,
            "the results differ, so it was not the same work".into(),
            "compute the same from the same inputs on both sides: shapes, rows, precision, and no part left out".into(),
        ),
        Refusal::WorkVaries(side) => (
            "work-varies",
            Some(*side),
            format!("executions of {} side computed different things", whose(*side)),
            "measure all executions with one version, on one device, from the same inputs".into(),
        ),
        Refusal::SeveralOfOneId(side) => (
            "several-of-one-id",
            Some(*side),
            format!("several benchmarks of {} side have this id: which of them is meant isn't known", whose(*side)),
            "give each benchmark an id of its own; results of a renamed or moved one may be left over".into(),
        ),
        Refusal::WorkloadsDiffer([ours, theirs]) => (
            "workloads-differ",
            None,
            format!("ours says that it computed `{ours}`, theirs `{theirs}`"),
            "give both sides of a workload one name in regress.json, and one id but for the implementation".into(),
        ),
        Refusal::NotSynchronised(side) => (
            "not-synchronised",
            Some(*side),
            format!("{} did not wait for its device: the clock saw work being started, not done", them(*side)),
            "wait for the device before the clock is read, as `Device::synchronize()` or `mx.eval` do".into(),
        ),
        Refusal::BelowFloor(side) => (
            "below-floor",
            Some(*side),
            format!("{} is faster than the hardware can be: not all of the work was timed", them(*side)),
            "look for results that were never asked for (lazy evaluation), and for a clock that is read too early"
                .into(),
        ),
        Refusal::PrecisionsDiffer([ours, theirs]) => (
            "precisions-differ",
            None,
            format!("ours computed in {ours}, theirs in {theirs}"),
            "set both to one precision; TF32 is on by default in some libraries".into(),
        ),
        Refusal::DevicesDiffer([ours, theirs]) => (
            "devices-differ",
            None,
            format!("ours ran on {ours}, theirs on {theirs}"),
            "run both on the same device of one machine".into(),
        ),
        Refusal::WaitsDiffer([ours, theirs]) => (
            "waits-differ",
            None,
            format!("ours waited for its device as `{ours}`, theirs as `{theirs}`"),
            "let both wait for each operation, or both for a whole batch".into(),
        ),
        Refusal::UnitsDiffer => (
            "units-differ",
            None,
            "the two sides count different things".into(),
            "measure both with one measurement of Criterion's".into(),
        ),
        Refusal::TooFewExecutions { needed } => (
            "too-few-executions",
            None,
            format!("fewer than {needed} executions a side: how far they vary isn't known"),
            "run the benchmarks again, each time into a folder of its own, and name all of them".into(),
        ),
        Refusal::WeakEvidence(side) => (
            "weak-evidence",
            Some(*side),
            format!("{} side has results of `--quick`, or estimates without measurements", whose(*side)),
            "measure without `--quick`, and keep sample.json".into(),
        ),
        Refusal::NotPositive(side) => (
            "not-positive",
            Some(*side),
            format!("a time of {} side is zero or negative", whose(*side)),
            "look at how it is measured: no work takes no time".into(),
        ),
    };
    (code, side, message, hint)
}

fn them(side: Rival) -> &'static str {
    match side {
        Rival::Ours => "ours",
        Rival::Theirs => "theirs",
    }
}

fn whose(side: Rival) -> &'static str {
    match side {
        Rival::Ours => "our",
        Rival::Theirs => "their",
    }
}
