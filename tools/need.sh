# Sourced by the other tools: what they need of the machine, and how it gets there.
# shellcheck shell=bash

# Prints what is being done, to standard error: standard output belongs to the programs started.
say() {
    printf '» %s\n' "$*" >&2
}

# Says why it cannot go on, and ends the script.
give_up() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# Installs Debian packages. Only called when something is missing, so that a machine which has
# everything needs neither apt nor the network.
install_packages() {
    command -v apt-get >/dev/null || give_up "needs these Debian packages or their like: $*"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || give_up "needs sudo, or that somebody installs: $*"
        as_root=(sudo)
    fi
    say "installing $*"
    local get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    # The package lists of a fresh machine are missing, those of an old one out of date.
    "${get[@]}" update >&2 || say "the package lists could not be renewed; trying with the old ones"
    "${get[@]}" install --yes --no-install-recommends "$@" >&2
}

# need COMMAND PACKAGE [COMMAND PACKAGE]…: installs, in one go, the packages whose command is missing.
need() {
    local missing=()
    while [ $# -gt 0 ]; do
        command -v "$1" >/dev/null || missing+=("$2")
        shift 2
    done
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

# Rust is not installed behind anybody's back; but a shell that has not read rustup's settings is helped.
need_rust() {
    if ! command -v cargo >/dev/null && [ -f "${CARGO_HOME:-$HOME/.cargo}/env" ]; then
        # shellcheck disable=SC1091 # written by rustup
        . "${CARGO_HOME:-$HOME/.cargo}/env"
    fi
    command -v cargo >/dev/null || give_up "needs Rust 1.95 or newer: https://rustup.rs"
}

# Builds the pages, which the program takes in when it is compiled: only if what they are made of has changed.
build_pages() {
    need node nodejs npm npm
    if [ ! -f web/node_modules/.package-lock.json ] || [ web/package-lock.json -nt web/node_modules/.package-lock.json ]; then
        say "fetching what the pages are built with"
        npm --prefix web ci --no-audit --no-fund --loglevel=error >&2
        touch web/node_modules/.package-lock.json
    fi
    if [ ! -f web/dist/index.html ] || [ -n "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -newer web/dist/index.html -type f -print -quit)" ]; then
        say "building the pages"
        npm --prefix web run --silent build >&2
    fi
}
