#!/usr/bin/env bash
# Builds rolewalk for Windows on Linux, and runs its unit tests under Wine: docs/windows.md. Installs nothing. Says what is
# missing and ends with 0 where it can't be had. Writes to cargo's target folder alone.
#   bench/windows.sh [check|build|test]
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-build}
target=x86_64-pc-windows-gnu

skip() {
    printf 'skipped: %s\n' "$1"
    exit 0
}

command -v x86_64-w64-mingw32-gcc >/dev/null || skip 'no x86_64-w64-mingw32-gcc (Debian: gcc-mingw-w64-x86-64)'
sysroot=$(rustc --print sysroot)
more=()
if [ ! -d "$sysroot/lib/rustlib/$target" ]; then
    [ -f "$sysroot/lib/rustlib/src/rust/library/std/Cargo.toml" ] ||
        skip "no standard library for $target, nor its source (rustup target add $target, or rustup component add rust-src)"
    # A stable compiler builds its own library, when it is told that it may.
    export RUSTC_BOOTSTRAP=1
    more=(-Zbuild-std=std,panic_abort,panic_unwind,proc_macro,test)
fi
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc
export CC_x86_64_pc_windows_gnu=x86_64-w64-mingw32-gcc

case "$what" in
    check) cargo check --locked --target "$target" "${more[@]}" ;;
    build) cargo build --locked --release --target "$target" "${more[@]}" ;;
    test)
        command -v wine >/dev/null || skip 'no wine (Debian: wine64)'
        CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine cargo test --locked --lib --target "$target" "${more[@]}"
        ;;
    *) printf 'usage: bench/windows.sh [check|build|test]\n'; exit 1 ;;
esac
