# Units after their files are restored: they run, and are enabled, as before.

# The time limit for becoming healthy, and the one for units that were unhealthy before the switch too.
mf_health_seconds=90
mf_ill_seconds=15

# switch_units RUN PART: restores whether its units run and are enabled; those that ran are started on their old files,
# and must be as healthy as when a run was last accepted.
switch_units() {
    mf_told='' mf_down=''
    while read -r mf_unit mf_active mf_enabled mf_invocation; do
        case $mf_done in *" $mf_unit "*) continue ;; esac
        if switch_is_touched "$1" "$mf_unit"; then
            switch_enabled "$mf_unit" "$mf_enabled" || mf_down=yes
        elif [ "$mf_active" = no ] || switch_is_same_run "$mf_unit" "$mf_invocation"; then
            continue
        fi
        mf_done="$mf_done$mf_unit "
        case $mf_active in
            no) continue ;;
            failing)
                systemctl --no-block restart -- "$mf_unit"
                continue
                ;;
        esac
        mf_told="$mf_told $mf_unit"
        printf '%s\n' "starting $mf_unit on its old files"
        switch_restart "$mf_unit" "$2/$mf_unit.read" || { printf '%s\n' "down: $mf_unit"; mf_down=yes; }
    done <"$2/units"
    [ -z "$mf_down" ] || return 1
    [ -n "$mf_told" ] || return 0
    mf_health=/var/lib/matrixform/health/$(cat -- "$2/name")
    [ -r "$mf_health" ] || return 0
    switch_check_health "$(cat -- "$mf_health")" "$2/ill"
}

# switch_check_health CONDITIONS ILL: whether the units in mf_told are healthy by these conditions or, according to the file
# ILL, no worse than before.
switch_check_health() {
    mf_began=$(uptime_seconds) mf_ill=''
    [ ! -f "$2" ] || mf_ill=$(cat -- "$2")
    until mf_output=$(health_ask 20 "$1" 2>&1); do
        [ $? -ne 127 ] || ! mf_program=$(health_missing "$mf_output") || { switch_unchecked; return; }
        mf_took=$(($(uptime_seconds) - mf_began))
        # They first get the time that a start takes. A failure without output could have any cause.
        if [ "$mf_took" -ge "$mf_ill_seconds" ] && [ -n "$mf_ill" ] && [ -n "$mf_output" ]; then
            for mf_unit in $mf_told; do service_unhealthy "$mf_unit"; done
            printf '%s\n' "$mf_output" "on the old files as before the switch, and not healthy before either:$mf_told"
            return 0
        fi
        if [ "$mf_took" -ge "$mf_health_seconds" ]; then
            for mf_unit in $mf_told; do service_unhealthy "$mf_unit"; done
            printf '%s\n' "$mf_output" "not healthy on the old files:$mf_told"
            return 1
        fi
        sleep 0.2
    done
    printf '%s\n' "healthy on the old files:$mf_told"
}

# switch_unchecked: mf_program, which the conditions need, is missing and stays missing. The units must run, and the next
# plan tests them.
switch_unchecked() {
    mf_down=''
    for mf_unit in $mf_told; do
        service_settled "$mf_unit" || { printf '%s\n' "down: $mf_unit"; mf_down=yes; }
        switch_untested "$mf_unit" || return
    done
    [ -z "$mf_down" ] || return 1
    printf '%s\n' "on the old files, not checked because $mf_program is missing:$mf_told"
}

# switch_untested UNIT: marks the files that it has read as untested.
switch_untested() {
    [ -f "$mf_services/$1" ] && read -r mf_line <"$mf_services/$1" || return 0
    case $mf_line in
        *' pending' | *' unhealthy') ;;
        *) service_relabel "$1" "$mf_line pending" ;;
    esac
}

# switch_is_same_run UNIT INVOCATION: it is active and was not restarted in between, so it has read the old files.
switch_is_same_run() {
    systemctl --quiet is-active -- "$1" && [ "$(service_property "$1" InvocationID)" = "$2" ]
}

# switch_enabled UNIT STATE: enables, disables or masks it as before.
switch_enabled() {
    mf_state=$(service_property "$1" UnitFileState)
    [ "${mf_state:-none}" != "$2" ] || return 0
    case $2 in
        enabled) systemctl --quiet enable -- "$1" ;;
        enabled-runtime) systemctl --quiet --runtime enable -- "$1" ;;
        disabled) systemctl --quiet disable -- "$1" ;;
        masked) systemctl --quiet mask -- "$1" ;;
        masked-runtime) systemctl --quiet --runtime mask -- "$1" ;;
    esac
}

# switch_restart UNIT READ: starts it on its old files; if there was a record of the files it had read, restores that
# record, including its pending state.
switch_restart() {
    systemctl reset-failed -- "$1" 2>/dev/null
    if ! switch_systemctl restart "$1" || ! service_settled "$1"; then
        service_failed "$1" restart
        return
    fi
    if [ ! -f "$2" ]; then
        rm -f -- "$mf_services/$1"
        return
    fi
    read -r mf_line <"$2"
    case $mf_line in *' pending') mf_label=' pending' ;; *) mf_label='' ;; esac
    set -- "$1" "$(tail -n +2 -- "$2")"
    mf_name=$1
    mf_ifs=$IFS
    IFS='
'
    set -f
    # shellcheck disable=SC2086 # one path a line
    set -- $2
    set +f
    IFS=$mf_ifs
    service_remember "$mf_name" "$(service_digest "$@")$mf_label" "$@"
}
