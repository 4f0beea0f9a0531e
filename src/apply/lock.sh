# lock: one run at a time, for as long as it is heard of. The lock is a descriptor of the shell that works for the run, so
# it ends with it. That shell reads from a relay, which hears the client's signs of life as well.

mf_lock=/var/lib/matrixform/lock
mf_holder=/run/matrixform/holder
mf_alive=/run/matrixform/alive
mf_lost=/run/matrixform/lost

# run_observe: who holds the host, and what earlier runs left: units at work, a switch that did not end, and what came of
# the last one when nobody was there to hear it.
run_observe() {
    record / state=there
    if mf_pid=$(lock_holder); then
        record holder "text=$(lock_says "$mf_pid")"
    fi
    for mf_unit in switch apt venv rebuild; do
        ! lock_at_work "matrixform-$mf_unit.service" || record "unit/$mf_unit" state=active
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

# lock_at_work UNIT: it has processes; without a question to systemd.
lock_at_work() {
    [ -d "/sys/fs/cgroup/system.slice/$1" ] || [ -d "/sys/fs/cgroup/systemd/system.slice/$1" ]
}

# lock_survivors: waits for what an earlier run left at work.
lock_survivors() {
    for mf_unit in switch apt venv rebuild; do
        mf_unit=matrixform-$mf_unit.service
        ! lock_at_work "$mf_unit" || survivor_await
    done
    # What nobody waits for need not end.
    stage_drop
}

# lock_holder: the process that holds the host for a run; fails when none does.
lock_holder() {
    # A redirection moves the descriptor for a moment.
    [ -r "$mf_holder" ] && read -r mf_pid _ <"$mf_holder" && [ -d "/proc/$mf_pid" ] &&
        [ -n "$(find "/proc/$mf_pid/fd" -lname "$mf_lock" 2>/dev/null)" ] && printf '%s\n' "$mf_pid"
}

# lock_says PID: who that is, since when, and how to end it.
lock_says() {
    read -r _ mf_since mf_who <"$mf_holder"
    mf_heard=
    if [ -e "$mf_alive" ]; then
        mf_heard=", last heard of $(($(date +%s) - $(stat -c %Y -- "$mf_alive"))) s ago"
    fi
    printf '%s\n' "$mf_who, since $(date -u -d "@$mf_since" +%H:%M:%S) UTC$mf_heard; to end it, on the host: kill $1"
}

# lock_hold ID WAIT SECONDS WHO: takes the host for this run, framed: 0, or 6 while another one has it. Then this shell
# becomes the relay: lines `d BYTES` with so many bytes for the shell behind it, and `h`, a sign of life. When none came
# for SECONDS, what has not begun is dropped; a switch under way ends by itself.
lock_hold() {
    mf_wait=$2 mf_seconds=$3 mf_who="$4${mf_client:+ from ${mf_client%% *}}"
    printf '%s b %s\n' "$mf_nonce" "$1"
    lock_take 2>&1
    mf_status=$?
    if [ "$mf_status" -ne 0 ]; then
        printf '\n%s e %s %s\n' "$mf_nonce" "$1" "$mf_status"
        return
    fi
    # The client sends nothing more before the frame ends, so this shell has read nothing ahead. It lets go of the lock,
    # which is the working shell's alone.
    exec 4<&0
    (lock_relay) <&4 4<&- 9>&- | (lock_work "$1") 4<&- &
    exec 4<&- 9>&- </dev/null
    wait
    exit
}

# lock_take: what an earlier run left at work is waited for.
lock_take() {
    state_folder && run_folder && (: >>"$mf_lock") || return
    exec 9>>"$mf_lock"
    while ! flock -n 9; do
        mf_pid=$(lock_holder) && mf_says=$(lock_says "$mf_pid") || mf_says='a step of an earlier run that is still running'
        [ "$mf_wait" = yes ] || { printf '%s\n' "held by $mf_says"; return 6; }
        [ "$mf_says" = "$mf_told" ] || printf '%s\n' "waiting for $mf_who: held by $mf_says"
        mf_told=$mf_says
        flock -w 5 9 && break
    done
    # What an ended run left of itself names nobody.
    rm -rf -- "$mf_lost" "$mf_holder" "$mf_switch_ill"
    : >"$mf_alive" || return
    lock_survivors
}

# lock_relay: reads for the shell behind.
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
    # Nobody waits for a check any more.
    stage_drop >/dev/null 2>&1
}

# lock_work ID: the shell behind the relay. It holds the lock, and says that it does.
lock_work() {
    read -r mf_pid _ </proc/self/stat
    printf '%s\n' "$mf_pid $(date +%s) $mf_who" >"$mf_holder.new" && mv -fT -- "$mf_holder.new" "$mf_holder" || exit
    printf '\n%s e %s %s\n' "$mf_nonce" "$1" 0
    # shellcheck disable=SC1091 # the client's requests
    . /dev/stdin
}

# lock_watch RELAY GROUP: counts seconds, not the clock, which may jump. Someone may end the working shell by hand: then
# the relay goes as well.
lock_watch() {
    mf_last='' mf_silent=0 mf_sleep=
    # Nothing of it outlives the run: a login would not be over before.
    trap 'kill "$mf_sleep" 2>/dev/null; exit' TERM
    while kill -0 "$1" 2>/dev/null; do
        sleep 1 &
        mf_sleep=$!
        wait "$mf_sleep"
        if [ -r "$mf_holder" ] && ! lock_holder >/dev/null; then
            # Its step goes with it, or it would go on without a lock.
            kill "$1"
            sleep 1
            kill -KILL -- "-$2"
        fi
        mf_beat=$(cat -- "$mf_alive")
        if [ "$mf_beat" = "$mf_last" ]; then mf_silent=$((mf_silent + 1)); else mf_silent=0; fi
        mf_last=$mf_beat
        [ "$mf_silent" -lt "$mf_seconds" ] || break
    done
    kill -0 "$1" 2>/dev/null || return
    : >"$mf_lost"
    kill "$1"
    # The step under way may end; then all of this run's shells go, and the lock with them.
    sleep 2
    kill -KILL -- "-$2"
}

# run_await: until no other run holds the host, and nothing of an earlier one is at work.
run_await() {
    mf_told=
    while mf_pid=$(lock_holder); do
        [ "$mf_told" = "$mf_pid" ] || printf '%s\n' "waiting: the host is held by $(lock_says "$mf_pid")"
        mf_told=$mf_pid
        sleep 0.5
    done
    lock_survivors
}

# run_settle FOLDER...: the host is as described, so what an earlier run left is needed no more: its journal, and what lies
# about in these folders.
run_settle() {
    switch_discard && leftovers_clear "$@" && rm -f -- /var/lib/matrixform/switch.ended
}
