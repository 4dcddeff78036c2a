# Sourced by the scripts that build.

# Fails with a clear message where there is no Rust.
require_rust() {
    if ! command -v cargo >/dev/null; then
        echo "cargo is not installed: get Rust 1.95 or newer from https://rustup.rs" >&2
        exit 1
    fi
    if ! command -v cc >/dev/null; then
        echo "no C compiler, which Rust links with: apt-get install gcc libc6-dev" >&2
        exit 1
    fi
}
