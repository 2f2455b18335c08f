use std::process::ExitCode;

use criterion_regress::compare::{MatrixOptions, NoiseThreshold, SortBy, matrix};
use criterion_regress::criterion::{Baselines, NEW};
use criterion_regress::model::{Run, Warning, WarningKind};
use criterion_regress::report::{Layout, MatrixReport, render_matrix, visible};

use crate::cli::args::{CompareArgs, FormatArg, SortArg};
use crate::cli::failure::Failure;
use crate::cli::input::{Loaded, Sources, apply_filter, filter, read};
use crate::cli::settings::plain_policy;
use crate::cli::{exit_code, output};

pub(crate) fn run(args: &CompareArgs) -> Result<ExitCode, Failure> {
    let filter = filter(args.only.filter.as_deref())?;
    let options = MatrixOptions {
        group: args.group.as_deref().map(group).transpose()?,
        at_least: args.threshold.map(NoiseThreshold::from_percent).transpose().map_err(Failure::new)?,
        sort: match args.sort {
            SortArg::Name => SortBy::Name,
            SortArg::Difference => SortBy::Difference,
        },
    };
    let mut sources = Sources::new(&args.place);
    if args.baselines {
        let names: Vec<String> =
            baselines(&mut sources)?.into_iter().map(|name| format!("{}\n", visible(&name))).collect();
        output::print(&names.concat())?;
        return Ok(exit_code::OK);
    }
    let sides = if args.sides.is_empty() { baselines(&mut sources)? } else { sources.expand(&args.sides, NEW)? };
    let loaded = sides.iter().map(|side| sources.side(side)).collect::<Result<Vec<_>, _>>()?;
    let mut runs = distinct_labels(loaded);
    apply_filter(filter.as_ref(), &mut runs.iter_mut().collect::<Vec<_>>());

    let mut warnings: Vec<Warning> =
        runs.iter().flat_map(|run| run.warnings.iter().cloned().chain(run.notes(&run.names()))).collect();
    warnings.sort();
    warnings.dedup();
    if runs.is_empty() {
        let subject = sources.folder()?.display().to_string();
        warnings.push(Warning { subject, kind: WarningKind::NothingFound });
    }
    let matrix = matrix(&runs, &options, &plain_policy());
    warnings.extend(matrix.warnings.iter().cloned());
    let report = MatrixReport::new(&matrix, &warnings);
    let layout = if args.list { Layout::List } else { Layout::Columns };
    if args.output.format == FormatArg::Csv {
        output::print_notes(&report.notes());
    }
    output::write(&args.output, |format, _, style| render_matrix(&report, format, layout, style))?;
    Ok(exit_code::of_table(runs.len(), report.n_compared()))
}

fn group(text: &str) -> Result<regex::Regex, Failure> {
    let expression =
        regex::Regex::new(text).map_err(|e| Failure::new(format!("`{text}` is not a regular expression: {e}")))?;
    if expression.captures_len() < 2 {
        return Err(Failure::new(format!("`{text}` has no capturing group"))
            .hint(r"put parentheses around what the benchmarks of a row share, as in '\w+/(input1)'"));
    }
    Ok(expression)
}

fn baselines(sources: &mut Sources<'_>) -> Result<Vec<String>, Failure> {
    let tree = read(&sources.folder()?, Baselines::All)?;
    Ok(tree.baselines().into_iter().map(str::to_owned).collect())
}

/// Two files may call their run alike; then each is told by where it was read.
fn distinct_labels(loaded: Vec<Loaded>) -> Vec<Run> {
    let labels: Vec<String> = loaded.iter().map(|l| l.run.label.clone()).collect();
    loaded
        .into_iter()
        .map(|Loaded { mut run, source, .. }| {
            if labels.iter().filter(|label| **label == run.label).count() > 1 {
                run.label = format!("{} ({source})", run.label);
            }
            run
        })
        .collect()
}
