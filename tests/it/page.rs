//! What a reader of a page sees: Markdown through a parser that knows GitHub's, and what must hold of every page that shows
//! strangers' words.

/// Tags of HTML that a page may hold: those of Markdown that we use, and our own.
const TAGS: [&str; 17] = [
    "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "h3", "ul", "li", "br", "details", "summary",
    "sub", "b",
];

/// Markdown as GitHub renders it, before GitHub takes out what it thinks dangerous: we don't rely on that.
pub(crate) fn html(markdown: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.alerts = true;
    options.render.r#unsafe = true;
    comrak::markdown_to_html(markdown, &options)
}

/// A table as it is rendered: cells of the head, and of each row.
pub(crate) fn tables(html: &str) -> Vec<Vec<Vec<String>>> {
    let between = |text: &str, open: &str, close: &str| -> Vec<String> {
        let inner = |part: &str| part.split_once(close).map(|(inner, _)| inner.to_owned());
        text.split(open).skip(1).filter_map(inner).collect()
    };
    let cells = |row: &str| -> Vec<String> {
        let row = row.replace("<th", "<td").replace("</th>", "</td>");
        between(&row, "<td", "</td>")
            .iter()
            .filter_map(|c| c.split_once('>').map(|(_, text)| text.to_owned()))
            .collect()
    };
    let of_table = |table: &String| between(table, "<tr>", "</tr>").iter().map(|row| cells(row)).collect();
    between(html, "<table>", "</table>").iter().map(of_table).collect()
}

/// What must hold of every page: no tag but ours, none of them by a stranger, no link, no comment, nobody called, no cell lost;
/// and `mark`, which every stranger's word holds, only inside `<code>`.
pub(crate) fn check(markdown: &str, mark: &str) -> Result<(), String> {
    let html = html(markdown);
    if let Some(c) = markdown.chars().find(|c| c.is_control() && *c != '\n') {
        return Err(format!("a control character {c:?}"));
    }
    if html.contains("<!") {
        return Err("a comment or declaration of HTML".to_owned());
    }
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html.as_str();
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        if !open.contains(&"code") && before.contains(mark) {
            return Err(format!("a stranger's word outside <code>: {before}"));
        }
        let (tag, after) = after.split_once('>').ok_or("an open tag")?;
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if !TAGS.contains(&name) {
            return Err(format!("<{tag}>"));
        }
        let attributes = tag.trim_start_matches('/')[name.len()..].trim_matches([' ', '/']);
        if !["", "align=\"right\""].contains(&attributes) {
            return Err(format!("<{tag}>"));
        }
        if tag.starts_with('/') {
            let last = open.pop();
            if last != Some(name) {
                return Err(format!("</{name}> closes {last:?}"));
            }
        } else if name != "br" {
            open.push(name);
        }
    }
    if !open.is_empty() || rest.contains(mark) {
        return Err(format!("{open:?} are not closed"));
    }
    let text = unescaped(&text);
    let called =
        text.match_indices('@').find(|(at, _)| text[at + 1..].starts_with(|c: char| c.is_ascii_alphanumeric()));
    if let Some((at, _)) = called {
        return Err(format!("somebody is called: {}", text[at..].chars().take(20).collect::<String>()));
    }
    for table in tables(&html) {
        let n_columns = table.first().map_or(0, Vec::len);
        if let Some(row) = table.iter().find(|row| row.len() != n_columns) {
            return Err(format!("{} cells under {n_columns} heads: {row:?}", row.len()));
        }
    }
    // What is too much for a row is dropped by the parser without a word.
    let lines = || markdown.lines().filter(|line| line.starts_with('|'));
    if lines().count() != tables(&html).iter().map(|table| table.len() + 1).sum::<usize>() {
        return Err("rows that are in no table".to_owned());
    }
    let mut n_pipes = 0;
    for line in markdown.lines() {
        let n = line.matches('|').count();
        if n_pipes == 0 || n == 0 {
            n_pipes = n;
        } else if n != n_pipes {
            return Err(format!("{n} bars and not {n_pipes}: {line}"));
        }
    }
    Ok(())
}

/// Text without character references, as a reader sees it.
fn unescaped(html: &str) -> String {
    html.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#8203;", "\u{200b}")
        .replace("&#64;", "@")
        .replace("&amp;", "&")
}

#[test]
fn the_check_sees_what_it_looks_for() {
    let fails = |markdown: &str, because: &str| {
        let why = check(markdown, "stranger").expect_err(markdown);
        assert!(why.contains(because), "{markdown}: {why}");
    };
    check("**a** <code>stranger</code>\n\n| a | b |\n| --- | ---: |\n| 1 | 2 |\n", "stranger").expect("a fine page");
    fails("a stranger", "outside");
    fails("[a](b)", "<a href");
    fails("www.example.com", "<a href");
    fails("<img src=x>", "<img");
    fails("<!-- a -->", "comment");
    fails("ask @me", "called");
    fails("ask `@me`", "called");
    fails("<details>\n\na\n", "not closed");
    fails("<sub onclick=x>a</sub>", "<sub onclick");
    fails("| a | b |\n| --- | --- |\n| `a|b` | c |\n", "bars");
    fails("a\u{7}b", "control");
    fails("> [!NOTE]\n> a", "<div");
    fails("*a*", "<em");
}
