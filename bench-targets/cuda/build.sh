#!/usr/bin/env bash
# Builds bench-targets for CUDA where there is neither a CUDA toolkit nor a GPU, and packs it for a machine that has one.
#
#     bench-targets/cuda/build.sh [FOLDER]     # for tools, results and the pack [target/cuda]
#
# nvcc comes from PyPI. CUDA's libraries are linked by name: empty ones stand in for them here, with the names of what is called,
# and the real ones are found where the program runs. COMPUTE_CAP is the GPU's compute capability, without the point [90, H100 and
# H200]. It takes about a quarter of an hour on two cores, most of it for candle's kernels.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir -p "${1:-$here/target/cuda}"
work=$(cd "${1:-$here/target/cuda}" && pwd)

# Of CUDA 13.0, as the GPU's driver has to be, or newer.
PACKAGES=(nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-cuda-cccl==13.0.85 nvidia-cuda-runtime==13.0.96)

main() {
    nvcc
    mkdir -p "${CARGO_TARGET_DIR:-$work/target}"
    CARGO_TARGET_DIR=$(cd "${CARGO_TARGET_DIR:-$work/target}" && pwd) # looked into from elsewhere
    export CARGO_TARGET_DIR CUDAFORGE_THREADS=2
    export CUDA_COMPUTE_CAP=${COMPUTE_CAP:-90} CUDARC_CUDA_VERSION=13000
    # Fat LTO is for regress; here it would take longer than all the rest.
    export CARGO_PROFILE_BENCH_LTO=off CARGO_PROFILE_BENCH_CODEGEN_UNITS=16
    cd "$here"
    echo "building what does the work"
    cargo build -p bench-targets --features cuda --profile bench --locked # a library, which is not linked
    stubs
    echo "building the benchmarks and their tests"
    LIBRARY_PATH=$work/stubs cargo bench -p bench-targets --features cuda --bench mlx_comparison --test ops --no-run --locked \
        --message-format json >"$work/built.json"
    pack
}

nvcc() {
    [ -x "$work/python/bin/pip" ] || python3 -m venv "$work/python"
    "$work/python/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --no-deps "${PACKAGES[@]}"
    local cu13
    cu13=$(echo "$work"/python/lib/python3*/site-packages/nvidia/cu13)
    export CUDA_HOME=$cu13 CUDA_PATH=$cu13 CUDA_ROOT=$cu13 NVCC=$cu13/bin/nvcc PATH=$cu13/bin:$PATH
}

# Libraries that have the names and do nothing.
stubs() {
    mkdir -p "$work/stubs"
    cd "$work/stubs"
    find "$CARGO_TARGET_DIR/release" \( -name 'libcudarc-*.rlib' -o -name 'libcandle*.rlib' -o -path '*candle-kernels-*/out/*.a' \) \
        -exec nm --undefined-only {} + 2>/dev/null | awk '$1 == "U" {print $2}' | sort -u >names
    stub cuda libcuda.so.1 '^cu[A-Z]'
    stub cublasLt libcublasLt.so.13 '^cublasLt'
    stub cublas libcublas.so.13 '^cublas([^L]|L[^t])'
    stub curand libcurand.so.10 '^curand'
    stub nvrtc libnvrtc.so.13 '^nvrtc'
    stub cudart libcudart.so.13 '^(cuda[A-Z]|__cuda)'
    cd "$here"
}

stub() {
    grep -E "$3" names | awk '{print "void " $1 "(void) {}"}' >"$1.c"
    [ -s "$1.c" ] || { echo "build.sh: nothing calls $2: has candle changed?" >&2; exit 1; }
    cc -shared -fPIC -w -fno-builtin -Wl,-soname,"$2" -o "lib$1.so" "$1.c"
}

pack() {
    rm -rf "$work/pack"
    mkdir -p "$work/pack/mlx"
    local name executable
    for name in mlx_comparison ops; do
        executable=$(python3 -c '
import json, sys
for line in open(sys.argv[1]):
    message = json.loads(line)
    if message.get("executable") and message["target"]["name"] == sys.argv[2]:
        print(message["executable"])' "$work/built.json" "$name")
        [ -n "$executable" ] || { echo "build.sh: cargo built no $name" >&2; exit 1; }
        cp "$executable" "$work/pack/$name"
        strip "$work/pack/$name"
    done
    cp "$here/bench-targets/cuda/run.sh" "$here/bench-targets/workloads.json" "$work/pack/"
    cp -r "$here/bench-targets/mlx/bench_targets_mlx" "$work/pack/mlx/"
    tar -C "$work/pack" -cJf "$work/bench-targets-cuda.tar.xz" .
    ls -l "$work/bench-targets-cuda.tar.xz"
}

main
