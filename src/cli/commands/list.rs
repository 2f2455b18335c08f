use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use criterion_regress::criterion::{Baselines, NEW};
use criterion_regress::model::{Warning, WarningKind};
use criterion_regress::report::{Inventory, render_inventory};

use crate::cli::args::{FormatArg, ListArgs, WhereArgs};
use crate::cli::failure::Failure;
use crate::cli::input::{Sources, filter, read};
use crate::cli::{exit_code, output};

pub(crate) fn run(args: &ListArgs) -> Result<ExitCode, Failure> {
    let filter = filter(args.only.filter.as_deref())?;
    let place = WhereArgs { dir: args.folder.clone().or_else(|| args.place.dir.clone()), ..args.place.clone() };
    let folder: PathBuf = Sources::new(&place).folder()?;
    let mut tree = read(&folder, Baselines::All)?;
    if tree.entries.is_empty() {
        tree.warnings.push(Warning { subject: folder.display().to_string(), kind: WarningKind::NothingFound });
    }
    if let Some(filter) = &filter {
        tree.entries.retain(|entry| filter.matches(entry.id.as_str()));
        if tree.entries.is_empty() {
            tree.warnings
                .push(Warning { subject: filter.as_str().to_owned(), kind: WarningKind::FilterMatchesNothing });
        }
    }
    let now = SystemTime::now();
    let mut warnings = tree.warnings.clone();
    let mut rest = tree.clone();
    for name in tree.baselines() {
        let run = rest.take_run(name, name);
        if name == NEW {
            warnings.extend(criterion_regress::criterion::stale(&run, now));
            warnings.extend(criterion_regress::criterion::from_the_future(&run, now));
        }
        warnings.extend(run.notes(&run.names()));
    }
    warnings.sort();
    warnings.dedup();
    let inventory = Inventory::new(&folder.display().to_string(), tree.by_benchmark(), &warnings, now);
    if args.output.format == FormatArg::Csv {
        output::print_notes(&inventory.notes());
    }
    output::write(&args.output, |format, rows, style| render_inventory(&inventory, format, rows, style))?;
    Ok(exit_code::OK)
}
