//! One execution in a few bytes, and many of one series in columns.
//!
//! Numbers are kept as the upper half of their bits, rounded: the whole range of `f64` at a relative precision of 2⁻²¹. The
//! median keeps 42 bits, which is what [`crate::model::Mark`] compares.

use std::cell::RefCell;
use std::time::SystemTime;

use super::record::{from_milliseconds, milliseconds};
use crate::model::{Evidence, Execution, SamplingMode};

/// Bytes of one execution as [`to_bytes`] writes it.
pub(super) const POINT: usize = 51;

/// A time that nobody knows.
const NO_TIME: i64 = -1;

/// Columns of [`Columns`] behind the locations, in bytes a point.
const REST: usize = POINT - 4;

/// Rounds a finite number to its upper `kept` bits; it stays finite.
fn code(value: f64, kept: u32) -> u64 {
    let dropped = 64 - kept;
    if value.is_nan() {
        return f64::NAN.to_bits() >> dropped;
    }
    let bits = value.to_bits();
    let rounded = (bits.wrapping_add(1 << (dropped - 1))) >> dropped;
    if value.is_finite() && !f64::from_bits(rounded << dropped).is_finite() { bits >> dropped } else { rounded }
}

fn short(value: f64) -> u32 {
    code(value, 32) as u32 // 32 bits are left
}

fn long(value: f64) -> u64 {
    code(value, 42)
}

fn of_short(code: u32) -> f64 {
    f64::from_bits(u64::from(code) << 32)
}

fn of_long(code: u64) -> f64 {
    f64::from_bits(code << 22)
}

/// An execution in the precision in which it is kept.
pub(super) fn rounded(execution: &Execution) -> Execution {
    Coded::of(execution).execution()
}

/// An execution as whole numbers.
#[derive(Clone, Copy)]
struct Coded {
    typical: u32,
    median: u64,
    /// Lower quartile, minimum, mean.
    near: [u32; 3],
    /// Standard deviation, standard error.
    spread: [u32; 2],
    n: u32,
    kind: u8,
    fingerprint: u64,
    at: i64,
}

impl Coded {
    fn of(execution: &Execution) -> Coded {
        Coded {
            typical: short(execution.typical),
            median: long(execution.median),
            near: [execution.lower_quartile, execution.minimum, execution.mean].map(short),
            spread: [execution.standard_deviation, execution.standard_error].map(short),
            n: u32::try_from(execution.n_measurements).unwrap_or(u32::MAX),
            kind: kind(execution),
            fingerprint: execution.fingerprint,
            at: execution.measured_at.map_or(NO_TIME, milliseconds),
        }
    }

    fn execution(&self) -> Execution {
        let [lower_quartile, minimum, mean] = self.near.map(of_short);
        let [standard_deviation, standard_error] = self.spread.map(of_short);
        Execution {
            typical: of_short(self.typical),
            median: of_long(self.median),
            lower_quartile,
            minimum,
            mean,
            standard_deviation,
            standard_error,
            n_measurements: self.n as usize,
            mode: mode(self.kind),
            evidence: evidence(self.kind),
            printed_verdict: None,
            fingerprint: self.fingerprint,
            measured_at: time(self.at),
            cpu: None,
        }
    }
}

/// How an execution was measured, and where its numbers come from, in a byte.
pub(super) fn kind(execution: &Execution) -> u8 {
    let mode = match execution.mode {
        SamplingMode::Linear => 0,
        SamplingMode::Flat => 1,
        SamplingMode::Unknown => 2,
    };
    let evidence = match execution.evidence {
        Evidence::Sample => 0,
        Evidence::Estimates => 1,
        Evidence::CriterionChange => 2,
        Evidence::Quick => 3,
        Evidence::Printed => 4,
    };
    mode << 4 | evidence
}

pub(super) fn mode(kind: u8) -> SamplingMode {
    match kind >> 4 {
        0 => SamplingMode::Linear,
        1 => SamplingMode::Flat,
        _ => SamplingMode::Unknown,
    }
}

pub(super) fn evidence(kind: u8) -> Evidence {
    match kind & 15 {
        0 => Evidence::Sample,
        1 => Evidence::Estimates,
        2 => Evidence::CriterionChange,
        4 => Evidence::Printed,
        _ => Evidence::Quick,
    }
}

fn time(at: i64) -> Option<SystemTime> {
    if at == NO_TIME { None } else { from_milliseconds(at) }
}

/// An execution in [`POINT`] bytes.
pub(super) fn to_bytes(execution: &Execution) -> [u8; POINT] {
    let coded = Coded::of(execution);
    let mut bytes = [0; POINT];
    bytes[0..4].copy_from_slice(&coded.typical.to_le_bytes());
    bytes[4..10].copy_from_slice(&coded.median.to_le_bytes()[..6]);
    let words = coded.near.iter().chain(&coded.spread).chain([&coded.n]);
    for (place, word) in bytes[10..34].chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    bytes[34] = coded.kind;
    bytes[35..43].copy_from_slice(&coded.fingerprint.to_le_bytes());
    bytes[43..51].copy_from_slice(&coded.at.to_le_bytes());
    bytes
}

/// The execution that [`to_bytes`] wrote; `None` when the length is another.
pub(super) fn from_bytes(bytes: &[u8]) -> Option<Execution> {
    let bytes: &[u8; POINT] = bytes.try_into().ok()?;
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let wide = |at: usize, n: usize| bytes[at..at + n].iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b));
    let coded = Coded {
        typical: word(0),
        median: wide(4, 6),
        near: [word(10), word(14), word(18)],
        spread: [word(22), word(26)],
        n: word(30),
        kind: bytes[34],
        fingerprint: wide(35, 8),
        at: wide(43, 8).cast_signed(),
    };
    Some(coded.execution())
}

/// Many executions of one series, column by column: what is alike lies together, and compresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Columns {
    /// The locations, four bytes each: all that an overview needs.
    pub(super) locations: Vec<u8>,
    /// All the rest, compressed.
    pub(super) rest: Vec<u8>,
}

impl Columns {
    pub(super) fn of(executions: &[Execution]) -> Columns {
        let coded: Vec<Coded> = executions.iter().map(Coded::of).collect();
        let locations = coded.iter().flat_map(|c| c.typical.to_le_bytes()).collect();
        let mut rest = Vec::with_capacity(coded.len() * REST);
        // Byte by byte of each column: upper bytes hardly vary, and random lower ones don't disturb them.
        let mut planes = |n_bytes: usize, column: &dyn Fn(usize) -> u64| {
            for byte in (0..n_bytes).rev() {
                rest.extend((0..coded.len()).map(|i| (column(i) >> (8 * byte)) as u8));
            }
        };
        planes(6, &|i| zigzag(coded[i].median.cast_signed() - (i64::from(coded[i].typical) << 10)));
        for k in 0..3 {
            planes(4, &|i| u64::from(zigzag_short(coded[i].near[k].wrapping_sub(coded[i].typical))));
        }
        for k in 0..2 {
            planes(4, &|i| u64::from(coded[i].spread[k]));
        }
        planes(4, &|i| u64::from(coded[i].n));
        planes(1, &|i| u64::from(coded[i].kind));
        planes(8, &|i| coded[i].fingerprint);
        planes(8, &|i| {
            let before = if i == 0 { 0 } else { coded[i - 1].at };
            zigzag(coded[i].at.wrapping_sub(before))
        });
        Columns { locations, rest: compressed(&rest, LEVEL) }
    }
}

/// As much as is worth it for random lower bytes.
const LEVEL: i32 = 3;

/// A frame of zstd, with a checksum.
pub(super) fn compressed(bytes: &[u8], level: i32) -> Vec<u8> {
    let compress = || {
        let mut compressor = zstd::bulk::Compressor::new(level)?;
        compressor.include_checksum(true)?;
        compressor.compress(bytes)
    };
    compress().expect("compressing into memory fails only where there is none")
}

thread_local! {
    /// Making one takes longer than reading a chunk with it.
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> =
        RefCell::new(zstd::bulk::Decompressor::new().ok());
}

/// What [`compressed`] made a frame of, where that is no longer than `longest`.
fn decompressed(bytes: &[u8], longest: usize) -> Option<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|decompressor| decompressor.as_mut()?.decompress(bytes, longest).ok())
}

/// The executions that columns hold; `None` when these are not columns of `n` executions.
pub(super) fn executions(locations: &[u8], rest: &[u8], n: usize) -> Option<Vec<Execution>> {
    if locations.len() != n.checked_mul(4)? {
        return None;
    }
    let n_rest = n.checked_mul(REST)?;
    let rest = decompressed(rest, n_rest).filter(|rest| rest.len() == n_rest)?;
    let mut planes = rest.chunks_exact(n.max(1));
    let mut column = |n_bytes: usize| -> Vec<u64> {
        let mut column = vec![0; n];
        for plane in planes.by_ref().take(n_bytes) {
            column.iter_mut().zip(plane).for_each(|(value, byte)| *value = *value << 8 | u64::from(*byte));
        }
        column
    };
    let medians = column(6);
    let near = [column(4), column(4), column(4)];
    let spread = [column(4), column(4)];
    let (counts, kinds, fingerprints, times) = (column(4), column(1), column(8), column(8));
    let mut at = 0_i64;
    let mut found = Vec::with_capacity(n);
    for (i, location) in locations.chunks_exact(4).enumerate() {
        let typical = u32::from_le_bytes(location.try_into().ok()?);
        at = at.wrapping_add(unzigzag(times[i]));
        let median = (i64::from(typical) << 10).wrapping_add(unzigzag(medians[i]));
        // Columns are four bytes wide where they are cut to u32.
        let coded = Coded {
            typical,
            median: median.cast_unsigned() & ((1 << 42) - 1),
            near: [0, 1, 2].map(|k| typical.wrapping_add(unzigzag_short(near[k][i] as u32))),
            spread: [0, 1].map(|k| spread[k][i] as u32),
            n: counts[i] as u32,
            kind: kinds[i] as u8,
            fingerprint: fingerprints[i],
            at,
        };
        found.push(coded.execution());
    }
    Some(found)
}

/// The locations alone.
pub(super) fn locations(bytes: &[u8]) -> impl Iterator<Item = f64> + '_ {
    bytes.chunks_exact(4).map(|b| of_short(u32::from_le_bytes([b[0], b[1], b[2], b[3]])))
}

fn zigzag(difference: i64) -> u64 {
    ((difference << 1) ^ (difference >> 63)).cast_unsigned()
}

fn unzigzag(code: u64) -> i64 {
    (code >> 1).cast_signed() ^ -(code & 1).cast_signed()
}

fn zigzag_short(difference: u32) -> u32 {
    let difference = difference.cast_signed();
    ((difference << 1) ^ (difference >> 31)).cast_unsigned()
}

fn unzigzag_short(code: u32) -> u32 {
    (code >> 1) ^ (code & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn execution(numbers: [f64; 7], n: usize, fingerprint: u64, at: Option<u64>) -> Execution {
        Execution {
            typical: numbers[0],
            median: numbers[1],
            lower_quartile: numbers[2],
            minimum: numbers[3],
            mean: numbers[4],
            standard_deviation: numbers[5],
            standard_error: numbers[6],
            n_measurements: n,
            mode: SamplingMode::Flat,
            evidence: Evidence::Estimates,
            printed_verdict: None,
            cpu: None,
            fingerprint,
            measured_at: at.map(|at| SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(at)),
        }
    }

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![any::<f64>().prop_filter("finite", |x| x.is_finite()), 1.0..1e9_f64, Just(0.0), Just(f64::MAX)]
    }

    fn any_execution() -> impl Strategy<Value = Execution> {
        let numbers = proptest::array::uniform7(number());
        (numbers, 0..1000_usize, any::<u64>(), proptest::option::of(0..4_000_000_000_000_u64))
            .prop_map(|(numbers, n, fingerprint, at)| execution(numbers, n, fingerprint, at))
    }

    proptest! {
        #[test]
        fn numbers_keep_their_precision(value in number()) {
            let kept = of_short(short(value));
            prop_assert!(kept.is_finite());
            // Below the normal numbers there are no digits to keep.
            if value.abs() > 1e-290 && value.abs() < 1e300 {
                prop_assert!((kept - value).abs() <= value.abs() * 2_f64.powi(-21), "{value} {kept}");
                prop_assert!((of_long(long(value)) - value).abs() <= value.abs() * 2_f64.powi(-31));
            }
        }

        #[test]
        fn what_is_rounded_is_kept_exactly(executions in proptest::collection::vec(any_execution(), 0..50)) {
            let rounded: Vec<Execution> = executions.iter().map(rounded).collect();
            let again: Vec<Execution> = rounded.iter().map(super::rounded).collect();
            prop_assert_eq!(&again, &rounded);
            let bytes: Vec<Execution> = executions.iter().filter_map(|e| from_bytes(&to_bytes(e))).collect();
            prop_assert_eq!(&bytes, &rounded);
            let columns = Columns::of(&executions);
            prop_assert_eq!(super::executions(&columns.locations, &columns.rest, executions.len()), Some(rounded.clone()));
            prop_assert_eq!(super::executions(&columns.locations, &columns.rest, executions.len() + 1), None);
            let found: Vec<f64> = locations(&columns.locations).collect();
            prop_assert_eq!(found, rounded.iter().map(|e| e.typical).collect::<Vec<_>>());
            for (one, kept) in executions.iter().zip(&rounded) {
                // The largest numbers have no mark of their own.
                if one.median.abs() < 1e308 {
                    prop_assert_eq!(one.mark(), kept.mark());
                }
            }
        }

        #[test]
        fn arbitrary_columns_never_panic(
            locations in proptest::collection::vec(any::<u8>(), 0..40),
            rest in proptest::collection::vec(any::<u8>(), 0..200),
            n in any::<usize>(),
        ) {
            prop_assert!(executions(&locations, &rest, n).is_none_or(|found| found.len() == n));
            let packed = zstd::bulk::compress(&vec![0xff; locations.len() / 4 * REST], 1).expect("it fits");
            let n = locations.len() / 4;
            prop_assert!(executions(&locations[..4 * n], &packed, n).is_some());
        }
    }
}
