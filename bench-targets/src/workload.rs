//! The list of workloads: what is computed, on which numbers, and how much work that is at least.

use std::collections::BTreeSet;

use serde::Deserialize;

/// One workload of `workloads.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// `group/value`. Criterion's id has the implementation between them: `softmax/candle-cpu/4x16x1024`.
    pub id: String,
    /// Criterion's group.
    pub group: String,
    /// Criterion's value.
    pub value: String,
    /// What is computed.
    pub op: Op,
    /// What the numbers mean depends on [`Op`].
    pub shape: Vec<usize>,
    /// The type of the numbers.
    pub dtype: Dtype,
    /// The inputs are made from this seed and the ones after it. Chosen so that half of the work has another result.
    pub seed: u32,
    /// Floating-point operations that no implementation can do without.
    pub flops: u64,
    /// Bytes that have to be read and written at least: every input once, every output once.
    pub bytes: u64,
    /// Numbers in the result.
    pub elements: u64,
    /// How far checksums may lie apart, relative to the sums that they are. 4 % in a softmax of 16 bits: on a CPU candle and MLX add
    /// up the exponentials in 16 bits, so that a row comes to 1.015 and not to 1, and its squares are 3 % off.
    pub tolerance: f64,
    /// Too long for a quick run on a CPU: only with `BENCH_FULL=1`.
    pub large: bool,
}

/// What is computed, with the meaning of the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Over the last axis.
    Softmax,
    /// Over the last axis, with scale and shift.
    LayerNorm,
    /// Over the last axis, with scale.
    RmsNorm,
    /// `x W + 2 (x A) B`; rows, width, rank.
    Lora,
    /// `A B`; m, k, n.
    Matmul,
    /// `softmax(Q Kᵀ / √dim) V`; batch, heads, sequence, dim.
    Attention,
    /// A cache that grows by one position; batch, heads, positions before, dim.
    KvCache,
    /// The index of the largest of logits / 0.8 + noise, the Gumbel trick; rows, vocabulary.
    Sampling,
    /// Rows of a table, their mean over tokens, scaled to length 1; batch, tokens, width, vocabulary.
    Embedding,
}

/// The type of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dtype {
    /// 32 bits.
    F32,
    /// 16 bits, IEEE's.
    F16,
}

impl Dtype {
    /// Bytes a number.
    pub fn size(self) -> u64 {
        match self {
            Dtype::F32 => 4,
            Dtype::F16 => 2,
        }
    }

    /// As `workloads.json` has it.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F32 => "f32",
            Dtype::F16 => "f16",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    version: u32,
    workloads: Vec<Workload>,
}

/// The list that is part of this crate.
///
/// # Errors
/// When `workloads.json` contradicts itself.
pub fn all() -> Result<Vec<Workload>, String> {
    parse(include_str!("../workloads.json"))
}

fn parse(json: &str) -> Result<Vec<Workload>, String> {
    let list: List = serde_json::from_str(json).map_err(|e| format!("failed to read workloads.json: {e}"))?;
    if list.version != 1 {
        return Err(format!("workloads.json has version {}, and this reads version 1", list.version));
    }
    let mut ids = BTreeSet::new();
    for workload in &list.workloads {
        workload.check().map_err(|e| format!("workloads.json, `{}`: {e}", workload.id))?;
        if !ids.insert(&workload.id) {
            return Err(format!("workloads.json has `{}` twice", workload.id));
        }
    }
    Ok(list.workloads)
}

/// Work that no implementation can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Least {
    flops: u64,
    bytes: u64,
    elements: u64,
}

impl Workload {
    /// Half of the work, for [`crate::Plant::Smaller`]: the second number of the shape is halved.
    pub fn smaller(&self) -> Workload {
        let mut smaller = self.clone();
        if let Some(n) = smaller.shape.get_mut(1) {
            *n /= 2;
        }
        smaller
    }

    fn check(&self) -> Result<(), String> {
        let is_plain = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if self.id != format!("{}/{}", self.group, self.value) || !is_plain(&self.group) || !is_plain(&self.value) {
            return Err("its id has to be group/value, of letters, digits, _ and -".to_owned());
        }
        if !(self.tolerance > 0.0 && self.tolerance < 0.1) {
            return Err(format!("its tolerance is {}", self.tolerance));
        }
        let stated = Least { flops: self.flops, bytes: self.bytes, elements: self.elements };
        let least = self.least()?;
        if stated != least {
            return Err(format!("it states {stated:?}, and its shape needs {least:?}"));
        }
        Ok(())
    }

    fn least(&self) -> Result<Least, String> {
        let shape: Vec<u64> = self.shape.iter().map(|&n| n as u64).collect();
        let size = self.dtype.size();
        // An index has 4 bytes.
        let least = |flops, numbers: u64, indices: u64, elements| Least {
            flops,
            bytes: numbers * size + indices * 4,
            elements,
        };
        let norm = |flops: u64, parameters: u64| {
            let (n, last) = (shape.iter().product::<u64>(), shape.last().copied().unwrap_or(0));
            least(flops * n, 2 * n + parameters * last, 0, n)
        };
        match (self.op, shape.as_slice()) {
            (Op::Softmax, [_, _, _]) => Ok(norm(3, 0)),
            (Op::LayerNorm, [_, _, _]) => Ok(norm(5, 2)),
            (Op::RmsNorm, [_, _, _]) => Ok(norm(4, 1)),
            (Op::Lora, &[m, n, r]) => {
                let flops = 2 * m * n * n + 4 * m * n * r + 2 * m * n;
                Ok(least(flops, 2 * m * n + n * n + 2 * n * r, 0, m * n))
            }
            (Op::Matmul, &[m, k, n]) => Ok(least(2 * m * k * n, m * k + k * n + m * n, 0, m * n)),
            (Op::Attention, &[b, h, s, d]) => {
                let n = b * h * s * d;
                Ok(least(4 * n * s + 4 * b * h * s * s, 4 * n, 0, n))
            }
            (Op::KvCache, &[b, h, p, d]) => {
                let n = b * h * (p + 1) * d;
                Ok(least(0, 2 * n, 0, n))
            }
            (Op::Sampling, &[rows, v]) => Ok(least(2 * rows * v, 2 * rows * v, rows, rows)),
            (Op::Embedding, &[b, t, w, v]) => Ok(least(b * w * (t + 3), (b * t).min(v) * w + b * w, b * t, b * w)),
            (
                Op::Softmax
                | Op::LayerNorm
                | Op::RmsNorm
                | Op::Lora
                | Op::Matmul
                | Op::Attention
                | Op::KvCache
                | Op::Sampling
                | Op::Embedding,
                _,
            ) => Err(format!("its shape {:?} has the wrong number of parts", self.shape)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_agrees_with_itself() {
        let all = all().expect("workloads.json");
        for group in
            ["softmax", "layer_norm", "rms_norm", "lora_forward", "lora_rank", "matmul", "attention", "kv_cache"]
        {
            assert!(all.iter().any(|w| w.group == group), "{group}");
        }
        assert!(all.iter().any(|w| w.dtype == Dtype::F16));
    }

    fn check_refused(from: &str, to: &str, why: &str) {
        let changed = include_str!("../workloads.json").replacen(from, to, 1);
        assert_ne!(changed, include_str!("../workloads.json"), "{from}");
        let error = parse(&changed).expect_err(to);
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn a_list_that_contradicts_itself_is_refused() {
        check_refused("\"flops\": 196608", "\"flops\": 196607", "its shape needs");
        check_refused("\"bytes\": 524288", "\"bytes\": 1", "its shape needs");
        check_refused("[4, 16, 1024]", "[4, 1024]", "wrong number of parts");
        check_refused("\"id\": \"softmax/4x16x1024\"", "\"id\": \"softmax/5\"", "group/value");
        check_refused("\"tolerance\": 0.0001", "\"tolerance\": 1", "tolerance");
        check_refused("\"version\": 1", "\"version\": 2", "version 2");
        check_refused("\"large\": false", "\"larger\": false", "unknown field");
    }

    #[test]
    fn work_of_a_matrix_product() {
        // 2 m k n (Golub and Van Loan, Matrix Computations, section 1.1), and three matrices of f32.
        let all = all().expect("workloads.json");
        let matmul = all.iter().find(|w| w.id == "matmul/256x256x256").expect("it is there");
        assert_eq!((matmul.flops, matmul.bytes), (33_554_432, 786_432));
    }

    #[test]
    fn smaller_is_smaller() {
        for workload in all().expect("workloads.json") {
            let (whole, half) =
                (workload.least().expect("checked"), workload.smaller().least().expect("as many parts"));
            assert!(half.bytes < whole.bytes && half.flops <= whole.flops, "{}", workload.id);
        }
    }
}
