//! The tables of `reference/`, made by `scripts/reference_numbers.py`; for tests only.

use std::fmt;

/// One line of a table: fields by tabs, numbers of a list by commas.
pub(super) struct Row<'a> {
    line: &'a str,
    fields: Vec<&'a str>,
}

/// The lines of `table` but its comments.
pub(super) fn rows(table: &str) -> impl Iterator<Item = Row<'_>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| Row { line, fields: line.split('\t').collect() })
}

impl<'a> Row<'a> {
    pub(super) fn text(&self, field: usize) -> &'a str {
        self.fields[field]
    }

    pub(super) fn number(&self, field: usize) -> f64 {
        self.fields[field].parse().expect("the table holds numbers")
    }

    pub(super) fn numbers(&self, field: usize) -> Vec<f64> {
        let list = self.fields[field].split(',').filter(|x| !x.is_empty());
        list.map(|x| x.parse().expect("the table holds numbers")).collect()
    }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.line)
    }
}

/// Whether `got` is `want`, but for a `tolerance` relative to it; or for as much of one, where it is 0.
pub(super) fn is_close(got: f64, want: f64, tolerance: f64) -> bool {
    if want.is_infinite() {
        return got.is_infinite() && got.signum() * want.signum() > 0.0;
    }
    let unit = if want.abs() > 0.0 { want.abs() } else { 1.0 };
    (got - want).abs() <= tolerance * unit
}
