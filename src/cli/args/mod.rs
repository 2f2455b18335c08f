//! What can be typed.

mod compare;
mod history;
mod measure;
mod output;
mod policy;
mod publish;
mod results;
mod setup;
mod shared;
mod value;

use clap::{Parser, Subcommand};

pub(super) use compare::{AuditArgs, CheckArgs, CompareArgs, ConfirmArgs, ReportArgs, RivalsArgs, SortArg, SpreadArgs};
pub(super) use history::{
    AcceptArgs, BadgeArgs, ChangesArgs, ChangesCommand, DashboardArgs, DrawnArgs, FailOnChangeArg, HistoryArgs,
    PlotArgs, RecordArgs, StoreArgs, StoreCommand, StoreCopyArgs, StoreOfArgs, TimelineArgs,
};
pub(super) use measure::{AbArgs, DoctorArgs, OfficialArgs};
pub(super) use output::{ColorArg, FormatArg, OutputArgs, ShortFormatArg};
pub(super) use policy::{ClockArg, ClockArgs, EstimatorArg, FailOnArg, PolicyArgs, ShiftArg};
pub(super) use publish::{ClaimsArgs, ReleaseCheckArgs};
#[cfg(feature = "github")]
pub(super) use publish::{CommentArgs, LegArg};
pub(super) use results::{ExportArgs, FromArg, HistoryFormatArg, ImportArgs, ListArgs};
pub(super) use setup::{CompletionsArgs, ConfigArgs, InitArgs, SmokeArg, WorkflowArg};
pub(super) use shared::WhereArgs;
pub(super) use value::{parse_bytes_rate, parse_elements_rate};

/// The regression gate for Criterion benchmarks: reads what Criterion wrote, compares it with a baseline, and says what
/// changed with the uncertainty that the evidence has.
///
/// Exit codes: 0 no regression, 1 at least one regression, 2 could not do the job, 3 nothing was compared (or inconclusive
/// where asked to fail on it).
#[derive(Debug, Parser)]
#[command(name = "regress", version, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Check(CheckArgs),
    Ab(Box<AbArgs>),
    Official(Box<OfficialArgs>),
    List(ListArgs),
    Compare(CompareArgs),
    Record(RecordArgs),
    History(HistoryArgs),
    Changes(ChangesArgs),
    Plot(PlotArgs),
    Store(StoreArgs),
    Dashboard(DashboardArgs),
    Badge(BadgeArgs),
    Export(ExportArgs),
    Import(ImportArgs),
    Spread(SpreadArgs),
    Report(ReportArgs),
    #[cfg(feature = "github")]
    Comment(CommentArgs),
    Confirm(ConfirmArgs),
    Audit(AuditArgs),
    Rivals(RivalsArgs),
    Claims(ClaimsArgs),
    ReleaseCheck(ReleaseCheckArgs),
    Doctor(DoctorArgs),
    /// Time a fixed piece of work and print nanoseconds: what `regress doctor --measure` runs
    #[command(hide = true)]
    Kernel,
    Config(ConfigArgs),
    Init(InitArgs),
    Completions(CompletionsArgs),
    /// Print the manual page, for `man -l -`
    Man,
}
