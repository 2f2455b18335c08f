#!/usr/bin/env bash
# Runs a command of regress with the action's inputs, and says where the report is. The exit code is that of regress.
set -euo pipefail
unset BASH_ENV ENV CDPATH
# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

# What to write in a workflow whose checkout lacks commits.
DEEP="'with: { fetch-depth: 0 }' below 'uses: actions/checkout@…'"

main() {
    cd "${GITHUB_WORKSPACE:-.}"
    cd "./${INPUT_WORKING_DIRECTORY:-}"
    case ${INPUT_COMMAND:?} in
    cache-key) cache_key ;;
    check | confirm | audit) judge "$INPUT_COMMAND" ;;
    ab) refuse_strangers; ab ;;
    official) refuse_strangers; plain official ;;
    [a-z]*) plain "$INPUT_COMMAND" ;;
    *) fail "command has to be one of regress, or cache-key" ;;
    esac
}

judge() {
    # What is no flag comes last, after `--`: an input that begins with a dash is no flag either.
    local command=$1 arguments=() plain=() lines=() code=0 report
    lines_of "${INPUT_REPORT:-}"
    report=${lines[0]:-}
    if [ "$command" = confirm ]; then
        [ -n "$report" ] || fail "confirm needs the report of the first measurement as input report"
        plain+=("$report")
        report=${report%.json}-confirmed.json
    fi
    report=${report:-regress-report.json}
    mkdir -p "$(dirname -- "$report")"
    arguments+=("--output=json=$report")
    lines_of "${INPUT_BASELINE:-}"
    if [ "$command" = audit ]; then
        plain+=(${lines[@]+"${lines[@]}"})
    else
        for line in ${lines[@]+"${lines[@]}"}; do arguments+=("--baseline=$line"); done
    fi
    lines_of "${INPUT_CANDIDATE:-}"
    for line in ${lines[@]+"${lines[@]}"}; do arguments+=("--candidate=$line"); done
    # A report remembers what it was judged by.
    if [ "$command" != confirm ]; then policy; fi
    if [ "$command" = check ]; then option filter "${INPUT_FILTER:-}"; fi
    lines_of "${INPUT_ARGS:-}"
    if [ ${#plain[@]} -gt 0 ]; then plain=(-- "${plain[@]}"); fi
    "${REGRESS_BINARY:?}" "$command" "${arguments[@]}" ${lines[@]+"${lines[@]}"} ${plain[@]+"${plain[@]}"} || code=$?
    tell_and_exit
}

# For commands that build and run what is checked out.
refuse_strangers() {
    case ${GITHUB_EVENT_NAME:-} in
    pull_request_target | workflow_run | issue_comment)
        fail "$INPUT_COMMAND builds and runs the code of the pull request, which would get this job's rights on $GITHUB_EVENT_NAME: let the workflow run on pull_request, and another one comment (docs/github.md)"
        ;;
    esac
}

# Builds and runs two commits against each other; what is checked out is the candidate, unless one is named.
ab() {
    local arguments=() criterion=() lines=() code=0 report base head
    lines_of "${INPUT_REPORT:-}"
    report=${lines[0]:-regress-report.json}
    mkdir -p "$(dirname -- "$report")"
    arguments+=("--output=json=$report")
    base=$(one_commit baseline "${INPUT_BASELINE:-}")
    head=$(one_commit candidate "${INPUT_CANDIDATE:-}")
    if [ -z "$base" ]; then
        base=$(merge_base)
    elif ! is_there "$base"; then
        fail "there is no commit $base in the checkout: write $DEEP, or mend the input baseline"
    fi
    # A library may keep no lock file, and this checkout is nobody's work: cargo makes one.
    if [ -z "$head" ] && ! git ls-files | grep -qE '(^|/)Cargo\.lock$'; then
        cargo metadata --format-version=1 >/dev/null 2>&1 || true # where it can't, regress says what is missing
    fi
    option head "$head"
    policy
    option filter "${INPUT_FILTER:-}"
    option budget "${INPUT_BUDGET:-}"
    options package "${INPUT_PACKAGES:-}"
    options bench "${INPUT_BENCHES:-}"
    options features "${INPUT_FEATURES:-}"
    lines_of "${INPUT_CRITERION_ARGS:-}"
    if [ ${#lines[@]} -gt 0 ]; then criterion=(-- "${lines[@]}"); fi
    lines_of "${INPUT_ARGS:-}"
    "${REGRESS_BINARY:?}" ab "${arguments[@]}" ${lines[@]+"${lines[@]}"} "$base" ${criterion[@]+"${criterion[@]}"} || code=$?
    tell_and_exit
}

# The commit that an input names, if it does. Unlike the sides of check it can't be told from a flag by its place: what comes
# after `--` goes to Criterion.
one_commit() {
    local lines=()
    lines_of "$2"
    [ ${#lines[@]} -le 1 ] || fail "ab compares two commits: $1 has to be one branch, tag or commit"
    case ${lines[0]:-} in
    -*) fail "$1 has to be a branch, tag or commit" ;;
    esac
    printf '%s' "${lines[0]:-}"
}

# What the pull request is merged with. A merge that GitHub made has it as its first parent, which the event's own base may be
# behind of.
merge_base() {
    local base
    is_there HEAD || fail "ab needs a checkout of the repository by a step before this one: write $DEEP"
    if [ "${GITHUB_EVENT_NAME:-}" = pull_request ] && [ "$(git rev-parse HEAD)" = "${GITHUB_SHA:-}" ]; then
        is_there HEAD^1 ||
            fail "ab needs what the pull request is merged with, and the checkout is too shallow to hold it: write $DEEP (2 is enough here)"
        printf 'HEAD^1'
        return
    fi
    [ -n "${BASE_SHA:-}" ] ||
        fail "ab needs to know what to compare with, and the event ${GITHUB_EVENT_NAME:-} names no base: give a branch, tag or commit as input baseline"
    [[ $BASE_SHA =~ ^[0-9a-f]{40}([0-9a-f]{24})?$ ]] || fail "the event names no commit as its base"
    base=$(git merge-base "$BASE_SHA" HEAD 2>/dev/null) ||
        fail "ab needs the commit where the pull request left its base, and the checkout is too shallow to hold it: write $DEEP"
    printf '%s' "$base"
}

is_there() { git rev-parse --verify --quiet "$1^{commit}" >/dev/null 2>&1; }

# What a report is judged by, into the array `arguments`.
policy() {
    option profile "${INPUT_PROFILE:-}"
    option threshold "${INPUT_THRESHOLD:-}"
    option fail-on "${INPUT_FAIL_ON:-}"
}

option() {
    if [ -n "$2" ]; then arguments+=("--$1=$2"); fi
}

options() {
    local line
    lines_of "$2"
    for line in ${lines[@]+"${lines[@]}"}; do arguments+=("--$1=$line"); done
}

tell_and_exit() {
    case $report in
    *$'\r'*) ;;
    *) if [ -f "$report" ]; then printf 'report=%s\n' "$(absolute "$report")" >>"${GITHUB_OUTPUT:?}"; fi ;;
    esac
    printf 'exit-code=%s\n' "$code" >>"${GITHUB_OUTPUT:?}"
    exit "$code"
}

absolute() {
    case $1 in
    /* | [A-Za-z]:[\\/]*) printf '%s' "$1" ;;
    *) printf '%s/%s' "$PWD" "$1" ;;
    esac
}

plain() {
    local lines=()
    lines_of "${INPUT_ARGS:-}"
    exec "${REGRESS_BINARY:?}" "$1" ${lines[@]+"${lines[@]}"}
}

# A baseline is good for the same image, processor, compiler and dependencies; the commit comes last, so that everything before
# it is a prefix for restore-keys.
cache_key() {
    local image processor compiler lock sha=${BASELINE_SHA:?} prefix
    [[ $sha =~ ^[0-9a-f]{40}([0-9a-f]{24})?$ ]] || fail "the event names no commit"
    image=${ImageOS:-$(uname -s)}-${ImageVersion:-$(uname -r)}-$(uname -m)
    processor=$(processor)
    compiler=$(rustc -vV) || fail "rustc is missing; a baseline belongs to a compiler"
    if [ -f Cargo.lock ]; then lock=$(sum <Cargo.lock); else lock=none; fi
    prefix=regress-v1-$(slug "$image")-$(slug "$processor")-rust-$(sum <<<"$compiler")-lock-$lock-
    {
        printf 'cache-key=%s\n' "$prefix$sha"
        printf 'cache-prefix=%s\n' "$prefix"
    } >>"${GITHUB_OUTPUT:?}"
    printf 'baselines of this machine: %s, %s\n' "$(slug "$image")" "$(slug "$processor")"
}

processor() {
    if [ -r /proc/cpuinfo ]; then
        awk -F ': *' '/^(model name|CPU part)/ { print $2; exit }' /proc/cpuinfo
    elif command -v sysctl >/dev/null; then
        sysctl -n machdep.cpu.brand_string
    else
        printf '%s\n' "${PROCESSOR_IDENTIFIER:-unknown}"
    fi
}

# Letters, digits and dots; all else becomes one dash. Keys hold no commas, and no more than 512 characters.
slug() { printf '%s' "$1" | tr -cs 'A-Za-z0-9.' '-' | cut -c 1-60; }

# The first twelve digits of standard input's SHA-256.
sum() {
    if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-12
}

main
