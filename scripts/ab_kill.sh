#!/bin/sh
# Kills `regress ab` again and again at random times, and looks at what is left: the user's files as they were, and a next call
# that goes on, or starts anew, and ends with a whole report.
#
#     scripts/ab_kill.sh [N] [SEED]                     prints a line a kill; fails when one of them did harm
#     BENCHES=criterion scripts/ab_kill.sh [N] [SEED]   with benchmarks of Criterion's, two of fixtures/known-changes; what they
#                                                       depend on is built once
#
# Needs cargo, git, python3, and `regress` on the path or in $REGRESS.
set -eu
n=${1:-20}
seed=${2:-1}
export REGRESS="${REGRESS:-regress}"
benches=${BENCHES:-synthetic}
fixture=$(cd "$(dirname "$0")/../fixtures/known-changes" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/temp" "$folder/project"
export TMPDIR="$folder/temp"
unset CARGO_TARGET_DIR
cd "$folder/project"
synthetic() {
mkdir src benches
cat > Cargo.toml <<'TOML'
[package]
name = "known"
version = "0.0.0"
edition = "2021"
publish = false

[lib]
bench = false

[[bench]]
name = "cases"
harness = false

[workspace]
TOML
echo 'pub const WORK: u64 = 2_000;' > src/lib.rs
# What Criterion's executables do, without its minute of building: the kills are to hit real builds, and many of them.
cat > benches/cases.rs <<'RUST'
use std::time::Instant;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.iter().any(|a| a == "--help") {
        println!("--warm-up-time --exact");
        return;
    }
    let wanted = args.iter().position(|a| a == "--exact").map(|i| args[i + 1].clone());
    for id in ["one", "two"].iter().filter(|id| wanted.as_deref().is_none_or(|w| w == **id)) {
        if args.iter().any(|a| a == "--list") {
            println!("{id}: benchmark");
            continue;
        }
        let times: Vec<String> = (0..10)
            .map(|_| {
                let start = Instant::now();
                (0..known::WORK * 1000).fold(1_u64, |x, i| std::hint::black_box(x.wrapping_mul(31) + i % 7));
                start.elapsed().as_nanos().to_string()
            })
            .collect();
        let folder = format!("{}/{id}/new", std::env::var("CRITERION_HOME").unwrap());
        std::fs::create_dir_all(&folder).unwrap();
        let sample = format!("{{\"sampling_mode\":\"Flat\",\"iters\":[{}],\"times\":[{}]}}", ["1"; 10].join(","), times.join(","));
        std::fs::write(format!("{folder}/sample.json"), sample).unwrap();
        let benchmark = format!(
            "{{\"group_id\":\"{id}\",\"function_id\":null,\"value_str\":null,\"throughput\":null,\
             \"full_id\":\"{id}\",\"directory_name\":\"{id}\",\"title\":\"{id}\"}}"
        );
        std::fs::write(format!("{folder}/benchmark.json"), benchmark).unwrap();
    }
}
RUST
cargo generate-lockfile --quiet
}

if [ "$benches" = criterion ]; then
    tar -C "$fixture" --exclude=./target -cf - . | tar -xf -
else
    synthetic
fi
echo /target > .gitignore
git init -q -b main
git add --all
git -c user.name=ab -c user.email=ab@example.org commit -q -m baseline
echo 'stashed' > stashed
git add stashed
git -c user.name=ab -c user.email=ab@example.org stash -q
# What is found at any load.
if [ "$benches" = criterion ]; then
    sed -i.before 's/IS_CANDIDATE: bool = false/IS_CANDIDATE: bool = true/; s/(100 + percent)/(100 + 10 * percent.max(0))/' src/lib.rs
    rm src/lib.rs.before
else
    echo 'pub const WORK: u64 = 6_000;' > src/lib.rs
fi
echo untracked > untracked
mkdir -p target/criterion/kept
echo kept > target/criterion/kept/file
python3 - "$n" "$seed" "$benches" <<'PYTHON'
import glob, json, os, random, shutil, signal, subprocess, sys, time

n, rng = int(sys.argv[1]), random.Random(int(sys.argv[2]))
command = [os.environ["REGRESS"], "ab", "main", "--rounds", "14", "--format", "json"]
command.insert(2, "--no-config")
ids, built = {"one", "two"}, ["target/regress"]
if sys.argv[3] == "criterion":
    ids = {"plus40/ns", "plus40/us"}
    command += ["--filter", "^plus40/[nu]s$", "--", "--warm-up-time", "0.05", "--measurement-time", "0.1"]
    # With its files, a package is new to cargo; what it depends on takes a minute to build, and is not what is killed here.
    built = ["target/regress/base/src", "target/regress/tree/target/*/deps/known*"]


def state():
    """All that is the user's."""
    calls = (["git", "status", "--porcelain"], ["git", "stash", "list"], ["git", "worktree", "list"], ["git", "diff"],
             ["git", "rev-parse", "HEAD"], ["git", "symbolic-ref", "HEAD"], ["find", "target/criterion", "-type", "f"])
    return [subprocess.run(call, capture_output=True, text=True, check=True).stdout for call in calls]


def remove_built():
    for path in (path for pattern in built for path in glob.glob(pattern)):
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)


def with_resume():
    return command[:2] + ["--resume"] + command[2:]


def complete(arguments):
    ran = subprocess.run(arguments, capture_output=True, text=True)
    try:
        report = json.loads(ran.stdout)
        rows = {row["id"]: (row["verdict"], row["executions"]) for row in report["benchmarks"]}
        codes = [warning["code"] for warning in report["warnings"]]
        whole = (ran.returncode == 1 and set(rows) == ids and "interrupted" not in codes
                 and all(verdict == "regression" and executions == [14, 14] for verdict, executions in rows.values()))
    except (ValueError, KeyError):
        whole = False
    return whole, ran


before = state()
start = time.time()
whole, ran = complete(command)
first = time.time() - start
assert whole, ran.stderr + ran.stdout
if sys.argv[3] == "criterion":
    remove_built()
    start = time.time()
    complete(command)
    first = time.time() - start
start = time.time()
complete(command)
later = time.time() - start
print(f"undisturbed: {first:.1f} s with {'builds of the package' if sys.argv[3] == 'criterion' else 'all builds'}, {later:.1f} s without")
n_bad = 0
for i in range(n):
    fresh = i % 3 == 0
    if fresh:
        remove_built()
    limit = first if fresh else later
    # Half of the fresh ones in the first second, when clones are made.
    after = rng.uniform(0, 1) if fresh and rng.random() < 0.5 else rng.uniform(0, limit)
    group = rng.random() < 0.5
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        child.wait(after)
    except subprocess.TimeoutExpired:
        pass
    ended = child.poll() is not None
    if not ended:
        (os.killpg if group else os.kill)(child.pid, signal.SIGKILL)
        child.wait()
    kept = [name for name in os.listdir("target/regress") if name.endswith(".jsonl")] if os.path.isdir("target/regress") else []
    same = state() == before
    whole, ran = complete(with_resume() if kept else command)
    how = "resumed" if kept else "anew"
    same_after = state() == before
    left = [name for name in os.listdir(os.environ["TMPDIR"]) if name.startswith("regress-ab-")]
    ok = same and same_after and whole and not left
    n_bad += not ok
    what = "ended by itself" if ended else f"{'group' if group else 'process'} killed"
    print(f"{i + 1:3}  {'fresh' if fresh else 'built':5}  after {after:5.1f} s  {what:15}  {how:7}  "
          f"{'ok' if ok else 'HARM'}", flush=True)
    if not ok:
        print(f"     same {same} {same_after}, whole {whole}, left {left}\n{ran.stderr}")
        print("".join(f"     {a!r} -> {b!r}\n" for a, b in zip(before, state()) if a != b))
print(f"{n - n_bad} of {n} without harm")
sys.exit(n_bad > 0)
PYTHON
