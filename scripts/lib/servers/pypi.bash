# shellcheck shell=bash
# Servers from PyPI: a virtual environment, the program beside it.

install_pypi() {
    local adapter=$1 version=$2 prefix=$3
    python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3 python3-venv
    cp "$adapter/$version"/* "$prefix"
    find "$adapter" -maxdepth 1 -type f -name '*.py' -exec cp -t "$prefix" {} +
    python3 -m venv "$prefix/venv"
    run_quietly "$prefix/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps \
        --requirement "$prefix/requirements.txt"
}
