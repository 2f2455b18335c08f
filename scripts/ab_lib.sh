# What scripts/ab_campaign.sh and scripts/ab_aa.sh share, to be sourced.
# shellcheck shell=bash

# Names of commits and folders are ours, whatever the caller's settings for git and cargo.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=ab GIT_AUTHOR_EMAIL=ab@example.org GIT_COMMITTER_NAME=ab GIT_COMMITTER_EMAIL=ab@example.org
unset CARGO_TARGET_DIR CRITERION_HOME GITHUB_ACTIONS

# repository FOLDER EXPRESSION: a repository of the fixture with two commits, `old` and `new`; what sed makes of src/lib.rs by
# EXPRESSION is the difference.
repository() {
    local fixture
    fixture=$(cd "$(dirname "${BASH_SOURCE[0]}")/../fixtures/known-changes" && pwd)
    mkdir -p "$1"
    tar -C "$fixture" --exclude=./target -cf - . | tar -C "$1" -xf -
    (
        cd "$1" || exit
        git init -q -b old
        git add --all
        git commit -q -m "the old side"
        git checkout -q -b new
        sed -i.before "$2" src/lib.rs
        rm src/lib.rs.before
        git commit -q -a -m "the new side"
    )
}

# Keeps a core busy, unless LOAD is 0, so that there is noise to tell changes from.
start_load() {
    if [ "${LOAD:-1}" != 0 ]; then
        while :; do :; done &
        load=$!
    fi
}

stop_load() {
    if [ -n "${load:-}" ]; then kill "$load" 2>/dev/null || true; fi
    load=
}

# The options of `regress ab` that the environment asks for, into the array `options`, and those for Criterion into `criterion`.
options_of_ab() {
    options=(--threshold "${threshold:?}" --budget "${budget:?}")
    if [ -n "${CLOCK:-}" ]; then options+=(--clock "$CLOCK"); fi
    criterion=()
    # Several words.
    # shellcheck disable=SC2206
    if [ -n "${CRITERION_ARGS:-}" ]; then criterion=(-- $CRITERION_ARGS); fi
}

# ab SEED REPORT: runs `regress ab` of `old` and `new` in the current folder. A verdict is no failure.
ab() {
    local code=0
    "${regress:?}" ab old --head new "${options[@]}" --seed "$1" --format json --output "json=$2" \
        ${criterion[@]+"${criterion[@]}"} >/dev/null 2>"$2.log" || code=$?
    case $code in
    0 | 1 | 3) ;;
    *) cat "$2.log" >&2 && return "$code" ;;
    esac
}
