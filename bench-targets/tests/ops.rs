//! Every workload, on small shapes, against its definition written out in 64 bits, and on its own against recorded sums.

use std::collections::BTreeMap;

#[cfg(any(feature = "cuda", feature = "metal"))]
use bench_targets::backend::{Backend, Kind};
use bench_targets::checksum::Checksum;
use bench_targets::workload::{self, Dtype, Op, Workload};
use bench_targets::{data, ops};
use candle_core::{DType, Device};

/// A workload of the list, with a small shape and the type of numbers.
fn small(op: Op, shape: &[usize], dtype: Dtype) -> Workload {
    let all = workload::all().expect("workloads.json");
    let workload = all.into_iter().find(|w| w.op == op).expect("every operation is in the list");
    Workload { shape: shape.to_vec(), dtype, ..workload }
}

fn check(op: Op, shape: &[usize], reference: impl Fn(&dyn Fn(u32, usize, f64, f64) -> Vec<f64>, u32) -> Vec<f64>) {
    let dtypes: &[Dtype] = match op {
        Op::Sampling => &[Dtype::F32],
        _ => &[Dtype::F32, Dtype::F16],
    };
    for &dtype in dtypes {
        let workload = small(op, shape, dtype);
        let result = ops::prepare(&workload, &Device::Cpu).and_then(|p| p.run()).expect("a CPU");
        let found = result.flatten_all().and_then(|y| y.to_dtype(DType::F32)?.to_vec1::<f32>()).expect("numbers");
        let input = |nth, n, scale, offset| -> Vec<f64> {
            let x = data::uniform(n, workload.seed + nth);
            x.into_iter().map(|x| f64::from(x) * scale + offset).collect()
        };
        let want = reference(&input, workload.seed);
        assert_eq!(found.len(), want.len(), "{op:?}");
        let tolerance = match dtype {
            Dtype::F32 => 1e-5,
            Dtype::F16 => 1e-2,
        };
        for (i, (&y, want)) in found.iter().zip(want).enumerate() {
            let distance = (f64::from(y) - want).abs();
            assert!(distance <= tolerance * (1.0 + want.abs()), "{op:?} {dtype:?}, {i}: {y} and not {want}");
        }
    }
}

fn softmax(x: &[f64]) -> Vec<f64> {
    let sum: f64 = x.iter().map(|x| x.exp()).sum();
    x.iter().map(|x| x.exp() / sum).collect()
}

fn matmul(a: &[f64], b: &[f64], [m, k, n]: [usize; 3]) -> Vec<f64> {
    let at = |i: usize, j: usize| (0..k).map(|l| a[i * k + l] * b[l * n + j]).sum();
    (0..m * n).map(|ij| at(ij / n, ij % n)).collect()
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn rows(x: &[f64], width: usize, row: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    x.chunks(width).flat_map(row).collect()
}

#[test]
fn softmax_is_what_it_should_be() {
    check(Op::Softmax, &[2, 3, 33], |input, _| rows(&input(0, 198, 4.0, 0.0), 33, softmax));
}

#[test]
fn layer_norm_is_what_it_should_be() {
    check(Op::LayerNorm, &[2, 3, 33], |input, _| {
        let (scale, shift) = (input(1, 33, 0.125, 1.0), input(2, 33, 0.125, 0.0));
        rows(&input(0, 198, 1.0, 0.0), 33, |x| {
            let middle = mean(x);
            let variance = mean(&x.iter().map(|x| (x - middle).powi(2)).collect::<Vec<_>>());
            let normed = x.iter().map(|x| (x - middle) / (variance + 1e-5).sqrt());
            normed.zip(scale.iter().zip(&shift)).map(|(x, (scale, shift))| x * scale + shift).collect()
        })
    });
}

#[test]
fn rms_norm_is_what_it_should_be() {
    check(Op::RmsNorm, &[2, 3, 33], |input, _| {
        let scale = input(1, 33, 0.125, 1.0);
        rows(&input(0, 198, 1.0, 0.0), 33, |x| {
            let root = (mean(&x.iter().map(|x| x * x).collect::<Vec<_>>()) + 1e-5).sqrt();
            x.iter().zip(&scale).map(|(x, scale)| x / root * scale).collect()
        })
    });
}

#[test]
fn lora_is_the_base_and_its_delta() {
    check(Op::Lora, &[3, 20, 4], |input, _| {
        let (x, w) = (input(0, 60, 1.0, 0.0), input(1, 400, 0.0625, 0.0));
        let (a, b) = (input(2, 80, 0.0625, 0.0), input(3, 80, 0.0625, 0.0));
        let delta = matmul(&matmul(&x, &a, [3, 20, 4]), &b, [3, 4, 20]);
        matmul(&x, &w, [3, 20, 20]).iter().zip(delta).map(|(base, delta)| base + 2.0 * delta).collect()
    });
}

#[test]
fn matmul_is_what_it_should_be() {
    check(Op::Matmul, &[5, 17, 9], |input, _| matmul(&input(0, 85, 1.0, 0.0), &input(1, 153, 1.0, 0.0), [5, 17, 9]));
}

#[test]
fn attention_is_what_it_should_be() {
    let (sequence, dim) = (7, 4);
    check(Op::Attention, &[1, 2, sequence, dim], |input, _| {
        let [q, k, v] = [(0, 2.0), (1, 2.0), (2, 1.0)].map(|(nth, scale)| input(nth, 2 * sequence * dim, scale, 0.0));
        let head = sequence * dim;
        let mut result = Vec::new();
        for ((q, k), v) in q.chunks(head).zip(k.chunks(head)).zip(v.chunks(head)) {
            for q in q.chunks(dim) {
                let score = |k: &[f64]| q.iter().zip(k).map(|(q, k)| q * k).sum::<f64>() / (dim as f64).sqrt();
                let weights = softmax(&k.chunks(dim).map(score).collect::<Vec<_>>());
                result.extend(matmul(&weights, v, [1, sequence, dim]));
            }
        }
        result
    });
}

#[test]
fn the_cache_grows_by_one_position_in_each_head() {
    check(Op::KvCache, &[1, 2, 3, 4], |input, _| {
        let (cache, new) = (input(0, 24, 1.0, 0.0), input(1, 8, 1.0, 0.0));
        cache.chunks(12).zip(new.chunks(4)).flat_map(|(cache, new)| [cache, new].concat()).collect()
    });
}

#[test]
fn sampling_takes_the_largest_with_noise() {
    check(Op::Sampling, &[3, 50], |input, seed| {
        let noise = data::gumbel(150, seed + 1);
        let scored = input(0, 150, 4.0, 0.0).into_iter().zip(noise).map(|(x, noise)| x / 0.8 + f64::from(noise));
        rows(&scored.collect::<Vec<_>>(), 50, |x| {
            let largest = (0..x.len()).max_by(|&i, &j| x[i].total_cmp(&x[j])).expect("not empty");
            vec![largest as f64]
        })
    });
}

#[test]
fn sampling_follows_the_softmax() {
    // Of many draws from two equal logits, half are the first: noise alone decides.
    let noise = data::gumbel(20_000, 3);
    let n_first = noise.chunks(2).filter(|pair| pair[0] > pair[1]).count();
    assert!((4_800..5_200).contains(&n_first), "{n_first}");
}

#[test]
fn embeddings_have_length_one() {
    let (batch, tokens, width, vocabulary) = (3, 5, 8, 64);
    check(Op::Embedding, &[batch, tokens, width, vocabulary], |input, seed| {
        let table = input(0, vocabulary * width, 1.0, 0.0);
        let ids = data::indices(batch * tokens, vocabulary, seed);
        let row = |id: u32| &table[id as usize * width..][..width];
        let of_text = |ids: &[u32]| {
            let mean = |i: usize| ids.iter().map(|&id| row(id)[i]).sum::<f64>() / tokens as f64;
            let mean: Vec<f64> = (0..width).map(mean).collect();
            let length = mean.iter().map(|x| x * x).sum::<f64>().sqrt();
            mean.into_iter().map(|x| x / length).collect::<Vec<_>>()
        };
        ids.chunks(tokens).flat_map(of_text).collect()
    });
}

/// What is true, on a CPU in 32 bits: implementations round 16 bits differently. `mlx/tests/test_list.py` holds MLX to these.
/// `UPDATE=1` records them again.
const RECORDED: &str = include_str!("checksums.json");

fn quick() -> Vec<Workload> {
    workload::all().expect("workloads.json").into_iter().filter(|w| !w.large).collect()
}

fn checksum(workload: &Workload, device: &Device) -> Checksum {
    let result = ops::prepare(workload, device).and_then(|prepared| prepared.run());
    let sums = result.and_then(|result| Checksum::of(&result));
    sums.unwrap_or_else(|e| panic!("{}: {e}", workload.id))
}

fn check_recorded(workload: &Workload, found: &Checksum) {
    let recorded: serde_json::Value = serde_json::from_str(RECORDED).expect("JSON");
    let field = |name: &str| recorded[&workload.id][name].as_f64().unwrap_or(f64::NAN);
    let recorded = Checksum {
        elements: field("elements") as u64,
        sum_abs: field("sum_abs"),
        sum_squares: field("sum_squares"),
        projection: field("projection"),
    };
    assert!(recorded.agrees(found, workload.tolerance), "{}: {found:?} and not {recorded:?}", workload.id);
}

#[test]
fn checksums_are_the_recorded_ones() {
    let of_all = |dtype: &dyn Fn(&Workload) -> Dtype| -> BTreeMap<String, Checksum> {
        let one = |w: Workload| (w.id.clone(), checksum(&Workload { dtype: dtype(&w), ..w }, &Device::Cpu));
        quick().into_iter().map(one).collect()
    };
    let found = of_all(&|w| w.dtype);
    if std::env::var_os("UPDATE").is_some() {
        let found = of_all(&|_| Dtype::F32);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checksums.json");
        std::fs::write(path, serde_json::to_string_pretty(&found).expect("JSON") + "\n").expect("written");
        return;
    }
    let recorded: BTreeMap<String, serde_json::Value> = serde_json::from_str(RECORDED).expect("JSON");
    assert!(recorded.keys().eq(found.keys()), "UPDATE=1 records them");
    for workload in quick() {
        check_recorded(&workload, &found[&workload.id]);
    }
}

#[test]
fn half_of_the_work_has_another_checksum() {
    for workload in quick() {
        let (whole, half) = (checksum(&workload, &Device::Cpu), checksum(&workload.smaller(), &Device::Cpu));
        assert_eq!(whole.elements, workload.elements, "{}", workload.id);
        assert!(!whole.agrees(&half, workload.tolerance), "{}", workload.id);
    }
}

/// On a machine without the device there is nothing to see, and it says so.
#[cfg(any(feature = "cuda", feature = "metal"))]
#[test]
fn a_device_computes_what_the_cpu_does() {
    let kind = Kind::from_name(None).expect("what was built in");
    match Backend::open(kind) {
        Ok(backend) => quick().iter().for_each(|w| check_recorded(w, &checksum(w, &backend.device))),
        Err(why) => eprintln!("left out: {why}"),
    }
}

/// On a GPU, work that is not waited for takes no time at all: less than the chip could do it in.
#[cfg(feature = "cuda")]
#[test]
fn a_gpu_that_is_not_waited_for_reads_impossibly_fast() {
    use bench_targets::probe::{Given, Machine};
    use bench_targets::timing::{Waiting, time};

    let Ok(gpu) = Backend::open(Kind::Cuda) else {
        eprintln!("left out: there is no CUDA device here");
        return;
    };
    let all = workload::all().expect("workloads.json");
    let workload = all.iter().find(|w| w.id == "matmul/4096x4096x4096").expect("it is in the list");
    let prepared = ops::prepare(workload, &gpu.device).expect("room for it");
    let [_, waited, not_waited] =
        [Waiting::Each, Waiting::Each, Waiting::Never].map(|how| time(&prepared, 10, how).expect("a product"));
    assert!(not_waited * 10 < waited, "{not_waited:?} against {waited:?}");
    let machine = Machine::probe(&gpu, Given::default(), std::time::Duration::from_millis(20)).expect("a GPU");
    if let Some(peak) = machine.flops("f32") {
        let floor = 10.0 * workload.flops as f64 / peak.per_second;
        assert!(
            not_waited.as_secs_f64() < floor && floor < waited.as_secs_f64(),
            "{floor} s, {not_waited:?}, {waited:?}"
        );
    }
}
