#!/bin/sh
# The official run of this repository's own benchmarks: `regress official`, with the arguments given here.
set -eu
cd "$(dirname "$0")/.."
exec cargo run --release --locked --quiet -- official --bench compare "$@"
