//! A page within a limit: what matters least is left out, by whole lines, and counted.

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Unicode scalar values, as in a comment.
    Chars,
    /// Bytes of UTF-8, as in a job summary.
    Bytes,
}

impl Measure {
    fn of(self, text: &str) -> usize {
        match self {
            Measure::Chars => text.chars().count(),
            Measure::Bytes => text.len(),
        }
    }
}

/// Parts in the order in which they are read, each with a rank: the higher it is, the sooner the part goes.
#[derive(Debug, Default)]
pub(super) struct Page {
    parts: Vec<Part>,
    chapter: usize,
}

#[derive(Debug)]
struct Part {
    rank: u8,
    /// Without its first part a chapter has none.
    chapter: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Text(String),
    List(List),
}

/// Lines that may be cut, the least important last.
#[derive(Debug)]
pub(super) struct List {
    /// Stands before the rows.
    pub(super) open: String,
    /// Whole lines.
    pub(super) rows: Vec<String>,
    /// Says how many rows were left out.
    pub(super) more: fn(usize) -> String,
    /// Stands after all of it.
    pub(super) close: &'static str,
}

impl Page {
    /// Begins a chapter: without this text, nothing of it is shown.
    pub(super) fn chapter(&mut self, rank: u8, text: String) {
        self.chapter += 1;
        self.text(rank, text);
    }

    pub(super) fn text(&mut self, rank: u8, text: String) {
        self.parts.push(Part { rank, chapter: self.chapter, content: Content::Text(text) });
    }

    pub(super) fn list(&mut self, rank: u8, list: List) {
        if !list.rows.is_empty() {
            self.parts.push(Part { rank, chapter: self.chapter, content: Content::List(list) });
        }
    }

    /// The page with as much as fits, and a line about what didn't.
    ///
    /// It is within `limit` if that has room for the first part and the line of [`left_out`].
    pub(super) fn fit(&self, limit: usize, measure: Measure) -> String {
        let mut left = limit.saturating_sub(measure.of(&left_out(usize::MAX)));
        // Parts in, with the number of their rows.
        let mut kept: Vec<Option<usize>> = vec![None; self.parts.len()];
        let mut order: Vec<usize> = (0..self.parts.len()).collect();
        order.sort_by_key(|&i| self.parts[i].rank);
        let firsts: Vec<usize> = (0..=self.chapter)
            .map(|chapter| self.parts.iter().position(|part| part.chapter == chapter).unwrap_or(usize::MAX))
            .collect();
        for i in order {
            let part = &self.parts[i];
            let first = firsts[part.chapter];
            let is_open = part.chapter == 0 || first == i || kept.get(first).is_some_and(Option::is_some);
            if !is_open {
                continue;
            }
            let fitting = match &part.content {
                Content::Text(text) => Some((0, measure.of(text))).filter(|(_, size)| *size <= left || i == 0),
                Content::List(list) => list.fitting(left, measure),
            };
            if let Some((n_rows, size)) = fitting {
                kept[i] = Some(n_rows);
                left = left.saturating_sub(size);
            }
        }
        let mut out = String::new();
        let mut n_out = 0;
        for (part, kept) in self.parts.iter().zip(kept) {
            match (&part.content, kept) {
                (Content::Text(text), Some(_)) => out.push_str(text),
                (Content::Text(text), None) => n_out += text.lines().filter(|line| !line.is_empty()).count(),
                (Content::List(list), Some(n_rows)) => {
                    out.push_str(&list.open);
                    list.rows[..n_rows].iter().for_each(|row| out.push_str(row));
                    if n_rows != list.rows.len() {
                        n_out += list.rows.len() - n_rows;
                        out.push_str(&(list.more)(list.rows.len() - n_rows));
                    }
                    out.push_str(list.close);
                }
                (Content::List(list), None) => n_out += list.rows.len(),
            }
        }
        if n_out > 0 {
            out.push_str(&left_out(n_out));
        }
        out
    }
}

impl List {
    /// How many rows there is room for, and what they take; `None` where there is room for none.
    fn fitting(&self, left: usize, measure: Measure) -> Option<(usize, usize)> {
        let frame = measure.of(&self.open) + measure.of(self.close);
        let sizes: Vec<usize> = self.rows.iter().map(|row| measure.of(row)).collect();
        let all = frame + sizes.iter().sum::<usize>();
        if all <= left {
            return Some((self.rows.len(), all));
        }
        let mut size = frame + measure.of(&(self.more)(self.rows.len()));
        let mut n_rows = 0;
        for row in sizes {
            if size + row > left {
                break;
            }
            size += row;
            n_rows += 1;
        }
        (n_rows > 0).then_some((n_rows, size))
    }
}

/// The line about what is missing.
fn left_out(n: usize) -> String {
    let lines = if n == 1 { "line was" } else { "lines were" };
    format!("\n<sub>✂ {n} {lines} left out to fit; the report as JSON has everything</sub>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let mut page = Page::default();
        page.text(0, "verdict\n".to_owned());
        page.list(
            2,
            List {
                open: "\nopen\n".to_owned(),
                rows: (0..100).map(|i| format!("row {i:03}\n")).collect(),
                more: |n| format!("{n} more\n"),
                close: "close\n",
            },
        );
        page.chapter(1, "chapter\n".to_owned());
        page.text(3, "foot\n".to_owned());
        page
    }

    #[test]
    fn it_fits_at_every_limit() {
        let page = page();
        let smallest = "verdict\n".len() + left_out(usize::MAX).len();
        let mut last = 0;
        for limit in smallest..1_000 {
            for measure in [Measure::Chars, Measure::Bytes] {
                let text = page.fit(limit, measure);
                assert!(measure.of(&text) <= limit, "{limit}: {text}");
                assert!(text.starts_with("verdict\n"));
            }
            let n_rows = page.fit(limit, Measure::Chars).matches("row ").count();
            assert!(n_rows + 2 >= last, "more room, fewer rows");
            last = n_rows;
        }
    }

    #[test]
    fn whatever_is_left_out_is_counted() {
        let text = page().fit(300, Measure::Bytes);
        let n_rows = text.matches("row ").count();
        assert!(text.contains(&format!("{} more\n", 100 - n_rows)), "{text}");
        let n_lines = 100 - n_rows + usize::from(!text.contains("foot"));
        assert!(text.ends_with(&left_out(n_lines)), "{text}");
        assert!(page().fit(10_000, Measure::Bytes).ends_with("foot\n"));
    }
}
