//! History as it is drawn, read from a store.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use criterion_regress::dashboard::{DashboardHistory, DashboardPoint, DashboardRun, DashboardSeries};
use criterion_regress::history::FindingOptions;
use criterion_regress::model::Execution;
use criterion_regress::stats::{ChangePointOptions, median};
use criterion_regress::store::{Access, EnvironmentKey, RunHead, RunKey, Series, SeriesKey};

use super::args::DrawnArgs;
use super::failure::Failure;
use super::history::{History, failure};
use super::input::filter;
use super::progress::while_reading;

/// How changes are found in what is drawn.
pub(super) fn options(args: &DrawnArgs) -> FindingOptions {
    FindingOptions { changes: ChangePointOptions::default(), smallest: args.smallest.ln_1p() }
}

/// Reads the runs and series that are wanted.
pub(super) fn read(args: &DrawnArgs) -> Result<DashboardHistory, Failure> {
    let filter = filter(args.only.filter.as_deref())?;
    let mut store = History::new(args.store.store.as_deref())?.open(Access::Existing)?;
    let read = |e| failure("read", &e);
    let mut heads = store.runs().map_err(read)?;
    let is_wanted = |head: &RunHead| {
        let branch = head.branch.as_deref().unwrap_or_default();
        args.branch.is_empty() || args.branch.iter().any(|wanted| wanted == branch)
    };
    if let Some(missing) =
        args.branch.iter().find(|b| !heads.iter().any(|head| head.branch.as_deref().unwrap_or_default() == *b))
    {
        let mut known: Vec<&str> = heads.iter().filter_map(|head| head.branch.as_deref()).collect();
        known.sort_unstable();
        known.dedup();
        known.truncate(10);
        return Err(Failure::new(format!("failed to draw branch `{missing}`: no run is on it"))
            .hint(format!("there are runs on: {}", known.join(", "))));
    }
    heads.retain(|head| is_wanted(head));
    let places: HashMap<RunKey, usize> = heads.iter().enumerate().map(|(i, head)| (head.key, i)).collect();
    let is_drawn = |name: &str| filter.as_ref().is_none_or(|filter| filter.matches(name));
    let mut all: Vec<DashboardSeries> = Vec::new();
    let mut draw = |of_benchmark: Vec<Series>, counter: &AtomicUsize| {
        let mut of_key: Vec<(SeriesKey, Vec<DashboardPoint>)> = Vec::new();
        for series in of_benchmark {
            counter.fetch_add(series.points.len(), Ordering::Relaxed);
            let mut points: Vec<DashboardPoint> = Vec::new();
            for together in series.points.chunk_by(|a, b| a.run.key == b.run.key) {
                let executions: Vec<&Execution> = together.iter().map(|point| &point.execution).collect();
                if let (Some(run), Some(point)) = (places.get(&together[0].run.key), point(&executions)) {
                    points.push(DashboardPoint { run: *run, ..point });
                }
            }
            match of_key.iter_mut().find(|(key, _)| *key == series.key) {
                Some((_, known)) => known.append(&mut points),
                None => of_key.push((series.key, points)),
            }
        }
        for (key, mut points) in of_key {
            points.sort_by_key(|p| p.run);
            if !points.is_empty() {
                all.push(DashboardSeries { id: key.id, unit: key.unit, throughput: key.throughput, points });
            }
        }
        ControlFlow::Continue(())
    };
    while_reading("executions", |counter| store.each_series(&is_drawn, &mut |series| draw(series, counter)))
        .map_err(read)?;
    let runs = heads.iter().map(|head| DashboardRun {
        revision: head.revision.clone(),
        branch: head.branch.as_deref().map(str::to_owned),
        at: head.order().0.and_then(seconds),
        environment_key: EnvironmentKey::of(&head.environment).to_string(),
        environment: head.environment.clone(),
    });
    Ok(DashboardHistory { runs: runs.collect(), series: all, ..DashboardHistory::default() })
}

/// What the executions of one run say.
fn point(executions: &[&Execution]) -> Option<DashboardPoint> {
    let values: Vec<f64> = executions.iter().map(|e| e.typical).filter(|value| value.is_finite()).collect();
    let typical = median(&values);
    let (lower, upper) = match (values.as_slice(), executions) {
        ([], _) => return None,
        ([one], [execution, ..]) => {
            // 1.96 standard errors of the logarithm.
            let width = (1.96 * execution.standard_error).clamp(0.0, 5.0);
            let width = if width.is_finite() && *one > 0.0 { width } else { 0.0 };
            (one * (-width).exp(), one * width.exp())
        }
        (values, _) => (
            values.iter().copied().fold(f64::INFINITY, f64::min),
            values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ),
    };
    Some(DashboardPoint { run: 0, typical, lower, upper })
}

fn seconds(at: SystemTime) -> Option<i64> {
    i64::try_from(at.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs()).ok()
}
