#!/usr/bin/env bash
# Compiles bench-targets for Metal on macOS, from Linux, and sees that this notices what is wrong.
#
#     scripts/check_metal.sh [FOLDER]     # for 1 GB of tools and results [target/check-metal]
#
# rustup's toolchains bring no standard library for macOS, where only crates.io, PyPI and Debian are at hand. Debian's rustc-web has
# the library's sources with all that they need; from these cargo builds it. PyPI's ziglang compiles the little C there is.
# Nothing is installed, linked or run: Metal's shaders are compiled by macOS when a program starts, so only a Mac can tell
# whether they are right.
#
# Exits with 0 if it compiles and the control doesn't, with 1 if not, and with 3 if the tools are not to be had.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "${1:-$here/target/check-metal}"
work=$(cd "${1:-$here/target/check-metal}" && pwd)
ZIGLANG=ziglang==0.17.1

main() {
    tools
    copy
    local log=$work/check.log
    echo "compiling for aarch64-apple-darwin, with the feature metal"
    check >"$log" 2>&1 || { tail -n 40 "$log" >&2 && fail "it doesn't compile; the whole output is in $log"; }

    # A method that only candle's Metal device lacks: if this compiled, the check above saw no Metal at all.
    local file=$work/copy/bench-targets/src/backend.rs
    sed -i 's/\.metal_device()\.architecture_name()/.metal_device().no_such_method()/' "$file"
    grep -q no_such_method "$file" || fail "the control has nothing to break: has backend.rs changed?"
    echo "compiling the control, which must fail"
    if check >"$work/control.log" 2>&1; then fail "the control compiles: the check sees no Metal"; fi
    grep -q 'error\[E0599\].*no_such_method' "$work/control.log" ||
        fail "the control failed for another reason than its own; see $work/control.log"
    echo "passed: it compiles for Metal, and the control does not"
}

fail() {
    printf 'check_metal.sh: %s\n' "$1" >&2
    exit 1
}

skip() {
    printf '\n*** check_metal.sh: NOT CHECKED: %s ***\n\n' "$1" >&2
    exit 3
}

# Debian's compiler, unpacked: as an installed package it would be in rustup's way.
tools() {
    [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || skip "this needs Linux on x86-64; on a Mac, cargo check does it"
    command -v apt-get >/dev/null || skip "there is no apt-get, which has Debian's rustc-web"
    root=$work/root
    local version
    version=$(apt-cache policy rustc-web | sed -n 's/^  Candidate: \([0-9]*\.[0-9]*\)\..*/\1/p')
    [ -n "$version" ] || skip "Debian has no rustc-web here, or apt-get update was never run"
    if ! [ -x "$root/usr/bin/rustc" ]; then
        local llvm
        llvm=$(apt-cache depends "libstd-rust-web-$version" | sed -n 's/^ *Depends: \(libllvm[0-9]*\)$/\1/p')
        mkdir -p "$work/debs" "$root"
        (cd "$work/debs" && rm -f -- *.deb &&
            apt-get download -q rustc-web "libstd-rust-web-$version" libstd-rust-web-dev rust-web-src "${llvm:-libllvm}") ||
            skip "Debian's rustc-web $version could not be downloaded"
        local deb
        for deb in "$work/debs"/*.deb; do dpkg -x "$deb" "$root.new"; done
        rm -rf "$root" && mv "$root.new" "$root"
    fi
    [ -e "$root/usr/lib/rustlib/src/rust/library/std/Cargo.toml" ] || skip "rust-web-src has no standard library in it"
    if ! [ -x "$work/python/bin/pip" ]; then python3 -m venv "$work/python" || skip "python3 makes no environment"; fi
    "$work/python/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "$ZIGLANG" ||
        skip "$ZIGLANG could not be installed from PyPI"
    # Without the flags of Apple's compiler, which zig refuses.
    cat >"$work/cc" <<CC
#!/usr/bin/env bash
arguments=()
while [ \$# -gt 0 ]; do
    case \$1 in
    -arch | -isysroot) shift ;;
    --target=* | -mmacosx-version-min=* | -gdwarf-2) ;;
    *) arguments+=("\$1") ;;
    esac
    shift
done
exec "$work/python/bin/python" -m ziglang cc -target aarch64-macos "\${arguments[@]}"
CC
    printf '#!/usr/bin/env bash\nexec "%s" -m ziglang ar "$@"\n' "$work/python/bin/python" >"$work/ar"
    chmod +x "$work/cc" "$work/ar"
    mkdir -p "$work/sdk" # asked for, and not used
}

# What git knows and what it will be told, without the fixtures.
copy() {
    rm -rf "$work/copy"
    mkdir -p "$work/copy"
    (cd "$here" && git ls-files -z --cached --others --exclude-standard -- . ':!fixtures' | tar --null -cf - -T -) |
        tar -xf - -C "$work/copy"
}

check() {
    (cd "$work/copy" && env \
        LD_LIBRARY_PATH="$root/usr/lib/x86_64-linux-gnu" RUSTC="$root/usr/bin/rustc" RUSTC_BOOTSTRAP=1 \
        CARGO_TARGET_DIR="$work/target" CC_aarch64_apple_darwin="$work/cc" AR_aarch64_apple_darwin="$work/ar" \
        SDKROOT="$work/sdk" \
        cargo check -p bench-targets --all-targets --features metal --locked \
        -Zbuild-std=std,panic_abort,panic_unwind --target aarch64-apple-darwin)
}

main
