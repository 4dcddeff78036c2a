# shellcheck shell=bash
# Servers from Debian's packages: unpacked into the prefix, never installed, so that no service is
# started and nothing outside of the prefix is touched; but for the runtimes of `system:` lines.

install_apt() {
    local adapter=$1 version=$2 prefix=$3 named packages
    install_runtime "$adapter/$version/packages"
    mapfile -t named < <(grep --invert-match '^system:' "$adapter/$version/packages")
    require_apt "${named[@]}"
    refresh_lists
    require_version "$adapter" "$version" "${named[@]}"
    packages=$(with_dependencies "${named[@]}")
    mapfile -t packages <<<"$packages"
    unpack_packages "$prefix" "${packages[@]}"
    rm -r -- "$prefix/packages"
    link_libraries "$prefix"
    find "$adapter" -maxdepth 1 -type f ! -name server.yaml ! -name '*.jinja' -exec cp -t "$prefix" {} +
}

# A folder is named by the version of one of its packages. Another release of the system has others, and
# what is measured with one must not be called the other.
require_version() {
    local adapter=$1 version=$2 package found=()
    shift 2
    for package in "$@"; do
        found+=("$package $(candidate_version "$package")")
    done
    printf '%s\n' "${found[@]}" | cut -d ' ' -f 2 | grep --fixed-strings --line-regexp --quiet "$version" ||
        fail 1 "$(basename "$adapter")@$version: the packages of this system are others: ${found[*]};" \
            "add a folder and a line to \`versions\` for what it has"
}

# The version that would be installed, without epoch, Debian's revision and marks of removed sources.
candidate_version() {
    apt-cache policy "$1" | sed -nE 's/^ *Candidate: //p' | sed -E 's/^[0-9]+://; s/-[^-]*$//; s/\+(dfsg|ds).*$//'
}

# The packages named, and those that they need and this system does not have.
with_dependencies() {
    local plan
    plan=$(LC_ALL=C apt-get install --simulate --no-install-recommends "$@" 2>&1) ||
        fail 1 "cannot be installed here: $*"$'\n'"$plan"
    {
        printf '%s\n' "$@"
        sed -nE 's/^Inst ([^ ]+) .*/\1/p' <<<"$plan"
    } | sort --unique
}

# Every shared library of the prefix in one folder, for LD_LIBRARY_PATH: packages spread them over folders
# that are named by the architecture or by the server.
link_libraries() {
    local prefix=$1
    mkdir "$prefix/libraries"
    find "$prefix" -path "$prefix/libraries" -prune -o \( -name '*.so' -o -name '*.so.*' \) \
        -exec ln -sf -t "$prefix/libraries" {} +
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
