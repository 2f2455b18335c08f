#!/usr/bin/env bash
# Packs the built regress of TARGET into packed/regress-vVERSION-TARGET.tar.gz (.zip for Windows), as install.sh and
# cargo-binstall expect it: one folder of that name with the binary and the licences.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${TARGET:?}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
name=regress-v$version-$target
built=${CARGO_TARGET_DIR:-target}/$target/release

rm -rf "packed/$name"
mkdir -p "packed/$name"
cp LICENSE-APACHE LICENSE-MIT README.md "packed/$name/"
case $target in
*windows*)
    cp "$built/regress.exe" "packed/$name/"
    (cd packed && 7z a -bd "$name.zip" "$name" >/dev/null)
    ;;
*)
    cp "$built/regress" "packed/$name/"
    tar -czf "packed/$name.tar.gz" -C packed "$name"
    ;;
esac
rm -rf "packed/$name"
