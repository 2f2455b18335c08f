"""Both sides have every workload, and MLX computes each as candle does.

The numbers of candle are recorded in tests/checksums.json, which its own tests hold.
"""

import json
from pathlib import Path

import pytest

from bench_targets_mlx import data, ops, workloads

RECORDED = json.loads((Path(__file__).parents[2] / "tests" / "checksums.json").read_text())
ALL = [w for w in workloads.read() if not w.large]


def agrees(a, b, tolerance):
    """As Checksum::agrees in bench-targets/src/checksum.rs."""
    scales = {"sum_abs": a["sum_abs"], "sum_squares": a["sum_squares"], "projection": a["sum_abs"]}
    near = all(abs(a[name] - b[name]) <= tolerance * scale for name, scale in scales.items())
    return a["elements"] == b["elements"] and near


def test_the_lists_are_one():
    assert sorted(RECORDED) == sorted(w.id for w in ALL)
    assert {w.op for w in workloads.read()} == set(ops.OPS)


@pytest.mark.parametrize("workload", ALL, ids=lambda w: w.id)
def test_mlx_computes_what_candle_does(workload):
    if workload.dtype == "f32" and workload.flops > 1e8:
        pytest.skip("too long with a reference BLAS")
    found = data.checksum(ops.prepare(workload)())
    assert agrees(RECORDED[workload.id], found, workload.tolerance), (RECORDED[workload.id], found)


@pytest.mark.parametrize("id", ["softmax/4x16x1024", "lora_rank/rank_4", "sampling/1x32000", "embedding/batch_10"])
def test_half_of_the_work_is_seen_in_the_checksum(id):
    workload = next(w for w in ALL if w.id == id)
    found = data.checksum(ops.prepare(workload.smaller())())
    assert not agrees(RECORDED[id], found, workload.tolerance)


def test_the_same_inputs_as_in_rust():
    assert data.uniform(4, 1).tolist() == pytest.approx(RUST, rel=0, abs=6e-8)
    assert data.indices(3, 4096, 5).tolist() == [5, 1242, 2479]


# bench-targets/src/data.rs holds the same ones.
RUST = [-0.98446977, 0.24463916, -0.94045091, -0.878554]
