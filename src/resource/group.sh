# group: a group exists.

# group_observe NAME...: those that exist. root is asked along: without it nothing was seen.
group_observe() {
    getent group -- root "$@" | while IFS=: read -r mf_group _ mf_gid _; do
        record "$mf_group" "gid=$mf_gid"
    done
}

# group_make NAME --system|''
group_make() {
    getent group -- "$1" >/dev/null || groupadd ${2:+"$2"} -- "$1"
}
