use std::process::ExitCode;

use criterion_regress::report::{to_json, visible};
use criterion_regress::store::{Access, Appended, Record, Store, StoreError};
use serde::Serialize;

use crate::cli::args::{ShortFormatArg, StoreArgs, StoreCommand, StoreCopyArgs, StoreOfArgs};
use crate::cli::failure::Failure;
use crate::cli::github::print_error;
use crate::cli::history::{History, failure};
use crate::cli::{exit_code, output};

/// Runs that are copied at a time.
const TOGETHER: usize = 256;

/// What was done. `schema/store.v1.json` describes it.
#[derive(Serialize, Default)]
struct Done {
    schema: &'static str,
    version: u32,
    command: &'static str,
    store: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    runs: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    executions: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_before: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_before: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_now: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    already_there: Option<usize>,
}

pub(crate) fn run(args: &StoreArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        StoreCommand::Verify(args) => verify(args),
        StoreCommand::Compact(args) => compact(args),
        StoreCommand::Migrate(args) => migrate(args),
        StoreCommand::Copy(args) => copy(args),
    }
}

fn tell(format: ShortFormatArg, done: Done, text: &str) -> Result<(), Failure> {
    match format {
        ShortFormatArg::Json => {
            output::print(&to_json(&Done { schema: "criterion-regress/store", version: 1, ..done }))
        }
        ShortFormatArg::Terminal => output::print(&format!("{}\n", visible(text))),
    }
}

fn verify(args: &StoreOfArgs) -> Result<ExitCode, Failure> {
    let mut store = History::new(args.store.store.as_deref())?.open(Access::Existing)?;
    let verified = store.verify().map_err(|e| failure("verify", &e))?;
    let (name, n_damaged) = (store.name(), verified.damage.len());
    let each = |bytes: u64, n: usize| bytes as f64 / n.max(1) as f64;
    let size = verified.n_bytes.map_or_else(String::new, |bytes| {
        let (run, execution) = (each(bytes, verified.n_runs), each(bytes, verified.n_executions));
        format!(", {bytes} bytes, {run:.0} a run, {execution:.1} an execution")
    });
    let counts = format!(
        "{}, {}{size}",
        output::count(verified.n_runs, "run"),
        output::count(verified.n_executions, "execution")
    );
    let state = if n_damaged == 0 { "whole" } else { "damaged" };
    verified.damage.iter().for_each(|line| print_error(&format!("damage: {}", visible(line))));
    let done = Done {
        command: "verify",
        store: name.clone(),
        runs: Some(verified.n_runs),
        executions: Some(verified.n_executions),
        bytes: verified.n_bytes,
        damage: Some(verified.damage),
        ..Done::default()
    };
    tell(args.output.format, done, &format!("{name}: {state}: {counts}"))?;
    Ok(if n_damaged == 0 { exit_code::OK } else { exit_code::failed() })
}

fn compact(args: &StoreOfArgs) -> Result<ExitCode, Failure> {
    let mut store = History::new(args.store.store.as_deref())?.open(Access::Existing)?;
    let compacted = store.compact().map_err(|e| failure("compact", &e))?;
    let sizes = compacted.before.zip(compacted.after).filter(|_| compacted.n_runs > 0);
    let sizes = sizes.map_or_else(String::new, |(before, after)| {
        let run = |bytes: u64| bytes as f64 / compacted.n_held.max(1) as f64;
        format!(": {before} bytes became {after}, {:.0} a run became {:.0}", run(before), run(after))
    });
    let text = format!("{}: folded {}{sizes}", store.name(), output::count(compacted.n_runs, "run"));
    let done = Done {
        command: "compact",
        store: store.name(),
        runs: Some(compacted.n_runs),
        bytes: compacted.after,
        bytes_before: compacted.before,
        ..Done::default()
    };
    tell(args.output.format, done, &text)?;
    Ok(exit_code::OK)
}

fn migrate(args: &StoreOfArgs) -> Result<ExitCode, Failure> {
    let history = History::new(args.store.store.as_deref())?;
    let (before, now) = history.migrate()?;
    let name = history.location.to_string();
    let text = if before == now {
        format!("{name}: its schema is of version {now}, as it should be")
    } else {
        format!("{name}: its schema was of version {before}, and is of version {now} now")
    };
    let done =
        Done { command: "migrate", store: name, schema_before: Some(before), schema_now: Some(now), ..Done::default() };
    tell(args.output.format, done, &text)?;
    Ok(exit_code::OK)
}

fn copy(args: &StoreCopyArgs) -> Result<ExitCode, Failure> {
    let (from, to) = (History::new(args.of.store.store.as_deref())?, History::new(Some(&args.to))?);
    if from.location == to.location {
        return Err(Failure::new(format!("failed to copy {}: it is the same store", from.location)));
    }
    let (mut from, mut to) = (from.open(Access::Existing)?, to.open(Access::Create)?);
    let (mut n_new, mut n_there) = (0, 0);
    let mut records: Vec<Record> = Vec::new();
    let mut write = |to: &mut dyn Store, records: &mut Vec<Record>| -> Result<(), StoreError> {
        for appended in to.append(records)? {
            match appended {
                Appended::New => n_new += 1,
                Appended::AlreadyThere => n_there += 1,
            }
        }
        records.clear();
        Ok(())
    };
    let (heads, mut damage) = from.readable().map_err(|e| failure("read", &e))?;
    for head in heads {
        match from.record(head.key) {
            Ok(Some(record)) => records.push(record),
            Ok(None) => damage.push(format!("run {} is gone", head.key)),
            // One that is damaged does not cost the others.
            Err(e) => damage.push(format!("run {} of revision {}: {e}", head.key, head.revision)),
        }
        if records.len() >= TOGETHER {
            write(&mut *to, &mut records).map_err(|e| failure("copy to", &e))?;
        }
    }
    write(&mut *to, &mut records).map_err(|e| failure("copy to", &e))?;
    damage.iter().for_each(|line| print_error(&format!("not copied: {}", visible(line))));
    let n_damaged = damage.len();
    let lost = if n_damaged == 0 { String::new() } else { format!("; {n_damaged} could not be read") };
    let text = format!(
        "copied {} from {} to {}; {n_there} were there already{lost}",
        output::count(n_new, "run"),
        from.name(),
        to.name()
    );
    let done = Done {
        command: "copy",
        store: from.name(),
        to: Some(to.name()),
        damage: (n_damaged > 0).then_some(damage),
        runs: Some(n_new),
        already_there: Some(n_there),
        ..Done::default()
    };
    tell(args.of.output.format, done, &text)?;
    // Whoever asked for all of them must not take this for that.
    Ok(if n_damaged == 0 { exit_code::OK } else { exit_code::failed() })
}
