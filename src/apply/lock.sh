# lock: one run at a time, for as long as its client is alive. The lock is held by a file descriptor of the run's
# working shell, so it ends with that shell. The shell reads from a relay, which also receives the client's heartbeats.

mf_lock=/var/lib/matrixform/lock
mf_alive=/run/matrixform/alive
mf_lost=/run/matrixform/lost

# run_observe: the run that holds the host, and what earlier runs left: active units, an unfinished switch, and the
# outcome of the last one if no client was there to receive it.
run_observe() {
    record / state=there
    if mf_pid=$(lock_holder); then
        record holder "text=$(lock_says "$mf_pid")"
    fi
    run_units_at_work
    for mf_unit in $mf_at_work; do
        record "unit/$mf_unit" state=active
    done
    for mf_path in "$mf_switches"/[0-9]*; do
        [ ! -d "$mf_path" ] || record switch "path=$mf_path"
    done
    for mf_path in "$mf_switches"/.new.*; do
        [ ! -d "$mf_path" ] || record unkept "path=$mf_path"
    done
    [ ! -r /var/lib/matrixform/switch.ended ] ||
        record ended "text=$(head -c 4096 /var/lib/matrixform/switch.ended)"
}

# lock_survivors: waits for the units of an earlier run that are still active.
lock_survivors() {
    run_units_at_work
    for mf_unit in $mf_at_work; do
        mf_unit=matrixform-$mf_unit.service
        survivor_await
    done
    # A check that no client waits for need not finish.
    stage_drop
}

# lock_holder: the process that holds the host for a run; fails if there is none.
lock_holder() {
    # During a redirection, the descriptor briefly has another number.
    [ -r "$mf_holder" ] && read -r mf_pid _ <"$mf_holder" && [ -d "/proc/$mf_pid" ] &&
        [ -n "$(find "/proc/$mf_pid/fd" -lname "$mf_lock" 2>/dev/null)" ] && printf '%s\n' "$mf_pid"
}

# lock_says PID: which run it is, since when, and how to end it.
lock_says() {
    read -r _ _ mf_since mf_who <"$mf_holder"
    mf_heard=
    if [ -e "$mf_alive" ]; then
        mf_heard=", last heard of $(($(date +%s) - $(stat -c %Y -- "$mf_alive"))) s ago"
    fi
    printf '%s\n' "$mf_who, since $(date -u -d "@$mf_since" +%H:%M:%S) UTC$mf_heard; to end it, on the host: kill $1"
}

# lock_hold ID WAIT SECONDS WHO: takes the host for this run, framed; status 0, or 6 if another run holds it. This shell
# then becomes the relay: it reads lines `d BYTES`, followed by that many bytes for the working shell, and `h`, a
# heartbeat. After SECONDS without either, steps that have not begun are dropped; a switch in progress ends on its own.
lock_hold() {
    mf_wait=$2 mf_seconds=$3 mf_who="$4${mf_client:+ from ${mf_client%% *}}"
    printf '%s b %s\n' "$mf_nonce" "$1"
    lock_take 2>&1
    mf_status=$?
    if [ "$mf_status" -ne 0 ]; then
        printf '\n%s e %s %s\n' "$mf_nonce" "$1" "$mf_status"
        return
    fi
    # The client sends nothing more before the frame ends, so this shell has read nothing ahead. It closes the lock's
    # descriptor, so that only the working shell holds the lock.
    exec 4<&0
    (lock_relay) <&4 4<&- 9>&- | (lock_work "$1") 4<&- &
    exec 4<&- 9>&- </dev/null
    wait
    exit
}

# lock_take: takes the lock, and waits for units of an earlier run that are still active.
lock_take() {
    state_directory && run_directory && (: >>"$mf_lock") || return
    exec 9>>"$mf_lock"
    while ! flock -n 9; do
        mf_pid=$(lock_holder) && mf_says=$(lock_says "$mf_pid") || mf_says='a step of an earlier run that is still running'
        [ "$mf_wait" = yes ] || { printf '%s\n' "held by $mf_says"; return 6; }
        [ "${mf_pid:-none}" = "$mf_told" ] || printf '%s\n' "waiting for $mf_who: held by $mf_says"
        mf_told=${mf_pid:-none}
        flock -w 5 9 && break
    done
    lock_await_group
    # These files of an ended run are no longer valid.
    rm -rf -- "$mf_lost" "$mf_holder" "$mf_switch_ill" "$mf_early"
    : >"$mf_alive" || return
    lock_survivors
}

# lock_await_group: the lock is free as soon as the working shell of another run was killed; its relay ends the step that
# was running within seconds.
lock_await_group() {
    read -r _ _ _ _ mf_group _ </proc/self/stat
    [ -r "$mf_holder" ] && read -r _ mf_other _ <"$mf_holder" && [ "$mf_other" != "$mf_group" ] || return 0
    mf_turns=0
    while kill -0 "-$mf_other" 2>/dev/null && [ "$mf_turns" -lt 25 ]; do
        sleep 0.2
        mf_turns=$((mf_turns + 1))
    done
}

# lock_relay: reads input for the working shell.
lock_relay() {
    read -r mf_relay _ _ _ mf_group _ </proc/self/stat
    lock_watch "$mf_relay" "$mf_group" >/dev/null 2>&1 &
    mf_watch=$!
    mf_beats=0
    while read -r mf_kind mf_size; do
        case $mf_kind in
            d) head -c "$mf_size" ;;
            h) ;;
            *) break ;;
        esac
        mf_beats=$((mf_beats + 1))
        printf '%s\n' "$mf_beats" >"$mf_alive"
    done
    kill "$mf_watch" 2>/dev/null
    # No client waits for a check any more.
    stage_drop >/dev/null 2>&1
}

# lock_work ID: the working shell behind the relay. It holds the lock, and reports that.
lock_work() {
    read -r mf_pid _ _ _ mf_group _ </proc/self/stat
    lock_record_holder "$mf_pid" "$mf_group" "$mf_who" || exit
    printf '\n%s e %s %s\n' "$mf_nonce" "$1" 0
    # shellcheck disable=SC1091 # the client's requests
    . /dev/stdin
}

# lock_is_ours GROUP: whether the run that holds the host is the one with this process group.
lock_is_ours() {
    lock_holder >/dev/null && read -r _ mf_group _ <"$mf_holder" && [ "$mf_group" = "$1" ]
}

# lock_watch RELAY GROUP: counts seconds instead of reading the clock, which may jump. If someone kills the working
# shell, the relay ends as well, even if another run has taken the host by then.
lock_watch() {
    mf_last='' mf_silent=0 mf_sleep='' mf_held=
    # No process of it may outlive the run: it would keep the login open.
    trap 'kill "$mf_sleep" 2>/dev/null; exit' TERM
    while kill -0 "$1" 2>/dev/null; do
        sleep 1 &
        mf_sleep=$!
        wait "$mf_sleep"
        if lock_is_ours "$2"; then
            mf_held=yes
        elif [ -n "$mf_held" ] || [ -r "$mf_holder" ]; then
            # The running step ends too; it would otherwise continue without a lock.
            kill "$1"
            sleep 1
            kill -KILL "-$2"
        fi
        mf_beat=$(cat -- "$mf_alive")
        if [ "$mf_beat" = "$mf_last" ]; then mf_silent=$((mf_silent + 1)); else mf_silent=0; fi
        mf_last=$mf_beat
        [ "$mf_silent" -lt "$mf_seconds" ] || break
    done
    kill -0 "$1" 2>/dev/null || return
    : >"$mf_lost"
    kill "$1"
    # The step in progress may end; then all shells of this run are killed, which releases the lock.
    sleep 2
    kill -KILL "-$2"
}

# run_await: waits until no other run holds the host, and no unit of an earlier one is active.
run_await() {
    mf_told=
    while mf_pid=$(lock_holder); do
        [ "$mf_told" = "$mf_pid" ] || printf '%s\n' "waiting: the host is held by $(lock_says "$mf_pid")"
        mf_told=$mf_pid
        sleep 0.5
    done
    lock_survivors
}

# run_clean_up DIRECTORY...: the host is as in the spec, so the remains of earlier runs are obsolete: their journal, and
# leftovers in these directories.
run_clean_up() {
    switch_discard && leftovers_clear "$@" && rm -f -- /var/lib/matrixform/switch.ended
}
