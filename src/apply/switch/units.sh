# Units after their files were put back: they run, and are enabled, as they were.

# switch_units RUN PART: the units of it run, and are enabled, as they were; those that ran are started again on their
# old files and must be healthy as they were when a run was last accepted.
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
    mf_until=$(($(date +%s) + 90))
    [ ! -f "$2/ill" ] || mf_until=$((mf_until - 75))
    until mf_said=$(eval "$(cat -- "$mf_health")" 2>&1); do
        # A program that is missing stays so, and says nothing of the units, which run.
        [ $? -ne 127 ] || { printf '%s\n' "running on the old files:$mf_told"; return 0; }
        if [ -f "$2/ill" ] && { [ "$(date +%s)" -ge "$mf_until" ] || [ "$mf_said" = "$(cat -- "$2/ill")" ]; }; then
            printf '%s\n' "$mf_said" "on the old files as before the switch, and not healthy then either:$mf_told"
            return 0
        fi
        if [ "$(date +%s)" -ge "$mf_until" ]; then
            for mf_unit in $mf_told; do service_unhealthy "$mf_unit"; done
            printf '%s\n' "$mf_said" "not healthy on the old files:$mf_told"
            return 1
        fi
        sleep 0.2
    done
    printf '%s\n' "healthy on the old files:$mf_told"
}

# switch_is_same_run UNIT INVOCATION: it runs, and was not started since: it has read the old files.
switch_is_same_run() {
    systemctl --quiet is-active -- "$1" && [ "$(service_property "$1" InvocationID)" = "$2" ]
}

# switch_enabled UNIT STATE: enabled at boot, or masked, as before.
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

# switch_restart UNIT READ: starts it on its old files, and remembers that it has read them if it had before, with what was
# not tested then.
switch_restart() {
    systemctl reset-failed -- "$1" 2>/dev/null
    if ! systemctl restart -- "$1" || ! service_settled "$1"; then
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
