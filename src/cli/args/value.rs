//! How values are written: rates, percentages, durations.

use std::time::Duration;

/// Bytes a second: `1e11`, `100 GB/s`, `93 GiB/s`.
pub(crate) fn parse_bytes_rate(text: &str) -> Result<f64, String> {
    rate(text, "B").ok_or_else(|| "expected bytes a second, as in 100GB/s or 1e11".to_owned())
}

/// Elements a second: `2.5e12`, `2.5 T/s`.
pub(crate) fn parse_elements_rate(text: &str) -> Result<f64, String> {
    rate(text, "").ok_or_else(|| "expected elements a second, as in 2.5T/s or 2.5e12".to_owned())
}

fn rate(text: &str, unit: &str) -> Option<f64> {
    let text = text.trim();
    let text = text.strip_suffix("/s").unwrap_or(text);
    let text = text.strip_suffix(unit).unwrap_or(text).trim_end();
    let prefixes = [
        ("Ki", 1024.0),
        ("Mi", 1024.0 * 1024.0),
        ("Gi", 1024.0 * 1024.0 * 1024.0),
        ("Ti", 1024.0 * 1024.0 * 1024.0 * 1024.0),
    ];
    let prefixes = prefixes.into_iter().chain([("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("", 1.0)]);
    let (number, factor) =
        prefixes.into_iter().find_map(|(prefix, factor)| Some((text.strip_suffix(prefix)?, factor)))?;
    number.trim().parse::<f64>().ok().map(|number| number * factor).filter(|rate| rate.is_finite() && *rate > 0.0)
}

pub(super) fn parse_percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    number.parse().map_err(|_| "expected a percentage, as in 20".to_owned())
}

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|_| "expected a duration, as in 5m or 90s".to_owned())?;
    Duration::try_from(duration).ok().filter(|d| !d.is_zero()).ok_or_else(|| "expected some time".to_owned())
}

/// A duration that may be none.
pub(super) fn parse_time(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|_| "expected a duration, as in 10m or 0s".to_owned())?;
    Duration::try_from(duration).map_err(|_| "expected no negative time".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_peaks() {
        let check = |text: &str, want: Option<f64>| assert_eq!(parse_bytes_rate(text).ok(), want, "{text}");
        check("1e11", Some(1e11));
        check("100GB/s", Some(1e11));
        check(" 100 GB/s ", Some(1e11));
        check("2 KiB", Some(2048.0));
        check("5 B/s", Some(5.0));
        for wrong in ["", "GB/s", "-1 GB/s", "0", "inf", "nan", "1e999", "100 Gbit/s", "a"] {
            check(wrong, None);
        }
        assert_eq!(parse_elements_rate("2.5 T/s"), Ok(2.5e12));
        assert!(parse_elements_rate("2.5 TB/s").is_err());
    }
}
