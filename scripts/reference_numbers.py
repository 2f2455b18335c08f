#!/usr/bin/env python3
"""Writes the reference numbers of src/stats/reference/ with NumPy, SciPy and statsmodels.

    pip install numpy scipy statsmodels mpmath && python3 scripts/reference_numbers.py [name ...]

Without names every table is written.
"""
import itertools
import pathlib
import sys
import warnings

import mpmath
import numpy as np
import scipy
from scipy import optimize, special, stats

OUT = pathlib.Path(__file__).resolve().parent.parent / "src/stats/reference"
HEAD = f"# made by scripts/reference_numbers.py with scipy {scipy.__version__}, numpy {np.__version__}\n"


def row(*fields):
    """One line: fields by tabs, lists by commas, numbers with all their digits."""

    def text(field):
        if isinstance(field, str):
            return field
        return ",".join(repr(float(x)) for x in np.atleast_1d(field))

    return "\t".join(map(text, fields)) + "\n"


def exact_t_tail(t, df):
    """P(T > t) with 40 digits: SciPy's own loses some of the sixteen for many degrees far out."""
    with mpmath.workdps(40):
        t, df = mpmath.mpf(float(t)), mpmath.mpf(float(df))
        upper = mpmath.betainc(df / 2, mpmath.mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2
        return float(upper if t >= 0 else 1 - upper)


def distribution():
    degrees = [1, 1.5, 2, 2.2, 3, 4, 4.37, 8, 9, 19.9, 30, 40, 199.5, 200, 333.3, 1000, 1e4, 2e4, 1e6]
    lines = "# function\tfirst argument\tdegrees\tvalue\n"
    for tail in [1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.4, 0.5, 0.9, 0.999, 1 - 1e-6]:
        lines += row("normal_quantile", tail, 0, stats.norm.isf(tail))
        for df in degrees:
            lines += row("t_quantile", tail, df, 0.0 if tail == 0.5 else stats.t.isf(tail, df))
    for t in [-8, -3, -1, -0.5, 0, 0.1, 0.5, 1, 2.5, 5, 7, 12, 30]:
        lines += row("normal_tail", t, 0, stats.norm.sf(t))
    for t in [-3, -0.5, 0.1, 1, 1.7, 2.5, 5, 7, 12, 40, 1e6]:
        for df in degrees:
            if (want := exact_t_tail(t, df)) > 1e-30:
                lines += row("t_tail", t, df, want)
    return lines


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


def scale():
    from statsmodels.robust.scale import qn_scale

    rng = np.random.default_rng(20260102)
    lines = []
    for n in [2, 3, 8, 9, 30, 151, 500]:
        values = rng.standard_t(3, n)
        lines.append(",".join(repr(float(v)) for v in values) + f"\t{float(qn_scale(values))!r}")
    return "# values\tQn by statsmodels, without the correction for small samples\n" + "\n".join(lines) + "\n"


def multiple():
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(20260103)
    lines = "# p-values\tHolm\tBenjamini-Hochberg\tSimes\n"
    for n in [1, 2, 5, 20, 60]:
        p = rng.beta(0.3, 1, n)
        if n > 4:
            p[3] = p[1]
        holm = multipletests(p, method="holm")[1]
        fdr = stats.false_discovery_control(p, method="bh")
        lines += row(p, holm, fdr, fdr.min())  # Simes' p is the smallest of the adjusted ones
    return lines


def hierarchical():
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(20260104)
    lines = "# p-values\tgroup of each\tq\tfound\n"
    for n_groups, size, q in [(1, 5, 0.05), (4, 6, 0.05), (10, 4, 0.1), (3, 20, 0.2)]:
        group = rng.permutation(np.repeat(np.arange(n_groups), size))
        p = np.where((group % 3 == 0) & (rng.random(group.size) < 0.6), rng.beta(0.05, 3, group.size), rng.random(group.size))
        whole = [stats.false_discovery_control(p[group == g]).min() for g in range(n_groups)]
        chosen = multipletests(whole, alpha=q, method="fdr_bh")[0]
        found = np.zeros(group.size)
        for g in np.flatnonzero(chosen):
            found[group == g] = multipletests(p[group == g], alpha=q * chosen.sum() / n_groups, method="fdr_bh")[0]
        lines += row(p, group, q, found)
    return lines


def two_samples(seed, sizes, decimals=None):
    rng = np.random.default_rng(seed)
    for n, m in sizes:
        baseline, candidate = rng.normal(3, 0.02, n), rng.normal(3.02, 0.05, m)
        yield (baseline, candidate) if decimals is None else (baseline.round(decimals), candidate.round(decimals))


def welch():
    lines = "# rule\tbaseline\tcandidate\tdifference,degrees\tone-sided p for 0 and for 0.01\t95 % interval\n"
    for rule, equal, sizes in [("welch", False, [(2, 2), (5, 5), (3, 12), (10, 9)]), ("pooled", True, [(2, 2), (5, 5), (12, 3)])]:
        for a, b in two_samples(20260105, sizes):
            test = stats.ttest_ind(b, a, equal_var=equal, alternative="greater")
            shifted = stats.ttest_ind(b - 0.01, a, equal_var=equal, alternative="greater")
            interval = stats.ttest_ind(b, a, equal_var=equal).confidence_interval(0.95)
            lines += row(rule, a, b, [b.mean() - a.mean(), test.df], [test.pvalue, shifted.pvalue], [interval.low, interval.high])
    for a, _ in two_samples(20260106, [(2, 1), (10, 1)]):
        a = a - 3
        test = stats.ttest_1samp(a, 0, alternative="greater")
        interval = stats.ttest_1samp(a, 0).confidence_interval(0.95)
        shifted = stats.ttest_1samp(a, 0.01, alternative="greater")
        lines += row("paired", a, [0], [a.mean(), test.df], [test.pvalue, shifted.pvalue], [interval.low, interval.high])
    return lines


def mean_difference():
    """The mean of two samples' means, one of them negated, is half of what Welch's test is about; for more, the formula by NumPy."""
    lines = "# differences\terrors\tdegrees\tmean, its error, its degrees, 95 % interval\n"
    for a, b in two_samples(20260111, [(5, 5), (2, 9), (20, 3)]):
        test = stats.ttest_ind(a, b, equal_var=False)
        interval = test.confidence_interval(0.95)
        mean = (a.mean() - b.mean()) / 2
        lines += row([a.mean(), -b.mean()], [stats.sem(a), stats.sem(b)], [len(a) - 1, len(b) - 1],
                     [mean, mean / test.statistic, test.df, interval.low / 2, interval.high / 2])
    rng = np.random.default_rng(4)
    for n in [3, 12]:
        d, se, df = rng.normal(0.1, 0.3, n), rng.uniform(0.001, 0.1, n), rng.integers(2, 30, n)
        mean, error = d.mean(), np.sqrt((se**2).sum()) / n
        degrees = (se**2).sum() ** 2 / (se**4 / df).sum()
        lines += row(d, se, df, [mean, error, degrees, *stats.t.interval(0.95, degrees, mean, error)])
    return lines


def moderation():
    rng = np.random.default_rng(20260107)
    lines = "# variances\tdegrees\tprior degrees,prior variance\n"
    for n, prior, kind in [(5, 2, "equal"), (50, 0.8, "equal"), (200, 6, "mixed"), (40, 1e9, "equal"), (60, 3, "zeros")]:
        degrees = np.full(n, 4.0) if kind != "mixed" else rng.integers(1, 12, n).astype(float)
        variances = 0.0004 * prior / rng.chisquare(prior, n) * rng.chisquare(degrees) / degrees
        if kind == "zeros":
            variances[:5] = 0
        x = np.maximum(variances, 1e-5 * np.median(variances))
        # The moments of a log F variable, each by its own formula, and the root by bisection.
        e = np.log(x) - special.digamma(degrees / 2) + np.log(degrees / 2)
        excess = e.var(ddof=1) - special.polygamma(1, degrees / 2).mean()
        if excess > 0:
            half = optimize.brentq(lambda h: special.polygamma(1, h) - excess, 1e-4, 1e9, xtol=1e-300, rtol=1e-14)
            want = [2 * half, np.exp(e.mean() + special.digamma(half) - np.log(half))]
        else:
            want = [np.inf, np.average(x, weights=degrees)]
        lines += row(variances, degrees, want)
    return lines


def gamma():
    lines = "# x\tdigamma\ttrigamma\ttetragamma\n"
    for x in [1e-3, 0.1, 0.5, 1, 1.5, 2, 4.37, 9.99, 10, 50.5, 1e3, 1e6]:
        lines += row(x, special.digamma(x), special.polygamma(1, x), special.polygamma(2, x))
    return lines


def fieller():
    lines = "# baseline\tcandidate\tlevel\tlower,upper\n"
    for a, b in two_samples(20260108, [(2, 2), (5, 5), (3, 12), (10, 9)]):
        for level in [0.8, 0.95, 0.99]:
            ratio, va, vb = b.mean() / a.mean(), a.var(ddof=1) / a.size, b.var(ddof=1) / b.size
            df = (vb + ratio**2 * va) ** 2 / (vb**2 / (b.size - 1) + (ratio**2 * va) ** 2 / (a.size - 1))
            t = stats.t.isf((1 - level) / 2, df)
            # The definition: all ratios that a t test of mean(candidate) = ratio * mean(baseline) doesn't reject.
            outside = lambda r: (b.mean() - r * a.mean()) ** 2 - t**2 * (vb + r * r * va)
            lines += row(a, b, level, [optimize.brentq(outside, 0, ratio, xtol=1e-15), optimize.brentq(outside, ratio, 9, xtol=1e-15)])
    return lines


def mann_whitney():
    lines = "# method\tbaseline\tcandidate\tgreater,less,two-sided\n"

    def add(method, a, b, name):
        p = [stats.mannwhitneyu(b, a, alternative=side, method=method).pvalue for side in ["greater", "less", "two-sided"]]
        return row(name, a, b, p)

    for a, b in two_samples(20260109, [(1, 1), (3, 4), (5, 5), (8, 3), (20, 25), (50, 50)]):
        lines += add("exact", a, b, "exact")
    for a, b in two_samples(20260110, [(80, 60)]):
        lines += add("asymptotic", a, b, "normal")
    for a, b in two_samples(20260111, [(60, 45)], decimals=2):
        lines += add("asymptotic", a, b, "normal")
    for a, b in two_samples(20260112, [(4, 4), (5, 6), (2, 9)], decimals=2):
        # With ties: every way to share out the pooled midranks.
        ranks = stats.rankdata(np.concatenate([a, b]))
        sums = np.array([sum(c) for c in itertools.combinations(ranks, b.size)])
        seen = ranks[a.size :].sum()
        greater, less = (sums >= seen).mean(), (sums <= seen).mean()
        lines += row("ties", a, b, [greater, less, min(1, 2 * min(greater, less))])
    return lines


def signed_rank():
    rng = np.random.default_rng(20260113)
    lines = "# method\tdifferences\tgreater,less,two-sided\tmedian of the Walsh averages\n"
    for method, n, decimals in [("exact", 1, 9), ("exact", 5, 9), ("exact", 10, 9), ("exact", 20, 9), ("exact", 50, 9), ("ties", 8, 1), ("ties", 13, 1)]:
        d = rng.normal(0.3, 1, n).round(decimals)
        walsh = [(d[i] + d[j]) / 2 for i in range(n) for j in range(i, n)]
        if method == "exact":
            p = [stats.wilcoxon(d, alternative=side, method="exact").pvalue for side in ["greater", "less", "two-sided"]]
        else:
            # Zeros are dropped, and every choice of signs of the midranks is as likely.
            kept = d[d != 0]
            ranks = stats.rankdata(abs(kept))
            sums = np.array([np.dot(ranks, s) for s in itertools.product([0, 1], repeat=kept.size)])
            seen = ranks[kept > 0].sum()
            p = [(sums >= seen).mean(), (sums <= seen).mean()]
            p.append(min(1, 2 * min(p)))
        lines += row(method, d, p, np.median(walsh))
    d = rng.normal(0.05, 1, 1200)
    p = [stats.wilcoxon(d, alternative=side, method="approx", correction=True).pvalue for side in ["greater", "less", "two-sided"]]
    walsh = (d[:, None] + d[None, :])[np.triu_indices(d.size)] / 2
    return lines + row("normal", d.round(15), p, np.median(walsh))


def bootstrap():
    rng = np.random.default_rng(20260114)
    lines = "# statistic\tbaseline\tcandidate\tpercentile interval\tBCa interval\tbootstrap standard error\n"
    for n, m in [(8, 0), (30, 0), (12, 15)]:
        a, b = rng.lognormal(0, 0.5, n), rng.lognormal(0.2, 0.4, m)
        data, statistic = ((a,), np.mean) if m == 0 else ((a, b), lambda x, y, axis: y.mean(axis=axis) / x.mean(axis=axis))
        found = {}
        for method in ["percentile", "BCa"]:
            found[method] = stats.bootstrap(data, statistic, n_resamples=200_000, method=method, rng=np.random.default_rng(1), vectorized=True)
        intervals = [[f.confidence_interval.low, f.confidence_interval.high] for f in found.values()]
        lines += row("mean" if m == 0 else "ratio of means", a, b if m else "", *intervals, found["BCa"].standard_error)
    return lines


def power():
    from statsmodels.stats.power import TTestIndPower, TTestPower

    lines = "# design\tchange\tspread\talpha\tpower\texecutions or rounds\n"
    for change in [0.01, 0.02, 0.05, 0.1]:
        for alpha, wanted in [(0.05, 0.8), (0.01, 0.8), (0.01, 0.95), (1e-4, 0.9)]:
            for name, design in [("sides", TTestIndPower()), ("pairs", TTestPower())]:
                size = "nobs1" if name == "sides" else "nobs"
                reach = lambda n: design.power(change / 0.02, **{size: n}, alpha=alpha, alternative="larger")
                n = next(n for n in range(2, 10_000) if reach(n) >= wanted)
                lines += row(name, change, 0.02, alpha, wanted, n)
    return lines


def equivalence():
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    lines = "# baseline\tcandidate\tband\tTOST p\n"
    for a, b in two_samples(20260115, [(5, 5), (3, 12), (10, 9)]):
        for band in [0.01, 0.03, 0.08]:
            means = CompareMeans(DescrStatsW(b), DescrStatsW(a))
            lines += row(a, b, band, means.ttost_ind(-band, band, usevar="unequal")[0])
    return lines


def level_grid():
    """The least cost over all cuts, by trying them all: O(n^2) segments, the best level of each between the places where it bends."""
    rng = np.random.default_rng(20260116)

    def segment(z):
        bends = np.sort(np.concatenate([[-np.inf], z - 3, z + 3, [np.inf]]))
        best = np.inf
        for lower, upper in itertools.pairwise(bends):
            middle = upper - 1 if np.isinf(lower) else lower + 1 if np.isinf(upper) else (lower + upper) / 2
            near = z[abs(z - middle) < 3]
            level = np.clip(near.mean(), lower, upper) if near.size else middle
            best = min(best, np.minimum((z - level) ** 2, 9).sum())
        return best

    lines = "# values\tpenalty\tcost\tchanges\n"
    for n, steps, penalty, kind in [(1, [], 5, ""), (12, [], 2, ""), (30, [15], 10, ""), (45, [10, 13, 30], 8, ""), (40, [20], 9.5, "outliers"), (35, [], 1, "ties"), (50, [25], 15, "t")]:
        z = rng.standard_t(2, n) if kind == "t" else rng.normal(0, 1, n)
        for at in steps:
            z[at:] += rng.choice([-4, 4])
        if kind == "outliers":
            z[::7] += 100
        if kind == "ties":
            z = z.round()
        z = z.round(6)
        cost, start = [-penalty], [0]
        for end in range(1, n + 1):
            options = [cost[begin] + segment(z[begin:end]) + penalty for begin in range(end)]
            cost.append(min(options))
            start.append(int(np.argmin(options)))
        changes, end = [], n
        while start[end] > 0:
            changes.insert(0, start[end])
            end = start[end]
        lines += row(z, penalty, cost[n], changes if changes else "")
    return lines


def noise_shape():
    """The two-piece Student's t of the greatest posterior density, of all on a grid; with logarithms of its density over that at the mode."""
    rng = np.random.default_rng(20260117)
    widths = [0.4, 0.55, 0.75, 1.0, 1.4, 2.0, 3.0]
    sides = list(itertools.product([1, 2, 4, 30], widths))
    distances = np.array([-6, -3, -1, -0.2, 0.1, 0.5, 2, 4])

    def over_mode(x, freedom, width):
        return stats.t.logpdf(x / width, freedom) - stats.t.logpdf(0, freedom)

    def penalty(x):
        return 10 * x * x / 2

    lines = "# values\tmode\tfreedom below\twidth below\tfreedom above\twidth above\tdistances\tlog densities\n"
    for n, kind in [(8, "normal"), (60, "normal"), (150, "normal"), (40, "edge"), (120, "edge"), (90, "t"), (100, "two groups")]:
        z = {
            "normal": lambda: rng.normal(0, 1, n),
            "edge": lambda: rng.exponential(1, n) - 0.7,
            "t": lambda: rng.standard_t(1.5, n),
            "two groups": lambda: rng.normal(0, 0.3, n) + 4 * (rng.random(n) < 0.3),
        }[kind]()
        z = np.sort(z).round(6)
        best = (-np.inf, None)
        for tenth in range(1, 10):
            mode = 0 if tenth == 5 else z[tenth * n // 10]
            x = z - mode
            sums = [[over_mode(part, *side).sum() - penalty(np.log(side[1])) for side in sides] for part in (x[x < 0], x[x >= 0])]
            for (i, below), (j, above) in itertools.product(enumerate(sides), enumerate(sides)):
                mass = sum(width / (2 * stats.t.pdf(0, freedom)) for freedom, width in (below, above))
                posterior = sums[0][i] + sums[1][j] - n * np.log(mass) - penalty(mode)
                best = max(best, (posterior, (mode, below, above)), key=lambda of: of[0])
        mode, below, above = best[1]
        densities = [over_mode(x - mode, *(below if x < mode else above)) for x in distances]
        lines += row(z, mode, *below, *above, distances, densities)
    return lines


TABLES = [
    distribution, execution, scale, multiple, hierarchical, welch, mean_difference, moderation, gamma, fieller, mann_whitney, signed_rank,
    bootstrap, power, equivalence, level_grid, noise_shape,
]
warnings.simplefilter("ignore")
for table in TABLES:
    if len(sys.argv) == 1 or table.__name__ in sys.argv[1:]:
        (OUT / f"{table.__name__}.tsv").write_text(HEAD + table())
