# shellcheck shell=bash
# Servers written in Rust. All share one folder of compiled dependencies, in the folder of all prefixes.

install_cargo() {
    local adapter=$1 version=$2 prefix=$3
    command -v cargo >/dev/null || fail 1 "no cargo here; see https://rustup.rs"
    command -v cc >/dev/null || install_packages gcc libc6-dev
    mkdir -p "$prefix/source/src"
    cp "$adapter/$version"/Cargo.* "$prefix/source"
    cp "$adapter/server.rs" "$prefix/source/src/main.rs"
    # shellcheck disable=SC2154 # `prefixes` is what install-servers sets
    local compiled=$prefixes/.cargo
    mkdir -p "$compiled"
    # Every program is called `server`: nobody else builds until it is copied.
    (
        flock 9
        cd "$prefix/source" || exit
        # Nobody debugs these: without symbols and without state for the next build they are done in half the time.
        CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=$compiled \
            run_quietly cargo build --quiet --locked
        cp "$compiled/debug/server" "$prefix/server"
    ) 9>"$compiled/copied.lock"
}
