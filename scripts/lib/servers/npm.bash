# shellcheck shell=bash
# Servers from the npm registry: `npm ci` of the lock file, the program beside node_modules.

install_npm() {
    local adapter=$1 version=$2 prefix=$3
    command -v npm >/dev/null || install_packages nodejs npm
    cp "$adapter/$version"/* "$adapter"/*.*js "$prefix"
    (cd "$prefix" && run_quietly npm ci --ignore-scripts --no-audit --no-fund)
}
