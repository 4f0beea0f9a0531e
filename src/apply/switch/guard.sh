# switch: everything that a run changes as one. It runs as a separate unit, and ends either applied or in the previous
# state, whether or not a client listens. This file runs it; the other files are, in the order of their dependencies:
# journal, health, undo, units.

mf_switch_unit=matrixform-switch.service
mf_switch_file=/run/matrixform/switch

# guard END <SCRIPT: runs a script of switch_step and switch_end as a separate unit, and prints its output, which
# consists of frames. If it ends without the frame END, guard prints that frame.
guard() {
    mf_end=$1
    mf_script=$(input) || mf_script=
    run_directory && : >"$mf_switch_file.log" && rm -f -- "$mf_switch_file.status"
    [ ! -e "$mf_lost" ] || mf_stopped=lost
    mf_status=
    if [ -z "$mf_stopped" ] && [ -n "$mf_script" ] && [ -f "$mf_switch_file.log" ]; then
        switch_run >"$mf_switch_file.err" 2>&1 &
        mf_running=$!
        mf_script=
        (tail -n +1 -f -s 0.1 --pid="$mf_running" -- "$mf_switch_file.log") 9>&-
        ! wait "$mf_running" || mf_status=0
    fi
    # It may have been impossible to write the status, so the unit's own end counts too.
    [ ! -s "$mf_switch_file.status" ] || read -r mf_status <"$mf_switch_file.status"
    [ "$mf_status" = 0 ] || mf_stopped=yes
    if [ ! -s "$mf_switch_file.status" ]; then
        printf '\n%s b %s\n' "$mf_nonce" "$mf_end"
        [ "$mf_status" = 0 ] || switch_orphan
        printf '\n%s e %s %s\n' "$mf_nonce" "$mf_end" "$mf_status"
    fi
    rm -f -- "$mf_switch_file.err"
}

# switch_run: runs the unit to its end, even if the program that waits for it ends early. Succeeds if the switch was
# accepted.
switch_run() {
    switch_start && return
    mf_status=$?
    while unit_at_work "$mf_switch_unit"; do
        sleep 0.2
    done
    return "$mf_status"
}

# switch_orphan: undoes what a unit left that did not run to its end; mf_status is the outcome.
switch_orphan() {
    mf_why="the unit $mf_switch_unit did not run to its end"
    printf '%s\n' "$mf_why"
    cat -- "$mf_switch_file.err"
    (switch_undo) 2>&1
    mf_status=$?
    switch_note "$mf_status" "$mf_why"
}

# switch_start: passes the script through a pipe, because it contains secrets. Without systemd, it runs in a separate
# session, which holds the lock until it ends. Its exit status is the outcome of `switch_end`, or 3 without one.
switch_start() {
    mf_runs="mf_all=\$(cat); exec </dev/null >>$mf_switch_file.log 2>&1; eval \"\$mf_all\"; exit \"\${mf_outcome:-3}\""
    if [ -d /run/systemd/system ]; then
        # Neither the OOM killer nor a stop ends it half-way. A stop uses a signal of its own: a child that is being
        # forked loses a signal that its parent traps, and TERM is needed for the time limit of steps.
        switch_text | systemd-run --quiet --pipe --collect --unit="$mf_switch_unit" -p OOMPolicy=continue \
            -p KillMode=mixed -p KillSignal=SIGUSR2 -p TimeoutStopSec=180 --description='matrixform: a switch, which ends applied or as it was before' -- /bin/sh -c "$mf_runs" 9>&-
    else
        switch_text | setsid -w /bin/sh -c "$mf_runs"
    fi
}

# switch_text: the library, and the script that uses it, called by its last line: of a truncated text nothing runs.
switch_text() {
    # shellcheck disable=SC2154 # the client sets the library's text
    printf '%s\n' "mf_nonce=$mf_nonce" 'mf_text() {' "cat <<'MF_LIBRARY'" "$mf_library" MF_LIBRARY '}'
    # shellcheck disable=SC2016 # the shell that reads it expands it
    printf '%s\n' 'mf_library=$(mf_text)' 'eval "$mf_library"' "trap 'mf_stopped=\${mf_stopped:-it was asked to stop}' USR2" \
        'mf_switch() {' "$mf_script" '}' 'mf_switch'
}

# switch_step ID SAYS UNIT SECONDS FUNCTION WORD...: one step of a switch, framed. After a failure, the remaining steps
# are skipped. UNIT is the unit that it starts, stops or reloads, or `-`. A step that takes longer than SECONDS is ended
# (status 124).
switch_step() {
    [ -z "$mf_stopped" ] || return 0
    mf_id=$1 mf_says=$2
    # shellcheck disable=SC2034 # a purge asks
    mf_in_switch=yes
    [ "$3" = - ] || switch_touch "$3"
    mf_limit=$4
    shift 4
    printf '%s b %s\n' "$mf_nonce" "$mf_id"
    watch "$mf_limit" 2>/dev/null
    (mark && "$@") 2>&1 9>&-
    mf_status=$?
    ! unwatch || mf_status=124
    [ "$mf_status" -eq 0 ] || mf_stopped=$mf_says
    printf '\n%s e %s %s\n' "$mf_nonce" "$mf_id" "$mf_status"
}

# switch_end ID: accepts the switch, or undoes it, framed. Records the outcome for later runs.
switch_end() {
    printf '%s b %s\n' "$mf_nonce" "$1"
    if [ -z "$mf_stopped" ]; then
        mf_status=0
        # A status of its own: nothing is undone.
        (switch_accept) 2>&1 || mf_status=9
    else
        (switch_undo) 2>&1
        mf_status=$?
    fi
    switch_note "$mf_status" "$mf_stopped"
    # shellcheck disable=SC2034 # the unit's shell returns it
    mf_outcome=$mf_status
    printf '\n%s e %s %s\n' "$mf_nonce" "$1" "$mf_status"
}

# switch_note STATUS WHY: records the outcome for the waiting client and, if a step failed, for later runs.
switch_note() {
    printf '%s\n' "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$2" >"$mf_switch_file.status"
    # If the disk is full, there is no record; the message about the cause has to do.
    [ -z "$2" ] || cp -- "$mf_switch_file.status" /var/lib/matrixform/switch.ended 2>/dev/null ||
        rm -f -- /var/lib/matrixform/switch.ended
}
