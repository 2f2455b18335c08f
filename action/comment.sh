#!/usr/bin/env bash
# Runs `regress comment` on reports that may come from strangers: they are handed on as paths, and nothing here reads them.
#
# Fails where it could not comment. That something regressed is no failure here: whoever measured has failed for it already, and
# what runs on the default branch shouldn't turn red for somebody's pull request.
set -euo pipefail
unset BASH_ENV ENV CDPATH
# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

main() {
    cd "${GITHUB_WORKSPACE:-.}"
    cd "./${INPUT_WORKING_DIRECTORY:-}"
    local arguments=() lines=() line name path
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line%$'\r'}
        case $line in
        '') continue ;;
        *=*) name=${line%%=*} path=${line#*=} ;;
        *) name='' path=$line ;;
        esac
        # As regress has it: a name holds no slash, so that this `=` is one of the path.
        case $name in
        */*) name='' path=$line ;;
        esac
        if [ -n "$name" ]; then arguments+=("--expect=$name"); fi
        if [ -f "$path" ] && [ ! -L "$path" ]; then
            arguments+=("--report=$line")
        elif [ -n "$name" ]; then
            printf 'there is no report of %q\n' "$name" >&2
        else
            fail "there is no report at $path"
        fi
    done <<<"${INPUT_REPORT:-}"
    if [ -n "${INPUT_KEY:-}" ]; then arguments+=("--key=$INPUT_KEY"); fi
    if [ -n "${INPUT_PR:-}" ]; then arguments+=("--pr=$INPUT_PR"); fi
    flag check-run "${INPUT_CHECK_RUN:-}"
    flag only-on-change "${INPUT_ONLY_ON_CHANGE:-}"
    flag dry-run "${INPUT_DRY_RUN:-}"
    lines_of "${INPUT_ARGS:-}"
    arguments+=(${lines[@]+"${lines[@]}"})
    local code=0
    "${REGRESS_BINARY:?}" comment ${arguments[@]+"${arguments[@]}"} || code=$?
    printf 'exit-code=%s\n' "$code" >>"${GITHUB_OUTPUT:?}"
    case $code in
    0 | 1 | 3) ;;
    *) exit "$code" ;;
    esac
}

flag() {
    case $2 in
    true) arguments+=("--$1") ;;
    false | '') ;;
    *) fail "$1 has to be true or false" ;;
    esac
}

main
