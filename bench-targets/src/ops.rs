//! The workloads on candle. One source for every backend.

use candle_core::{D, DType, Device, Result, Tensor};

use crate::data;
use crate::timing::Queue;
use crate::workload::{Dtype, Op, Workload};

const EPSILON: f32 = 1e-5;
/// Of LoRA: alpha / rank, with alpha = 2 rank.
const SCALE: f64 = 2.0;
const TEMPERATURE: f64 = 0.8;

/// A workload with its inputs on a device, ready to run.
pub struct Prepared {
    device: Device,
    run: Box<dyn Fn() -> Result<Tensor>>,
}

impl Prepared {
    /// Starts the work once. On a GPU the result may not be there yet.
    ///
    /// # Errors
    /// When the device refuses, for want of memory for instance.
    pub fn run(&self) -> Result<Tensor> {
        (self.run)()
    }
}

impl Queue for Prepared {
    type Error = candle_core::Error;

    fn start(&self) -> Result<()> {
        std::hint::black_box(self.run()?);
        Ok(())
    }

    fn synchronise(&self) -> Result<()> {
        self.device.synchronize()
    }
}

/// Makes the inputs of a workload on a device.
///
/// # Errors
/// When the device has no room for them, or doesn't know the type.
pub fn prepare(workload: &Workload, device: &Device) -> Result<Prepared> {
    let run = prepare_op(workload, device)?;
    device.synchronize()?;
    Ok(Prepared { device: device.clone(), run })
}

fn prepare_op(workload: &Workload, device: &Device) -> Result<Box<dyn Fn() -> Result<Tensor>>> {
    let inputs = Inputs { workload, device };
    let shape = workload.shape.as_slice();
    let last = shape.last().copied().unwrap_or(1);
    match (workload.op, shape) {
        (Op::Softmax, _) => {
            let x = inputs.uniform(0, shape, 4.0, 0.0)?;
            Ok(Box::new(move || candle_nn::ops::softmax_last_dim(&x)))
        }
        (Op::LayerNorm, _) => {
            let x = inputs.uniform(0, shape, 1.0, 0.0)?;
            let scale = inputs.uniform(1, &[last], 0.125, 1.0)?;
            let shift = inputs.uniform(2, &[last], 0.125, 0.0)?;
            Ok(Box::new(move || candle_nn::ops::layer_norm(&x, &scale, &shift, EPSILON)))
        }
        (Op::RmsNorm, _) => {
            let x = inputs.uniform(0, shape, 1.0, 0.0)?;
            let scale = inputs.uniform(1, &[last], 0.125, 1.0)?;
            Ok(Box::new(move || candle_nn::ops::rms_norm(&x, &scale, EPSILON)))
        }
        (Op::Lora, &[rows, width, rank]) => {
            let x = inputs.uniform(0, &[rows, width], 1.0, 0.0)?;
            let w = inputs.uniform(1, &[width, width], 0.0625, 0.0)?;
            let a = inputs.uniform(2, &[width, rank], 0.0625, 0.0)?;
            let b = inputs.uniform(3, &[rank, width], 0.0625, 0.0)?;
            Ok(Box::new(move || x.matmul(&w)? + (x.matmul(&a)?.matmul(&b)? * SCALE)?))
        }
        (Op::Matmul, &[m, k, n]) => {
            let a = inputs.uniform(0, &[m, k], 1.0, 0.0)?;
            let b = inputs.uniform(1, &[k, n], 1.0, 0.0)?;
            Ok(Box::new(move || a.matmul(&b)))
        }
        (Op::Attention, &[_, _, _, dim]) => {
            let q = inputs.uniform(0, shape, 2.0, 0.0)?;
            let k = inputs.uniform(1, shape, 2.0, 0.0)?;
            let v = inputs.uniform(2, shape, 1.0, 0.0)?;
            let scale = 1.0 / (dim as f64).sqrt();
            Ok(Box::new(move || {
                let scores = (q.matmul(&k.transpose(D::Minus2, D::Minus1)?)? * scale)?;
                candle_nn::ops::softmax_last_dim(&scores)?.matmul(&v)
            }))
        }
        (Op::KvCache, &[batch, heads, positions, dim]) => {
            let cache = inputs.uniform(0, &[batch, heads, positions, dim], 1.0, 0.0)?;
            let new = inputs.uniform(1, &[batch, heads, 1, dim], 1.0, 0.0)?;
            Ok(Box::new(move || Tensor::cat(&[&cache, &new], 2)))
        }
        (Op::Sampling, &[rows, vocabulary]) => {
            let logits = inputs.uniform(0, &[rows, vocabulary], 4.0, 0.0)?;
            let noise = inputs.put(data::gumbel(rows * vocabulary, workload.seed + 1), &[rows, vocabulary])?;
            Ok(Box::new(move || ((&logits / TEMPERATURE)? + &noise)?.argmax(D::Minus1)))
        }
        (Op::Embedding, &[batch, tokens, width, vocabulary]) => {
            let table = inputs.uniform(0, &[vocabulary, width], 1.0, 0.0)?;
            let ids = data::indices(batch * tokens, vocabulary, workload.seed);
            let ids = Tensor::from_vec(ids, batch * tokens, device)?;
            Ok(Box::new(move || {
                let mean = table.index_select(&ids, 0)?.reshape((batch, tokens, width))?.mean(1)?;
                let length = mean.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?;
                mean.broadcast_div(&length)
            }))
        }
        (Op::Lora | Op::Matmul | Op::Attention | Op::KvCache | Op::Sampling | Op::Embedding, _) => {
            candle_core::bail!("`{}` has a shape that it can't have", workload.id)
        }
    }
}

struct Inputs<'a> {
    workload: &'a Workload,
    device: &'a Device,
}

impl Inputs<'_> {
    /// The `nth` input: `scale` x + `offset`, both powers of two or sums that round alike on both sides.
    fn uniform(&self, nth: u32, shape: &[usize], scale: f32, offset: f32) -> Result<Tensor> {
        let mut x = data::uniform(shape.iter().product(), self.workload.seed + nth);
        x.iter_mut().for_each(|v| *v = *v * scale + offset);
        self.put(x, shape)
    }

    fn put(&self, x: Vec<f32>, shape: &[usize]) -> Result<Tensor> {
        let dtype = match self.workload.dtype {
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
        };
        // Rounded to 16 bits here, and not by the device in its own way.
        Tensor::from_vec(x, shape, &Device::Cpu)?.to_dtype(dtype)?.to_device(self.device)
    }
}
