# group: a group exists.

# group_observe NAME...: prints those that exist. Always queries root too: without it, nothing was seen.
group_observe() {
    mf_seen=$(getent group -- root "$@") || [ $? -eq 2 ] || return # 2: some are not there
    printf '%s\n' "$mf_seen" | while IFS=: read -r mf_group _ mf_gid _; do
        record "$mf_group" "gid=$mf_gid"
    done
}

# group_make NAME --system|''
group_make() {
    getent group -- "$1" >/dev/null || groupadd ${2:+"$2"} -- "$1"
}
