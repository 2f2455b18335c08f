//! Runs side by side.

use serde::Serialize;

use super::number::{Scale, digits, rate};
use super::schema::{Throughput, Unit, WarningRow};
use super::table::{Cell, Emphasis, Table};
use super::wording::count;
use super::{Layout, Rows, TerminalStyle, escape, markdown, terminal};
use crate::compare::{Matrix, MatrixCell};
use crate::model::{Evidence, Warning};

/// Values side by side. `schema/compare.v1.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatrixReport {
    schema: &'static str,
    version: u32,
    columns: Vec<String>,
    rows: Vec<Row>,
    /// Rows left out because their values differ by less than the threshold.
    hidden: usize,
    /// Rows with a value in at least two columns, and all rows.
    compared: [usize; 2],
    warnings: Vec<WarningRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Row {
    name: String,
    cells: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Value {
    column: usize,
    id: String,
    value: f64,
    /// How many times the smallest of the row; absent where there is no ratio.
    ratio: Option<f64>,
    ratio_lower: Option<f64>,
    ratio_upper: Option<f64>,
    unit: Unit,
    throughput: Option<Throughput>,
    quick: bool,
}

impl MatrixReport {
    /// Writes down a matrix with the warnings of its runs.
    #[must_use]
    pub fn new(matrix: &Matrix, warnings: &[Warning]) -> MatrixReport {
        let rows: Vec<Row> = matrix
            .rows
            .iter()
            .map(|row| Row { name: row.name.clone(), cells: row.cells.iter().map(Value::from).collect() })
            .collect();
        let n_compared = rows.iter().filter(|row| row.cells.len() > 1).count() + matrix.n_hidden;
        MatrixReport {
            schema: "criterion-regress/compare",
            version: 1,
            columns: matrix.columns.clone(),
            compared: [n_compared, rows.len() + matrix.n_hidden],
            rows,
            hidden: matrix.n_hidden,
            warnings: warnings.iter().map(WarningRow::from).collect(),
        }
    }

    /// How many rows have a value in at least two columns.
    #[must_use]
    pub fn n_compared(&self) -> usize {
        self.compared[0]
    }

    pub(super) fn table(&self, layout: Layout) -> Table {
        match layout {
            Layout::Columns => {
                let mut table = Table::default().text_column("benchmark");
                for column in &self.columns {
                    table = table.number_column(column);
                }
                for row in &self.rows {
                    let scale = row.scale();
                    let mut cells = vec![Cell::name(row.name.clone())];
                    cells.extend((0..self.columns.len()).map(
                        |i| match row.cells.iter().find(|cell| cell.column == i) {
                            Some(value) => value.cell(&scale),
                            None => Cell::plain("—"),
                        },
                    ));
                    table.rows.push(cells);
                }
                table
            }
            Layout::List => {
                let mut table = Table::default()
                    .text_column("benchmark")
                    .text_column("in")
                    .number_column("ratio")
                    .number_column("interval")
                    .number_column("time")
                    .number_column("throughput");
                for row in &self.rows {
                    let scale = row.scale();
                    for value in &row.cells {
                        table.rows.push(vec![
                            Cell::name(row.name.clone()),
                            Cell::name(self.columns[value.column].clone()),
                            Cell::plain(value.ratio.map(digits).unwrap_or_default()).with(value.emphasis()),
                            Cell::plain(value.interval().unwrap_or_default()),
                            Cell::plain(scale.value(value.value)),
                            Cell::plain(value.rate().unwrap_or_default()),
                        ]);
                    }
                }
                table
            }
        }
    }

    /// A line a value, in plain numbers.
    pub(super) fn to_csv(&self) -> String {
        let number = |x: Option<f64>| x.map(|x| x.to_string()).unwrap_or_default();
        let columns = ["benchmark", "in", "id", "value", "unit", "ratio", "ratio_lower", "ratio_upper", "quick"];
        let mut table = columns.into_iter().fold(Table::default(), Table::text_column);
        for row in &self.rows {
            table.rows.extend(row.cells.iter().map(|value| {
                let cells = [
                    row.name.clone(),
                    self.columns[value.column].clone(),
                    value.id.clone(),
                    value.value.to_string(),
                    value.unit.name.clone(),
                    number(value.ratio),
                    number(value.ratio_lower),
                    number(value.ratio_upper),
                    value.quick.to_string(),
                ];
                cells.map(Cell::plain).to_vec()
            }));
        }
        table.to_csv()
    }

    pub(super) fn to_terminal(&self, layout: Layout, style: TerminalStyle) -> String {
        let mut out = String::new();
        if !self.rows.is_empty() {
            out.push_str(&format!("{}\n\n", terminal::render(&self.table(layout), style)));
        }
        out.push_str(&self.notes());
        out
    }

    pub(super) fn to_markdown(&self, layout: Layout) -> String {
        let summary: String = self.summary().lines().map(|line| format!("{}\n", escape::markdown_text(line))).collect();
        format!("{}\n{summary}{}", self.table(layout).to_markdown(), markdown::warnings(&self.warnings, Rows::Notable))
    }

    /// What a format that has only rows leaves unsaid.
    #[must_use]
    pub fn notes(&self) -> String {
        format!("{}{}", self.summary(), terminal::warnings(&self.warnings, Rows::Notable))
    }

    fn summary(&self) -> String {
        let [n_compared, n_rows] = self.compared;
        if self.columns.len() == 1 {
            return format!("{}\n", count(n_rows, "benchmark", "benchmarks"));
        }
        let mut out = format!("compared {n_compared} of {n_rows}; each ratio is to the smallest value of its row\n");
        if self.hidden > 0 {
            out.push_str(&format!("{} with smaller differences not shown\n", count(self.hidden, "row", "rows")));
        }
        out
    }
}

impl Row {
    fn scale(&self) -> Scale {
        let values: Vec<f64> = self.cells.iter().map(|cell| cell.value).collect();
        let fallback = Unit { name: "ns".to_owned(), stated: false };
        Scale::new(self.cells.first().map_or(&fallback, |cell| &cell.unit), &values)
    }
}

impl From<&MatrixCell> for Value {
    fn from(cell: &MatrixCell) -> Value {
        Value {
            column: cell.column,
            id: cell.id.clone(),
            value: cell.value,
            ratio: cell.ratio.map(|r| r.estimate),
            ratio_lower: cell.ratio.map(|r| r.lower),
            ratio_upper: cell.ratio.map(|r| r.upper),
            unit: (&cell.unit).into(),
            throughput: cell.throughput.as_ref().map(Throughput::from),
            quick: cell.evidence == Evidence::Quick,
        }
    }
}

impl Value {
    fn is_smallest(&self) -> bool {
        self.ratio == self.ratio_upper && self.ratio.is_some()
    }

    fn interval(&self) -> Option<String> {
        let (lower, upper) = self.ratio_lower.zip(self.ratio_upper)?;
        (!self.is_smallest()).then(|| format!("{} … {}", digits(lower), digits(upper)))
    }

    fn emphasis(&self) -> Emphasis {
        if self.is_smallest() { Emphasis::Good } else { Emphasis::Plain }
    }

    fn rate(&self) -> Option<String> {
        rate(self.throughput.as_ref(), self.value, &self.unit)
    }

    fn cell(&self, scale: &Scale) -> Cell {
        let mut parts: Vec<String> = self.ratio.iter().map(|ratio| digits(*ratio)).collect();
        parts.extend(self.interval().map(|interval| format!("({interval})")));
        parts.push(scale.value(self.value));
        parts.extend(self.rate());
        if self.quick {
            parts.push("(quick)".to_owned());
        }
        Cell::plain(escape::visible(&parts.join("  "))).with(self.emphasis())
    }
}
