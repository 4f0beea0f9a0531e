# shellcheck shell=bash
# The verbs, in the order of the usage text. Each checks its arguments, then works in terms of guest and disk.

verb_up() {
    local name='' suite='' from='' layer
    while [ $# -gt 0 ]; do
        case $1 in
            --suite) suite=${2:-} && shift 2 || fail_usage "--suite wants a suite" ;;
            --from) from=${2:-} && shift 2 || fail_usage "--from wants a snapshot" ;;
            -*) fail_usage "unknown option \`$1\`" ;;
            *) [ -z "$name" ] || fail_usage "one host at a time"; name=$1; shift ;;
        esac
    done
    [[ $name =~ ^[a-z][a-z0-9-]{0,30}$ ]] || fail_usage "\`$name\` is no host name: a-z, 0-9 and -, beginning with a letter"
    stale_clear
    up_is_there "$name" "$suite" "$from" && return
    if [ -n "$from" ]; then
        [ -e "$lab/snapshots/$from/complete" ] || fail "there is no snapshot $from" "\`lab list\` shows those there are" \
            "make it with \`lab snapshot NAME $from\`"
        suite=$(cat "$lab/snapshots/$from/suite")
        layer=snapshots/$from
    else
        suite=${suite:-trixie}
        layer=$(base_of "$suite")
    fi
    network_up
    guest_collect_all
    guest_create "$name" "$suite" "$layer" "$from"
    guest_start "$name"
}

# True if the host is already running as requested. One that is off was left by a killed run and is deleted.
up_is_there() {
    guest_exists "$1" || return 1
    if guest_is_off "$1"; then
        say "clearing what is left of an earlier $1"
        guest_delete "$1"
        return 1
    fi
    [ "$(guest_fact "$1" from)" = "$3" ] && [ "$(guest_fact "$1" suite)" = "${2:-$(guest_fact "$1" suite)}" ] ||
        fail "$1 runs already" "it is a $(guest_fact "$1" suite) host, from \`$(guest_fact "$1" from)\`" "lab down $1 first"
    say "$1 runs already at $(network_address4 "$(guest_fact "$1" number)")"
}

verb_ssh() {
    local user=root name=${1:-}
    [ $# -gt 0 ] && shift
    [[ $name != *@* ]] || { user=${name%%@*} && name=${name#*@}; }
    guest_must_run "$name"
    guest_known_hosts "$name" >"$lab/guests/$name/known_hosts"
    exec ssh -F /dev/null -i "$lab/key" -o IdentitiesOnly=yes -o UserKnownHostsFile="$lab/guests/$name/known_hosts" \
        -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o ConnectTimeout=30 -o LogLevel=ERROR \
        "$user@$(network_address4 "$(guest_fact "$name" number)")" "$@"
}

verb_list() {
    local name state path
    printf '%-20s %-12s %-14s %-8s %-15s %s\n' HOST SUITE FROM STATE ADDRESS4 ADDRESS6
    for name in $(guest_names); do
        state=off
        ! guest_keeper "$name" >/dev/null || state=running
        printf '%-20s %-12s %-14s %-8s %-15s %s\n' "$name" "$(guest_fact "$name" suite)" "$(guest_fact "$name" from)" \
            "$state" "$(network_address4 "$(guest_fact "$name" number)")" "$(network_address6 "$(guest_fact "$name" number)")"
    done
    for path in "$lab"/snapshots/*/complete "$lab"/bases/*/complete; do
        [ ! -e "$path" ] || printf '%s\n' "$(dirname "${path#"$lab"/}")"
    done
}

verb_kill() { guest_must_run "${1:-}"; guest_kill "$1"; say "$1 lost its power"; }
verb_stop() { guest_must_run "${1:-}"; guest_stop "$1"; say "$1 is off"; }

verb_boot() {
    guest_must_exist "${1:-}"
    stale_clear
    guest_is_off "$1" || fail "$1 runs already" "" "lab ssh $1"
    guest_start "$1"
}

# From inside, as an admin would; done when the first process is a new one.
verb_reboot() {
    local old
    guest_must_run "${1:-}"
    old=$(guest_leader "$1")
    guest_ask "$1" systemctl reboot
    await 60 guest_has_other_leader "$1" "$old" || guest_did_not "$1" "reboot within 60 s"
    guest_await "$1"
    say "$1 has rebooted"
}

verb_reset() {
    local name=${1:-}
    guest_must_exist "$name"
    case ${2:-} in
        '') ;;
        --new-host-key) rm -f "$lab/guests/$name"/ssh_host_* ;;
        *) fail_usage "unknown option \`$2\`" ;;
    esac
    stale_clear
    guest_kill "$name"
    guest_collect "$name"
    guest_blank "$name"
    guest_start "$name"
}

# The upper directory becomes the snapshot's layer, and the host continues on top of it.
verb_snapshot() {
    local name=${1:-} snapshot=${2:-} directory was_running=''
    guest_must_exist "$name"
    [[ $snapshot =~ ^[a-z0-9][a-z0-9._-]{0,40}$ ]] || fail_usage "\`$snapshot\` is no name for a snapshot"
    directory=$lab/snapshots/$snapshot
    snapshot_must_be_unused "$snapshot"
    disk_delete "$directory"
    guest_is_off "$name" || was_running=1
    guest_stop "$name"
    disk_unmount "guests/$name"
    guest_collect "$name"
    mkdir -p "$directory"
    guest_fact "$name" lower >"$directory/lower"
    guest_fact "$name" suite >"$directory/suite"
    mv "$lab/guests/$name/upper" "$directory/fs"
    disk_lower "snapshots/$snapshot" >"$lab/guests/$name/lower"
    touch "$directory/complete"
    say "kept $name as snapshot $snapshot"
    [ -z "$was_running" ] || guest_start "$name"
}

verb_forget() {
    [ -n "${1:-}" ] && [ -e "$lab/snapshots/$1/complete" ] || fail "there is no snapshot \`${1:-}\`" "" "lab list"
    snapshot_must_be_unused "$1"
    disk_delete "$lab/snapshots/$1"
}

snapshot_must_be_unused() {
    local users
    users=$({ grep -lF "snapshots/$1/fs" "$lab"/guests/*/lower "$lab"/snapshots/*/lower 2>/dev/null || true; } |
        sed "s|^$lab/||; s|/lower\$||" | xargs)
    [ -z "$users" ] || fail "snapshot $1 is in use" "it lies under $users" "delete those first, or choose another name"
}

# Cuts the power of all hosts before waiting for the first: the kernel takes a while to remove one.
verb_down() {
    local name names
    stale_clear
    if [ "${1:-}" = --all ]; then names=$(guest_names); else names=$*; fi
    [ $# -gt 0 ] || fail_usage "down wants a host or --all"
    for name in $names; do guest_must_exist "$name"; done
    for name in $names; do guest_cut "$name"; done
    for name in $names; do guest_delete "$name"; done
    [ -n "$(guest_names)" ] || network_down
}

verb_build() { say "$(base_of "${1:?SUITE}") is ready"; }

verb_clean() {
    verb_down --all
    disk_delete "$lab"
}

guest_collect_all() {
    local name
    for name in $(guest_names); do guest_collect "$name"; done
}
