#!/usr/bin/env python3
"""Writes the reference numbers of src/stats/reference/ with NumPy and SciPy.

    pip install numpy scipy statsmodels && python3 scripts/reference_numbers.py
"""
import pathlib
import numpy as np
import scipy
from scipy import stats

OUT = pathlib.Path(__file__).resolve().parent.parent / "src/stats/reference"
HEAD = f"# made by scripts/reference_numbers.py with scipy {scipy.__version__}, numpy {np.__version__}\n"


def distribution():
    rows = []
    for tail in [1e-6, 1e-4, 0.001, 0.005, 0.01, 0.025, 0.05, 0.25, 0.5, 0.9]:
        rows.append(("normal_quantile", tail, 0, stats.norm.isf(tail)))
        for df in [1, 1.5, 4, 4.37, 9, 40, 333.3, 20000]:
            if tail == 0.5:
                continue  # exactly 0: a relative tolerance means nothing
            rows.append(("t_quantile", tail, df, stats.t.isf(tail, df)))
    rows = [r for r in rows if not (r[0] == "normal_quantile" and r[1] == 0.5)]
    for t in [-3, -0.5, 0.1, 1, 2.5, 5, 12, 40]:
        for df in [1, 2.2, 4, 30, 1000]:
            rows.append(("t_tail", t, df, stats.t.sf(t, df)))
    return "# function\tfirst argument\tdegrees\tvalue\n" + "".join(f"{a}\t{b!r}\t{c!r}\t{float(d)!r}\n" for a, b, c, d in rows)


def execution():
    rng = np.random.default_rng(20260101)
    lines = []
    for n, linear in [(3, True), (10, True), (10, False), (100, True), (101, False)]:
        iters = np.arange(1, n + 1) * 7.0 if linear else np.full(n, 12.0)
        times = np.round(iters * 1234.5 * np.exp(rng.normal(0, 0.05, n)))
        per = times / iters
        order = np.argsort(per, kind="stable")
        x, w = per[order], iters[order]
        # weighted median as the midpoint of the 0.5 crossing of the cumulative weight
        c, half = np.cumsum(w), w.sum() / 2
        k = int(np.searchsorted(c, half))
        typical = (x[k] + x[k + 1]) / 2 if c[k] == half else x[k]
        sd = stats.median_abs_deviation(x, center=lambda a, axis: typical, scale="normal")
        se = np.sqrt(np.pi / 2) * sd * np.sqrt((w**2).sum()) / w.sum() / typical
        want = [typical, np.median(per), np.quantile(per, 0.25), per.min(), se]
        lines.append("\t".join(",".join(repr(float(v)) for v in part) for part in (iters, times, want)))
    return "# iterations\ttotals\ttypical,median,lower quartile,minimum,standard error\n" + "\n".join(lines) + "\n"


(OUT / "distribution.tsv").write_text(HEAD + distribution())
def scale():
    from statsmodels.robust.scale import qn_scale

    rng = np.random.default_rng(20260102)
    lines = []
    for n in [2, 3, 8, 9, 30, 151, 500]:
        values = rng.standard_t(3, n)
        lines.append(",".join(repr(float(v)) for v in values) + f"\t{float(qn_scale(values))!r}")
    return "# values\tQn by statsmodels, without the correction for small samples\n" + "\n".join(lines) + "\n"


(OUT / "scale.tsv").write_text(HEAD + scale())
(OUT / "execution.tsv").write_text(HEAD + execution())
