//! By which two sides show that they computed the same thing.

use candle_core::{DType, Result, Tensor};
use serde::Serialize;

use crate::data;

/// What a result is known by. Sums are taken in 64 bits, on the CPU.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Checksum {
    /// How many numbers.
    pub elements: u64,
    /// `Σ |y|`.
    pub sum_abs: f64,
    /// `Σ y²`.
    pub sum_squares: f64,
    /// `Σ y w` with the [`data::uniform`] of seed 0 as `w`: it sees an order that the other two don't.
    pub projection: f64,
}

impl Checksum {
    /// Of a result, which is read back from its device.
    ///
    /// # Errors
    /// When it can't be read back.
    pub fn of(result: &Tensor) -> Result<Checksum> {
        let y = result.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
        let w = data::uniform(y.len(), 0);
        let sum = |f: &dyn Fn(f64, f64) -> f64| y.iter().zip(&w).map(|(&y, &w)| f(y.into(), w.into())).sum();
        Ok(Checksum {
            elements: y.len() as u64,
            sum_abs: sum(&|y, _| y.abs()),
            sum_squares: sum(&|y, _| y * y),
            projection: sum(&|y, w| y * w),
        })
    }

    /// Whether two results are the same, but for rounding.
    ///
    /// The projection is a sum of either sign, so it is compared in proportion to `Σ |y|`.
    pub fn agrees(&self, other: &Checksum, tolerance: f64) -> bool {
        let near = |a: f64, b: f64, scale: f64| (a - b).abs() <= tolerance * scale;
        self.elements == other.elements
            && near(self.sum_abs, other.sum_abs, self.sum_abs)
            && near(self.sum_squares, other.sum_squares, self.sum_squares)
            && near(self.projection, other.projection, self.sum_abs)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn of(y: &[f32]) -> Checksum {
        Checksum::of(&Tensor::new(y, &Device::Cpu).expect("a tensor")).expect("it is on the CPU")
    }

    #[test]
    fn sums() {
        let sums = of(&[3.0, -4.0]);
        assert_eq!((sums.elements, sums.sum_abs, sums.sum_squares), (2, 7.0, 25.0));
    }

    #[test]
    fn rounding_agrees_and_nothing_else_does() {
        let whole = of(&[1.0, 2.0, 3.0, 4.0]);
        assert!(whole.agrees(&of(&[1.000_001, 2.0, 3.0, 4.0]), 1e-4));
        for other in [&[1.0, 2.0, 3.0][..], &[1.0, 2.0, 4.0, 3.0], &[-1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 3.0, 4.1]] {
            assert!(!whole.agrees(&of(other), 1e-4), "{other:?}");
        }
        assert!(!whole.agrees(&of(&[f32::NAN, 2.0, 3.0, 4.0]), 1e-4));
    }
}
