# shellcheck shell=bash
# shellcheck disable=SC2154 # set by the script that reads this
# Messages, and checks of this machine's requirements.

say() { printf 'dist: %s\n' "$*" >&2; }

# fail WHAT WHY DO
fail() {
    printf 'dist: error: %s\n  why: %s\n  do:  %s\n' "$1" "$2" "$3" >&2
    exit 69
}

ready() {
    local need missing=''
    [ "$(id -u)" = 0 ] || fail "the build needs root" "it makes a Debian 12 and builds inside of it" "run it again with sudo"
    for need in mmdebstrap:mmdebstrap systemd-nspawn:systemd-container git:git; do
        command -v "${need%%:*}" >/dev/null || missing="$missing ${need##*:}"
    done
    [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing="$missing debian-archive-keyring"
    [ -z "$missing" ] || fail "packages are missing:$missing" "the build uses them" \
        "apt-get install -y --no-install-recommends$missing"
    command -v cargo >/dev/null || fail "there is no cargo" "the program is written in Rust" "install it: https://rustup.rs"
    git -C "$top" rev-parse --quiet --verify HEAD >/dev/null ||
        fail "$top is no git checkout" "a commit is built, and named by \`--version\`" "clone the repository"
}
