"""Timing what is computed later.

MLX describes a result when it is asked for, and computes it when it is evaluated. A clock that stops before that has timed
Python.
"""

import time

import mlx.core as mx


def each(run, iterations):
    """Nanoseconds; every result is computed before the next is asked for."""
    mx.synchronize()
    start = time.perf_counter_ns()
    for _ in range(iterations):
        mx.eval(run())
        mx.synchronize()
    return time.perf_counter_ns() - start


def batch(run, iterations):
    """Nanoseconds; every result is computed, and all are waited for at the end."""
    mx.synchronize()
    start = time.perf_counter_ns()
    for _ in range(iterations):
        mx.async_eval(run())
    mx.synchronize()
    return time.perf_counter_ns() - start


def lazy(run, iterations):
    """Wrong, for `--plant lazy`: all results are described, and the last is computed."""
    mx.synchronize()
    start = time.perf_counter_ns()
    for _ in range(iterations):
        result = run()
    mx.eval(result)
    mx.synchronize()
    return time.perf_counter_ns() - start
