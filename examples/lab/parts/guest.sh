# shellcheck shell=bash
# A host by name: its facts in guests/NAME, its processes, its start and stop. keeper (a loop) → systemd-nspawn → leader
# (the host's first process). Each is found through its parent, never by name.

guest_fact() { [ ! -e "$lab/guests/$1/$2" ] || cat "$lab/guests/$1/$2"; }
guest_set() { printf '%s\n' "$3" >"$lab/guests/$1/$2"; }
guest_exists() { [ -e "$lab/guests/$1/number" ]; }
guest_names() { find "$lab" -mindepth 3 -maxdepth 3 -path "$lab/guests/*/number" -printf '%h\n' | sed 's|.*/||' | sort; }

guest_must_exist() {
    [[ $1 =~ ^[a-z][a-z0-9-]{0,30}$ ]] || fail_usage "\`$1\` is no host name: a-z, 0-9 and -, beginning with a letter"
    guest_exists "$1" || fail "there is no host $1" "\`lab list\` shows those there are" "lab up $1"
}

guest_must_run() { guest_must_exist "$1"; guest_keeper "$1" >/dev/null || fail "$1 is off" "it was stopped or killed" "lab boot $1"; }

# The keeper's id, if that process is running and still the same: ids are reused, start times are not.
guest_keeper() {
    local pid started
    { read -r pid started <"$lab/guests/$1/keeper"; } 2>/dev/null || return 1
    [ "$(process_started "$pid")" = "$started" ] && echo "$pid"
}

# Field 22 of stat; the name before it may contain spaces. A zombie that was not reaped yet has ended.
process_started() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    read -ra stat <<<"${stat##*) }"
    [ "${stat[0]}" = Z ] || echo "${stat[19]}"
}

guest_nspawn() { local keeper; keeper=$(guest_keeper "$1") && pgrep -P "$keeper" -x systemd-nspawn; }

# nspawn's child that is process 1 of its own namespace.
guest_leader() {
    local nspawn
    nspawn=$(guest_nspawn "$1") && process_leader "$nspawn"
}

process_leader() {
    local child
    for child in $(pgrep -P "$1"); do
        grep -qE '^NSpid:.*\s1$' "/proc/$child/status" 2>/dev/null && echo "$child" && return
    done
    return 1
}

# The lowest free number from 11 on; 10 is reserved for demo, so that a written spec can contain its address.
guest_number() {
    local number
    [ "$1" != demo ] || { echo 10 && return; }
    for number in $(seq 11 250); do
        grep -qxF "$number" "$lab"/guests/*/number 2>/dev/null || { echo "$number" && return; }
    done
    fail "240 hosts exist" "a lab has no more addresses" "lab down --all"
}

# guest_create NAME SUITE LAYER [FROM]
guest_create() {
    local name=$1
    (
        flock 9
        mkdir -p "$lab/guests/$name"
        guest_set "$name" suite "$2"
        guest_set "$name" layer "$3"
        guest_set "$name" from "${4:-}"
        guest_set "$name" number "$(guest_number "$name")"
    ) 9>"$lab/lock"
    guest_blank "$name"
}

# Deletes the upper directory, leaving the layer that the host was made from.
guest_blank() {
    local name=$1 layer
    layer=$(guest_fact "$name" layer)
    disk_unmount "guests/$name"
    rm -rf "$lab/guests/$name/upper" "$lab/guests/$name/work"
    disk_lower "$layer" >"$lab/guests/$name/lower"
    disk_cache_seed "$(guest_fact "$name" suite)" "$lab/guests/$name/upper"
    disk_mount "guests/$name" "$(guest_fact "$name" lower)"
    identity_write "$name"
}

guest_start() {
    local name=$1 directory=$lab/guests/$1 number began=$EPOCHREALTIME
    number=$(guest_fact "$name" number)
    network_up
    disk_mount "guests/$name" "$(guest_fact "$name" lower)"
    rm -f "$directory/keeper"
    mkdir -p "$lab/cache/pip"
    setsid "$here/parts/keeper" "$directory" "$bridge-$number" \
        systemd-nspawn --quiet --boot --directory="$directory/root" --machine="$bridge-$number" --hostname="$name" \
        --register=no --keep-unit --network-bridge="$bridge" --resolv-conf=off --timezone=off --link-journal=no \
        --bind="$lab/cache/pip:/root/.cache/pip" \
        </dev/null >>"$directory/console.log" 2>&1 7>&- 8>&- 9>&- &
    guest_await "$name"
    say "$name runs at $(network_address4 "$number") (ready in $(elapsed "$began") s)"
}

elapsed() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'; }

# Waits until sshd answers and the host reports the end of its start-up.
guest_await() {
    local name=$1 state
    await 20 guest_has_leader_or_died "$name" && guest_leader "$name" >/dev/null || guest_did_not "$name" boot
    await 60 guest_greets "$name" || guest_did_not "$name" "answer on port 22 within 60 s"
    state=$(guest_ask "$name" timeout 60 systemctl is-system-running --wait || true)
    [ "$state" = running ] || say "warning: $name is $state: $(guest_ask "$name" systemctl --failed --plain --no-legend | cut -d' ' -f1 | xargs)"
}

guest_has_other_leader() { local now; now=$(guest_leader "$1") && [ "$now" != "$2" ]; }

guest_has_leader_or_died() { guest_leader "$1" >/dev/null || { [ -e "$lab/guests/$1/keeper" ] && ! guest_keeper "$1" >/dev/null; }; }

guest_greets() {
    local line
    { read -r -t 2 line <"/dev/tcp/$(network_address4 "$(guest_fact "$1" number)")/22"; } 2>/dev/null && [[ $line == SSH-* ]]
}

guest_did_not() {
    tail -n 15 "$lab/guests/$1/console.log" >&2
    fail "$1 did not $2" "its console's last lines stand above, all of them in $lab/guests/$1/console.log" "lab down $1, then lab up $1"
}

# Runs a command inside without ssh.
guest_ask() {
    local leader
    leader=$(guest_leader "$1") || return 1
    shift
    nsenter --target "$leader" --all -- "$@"
}

guest_is_off() { ! guest_keeper "$1" >/dev/null; }

guest_stop() {
    local nspawn
    nspawn=$(guest_nspawn "$1") || return 0
    kill -TERM "$nspawn"
    await 40 guest_is_off "$1" || fail "$1 did not power off within 40 s" "something in it does not stop" "lab kill $1"
}

guest_cut() {
    local pid
    ! pid=$(guest_leader "$1") || kill -KILL "$pid" 2>/dev/null || true
}

guest_kill() {
    local pid
    guest_cut "$1"
    await 10 guest_is_off "$1" || { ! pid=$(guest_nspawn "$1") || kill -KILL "$pid"; }
    await 10 guest_is_off "$1" || fail "$1 does not die" "its keeper $(guest_keeper "$1") is still there" "look at \`ps\`"
}

guest_delete() {
    ! guest_exists "$1" || guest_kill "$1"
    guest_collect "$1"
    disk_delete "$lab/guests/$1"
}

guest_collect() { ! guest_exists "$1" || disk_cache_collect "$(guest_fact "$1" suite)" "$lab/guests/$1/upper"; }
