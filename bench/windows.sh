#!/usr/bin/env bash
# Builds rolewalk for Windows on Linux, and tries it under Wine: docs/windows.md. As root it installs the Debian packages
# that it wants; what is not to be had is told, and it ends with 0. All else that it writes is below cargo's target folder.
#   bench/windows.sh [check|build|test|try]
#     check: does it compile, tests included    build: rolewalk.exe, optimised
#     test: the unit tests under Wine           try: the main job under Wine
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-build}
target=x86_64-pc-windows-gnu
root=$PWD
own=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/windows
mkdir -p "$own"

skip() {
    printf 'skipped: %s\n' "$1"
    exit 0
}

# need PROGRAM PACKAGES: installs Debian packages where the program is absent.
need() {
    command -v "$1" >/dev/null && return
    local why="no $1 (Debian: $2)"
    command -v apt-get >/dev/null || skip "$why"
    [ "$(id -u)" -eq 0 ] || skip "$why; as root this script installs it"
    apt-get update -qq || true
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $2 >"$own/apt.log" 2>&1 ||
        skip "$why; it can't be installed: $own/apt.log"
}

# library: sees to a standard library for Windows. One that rustup installed is used; else it is built along, from the source
# of the very version of the compiler, which is rustup's or comes from Debian's backports.
build_std=()
library() {
    local sysroot
    sysroot=$(rustc --print sysroot)
    [ ! -d "$sysroot/lib/rustlib/$target" ] || return 0
    if [ ! -f "$sysroot/lib/rustlib/src/rust/library/Cargo.lock" ]; then
        [ -f "$own/sysroot/lib/rustlib/src/rust/library/Cargo.lock" ] || source_of_library
        # The compiler's own folder stays as it is: it is told of another one, which borrows from it.
        local host
        host=$(rustc -vV | sed -n 's/^host: //p')
        ln -sfn "$sysroot/lib/rustlib/$host" "$own/sysroot/lib/rustlib/$host"
        printf '#!/bin/sh\nexec "%s" --sysroot "%s" "$@"\n' "$(rustup which rustc 2>/dev/null || command -v rustc)" "$own/sysroot" >"$own/rustc"
        chmod +x "$own/rustc"
        export RUSTC=$own/rustc
    fi
    # A stable compiler builds its own library, when it is told that it may.
    export RUSTC_BOOTSTRAP=1
    build_std=(-Zbuild-std=std,panic_abort,panic_unwind,proc_macro,test)
}

# source_of_library: takes the folder `library` out of Debian's rust-src of the compiler's version. Nothing is installed.
source_of_library() {
    local version why mirror keys=/usr/share/keyrings/debian-archive-keyring.gpg
    version=$(rustc -vV | sed -n 's/^release: //p')
    why="no standard library for $target, nor its source (rustup target add $target, or rustup component add rust-src)"
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null && [ -f $keys ] || skip "$why"
    # Wherever this machine gets its packages from.
    # shellcheck disable=SC2016
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sed -n 1p) && [ -n "$mirror" ] || skip "$why"
    rm -rf "$own/apt" && mkdir -p "$own/apt/lists/partial" "$own/apt/archives/partial"
    printf 'deb [signed-by=%s] %s trixie-backports main\n' "$keys" "$mirror" >"$own/apt/sources.list"
    local apt=(-qq -o "Dir::Etc::SourceList=$own/apt/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$own/apt/lists"
        -o "Dir::Cache=$own/apt" -o "APT::Sandbox::User=$(id -un)")
    apt-get "${apt[@]}" update || skip "$why"
    local package
    package=$(apt-cache "${apt[@]}" madison rust-src | awk -v version="$version" 'index($3, version "+") == 1 && !n++ { print $3 }') &&
        [ -n "$package" ] || skip "$why; Debian's backports have no rust-src $version either"
    (cd "$own/apt" && apt-get "${apt[@]}" download "rust-src=$package") || skip "$why"
    rm -rf "$own/sysroot" && mkdir -p "$own/sysroot/lib/rustlib/src/rust"
    dpkg-deb --fsys-tarfile "$own"/apt/rust-src_*.deb |
        tar -x -C "$own/sysroot/lib/rustlib/src/rust" --strip-components=4 "./usr/src/rustc-$version/library"
    rm -rf "$own/apt"
}

# prepare_wine: sees to a Wine with a folder of its own, and what Wine 8 lacks: the random numbers that Rust's library asks for.
prepare_wine() {
    need wine 'wine wine64'
    export WINEPREFIX=$own/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=' WINEARCH=win64
    [ -f "$WINEPREFIX/system.reg" ] || wine wineboot -i >"$own/wine.log" 2>&1 || skip "Wine does not start: $own/wine.log"
    local system=$WINEPREFIX/drive_c/windows/system32
    [ -f "$system/bcryptprimitives.dll" ] ||
        x86_64-w64-mingw32-gcc -shared -O2 -x c - -o "$system/bcryptprimitives.dll" -ladvapi32 <<'END'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) { return SystemFunction036(data, (ULONG)length); }
END
}

# exits CODE ARGUMENT…: runs rolewalk.exe, and fails on any other exit code.
exits() {
    local want=$1 have=0
    shift
    printf '\n+ rolewalk.exe %s\n' "$*"
    wine "$exe" "$@" || have=$?
    [ "$have" -eq "$want" ] || { printf 'expected exit code %s, got %s\n' "$want" "$have"; exit 1; }
}

need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64
library
export CARGO_TARGET_DIR=$own
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc
export CC_x86_64_pc_windows_gnu=x86_64-w64-mingw32-gcc

case "$what" in
    check) cargo check --locked --lib --bins --tests --target "$target" "${build_std[@]}" ;;
    build)
        cargo build --locked --release --target "$target" "${build_std[@]}"
        ls -l "$own/$target/release/rolewalk.exe"
        ;;
    test)
        prepare_wine
        # Nothing of a Linux machine can be asked from there where the tree begins.
        export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine INSTA_WORKSPACE_ROOT=$root INSTA_UPDATE=no
        cargo test --locked --lib --target "$target" "${build_std[@]}"
        ;;
    try)
        prepare_wine
        # The optimised one, where it is made of what is here now.
        exe=$own/$target/release/rolewalk.exe
        if [ ! -f "$exe" ] || [ -n "$(find src Cargo.toml Cargo.lock -newer "$exe" -print -quit)" ]; then
            # As an integration test wants it: of the very libraries that the unit tests are made of.
            cargo test --locked --no-run --test layers --target "$target" "${build_std[@]}"
            exe=$own/$target/debug/rolewalk.exe
        fi
        ls -l "$exe"
        copy=$(mktemp -d)
        trap 'rm -rf "$copy"' EXIT
        cp -R examples schemas "$copy"
        rm -rf "$copy"/examples/*/.practice "$copy"/examples/*/.rolewalk
        cd "$copy"
        exits 0 --version
        exits 0 validate examples
        exits 0 plan examples/campus
        exits 0 --state state apply examples/campus --yes
        exits 0 --state state drift examples/campus
        exits 0 --state state history
        exits 0 practice up examples/first-slave
        exits 0 disks hash examples/campus/.practice/shares/PVS1/Store
        ;;
    *) printf 'usage: bench/windows.sh [check|build|test|try]\n'; exit 1 ;;
esac
