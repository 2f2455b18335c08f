"""Criterion's layout, its choice of iterations, and its statistics. Needs no MLX."""

import json

import pytest

from bench_targets_mlx import criterion, workloads
from bench_targets_mlx.criterion import Plan, Sample

WORKLOAD = workloads.read()[0]


def test_iterations_are_chosen_as_criterion_chooses():
    # Criterion 0.8.2: 5 s, 100 samples. 1 µs: ⌈5e9 / 1e3 / 5050⌉ = 991 more each time; 100 ms: 5050 of them would take 505 s.
    mode, iters = criterion.iteration_counts(1e3, Plan())
    assert (mode, iters[0], iters[-1]) == ("Linear", 991, 99100)
    assert criterion.iteration_counts(1e8, Plan()) == ("Flat", [1] * 100)


def test_a_steady_clock_is_measured_exactly():
    now = iter(range(10_000))
    sample = criterion.measure(lambda n: 500.0 * n, Plan(sample_size=10), clock=lambda: next(now))
    found = criterion.estimates(sample, Plan())
    assert [found[name]["point_estimate"] for name in ("mean", "median", "slope", "std_dev")] == [500.0, 500.0, 500.0, 0.0]
    assert criterion.tukey(sample) == [500.0] * 4


def test_spread():
    sample = Sample("Flat", [1, 1, 1, 1, 1], [1.0, 2.0, 3.0, 4.0, 100.0])
    found = criterion.estimates(sample, Plan())
    assert found["slope"] is None
    assert found["median"]["point_estimate"] == 3.0
    assert found["median_abs_dev"]["point_estimate"] == pytest.approx(1.4826)
    interval = found["median"]["confidence_interval"]
    assert interval["lower_bound"] <= 3.0 <= interval["upper_bound"]
    # Quartiles 2 and 4.
    assert criterion.tukey(sample) == [-4.0, -1.0, 7.0, 10.0]
    assert criterion.estimates(sample, Plan()) == found, "chance comes from a seed"


def test_the_layout_is_criterions(tmp_path):
    sample = Sample("Linear", [1, 2], [10.0, 21.5])
    folder = criterion.write(tmp_path, WORKLOAD, "mlx-cpu", sample, Plan(), {"version": 1}, "main")
    assert folder == tmp_path / "softmax" / "mlx-cpu" / "4x16x1024"
    files = ["benchmark.json", "estimates.json", "regress.json", "sample.json", "tukey.json"]
    for baseline in ("new", "main"):
        assert sorted(p.name for p in (folder / baseline).iterdir()) == files
    written = (folder / "new" / "sample.json").read_text()
    assert written == '{"sampling_mode":"Linear","iters":[1.0,2.0],"times":[10.0,21.5]}'
    benchmark = json.loads((folder / "new" / "benchmark.json").read_text())
    assert benchmark["full_id"] == "softmax/mlx-cpu/4x16x1024"
    assert benchmark["throughput"] == {"Elements": 65536}


def test_criterion_found_the_same():
    # Recorded with Criterion 0.8.2: what was measured, and what Criterion made of it.
    new = workloads.LIST.parents[1] / "fixtures/criterion-0.8.2/criterion/sort/unstable/500/new"
    recorded = {name: json.loads((new / f"{name}.json").read_text()) for name in ("sample", "estimates", "tukey")}
    sample = Sample(**recorded["sample"])
    found = criterion.estimates(sample, Plan())
    assert sorted(found) == sorted(recorded["estimates"])
    for name, estimate in found.items():
        want = recorded["estimates"][name]
        assert estimate["point_estimate"] == pytest.approx(want["point_estimate"], rel=1e-9), name
        assert estimate["standard_error"] == pytest.approx(want["standard_error"], rel=0.3), name
    assert criterion.tukey(sample) == pytest.approx(recorded["tukey"], rel=1e-9)
