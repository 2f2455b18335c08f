//! Inputs that both sides make alike, to the last bit: whole numbers are mixed, and scaled exactly.

/// `n` numbers from -1 to 1, evenly distributed.
///
/// Each is a hash of its index and the seed, so that it takes no library to make the same ones in Python. 24 bits are exact in an f32.
pub fn uniform(n: usize, seed: u32) -> Vec<f32> {
    (0..n as u32).map(|i| (mix(i, seed) >> 8) as f32 / 8_388_608.0 - 1.0).collect()
}

/// `lowbias32` (Wellons, Prospecting for Hash Functions, 2018), of an index moved by the seed.
fn mix(i: u32, seed: u32) -> u32 {
    let mut h = i.wrapping_add(seed.wrapping_mul(0x9e37_79b9));
    h ^= h >> 16;
    h = h.wrapping_mul(0x7feb_352d);
    h ^= h >> 15;
    h = h.wrapping_mul(0x846c_a68b);
    h ^ (h >> 16)
}

/// Gumbel's noise: with it the index of the largest is a sample of the softmax (Gumbel 1954; Maddison et al. 2014).
pub fn gumbel(n: usize, seed: u32) -> Vec<f32> {
    let to_noise = |x: f32| {
        let u = (f64::from(x) + 1.0) / 2.0 * 0.999_998 + 1e-6;
        (-(-u.ln()).ln()) as f32
    };
    uniform(n, seed).into_iter().map(to_noise).collect()
}

/// Indices below `bound`, a power of two; no two of the first `bound` are equal.
pub fn indices(n: usize, bound: usize, seed: u32) -> Vec<u32> {
    (0..n).map(|i| ((i * 1237 + seed as usize) % bound) as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_as_in_python() {
        // mlx/tests/test_data.py holds the same ones.
        assert_eq!(uniform(4, 1), [-0.984_469_8, 0.244_639_16, -0.940_450_9, -0.878_554]);
        assert_eq!(indices(3, 4096, 5), [5, 1242, 2479]);
    }

    #[test]
    fn even_between_minus_one_and_one() {
        let x = uniform(100_000, 7);
        assert!(x.iter().all(|v| (-1.0..1.0).contains(v)));
        let mean = x.iter().map(|&v| f64::from(v)).sum::<f64>() / 1e5;
        let square = x.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.01 && (square - 1.0 / 3.0).abs() < 0.01, "{mean} {square}");
        assert_ne!(uniform(8, 1), uniform(8, 2));
    }

    #[test]
    fn indices_do_not_repeat() {
        let mut found = indices(4096, 4096, 9);
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), 4096);
    }
}
