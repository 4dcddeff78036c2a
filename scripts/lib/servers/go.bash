# shellcheck shell=bash
# Servers written in Go: one binary, built from the program and the go.mod of a version.

install_go() {
    local adapter=$1 version=$2 prefix=$3
    command -v go >/dev/null || install_packages golang-go
    mkdir "$prefix/source"
    cp "$adapter/$version"/go.* "$adapter"/*.go "$prefix/source"
    (cd "$prefix/source" && run_quietly go build -o ../server .)
}
