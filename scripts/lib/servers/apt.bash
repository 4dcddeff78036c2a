# shellcheck shell=bash
# Servers from Debian's packages: unpacked into the prefix, never installed, so that no service is
# started and nothing outside of the prefix is touched.

install_apt() {
    local adapter=$1 version=$2 prefix=$3 packages
    mapfile -t packages <"$adapter/$version/packages"
    unpack_packages "$prefix" "${packages[@]}"
    find "$adapter" -maxdepth 1 -type f ! -name server.yaml -exec cp -t "$prefix" {} +
}
