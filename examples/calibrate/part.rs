//! Which part of the data may be reported.

use clap::ValueEnum;

/// Which part of the data is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// What no constant of ours was tuned on.
    HeldOut,
    /// Everything.
    All,
}

/// Names of data that constants of our rules were tuned on: projects of `forks/`, files of `series/` and `pairs/` without their
/// ending, sessions of `trees/`.
///
/// Of the projects of `forks/jmh.json` those whose SHA-256 begins with an even byte. Of the histories, the natural A/A (how much the
/// assumption is worth where there is no suite, and what a history is steadied with) and the Criterion one (the assumption itself).
const TUNED_ON: &[&str] = &[
    "apache__hive",
    "apache__kafka",
    "apache__tinkerpop",
    "hazelcast__hazelcast",
    "imglib__imglib2",
    "jdbi__jdbi",
    "protostuff__protostuff",
    "r2dbc__r2dbc-h2",
    "raphw__byte-buddy",
    "benchmark-action+github-action-benchmark__gh-pages__dev-bench-data",
    "lattice-hosted-criterion",
];

/// Whether data of this name belongs to the part.
pub(crate) fn is_reported(name: &str, part: Part) -> bool {
    match part {
        Part::All => true,
        Part::HeldOut => !TUNED_ON.contains(&name),
    }
}
