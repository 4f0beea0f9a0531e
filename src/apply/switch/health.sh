# Whether a switch succeeded: checks in place, a new login, and its acceptance.

mf_login_file=/run/matrixform/login
mf_switch_ill=/run/matrixform/ill

# switch_check COMMAND: runs a checker on files that are in place but not in effect yet.
switch_check() {
    /bin/sh -c "$1"
}

# switch_look NAME: records the output of the activation's health conditions before the switch, if they do not hold: a
# rollback need not do better. It runs in parallel with the check. A single failure proves nothing, and one without
# output, or due to a missing program, could have any cause.
switch_look() {
    mf_health=/var/lib/matrixform/health/$1
    [ -r "$mf_health" ] && mkdir -p -- "$mf_switch_ill" && rm -f -- "$mf_switch_ill/$1" || return 0
    for mf_try in 1 2 3; do
        [ "$mf_try" = 1 ] || sleep 1.5
        mf_output=$(health_ask 20 "$(cat -- "$mf_health")" 2>&1)
        case $? in
            0 | 127) return 0 ;;
            124) break ;;
        esac
    done
    [ -z "$mf_output" ] || printf '%s\n' "$mf_output" >"$mf_switch_ill/$1"
}

# switch_look_at PROGRAM NAME...: switch_look for all of these; PROGRAM must be installed, unless it is `-`.
switch_look_at() {
    [ "$1" = - ] || stage_needs "$1" || return
    shift
    for mf_name do
        switch_look "$mf_name" </dev/null >&2 &
    done
    wait
}

# switch_login SECONDS: waits until a new login has left this run's word (login_confirm).
switch_login() {
    mf_until=$(($(uptime_seconds) + $1))
    until [ -r "$mf_login_file" ] && [ "$(cat -- "$mf_login_file")" = "$mf_nonce" ]; do
        [ "$(uptime_seconds)" -lt "$mf_until" ] || { fail "no new login succeeded within $1 s"; return; }
        sleep 0.2
    done
    rm -f -- "$mf_login_file"
}

# login_confirm WORD: confirms to the run with this word that a new login succeeded as root.
login_confirm() {
    run_directory && printf '%s\n' "$1" >"$mf_login_file.new" &&
        mv -fT -- "$mf_login_file.new" "$mf_login_file"
}

# switch_accept: the new health conditions and watched paths take effect, and the journal is discarded.
switch_accept() {
    mkdir -p -- /var/lib/matrixform/health "$mf_watches" || return
    for mf_run in $(switch_runs); do
        for mf_directory in "$mf_run"/part-*; do
            mf_name=$(cat -- "$mf_directory/name")
            # A resource without an activation has nothing to accept.
            case $mf_name in */*) continue ;; esac
            [ ! -f "$mf_directory/health" ] || mv -fT -- "$mf_directory/health" "/var/lib/matrixform/health/$mf_name" || return
            rm -f -- "$mf_watches/$mf_name"
            [ ! -f "$mf_directory/watched" ] || mv -fT -- "$mf_directory/watched" "$mf_watches/$mf_name" || return
        done
    done
    switch_discard
}
