# service: a systemd unit that is running, enabled, and up to date with the configuration on disk. For each unit, the
# files that it has read are remembered: one line "INVOCATION DIGEST", then its files, one per line. `pending` follows
# DIGEST until the unit has passed its activation's tests.

mf_services=/var/lib/matrixform/services

# service_observe UNIT...: the state of all units, by one systemctl.
service_observe() {
    # Nothing here is run by systemd (a container): that is an answer.
    [ -d /run/systemd/system ] || return 0
    mf_shown=$(systemctl show --no-pager --timestamp=us+utc -p LoadState -p ActiveState -p Result \
        -p UnitFileState -p InvocationID -p NeedDaemonReload -p MainPID -p ActiveEnterTimestamp \
        -p ExecMainStartTimestamp -- "$@") || return
    mf_running=$(service_programs) || return
    printf '%s\n\n' "$mf_shown" | for mf_unit do
        printf '%s\0' "$mf_unit"
        mf_pid=0
        while IFS= read -r mf_line && [ -n "$mf_line" ]; do
            printf '%s\0' "$mf_line"
            case $mf_line in
                MainPID=*) mf_pid=${mf_line#*=} ;;
            esac
        done
        mf_line=
        [ ! -r "$mf_services/$mf_unit" ] || read -r mf_line <"$mf_services/$mf_unit"
        printf '%s\0' "remembered=$mf_line"
        case $mf_running in
            *"'/proc/$mf_pid/exe' -> '"*)
                mf_program=${mf_running#*"'/proc/$mf_pid/exe' -> '"}
                mf_program=${mf_program%%"
"*}
                printf '%s\0' "exe=${mf_program%"'"}"
                ;;
        esac
        printf '\0'
    done
}

# service_programs: the program of each main process, as `'/proc/PID/exe' -> 'PROGRAM'`, by one stat.
service_programs() {
    set --
    while IFS= read -r mf_line; do
        case $mf_line in
            MainPID=0) ;;
            MainPID=*) set -- "$@" "/proc/${mf_line#*=}/exe" ;;
        esac
    done <<END
$mf_shown
END
    [ $# -eq 0 ] || seen stat -c %N -- "$@"
}

# service_files_observe PATH...: the files that units read and consist of: the type of each path, the time of its last
# change (including a rename or a change of mode; for a link also its target's), and the digest of its contents. `/` is
# always included, so that an answer without it means "not seen".
service_files_observe() {
    seen env TZ=UTC0 stat --printf='%n\0kind=%F\0shown=%N\0changed=%z\0\0' -- / "$@" || return
    for mf_path do
        [ ! -L "$mf_path" ] || printf '%s\0' "$mf_path"
    done | seen env TZ=UTC0 xargs -0 -r stat -L --printf='%n\0target_changed=%z\0\0' -- || return
    mf_sums=$(for mf_path do
        [ ! -f "$mf_path" ] || printf '%s\0' "$mf_path"
    done | digests) || return
    set -f
    IFS='
'
    for mf_sum in $mf_sums; do
        record "${mf_sum#*  }" "sum=${mf_sum%%  *}"
    done
}

# service_digest PATH...: one digest of names, types, link targets and contents. Missing files are omitted, so that
# their creation or removal changes the digest. The client computes the same from the output of `service_files_observe`.
service_digest() {
    mf_sum=$({
        stat -c '%F %N' -- "$@"
        service_contents "$@"
    } 2>/dev/null | sha256sum)
    printf '%s\n' "${mf_sum%% *}"
}

# service_contents PATH...: digests of the regular files among them, including link targets.
service_contents() {
    mf_count=$#
    while [ "$mf_count" -gt 0 ]; do
        [ ! -f "$1" ] || set -- "$@" "$1"
        shift
        mf_count=$((mf_count - 1))
    done
    [ $# -eq 0 ] || sha256sum -- "$@"
}

# service_property UNIT NAME: one property's value.
service_property() {
    systemctl show -p "$2" --value -- "$1"
}

# service_loaded UNIT: whether systemd has loaded the unit as it is on disk.
service_loaded() {
    if [ "$(service_property "$1" LoadState)" != loaded ] ||
        [ "$(service_property "$1" NeedDaemonReload)" = yes ]; then
        systemctl daemon-reload || return
    fi
    case $(service_property "$1" LoadState) in
        loaded) ;;
        masked) fail "$1 is masked: \`systemctl unmask $1\` allows it to start" ;;
        not-found) fail "there is no unit $1 on this host" ;;
        *) fail "systemd cannot load $1: $(service_property "$1" LoadError)" ;;
    esac
}

# service_reread: makes systemd load all units as they are on disk.
service_reread() {
    [ ! -d /run/systemd/system ] || systemctl daemon-reload
}

# service_enable UNIT YES|NO: whether it starts at boot; YES also unmasks it.
service_enable() {
    if [ "$2" = no ]; then
        systemctl --quiet disable -- "$1"
        return
    fi
    case $(service_property "$1" UnitFileState) in
        masked) systemctl --quiet unmask -- "$1" || return ;;
        masked-runtime) systemctl --quiet --runtime unmask -- "$1" || return ;;
    esac
    service_loaded "$1" || return
    # An alias cannot be enabled, but the unit behind it can.
    systemctl --quiet enable -- "$(service_property "$1" Id)"
}

# service_guard UNIT PATH...: fails if a file is missing that the unit must not create on its own (a key that is its
# identity).
service_guard() {
    mf_unit=$1
    shift
    for mf_path; do
        [ -e "$mf_path" ] || { fail "$mf_unit is not started: $mf_path is missing"; return; }
    done
}

# service_stop UNIT
service_stop() {
    systemctl stop -- "$1" || service_failed "$1" stop
}

# service_converge UNIT start|reload|restart TIMEOUT MEMBER...: makes it run what is on disk, waits until it does, and
# records that, as pending until `service_accept`. TIMEOUT (seconds) ends the wait, not the start; 0 = systemd's own.
service_converge() {
    mf_unit=$1 mf_effect=$2 mf_timeout=$3
    shift 3
    # Taken before the unit reads the files: a later change must be detected.
    mf_digest=$(service_digest "$@")
    service_loaded "$mf_unit" || return
    mf_verb=$(service_verb "$mf_unit" "$mf_effect")
    [ "$mf_verb" != none ] || return 0
    if [ "$mf_verb" = start ]; then
        # A unit that failed too often does not start again until this is reset.
        systemctl reset-failed -- "$mf_unit" 2>/dev/null
    fi
    if service_run "$mf_timeout" "$mf_verb" "$mf_unit" && service_settled "$mf_unit"; then
        [ $# -eq 0 ] || service_remember "$mf_unit" "$mf_digest pending" "$@"
    else
        service_failed "$mf_unit" "$mf_verb"
    fi
}

# service_verb UNIT EFFECT: the systemctl verb. A unit that is not running can only be started; one that is still
# starting may have read the old files; a running one is not started.
service_verb() {
    case $(service_property "$1" ActiveState)-$2 in
        inactive-* | failed-* | deactivating-* | activating-start) echo start ;;
        *-start) echo none ;;
        activating-* | *-restart) echo restart ;;
        *-reload)
            if [ "$(service_property "$1" CanReload)" = yes ] && service_reopens "$1"; then
                echo reload
            else
                echo restart
            fi
            ;;
    esac
}

# service_reopens UNIT: at a reload sshd reopens its ports, and exits if systemd holds them for it. A restart takes them
# over; sessions continue.
service_reopens() {
    [ "$1" != ssh.service ] || ! systemctl --quiet is-active -- ssh.socket
}

# service_run TIMEOUT VERB UNIT: systemctl waits for the unit to become ready.
service_run() {
    if [ "$1" -gt 0 ]; then
        timeout "$1" systemctl "$2" -- "$3"
    else
        systemctl "$2" -- "$3"
    fi
}

# service_settled UNIT: it is running, or was a job that succeeded. A unit that does not signal readiness counts as
# started before its program has read anything, so it gets a moment to fail.
service_settled() {
    case $(service_property "$1" Type) in
        simple | exec | idle) sleep 0.5 ;;
    esac
    case $(service_property "$1" ActiveState) in
        active | reloading | refreshing) ;;
        inactive)
            [ "$(service_property "$1" Type)" = oneshot ] &&
                [ "$(service_property "$1" Result)" = success ] ;;
        *) return 1 ;;
    esac
}

# service_remember UNIT DIGEST MEMBER...: records that this run of the unit has read these files.
service_remember() {
    mf_invocation=$(service_property "$1" InvocationID)
    [ -n "$mf_invocation" ] || return 0
    mf_target=$mf_services/$1
    { mkdir -p -- "$mf_services" && mf_new=$(mktemp -- "$mf_services/.new.XXXXXXXXXX"); } || { unwritten "$mf_target"; return; }
    mf_digest=$2
    shift 2
    printf '%s\n' "$mf_invocation $mf_digest" "$@" >"$mf_new" && sync -- "$mf_new" &&
        mv -fT -- "$mf_new" "$mf_target" && sync -- "$mf_services" && return
    unwritten "$mf_target"
    rm -f -- "$mf_new"
    return 1
}

# service_accept UNIT...: marks the files as tested. A run that is interrupted before this leaves them pending, so that
# the next run applies and tests them again.
service_accept() {
    for mf_unit do
        [ -f "$mf_services/$mf_unit" ] || continue
        read -r mf_line <"$mf_services/$mf_unit"
        [ "${mf_line% pending}" = "$mf_line" ] || service_relabel "$mf_unit" "${mf_line% pending}" || return
    done
}

# service_unhealthy UNIT: this run of the unit does not behave as its files say, so it has not read them.
service_unhealthy() {
    [ -f "$mf_services/$1" ] && read -r mf_line <"$mf_services/$1" || return 0
    service_relabel "$1" "${mf_line%% *} unhealthy"
}

# service_relabel UNIT LINE: replaces the first line of the record.
service_relabel() {
    mf_new=$(mktemp -- "$mf_services/.new.XXXXXXXXXX") || { unwritten "$mf_services/$1"; return; }
    { printf '%s\n' "$2" && tail -n +2 -- "$mf_services/$1"; } >"$mf_new" && sync -- "$mf_new" &&
        mv -fT -- "$mf_new" "$mf_services/$1" && sync -- "$mf_services" && return
    unwritten "$mf_services/$1"
    rm -f -- "$mf_new"
    return 1
}

# service_gave_up UNIT: whether it has failed, or fails repeatedly.
service_gave_up() {
    case $(service_property "$1" ActiveState)/$(service_property "$1" SubState) in
        failed/* | */auto-restart | */auto-restart-queued) ;;
        *) return 1 ;;
    esac
}

# service_failed UNIT VERB: prints its state, its drop-ins from others, and the last messages of this start only, and
# fails.
service_failed() {
    printf '%s\n' "\`systemctl $2 $1\` failed: the unit is $(service_property "$1" ActiveState)" \
        "($(service_property "$1" SubState), $(service_property "$1" Result))"
    for mf_drop_in in $(service_property "$1" DropInPaths); do
        printf '%s\n' "it has the drop-in $mf_drop_in"
    done
    printf '%s\n' 'its last log lines:'
    service_log "$1"
    return 1
}

# service_log UNIT: the last messages of this start, its own and systemd's. journald knows the unit of each line, but the
# invocation only if it could read /proc before the process ended: a unit that fails at once is missing there.
service_log() {
    mf_invocation=$(service_property "$1" InvocationID)
    # Recent messages may not be on disk yet.
    journalctl --sync 2>/dev/null
    # systemd's first message of this start; the unit's own may come some milliseconds before it.
    mf_begun=$(journalctl --no-pager --quiet -o short-unix "INVOCATION_ID=${mf_invocation:-none}" |
        LC_ALL=C awk '{ printf "%.3f", $1 - 0.05; exit }')
    set -- "_SYSTEMD_UNIT=$(service_property "$1" Id)"
    [ -n "$mf_begun" ] || set -- "_SYSTEMD_INVOCATION_ID=${mf_invocation:-none}"
    journalctl --no-pager --quiet -o cat -n 15 ${mf_begun:+--since="@$mf_begun"} "$1" + \
        "INVOCATION_ID=${mf_invocation:-none}"
}
