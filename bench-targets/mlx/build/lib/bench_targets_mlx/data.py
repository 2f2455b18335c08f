"""Inputs that both sides make alike, to the last bit; bench-targets/src/data.rs says how."""

import math

import mlx.core as mx


def uniform(n, seed):
    """n numbers from -1 to 1. Whole numbers of 32 bits wrap, as they do in Rust."""

    def u32(x):
        return mx.array(x & 0xFFFFFFFF, dtype=mx.uint32)

    h = mx.arange(n, dtype=mx.uint32) + u32(seed * 0x9E3779B9)
    h = mx.bitwise_xor(h, mx.right_shift(h, u32(16))) * u32(0x7FEB352D)
    h = mx.bitwise_xor(h, mx.right_shift(h, u32(15))) * u32(0x846CA68B)
    h = mx.bitwise_xor(h, mx.right_shift(h, u32(16)))
    return mx.right_shift(h, u32(8)).astype(mx.float32) / 8388608.0 - 1.0


def gumbel(n, seed):
    def noise(x):
        u = (x + 1.0) / 2.0 * 0.999998 + 1e-6
        return -math.log(-math.log(u))

    return mx.array([noise(x) for x in uniform(n, seed).tolist()], dtype=mx.float32)


def indices(n, bound, seed):
    return mx.array([(i * 1237 + seed) % bound for i in range(n)], dtype=mx.uint32)


def checksum(y):
    """What a result is known by, in 64 bits on the CPU; bench-targets/src/checksum.rs."""
    mx.eval(y)
    with mx.stream(mx.cpu):
        y = y.flatten().astype(mx.float32).astype(mx.float64)
        w = uniform(y.size, 0).astype(mx.float64)
        sums = [mx.sum(mx.abs(y)), mx.sum(y * y), mx.sum(y * w)]
        mx.eval(*sums)
    sum_abs, sum_squares, projection = (s.item() for s in sums)
    return {"elements": y.size, "sum_abs": sum_abs, "sum_squares": sum_squares, "projection": projection}
