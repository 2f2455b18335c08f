"""Times every workload of workloads.json on MLX: `python -m bench_targets_mlx`."""

import argparse
import os
import re
import sys
from pathlib import Path

from . import criterion, workloads


def main(arguments=None):
    options = parse(arguments)
    # Read once, when MLX is imported. candle computes f32 in f32, and so does MLX here, unless it is asked not to.
    os.environ["MLX_ENABLE_TF32"] = "1" if options.tf32 else "0"
    import mlx.core as mx

    from . import data, ops, sidecar, timing

    if options.device:
        mx.set_default_device(mx.cpu if options.device == "cpu" else mx.gpu)
    if options.device in ("cuda", "metal") and sidecar.device_kind() != options.device:
        sys.exit(f"bench_targets_mlx: this MLX computes on {sidecar.device_kind()}, not on {options.device}")
    if options.plant:
        print(f"bench_targets_mlx: a cheat is planted ({options.plant}): these results are false", file=sys.stderr)
    implementation = f"mlx-{sidecar.device_kind()}" + ("-batch" if options.waits == "batch" else "")
    plan = criterion.Plan(options.sample_size, options.warm_up_time, options.measurement_time)
    limits = sidecar.given(options.peak_flops, options.peak_bytes)
    how = timing.lazy if options.plant == "lazy" else {"each": timing.each, "batch": timing.batch}[options.waits]
    n_measured = 0
    for workload in workloads.read():
        name = f"{workload.group}/{implementation}/{workload.value}"
        if (workload.large and not options.full) or not options.filter.search(name):
            continue
        run = ops.prepare(workload.smaller() if options.plant == "smaller" else workload)
        checksum = data.checksum(run())
        sample = criterion.measure(lambda n, run=run: how(run, n), plan)
        what = sidecar.sidecar(workload, implementation, sample, checksum, options.waits, options.tf32, limits)
        criterion.write(options.output, workload, implementation, sample, plan, what, options.save_baseline)
        median = sorted(t / i for i, t in zip(sample.iters, sample.times))[len(sample.iters) // 2]
        print(f"{name:48} {median / 1e3:12.2f} µs", flush=True)
        n_measured += 1
        del run
    if n_measured == 0:
        sys.exit("bench_targets_mlx: no workload's name has the filter in it")


def parse(arguments):
    p = argparse.ArgumentParser(prog="python -m bench_targets_mlx", description=__doc__)
    p.add_argument("filter", nargs="?", default="", help="measure only what has this regular expression in its name")
    p.add_argument("--output", type=Path, default=default_output(), help="Criterion's folder [%(default)s]")
    p.add_argument("--device", choices=["cpu", "cuda", "metal"], help="[the best that this MLX has]")
    p.add_argument("--waits", choices=["each", "batch"], default="each", help="for each result, or once for a batch")
    p.add_argument("--tf32", action="store_true", help="lets f32 products be computed in TF32, which is MLX's default")
    p.add_argument("--full", action="store_true", help="large workloads as well")
    p.add_argument("--save-baseline", default="base", metavar="NAME", help="[%(default)s]")
    p.add_argument("--sample-size", type=int, default=100)
    p.add_argument("--warm-up-time", type=float, default=3.0, metavar="SECONDS")
    p.add_argument("--measurement-time", type=float, default=5.0, metavar="SECONDS")
    p.add_argument("--peak-flops", type=float, metavar="PER_SECOND", help="what the machine can do at most, if known")
    p.add_argument("--peak-bytes", type=float, metavar="PER_SECOND")
    p.add_argument("--plant", choices=["lazy", "smaller"], help="a cheat, to see that it is found")
    options = p.parse_args(arguments)
    try:
        options.filter = re.compile(options.filter)
    except re.error as e:
        p.error(f"the filter is no regular expression: {e}")
    if options.sample_size < 2:
        p.error("--sample-size has to be 2 or more")
    if options.plant == "lazy" and options.waits == "batch":
        p.error("--plant lazy has its own way to wait")
    return options


def default_output():
    """Where Criterion writes too: the repository's target folder, or the current folder's where this is installed elsewhere."""
    if home := os.environ.get("CRITERION_HOME"):
        return Path(home)
    around = workloads.IN_REPOSITORY.parents[1] if workloads.IN_REPOSITORY.exists() else Path()
    return Path(os.environ.get("CARGO_TARGET_DIR") or around / "target") / "criterion"


if __name__ == "__main__":
    main()
