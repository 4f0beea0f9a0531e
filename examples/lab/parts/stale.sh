# shellcheck shell=bash
# Leftovers from killed runs of this lab. Only those with the lab's tag or in its directory are removed, each by its own
# id.

# Ends hosts without a record, and deletes half-made directories.
stale_clear() {
    local pid machine name
    for pid in $(pgrep -x systemd-nspawn || true); do
        # A process that ends in the meantime is skipped.
        machine=$({ tr '\0' '\n' <"/proc/$pid/cmdline"; } 2>/dev/null | sed -nE "s/^--machine=($bridge-[0-9]+)\$/\1/p") || continue
        [ -n "$machine" ] || continue
        ! stale_is_child "$pid" || continue
        ! stale_is_kept "$pid" "${machine##*-}" || continue
        say "ending a host that a killed run left (process $pid)"
        kill -KILL "$(process_leader "$pid" || echo "$pid")" 2>/dev/null || true
    done
    (
        flock 9
        for name in "$lab"/guests/*/; do
            name=$(basename "$name")
            guest_exists "$name" || [ "$name" = '*' ] || { say "clearing a half-made host $name" && disk_delete "$lab/guests/$name"; }
        done
    ) 9>"$lab/lock"
}

# While a host boots, nspawn has children that are still called nspawn: their parent is the one to ask about.
stale_is_child() {
    local parent
    parent=$(sed -n 's/^PPid:[[:blank:]]*//p' "/proc/$1/status" 2>/dev/null) || return 0
    [ "$(cat "/proc/$parent/comm" 2>/dev/null)" = systemd-nspawn ]
}

stale_is_kept() {
    local name
    for name in $(guest_names); do
        [ "$(guest_fact "$name" number)" != "$2" ] || [ "$(guest_nspawn "$name")" != "$1" ] || return 0
    done
    return 1
}
