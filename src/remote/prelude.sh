# The library that every session gets first; the kinds' functions follow. Only POSIX sh and coreutils. mf_nonce is
# created on the host: no content can contain it by chance, so frames need no escaping. Functions of kinds are named
# KIND_verb. They answer in records (see `record`), read secrets only from standard input (see `input`), never from
# arguments, and return non-zero with a message on failure. A line `name() {` begins a function and the next line `}`
# ends it: only the functions that a request needs are sent.

LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
unset LANGUAGE
umask 077
# A core file would contain secrets. Dash and busybox support -c; other shells write no core.
# shellcheck disable=SC3045
ulimit -c 0 2>/dev/null || :
mf_stopped=
# The status of a failed step that has changed nothing.
# shellcheck disable=SC2034 # steps return it
mf_nothing_changed=75
# The status of a failed step that has changed a part of what it changes.
# shellcheck disable=SC2034 # steps return it
mf_partly_changed=76
# shellcheck disable=SC2034 # facts read them
mf_client=${1-} mf_login=${2-}

# ask ID FUNCTION WORD...: one question, framed. It must not write anything, and does not inherit the lock's descriptor:
# what a check leaves in the background would hold the host. If it fails, a second frame with the same
# ID contains the end of its standard error. After one that was killed, the others of its lane are not asked (status
# 254): the timer has expired.
ask() {
    mf_id=$1
    shift
    printf '%s b %s\n' "$mf_nonce" "$mf_id"
    {
        mf_output='not asked' mf_status=254
        [ -n "$mf_killed" ] || {
            mf_output=$(mark && "$@" 2>&1 >&3 3>&- </dev/null 9>&-)
            mf_status=$?
        }
    } 3>&1
    [ "$mf_status" -le 128 ] || mf_killed=yes
    printf '\n%s e %s %s\n' "$mf_nonce" "$mf_id" "$mf_status"
    [ "$mf_status" -eq 0 ] || printf '%s b %s\n%s\n%s e %s 0\n' "$mf_nonce" "$mf_id" \
        "$(printf %s "$mf_output" | tail -c 2048)" "$mf_nonce" "$mf_id"
}

# step ID SECONDS FUNCTION WORD...: one step of a change, framed, with its output. After a failure all further steps are
# skipped (status 254), and so are those of a run that lost contact for too long. A step that takes longer than SECONDS
# is killed (status 124). It does not inherit the lock's descriptor.
step() {
    mf_id=$1 mf_limit=$2
    shift 2
    printf '%s b %s\n' "$mf_nonce" "$mf_id"
    mf_status=254
    [ ! -e "$mf_lost" ] || mf_stopped=lost
    if [ -z "$mf_stopped" ]; then
        watch "$mf_limit" 2>/dev/null
        (mark && "$@") 2>&1 9>&-
        mf_status=$?
        ! unwatch || mf_status=124
        [ "$mf_status" -eq 0 ] || mf_stopped=yes
    fi
    printf '\n%s e %s %s\n' "$mf_nonce" "$mf_id" "$mf_status"
}

# resume: allows steps after a failed one, to record the result.
resume() {
    [ "$mf_stopped" != yes ] || mf_stopped=
}

# mark: gives this process a name by which `overdue` finds it, whatever it is waiting for: mf, a part of the nonce,
# mf_id.
mark() {
    { printf 'mf%s:%s' "${mf_nonce%%-*}" "$mf_id" >/proc/self/comm; } 2>/dev/null || :
}

# uptime_seconds: the whole seconds since the host started, for time limits: its clock may be set meanwhile.
uptime_seconds() {
    read -r mf_uptime _ </proc/uptime && printf '%s\n' "${mf_uptime%.*}"
}

# watch SECONDS: starts a timer that kills all marked processes. One for a whole batch of questions, since each costs
# two processes. It exits when the shell that started it has gone, and holds neither its lock nor its output.
watch() {
    {
        trap 'kill "$!" 2>/dev/null; exit 1' TERM
        mf_left=$1
        while [ "$mf_left" -gt 0 ]; do
            kill -0 "$$" || exit
            sleep "$((mf_left < 5 ? mf_left : 5))" 2>/dev/null &
            wait "$!"
            mf_left=$((mf_left - 5))
        done
        trap '' TERM
        overdue
    } </dev/null >/dev/null 9>&- &
    mf_watch=$!
}

# unwatch: stops the timer; succeeds if it had already expired.
unwatch() {
    kill "$mf_watch" 2>/dev/null
    wait "$mf_watch" 2>/dev/null
}

# overdue: prints the ids of all processes still marked, and kills them with all their children. A process that waits
# for a hanging disk cannot be killed.
overdue() {
    mf_all=$(overdue_all)
    # shellcheck disable=SC2086 # numbers
    kill $mf_all 2>/dev/null
    sleep 2
    # shellcheck disable=SC2086
    kill -s KILL $mf_all 2>/dev/null
    return 0
}

# overdue_all: the marked processes and their children; on standard error, their ids.
overdue_all() {
    for mf_process in /proc/[0-9]*; do
        mf_comm=
        { read -r mf_comm <"$mf_process/comm"; } 2>/dev/null
        case $mf_comm in
            "mf${mf_nonce%%-*}":*)
                printf 'matrixform: overdue %s\n' "${mf_comm#*:}" >&2
                family "${mf_process#/proc/}"
                ;;
        esac
    done
}

# family PROCESS: it and all its descendants.
family() {
    printf '%s\n' "$1"
    mf_children=
    { read -r mf_children <"/proc/$1/task/$1/children"; } 2>/dev/null || :
    for mf_child in $mf_children; do
        family "$mf_child"
    done
}

# seen COMMAND WORD...: queries many items with one program. A missing item is an answer; any other error message is a
# failure.
seen() {
    {
        mf_output=$("$@" 2>&1 >&3 3>&-)
        mf_status=$?
    } 3>&1
    [ "$mf_status" -ne 0 ] || return 0
    [ -n "$mf_output" ] || return "$mf_status"
    while IFS= read -r mf_row; do
        case $mf_row in
            *': No such file or directory' | *': Not a directory' | *': Too many levels of symbolic links') ;;
            *': no packages found matching '*) ;;
            *)
                printf '%s\n' "$mf_output" >&2
                return "$mf_status"
                ;;
        esac
    done <<END
$mf_output
END
}

# digests <PATH NUL...: a line `DIGEST  PATH` for each of these files; missing ones have none. The pipeline's own status
# would be that of `tr`.
digests() {
    mf_digests=$({ seen timeout 60 xargs -0 -r sha256sum -z -- || printf 'failed %s' "$?"; } | tr '\0' '\n')
    mf_failed=${mf_digests##*"
"}
    case $mf_failed in
        'failed '*) return "${mf_failed#failed }" ;;
    esac
    [ -z "$mf_digests" ] || printf '%s\n' "$mf_digests"
}

# beginning LIMIT PATH FLAGS: the first LIMIT bytes of a file, encoded. FLAGS are added to dd's.
beginning() {
    {
        mf_failed=$({ { peek "$2" "$1" "${3-}" || echo failed >&3; } | base64 -w 0 >&4; } 3>&1)
    } 4>&1
    [ -z "$mf_failed" ]
}

# tools_observe TOOL...: prints those that are missing on this host.
tools_observe() {
    for mf_tool; do
        command -v "$mf_tool" >/dev/null || record "$mf_tool" missing=yes
    done
}

# user_number: the effective user's number, as printed by `id -u`, without a program.
user_number() {
    while read -r mf_word _ mf_number _; do
        [ "$mf_word" != Uid: ] || { printf '%s\n' "$mf_number"; return; }
    done </proc/self/status
}

# record KEY FIELD=VALUE...: one record of an answer.
record() {
    printf '%s\0' "$@"
    printf '\0'
}

# input: the decoded standard input of a step.
input() {
    base64 -d
}

# fail WORD...: prints the reason, and fails.
fail() {
    printf '%s\n' "$*"
    return 1
}

# unwritten PATH: fails, and explains why PATH could not be written. Call it before cleaning up, which would free space.
unwritten() {
    mf_place=${1%/*}
    until [ -d "$mf_place/" ]; do mf_place=${mf_place%/*}; done
    fail "could not write $1$(unwritten_because "$1" "$mf_place/")"
}

# unremoved PATH, unchanged PATH: the same for a path that could not be removed, or given another owner or mode.
unremoved() {
    fail "could not remove $1$(unwritten_because "$1" "${1%/*}/")"
}
unchanged() {
    fail "could not change $1$(unwritten_because "$1" "${1%/*}/")"
}

# unwritten_because PATH DIRECTORY: the cause, as far as the disk shows it. Some file systems do not count inodes; a
# path that root cannot write on a writable file system is immutable.
unwritten_because() {
    read -r mf_free mf_total mf_inodes mf_mount <<END
$(df -k --output=avail,itotal,iavail,target -- "$2" 2>/dev/null | tail -n 1)
END
    case $mf_free,$mf_total,$mf_inodes in
        [0-3],*) printf ': no space left on %s (100 %% full)' "$mf_mount" ;;
        *,[1-9]*,0) printf ': no inodes left on %s: there are too many files' "$mf_mount" ;;
    esac
    for mf_path in "$1" "${2%/}"; do
        if [ ! -e "$mf_path" ] || [ -L "$mf_path" ] || [ -w "$mf_path" ]; then continue; fi
        if [ -n "$mf_mount" ] && mounted_ro "$mf_mount"; then
            printf ': %s is mounted read-only' "$mf_mount"
        elif [ "$(id -u)" = 0 ]; then
            printf ': %s is immutable (chattr -i allows changes)' "$mf_path"
        fi
        return
    done
}

# mounted_ro POINT: whether the file system mounted there is read-only.
mounted_ro() {
    mf_options=
    while read -r _ mf_point _ mf_all _; do
        [ "$mf_point" != "$1" ] || mf_options=$mf_all
    done </proc/mounts
    case $mf_options in ro | ro,*) ;; *) return 1 ;; esac
}

# paths_observe PATH...: the type and attributes of each path; symlinks are not followed. `/` is always included, so
# that an answer without it means "not seen", not "absent".
paths_observe() {
    seen stat --printf='%n\0type=%F\0mode=%a\0owner=%U\0group=%G\0size=%s\0mtime=%Y\0\0' -- / "$@"
}

# pack ID FUNCTION SECONDS: compresses the frames that FUNCTION prints into one frame. If it takes longer, it is killed,
# and the status is 124.
pack() {
    mf_killed=
    printf '%s b %s\n' "$mf_nonce" "$1"
    watch "$3"
    "$2" </dev/null 9>&- | gzip -1 9>&-
    if unwatch; then mf_status=124; else mf_status=0; fi
    printf '\n%s e %s %s\n' "$mf_nonce" "$1" "$mf_status"
}

# run_directory: creates the directory for this boot's files of runs, accessible to root only.
run_directory() {
    # shellcheck disable=SC2174 # /run is always there
    mkdir -p -m 0700 -- /run/matrixform
}

# survive NAME AFTER FUNCTION WORD...: runs a function as a unit of its own, which survives the loss of this connection;
# the next run waits for it. Its output is kept in /run/matrixform/NAME.log and shown as it arrives. AFTER is a command
# that systemd runs once the unit has ended, for whatever reason.
survive() {
    mf_unit=matrixform-$1.service
    mf_file=/run/matrixform/$1
    mf_after=$2
    shift 2
    # shellcheck disable=SC2086 # they are words
    [ -d /run/systemd/system ] || { ("$@"); mf_status=$?; $mf_after; return "$mf_status"; }
    survivor_follow
    survivor_files || return
    survivor_start --wait "$@" &
    mf_running=$!
    tail -n +1 -f -s 0.1 --pid="$mf_running" -- "$mf_file.log"
    wait "$mf_running" && return
    mf_status=$?
    # An upgrade of libc or systemd can keep systemd from starting ExecStopPost: the function's own status is what
    # counts.
    [ "$(cat -- "$mf_file.status" 2>/dev/null)" = 0 ] || return "$mf_status"
    $mf_after
}

# survive_begin NAME FUNCTION WORD...: starts such a unit and does not wait for it: `survive` with the same name does,
# and calls its function again. Without systemd, that does all of the work.
survive_begin() {
    mf_unit=matrixform-$1.service
    mf_file=/run/matrixform/$1
    mf_after=
    shift
    [ -d /run/systemd/system ] && ! survivor_lives || return 0
    survivor_files && survivor_start --no-block "$@"
}

# survivor_files: creates the files of mf_unit.
survivor_files() {
    run_directory && : >"$mf_file.log" && rm -f -- "$mf_file.status" &&
        printf '%s\n"$@"\n' "$mf_library" >"$mf_file.sh"
}

# survivor_start OPTION FUNCTION WORD...: starts mf_unit, with an option of systemd-run. It ends before the time limit of
# the step that waits for it: a maintainer script that hangs does not hold the host.
survivor_start() {
    mf_option=$1
    shift
    case $mf_unit in
        matrixform-rebuild.service) mf_most=24h ;;
        *) mf_most=59min ;;
    esac
    systemd-run --quiet "$mf_option" --collect --unit="$mf_unit" -p "RuntimeMaxSec=$mf_most" \
        -p "ExecStopPost=/bin/sh $mf_file.sh survivor_ended $mf_after" \
        -p "StandardOutput=append:$mf_file.log" -p "StandardError=append:$mf_file.log" \
        -- /bin/sh "$mf_file.sh" survivor_run "$mf_file.status" "$@"
}

# survivor_ended WORD...: says so if systemd ended the unit, and does what comes after it.
survivor_ended() {
    [ "${SERVICE_RESULT-}" != timeout ] || echo 'ended: it took longer than its time limit'
    "$@"
}

# survivor_run FILE FUNCTION WORD...: runs it, and records its status.
survivor_run() {
    mf_file=$1
    shift
    ("$@")
    mf_status=$?
    printf '%s\n' "$mf_status" >"$mf_file"
    return "$mf_status"
}

# survivor_follow: shows the output of mf_unit, if an earlier step began it, until its program ends.
survivor_follow() {
    survivor_lives || return 0
    mf_running=$(systemctl show -p MainPID --value -- "$mf_unit")
    case $mf_running in
        '' | 0 | *[!0-9]*) ;;
        *) tail -n +1 -f -s 0.1 --pid="$mf_running" -- "$mf_file.log" ;;
    esac
    # systemd has yet to clean up after it.
    while survivor_lives; do
        sleep 0.1
    done
}

# survivor_await: waits for an earlier run's mf_unit to end.
survivor_await() {
    survivor_lives || return 0
    printf 'waiting for %s of an earlier run\n' "$mf_unit"
    while survivor_lives; do
        sleep 1
    done
}

# survivor_lives: whether mf_unit is there. It has no other state than these when it has ended.
survivor_lives() {
    case $(systemctl show -p ActiveState --value -- "$mf_unit") in '' | inactive | failed) return 1 ;; esac
}
