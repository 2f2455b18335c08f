#!/usr/bin/env bash
# Runs what build.sh packed on a machine with a GPU of NVIDIA's, several times, candle and MLX by turns.
#
#     ./run.sh RESULTS     # a folder: execution-1, execution-2, … each as Criterion leaves it; and the planted cheats
#
# MLX is used where python3 has it, with CUDA; MLX_SITE may name a folder that holds it. EXECUTIONS is how many [3]; BENCH_FULL=0
# leaves large workloads out. With BENCH_DEVICE=cpu it can be tried without a GPU.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:?a folder for results}"
results=$(cd "$1" && pwd)
executions=${EXECUTIONS:-3}
export BENCH_DEVICE=${BENCH_DEVICE:-cuda} BENCH_FULL=${BENCH_FULL:-1}
settings=(--sample-size 20 --warm-up-time 0.2 --measurement-time 0.5)
started=$SECONDS

main() {
    libraries
    [ "$BENCH_DEVICE" = cpu ] || nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem,temperature.gpu,power.draw --format=csv
    if ldd "$here/mlx_comparison" | grep 'not found'; then
        echo "run.sh: CUDA's libraries are not to be found: set LD_LIBRARY_PATH" >&2
        exit 2
    fi
    step "what a device computes, and what isn't waited for"
    local tests=(--test-threads 1)
    [ "$BENCH_DEVICE" != cpu ] || tests+=(--skip a_device --skip a_gpu)
    "$here/ops" "${tests[@]}"
    local i mlx=1
    python3 -c 'import mlx.core as mx, sys; mx.eval(mx.ones(2, stream=getattr(mx, sys.argv[1]))); print("MLX", mx.__version__)' \
        "$([ "$BENCH_DEVICE" = cpu ] && echo cpu || echo gpu)" || mlx=
    [ -n "$mlx" ] || echo "*** run.sh: python3 has no MLX for this device: candle alone is measured ***"
    for i in $(seq "$executions"); do
        # Whoever is first has the cooler chip: not always the same.
        if [ $((i % 2)) -eq 1 ]; then candle "execution-$i"; fi
        [ -z "$mlx" ] || in_mlx "execution-$i"
        if [ $((i % 2)) -eq 0 ]; then candle "execution-$i"; fi
    done
    # Cheats, to see that they are found.
    BENCH_PLANT=smaller candle planted-smaller matmul
    [ -z "$mlx" ] || in_mlx planted-lazy matmul --plant lazy
    # What takes a millisecond seems to take microseconds, so that a hundred times as many are run.
    settings=(--sample-size 10 --warm-up-time 0.02 --measurement-time 0.04)
    BENCH_PLANT=unsynchronised candle planted-unsynchronised matmul
    step "done"
}

step() { printf '=== %s (%s s)\n' "$1" $((SECONDS - started)); }

# Python packages of NVIDIA's, and where CUDA is usually put.
libraries() {
    local found
    found=$(python3 -c 'import nvidia; print(*nvidia.__path__)' 2>/dev/null || true)
    # shellcheck disable=SC2086 # several folders
    [ -z "$found" ] || found=$(find $found -name '*.so*' -printf '%h\n' | sort -u | tr '\n' ':')
    export LD_LIBRARY_PATH=$found/usr/local/nvidia/lib64:/usr/local/cuda/lib64:${LD_LIBRARY_PATH:-}
    export PYTHONPATH=${MLX_SITE:+$MLX_SITE:}$here/mlx:${PYTHONPATH:-}
}

candle() {
    local folder=$1
    shift
    CRITERION_HOME=$results/$folder "$here/mlx_comparison" --bench --noplot --quiet "${settings[@]}" "$@" \
        >>"$results/candle.log" 2>&1 || { tail -n 20 "$results/candle.log" && exit 1; }
    step "candle, $folder"
}

in_mlx() {
    local folder=$1
    shift
    [ "$BENCH_FULL" != 1 ] || set -- --full "$@"
    python3 -m bench_targets_mlx --output "$results/$folder" --device "$BENCH_DEVICE" "${settings[@]}" "$@" \
        >>"$results/mlx.log" 2>&1 || { tail -n 20 "$results/mlx.log" && exit 1; }
    step "MLX, $folder"
}

main
