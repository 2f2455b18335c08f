//! Numbers as people read them: three digits that matter, one unit a row.

use super::schema::{Throughput, Unit};

/// Three digits that matter, without an exponent: `0.0123`, `1.23`, `12.3`, `1230`.
pub(super) fn digits(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 1e7 || (magnitude > 0.0 && magnitude < 1e-6) {
        return format!("{value:.2e}");
    }
    let decimals = if magnitude >= 99.95 || magnitude <= 0.0 {
        0
    } else if magnitude >= 9.995 {
        1
    } else if magnitude >= 0.9995 {
        2
    } else {
        // Leading zeros after the point come first.
        (2.0 - magnitude.log10().floor()).clamp(3.0, 12.0) as usize
    };
    format!("{value:.decimals$}")
}

/// No benchmark changes by such a factor: the end of an interval that has none.
const NO_END: f64 = 1e13;

/// A change as a signed percentage, or as a factor once percentages lose their meaning: `+31 %`, `−4.2 %`, `×12.3`.
pub(super) fn change(fraction: f64) -> String {
    if fraction >= NO_END {
        return "×∞".to_owned();
    } else if 1.0 + fraction <= 1.0 / NO_END {
        return "×0".to_owned();
    }
    let percent = fraction * 100.0;
    // No time falls by all of itself: what would round to −100 % is a factor too.
    if !(-99.45..999.5).contains(&percent) {
        format!("×{}", digits(1.0 + fraction))
    } else if percent.abs() >= 9.95 {
        signed(percent, 0)
    } else {
        signed(percent, 1)
    }
}

fn signed(percent: f64, decimals: usize) -> String {
    let magnitude = format!("{:.decimals$}", percent.abs());
    // What rounds to zero has no sign: "−0.0 %" would be read as a direction.
    let is_zero = magnitude.chars().all(|c| matches!(c, '0' | '.'));
    let sign = if is_zero {
        ""
    } else if percent > 0.0 {
        "+"
    } else {
        "−"
    };
    format!("{sign}{magnitude} %")
}

/// A threshold or a resolution without a sign: `20 %`, `2.5 %`.
pub(super) fn percent(fraction: f64) -> String {
    let percent = fraction * 100.0;
    let text = if (99.5..1e7).contains(&percent) { format!("{percent:.0}") } else { digits(percent) };
    let text = if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} %")
}

/// A scale for all values of one row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    divisor: f64,
    suffix: String,
}

impl Scale {
    /// The scale in which the largest of `values` has one to three digits before its point.
    pub(super) fn new(unit: &Unit, values: &[f64]) -> Scale {
        let largest = values.iter().map(|v| v.abs()).fold(0.0, f64::max);
        let steps: &[(f64, &str)] = if unit.name == "ns" {
            &[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"), (1e-3, "ps")]
        } else {
            &[(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")]
        };
        let last = steps[steps.len() - 1];
        // At 999.5 three digits would round to 1000.
        let (divisor, prefix) = steps.iter().copied().find(|(d, _)| largest >= d * 0.9995).unwrap_or(last);
        let (divisor, prefix) =
            if largest > 0.0 { (divisor, prefix) } else { (1.0, if unit.name == "ns" { "ns" } else { "" }) };
        let suffix = if unit.name == "ns" {
            prefix.to_owned()
        } else {
            format!("{prefix}{}{}", if prefix.is_empty() { "" } else { " " }, super::escape::name(&unit.name))
        };
        Scale { divisor, suffix }
    }

    /// A value with the row's unit.
    pub(super) fn value(&self, value: f64) -> String {
        format!("{} {}", digits(value / self.divisor), self.suffix)
    }
}

/// Work per second at `nanoseconds` per iteration; `None` where that means nothing.
pub(super) fn rate(throughput: Option<&Throughput>, nanoseconds: f64, unit: &Unit) -> Option<String> {
    if unit.name != "ns" || nanoseconds <= 0.0 {
        return None;
    }
    let per_second = |amount: u64| amount as f64 * 1e9 / nanoseconds;
    let text = match throughput? {
        Throughput::Bytes { bytes } => scaled(per_second(*bytes), 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"]),
        Throughput::BytesDecimal { bytes } => scaled(per_second(*bytes), 1000.0, &["B", "kB", "MB", "GB", "TB", "PB"]),
        Throughput::Bits { bits } => {
            scaled(per_second(*bits), 1000.0, &["bit", "kbit", "Mbit", "Gbit", "Tbit", "Pbit"])
        }
        Throughput::Elements { elements } => elements_per_second(per_second(*elements)),
        Throughput::ElementsAndBytes { elements, bytes } => {
            let bytes = scaled(per_second(*bytes), 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
            format!("{}, {bytes}", elements_per_second(per_second(*elements)))
        }
        Throughput::Unknown { .. } => return None,
    };
    Some(text)
}

fn elements_per_second(rate: f64) -> String {
    scaled(rate, 1000.0, &["elem", "Kelem", "Melem", "Gelem", "Telem", "Pelem"])
}

fn scaled(mut rate: f64, base: f64, names: &[&str]) -> String {
    let mut step = 0;
    while rate >= base * 0.9995 && step + 1 < names.len() {
        rate /= base;
        step += 1;
    }
    format!("{} {}/s", digits(rate), names[step])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ns() -> Unit {
        Unit { name: "ns".to_owned(), stated: false }
    }

    #[test]
    fn three_digits_that_matter() {
        for (value, want) in [
            (0.0, "0"),
            (0.0273, "0.0273"),
            (1.0, "1.00"),
            (9.996, "10.0"),
            (99.96, "100"),
            (-12.34, "-12.3"),
            (1e-30, "1.00e-30"),
            (1e300, "1.00e300"),
        ] {
            assert_eq!(digits(value), want);
        }
    }

    #[test]
    fn changes_have_a_sign_and_no_false_direction() {
        for (fraction, want) in [
            (0.312, "+31 %"),
            (-0.042, "−4.2 %"),
            (0.0, "0.0 %"),
            (-0.0001, "0.0 %"),
            (0.0995, "+10 %"),
            (11.3, "×12.3"),
            (-0.999, "×0.00100"),
            (-0.994, "−99 %"),
        ] {
            assert_eq!(change(fraction), want, "{fraction}");
        }
        assert_eq!((percent(0.2), percent(0.025), percent(12.0)), ("20 %".into(), "2.5 %".into(), "1200 %".into()));
    }

    #[test]
    fn one_unit_a_row() {
        let scale = Scale::new(&ns(), &[900.0, 1234.0]);
        assert_eq!((scale.value(900.0), scale.value(1234.0)), ("0.900 µs".into(), "1.23 µs".into()));
        assert_eq!(Scale::new(&ns(), &[0.0273]).value(0.0273), "27.3 ps");
        assert_eq!(Scale::new(&ns(), &[999.8]).value(999.8), "1.00 µs");
        assert_eq!(Scale::new(&ns(), &[0.0]).value(0.0), "0 ns");
        let ticks = Unit { name: "ticks".to_owned(), stated: true };
        assert_eq!(Scale::new(&ticks, &[12_345.0]).value(12_345.0), "12.3 k ticks");
        assert_eq!(Scale::new(&ticks, &[3.0]).value(3.0), "3.00 ticks");
    }

    #[test]
    fn rates() {
        let check = |t: Throughput, want: Option<&str>| assert_eq!(rate(Some(&t), 1000.0, &ns()).as_deref(), want);
        check(Throughput::Bytes { bytes: 1024 }, Some("977 MiB/s"));
        check(Throughput::BytesDecimal { bytes: 1000 }, Some("1.00 GB/s"));
        check(Throughput::Bits { bits: 8 }, Some("8.00 Mbit/s"));
        check(Throughput::Elements { elements: 5 }, Some("5.00 Melem/s"));
        check(Throughput::ElementsAndBytes { elements: 5, bytes: 1024 }, Some("5.00 Melem/s, 977 MiB/s"));
        check(Throughput::Unknown { name: "Watts".into() }, None);
    }
}
