//! A series as a picture of characters.

/// Lines that a picture is high.
const HEIGHT: usize = 12;

/// The dots of a braille character, by column and row.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// Draws values as dots in braille, two across and four down in each character, within `width` columns; `^` marks the places
/// `marks`, and `ends` stand below the first and the last value. Where there are more values than dots, each column of dots reaches
/// from the smallest to the largest of its values. What isn't finite is left out.
pub(super) fn plot(
    values: &[f64],
    marks: &[usize],
    width: usize,
    label: &dyn Fn(f64) -> String,
    ends: &[String; 2],
) -> String {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let (Some(lowest), Some(highest)) =
        (finite.iter().copied().reduce(f64::min), finite.iter().copied().reduce(f64::max))
    else {
        return "nothing to draw\n".to_owned();
    };
    let labels = [highest, f64::midpoint(lowest, highest), lowest].map(label);
    let margin = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
    // A terminal that is too narrow for a picture gets one that is too wide.
    let columns = width.saturating_sub(margin + 2).max(10).min(values.len().max(10));
    let (across, down) = (2 * columns, 4 * HEIGHT);
    let x = |i: usize| if values.len() < 2 { 0 } else { i * (across - 1) / (values.len() - 1) };
    // Within a range that is nothing all values are in the middle.
    let y = |value: f64| match (highest - value) / (highest - lowest) {
        share if share.is_finite() => (share * (down - 1) as f64).round() as usize,
        _ => down / 2,
    };
    let mut cells = vec![vec![0_u32; columns]; HEIGHT];
    let mut reach: Vec<Option<[usize; 2]>> = vec![None; across];
    for (i, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let (x, y) = (x(i), y(*value).min(down - 1));
        let [top, bottom] = reach[x].unwrap_or([y, y]);
        reach[x] = Some([top.min(y), bottom.max(y)]);
    }
    for (x, reach) in reach.iter().enumerate() {
        let Some([top, bottom]) = reach else { continue };
        (*top..=*bottom).for_each(|y| cells[y / 4][x / 2] |= DOTS[x % 2][y % 4]);
    }
    let mut out = String::new();
    for (row, line) in cells.iter().enumerate() {
        let label = match row {
            0 => &labels[0],
            _ if row == HEIGHT / 2 => &labels[1],
            _ if row == HEIGHT - 1 => &labels[2],
            _ => "",
        };
        // The braille of no dot is a sign that can't be seen.
        let sign = |dots: &u32| if *dots == 0 { Some(' ') } else { char::from_u32(0x2800 + dots) };
        let drawn: String = line.iter().filter_map(sign).collect();
        out.push_str(&format!("{label:>margin$} ┤{}\n", drawn.trim_end()));
    }
    let mut below = vec![' '; columns];
    marks.iter().filter(|mark| **mark < values.len()).for_each(|mark| below[x(*mark) / 2] = '^');
    let below: String = below.into_iter().collect();
    if !below.trim_end().is_empty() {
        out.push_str(&format!("{:margin$}  {}\n", "", below.trim_end()));
    }
    let [first, last] = ends;
    let gap = columns.saturating_sub(first.chars().count() + last.chars().count()).max(1);
    out.push_str(&format!("{:margin$}  {first}{:gap$}{last}\n", "", ""));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends() -> [String; 2] {
        ["a".to_owned(), "b".to_owned()]
    }

    #[test]
    fn a_step_is_seen_where_it_is() {
        let values: Vec<f64> = (0..40).map(|i| if i < 20 { 1.0 } else { 2.0 }).collect();
        let picture = plot(&values, &[20], 25, &|v| format!("{v}"), &ends());
        let lines: Vec<&str> = picture.lines().collect();
        assert_eq!(lines.len(), HEIGHT + 2);
        // 40 values are 20 characters: the low half in the last line, the high half in the first.
        assert_eq!(lines[0], format!("  2 ┤{}{}", " ".repeat(10), "⠉".repeat(10)));
        assert_eq!(lines[HEIGHT - 1], format!("  1 ┤{}", "⣀".repeat(10)));
        assert_eq!(lines[HEIGHT], format!("     {}^", " ".repeat(10)));
        assert!(lines[HEIGHT + 1].starts_with("     a") && lines[HEIGHT + 1].ends_with('b'));
    }

    #[test]
    fn any_values_within_any_width() {
        let many: Vec<f64> = (0..10_000).map(|i| f64::from(i).sin()).collect();
        for width in [0, 1, 20, 80, 200] {
            for values in [&many[..], &many[..1], &[1.0, 1.0], &[f64::NAN, 1.0, f64::MAX, f64::MIN], &[-1.0, 0.0]] {
                let picture = plot(values, &[0, 1, 99_999], width, &|_| "9".to_owned(), &ends());
                let widest = picture.lines().map(|line| line.chars().count()).max().unwrap_or_default();
                assert!(widest <= width.max(13) && picture.lines().count() >= HEIGHT, "{width}: {picture}");
            }
        }
        assert_eq!(plot(&[f64::NAN], &[], 80, &|_| String::new(), &ends()), "nothing to draw\n");
        assert_eq!(plot(&[], &[], 80, &|_| String::new(), &ends()), "nothing to draw\n");
    }
}
