/// Numbers that look random, the same ones for the same seed on every machine.
///
/// Source: Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators" (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts at a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of the whole numbers below `n`, or 0 when there is none.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// `k` different numbers below `n` in random order; all of them where there are no more.
    pub fn choose(&mut self, n: usize, k: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..n).collect();
        let k = k.min(n);
        for i in 0..k {
            let j = i + self.below(n - i);
            all.swap(i, j);
        }
        all.truncate(k);
        all
    }

    /// A number from 0 to 1, either excluded.
    #[cfg(test)]
    pub(super) fn fraction(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides() {
        let mut random = Random::new(1_234_567);
        // The first numbers of the reference implementation for this seed.
        assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn all_below_are_as_likely() {
        let mut random = Random::new(1);
        let mut seen = [0_u32; 7];
        (0..70_000).for_each(|_| seen[random.below(7)] += 1);
        assert!(seen.iter().all(|n| n.abs_diff(10_000) < 400), "{seen:?}");
        assert_eq!(random.below(0), 0);
        let mean = (0..10_000).map(|_| random.fraction()).sum::<f64>() / 1e4;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
    }

    #[test]
    fn chooses_without_replacement() {
        let mut random = Random::new(1);
        for (n, k) in [(0, 3), (1, 1), (10, 5), (10, 20)] {
            let mut chosen = random.choose(n, k);
            chosen.sort_unstable();
            chosen.dedup();
            assert_eq!(chosen.len(), k.min(n));
            assert!(chosen.iter().all(|i| *i < n));
        }
    }
}
