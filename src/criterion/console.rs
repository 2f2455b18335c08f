//! What Criterion prints, for whom that is the only record.
//!
//! Of each execution there is `NAME   time:   [LOWER POINT UPPER]`, or the name on the line before where it has more than 23 bytes.
//! The three are the typical estimate, which is the slope and, with flat sampling, the mean, with its 95 % interval by the bootstrap;
//! each is rounded to five digits and has a unit of its own. What follows is Criterion's word on the change against whatever its
//! folder held, and of that the verdict is kept. Throughputs are not: rounded rates don't say how much work an iteration does.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::model::{BenchmarkId, CriterionVerdict, Entry, Measurement, Printed, Unit, Warning, WarningKind};

use super::Tree;

/// Names up to this many bytes stand on the line of their times, which begin in the column after it.
const LONGEST_NAME_BESIDE: usize = 23;

/// The longest text of a line that a warning quotes, in characters.
const LONGEST_QUOTE: usize = 60;

/// What the lines of one log say.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsoleLog {
    path: String,
    results: Vec<Result_>,
    lost: Vec<Subject>,
    warnings: Vec<Warning>,
}

/// Which benchmark printed something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Subject {
    name: String,
    /// The executable, as far as cargo's `Running` told, and which process of the log it was.
    target: Option<Target>,
    process: usize,
}

/// `name-hash`, as cargo calls an executable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    name: String,
    hash: String,
}

#[derive(Debug, Clone, PartialEq)]
struct Result_ {
    subject: Subject,
    unit: Unit,
    printed: Printed,
}

impl ConsoleLog {
    /// How many results it has.
    #[must_use]
    pub fn n_results(&self) -> usize {
        self.results.len()
    }

    /// Whether both hold the same results in the same order, whatever else they hold.
    #[must_use]
    pub fn is_copy_of(&self, other: &ConsoleLog) -> bool {
        self.results == other.results
    }
}

/// Whether text looks like what Criterion prints.
#[must_use]
pub fn is_console_log(bytes: &[u8]) -> bool {
    let text = decode(bytes);
    lines(&text).any(|line| matches!(Line::parse(&plain(line)), Line::Result { .. } | Line::Collecting(_)))
}

/// Reads a log. Never fails: what isn't recognised is counted, and what can't be read is a warning.
#[must_use]
pub fn read_console_log(path: &Path, bytes: &[u8]) -> ConsoleLog {
    let text = decode(bytes);
    let mut reader = Reader::new(path.display().to_string());
    if matches!(text, Cow::Owned(_)) && !is_utf16(bytes) {
        reader.warn(String::new(), WarningKind::NameNotUtf8);
    }
    for (i, line) in lines(&text).enumerate() {
        reader.read(i + 1, &plain(line));
    }
    reader.finish()
}

/// Puts logs together: entries in the order of the logs, each of the baseline that is called like its log's path.
///
/// A benchmark is its name. Where several bench targets print one name, it is name and target, and results of which nobody knows
/// the target are left out with a warning.
#[must_use]
pub fn console_tree<T>(logs: Vec<ConsoleLog>, sum_up: impl Fn(&Measurement) -> T) -> Tree<T> {
    let targets = Targets::of(&logs);
    let mut tree = Tree { entries: Vec::new(), broken: Vec::new(), warnings: Vec::new() };
    for log in logs {
        let mut repeated: BTreeMap<&Subject, usize> = BTreeMap::new();
        for result in &log.results {
            *repeated.entry(&result.subject).or_default() += 1;
        }
        // Within one process, Criterion gives no name twice: what has been printed twice is of processes that the log doesn't tell apart.
        repeated.retain(|_, n| *n > 1);
        let mut warn = |name: &str, kind| {
            tree.warnings.push(Warning { subject: format!("{}: {name}", log.path), kind });
        };
        for (subject, n) in &repeated {
            warn(&subject.name, WarningKind::PrintedTwice { n: *n });
            tree.broken.push((BenchmarkId::from_name(&subject.name), log.path.clone()));
        }
        for result in log.results.iter().filter(|result| !repeated.contains_key(&result.subject)) {
            match targets.id(&result.subject) {
                Some(id) => tree.entries.push(Entry {
                    id,
                    baseline: log.path.clone(),
                    throughput: None,
                    unit: result.unit.clone(),
                    measured: sum_up(&Measurement::Printed(result.printed)),
                    overwritten: None,
                }),
                None => {
                    warn(&result.subject.name, WarningKind::TargetNotPrinted);
                    tree.broken.push((BenchmarkId::from_name(&result.subject.name), log.path.clone()));
                }
            }
        }
        let lost =
            log.lost.iter().map(|subject| targets.id(subject).unwrap_or_else(|| BenchmarkId::from_name(&subject.name)));
        tree.broken.extend(lost.map(|id| (id, log.path.clone())));
        tree.warnings.extend(log.warnings);
    }
    tree
}

/// Which names several targets print.
struct Targets {
    /// Names that more than one target prints.
    shared: BTreeSet<String>,
    /// Names of targets that stand for several executables of one log.
    ambiguous: BTreeSet<String>,
}

impl Targets {
    fn of(logs: &[ConsoleLog]) -> Targets {
        let mut ambiguous = BTreeSet::new();
        for log in logs {
            let mut hashes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
            for target in log.results.iter().filter_map(|result| result.subject.target.as_ref()) {
                hashes.entry(&target.name).or_default().insert(&target.hash);
            }
            ambiguous
                .extend(hashes.into_iter().filter(|(_, hashes)| hashes.len() > 1).map(|(name, _)| name.to_owned()));
        }
        let mut targets = Targets { shared: BTreeSet::new(), ambiguous };
        let mut of_name: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for subject in logs.iter().flat_map(|log| &log.results).map(|result| &result.subject) {
            if let Some(target) = &subject.target {
                of_name.entry(&subject.name).or_default().insert(targets.called(target));
            }
        }
        targets.shared = of_name.into_iter().filter(|(_, of)| of.len() > 1).map(|(name, _)| name.to_owned()).collect();
        targets
    }

    /// A target's name; the hash too, where several executables have the name, as those of two packages may.
    fn called(&self, target: &Target) -> String {
        let Target { name, hash } = target;
        if self.ambiguous.contains(name) { format!("{name}-{hash}") } else { name.clone() }
    }

    /// `None` where the target decides and isn't known.
    fn id(&self, subject: &Subject) -> Option<BenchmarkId> {
        if !self.shared.contains(&subject.name) {
            return Some(BenchmarkId::from_name(&subject.name));
        }
        let target = subject.target.as_ref()?;
        Some(BenchmarkId::new("", &format!("{}: {}", self.called(target), subject.name), &subject.name))
    }
}

/// UTF-8, or UTF-16 as PowerShell's `>` writes it; what is neither is replaced.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let unit = |pair: &[u8], of: fn([u8; 2]) -> u16| of([pair[0], pair[1]]);
    match bytes {
        [0xff, 0xfe, rest @ ..] => {
            let units: Vec<u16> = rest.chunks_exact(2).map(|pair| unit(pair, u16::from_le_bytes)).collect();
            Cow::Owned(String::from_utf16_lossy(&units))
        }
        [0xfe, 0xff, rest @ ..] => {
            let units: Vec<u16> = rest.chunks_exact(2).map(|pair| unit(pair, u16::from_be_bytes)).collect();
            Cow::Owned(String::from_utf16_lossy(&units))
        }
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => String::from_utf8_lossy(rest),
    }
}

fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

/// What was written over on a terminal stands between carriage returns, as a line of its own.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.trim_end_matches('\r').split('\r'))
}

/// A line without colours, and without the time that GitHub's logs put before each.
fn plain(line: &str) -> Cow<'_, str> {
    let line = without_timestamp(line);
    if !line.contains('\u{1b}') {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(sequence) = rest.strip_prefix('[') {
            // A control sequence ends with the first character from `@` to `~`.
            let end = sequence.find(|c: char| ('@'..='~').contains(&c));
            rest = end.map_or("", |end| &sequence[end + 1..]);
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `2026-01-31T12:00:00.1234567Z ` and what follows.
fn without_timestamp(line: &str) -> &str {
    let Some((stamp, rest)) = line.split_once(' ') else { return line };
    let is_stamp = stamp.len() == 28
        && stamp.ends_with('Z')
        && stamp.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'T' | b':' | b'.' | b'Z'))
        && stamp.as_bytes()[10] == b'T';
    if is_stamp { rest } else { line }
}

/// One line, as far as it is Criterion's or cargo's.
#[derive(Debug, PartialEq)]
enum Line<'a> {
    Blank,
    /// The name that stands beside it, if any does, and the numbers.
    Result {
        name: &'a str,
        numbers: &'a str,
    },
    /// It begins as a result does, and ends otherwise.
    BrokenResult {
        name: &'a str,
    },
    Running(Option<Target>),
    /// A benchmark begins, or does something.
    Benchmarking(&'a str),
    Collecting(&'a str),
    Verdict(CriterionVerdict),
    /// Nothing that matters here.
    Known,
    Other,
}

const AFTER_THE_NAME: [&str; 4] =
    [": Warming up for ", ": Profiling for ", ": Analyzing", ": Complete (Analysis Disabled)"];

const COLLECTING: &str = ": Collecting ";

const TIME: &str = "time:   [";

/// How other lines of Criterion's and of cargo's begin, without the blanks before them.
const KNOWN: [&str; 35] = [
    "thrpt:  [",
    "change:",
    "Found ",
    "Gnuplot not found",
    "Warning: ",
    "Success",
    "slope  [",
    "mean   [",
    "median [",
    "Compiling ",
    "Finished ",
    "Blocking ",
    "Downloading ",
    "Downloaded ",
    "Updating ",
    "Locking ",
    "Adding ",
    "Fresh ",
    "Executable ",
    "Checking ",
    "Building ",
    "Doc-tests ",
    "running ",
    "test ",
    "warning: ",
    "note: ",
    "= note: ",
    "= help: ",
    "--> ",
    "error: ",
    "Complete",
    "Testing ",
    "WARNING: HTML report generation",
    "WARNING: In a future version",
    "This feature is being moved",
];

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Line<'a> {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            return Line::Blank;
        }
        if let Some(of) = line.strip_prefix("Benchmarking ") {
            return benchmarking(of);
        }
        if let Some(result) = result(line) {
            return result;
        }
        if let Some(running) = trimmed.strip_prefix("Running ") {
            return Line::Running(target(running));
        }
        match trimmed {
            "Performance has regressed." => return Line::Verdict(CriterionVerdict::Regressed),
            "Performance has improved." => return Line::Verdict(CriterionVerdict::Improved),
            "Change within noise threshold." => return Line::Verdict(CriterionVerdict::WithinNoise),
            "No change in performance detected." => return Line::Verdict(CriterionVerdict::NotDetected),
            _ => {}
        }
        let is_outlier =
            || ["low severe", "low mild", "high mild", "high severe"].iter().any(|end| trimmed.ends_with(end));
        // Excerpts of sources in cargo's warnings.
        let is_excerpt = || trimmed.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|');
        let is_known = KNOWN.iter().any(|start| trimmed.starts_with(start)) || is_outlier() || is_excerpt();
        if is_known || is_change(trimmed) { Line::Known } else { Line::Other }
    }
}

fn benchmarking(of: &str) -> Line<'_> {
    if let Some(at) = of.rfind(COLLECTING).filter(|at| of[*at..].contains(" samples in ")) {
        return Line::Collecting(&of[..at]);
    }
    let end = AFTER_THE_NAME.iter().filter_map(|after| of.rfind(after)).max();
    Line::Benchmarking(end.map_or(of, |end| &of[..end]))
}

/// `time:   [-0.1 % …] (p = …)` of a benchmark with a throughput.
fn is_change(trimmed: &str) -> bool {
    trimmed.starts_with(TIME) && trimmed.contains('%') && trimmed.contains("(p = ")
}

fn result(line: &str) -> Option<Line<'_>> {
    let at = line.rfind(TIME)?;
    let (name, numbers) = (line[..at].trim(), &line[at + TIME.len()..]);
    // Without anything before it, it would be a benchmark's name.
    let is_in_its_column = at == LONGEST_NAME_BESIDE + 1 || line[..at].ends_with("  ");
    if !is_in_its_column || is_change(&line[at..]) {
        return None;
    }
    Some(match numbers.trim_end().strip_suffix(']') {
        Some(numbers) => Line::Result { name, numbers },
        None => Line::BrokenResult { name },
    })
}

/// `benches/sum.rs (target/release/deps/sum-0123456789abcdef)`, or the executable alone, as older versions of cargo print it.
fn target(running: &str) -> Option<Target> {
    let executable = match running.rsplit_once('(') {
        Some((_, path)) => path.trim_end().strip_suffix(')')?,
        None => running.split_whitespace().next()?.trim_matches('`'),
    };
    let file = executable.rsplit(['/', '\\']).next()?;
    let (name, hash) = file.strip_suffix(".exe").unwrap_or(file).rsplit_once('-')?;
    let is_hash = hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    is_hash.then(|| Target { name: name.to_owned(), hash: hash.to_owned() })
}

/// Three numbers with a unit each: in nanoseconds, where the units are of time.
fn numbers(text: &str) -> Option<(Unit, [f64; 3], f64)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for word in text.split_whitespace() {
        let is_number =
            word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-')) && word.parse::<f64>().is_ok();
        match found.last_mut() {
            _ if is_number => found.push((word, String::new())),
            Some((_, unit)) if unit.is_empty() => word.clone_into(unit),
            Some((_, unit)) => {
                unit.push(' ');
                unit.push_str(word);
            }
            None => return None,
        }
    }
    let [first, second, third]: [(&str, String); 3] = found.try_into().ok()?;
    let all = [first, second, third];
    let scales: Vec<i32> = all.iter().filter_map(|(_, unit)| power_of_nanoseconds(unit)).collect();
    let (unit, scales) = match <[i32; 3]>::try_from(scales) {
        Ok(scales) => (Unit::Nanoseconds, scales),
        Err(_) if all.iter().all(|(_, unit)| *unit == all[0].1) => {
            let name = all[0].1.as_str();
            (if name.is_empty() { Unit::Unstated } else { Unit::Custom(name.into()) }, [0; 3])
        }
        Err(_) => return None,
    };
    let mut values = [0.0; 3];
    let mut largest_step: f64 = 0.0;
    for ((value, (digits, _)), scale) in values.iter_mut().zip(&all).zip(scales) {
        let n_decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        // From the text with the exponent, so that it is the nearest number and not one that was rounded twice.
        *value = format!("{digits}e{scale}").parse().ok()?;
        largest_step = largest_step.max(10.0_f64.powi(scale.saturating_sub(i32::try_from(n_decimals).ok()?)));
    }
    Some((unit, values, largest_step))
}

/// The power of ten that makes nanoseconds of it.
fn power_of_nanoseconds(unit: &str) -> Option<i32> {
    match unit {
        "ps" => Some(-3),
        "ns" => Some(0),
        // As 0.3.0 prints it; with either letter; as text that was decoded wrongly on its way shows it.
        "us" | "µs" | "μs" | "\u{fffd}s" | "\u{fffd}\u{fffd}s" | "Âµs" | "┬╡s" => Some(3),
        "ms" => Some(6),
        "s" => Some(9),
        _ => None,
    }
}

/// What has been read of a log so far.
struct Reader {
    log: ConsoleLog,
    target: Option<Target>,
    process: usize,
    /// The last line, where it may be a name.
    before: Option<Before>,
    /// The benchmark that runs, and whether it collects samples, as all but those of `--quick` do.
    current: Option<(String, bool)>,
    /// Whether the log holds progress at all.
    has_progress: bool,
    begun: BTreeSet<Subject>,
    n_other: usize,
    first_other: Option<(usize, String)>,
}

/// A line that is a name, if times follow.
struct Before {
    number: usize,
    text: String,
    /// Whether it looks like a line of Criterion's or cargo's, and needs no mention if it is no name.
    is_known: bool,
}

impl Reader {
    fn new(path: String) -> Reader {
        Reader {
            log: ConsoleLog { path, results: Vec::new(), lost: Vec::new(), warnings: Vec::new() },
            target: None,
            process: 0,
            before: None,
            current: None,
            has_progress: false,
            begun: BTreeSet::new(),
            n_other: 0,
            first_other: None,
        }
    }

    fn warn(&mut self, place: String, kind: WarningKind) {
        let subject = if place.is_empty() { self.log.path.clone() } else { format!("{}: {place}", self.log.path) };
        self.log.warnings.push(Warning { subject, kind });
    }

    fn subject(&self, name: &str) -> Subject {
        Subject { name: name.to_owned(), target: self.target.clone(), process: self.process }
    }

    fn read(&mut self, number: usize, line: &str) {
        let parsed = Line::parse(line);
        let before = self.before.take();
        let is_nameless =
            matches!(&parsed, Line::Result { name: "", .. } | Line::BrokenResult { name: "" } | Line::Blank);
        if !is_nameless && let Some(before) = &before {
            self.count_other(before);
        }
        match parsed {
            Line::Blank => self.before = before,
            Line::Other | Line::Known => {
                let is_known = parsed == Line::Known;
                // What Criterion indents is no name.
                if !is_known || !line.starts_with(' ') {
                    self.before = Some(Before { number, text: line.trim().to_owned(), is_known });
                }
            }
            Line::Running(target) => {
                self.target = target;
                self.process += 1;
                self.current = None;
            }
            Line::Benchmarking(name) | Line::Collecting(name) => {
                self.has_progress = true;
                let was_collecting = self.current.as_ref().is_some_and(|(current, is)| current == name && *is);
                self.current = Some((name.to_owned(), was_collecting || matches!(parsed, Line::Collecting(_))));
                self.begun.insert(self.subject(name));
            }
            Line::Verdict(verdict) => {
                if let Some(last) = self.log.results.last_mut() {
                    last.printed = last.printed.with_verdict(Some(verdict));
                }
            }
            Line::Result { name, numbers } => self.result(number, name, before, Some(numbers)),
            Line::BrokenResult { name } => self.result(number, name, before, None),
        }
    }

    fn result(&mut self, number: usize, name: &str, before: Option<Before>, text: Option<&str>) {
        let current = self.current.take();
        let is_quick = self.has_progress && current.as_ref().is_some_and(|(_, is_collecting)| !is_collecting);
        let name = match (name, &current, &before) {
            ("", Some((current, _)), _) => current.clone(),
            ("", None, Some(before)) => before.text.clone(),
            ("", None, None) => {
                let cause = format!("line {number} has times without a name");
                return self.warn(String::new(), WarningKind::IllegibleLine { cause });
            }
            (name, ..) => name.to_owned(),
        };
        // What stood between the progress and the times, and is not the name.
        if let Some(before) = before.filter(|before| before.text != name) {
            self.count_other(&before);
        }
        let subject = self.subject(&name);
        let read = text.and_then(numbers).ok_or_else(|| "it does not end in three numbers with their units".to_owned());
        let read = read.and_then(|(unit, values, step)| {
            let printed = Printed::new(values, step, is_quick, None).map_err(|e| e.to_string())?;
            Ok((unit, printed))
        });
        match read {
            Ok((unit, printed)) => self.log.results.push(Result_ { subject, unit, printed }),
            Err(cause) => {
                self.warn(name, WarningKind::IllegibleLine { cause: format!("line {number}: {cause}") });
                self.begun.remove(&subject);
                self.log.lost.push(subject);
            }
        }
    }

    fn count_other(&mut self, line: &Before) {
        if !line.is_known {
            self.n_other += 1;
            self.first_other.get_or_insert_with(|| (line.number, line.text.chars().take(LONGEST_QUOTE).collect()));
        }
    }

    fn finish(mut self) -> ConsoleLog {
        if let Some(before) = self.before.take() {
            self.count_other(&before);
        }
        for result in &self.log.results {
            self.begun.remove(&result.subject);
        }
        for subject in std::mem::take(&mut self.begun) {
            self.warn(subject.name.clone(), WarningKind::NoMeasurements);
            self.log.lost.push(subject);
        }
        if let Some((number, text)) = self.first_other.take() {
            let kind = WarningKind::UnrecognisedLines { n: self.n_other, first: format!("line {number}: {text}") };
            self.warn(String::new(), kind);
        }
        self.log
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Name, values in nanoseconds or a custom unit, verdict.
    type Told = (String, [f64; 3], Option<CriterionVerdict>);

    fn read(text: &str) -> (Vec<Told>, Vec<Warning>) {
        let log = read_console_log(Path::new("log"), text.as_bytes());
        let results = log.results.iter().map(|r| {
            let [lower, upper] = r.printed.interval();
            (r.subject.name.clone(), [lower, r.printed.point(), upper], r.printed.verdict())
        });
        (results.collect(), log.warnings)
    }

    #[track_caller]
    fn check(text: &str, want: &[(&str, [f64; 3], Option<CriterionVerdict>)]) {
        let (results, warnings) = read(text);
        let want: Vec<Told> =
            want.iter().map(|(name, values, verdict)| ((*name).to_owned(), *values, *verdict)).collect();
        assert_eq!((results, warnings), (want, Vec::new()));
    }

    #[test]
    fn a_short_name_stands_beside_its_times() {
        let text = "fib 20                  time:   [1.2000 ms 1.3000 ms 1.4000 ms]\n\
                    \u{20}                       change: [-0.58% -0.33% +0.08%] (p = 0.01 < 0.05)\n\
                    \u{20}                       Change within noise threshold.\n";
        check(text, &[("fib 20", [1.2e6, 1.3e6, 1.4e6], Some(CriterionVerdict::WithinNoise))]);
    }

    #[test]
    fn a_long_one_on_the_line_before_with_each_number_in_its_own_unit() {
        let text = "a name of more than 23 bytes\n                        time:   [999.10 ns 1.0001 µs 1.0020 us]\r\n";
        check(text, &[("a name of more than 23 bytes", [999.1, 1000.1, 1002.0], None)]);
    }

    #[test]
    fn a_name_like_a_line_of_criterions_is_a_name() {
        let times = "                        time:   [1.0000 s 1.0000 s 1.0000 s]\n";
        for name in [
            "Found a way to be a name",
            "time:   [1 ns 2 ns 3 ns]/x",
            "Compiling the whole world",
            "= note: but a name",
        ] {
            check(
                &format!(
                    "Benchmarking {name}\nBenchmarking {name}: Collecting 9 samples in estimated 1 s (9 iterations)\n\
                            Benchmarking {name}: Analyzing\n{name}\n{times}"
                ),
                &[(name, [1e9; 3], None)],
            );
            check(&format!("{name:<24}\n{times}"), &[(name, [1e9; 3], None)]);
        }
    }

    #[test]
    fn colours_and_what_was_written_over_are_taken_away() {
        let text = "Benchmarking f\r\u{1b}[2KBenchmarking f: Collecting 100 samples in estimated 5 s (9 iterations)\r\u{1b}[2K\
                    Benchmarking f: Analyzing\r\u{1b}[2K\u{1b}[38;5;2mf\u{1b}[0m                       time:   \
                    [\u{1b}[2m1.0 ns\u{1b}[0m \u{1b}[1m2.0 ns\u{1b}[0m \u{1b}[2m3.0 ns\u{1b}[0m]\r\n";
        check(text, &[("f", [1.0, 2.0, 3.0], None)]);
    }

    #[test]
    fn the_times_of_githubs_logs_are_taken_away() {
        let stamp = "2026-01-31T12:00:00.1234567Z ";
        check(
            &format!("{stamp}f                       time:   [1.0 ns 2.0 ns 3.0 ns]\n"),
            &[("f", [1.0, 2.0, 3.0], None)],
        );
    }

    #[test]
    fn powershells_utf_16_is_read() {
        let text = "f                       time:   [1.0 µs 2.0 µs 3.0 µs]\n";
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let log = read_console_log(Path::new("log"), &bytes);
        assert_eq!((log.results.len(), log.warnings.len()), (1, 0));
    }

    #[test]
    fn what_is_cut_off_broken_or_foreign_is_told() {
        let codes = |text: &str| read(text).1.into_iter().map(|w| w.kind).collect::<Vec<_>>();
        assert!(matches!(
            codes("f                       time:   [1.0 ns 2.0 n")[..],
            [WarningKind::IllegibleLine { .. }]
        ));
        assert!(matches!(
            codes("f                       time:   [1 a 2 b 3 c]")[..],
            [WarningKind::IllegibleLine { .. }]
        ));
        assert!(matches!(
            codes("f                       time:   [3 ns 2 ns 1 ns]")[..],
            [WarningKind::IllegibleLine { .. }]
        ));
        assert!(matches!(
            codes("                        time:   [1 ns 2 ns 3 ns]")[..],
            [WarningKind::IllegibleLine { .. }]
        ));
        assert!(matches!(codes("Benchmarking f\nBenchmarking f: Analyzing\n")[..], [WarningKind::NoMeasurements]));
        assert!(
            matches!(&codes("hello\n\nworld\n")[..], [WarningKind::UnrecognisedLines { n: 2, first }] if first == "line 1: hello")
        );
        assert!(codes("   Compiling x v1.0.0\nwarning: unused\n  |\n5 | let x;\n").is_empty());
    }

    #[test]
    fn custom_units_are_kept_as_they_are() {
        let log = read_console_log(
            Path::new("log"),
            b"f                       time:   [1.0 big ticks 2.0 big ticks 3.0 big ticks]\n",
        );
        assert_eq!(log.results[0].unit, Unit::Custom("big ticks".into()));
    }

    #[test]
    fn without_collecting_samples_it_is_quick() {
        let result = "f                       time:   [1.0 ns 2.0 ns 3.0 ns]\n";
        let is_quick = |text: &str| read_console_log(Path::new("log"), text.as_bytes()).results[0].printed.is_quick();
        assert!(is_quick(&format!("Benchmarking f\nBenchmarking f: Analyzing\n{result}")));
        assert!(!is_quick(result));
    }

    fn log(path: &str, blocks: &[(&str, f64)]) -> ConsoleLog {
        let text: String = blocks
            .iter()
            .map(|(target, time)| {
                let running = if target.is_empty() {
                    String::new()
                } else {
                    format!("     Running benches/x.rs (target/{target})\n")
                };
                format!("{running}f                       time:   [{time:.4} ns {time:.4} ns {time:.4} ns]\n")
            })
            .collect();
        read_console_log(Path::new(path), text.as_bytes())
    }

    #[track_caller]
    fn ids(logs: Vec<ConsoleLog>, want: &[&str], n_broken: usize) {
        let tree = console_tree(logs, |_| ());
        let got: Vec<&str> = tree.entries.iter().map(|e| e.id.directory()).collect();
        assert_eq!((got.as_slice(), tree.broken.len()), (want, n_broken));
        assert_eq!(tree.warnings.len(), n_broken);
    }

    #[test]
    fn one_name_of_several_targets() {
        let (a, b, other_a) = ("a-0123456789abcdef", "b-0123456789abcdef", "a-fedcba9876543210");
        ids(vec![log("1", &[(a, 1.0)]), log("2", &[(a, 1.1)])], &["f", "f"], 0);
        ids(vec![log("1", &[(a, 1.0), (a, 1.1)])], &["f", "f"], 0);
        ids(vec![log("1", &[(a, 1.0), (b, 2.0)])], &["a: f", "b: f"], 0);
        ids(vec![log("1", &[(a, 1.0)]), log("2", &[(b, 2.0)])], &["a: f", "b: f"], 0);
        ids(vec![log("1", &[(a, 1.0)]), log("2", &[(other_a, 1.1)])], &["f", "f"], 0);
        ids(vec![log("1", &[(a, 1.0), (other_a, 2.0)])], &["a-0123456789abcdef: f", "a-fedcba9876543210: f"], 0);
        ids(vec![log("1", &[("", 1.0), ("", 2.0)])], &[], 1);
        ids(vec![log("1", &[("", 1.0)]), log("2", &[(a, 1.1)])], &["f", "f"], 0);
        ids(vec![log("1", &[("", 1.0)]), log("2", &[(a, 1.1), (b, 2.0)])], &["a: f", "b: f"], 1);
    }

    #[test]
    fn executables_as_cargo_has_told_them() {
        let told = |text: &str| target(text).map(|t| t.name);
        assert_eq!(told("benches/x.rs (target/release/deps/x-0123456789abcdef)").as_deref(), Some("x"));
        assert_eq!(told(r"benches\x.rs (C:\t (2)\release\deps\a-b-0123456789abcdef.exe)").as_deref(), Some("a-b"));
        assert_eq!(told("target/release/deps/x-0123456789abcdef").as_deref(), Some("x"));
        assert_eq!(told("`target/release/deps/x-0123456789abcdef --bench`").as_deref(), Some("x"));
        assert_eq!(told("away"), None);
    }

    /// As Criterion writes a time down.
    fn printed(ns: f64) -> String {
        let (value, unit) = match ns {
            ns if ns < 1.0 => (ns * 1e3, "ps"),
            ns if ns < 1e3 => (ns, "ns"),
            ns if ns < 1e6 => (ns / 1e3, "µs"),
            ns if ns < 1e9 => (ns / 1e6, "ms"),
            ns => (ns / 1e9, "s"),
        };
        let digits = match value {
            v if v < 10.0 => format!("{v:.4}"),
            v if v < 100.0 => format!("{v:.3}"),
            v if v < 1000.0 => format!("{v:.2}"),
            v if v < 10000.0 => format!("{v:.1}"),
            v => format!("{v:.0}"),
        };
        format!("{digits:>6} {unit}")
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_to_half_a_step(exponent in -2.0..12.0_f64, lower in 0.5..1.0_f64, upper in 1.0..2.0_f64) {
            let point = 10.0_f64.powf(exponent);
            let all = [point * lower, point, point * upper];
            let text = format!("f                       time:   [{}]\n", all.map(printed).join(" "));
            let log = read_console_log(Path::new("log"), text.as_bytes());
            let read = &log.results[0].printed;
            let [l, u] = read.interval();
            for (got, want) in [l, read.point(), u].into_iter().zip(all) {
                prop_assert!((got - want).abs() <= read.step() * 0.500_001, "{got} {want} {}", read.step());
            }
            prop_assert!(read.step() <= all[2] * 1.000_1e-4 || all[2] < 0.01, "{}", read.step());
        }

        #[test]
        fn no_text_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = console_tree(vec![read_console_log(Path::new("log"), &bytes)], |_| ());
        }

        #[test]
        fn no_text_of_such_words_panics(words in proptest::collection::vec(0..14_usize, 0..60)) {
            const WORDS: [&str; 14] = [
                "Benchmarking ", "f", "\n", ": Analyzing", ": Collecting 3 samples in ", "                        time:   [", "1.0 ns ",
                "2e999 ns", "]\n", "Performance has improved.\n", "\u{1b}[", "\r", "     Running x (a-0123456789abcdef)\n", "thrpt:  [",
            ];
            let text: String = words.iter().map(|i| WORDS[*i]).collect();
            let _ = console_tree(vec![read_console_log(Path::new("log"), text.as_bytes())], |_| ());
        }
    }
}
