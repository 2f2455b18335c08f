#!/usr/bin/env python3
"""Makes docs/official.md: what regress says of runs of which only the printed text is left.

    official_runs.py REGRESS FOLDER > docs/official.md

FOLDER holds a folder for each session, with logs called *_runN.txt; it is benchmark_results of metal-candle's repository.
"""
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

regress, folder = sys.argv[1], pathlib.Path(sys.argv[2])
sessions = sorted(p for p in folder.iterdir() if p.is_dir() and any(p.glob("*_run1.txt")))
POLICY = ["--profile", "official", "--no-config"]


def call(*arguments, codes=(0,)):
    done = subprocess.run([regress, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode not in codes:
        sys.exit(f"{arguments}: {done.stderr}")
    return done.stdout


def commit(session):
    lines = (session / "environment.txt").read_text().splitlines()
    return next(line.split()[1][:7] for line in lines if line.startswith("Commit:"))


def logs(session, runs):
    return [p for run in runs for p in sorted(session.glob(f"*_run{run}.txt")) if "time:   [" in p.read_text()]


def counts(rows):
    verdicts = [row["verdict"] for row in rows]
    return {v: verdicts.count(v) for v in ("regression", "improvement", "no-change", "inconclusive")}


def share(n, of):
    return f"{n} of {of} ({100 * n / of:.2g} %)"


with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    files = []
    for session in sessions:
        file = scratch / f"{session.name}.json"
        call("import", *logs(session, range(1, 6)), "--label", f"{session.name} ({commit(session)})", "-o", file)
        files.append(file)
    spreads = [json.loads(call("spread", file, *POLICY, "--format", "json")) for file in files]
    pairs = [
        (a, b, json.loads(call("spread", files[a], files[b], *POLICY, "--format", "json")))
        for a, b in itertools.combinations(range(len(files)), 2)
    ]

    # Of one commit: the five executions of a session in two and three, in every way.
    splits = []
    for session in sessions:
        total = dict.fromkeys(("regression", "improvement", "no-change", "inconclusive"), 0)
        red = 0
        for few in itertools.combinations(range(1, 6), 2):
            rest = [i for i in range(1, 6) if i not in few]
            call("import", *logs(session, few), "-o", scratch / "few.json")
            call("import", *logs(session, rest), "-o", scratch / "rest.json")
            report = json.loads(call(
                "check", "-b", scratch / "few.json", "-c", scratch / "rest.json", *POLICY, "--min-executions", 2,
                "--no-github", "--format", "json", codes=(0, 1, 3),
            ))
            found = counts(report["benchmarks"])
            red += report["outcome"] == "regressed"
            for verdict, n in found.items():
                total[verdict] += n
        splits.append((session.name, total, red))
    recorded = [{b["id"]: b["executions"] for b in json.loads(file.read_text())["benchmarks"]} for file in files]
    a, b, _ = pairs[0]
    table = call("spread", files[a], files[b], *POLICY, "--format", "markdown")

def percent(x):
    return f"{100 * x:.0f} %" if x >= 0.1 else f"{100 * x:.2g} %"


out = print
out("""# What printed runs can show

Many projects keep nothing of their benchmarks but what Criterion printed. `regress import` reads it, and `regress spread` says what
the executions can show. This page does so with the official runs of a project that others wrote, and is made by

```sh
scripts/official_runs.py target/debug/regress PATH/TO/metal-candle/benchmark_results > docs/official.md
```

**Where the runs are from.** [GarthDB/metal-candle](https://github.com/GarthDB/metal-candle) (Apache-2.0), `benchmark_results/`: three
sessions on one MacBook Pro (M4 Max, macOS 26.1), each of five runs with pauses of 60 s, Criterion 0.5. The logs are theirs and are not
in this repository. **Each session is of another commit**, so that what is called a change between two sessions may be one. What is of one
commit are the five runs of a session.

Today `regress official` would keep more than the text of such runs: each execution's measurements, what the machine was like before and after it, and
what disturbed it; [choosing.md](choosing.md) says what it takes to come from CI's smoke to numbers like these.
""")
out("## The executions of a session\n")
out("Criterion compares each run with the one before it, of the same commit: what it calls a change there is none. Ranges: how far the slowest of five runs is above the fastest.\n")
out("| session (commit) | benchmarks | range, median | one in ten above | largest | 2 % in reach with 5 runs | Criterion's false changes |")
out("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
n_changes = n_verdicts = 0
for spread in spreads:
    s = spread["summary"]
    n_changes += s["criterion_changes"]
    n_verdicts += s["criterion_verdicts"]
    out(f"| {spread['runs'][0]} | {s['benchmarks']} | {percent(s['median_range'])} | {percent(s['ninth_decile_range'])} "
        f"| {percent(s['largest_range'])} | {share(s['in_reach'], s['benchmarks'])} | {share(s['criterion_changes'], s['criterion_verdicts'])} |")
out(f"\nIn all, Criterion called {share(n_changes, n_verdicts)} comparisons of a commit with itself a change of performance. "
    "In reach: five executions a side would find a true change of 2 % in four of five comparisons, at a chance of 1 % of a single "
    "false alarm in the whole suite.\n")
out("## A commit against itself\n")
out("A session's five runs in two and three, in each of the ten ways, judged with `--profile official --min-executions 2`. The ten share their "
    "runs, so that they are not ten independent trials; and two against three prove less than five against five.\n")
out("| session | verdicts | slower | faster | unchanged | can't tell | suites called red |")
out("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
sums = [0, 0]
for name, total, red in splits:
    n = sum(total.values())
    sums[0] += total["regression"] + total["improvement"]
    sums[1] += n
    out(f"| {name} | {n} | {share(total['regression'], n)} | {share(total['improvement'], n)} | {total['no-change']} | {total['inconclusive']} | {red} of 10 |")
out(f"\nFalse changes: {share(*sums)}.\n")
out("## One session against another\n")
out("Five executions a side, `--profile official`. The commits differ.\n")
out("| baseline | candidate | compared | slower | faster | unchanged | can't tell | called a change |")
out("| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |")
called = set()
for a, b, spread in pairs:
    v = spread["summary"]["verdicts"]
    changed = [f"`{r['id']}` {100 * r['change']:+.1f} %" for r in spread["benchmarks"] if r["verdict"] in ("regression", "improvement")]
    called.update(r["id"] for r in spread["benchmarks"] if r["verdict"] in ("regression", "improvement"))
    out(f"| {sessions[a].name} | {sessions[b].name} | {sum(v.values())} | {v['regression']} | {v['improvement']} | {v['no_change']} | {v['inconclusive']} | {', '.join(changed) or '–'} |")
out("\nThe commits differ, so that a change may be one; the logs alone don't tell. The executions of what was called one, in µs:\n")
out("| benchmark | " + " | ".join(s.name for s in sessions) + " |\n|" + " --- |" * (1 + len(sessions)))
for name in sorted(called):
    runs = [", ".join(f"{e['printed']['point'] / 1e3:.4g}" for e in r.get(name, [])) for r in recorded]
    out(f"| `{name}` | " + " | ".join(runs) + " |")
out("""
`greedy/vocab_100000` seems to have two speeds: within the first session, of one commit, four runs took 161 to 164 µs and one took 151. All five
runs of the second session were at the slower one, and all of the third nearer to the faster. The other `greedy` benchmarks jump alike.
That looks like a state of the machine or the layout of the binary, rather than like the code of `greedy`: five runs
in one session can't see what changes from one session to the next, and no test on them can. If it is that, it is one false change in 66
(1.5 %), more than the 1 % that we aim at; nothing was tuned on it. `regress ab`, which runs both commits in turn within one session, is the way to know.
""")
out("## Each benchmark of the first two sessions\n")
out(table.rstrip())
