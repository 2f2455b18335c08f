//! The small files of a result: `benchmark.json`, `estimates.json`, `raw.csv`, `change/estimates.json`.

use serde::Deserialize;
use serde_json::Value;

use crate::model::{Measurement, Sample, SamplingMode, SuggestedChange, Throughput, Unit};

/// What `benchmark.json` says of a benchmark.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Declared {
    pub(super) full_id: String,
    /// `None` in records that have no folder of their own.
    pub(super) directory_name: Option<String>,
    pub(super) throughput: Option<Throughput>,
}

#[derive(Deserialize)]
struct BenchmarkFile {
    group_id: Option<String>,
    function_id: Option<String>,
    value_str: Option<String>,
    throughput: Option<Value>,
    full_id: Option<String>,
    directory_name: Option<String>,
}

pub(super) fn parse_benchmark(bytes: &[u8]) -> Result<Declared, String> {
    let file: BenchmarkFile = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    let parts = [file.group_id, file.function_id, file.value_str];
    let full_id = match file.full_id {
        Some(full_id) => full_id,
        None if parts.iter().all(Option::is_none) => return Err("it names no benchmark".to_owned()),
        None => parts.into_iter().flatten().collect::<Vec<_>>().join("/"),
    };
    let throughput = file.throughput.as_ref().and_then(throughput);
    Ok(Declared { full_id, directory_name: file.directory_name, throughput })
}

/// Reads a throughput as serde tags an enum: `{"Bytes": 1024}`.
///
/// critcmp writes every kind that it knows, all but one of them null.
pub(super) fn throughput(value: &Value) -> Option<Throughput> {
    let (kind, amount) = match value {
        Value::Object(map) => map.iter().find(|(_, amount)| !amount.is_null())?,
        Value::String(kind) => return Some(Throughput::Unknown(kind.as_str().into())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            return (!value.is_null()).then(|| Throughput::Unknown(value.to_string().into()));
        }
    };
    let field = |name: &str| amount.get(name).and_then(Value::as_u64);
    let known = match (kind.as_str(), amount.as_u64()) {
        ("Bytes", Some(n)) => Some(Throughput::Bytes(n)),
        ("BytesDecimal", Some(n)) => Some(Throughput::BytesDecimal(n)),
        ("Bits", Some(n)) => Some(Throughput::Bits(n)),
        ("Elements", Some(n)) => Some(Throughput::Elements(n)),
        ("ElementsAndBytes", None) => field("elements")
            .zip(field("bytes"))
            .map(|(elements, bytes)| Throughput::ElementsAndBytes { elements, bytes }),
        _ => None,
    };
    Some(known.unwrap_or_else(|| Throughput::Unknown(kind.as_str().into())))
}

/// `estimates.json`, and the same object inside other files. Criterion up to 0.3.2 wrote the keys with capitals.
#[derive(Deserialize)]
pub(super) struct Estimates {
    #[serde(alias = "Mean")]
    mean: Option<Estimate>,
    #[serde(alias = "Median")]
    median: Option<Estimate>,
}

#[derive(Deserialize, Clone, Copy)]
struct Estimate {
    point_estimate: Option<f64>,
    standard_error: Option<f64>,
}

impl Estimates {
    /// The median, or the mean where there is none, as a measurement.
    pub(super) fn measurement(&self) -> Result<Measurement, String> {
        let (median, standard_error) = self.typical()?;
        Ok(Measurement::Estimates { median, standard_error })
    }

    fn typical(&self) -> Result<(f64, f64), String> {
        let estimate = self.median.or(self.mean).ok_or("it has neither a median nor a mean")?;
        match (estimate.point_estimate, estimate.standard_error) {
            (Some(point), Some(error)) if point.is_finite() && error.is_finite() && error >= 0.0 => Ok((point, error)),
            _ => Err("its median is not a number with a standard error".to_owned()),
        }
    }
}

pub(super) fn parse_estimates(bytes: &[u8]) -> Result<Measurement, String> {
    let estimates: Estimates = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    estimates.measurement()
}

pub(super) fn parse_change(bytes: &[u8]) -> Result<SuggestedChange, String> {
    let estimates: Estimates = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    let (median, standard_error) = estimates.typical()?;
    if median <= -1.0 {
        return Err(format!("its relative change is {median}, and no time falls by more than all of itself"));
    }
    Ok(SuggestedChange { median, standard_error })
}

/// The unit that a `raw.csv` states in its first row; the file may be cut after any number of bytes.
pub(super) fn parse_unit(bytes: &[u8]) -> Unit {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let Ok(headers) = reader.headers().cloned() else {
        return Unit::Unstated;
    };
    let column = |name: &str| headers.iter().position(|h| h == name);
    let first = reader.records().next().and_then(Result::ok);
    match (column("unit"), column("sample_time_nanos"), first) {
        (Some(unit), _, Some(row)) => Unit::from_name(row.get(unit).unwrap_or_default()),
        (None, Some(_), _) => Unit::Nanoseconds,
        _ => Unit::Unstated,
    }
}

/// The measurements of a `raw.csv`, which older versions wrote beside or instead of `sample.json`.
pub(super) fn parse_raw_csv(bytes: &[u8]) -> Result<Sample, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let headers = reader.headers().map_err(|e| e.to_string())?.clone();
    let column = |names: &[&str]| headers.iter().position(|h| names.contains(&h));
    let totals_at = column(&["sample_measured_value", "sample_time_nanos"]).ok_or("it has no column of times")?;
    let counts_at = column(&["iteration_count"]).ok_or("it has no column `iteration_count`")?;
    let (mut iterations, mut totals) = (Vec::new(), Vec::new());
    for (i, row) in reader.records().enumerate() {
        let row = row.map_err(|e| e.to_string())?;
        let number = |at: usize| -> Result<f64, String> {
            let text = row.get(at).unwrap_or_default();
            text.parse().map_err(|_| format!("row {} has `{text}` where a number should be", i + 1))
        };
        iterations.push(number(counts_at)?);
        totals.push(number(totals_at)?);
    }
    Sample::new(SamplingMode::Unknown, iterations, totals).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check_throughput(json: &str, want: Option<Throughput>) {
        let value = serde_json::from_str(json).expect("JSON");
        assert_eq!(throughput(&value), want, "{json}");
    }

    #[test]
    fn every_kind_of_throughput() {
        check_throughput("null", None);
        check_throughput(r#"{"Bytes":18446744073709551615}"#, Some(Throughput::Bytes(u64::MAX)));
        check_throughput(r#"{"BytesDecimal":1}"#, Some(Throughput::BytesDecimal(1)));
        check_throughput(r#"{"Bits":0}"#, Some(Throughput::Bits(0)));
        check_throughput(r#"{"Bytes":null,"Elements":7}"#, Some(Throughput::Elements(7)));
        check_throughput(
            r#"{"ElementsAndBytes":{"elements":5,"bytes":6}}"#,
            Some(Throughput::ElementsAndBytes { elements: 5, bytes: 6 }),
        );
        check_throughput(r#"{"Watts":3}"#, Some(Throughput::Unknown("Watts".into())));
        check_throughput(r#"{"Bytes":-3}"#, Some(Throughput::Unknown("Bytes".into())));
        check_throughput(r#""Nothing""#, Some(Throughput::Unknown("Nothing".into())));
    }

    #[test]
    fn estimates_of_old_and_new() {
        let number = r#"{"confidence_interval":{},"point_estimate":5.5,"standard_error":0.25}"#;
        let want = Ok(Measurement::Estimates { median: 5.5, standard_error: 0.25 });
        assert_eq!(parse_estimates(format!(r#"{{"median":{number},"slope":null}}"#).as_bytes()), want);
        assert_eq!(parse_estimates(format!(r#"{{"Mean":{number},"Median":{number}}}"#).as_bytes()), want);
        assert!(parse_estimates(br#"{"median":{"point_estimate":null,"standard_error":1.0}}"#).is_err());
        assert!(parse_estimates(b"{}").is_err());
    }

    #[test]
    fn units_of_raw_csv() {
        let new = "group,function,value,throughput_num,throughput_type,sample_measured_value,unit,iteration_count\n";
        assert_eq!(parse_unit(format!("{new}a,,,,,1.0,ticks,2\n").as_bytes()), Unit::Custom("ticks".into()));
        assert_eq!(parse_unit(format!("{new}a,,,,,1.0,ns,2\n").as_bytes()), Unit::Nanoseconds);
        assert_eq!(parse_unit(b"group,function,value,sample_time_nanos,iteration_count\na,,,1,1\n"), Unit::Nanoseconds);
        assert_eq!(parse_unit(b"\xff\xfe"), Unit::Unstated);
        let sample = parse_raw_csv(b"group,function,value,sample_time_nanos,iteration_count\na,,,10,1\na,,,22,2\n");
        assert_eq!(sample.map(|s| s.n_measurements()), Ok(2));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = (parse_benchmark(&bytes), parse_estimates(&bytes), parse_change(&bytes));
            let _ = (parse_unit(&bytes), parse_raw_csv(&bytes));
        }

        #[test]
        fn mutated_files_never_panic(at in 0_usize..200, byte: u8) {
            let mut json = br#"{"group_id":"g","function_id":"f","value_str":null,"throughput":{"Bytes":9},"full_id":"g/f","directory_name":"g/f","title":"g/f"}"#.to_vec();
            if let Some(b) = json.get_mut(at) { *b = byte; }
            let _ = parse_benchmark(&json);
            let mut csv = b"group,function,value,throughput_num,throughput_type,sample_measured_value,unit,iteration_count\na,,,,,1.0,ns,2\na,,,,,2.0,ns,4\n".to_vec();
            if let Some(b) = csv.get_mut(at) { *b = byte; }
            let _ = (parse_unit(&csv), parse_raw_csv(&csv));
        }
    }
}
