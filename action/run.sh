#!/usr/bin/env bash
# Runs a command of regress with the action's inputs, and says where the report is. The exit code is that of regress.
set -euo pipefail
unset BASH_ENV ENV CDPATH
# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

main() {
    cd "${GITHUB_WORKSPACE:-.}"
    cd "./${INPUT_WORKING_DIRECTORY:-}"
    case ${INPUT_COMMAND:?} in
    cache-key) cache_key ;;
    check | confirm | audit) judge "$INPUT_COMMAND" ;;
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
    if [ "$command" != confirm ]; then
        if [ -n "${INPUT_PROFILE:-}" ]; then arguments+=("--profile=$INPUT_PROFILE"); fi
        if [ -n "${INPUT_THRESHOLD:-}" ]; then arguments+=("--threshold=$INPUT_THRESHOLD"); fi
        if [ -n "${INPUT_FAIL_ON:-}" ]; then arguments+=("--fail-on=$INPUT_FAIL_ON"); fi
    fi
    lines_of "${INPUT_ARGS:-}"
    if [ ${#plain[@]} -gt 0 ]; then plain=(-- "${plain[@]}"); fi
    "${REGRESS_BINARY:?}" "$command" "${arguments[@]}" ${lines[@]+"${lines[@]}"} ${plain[@]+"${plain[@]}"} || code=$?
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
