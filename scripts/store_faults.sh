#!/usr/bin/env bash
# Kills `regress record`, `regress store compact` and `regress store migrate` at random moments, lets twenty record at once, fills the
# disk and takes the right to write away; and checks that no run that was acknowledged is lost, and none is half there.
#
#     scripts/store_faults.sh [TIMES]      each is killed so many times, 100 unless told otherwise
#
# Needs `regress` on the path or in $REGRESS, git, and fixtures/. With $REGRESS_POSTGRES (postgres://…, an empty database) that is
# tried as well. A full and a read-only disk need root, for a small tmpfs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
times=${1:-100}
fixtures=$PWD/fixtures
regress=${REGRESS:-regress}
folder=$(mktemp -d)
mounted=()
clean() {
    local place
    for place in "${mounted[@]}"; do umount "$place" || true; done
    rm -rf "$folder"
}
trap clean EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
unset CI REGRESS_STORE
cp -r "$fixtures/demo/criterion" "$folder/criterion"
export CRITERION_HOME=$folder/criterion

fail() {
    printf 'store_faults: %s\n' "$1" >&2
    exit 1
}

record() { "$regress" record main --since 1970-01-01 --revision "$1" --store "$2"; }

# Runs a command, and kills it after so many milliseconds: every other time with all that it has started.
n_kills=0
killed() {
    local after=$1 alone=()
    shift
    n_kills=$((n_kills + 1))
    if ((n_kills % 2)); then alone=(--foreground); fi
    # Waited for in a shell of its own, which would otherwise tell of each.
    (
        timeout "${alone[@]}" --signal=KILL "$(printf '0.%03d' "$after")" "$@" >>"$folder/out" 2>>"$folder/errors" &
        wait $!
    ) 2>>"$folder/errors" || { unlock_remote && return 1; }
}

# A server's git isn't killed with its client; here it is, and leaves a lock behind.
unlock_remote() {
    if [ -d "$folder/remote.git" ]; then
        sleep 0.3 # One that was left alive goes on for a moment.
        find "$folder/remote.git" -name '*.lock' -delete
    fi
}

revisions() { "$regress" export --store="$1" --format csv | cut -d, -f2 | sort -u; }

# Every revision in the file is in the store, and the store is whole.
check() {
    local store=$1 acknowledged=$2 lost
    "$regress" store verify --store "$store" >>"$folder/out" || fail "$store is damaged"
    lost=$(comm -23 <(sort -u "$acknowledged") <(revisions "$store") | wc -l)
    [ "$lost" -eq 0 ] || fail "$store has lost $lost acknowledged runs"
}

# How long a command takes, in milliseconds.
took() {
    local started
    started=$(date +%s%N)
    "$@" >>"$folder/out" 2>&1
    echo $((($(date +%s%N) - started) / 1000000 + 1))
}

kill_at_random() {
    local name=$1 store=$2 acknowledged=$folder/$1 longest after i n_killed=0
    : >"$acknowledged"
    longest=$(took record "$name-first" "$store")
    echo "$name-first" >>"$acknowledged"
    for ((i = 0; i < times; i++)); do
        after=$((RANDOM % (longest + longest / 4) + 1))
        if ((after > 999)); then after=999; fi
        if killed "$after" "$regress" record main --since 1970-01-01 --revision "$name-$i" --store "$store"; then
            echo "$name-$i" >>"$acknowledged"
        else
            n_killed=$((n_killed + 1))
        fi
    done
    check "$store" "$acknowledged"
    echo "$name: record was killed $n_killed of $times times, $(wc -l <"$acknowledged") acknowledged, none lost"
    n_killed=0
    longest=$(took "$regress" store compact --store "$store")
    for ((i = 0; i < times; i++)); do
        record "$name-c$i" "$store" >>"$folder/out"
        echo "$name-c$i" >>"$acknowledged"
        after=$((RANDOM % (longest + longest / 4) + 1))
        if ((after > 999)); then after=999; fi
        killed "$after" "$regress" store compact --store "$store" || n_killed=$((n_killed + 1))
    done
    check "$store" "$acknowledged"
    echo "$name: compact was killed $n_killed of $times times, none of $(wc -l <"$acknowledged") runs lost"
}

migrate_at_random() {
    local i n_killed=0 store longest
    cp "$fixtures/stores/v1.db" "$folder/old.db"
    longest=$(took "$regress" store migrate --store "$folder/old.db")
    for ((i = 0; i < times; i++)); do
        store=$folder/old$i.db
        cp "$fixtures/stores/v1.db" "$store"
        killed "$((RANDOM % (longest + 2) + 1))" "$regress" store migrate --store "$store" || n_killed=$((n_killed + 1))
        "$regress" store verify --store "$store" | grep -q 'whole: 5 runs, 15 executions' || fail "a killed migration has damaged $store"
        rm -f "$store"*
    done
    echo "sqlite: migrate was killed $n_killed of $times times, no run lost"
}

# Twenty at once, each with runs of its own and one that all have.
at_once() {
    local name=$1 store=$2 i writers=()
    for ((i = 0; i < 20; i++)); do
        (
            if [ -d "$folder/job$i" ]; then cd "$folder/job$i"; fi
            record shared "$store" && record "$name-own-$i" "$store"
        ) >>"$folder/out" 2>>"$folder/errors" &
        writers+=($!)
    done
    for i in "${writers[@]}"; do wait "$i" || fail "a recorder in $name failed: $(tail -n 3 "$folder/errors")"; done
    { echo shared && for ((i = 0; i < 20; i++)); do echo "$name-own-$i"; done; } >"$folder/$name-own"
    check "$store" "$folder/$name-own"
    [ "$(revisions "$store" | grep -cE "^(shared|$name-own-.*)$")" -eq 21 ] || fail "$name has other runs than were recorded"
    echo "$name: 20 recorders at once, 21 runs, each once"
}

full_and_read_only() {
    if [ "$(id -u)" -ne 0 ]; then
        echo "sqlite: full and read-only disks left out, they need root"
        return
    fi
    local disk=$folder/disk i=0
    mkdir "$disk"
    mount -t tmpfs -o size=768k tmpfs "$disk" || { echo "sqlite: full and read-only disks left out, a tmpfs can't be mounted"; return; }
    mounted+=("$disk")
    : >"$folder/full"
    record "full-$i" "$disk/h.db" >>"$folder/out"
    head -c 640k /dev/zero >"$disk/others" || true
    while record "full-$i" "$disk/h.db" >>"$folder/out" 2>"$folder/said"; do
        echo "full-$i" >>"$folder/full"
        i=$((i + 1))
        [ "$i" -lt 200 ] || fail "the disk doesn't get full"
    done
    grep -q 'no room left' "$folder/said" || fail "a full disk is told as: $(cat "$folder/said")"
    mount -o remount,size=8m "$disk"
    check "$disk/h.db" "$folder/full"
    record after "$disk/h.db" >>"$folder/out"
    echo "sqlite: full after $i runs, none of them lost; recorded again once there was room"
    mount -o remount,ro "$disk"
    if record more "$disk/h.db" >>"$folder/out" 2>"$folder/said"; then fail "recorded on a read-only disk"; fi
    grep -qE 'may not be written|readonly|unable to open' "$folder/said" || fail "a read-only disk is told as: $(cat "$folder/said")"
    check "$disk/h.db" "$folder/full"
    echo "sqlite: read-only: $(head -n 1 "$folder/said" | sed "s|$folder|…|")"
}

kill_at_random sqlite "$folder/history.db"
at_once sqlite "$folder/history.db"
migrate_at_random
full_and_read_only

git init --quiet --bare "$folder/remote.git"
git clone --quiet "$folder/remote.git" "$folder/clone" 2>>"$folder/errors"
for ((i = 0; i < 20; i++)); do git clone --quiet "$folder/remote.git" "$folder/job$i" 2>>"$folder/errors"; done
(
    cd "$folder/clone"
    kill_at_random branch branch
    at_once branch branch
    [ "$(git -C "$folder/remote.git" rev-list --min-parents=2 --count regress-history)" -eq 0 ] || fail "the branch has merges"
)
if [ -n "${REGRESS_POSTGRES:-}" ]; then
    kill_at_random postgres "$REGRESS_POSTGRES"
    at_once postgres "$REGRESS_POSTGRES"
fi
echo "all well"
