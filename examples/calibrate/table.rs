//! Scores as text: a terminal's table, Markdown, JSON.

use criterion_regress::calibration::Rate;
use serde_json::{Value, json};

use super::score::{DELTAS, Score};

/// The scores of one mode on one set of data.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) mode: String,
    pub(crate) data: String,
    /// None where there is no data.
    pub(crate) scores: Vec<Score>,
}

const HEADER: [&str; 12] = [
    "rule",
    "false alarms",
    "any in a suite",
    "+2 %",
    "+5 %",
    "+10 %",
    "+20 %",
    "+40 %",
    "wrong no change",
    "95 % covers",
    "99 % covers",
    "n (suites)",
];

/// What the numbers are.
const LEGEND: &str = "\
false alarms: of unchanged benchmarks, called slower; any in a suite: comparisons of unchanged suites with a false alarm.
Brackets: 95 % interval (Wilson), in which what shares executions doesn't all count: no benchmark of forks/ more than once, half
of a history, half as many comparisons as there are runs. Families drawn from forks/ all count: these speak of its benchmarks.
+x %: of benchmarks slowed by so much, called slower. wrong no change: of benchmarks slowed by exactly the threshold, called
unchanged. covers: of the intervals of unchanged benchmarks, those that hold no change. n: unchanged benchmarks judged
(in so many comparisons).
";

/// A table for people.
pub(crate) fn terminal(sections: &[Section]) -> String {
    let mut widths = HEADER.map(|cell| cell.chars().count());
    let rows: Vec<Vec<[String; 12]>> = sections.iter().map(|s| s.scores.iter().flat_map(rows).collect()).collect();
    for row in rows.iter().flatten() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |cells: &[String; 12]| {
        let mut text = format!("  {:<1$}", cells[0], widths[0]);
        for (cell, width) in cells.iter().zip(widths).skip(1) {
            text.push_str(&format!("  {cell:>width$}"));
        }
        text + "\n"
    };
    let mut text = String::new();
    for (section, rows) in sections.iter().zip(&rows) {
        text.push_str(&format!("{}: {}\n", section.mode, section.data));
        if rows.is_empty() {
            text.push_str("  no data\n\n");
            continue;
        }
        text.push_str(&line(&HEADER.map(str::to_owned)));
        rows.iter().for_each(|row| text.push_str(&line(row)));
        text.push('\n');
    }
    text + LEGEND
}

/// A table for a README.
pub(crate) fn markdown(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections {
        text.push_str(&format!("**{}**: {}\n\n", section.mode, section.data));
        if section.scores.is_empty() {
            text.push_str("no data\n\n");
            continue;
        }
        text.push_str(&format!("| {} |\n|{}\n", HEADER.join(" | "), "---|".repeat(HEADER.len())));
        for row in section.scores.iter().flat_map(rows) {
            text.push_str(&format!("| {} |\n", row.join(" | ")));
        }
        text.push('\n');
    }
    text + LEGEND
}

/// Every figure.
pub(crate) fn json(sections: &[Section], details: &[Section], about: Value) -> String {
    let rows = |sections: &[Section]| -> Vec<Value> {
        let row = |section: &Section, score: &Score| {
            let by_delta = |rates: &[Rate; 5]| -> Vec<Value> {
                let one = |(delta, r): (&f64, &Rate)| {
                    let mut value = rate(r, score.independent_benchmarks);
                    value["slowdown"] = json!(delta);
                    value
                };
                DELTAS.iter().zip(rates).map(one).collect()
            };
            let of_benchmarks = |r: &Rate| rate(r, score.independent_benchmarks);
            let of_suites = |r: &Rate| rate(r, score.independent_suites);
            json!({
                "mode": section.mode,
                "data": section.data,
                "rule": score.rule,
                "false_alarms": of_benchmarks(&score.false_alarms),
                "false_improvements": of_benchmarks(&score.false_improvements),
                "called_unchanged": of_benchmarks(&score.unchanged),
                "suites_with_any_alarm": of_suites(&score.any),
                "power": by_delta(&score.power),
                "wrong_no_change_at_threshold": of_benchmarks(&score.edge),
                "covered_95": of_benchmarks(&score.covered_95),
                "covered_99": of_benchmarks(&score.covered_99),
                "listed": {
                    "false_alarms": of_benchmarks(&score.listed_false),
                    "suites_with_any_alarm": of_suites(&score.listed_any),
                    "power": by_delta(&score.listed_power),
                },
                "not_applicable": score.not_applicable,
            })
        };
        sections.iter().flat_map(|section| section.scores.iter().map(move |score| row(section, score))).collect()
    };
    let no_data: Vec<&str> = sections.iter().filter(|s| s.scores.is_empty()).map(|s| s.mode.as_str()).collect();
    let mut whole = about;
    whole["rows"] = json!(rows(sections));
    whole["rows_by_file"] = json!(rows(details));
    whole["no_data"] = json!(no_data);
    serde_json::to_string_pretty(&whole).expect("numbers and texts are JSON") + "\n"
}

fn rate(rate: &Rate, independent: u64) -> Value {
    json!({
        "hits": rate.hits,
        "n": rate.n,
        "share": rate.share(),
        "interval_95": rate.interval(0.95, independent).map(|(lower, upper)| [lower, upper]),
    })
}

/// A score's row, and one for what it lists where that is anything else.
fn rows(score: &Score) -> Vec<[String; 12]> {
    let row = |name: String, false_alarms: &Rate, any: &Rate, power: &[Rate; 5]| {
        let [p2, p5, p10, p20, p40] = power.each_ref().map(percent);
        [
            name,
            with_interval(false_alarms, score.independent_benchmarks),
            with_interval(any, score.independent_suites),
            p2,
            p5,
            p10,
            p20,
            p40,
            percent(&score.edge),
            percent(&score.covered_95),
            percent(&score.covered_99),
            if any.n > 0 { format!("{} ({})", false_alarms.n, any.n) } else { false_alarms.n.to_string() },
        ]
    };
    let mut rows = vec![row(score.rule.clone(), &score.false_alarms, &score.any, &score.power)];
    if score.has_list() {
        let name = format!("{}, listed", score.rule);
        rows.push(row(name, &score.listed_false, &score.listed_any, &score.listed_power));
    }
    rows
}

/// Two digits that matter.
fn percent(rate: &Rate) -> String {
    rate.share().map_or("–".to_owned(), digits)
}

fn with_interval(rate: &Rate, independent: u64) -> String {
    match (rate.share(), rate.interval(0.95, independent)) {
        (Some(share), Some((lower, upper))) => format!("{} [{}, {}]", digits(share), digits(lower), digits(upper)),
        (None, _) | (_, None) => "–".to_owned(),
    }
}

fn digits(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 1e-9 {
        "0".to_owned()
    } else if percent < 0.995 {
        format!("{percent:.2}")
    } else if percent < 99.95 {
        format!("{percent:.1}")
    } else if percent < 100.0 - 1e-9 {
        format!("{percent:.2}")
    } else {
        "100".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(hits: u64, n: u64) -> Section {
        let score = Score {
            rule: "a rule".to_owned(),
            false_alarms: Rate { hits, n },
            independent_benchmarks: 10,
            ..Score::default()
        };
        Section { mode: "mode".to_owned(), data: "data".to_owned(), scores: vec![score] }
    }

    #[test]
    fn shares_have_digits_that_matter() {
        let shown: Vec<String> = [0.0, 0.0014, 0.0123, 0.5, 0.9994, 0.99996, 1.0].map(digits).to_vec();
        assert_eq!(shown, ["0", "0.14", "1.2", "50.0", "99.9", "100.00", "100"]);
    }

    #[test]
    fn every_format_has_every_row() {
        let empty = Section { mode: "other".to_owned(), data: "x".to_owned(), scores: Vec::new() };
        let sections = [section(3, 300), empty];
        assert!(terminal(&sections).contains("1.0 ["), "{}", terminal(&sections));
        assert!(terminal(&sections).contains("no data"));
        assert!(markdown(&sections).contains("| a rule | 1.0"));
        let read: Value = serde_json::from_str(&json(&sections, &[], json!({"seed": 1}))).expect("JSON");
        assert_eq!(read["rows"][0]["false_alarms"]["hits"], 3);
        assert_eq!(read["no_data"], json!(["other"]));
    }

    #[test]
    fn no_occasions_are_no_zero() {
        assert_eq!(percent(&Rate::default()), "–");
        assert_eq!(with_interval(&Rate::default(), 5), "–");
    }
}
