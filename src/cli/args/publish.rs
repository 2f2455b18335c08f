//! Commands that tell others what was measured.

use std::path::PathBuf;

use clap::Args;
#[cfg(feature = "github")]
use criterion_regress::publish::{Key, Repository};

use super::output::ShortOutputArgs;

/// Keep one comment on a pull request that says what a report says
///
/// For workflows of GitHub's: the pull request comes from the event, also from that of a workflow_run after one of a fork. Where
/// the event is about none, or the token may not write (that of a fork's pull request never may), the job summary says it all,
/// and the exit code is the verdict's either way: the worst of all reports, and 3 where one is missing. The token is read from
/// $GITHUB_TOKEN and needs `pull-requests: write`, or with --check-run `checks: write` too. Enterprise servers are found by
/// $GITHUB_API_URL; an HTTP proxy is not used.
#[cfg(feature = "github")]
#[derive(Debug, Args)]
pub(crate) struct CommentArgs {
    /// A report that `regress check --format json` wrote; several are legs of a matrix, with names for the comment. A named
    /// one whose file isn't there is shown as missing
    #[arg(long = "report", value_name = "[NAME=]FILE", num_args = 1.., value_parser = parse_leg, required_unless_present = "expect")]
    pub(crate) reports: Vec<LegArg>,

    /// A leg that has to be there; may be given several times
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(crate) expect: Vec<String>,

    /// Which comment of the pull request: each key has one of its own
    #[arg(long, value_name = "KEY", default_value = "default", value_parser = Key::new)]
    pub(crate) key: Key,

    /// The pull request, where the event doesn't say
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=9_999_999_999))]
    pub(crate) pr: Option<u64>,

    /// The repository
    #[arg(long, value_name = "OWNER/NAME", env = "GITHUB_REPOSITORY", value_parser = parse_repository)]
    pub(crate) repo: Repository,

    /// The account whose token it is: only comments of this one are edited
    #[arg(long, value_name = "LOGIN", default_value = "github-actions[bot]")]
    pub(crate) bot_login: String,

    /// Look, print what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Write no comment where there is none yet and every benchmark was shown to be unchanged; what can't be told is told, and a
    /// comment that is there is always kept up to date
    #[arg(long)]
    pub(crate) only_on_change: bool,

    /// Write a new comment for each commit, and fold those on earlier ones away as outdated
    #[arg(long)]
    pub(crate) minimize_outdated: bool,

    /// Also write a check run, with an annotation for each regression
    #[arg(long)]
    pub(crate) check_run: bool,

    /// Give up after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
}

/// A report, and what it is called in a matrix.
#[cfg(feature = "github")]
#[derive(Debug, Clone)]
pub(crate) struct LegArg {
    pub(crate) name: Option<String>,
    pub(crate) file: PathBuf,
}

/// `NAME=FILE`, or a file; a file with such a name is `./a=b`.
#[cfg(feature = "github")]
fn parse_leg(text: &str) -> Result<LegArg, String> {
    let (name, file) = match text.split_once('=') {
        Some((name, file)) if !name.contains(['/', '\\']) => (Some(name), file),
        _ => (None, text),
    };
    if file.is_empty() || name.is_some_and(|name| name.trim().is_empty()) {
        return Err("expected FILE or NAME=FILE, as in linux=report.json".to_owned());
    }
    Ok(LegArg { name: name.map(str::to_owned), file: PathBuf::from(file) })
}

#[cfg(feature = "github")]
fn parse_repository(text: &str) -> Result<Repository, String> {
    Repository::new(text).ok_or_else(|| "expected OWNER/NAME".to_owned())
}

/// Write the figures of BENCHMARKS.md from recorded reports, and refuse a claim that they don't bear
///
/// A document has sections between marks of their own lines, `<!-- regress:begin NAME -->` and `<!-- regress:end NAME -->`.
/// Each is written anew from `benchmarks/results/NAME.json` beside the document: a report of `regress rivals` or `regress
/// check`, kept in the repository. `report=PATH` after the name takes another file, `show=claim,table,chart,conditions` a part.
/// What stands outside of marks is never touched.
///
/// "2.5× faster than …" is written of at least five executions, of all workloads, on a machine that is nobody else's and not
/// virtual, of a clean commit, with an interval that leaves 1 out. Otherwise the section says why no claim is made, and the
/// exit code is 3. With --check nothing is written, and a section that differs from its report is exit code 1.
#[derive(Debug, Args)]
pub(crate) struct ClaimsArgs {
    /// Documents with marked sections [default: BENCHMARKS.md]
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Write nothing, and fail where a section or chart is not what its report says
    #[arg(long)]
    pub(crate) check: bool,

    #[command(flatten)]
    pub(crate) output: ShortOutputArgs,
}

/// Go through what a release needs of its benchmarks, each with what to do about it
///
/// The commit is measured officially (a report in the results' folder says so, and only results and documents changed since),
/// under good conditions, without a regression since the last tag, and BENCHMARKS.md says what the reports do. Nothing is
/// measured here. Exit code 1: something fails, or can't be told.
#[derive(Debug, Args)]
pub(crate) struct ReleaseCheckArgs {
    /// The folder of recorded reports
    #[arg(long, value_name = "DIR", default_value = "benchmarks/results")]
    pub(crate) results: PathBuf,

    /// Documents with figures [default: BENCHMARKS.md]
    #[arg(long = "claims", value_name = "FILE")]
    pub(crate) claims: Vec<PathBuf>,

    /// The release to compare with [default: the last tag before this commit]
    #[arg(long, value_name = "TAG")]
    pub(crate) since: Option<String>,

    #[command(flatten)]
    pub(crate) output: ShortOutputArgs,
}
