# shellcheck shell=bash
# Servers written in Rust. All share one folder of compiled dependencies.

install_cargo() {
    local adapter=$1 version=$2 prefix=$3
    command -v cargo >/dev/null || fail 1 "no cargo here; see https://rustup.rs"
    mkdir -p "$prefix/source/src"
    cp "$adapter/$version"/Cargo.* "$prefix/source"
    cp "$adapter"/*.rs "$prefix/source/src"
    (cd "$prefix/source" && CARGO_TARGET_DIR=$prefixes/.cargo run_quietly cargo build --quiet --locked)
    cp "$prefixes/.cargo/debug/server" "$prefix/server"
}
