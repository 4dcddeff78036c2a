# shellcheck shell=bash
# Packages of Debian and its relatives. For scripts that define `fail STATUS MESSAGE…`.

# Installs packages on this system, as root or through sudo.
install_packages() {
    local install=(apt-get install --yes --no-install-recommends "$@")
    require_apt "$@"
    if ! is_root_possible; then
        fail 1 "not root, and sudo wants a password; run: sudo ${install[*]}"
    fi
    echo "installing: $*" >&2
    if ! as_root env DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null 2>&1; then
        # Without package lists, or with old ones, nothing is found.
        run_quietly as_root apt-get update
        run_quietly as_root env DEBIAN_FRONTEND=noninteractive "${install[@]}"
    fi
}

# Unpacks packages into a folder, without installing them: no service is started, nothing outside
# of the folder is touched.
unpack_packages() {
    local folder=$1
    shift
    require_apt "$@"
    echo "unpacking into $folder: $*" >&2
    refresh_lists
    mkdir -p "$folder/packages"
    if ! (cd "$folder/packages" && apt-get download "$@") >/dev/null 2>&1; then
        # Old package lists name files that are gone.
        run_quietly as_root apt-get update
        (cd "$folder/packages" && run_quietly apt-get download "$@")
    fi
    local package
    for package in "$folder"/packages/*.deb; do
        run_quietly dpkg-deb --extract "$package" "$folder"
    done
}

# Whether a library or header package is there: by the name pkg-config has for it.
has_library() {
    command -v pkg-config >/dev/null && pkg-config --exists "$1"
}

require_apt() {
    command -v apt-get >/dev/null ||
        fail 1 "no apt-get here; install these with the package manager of this system: $*"
}

# A fresh container image has no package lists.
refresh_lists() {
    if compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then return 0; fi
    is_root_possible || fail 1 "not root, and sudo wants a password; run: sudo apt-get update"
    run_quietly as_root apt-get update
}

is_root_possible() {
    ((EUID == 0)) || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

as_root() {
    if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

# Shows what a command said only if it fails.
run_quietly() {
    local output
    if ! output=$("$@" 2>&1); then
        printf '%s\n' "$output" >&2
        fail 1 "failed: $*"
    fi
}
