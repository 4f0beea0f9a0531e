# shellcheck shell=bash
# Requirements of this machine: root, a few packages, overlayfs. Nothing is installed unless asked for.

# command:package
machine_needs=(
    mmdebstrap:mmdebstrap systemd-nspawn:systemd-container ip:iproute2 nft:nftables ssh:openssh-client
    openssl:openssl nsenter:util-linux flock:util-linux pgrep:procps sysctl:procps mount:mount
)

machine_ready() {
    [ "$(id -u)" = 0 ] || fail "the lab needs root" \
        "it mounts file systems, makes network links and boots hosts" "run it again with sudo"
    local missing
    missing=$(machine_missing)
    [ -z "$missing" ] || machine_install "$missing"
    grep -qw overlay /proc/filesystems || modprobe -q overlay || fail "this kernel has no overlayfs" \
        "a host's disk is an overlay over its base" "load the module overlay, or use another machine"
    mkdir -p "$lab"
    machine_key
}

machine_missing() {
    local need packages=''
    for need in "${machine_needs[@]}"; do
        command -v "${need%%:*}" >/dev/null || packages="$packages ${need##*:}"
    done
    [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || packages="$packages debian-archive-keyring"
    printf '%s' "${packages# }"
}

machine_install() {
    command -v apt-get >/dev/null || fail "packages are missing: $1" "this machine has no apt-get" \
        "install them with its own package manager, or use a Debian or Ubuntu machine"
    [ -n "$install" ] || fail "packages are missing: $1" "the lab boots its hosts with them" \
        "apt-get install -y --no-install-recommends $1   (or run \`lab --install …\`)"
    say "installing $1"
    # shellcheck disable=SC2086 # a list of package names
    machine_apt update && machine_apt install -y --no-install-recommends $1 || fail "installing $1 failed" \
        "apt-get's own words stand above" "run apt-get update, then try again"
}

machine_apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 "$@" >&2; }

# The lab's client key, and the password for the user whose sudo asks for one; made once.
machine_key() {
    [ -e "$lab/key" ] && [ -e "$lab/password.hash" ] && return
    (
        flock 9
        [ -e "$lab/key" ] || ssh-keygen -q -t ed25519 -N '' -C matrixform-lab -f "$lab/key"
        [ -e "$lab/password" ] || (umask 077 && openssl rand -hex 8 >"$lab/password")
        [ -e "$lab/password.hash" ] && exit
        (umask 077 && openssl passwd -6 -stdin <"$lab/password" >"$lab/password.hash.new")
        mv "$lab/password.hash.new" "$lab/password.hash" # last: it is looked for without the lock
    ) 9>"$lab/lock"
}
