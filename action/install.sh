#!/usr/bin/env bash
# Says where regress is: INPUT_BINARY_PATH, or a released binary whose SHA-256 stands in checksums.txt beside this file.
set -euo pipefail
unset BASH_ENV ENV CDPATH
# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
releases=https://github.com/criterion-regress/criterion-regress/releases/download

main() {
    local binary
    if [ -n "${INPUT_BINARY_PATH:-}" ]; then
        binary=$(given "$INPUT_BINARY_PATH")
    else
        binary=$(released "${INPUT_VERSION:-$(own_version)}")
    fi
    "$binary" --version >&2 || fail "$binary does not run on this machine"
    printf 'binary=%s\n' "$binary" >>"${GITHUB_OUTPUT:?}"
}

given() {
    local path=$1
    case $path in
    *$'\n'* | *$'\r'*) fail "binary-path has to be one line" ;;
    /* | [A-Za-z]:[\\/]*) ;;
    *) path=${GITHUB_WORKSPACE:-$PWD}/$path ;;
    esac
    if ! [ -f "$path" ]; then path=$path.exe; fi
    if ! [ -f "$path" ] || ! [ -x "$path" ]; then fail "binary-path is no executable file: ${path%.exe}"; fi
    printf '%s\n' "$path"
}

# The version that the Cargo.toml beside action.yml is of.
own_version() {
    sed -n 's/^version = "\([0-9][0-9A-Za-z.+-]*\)"$/\1/p' "$here/../Cargo.toml" | head -n 1
}

target() {
    case $(uname -s)-$(uname -m) in
    Linux-x86_64) echo x86_64-unknown-linux-gnu ;;
    Linux-aarch64 | Linux-arm64) echo aarch64-unknown-linux-gnu ;;
    Darwin-x86_64) echo x86_64-apple-darwin ;;
    Darwin-arm64) echo aarch64-apple-darwin ;;
    MINGW*-x86_64 | MSYS*-x86_64) echo x86_64-pc-windows-msvc ;;
    *) fail "there is no released regress for $(uname -s) on $(uname -m): build one (cargo install --locked criterion-regress) and hand it in as binary-path" ;;
    esac
}

released() {
    local version=$1 target name archive folder want
    [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] ||
        fail "version has to be one like 1.2.3, not '$version'; the latest is never taken by itself"
    target=$(target)
    name=regress-v$version-$target
    case $target in
    *windows*) archive=$name.zip ;;
    *) archive=$name.tar.gz ;;
    esac
    want=$(awk -v name="$archive" '$2 == name && length($1) == 64 { print $1; exit }' "$here/checksums.txt")
    [ -n "$want" ] || fail "this action knows no released binary $archive: its checksum is not in action/checksums.txt. Use the action by a commit that has it, or put regress there yourself (cargo install --locked criterion-regress, or cargo build --release in a checkout of it) and hand it in as binary-path"
    folder=$(mktemp -d "${RUNNER_TEMP:?}/regress.XXXXXXXX")
    curl --proto '=https' --tlsv1.2 -fsSL --retry 5 --retry-connrefused --connect-timeout 20 --max-time 300 \
        -o "$folder/$archive" "$releases/v$version/$archive" || fail "failed to download $releases/v$version/$archive"
    [ "$(sha256 "$folder/$archive")" = "$want" ] ||
        fail "$archive is not what was released: its SHA-256 is not the one in action/checksums.txt"
    case $archive in
    *.zip) unzip -q "$folder/$archive" -d "$folder" ;;
    *) tar -xzf "$folder/$archive" -C "$folder" ;;
    esac
    case $target in
    *windows*) printf '%s\n' "$folder/$name/regress.exe" ;;
    *) printf '%s\n' "$folder/$name/regress" ;;
    esac
}

sha256() {
    if command -v sha256sum >/dev/null; then
        sha256sum "$1" | cut -d ' ' -f 1
    else
        shasum -a 256 "$1" | cut -d ' ' -f 1
    fi
}

main
