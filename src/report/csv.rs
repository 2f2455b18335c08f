//! A line a benchmark, compared or not, for spreadsheets.

use super::escape::spreadsheet;
use super::schema::Report;

const HEADER: [&str; 22] = [
    "id",
    "directory",
    "verdict",
    "action",
    "reason",
    "change",
    "change_lower",
    "change_upper",
    "threshold",
    "smallest_provable",
    "baseline",
    "candidate",
    "unit",
    "evidence",
    "outcome",
    "compared_of",
    "executions_baseline",
    "executions_candidate",
    "noise_source",
    "noise_standard_deviation",
    "executions_needed",
    "p",
];

pub(super) fn report(report: &Report) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let outcome = word(&report.outcome);
    let compared = format!("{} of {}", report.counts.compared, report.counts.benchmarks);
    let mut write = |record: [String; 22]| writer.write_record(record).expect("a vector takes every record");
    write(HEADER.map(str::to_owned));
    for row in &report.benchmarks {
        write([
            spreadsheet(&row.id),
            spreadsheet(&row.directory),
            word(&row.verdict),
            serde_json::to_value(&row.action)
                .map_or_else(|_| String::new(), |a| a["kind"].as_str().unwrap_or_default().to_owned()),
            row.doubt.map(|doubt| word(&doubt)).unwrap_or_default(),
            row.change.estimate.to_string(),
            row.change.lower.to_string(),
            row.change.upper.to_string(),
            row.threshold.to_string(),
            row.smallest_provable.to_string(),
            row.baseline.to_string(),
            row.candidate.to_string(),
            spreadsheet(&row.unit.name),
            word(&row.evidence),
            outcome.clone(),
            compared.clone(),
            row.executions[0].to_string(),
            row.executions[1].to_string(),
            row.noise.map(|noise| word(&noise.source)).unwrap_or_default(),
            row.noise.map(|noise| noise.standard_deviation.to_string()).unwrap_or_default(),
            row.executions_needed.map(|n| n.to_string()).unwrap_or_default(),
            row.p.map(|p| p.to_string()).unwrap_or_default(),
        ]);
    }
    for row in &report.not_compared {
        let mut record: [String; 22] = Default::default();
        record[0] = spreadsheet(&row.id);
        record[1] = spreadsheet(&row.directory);
        record[2] = "not-compared".to_owned();
        record[4] = word(&row.reason);
        record[14].clone_from(&outcome);
        record[15].clone_from(&compared);
        write(record);
    }
    // Rows of their own, so that the file alone tells all: what to mind, and what follows.
    for warning in &report.warnings {
        let mut record: [String; 22] = Default::default();
        record[0] = spreadsheet(&warning.subject);
        record[2] = "warning".to_owned();
        record[4] = spreadsheet(&format!("{}: {}", warning.code, warning.message));
        write(record);
    }
    let mut record: [String; 22] = Default::default();
    record[2] = "outcome".to_owned();
    record[14] = outcome;
    record[15] = compared;
    write(record);
    let bytes = writer.into_inner().expect("a vector takes every flush");
    String::from_utf8(bytes).expect("only text was written")
}

/// The JSON word of an enum without data.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}
