# shellcheck shell=bash
# A host's disk: an overlay of its own upper directory over its layers (bases, snapshots). Layers are named relative to
# the lab's directory, which keeps the mount's options short and lets the directory be moved.

# disk_lower LAYER: the layer and all those below it, as overlayfs expects them.
disk_lower() {
    printf '%s/fs' "$1"
    [ ! -e "$lab/$1/lower" ] || printf ':%s' "$(cat "$lab/$1/lower")"
}

# disk_mount DIRECTORY LOWER: DIRECTORY holds upper, work and root. Volatile, without syncs: a host is disposable.
disk_mount() {
    ! disk_is_mounted "$1" || return 0
    mkdir -p "$lab/$1/upper" "$lab/$1/work" "$lab/$1/root"
    rm -rf "$lab/$1/work/work/incompat"
    (cd "$lab" && mount -t overlay "matrixform-lab-$tag" \
        -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work,volatile" "$1/root") ||
        fail "mounting the disk in $1 failed" "mount's own words stand above; $lab must not be on an overlay itself" \
            "set MATRIXFORM_LAB_DIR to a directory on a plain file system"
}

disk_is_mounted() { mountpoint -q "$lab/$1/root"; }

disk_unmount() {
    ! disk_is_mounted "$1" || umount "$lab/$1/root" 2>/dev/null || umount --lazy "$lab/$1/root"
}

# disk_delete PATH: never deletes through a mount left by a killed run.
disk_delete() {
    local mount
    while read -r mount; do
        umount "$mount" 2>/dev/null || umount --lazy "$mount"
    done < <(awk -v path="$1/" 'index($5, path) == 1 { print $5 }' /proc/self/mountinfo | tac)
    rm -rf --one-file-system "$1"
}

# The package cache is a pool of hard links: a host starts with links to everything downloaded by hosts of its suite,
# and its own downloads are linked back. Nothing is shared while apt runs, so there is no lock contention. noble-like
# shares trixie's packages.
disk_pool() { printf "%s" "$lab/cache/apt/${1/#noble-like/trixie}"; }

disk_cache_seed() {
    local archives=$2/var/cache/apt/archives
    mkdir -p "$(disk_pool "$1")" "$archives"
    find "$(disk_pool "$1")" -name '*.deb' -exec ln -f -t "$archives" {} +
}

disk_cache_collect() {
    local archives=$2/var/cache/apt/archives
    [ ! -d "$archives" ] || find "$archives" -maxdepth 1 -name '*.deb' -exec cp -lnt "$(disk_pool "$1")" {} + 2>/dev/null || true
}
