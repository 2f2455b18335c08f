#!/usr/bin/env python3
"""Apache Otava on the same series as examples/history: how often it is wrong, and how long it takes beside us.

    python3 -m venv VENV && VENV/bin/pip install apache-otava==0.8.0
    cargo run --release --example history -- DIR --draws 4 --export cases.jsonl
    VENV/bin/python scripts/score_otava.py cases.jsonl --speed 'target/release/examples/history DIR --speed'

With its defaults: windows of 50, p 0.001, no least magnitude. A change is found where one is told within 5 runs, each once.
"""
import argparse
import collections
import json
import math
import subprocess
import time

from otava.analysis import compute_change_points

MARGIN = 5


def changes(values):
    found, _ = compute_change_points(values, window_len=50, max_pvalue=0.001, min_magnitude=0.0)
    return [change.index for change in found]


def score(path):
    counts = collections.OrderedDict()
    for line in open(path):
        case = json.loads(line)
        told, used = changes([math.exp(v) for v in case["values"]]), set()
        count = counts.setdefault((case["set"], case["case"]), [0, 0, 0, 0, 0])
        for at in case["changes"]:
            near = [i for i in range(len(told)) if i not in used and abs(told[i] - at) <= MARGIN]
            if near:
                used.add(min(near, key=lambda i: abs(told[i] - at)))
        count[0] += len(used)
        count[1] += len(told) - len(used)
        count[2] += len(case["changes"]) - len(used)
        count[3] += bool(told)
        count[4] += 1
    print("| set | case | F1 | precision | recall | any told |\n|---|---|---|---|---|---|")
    for (which, case), (found, false, missed, told, n) in counts.items():
        if found + missed == 0:
            print(f"| {which} | {case} | – | – | – | {told / n:.3f} |")
        else:
            f1 = 2 * found / (2 * found + false + missed)
            print(f"| {which} | {case} | {f1:.3f} | {found / max(1, found + false):.3f} | {found / (found + missed):.3f} | – |")


def speed(command):
    """In turn, and the least of the times, of Otava the processor's: what others do on the machine only adds to them."""
    print("| values | a step every | Otava, ms | ours, ms | ratio |\n|---|---|---|---|---|")
    theirs, ours = collections.defaultdict(list), collections.defaultdict(list)
    for _ in range(3):
        for line in subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout.splitlines():
            row = json.loads(line)
            key = (len(row["values"]), row["every"])
            ours[key].append(row["ms"])
            values = [math.exp(v) for v in row["values"]]
            start = time.process_time()
            changes(values)
            theirs[key].append(1e3 * (time.process_time() - start))
    for key, times in theirs.items():
        a, b = min(times), min(ours[key])
        print(f"| {key[0]} | {key[1]} | {a:.2f} | {b:.3f} | {a / b:.0f} |")


arguments = argparse.ArgumentParser()
arguments.add_argument("cases", nargs="?")
arguments.add_argument("--speed", metavar="COMMAND")
arguments = arguments.parse_args()
if arguments.cases:
    score(arguments.cases)
if arguments.speed:
    speed(arguments.speed)
