use std::collections::BTreeMap;

/// What was computed in a measurement, and how, as the implementation itself says: what makes the times of two implementations
/// comparable.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// The workload's id: the same for every implementation of it.
    pub workload: String,
    /// Who did it: `candle-cpu`, `mlx-metal`.
    pub implementation: String,
    /// Whether the clock stopped only when the device had finished.
    pub is_synchronised: bool,
    /// What was waited for: `each` operation, a whole `batch`, `never`; `None` where the implementation doesn't say.
    pub waits: Option<String>,
    /// What the result is known by; `None` where the implementation doesn't say.
    pub checksum: Option<Checksum>,
    /// By how much two checksums may differ for rounding, as a share.
    pub tolerance: f64,
    /// In which numbers it was computed: `f32`, `tf32`, `f16`.
    pub precision: Option<String>,
    /// Whose matrix products they are.
    pub blas: Option<String>,
    /// Threads that compute one operation.
    pub threads: Option<u64>,
    /// The kind of device: `cpu`, `cuda`, `metal`.
    pub device_kind: Option<String>,
    /// What the device's maker calls it.
    pub device_name: Option<String>,
    /// Versions of the libraries that compute, by name.
    pub versions: BTreeMap<String, String>,
    /// Floating-point operations of one iteration, at least.
    pub flops: Option<f64>,
    /// Bytes that one iteration has to read and write, at least.
    pub bytes: Option<f64>,
    /// What the machine can do in a second, at most.
    pub peak: Peak,
}

/// What a machine can do in a second, at most.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Peak {
    /// Floating-point operations.
    pub flops: Option<Rate>,
    /// Bytes read and written.
    pub bytes: Option<Rate>,
}

/// An amount in a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// How much.
    pub per_second: f64,
    /// Whether a probe measured it, which may have been slowed down; otherwise somebody stated it.
    pub is_probed: bool,
}

/// What a result is known by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Checksum {
    /// How many numbers.
    pub elements: u64,
    /// Σ |y|.
    pub sum_abs: f64,
    /// Σ y².
    pub sum_squares: f64,
    /// Σ y w, with weights that both sides know: it sees an order that the other two don't.
    pub projection: f64,
}

impl Checksum {
    /// Whether two results are the same, but for rounding: within `tolerance`, as a share.
    ///
    /// The projection is a sum of either sign, so it is compared in proportion to Σ |y|.
    #[must_use]
    pub fn agrees(&self, other: &Checksum, tolerance: f64) -> bool {
        let near = |a: f64, b: f64, scale: f64| (a - b).abs() <= tolerance * scale;
        let scale = |a: f64, b: f64| a.abs().max(b.abs());
        let size = scale(self.sum_abs, other.sum_abs);
        self.elements == other.elements
            && near(self.sum_abs, other.sum_abs, size)
            && near(self.sum_squares, other.sum_squares, scale(self.sum_squares, other.sum_squares))
            && near(self.projection, other.projection, size)
    }
}

/// How much sooner than a probe says possible an iteration may end: a busy machine may have slowed the probe down to half.
const SLACK_OF_A_PROBE: f64 = 0.5;

impl Peak {
    /// This, and what `other` knows where this doesn't.
    #[must_use]
    pub fn or(self, other: Peak) -> Peak {
        Peak { flops: self.flops.or(other.flops), bytes: self.bytes.or(other.bytes) }
    }
}

impl Work {
    /// Whether both ran on the same device, as far as both say: of one kind, and one name is or begins the other.
    #[must_use]
    pub fn is_on_the_device_of(&self, other: &Work) -> bool {
        let same = |a: &Option<String>, b: &Option<String>, is: fn(&str, &str) -> bool| match (a, b) {
            (Some(a), Some(b)) => is(a, b),
            _ => true,
        };
        same(&self.device_kind, &other.device_kind, |a, b| a == b)
            && same(&self.device_name, &other.device_name, |a, b| a.starts_with(b) || b.starts_with(a))
    }

    /// Whether it says that it never waits, for a device that works beside the processor: a clock then sees work being started.
    #[must_use]
    pub fn never_waits(&self) -> bool {
        self.waits.as_deref() == Some("never") && self.device_kind.as_deref() != Some("cpu")
    }

    /// The time below which one iteration can't be done on this machine, in seconds; `None` where work or machine are not known.
    ///
    /// It is the roofline of Williams, Waterman and Patterson (2009): flops over the peak, or bytes over the bandwidth, whichever
    /// takes longer.
    #[must_use]
    pub fn floor_seconds(&self) -> Option<f64> {
        let time = |amount: Option<f64>, rate: Option<Rate>| Some(amount? / rate?.per_second);
        let times = [time(self.flops, self.peak.flops), time(self.bytes, self.peak.bytes)];
        times.into_iter().flatten().filter(|time| time.is_finite() && *time > 0.0).reduce(f64::max)
    }

    /// Whether one iteration can't have taken as little as `seconds`. What a probe measured is given some slack.
    #[must_use]
    pub fn is_impossible(&self, seconds: f64) -> bool {
        let bound = |amount: Option<f64>, rate: Option<Rate>| {
            let (amount, rate) = (amount?, rate?);
            Some(amount / rate.per_second * if rate.is_probed { SLACK_OF_A_PROBE } else { 1.0 })
        };
        let bounds = [bound(self.flops, self.peak.flops), bound(self.bytes, self.peak.bytes)];
        bounds.into_iter().flatten().any(|bound| bound.is_finite() && seconds < bound)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn work(flops: f64, bytes: f64, is_probed: bool) -> Work {
        let rate = |per_second| Some(Rate { per_second, is_probed });
        Work {
            workload: "matmul/1".to_owned(),
            implementation: "ours".to_owned(),
            is_synchronised: true,
            waits: None,
            checksum: None,
            tolerance: 1e-4,
            precision: None,
            blas: None,
            threads: None,
            device_kind: None,
            device_name: None,
            versions: BTreeMap::new(),
            flops: Some(flops),
            bytes: Some(bytes),
            peak: Peak { flops: rate(1e12), bytes: rate(1e11) },
        }
    }

    #[test]
    fn the_floor_is_the_longer_of_computing_and_moving() {
        let floor = |flops, bytes| work(flops, bytes, false).floor_seconds().expect("all is known");
        assert!((floor(1e12, 1e9) - 1.0).abs() < 1e-12);
        assert!((floor(1e9, 1e11) - 1.0).abs() < 1e-12);
        let unknown = Work { flops: None, bytes: None, ..work(1.0, 1.0, false) };
        assert_eq!(unknown.floor_seconds(), None);
        assert!(!unknown.is_impossible(0.0));
    }

    #[test]
    fn a_stated_peak_is_strict_and_a_probed_one_is_not() {
        assert!(work(1e12, 0.0, false).is_impossible(0.99));
        assert!(!work(1e12, 0.0, false).is_impossible(1.0));
        assert!(!work(1e12, 0.0, true).is_impossible(0.6));
        assert!(work(1e12, 0.0, true).is_impossible(0.4));
    }

    #[test]
    fn a_device_by_two_names() {
        let check = |names: [Option<&str>; 2], want| {
            let [a, b] = names.map(|name| Work { device_name: name.map(str::to_owned), ..work(1.0, 1.0, true) });
            assert_eq!((a.is_on_the_device_of(&b), b.is_on_the_device_of(&a)), (want, want), "{names:?}");
        };
        check([Some("Apple M1 Max"), Some("Apple M1 Max (applegpu_g13s)")], true);
        check([Some("Apple M1 Max"), Some("Apple M2")], false);
        check([Some("Apple M1 Max"), None], true);
        let on = |kind: &str| Work { device_kind: Some(kind.to_owned()), ..work(1.0, 1.0, true) };
        assert!(!on("cpu").is_on_the_device_of(&on("metal")));
    }

    fn checksum() -> impl Strategy<Value = Checksum> {
        (0_u64..10, 0.0..1e6_f64, 0.0..1e6_f64, -1e6..1e6_f64).prop_map(
            |(elements, sum_abs, sum_squares, projection)| Checksum { elements, sum_abs, sum_squares, projection },
        )
    }

    proptest! {
        #[test]
        fn agreement_has_no_direction(a in checksum(), b in checksum(), tolerance in 0.0..1.0_f64) {
            prop_assert!(a.agrees(&a, tolerance));
            prop_assert_eq!(a.agrees(&b, tolerance), b.agrees(&a, tolerance));
        }
    }

    #[test]
    fn half_of_the_work_does_not_agree() {
        let whole = Checksum { elements: 100, sum_abs: 64.0, sum_squares: 50.0, projection: 3.0 };
        assert!(!whole.agrees(&Checksum { elements: 50, ..whole }, 0.01));
        assert!(!whole.agrees(&Checksum { sum_abs: 32.0, ..whole }, 0.01));
        assert!(!whole.agrees(&Checksum { projection: -3.0, ..whole }, 0.01));
        assert!(!whole.agrees(&Checksum { projection: f64::NAN, ..whole }, 0.01));
        assert!(whole.agrees(&Checksum { sum_abs: 64.1, ..whole }, 0.01));
    }
}
