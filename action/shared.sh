#!/usr/bin/env bash
# What the action's scripts have in common, to be sourced.

# Ends the step with an error, in one line, so that no part of it can be taken for another command to the runner.
fail() {
    local text=${1//'%'/%25}
    text=${text//$'\r'/%0D}
    text=${text//$'\n'/%0A}
    printf '::error title=regress::%s\n' "$text" >&2
    exit 2
}

# The lines of a text that aren't empty, into the array `lines`.
lines_of() {
    local line
    lines=()
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line%$'\r'}
        if [ -n "$line" ]; then lines+=("$line"); fi
    done <<<"$1"
}
