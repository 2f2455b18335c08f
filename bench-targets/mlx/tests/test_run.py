"""A run from the command line, and the cheats that can be planted in it."""

import hashlib
import json

import mlx.core as mx
import pytest

from bench_targets_mlx import __main__, timing, workloads

QUICK = ["--sample-size", "3", "--warm-up-time", "0", "--measurement-time", "0.01", "--device", "cpu"]


@pytest.fixture(autouse=True)
def restore_device():
    device = mx.default_device()
    yield
    mx.set_default_device(device)


def run(tmp_path, *arguments):
    __main__.main([*QUICK, "--output", str(tmp_path), *arguments])
    return {str(p.relative_to(tmp_path).parent): json.loads(p.read_text()) for p in tmp_path.rglob("new/regress.json")}


def test_a_result_says_what_it_is(tmp_path):
    found = run(tmp_path, "^embedding/.*/batch_(10|100)$", "--peak-flops", "1e12")
    assert sorted(found) == ["embedding/mlx-cpu/batch_10/new", "embedding/mlx-cpu/batch_100/new"]
    sidecar = found["embedding/mlx-cpu/batch_10/new"]
    sample = (tmp_path / "embedding/mlx-cpu/batch_10/new/sample.json").read_bytes()
    assert sidecar["sample_sha256"] == hashlib.sha256(sample).hexdigest()
    assert (sidecar["workload"], sidecar["implementation"]) == ("embedding/batch_10", "mlx-cpu")
    assert (sidecar["synchronised"], sidecar["precision"], sidecar["waits"]) == (True, "f32", "each")
    assert sidecar["machine"] == {"flops": {"per_second": 1e12, "from": "given"}, "bytes": None}


def test_the_readme_shows_every_field(tmp_path):
    readme = (workloads.LIST.parent / "README.md").read_text()
    shown = json.loads(readme.split("```json\n")[1].split("```")[0])
    (written,) = run(tmp_path, "rank_4", "--peak-flops", "1e12", "--peak-bytes", "1e11").values()
    assert list(written) == list(shown)
    for name in ("checksum", "device", "machine"):
        assert list(written[name]) == list(shown[name])


def test_a_smaller_workload_has_another_checksum(tmp_path):
    whole = run(tmp_path / "whole", "rms_norm/mlx-cpu/4x16x1024")
    half = run(tmp_path / "half", "rms_norm/mlx-cpu/4x16x1024", "--plant", "smaller")
    for place, sidecar in whole.items():
        assert half[place]["workload"] == sidecar["workload"]
        assert half[place]["checksum"] != sidecar["checksum"]


def test_lazily_only_the_last_is_computed(monkeypatch):
    computed = []
    monkeypatch.setattr(timing.mx, "eval", computed.append)
    timing.lazy(lambda: "described", 5)
    assert len(computed) == 1
    timing.each(lambda: "described", 5)
    assert len(computed) == 6


def test_nothing_measured_is_a_failure(tmp_path):
    with pytest.raises(SystemExit, match="no workload"):
        run(tmp_path, "no-such-name")
