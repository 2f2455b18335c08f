//! A table before it has a format.

use super::escape;
use super::schema::Unit;

/// How a cell stands out, where the format can show it. Never the only sign of anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Emphasis {
    Plain,
    Bad,
    Good,
    Doubtful,
    Quiet,
}

/// One cell: raw text, escaped by whoever renders it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) emphasis: Emphasis,
    /// Whether it is a name from strangers' code.
    pub(super) is_name: bool,
    /// Whether it is to be shown as it is, sign by sign: a stranger's word, a name or a unit; a drawing.
    pub(super) is_verbatim: bool,
}

impl Cell {
    pub(super) fn plain(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), emphasis: Emphasis::Plain, is_name: false, is_verbatim: false }
    }

    pub(super) fn name(text: impl Into<String>) -> Cell {
        Cell { is_name: true, is_verbatim: true, ..Cell::plain(text) }
    }

    /// A value whose unit may be a stranger's word.
    pub(super) fn value(text: impl Into<String>, unit: &Unit) -> Cell {
        Cell { is_verbatim: unit.name != "ns", ..Cell::plain(text) }
    }

    /// A picture of characters that have to stand where they are.
    pub(super) fn drawing(text: impl Into<String>) -> Cell {
        Cell { is_verbatim: true, ..Cell::plain(text) }
    }

    pub(super) fn with(self, emphasis: Emphasis) -> Cell {
        Cell { emphasis, ..self }
    }
}

/// Columns and rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// One column's head.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub(super) title: String,
    pub(super) is_number: bool,
}

impl Table {
    pub(super) fn text_column(mut self, title: &str) -> Table {
        self.columns.push(Column { title: title.to_owned(), is_number: false });
        self
    }

    pub(super) fn number_column(mut self, title: &str) -> Table {
        self.columns.push(Column { title: title.to_owned(), is_number: true });
        self
    }

    /// As comma-separated values.
    pub(super) fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut write = |record: Vec<String>| writer.write_record(record).expect("a vector takes every record");
        write(self.columns.iter().map(|column| escape::spreadsheet(&column.title)).collect());
        for row in &self.rows {
            write(row.iter().map(|cell| escape::spreadsheet(&cell.text)).collect());
        }
        let bytes = writer.into_inner().expect("a vector takes every flush");
        String::from_utf8(bytes).expect("only text was written")
    }

    /// As comma-separated values, of which those in the columns `numbers` are numbers of ours: a minus is no formula.
    pub(super) fn to_numeric_csv(&self, numbers: &[usize]) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut write = |record: Vec<String>| writer.write_record(record).expect("a vector takes every record");
        write(self.columns.iter().map(|column| column.title.clone()).collect());
        for row in &self.rows {
            let cell = |(i, cell): (usize, &Cell)| {
                if numbers.contains(&i) { cell.text.clone() } else { escape::spreadsheet(&cell.text) }
            };
            write(row.iter().enumerate().map(cell).collect());
        }
        let bytes = writer.into_inner().expect("a vector takes every flush");
        String::from_utf8(bytes).expect("only text was written")
    }

    /// As a Markdown table.
    pub(super) fn to_markdown(&self) -> String {
        self.markdown_head() + &self.markdown_rows().concat()
    }

    /// The lines of a Markdown table before its rows.
    pub(super) fn markdown_head(&self) -> String {
        let titles = self.columns.iter().map(|c| escape::markdown_text(&c.title));
        let rules = self.columns.iter().map(|c| if c.is_number { "---:" } else { "---" }.to_owned());
        markdown_line(titles) + &markdown_line(rules)
    }

    /// The rows of a Markdown table, a line each.
    pub(super) fn markdown_rows(&self) -> Vec<String> {
        self.rows.iter().map(|row| markdown_line(row.iter().map(markdown_cell))).collect()
    }
}

fn markdown_line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

fn markdown_cell(cell: &Cell) -> String {
    if cell.text.is_empty() {
        return String::new();
    }
    let text = if cell.is_verbatim { escape::markdown_code(&cell.text) } else { escape::markdown_text(&cell.text) };
    match cell.emphasis {
        Emphasis::Bad | Emphasis::Good => format!("**{text}**"),
        Emphasis::Plain | Emphasis::Doubtful | Emphasis::Quiet => text,
    }
}
