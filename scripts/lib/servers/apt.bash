# shellcheck shell=bash
# Servers from Debian's packages: unpacked into the prefix, never installed, so that no service is
# started and nothing outside of the prefix is touched; but for the runtimes of `system:` lines.

install_apt() {
    local adapter=$1 version=$2 prefix=$3 packages
    install_runtime "$adapter/$version/packages"
    mapfile -t packages < <(grep --invert-match '^system:' "$adapter/$version/packages")
    unpack_packages "$prefix" "${packages[@]}"
    find "$adapter" -maxdepth 1 -type f ! -name server.yaml -exec cp -t "$prefix" {} +
}

# What a library runs in cannot be moved into a prefix: names after `system:` are installed on this system.
# None of them may start a service.
install_runtime() {
    local names name missing=()
    mapfile -t names < <(sed -n 's/^system: *//p' "$1" | tr -s ' ' '\n')
    for name in "${names[@]}"; do
        dpkg-query --show --showformat '${Status}' "$name" 2>/dev/null | grep --quiet ' installed$' || missing+=("$name")
    done
    ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}
