# shellcheck shell=bash
# Sourced by the scripts that run corspec. Wants lib/rust.bash.

# Prints the path of the program: the one that the variable CORSPEC names, else the release build, which
# is made first.
corspec_program() {
    if [[ -n ${CORSPEC:-} ]]; then
        printf '%s\n' "$CORSPEC"
        return
    fi
    require_rust
    cargo build --release --locked --quiet
    printf '%s\n' "${CARGO_TARGET_DIR:-target}/release/corspec"
}
