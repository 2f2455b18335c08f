"""Measuring as Criterion does, and writing the files that Criterion writes. Needs no MLX."""

import json
import math
import random
import shutil
import statistics
import time
from dataclasses import dataclass

FILES = ("benchmark.json", "sample.json", "estimates.json", "tukey.json")
CONFIDENCE = 0.95
# Of normally distributed numbers: from their median absolute deviation to their standard deviation; 1.4826 with 32 bits, as in
# Criterion.
MAD_TO_SD = 1.4825999736785889


@dataclass(frozen=True)
class Plan:
    """Criterion's settings, by its names."""

    sample_size: int = 100
    warm_up_time: float = 3.0
    measurement_time: float = 5.0
    nresamples: int = 1000


@dataclass(frozen=True)
class Sample:
    """Nanoseconds that numbers of iterations took."""

    sampling_mode: str
    iters: list
    times: list

    def json(self):
        numbers = {"iters": [float(i) for i in self.iters], "times": [float(t) for t in self.times]}
        # Written as Criterion writes it, without spaces.
        return json.dumps({"sampling_mode": self.sampling_mode, **numbers}, separators=(",", ":"))


def measure(run_for, plan, clock=time.perf_counter):
    """A sample of `run_for(iterations)`, which returns nanoseconds."""
    iterations, taken, done = 1, 0, 0
    end = clock() + plan.warm_up_time
    while True:
        taken += run_for(iterations)
        done += iterations
        if clock() >= end:
            break
        iterations *= 2
    mode, iters = iteration_counts(max(taken / done, 1.0), plan)
    return Sample(mode, iters, [run_for(n) for n in iters])


def iteration_counts(nanoseconds, plan):
    """Criterion's choice of how often to run: n, 2n, 3n, …, or always n where that would take too long."""
    n, target = plan.sample_size, plan.measurement_time * 1e9
    d = max(1, math.ceil(target / nanoseconds / (n * (n + 1) / 2)))
    if d == 1 and nanoseconds * n * (n + 1) / 2 > 2 * target:
        return "Flat", [max(1, math.ceil(target / n / nanoseconds))] * n
    return "Linear", [d * (i + 1) for i in range(n)]


def estimates(sample, plan, seed=0):
    """Mean, median, slope and spreads of a sample, with intervals by the percentile bootstrap, from a seed."""
    pairs = list(zip(sample.iters, sample.times))
    found = {
        "mean": lambda ps: statistics.fmean(t / i for i, t in ps),
        "median": lambda ps: statistics.median(t / i for i, t in ps),
        "median_abs_dev": lambda ps: median_abs_dev([t / i for i, t in ps]),
        "std_dev": lambda ps: statistics.stdev(t / i for i, t in ps) if len(ps) > 1 else 0.0,
    }
    if sample.sampling_mode == "Linear":
        found["slope"] = lambda ps: sum(i * t for i, t in ps) / sum(i * i for i, _ in ps)
    chance = random.Random(seed)
    resamples = [chance.choices(pairs, k=len(pairs)) for _ in range(plan.nresamples)]
    answer = {name: estimate(f, pairs, resamples) for name, f in found.items()}
    answer.setdefault("slope", None)
    return dict(sorted(answer.items()))


def estimate(f, pairs, resamples):
    drawn = sorted(f(resample) for resample in resamples)
    interval = {
        "confidence_level": CONFIDENCE,
        "lower_bound": quantile(drawn, (1 - CONFIDENCE) / 2),
        "upper_bound": quantile(drawn, (1 + CONFIDENCE) / 2),
    }
    return {"confidence_interval": interval, "point_estimate": f(pairs), "standard_error": statistics.stdev(drawn)}


def median_abs_dev(xs):
    middle = statistics.median(xs)
    return statistics.median(abs(x - middle) for x in xs) * MAD_TO_SD


def quantile(ordered, p):
    """Between the two nearest of sorted numbers (Hyndman and Fan's type 7), as in Criterion."""
    at = p * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def tukey(sample):
    """Fences beyond which a measurement is an outlier: severe, mild, mild, severe."""
    ordered = sorted(t / i for i, t in zip(sample.iters, sample.times))
    q1, q3 = quantile(ordered, 0.25), quantile(ordered, 0.75)
    return [q1 - 3 * (q3 - q1), q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1), q3 + 3 * (q3 - q1)]


def write(root, workload, implementation, sample, plan, sidecar, baseline="base"):
    """Writes a measurement as Criterion does: into `new`, and from there into the baseline's folder."""
    name = f"{workload.group}/{implementation}/{workload.value}"
    folder = root / workload.group / implementation / workload.value
    benchmark = {
        "group_id": workload.group,
        "function_id": implementation,
        "value_str": workload.value,
        "throughput": {"Elements": workload.elements},
        "full_id": name,
        "directory_name": name,
        "title": name,
    }
    new = folder / "new"
    new.mkdir(parents=True, exist_ok=True)
    for file in (*FILES, "regress.json"):  # never two measurements' files side by side, whenever we are stopped
        (new / file).unlink(missing_ok=True)
    (new / "benchmark.json").write_text(json.dumps(benchmark, separators=(",", ":")))
    (new / "tukey.json").write_text(json.dumps(tukey(sample), separators=(",", ":")))
    (new / "estimates.json").write_text(json.dumps(estimates(sample, plan), separators=(",", ":")))
    (new / "sample.json").write_text(sample.json())
    (new / "regress.json").write_text(json.dumps(sidecar, indent=2) + "\n")
    if baseline != "new":
        (folder / baseline).mkdir(exist_ok=True)
        for file in (*FILES, "regress.json"):
            shutil.copyfile(new / file, folder / baseline / file)
    return folder
