use std::time::Duration;

/// Something that the reader of a result should know. It never stops the rest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// What it is about: a file or folder as given or below the folder that was read, a benchmark, a pattern.
    pub subject: String,
    /// What is the matter.
    pub kind: WarningKind,
}

/// What is the matter with the subject of a [`Warning`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningKind {
    /// The file or folder could not be opened or read.
    Unreadable {
        /// The system's words.
        cause: String,
    },
    /// The file is larger than we are willing to read.
    TooLarge {
        /// The largest size that is read, in bytes.
        limit: u64,
    },
    /// The file has no bytes: what `--save-baseline new` leaves.
    EmptyFile,
    /// The file is not what its name promises.
    Malformed {
        /// What is wrong, and where.
        cause: String,
    },
    /// A baseline's folder without files: what some caches restore.
    HollowBaseline,
    /// Files of a result, but none with measurements or estimates in it: an execution that panicked or was killed.
    NoMeasurements,
    /// A result without `benchmark.json`: its name was taken from the folders.
    NoBenchmarkJson,
    /// A result of which only the estimates are left.
    NoSample,
    /// `benchmark.json` names another folder than the one that it lies in.
    MovedDirectory {
        /// The folder that it names.
        stated: String,
    },
    /// A link, which is not followed.
    Symlink,
    /// Folders nested deeper than any benchmark's.
    TooDeep,
    /// A name that is not valid UTF-8; shown with replacement characters.
    NameNotUtf8,
    /// Several folders hold benchmarks of the same id.
    DuplicateId {
        /// The folders, in order.
        directories: Vec<String>,
    },
    /// A throughput of a kind that this version doesn't know.
    UnknownThroughput {
        /// Criterion's name of the kind.
        kind: String,
    },
    /// The candidate's result was not written by the last run.
    Stale {
        /// How much older than the newest result it is.
        behind: Duration,
    },
    /// The result claims to have been written in the future.
    FromTheFuture {
        /// How far ahead of this machine's clock.
        ahead: Duration,
    },
    /// Criterion's `change/estimates.json` is older than the result that it should belong to.
    StaleChange,
    /// The folder holds several Criterion roots.
    SeveralRoots {
        /// The roots, relative to the folder.
        roots: Vec<String>,
    },
    /// No benchmark has a baseline of this name.
    NoSuchBaseline {
        /// The baselines that there are.
        available: Vec<String>,
        /// The one whose name is most like it, if any is.
        closest: Option<String>,
    },
    /// No benchmark was found at all.
    NothingFound,
    /// A side that is a whole folder or file had more than one baseline to offer, and this one was taken.
    BaselineChosen {
        /// The baseline that was taken.
        taken: String,
    },
    /// A pattern of the configuration matches no benchmark.
    PatternMatchesNothing,
    /// The filter matches no benchmark.
    FilterMatchesNothing,
    /// Two runs that stand side by side hold copies of one measurement.
    SameMeasurement {
        /// In how many benchmarks.
        n: usize,
    },
    /// A rename of the configuration whose old name no baseline benchmark bears.
    RenameMatchesNothing,
    /// A rename of the configuration that the files contradict: the new name was in use already, or is claimed twice.
    RenameContradicted,
    /// A waiver of the configuration has run out.
    WaiverExpired {
        /// The last day on which it held, `YYYY-MM-DD`.
        until: String,
    },
    /// Both sides agree only when case is ignored, as between Windows and other systems.
    MatchedIgnoringCase {
        /// The candidate's folder.
        candidate: String,
    },
    /// A change so large that the two sides are perhaps not the same benchmark.
    Implausible {
        /// The larger time over the smaller, rounded down.
        factor: u64,
    },
    /// Runs that were to be put together disagree about a benchmark's work or unit.
    RunsDisagree {
        /// The run whose executions were kept.
        kept: String,
        /// How many executions of earlier runs were dropped for it.
        n_dropped: usize,
    },
    /// Executions that several runs of one side share; each was counted once.
    RepeatedExecutions {
        /// How many copies there were.
        n: usize,
    },
    /// Executions of the baseline that the candidate has as well; they were left out of the baseline.
    SharedExecutions {
        /// How many there were.
        n: usize,
    },
    /// An exported run beside Criterion's results, which alone are read of the folder.
    FileBesideResults,
    /// Executions of `--quick` among others of a side; they were left out.
    QuickExecutions {
        /// How many there were.
        n: usize,
    },
    /// A benchmark's process failed.
    ProcessFailed {
        /// The side that it is of.
        side: String,
        /// How it ended.
        cause: String,
        /// The end of what it printed.
        output: String,
    },
    /// A benchmark that can't be run without others.
    SelectedTogether {
        /// How many run with it.
        n: usize,
    },
    /// Somebody stopped the rounds.
    Interrupted {
        /// Benchmarks that had no verdict by then.
        n_open: usize,
        /// The command line that goes on with them.
        resume: Option<String>,
    },
    /// Wall time and CPU time say different things of how a benchmark changed, beyond what either may be off.
    ClocksDisagree {
        /// The change by wall time, in thousandths.
        wall: i64,
        /// The change by CPU time, in thousandths.
        cpu: i64,
    },
    /// The time for rounds was spent.
    BudgetSpent {
        /// Benchmarks that had no verdict by then.
        n_open: usize,
    },
    /// Others took so much of the machine that the threshold could not be resolved.
    BusyMachine {
        /// Processes that wanted to run, in tenths, where the system says.
        load: Option<u64>,
        /// Processors of the machine.
        n_processors: usize,
        /// Share of their time that other processes took, in percent.
        others: u64,
        /// The change that matters, in tenths of a percent.
        needed: u64,
        /// The smallest change that could have been proven of every benchmark, in tenths of a percent.
        resolvable: u64,
    },
    /// One log has several results of a name, of processes that it doesn't tell apart; they were left out.
    PrintedTwice {
        /// How many there were.
        n: usize,
    },
    /// Several bench targets print this name, and a log doesn't say which one printed this result; it was left out.
    TargetNotPrinted,
    /// A line of a log begins as a result does, and can't be read as one.
    IllegibleLine {
        /// Which line, and what is wrong with it.
        cause: String,
    },
    /// A file among logs that holds nothing of what Criterion prints.
    NotALog,
    /// Lines of a log that are neither Criterion's nor cargo's.
    UnrecognisedLines {
        /// How many there are.
        n: usize,
        /// The first, with its number.
        first: String,
    },
    /// A time below what the stated peak of the machine allows for the declared work.
    FasterThanPossible {
        /// How many times faster, in tenths, rounded down.
        tenths: u64,
    },
    /// Runs of history that are as near and were measured elsewhere; they were left out.
    HistoryElsewhere {
        /// How many.
        n_runs: usize,
        /// In what the nearest of them differs.
        fact: String,
        /// There, and here.
        values: [String; 2],
    },
    /// History has no run of any commit that was asked for.
    NothingInHistory,
    /// History has only a few executions to offer.
    FewInHistory {
        /// Whether the clone holds only the end of its past, where more may be recorded.
        is_shallow: bool,
        /// How many.
        n: usize,
        /// How many would be taken.
        wanted: usize,
    },
    /// A benchmark's level changed within the runs of history that a baseline is made of; those before were left out.
    LevelChanged,
    /// What was put together or compared was measured in different environments.
    DifferentEnvironments {
        /// In what they differ.
        fact: String,
        /// The one's and the other's.
        values: [String; 2],
    },
}
