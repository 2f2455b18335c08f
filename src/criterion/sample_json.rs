//! `sample.json`, in both of its shapes.

use serde::Deserialize;

use crate::model::{Sample, SamplingMode};

/// Criterion 0.3.3 and later.
#[derive(Deserialize)]
struct Named {
    sampling_mode: String,
    iters: Vec<Option<f64>>,
    times: Vec<Option<f64>>,
}

/// Reads the bytes of a `sample.json`.
pub(super) fn parse(bytes: &[u8]) -> Result<Sample, String> {
    let (mode, iterations, totals) = match scan(bytes) {
        Some(scanned) => scanned,
        None => parse_carefully(bytes)?,
    };
    Sample::new(mode, iterations, totals).map_err(|e| e.to_string())
}

type Parts = (SamplingMode, Vec<f64>, Vec<f64>);

fn mode(name: &[u8]) -> SamplingMode {
    match name {
        b"Linear" => SamplingMode::Linear,
        b"Flat" => SamplingMode::Flat,
        _ => SamplingMode::Unknown,
    }
}

fn parse_carefully(bytes: &[u8]) -> Result<Parts, String> {
    let numbers = |list: Vec<Option<f64>>| list.into_iter().map(|x| x.unwrap_or(f64::NAN)).collect();
    let is_list = bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[');
    if is_list {
        // Criterion up to 0.3.2: `[[iters], [times]]`.
        let (iters, times): (Vec<Option<f64>>, Vec<Option<f64>>) =
            serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        Ok((SamplingMode::Unknown, numbers(iters), numbers(times)))
    } else {
        let named: Named = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        Ok((mode(named.sampling_mode.as_bytes()), numbers(named.iters), numbers(named.times)))
    }
}

/// Reads exactly what Criterion writes; `None` sends everything else to the careful parser.
///
/// Almost every number there is a whole one written as `12345.0`, which needs no general conversion.
fn scan(bytes: &[u8]) -> Option<Parts> {
    let rest = bytes.strip_prefix(b"{\"sampling_mode\":\"")?;
    let end = rest.iter().position(|b| !b.is_ascii_alphanumeric())?;
    let mode = mode(&rest[..end]);
    let rest = rest[end..].strip_prefix(b"\",\"iters\":[")?;
    let (iterations, rest) = scan_numbers(rest)?;
    let rest = rest.strip_prefix(b",\"times\":[")?;
    let (totals, rest) = scan_numbers(rest)?;
    (rest == b"}").then_some((mode, iterations, totals))
}

fn scan_numbers(mut rest: &[u8]) -> Option<(Vec<f64>, &[u8])> {
    let mut numbers = Vec::with_capacity(100);
    loop {
        let (number, length) = match whole_number(rest) {
            Some(whole) => whole,
            None => any_number(rest)?,
        };
        numbers.push(number);
        let end = *rest.get(length)?;
        rest = &rest[length + 1..];
        match end {
            b',' => {}
            b']' => return Some((numbers, rest)),
            _ => return None,
        }
    }
}

/// A number written as `12345.0`, with its length; up to 15 digits are exact in an f64.
fn whole_number(bytes: &[u8]) -> Option<(f64, usize)> {
    let (mut value, mut length) = eight_digits(bytes)?;
    if length == 8 {
        let (more, n_more) = eight_digits(&bytes[8..])?;
        value = value * POWERS_OF_TEN[n_more] + more;
        length += n_more;
    }
    let has_leading_zero = length > 1 && bytes[0] == b'0';
    let is_whole = (1..=15).contains(&length)
        && !has_leading_zero
        && bytes[length..].starts_with(b".0")
        && matches!(bytes.get(length + 2), Some(b',' | b']'));
    is_whole.then_some((value as f64, length + 2))
}

const POWERS_OF_TEN: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The number that up to eight leading digits make, and how many they are; `None` within eight bytes of the end.
///
/// All eight bytes at once: digits are found by what they have in common, moved to the upper end so that zeros stand before
/// them, and joined by pairs, fours and eights.
fn eight_digits(bytes: &[u8]) -> Option<(u64, usize)> {
    let word = u64::from_le_bytes(*bytes.first_chunk::<8>()?);
    let digits = word ^ 0x3030_3030_3030_3030;
    let others = (digits | digits.wrapping_add(0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080;
    let length = (others.trailing_zeros() / 8) as usize;
    if length == 0 {
        return Some((0, 0));
    }
    let digits = digits << (8 * (8 - length));
    let pairs = (digits.wrapping_mul(10) + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100) + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let value = (fours.wrapping_mul(10_000) + (fours >> 32)) & 0xffff_ffff;
    Some((value, length))
}

/// Any other number, with its length.
fn any_number(bytes: &[u8]) -> Option<(f64, usize)> {
    let length = bytes.iter().position(|b| matches!(b, b',' | b']'))?;
    let is_plain = bytes[..length].iter().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    let number = is_plain.then(|| serde_json::from_slice(&bytes[..length]).ok()).flatten()?;
    Some((number, length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(json: &str, want: Result<(SamplingMode, usize), &str>) {
        match (parse(json.as_bytes()), want) {
            (Ok(sample), Ok(want)) => {
                assert_eq!((sample.mode(), sample.n_measurements()), want, "{json}");
            }
            (Err(e), Err(want)) => assert!(e.contains(want), "{json}: {e}"),
            (got, want) => panic!("{json}: {got:?}, want {want:?}"),
        }
    }

    #[test]
    fn both_shapes() {
        check(r#"{"sampling_mode":"Linear","iters":[1.0,2.0],"times":[10.0,2e1]}"#, Ok((SamplingMode::Linear, 2)));
        check(r#"{ "times": [1], "iters": [1], "sampling_mode": "Flat" }"#, Ok((SamplingMode::Flat, 1)));
        check("[[1.0,2.0],[3.0,4.0]]", Ok((SamplingMode::Unknown, 2)));
        check(r#"{"sampling_mode":"Zigzag","iters":[1.0],"times":[1.0]}"#, Ok((SamplingMode::Unknown, 1)));
    }

    #[test]
    fn what_is_wrong_is_said() {
        check(r#"{"sampling_mode":"Linear","iters":[1.0,2.0],"times":[1.0]}"#, Err("2 iteration counts for 1"));
        check(r#"{"sampling_mode":"Linear","iters":[1.0],"times":[null]}"#, Err("not a finite number"));
        check(r#"{"sampling_mode":"Linear","iters":[1.0],"times":["#, Err("EOF"));
        check(r#"{"sampling_mode":"Linear","iters":[0.0],"times":[1.0]}"#, Err("iterations"));
        check("[[],[]]", Err("no measurements"));
        check(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), Err(""));
    }

    #[test]
    fn digits_by_eights() {
        for (text, want) in [
            ("1.0,00000", Some((1.0, 3))),
            ("0.0]000000", Some((0.0, 3))),
            ("12345678.0,0000000", Some((12_345_678.0, 10))),
            ("123456789012345.0,", Some((123_456_789_012_345.0, 17))),
            ("1234567890123456.0,", None),
            ("01.0,00000", None),
            (".0,0000000", None),
            ("-1.0,00000", None),
            ("1.5,000000", None),
            ("1:.0,00000", None),
            ("1/.0,00000", None),
            ("1\u{b0}.0,00000", None),
        ] {
            assert_eq!(whole_number(text.as_bytes()), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_quick_way_agrees_with_the_careful_one(
            values in proptest::collection::vec((1.0..1e18_f64, any::<f64>()), 1..40),
            linear: bool,
        ) {
            let (iters, times): (Vec<f64>, Vec<f64>) =
                values.iter().map(|(n, t)| (n.round(), if t.is_finite() { *t } else { 1.0 })).unzip();
            let name = if linear { "Linear" } else { "Flat" };
            let json = serde_json::json!({ "sampling_mode": name, "iters": iters, "times": times });
            let text = format!(
                "{{\"sampling_mode\":\"{name}\",\"iters\":{},\"times\":{}}}", json["iters"], json["times"]);
            prop_assert!(scan(text.as_bytes()).is_some(), "not scanned: {text}");
            prop_assert_eq!(scan(text.as_bytes()), parse_carefully(text.as_bytes()).ok());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn mutated_files_never_panic(at in 0_usize..80, byte: u8, cut in 0_usize..80) {
            let mut bytes = br#"{"sampling_mode":"Linear","iters":[10.0,20.0,30.0],"times":[105.0,210.5,3e2]}"#.to_vec();
            if let Some(b) = bytes.get_mut(at) { *b = byte; }
            bytes.truncate(cut.max(1));
            let quick = scan(&bytes);
            if let Some(quick) = quick {
                prop_assert_eq!(Some(quick), parse_carefully(&bytes).ok());
            }
        }
    }
}
