use std::process::ExitCode;

use clap::ArgMatches;
use criterion_regress::compare::{Action, Clocks, Rule};
use criterion_regress::model::Estimator;
use criterion_regress::report::{short, visible};
use serde_json::{Value, json};

use crate::cli::args::{ConfigArgs, ShortFormatArg};
use crate::cli::config_file::AcceptedTable;
use crate::cli::failure::Failure;
use crate::cli::settings::{Origin, Settings, today};
use crate::cli::{exit_code, output};

pub(crate) fn run(args: &ConfigArgs, given: &ArgMatches) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(&args.policy, &args.baseline, given, &today())?.with_clock(&args.clock, given);
    let text = match args.output.format {
        ShortFormatArg::Terminal => terminal(&settings),
        ShortFormatArg::Json => json_text(&settings),
    };
    output::print(&text)?;
    Ok(exit_code::OK)
}

/// Name, value and origin of every scalar setting.
fn scalars(settings: &Settings) -> Vec<(&'static str, Value, &Origin)> {
    let fail_on = settings.fail_on.value;
    let mut words = Vec::new();
    if fail_on.inconclusive {
        words.push("inconclusive");
    }
    if fail_on.incomplete {
        words.push("incomplete");
    }
    let baseline = match settings.baseline.value.as_slice() {
        [] => Value::Null,
        [one] => json!(one),
        several => json!(several),
    };
    let estimator = match settings.estimator.value {
        Estimator::Typical => "typical",
        Estimator::LowerQuartile => "lower-quartile",
        Estimator::Minimum => "minimum",
    };
    let clock = match settings.clocks.value {
        Clocks::Wall => "wall",
        Clocks::Cpu => "cpu",
        Clocks::Both => "both",
    };
    vec![
        ("profile", json!(settings.profile.value), &settings.profile.origin),
        ("baseline", baseline, &settings.baseline.origin),
        ("threshold", json!(settings.threshold.value.percent()), &settings.threshold.origin),
        ("assumed-noise", json!(settings.assumed_noise.value), &settings.assumed_noise.origin),
        ("fail-on", json!(words), &settings.fail_on.origin),
        ("suite-shift", json!(action(&settings.suite_shift.value)), &settings.suite_shift.origin),
        ("min-executions", json!(settings.min_executions.value), &settings.min_executions.origin),
        ("estimator", json!(estimator), &settings.estimator.origin),
        ("clock", json!(clock), &settings.clocks.origin),
        ("gate-level", json!(settings.gate_level.value), &settings.gate_level.origin),
        ("list-level", json!(settings.list_level.value), &settings.list_level.origin),
        ("peak-bytes", json!(settings.peak_bytes.value), &settings.peak_bytes.origin),
        ("peak-elements", json!(settings.peak_elements.value), &settings.peak_elements.origin),
        ("history.store", json!(settings.store.value), &settings.store.origin),
        ("history.threshold", json!(settings.history_threshold.value), &settings.history_threshold.origin),
    ]
}

fn terminal(settings: &Settings) -> String {
    let mut out = match &settings.file {
        Some(path) => format!("# read {}\n", path.display()),
        None => "# no regress.toml here or in a folder above\n".to_owned(),
    };
    for (name, value, origin) in scalars(settings) {
        let shown = match (name, value) {
            ("baseline", Value::Null) => "the run before the last".to_owned(),
            ("history.store", Value::Null) => "by where it is run".to_owned(),
            (_, Value::Null) => "not stated".to_owned(),
            (_, value) => value.to_string(),
        };
        out.push_str(&format!("{name:<17} = {shown:<24} # {origin}\n"));
    }
    for rule in &settings.policy.rules {
        out.push_str(&format!("rule {:?}: {}\n", rule.pattern.as_str(), says(rule).join(", ")));
    }
    for (old, new) in &settings.policy.renames {
        out.push_str(&format!("rename {old:?} = {new:?}\n"));
    }
    for entry in &settings.accepted {
        out.push_str(&format!("accepted {}\n", accepts(entry)));
    }
    out
}

/// What is accepted, of which benchmarks, and why.
fn accepts(entry: &AcceptedTable) -> String {
    let AcceptedTable { after, by, slower, faster, drift, reason, on } = entry;
    let what = [("slower", slower), ("faster", faster), ("drift", drift)];
    let of = what.iter().filter(|(_, ids)| !ids.is_empty()).map(|(what, ids)| {
        let ids: Vec<String> = ids.iter().map(|id| format!("{id:?}")).collect();
        format!("{what} {}", ids.join(", "))
    });
    let of: Vec<String> = of.collect();
    let of = if of.is_empty() { "no benchmark".to_owned() } else { of.join("; ") };
    let after = after.as_ref().map_or_else(String::new, |after| format!("after {:?} ", short(after)));
    format!("on {on:?}: {of} ({after}by {:?}): {}", short(by), visible(reason))
}

fn says(rule: &Rule) -> Vec<String> {
    let mut says = Vec::new();
    if let Some(threshold) = rule.threshold {
        says.push(format!("threshold {} %", threshold.percent()));
    }
    if let Some(floor) = rule.floor {
        says.push(format!("floor {floor} ns"));
    }
    if let Some(a) = &rule.action {
        says.push(action(a));
    }
    if let Some(until) = &rule.expired {
        says.push(format!("waiver expired on {until}"));
    }
    says
}

fn action(action: &Action) -> String {
    match action {
        Action::Fail => "fail".to_owned(),
        Action::Warn => "warn".to_owned(),
        Action::Ignore => "ignore".to_owned(),
        Action::Waived(waiver) => format!("waived until {}: {}", waiver.until, waiver.reason),
    }
}

fn json_text(settings: &Settings) -> String {
    let scalars: serde_json::Map<String, Value> = scalars(settings)
        .into_iter()
        .map(|(name, value, origin)| (name.to_owned(), json!({ "value": value, "from": origin.to_string() })))
        .collect();
    let rules: Vec<Value> = settings
        .policy
        .rules
        .iter()
        .map(|rule| {
            json!({
                "pattern": rule.pattern.as_str(),
                "threshold": rule.threshold.map(criterion_regress::compare::NoiseThreshold::percent),
                "floor-ns": rule.floor,
                "action": rule.action.as_ref().map(action),
                "expired": rule.expired,
            })
        })
        .collect();
    let accepted: Vec<Value> = settings
        .accepted
        .iter()
        .map(|entry| {
            let AcceptedTable { after, by, slower, faster, drift, reason, on } = entry;
            json!({
                "after": after,
                "by": by,
                "slower": slower,
                "faster": faster,
                "drift": drift,
                "reason": reason,
                "on": on,
            })
        })
        .collect();
    criterion_regress::report::to_json(&json!({
        "schema": "criterion-regress/config",
        "version": 1,
        "file": settings.file.as_ref().map(|path| path.display().to_string()),
        "settings": scalars,
        "rules": rules,
        "renames": settings.policy.renames,
        "accepted": accepted,
    }))
}
