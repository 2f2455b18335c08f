"""Lines of JSON about runs of `regress ab` and of others on fixtures/known-changes, and the tables of them.

    line       one run, from a report and from what others printed, as a line of JSON
    table      of campaigns, from files of lines: how often each tool was right
    aa-table   of A/A suites, from files of lines
    differ     how far two executables' machine code differs

Called by ab_campaign.sh and ab_aa.sh. Only Python's own library.
"""

import argparse
import collections
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

WORSE, BETTER, SAME, UNKNOWN = "worse", "better", "same", "unknown"
TOOLS = ["regress ab", "regress ab, listed", "Criterion", "critcmp"]
EFFECTS = {"plus10": WORSE, "plus20": WORSE, "plus40": WORSE, "minus20": BETTER}


def of_regress(report):
    """The verdicts of a report, and of these with suspects as what they are suspected to be."""
    words = {"regression": WORSE, "improvement": BETTER, "no-change": SAME, "inconclusive": UNKNOWN}
    gate, listed = {}, {}
    for row in report["benchmarks"]:
        gate[row["id"]] = listed[row["id"]] = words[row["verdict"]]
        if row.get("doubt") == "suspected" and row["change"]["estimate"] > 0:
            listed[row["id"]] = WORSE
    return gate, listed


def of_criterion(text):
    """What Criterion printed below each benchmark's time."""
    sentences = {
        "Performance has regressed.": WORSE,
        "Performance has improved.": BETTER,
        "Change within noise threshold.": SAME,
        "No change in performance detected.": SAME,
    }
    verdicts, name, before = {}, None, ""
    for line in text.splitlines():
        timed = re.match(r"(\S.*?)?\s+time:\s+\[", line)
        if timed:
            # A long name stands in a line of its own.
            name = timed.group(1) or before.strip()
        elif line.strip() in sentences and name is not None:
            verdicts[name] = sentences[line.strip()]
        before = line
    return verdicts


def of_critcmp(text):
    """The rows that differ by the threshold or more: the side with the greater factor is the slower one."""
    verdicts = {}
    for line in text.splitlines():
        factors = re.findall(r"(\d+\.\d+)\s+\S+±", line)
        if len(factors) == 2:
            base, new = map(float, factors)
            verdicts[line.split()[0]] = WORSE if new > base else BETTER
    return verdicts


def line(options):
    report = json.loads(pathlib.Path(options.report).read_text())
    gate, listed = of_regress(report)
    tools = {"regress ab": gate, "regress ab, listed": listed}
    if options.criterion:
        tools["Criterion"] = of_criterion(pathlib.Path(options.criterion).read_text(errors="replace"))
        beyond = of_critcmp(pathlib.Path(options.critcmp).read_text())
        # It hides the others.
        tools["critcmp"] = {name: beyond.get(name, SAME) for name in tools["Criterion"]}
    print(json.dumps({
        "run": options.run,
        "threshold": options.threshold,
        "load": options.load,
        "clock": options.clock,
        "seconds": {"ab": options.seconds_ab, "criterion": options.seconds_criterion},
        "verdicts": tools,
        "not_compared": {row["id"]: row["reason"] for row in report["not_compared"]},
        "warnings": sorted({warning["code"] for warning in report["warnings"]}),
        "rounds": {row["id"]: row["executions"][0] for row in report["benchmarks"]},
        "changes": {row["id"]: row["change"]["estimate"] for row in report["benchmarks"]},
    }))


def read(files):
    lines = [json.loads(text) for file in files for text in pathlib.Path(file).read_text().splitlines() if text.strip()]
    if not lines:
        sys.exit("there are no lines")
    return lines


def truth(name):
    return EFFECTS.get(name.split("/")[0], SAME)


def share(n, of):
    return f"{n}/{of} ({100 * n / of:.1f} %)" if of else "–"


def print_table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def about(lines):
    settings = collections.Counter((x["threshold"], x["load"], x["clock"]) for x in lines)
    for (threshold, load, clock), n in sorted(settings.items()):
        loaded = "nothing on purpose" if load == "0" else "one core loaded"
        print(f"{n} runs: threshold {threshold} %, {loaded}, clock {clock or 'as ab chooses'}")
    print()


def seconds(values):
    return f"{statistics.median(values):.0f} s" if values else "–"


def table(options):
    lines = read(options.files)
    about(lines)
    rows = []
    for tool in TOOLS:
        runs = [x for x in lines if tool in x["verdicts"]]
        false = collections.Counter()
        found = collections.Counter()
        asked = collections.Counter()
        reds = wrong = unknown = 0
        for run in runs:
            verdicts = run["verdicts"][tool]
            was = [verdict for name, verdict in verdicts.items() if name.startswith("same/")]
            false.update(was)
            reds += WORSE in was or BETTER in was
            for name, verdict in verdicts.items():
                effect = name.split("/")[0]
                if effect in EFFECTS:
                    asked[effect] += 1
                    found[effect] += verdict == truth(name)
                    wrong += verdict in (WORSE, BETTER) and verdict != truth(name)
            unknown += sum(verdict == UNKNOWN for verdict in verdicts.values())
        n = false.total()
        time = [x["seconds"]["ab" if tool.startswith("regress") else "criterion"] for x in runs]
        cells = [tool, share(false[WORSE], n), share(false[BETTER], n), share(reds, len(runs)), f"{wrong}/{asked.total()}"]
        cells += [share(found[effect], asked[effect]) for effect in EFFECTS]
        rows.append(cells + [str(unknown), seconds(time)])
    head = ["tool", "false alarms", "false improvements", "runs with either", "wrong direction", "+10 %", "+20 %", "+40 %", "−20 %"]
    print_table(head + ["can't tell", "time a run"], rows)
    print("\nfalse: of benchmarks that didn't change; wrong direction and the rest: of those that did. listed: with suspects.")
    handled = collections.Counter((name, reason) for x in lines for name, reason in x["not_compared"].items())
    for (name, reason), n in sorted(handled.items()):
        print(f"regress ab on `{name}`: {reason}, in {n} of {len(lines)} runs")
    warned = collections.Counter(code for x in lines for code in x["warnings"])
    for code, n in sorted(warned.items()):
        print(f"regress ab warned of {code} in {n} of {len(lines)} runs")


def aa_table(options):
    lines = read(options.files)
    about(lines)
    rows = []
    for x in lines:
        verdicts = collections.Counter(x["verdicts"]["regress ab"].values())
        suspects = sum(v == WORSE for v in x["verdicts"]["regress ab, listed"].values()) - verdicts[WORSE]
        rows.append([str(x["run"]), str(verdicts.total()), str(verdicts[WORSE]), str(verdicts[BETTER]), str(suspects),
                     str(verdicts[UNKNOWN]), str(verdicts[SAME]), f"{x['seconds']['ab']} s", ", ".join(x["warnings"])])
    print_table(["suite", "benchmarks", "false regressions", "false improvements", "suspects", "can't tell", "no change",
                 "time", "warnings"], rows)
    either = [x for x in lines if {WORSE, BETTER} & set(x["verdicts"]["regress ab"].values())]
    worse = [x for x in lines if WORSE in x["verdicts"]["regress ab"].values()]
    n = sum(len(x["verdicts"]["regress ab"]) for x in lines)
    false = collections.Counter(v for x in lines for v in x["verdicts"]["regress ab"].values())
    print(f"\nsuites with a false regression: {share(len(worse), len(lines))}; with that or a false improvement: {share(len(either), len(lines))}")
    print(f"of all benchmarks: {share(false[WORSE], n)} false regressions, {share(false[BETTER], n)} false improvements, "
          f"{share(false[UNKNOWN], n)} can't tell")
    print(f"time a suite: {seconds([x['seconds']['ab'] for x in lines])}")
    for x in lines:
        for name, verdict in x["verdicts"]["regress ab"].items():
            if verdict in (WORSE, BETTER):
                print(f"suite {x['run']}: {name} {100 * x['changes'][name]:+.1f} % after {x['rounds'][name]} rounds")


def differ(options):
    def executable(folder):
        # The newest of the name, without a suffix.
        files = [f for f in pathlib.Path(folder).glob(f"{options.name}-*") if not f.suffix and f.is_file()]
        return max(files, key=lambda f: f.stat().st_mtime)

    old, new = executable(options.old), executable(options.new)
    same = old.read_bytes() == new.read_bytes()
    print(f"executables: {'equal, so that verdicts are held back' if same else 'not equal'}")
    if shutil.which("objcopy"):
        texts = []
        with tempfile.TemporaryDirectory() as folder:
            for i, file in enumerate((old, new)):
                to = pathlib.Path(folder) / str(i)
                subprocess.run(["objcopy", "-O", "binary", "--only-section=.text", str(file), str(to)], check=True)
                texts.append(to.read_bytes())
        n = sum(a != b for a, b in zip(*texts))
        print(f"machine code: {len(texts[0])} and {len(texts[1])} bytes, {n} of them differ")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("line")
    one.add_argument("--run", type=int, required=True)
    one.add_argument("--threshold", type=float, required=True)
    one.add_argument("--load", default="1")
    one.add_argument("--clock", default="")
    one.add_argument("--seconds-ab", type=int, required=True)
    one.add_argument("--seconds-criterion", type=int)
    one.add_argument("--report", required=True)
    one.add_argument("--criterion")
    one.add_argument("--critcmp")
    one.set_defaults(run_it=line)
    for name, run_it in (("table", table), ("aa-table", aa_table)):
        pooled = commands.add_parser(name)
        pooled.add_argument("files", nargs="+")
        pooled.set_defaults(run_it=run_it)
    two = commands.add_parser("differ")
    two.add_argument("old")
    two.add_argument("new")
    two.add_argument("name")
    two.set_defaults(run_it=differ)
    options = parser.parse_args()
    options.run_it(options)


main()
