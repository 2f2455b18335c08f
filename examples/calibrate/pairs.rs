//! `pairs/*.jsonl`: executions of one build in several designs, a line a process.
//!
//! `tag` says which: `S` and `I` *design.repetition.side*, one execution a side; `C` and `D` *design.repetition.side.round*,
//! rounds of a duet; `P` *design.repetition*, pairs taken within one process, the other side in `wallb` and `cpub`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::case::{Case, Data, Measured, Suite};

/// Whose nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    Wall,
    Cpu,
}

/// A process.
#[derive(Debug)]
pub(crate) struct Line {
    design: String,
    repetition: String,
    kernel: String,
    /// 0 or 1, and both in one process of design `P`.
    side: usize,
    round: u32,
    wall: Vec<Option<Measured>>,
    cpu: Vec<Option<Measured>>,
}

#[derive(Deserialize)]
struct Record {
    tag: String,
    k: String,
    wall: Option<Vec<Option<f64>>>,
    cpu: Option<Vec<Option<f64>>>,
    wallb: Option<Vec<Option<f64>>>,
    cpub: Option<Vec<Option<f64>>>,
}

/// Reads a file's text; lines that say nothing go to `problems`.
pub(crate) fn parse(text: &str, problems: &mut Vec<String>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        match serde_json::from_str::<Record>(text).map_err(|e| e.to_string()).and_then(|record| line(&record)) {
            Ok(line) => lines.push(line),
            Err(why) => problems.push(format!("line {}: {why}", number + 1)),
        }
    }
    lines
}

fn line(record: &Record) -> Result<Line, String> {
    let parts: Vec<&str> = record.tag.split('.').collect();
    let number = |i: usize| parts.get(i).map_or(Ok(0), |p| p.parse::<u32>());
    let (Some(design), Some(repetition), Ok(side @ 0..=1), Ok(round)) =
        (parts.first(), parts.get(1), number(2), number(3))
    else {
        return Err(format!("the tag {:?} is no design.repetition.side.round", record.tag));
    };
    let measured = |values: &Option<Vec<Option<f64>>>| {
        let values: Option<Vec<f64>> = values.as_ref().and_then(|values| values.iter().copied().collect());
        values.and_then(Measured::from_values)
    };
    let (wall, cpu) = (measured(&record.wall), measured(&record.cpu));
    if wall.is_none() && cpu.is_none() {
        return Err("neither `wall` nor `cpu` is a list of positive numbers".to_owned());
    }
    Ok(Line {
        design: (*design).to_owned(),
        repetition: (*repetition).to_owned(),
        kernel: record.k.clone(),
        side: side as usize,
        round,
        wall: vec![wall, measured(&record.wallb)],
        cpu: vec![cpu, measured(&record.cpub)],
    })
}

/// The comparisons of one design: a suite a repetition, a benchmark a kernel, in the order of rounds.
pub(crate) fn design<'a>(lines: &'a [Line], design: &str, clock: Clock) -> Data<'a> {
    let mut kernels: BTreeMap<(&str, &str), [BTreeMap<u32, &'a Measured>; 2]> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.design == design) {
        let sides = kernels.entry((&line.repetition, &line.kernel)).or_default();
        let both = match clock {
            Clock::Wall => &line.wall,
            Clock::Cpu => &line.cpu,
        };
        for (i, measured) in both.iter().enumerate() {
            if let (Some(measured), Some(side)) = (measured, sides.get_mut(line.side + i)) {
                side.insert(line.round, measured);
            }
        }
    }
    let mut suites: BTreeMap<&str, Suite<'a>> = BTreeMap::new();
    for ((repetition, _), [baseline, candidate]) in kernels {
        // A round counts when both sides have it.
        let rounds: Vec<u32> = baseline.keys().copied().filter(|round| candidate.contains_key(round)).collect();
        if !rounds.is_empty() {
            let side = |of: &BTreeMap<u32, &'a Measured>| rounds.iter().map(|round| of[round]).collect();
            let case = Case::unchanged(side(&baseline), side(&candidate));
            suites.entry(repetition).or_default().cases.push(case);
        }
    }
    let suites: Vec<Suite<'a>> = suites.into_values().collect();
    let benchmarks: usize = suites.iter().map(|s| s.cases.len()).sum();
    Data { independent_suites: suites.len() as u64, independent_benchmarks: benchmarks as u64, suites }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, name: &str, want: &[usize], n_problems: usize) {
        let mut problems = Vec::new();
        let lines = parse(text, &mut problems);
        assert_eq!(problems.len(), n_problems, "{text}: {problems:?}");
        let data = design(&lines, name, Clock::Wall);
        let got: Vec<usize> = data.suites.iter().flat_map(|s| &s.cases).map(|c| c.baseline.len()).collect();
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn designs() {
        let two = "{\"tag\":\"S.0.0\",\"k\":\"a\",\"wall\":[1,2]}\n\n{\"tag\":\"S.0.1\",\"k\":\"a\",\"wall\":[1,2]}";
        check(two, "S", &[1], 0);
        check(two, "C", &[], 0);
        check(r#"{"tag":"P.3","k":"a","wall":[1,2],"wallb":[2,3]}"#, "P", &[1], 0);
        check(r#"{"tag":"P.3","k":"a","wall":[1,2]}"#, "P", &[], 0);
        let rounds: Vec<String> = ["0.0", "0.1", "0.2", "1.1", "1.2", "1.7"]
            .iter()
            .map(|tag| format!(r#"{{"tag":"C.5.{tag}","k":"a","wall":[1.5],"cpu":null}}"#))
            .collect();
        check(&rounds.join("\n"), "C", &[2], 0);
    }

    #[test]
    fn hostile_lines_cost_only_themselves() {
        let bad = [
            "x",
            "{}",
            r#"{"tag":"C","k":"a","wall":[1]}"#,
            r#"{"tag":"S.0.2","k":"a","wall":[1]}"#,
            r#"{"tag":"S.0.-1","k":"a","wall":[1]}"#,
            r#"{"tag":"S.0.0","k":"a","wall":[null]}"#,
            r#"{"tag":"S.0.0","k":"a","wall":[0]}"#,
            r#"{"tag":"S.0.0","k":"a","wall":[]}"#,
            r#"{"tag":"S.0.0","k":"a","wall":[NaN]}"#,
        ];
        check(&bad.join("\n"), "S", &[], bad.len());
    }
}
