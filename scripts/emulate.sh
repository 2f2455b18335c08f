#!/usr/bin/env bash
# Runs the test of `regress comment` against a server that others wrote: emulate, from npm, which keeps comments as GitHub does.
#
#   scripts/emulate.sh
#
# Installs it into the target folder. Needs node 20 or later, and npm; without them it says so and runs nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

EMULATE=emulate@0.11.2 # the last one for node 20; the tag `latest` is another package

folder=${CARGO_TARGET_DIR:-target}/ci-tools/emulate
for program in node npm; do
    if ! command -v "$program" >/dev/null; then
        printf 'skipped: there is no %s\n' "$program"
        exit 0
    fi
done

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
if ! [ -f "$folder/$EMULATE" ]; then
    if ! npm install --prefix "$folder" --no-audit --no-fund --no-save --ignore-scripts "$EMULATE"; then
        printf 'skipped: %s could not be installed from npm\n' "$EMULATE"
        exit 0
    fi
    touch "$folder/$EMULATE"
fi

REGRESS_TEST_EMULATE=$folder cargo test --locked --test it github::an_independent_server -- --nocapture
