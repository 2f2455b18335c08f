"""The workloads in MLX, each by what MLX offers for it."""

import math

import mlx.core as mx

from . import data

EPSILON = 1e-5
SCALE = 2.0
TEMPERATURE = 0.8


def prepare(workload):
    """A function that describes the result; it is computed when it is evaluated."""
    make, shape = OPS[workload.op], workload.shape
    dtype = {"f32": mx.float32, "f16": mx.float16}[workload.dtype]

    def uniform(nth, shape, scale=1.0, offset=0.0):
        x = data.uniform(math.prod(shape), workload.seed + nth) * scale + offset
        x = x.reshape(shape).astype(dtype)
        mx.eval(x)
        return x

    run = make(workload, shape, uniform)
    mx.synchronize()
    return run


def softmax(_, shape, uniform):
    x = uniform(0, shape, 4.0)
    return lambda: mx.softmax(x, axis=-1)


def layer_norm(_, shape, uniform):
    x, scale, shift = uniform(0, shape), uniform(1, shape[-1:], 0.125, 1.0), uniform(2, shape[-1:], 0.125)
    return lambda: mx.fast.layer_norm(x, scale, shift, EPSILON)


def rms_norm(_, shape, uniform):
    x, scale = uniform(0, shape), uniform(1, shape[-1:], 0.125, 1.0)
    return lambda: mx.fast.rms_norm(x, scale, EPSILON)


def lora(_, shape, uniform):
    rows, width, rank = shape
    x, w = uniform(0, (rows, width)), uniform(1, (width, width), 0.0625)
    a, b = uniform(2, (width, rank), 0.0625), uniform(3, (rank, width), 0.0625)
    return lambda: x @ w + ((x @ a) @ b) * SCALE


def matmul(_, shape, uniform):
    m, k, n = shape
    a, b = uniform(0, (m, k)), uniform(1, (k, n))
    return lambda: a @ b


def attention(_, shape, uniform):
    q, k, v = uniform(0, shape, 2.0), uniform(1, shape, 2.0), uniform(2, shape)
    scale = 1.0 / math.sqrt(shape[-1])
    return lambda: mx.fast.scaled_dot_product_attention(q, k, v, scale=scale)


def kv_cache(_, shape, uniform):
    batch, heads, _, dim = shape
    cache, new = uniform(0, shape), uniform(1, (batch, heads, 1, dim))
    return lambda: mx.concatenate([cache, new], axis=2)


def sampling(workload, shape, uniform):
    logits = uniform(0, shape, 4.0)
    noise = data.gumbel(math.prod(shape), workload.seed + 1).reshape(shape)
    mx.eval(noise)
    return lambda: mx.argmax(logits / TEMPERATURE + noise, axis=-1)


def embedding(workload, shape, uniform):
    batch, tokens, width, vocabulary = shape
    table = uniform(0, (vocabulary, width))
    ids = data.indices(batch * tokens, vocabulary, workload.seed)
    mx.eval(ids)

    def run():
        mean = mx.mean(mx.take(table, ids, axis=0).reshape(batch, tokens, width), axis=1)
        return mean / mx.sqrt(mx.sum(mx.square(mean), axis=-1, keepdims=True))

    return run


OPS = {
    "softmax": softmax,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "lora": lora,
    "matmul": matmul,
    "attention": attention,
    "kv_cache": kv_cache,
    "sampling": sampling,
    "embedding": embedding,
}
