# shellcheck shell=bash
# shellcheck disable=SC2154 # set by the script that reads this
# The Debian 12 to build in: its glibc is the oldest the program must run on. Built once per recipe, then kept.

root_packages=(gcc libc6-dev)

# Builds the root unless it exists, and prints its directory.
root_of() {
    local recipe root
    recipe=$(printf '%s\n' "${root_packages[@]}" && declare -f root_make)
    root=$cache/bookworm-$(printf %s "$recipe" | sha256sum | cut -c1-8)
    (
        flock 8
        [ -e "$root/complete" ] || root_make "$root"
    ) 8>"$root.lock"
    printf %s "$root"
}

root_make() {
    local packages
    say "making a Debian 12 to build in; this is done once"
    rm -rf "$1"
    mkdir -p "$1"
    mirror_deb822 bookworm >"$1/apt.sources"
    packages=$(IFS=,; printf %s "${root_packages[*]}")
    mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" bookworm "$1/fs" "$1/apt.sources" \
        >"$1/log" 2>&1 || {
        tail -n 15 "$1/log" >&2
        fail "Debian 12 cannot be made" "mmdebstrap's last words stand above, all of them in $1/log" \
            "check the mirror (MATRIXFORM_LAB_MIRROR), then try again"
    }
    mkdir -p "$1/fs/rust" "$1/fs/build"
    touch "$1/complete"
}

# root_run ROOT WORK TOOLCHAIN INSIDE COMMAND…: runs it without network and with a read-only root.
root_run() {
    local root=$1 work=$2 toolchain=$3 inside=$4 author
    shift 4
    author=$(git -C "$top" -c log.showSignature=false show -s --format='%an <%ae>' "$commit")
    systemd-nspawn --quiet --register=no --keep-unit --private-network --as-pid2 --read-only --tmpfs=/tmp --timezone=off \
        --resolv-conf=off --link-journal=no --machine="dist-$$" --directory="$root/fs" \
        --bind-ro="$toolchain:/rust" --bind="$work:$inside" --chdir="$inside" \
        --setenv=INSIDE="$inside" --setenv=COMMIT="$commit" --setenv=JOBS="${MATRIXFORM_DIST_JOBS:-}" \
        --setenv=MAINTAINER="${MATRIXFORM_DIST_MAINTAINER:-$author}" --setenv=TZ="${TZ:-UTC}" "$@" </dev/null
}
