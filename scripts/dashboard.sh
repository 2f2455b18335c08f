#!/usr/bin/env bash
# Writes a made dashboard and uses it in Chromium, from the disk: tests/browser/dashboard.cjs says what is looked at.
#
#   scripts/dashboard.sh [--pictures FOLDER]
#   scripts/dashboard.sh --speed [BENCHMARKS [COMMITS]]    # how long a large one takes to write and to open
#
# Needs node, npm and Chromium ($CHROMIUM, default /usr/bin/chromium). Packages come from npm, into the target folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/browser"
target=$(cd "$target" && pwd)
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
[ -x "$CHROMIUM" ] || {
    echo "scripts/dashboard.sh: $CHROMIUM is missing: install chromium, or say where it is in CHROMIUM" >&2
    exit 2
}

cp tests/browser/package.json tests/browser/package-lock.json "$target/browser/"
npm ci --prefix "$target/browser" --no-audit --no-fund --loglevel error
export NODE_PATH=$target/browser/node_modules

site=$(mktemp -d)
trap 'rm -rf "$site"' EXIT
case ${1:-} in
    --speed)
        cargo run --release --locked --example made_dashboard -- "$site" "${2:-1000}" "${3:-2000}"
        node tests/browser/speed.cjs "$site"
        ;;
    *)
        pictures=
        if [ "${1:-}" = --pictures ]; then
            pictures=$(mkdir -p "$2" && cd "$2" && pwd)
        fi
        cargo run --locked --example made_dashboard -- "$site"
        node tests/browser/dashboard.cjs "$site" ${pictures:+"$pictures"}
        ;;
esac
