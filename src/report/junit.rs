//! A test case a benchmark, for CI systems that show tests.

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::escape::visible;
use super::number::{Scale, change, percent};
use super::schema::{Action, Outcome, Report, Row, Verdict};
use super::wording;

pub(super) fn report(report: &Report) -> String {
    let mut suite = TestSuite::new("benchmarks");
    for row in &report.benchmarks {
        suite.add_test_case(TestCase::new(visible(&row.id), status(row)).with_class(row));
    }
    for row in &report.not_compared {
        let mut status = TestCaseStatus::skipped();
        status.set_message(visible(&match &row.detail {
            Some(detail) => format!("{}: {detail}", wording::reason(row.reason).0),
            None => wording::reason(row.reason).0.to_owned(),
        }));
        let mut case = TestCase::new(visible(&row.id), status);
        case.set_classname(visible(&row.directory));
        suite.add_test_case(case);
    }
    // The outcome itself is a case: a file in which every benchmark is skipped would otherwise read as success.
    let text = format!("{}; {}", wording::headline(report), wording::scope(report, &visible));
    let status = match report.outcome {
        Outcome::Pass | Outcome::Inconclusive if !report.fails_as_inconclusive() => TestCaseStatus::success(),
        Outcome::Pass | Outcome::Regressed => failure(NonSuccessKind::Failure, &text),
        Outcome::Inconclusive | Outcome::NothingCompared => failure(NonSuccessKind::Error, &text),
    };
    let mut case = TestCase::new(format!("outcome: {}", wording::outcome(report.outcome)), status);
    case.set_system_out(text);
    suite.add_test_case(case);
    if !report.warnings.is_empty() {
        let lines: Vec<String> = report
            .warnings
            .iter()
            .map(|w| format!("warning: {}: {}", visible(&w.subject), visible(&w.message)))
            .collect();
        suite.set_system_err(lines.join("\n"));
    }
    let mut junit = Junit::new("regress");
    junit.add_test_suite(suite);
    junit.to_string().expect("a report of plain text can be written")
}

fn status(row: &Row) -> TestCaseStatus {
    match (row.verdict, &row.action) {
        (Verdict::Regression, Action::Fail) => failure(NonSuccessKind::Failure, &sentence(row)),
        (Verdict::Inconclusive, _) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(sentence(row));
            status
        }
        (Verdict::Regression | Verdict::Improvement | Verdict::NoChange, _) => TestCaseStatus::success(),
    }
}

fn failure(kind: NonSuccessKind, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message.to_owned());
    status
}

fn sentence(row: &Row) -> String {
    let scale = Scale::new(&row.unit, &[row.baseline, row.candidate]);
    format!(
        "{}: {} ({} … {}), {} → {}, threshold {}; {}; could have shown {}",
        wording::verdict(row),
        change(row.change.estimate),
        change(row.change.lower),
        change(row.change.upper),
        scale.value(row.baseline),
        scale.value(row.candidate),
        percent(row.threshold),
        wording::row_evidence(row),
        super::evidence::could_show(row)
    )
}

trait WithClass {
    fn with_class(self, row: &Row) -> Self;
}

impl WithClass for TestCase {
    fn with_class(mut self, row: &Row) -> TestCase {
        self.set_classname(visible(&row.directory));
        if row.verdict != Verdict::Inconclusive {
            self.set_system_out(sentence(row));
        }
        self
    }
}
