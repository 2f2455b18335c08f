use std::process::ExitCode;

use criterion_regress::dashboard::{badge, picture, tracks};

use crate::cli::args::BadgeArgs;
use crate::cli::failure::Failure;
use crate::cli::progress::StageBar;
use crate::cli::{drawn, exit_code, output};

pub(crate) fn run(args: &BadgeArgs) -> Result<ExitCode, Failure> {
    let history = drawn::read(&args.drawn)?;
    if let Some(id) = &args.benchmark
        && !history.series.iter().any(|series| series.id.as_str() == id)
    {
        let ids = history.series.iter().map(|series| series.id.as_str());
        let closest = ids.max_by(|a, b| strsim::jaro_winkler(a, id).total_cmp(&strsim::jaro_winkler(b, id)));
        let hint =
            closest.map_or_else(|| "history holds no benchmarks".to_owned(), |id| format!("did you mean `{id}`?"));
        return Err(Failure::new(format!("failed to draw {id}: history has no such benchmark")).hint(hint));
    }
    let bar = StageBar::new();
    bar.show(|| format!("looking for changes of {}", output::count(history.series.len(), "benchmark")));
    let tracks = tracks(&history, &drawn::options(&args.drawn));
    bar.finish();
    // The branch with the most runs.
    let svg = match &args.benchmark {
        Some(id) if args.chart => picture(&history, &tracks, 0, id).ok_or_else(|| {
            Failure::new(format!("failed to draw {id}: the branch has no run of it"))
                .hint("--branch says which branch is drawn")
        })?,
        id => badge(&history, &tracks, 0, id.as_deref(), &args.label, args.recent),
    };
    match &args.output {
        Some(path) => output::write_file(path, &svg)?,
        None => output::print(&svg)?,
    }
    Ok(exit_code::OK)
}
