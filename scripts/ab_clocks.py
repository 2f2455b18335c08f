#!/usr/bin/env python3
"""Tables of what `cargo run --example clocks` printed: how far two processes of the same code differ, by each clock.

    scripts/ab_clocks.py PROCESSES.tsv

A line a benchmark: the standard deviation of a round's log ratio by wall time and by CPU time (scaled median absolute deviation),
the largest round of each, CPU time over wall time, what idling left around the iterations, waits and preemptions (medians).
"""
import csv
import math
import statistics
import sys
from collections import defaultdict

rounds = defaultdict(dict)
for row in csv.DictReader(open(sys.argv[1]), delimiter="\t"):
    rounds[row["id"]].setdefault(int(row["round"]), {})[int(row["side"])] = row


def number(text):
    return float(text) if text not in ("-", "NaN") else math.nan


def spread(ratios):
    middle = statistics.median(ratios)
    return 1.4826 * statistics.median(abs(ratio - middle) for ratio in ratios)


def percent(log):
    return f"{100 * math.expm1(log):.1f} %"


print("| benchmark | rounds | sd wall | sd CPU | wall/CPU | largest wall | largest CPU | CPU share | around | waits | preemptions |")
print("|---|---|---|---|---|---|---|---|---|---|---|")
gains = []
for name, of in sorted(rounds.items()):
    pairs = [(p[0], p[1]) for p in of.values() if len(p) == 2 and all(number(r["cpu"]) > 0 for r in p.values())]
    if len(pairs) < 2:
        print(f"| {name} | {len(pairs)} | | | | | | | | | |")
        continue
    by = {clock: [math.log(number(c[clock]) / number(b[clock])) for b, c in pairs] for clock in ("wall", "cpu")}
    processes = [row for pair in pairs for row in pair]
    typical = lambda of: statistics.median(of(row) for row in processes)
    share = typical(lambda row: number(row["cpu"]) / number(row["wall"]))
    around = [number(row["around"]) / number(row["cpu"]) for row in processes if row["around"] not in ("-", "NaN")]
    wall, cpu = spread(by["wall"]), spread(by["cpu"])
    if not name.startswith("other"):
        gains.append(wall / cpu)
    print(
        f"| {name} | {len(pairs)} | {percent(wall)} | {percent(cpu)} | {wall / cpu:.1f} | {percent(max(map(abs, by['wall'])))} "
        f"| {percent(max(map(abs, by['cpu'])))} | {share:.2f} | {statistics.median(around) if around else math.nan:.3f} "
        f"| {typical(lambda row: int(row['waits'])):.0f} | {typical(lambda row: int(row['preemptions'])):.0f} |"
    )
print(f"\nOf benchmarks that compute, CPU time is {statistics.median(gains):.1f} times as quiet for half of them.")
