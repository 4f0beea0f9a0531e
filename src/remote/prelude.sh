# The library that every session gets first; the kinds' functions follow. POSIX sh and coreutils alone.
# mf_nonce is made on the host: no content can hold it by chance, so frames need no escaping.
# Functions of kinds are named KIND_verb. They answer in records (see `record`), read secrets from
# standard input (see `input`) and never from words, and return non-zero with a sentence on failure.
# A line `name() {` begins a function and the next line `}` ends it: only what a request needs is sent.

LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
unset LANGUAGE
umask 077
# A core file would hold secrets. Dash and busybox know -c; elsewhere there is no core to forbid.
# shellcheck disable=SC3045
ulimit -c 0 2>/dev/null || :
mf_stopped=
# shellcheck disable=SC2034 # facts read them
mf_client=${1-} mf_login=${2-}

# ask ID FUNCTION WORD...: one question, framed. It must not write anywhere.
ask() {
    mf_id=$1
    shift
    printf '%s b %s\n' "$mf_nonce" "$mf_id"
    ("$@") </dev/null 2>/dev/null
    mf_status=$?
    printf '\n%s e %s %s\n' "$mf_nonce" "$mf_id" "$mf_status"
}

# step ID FUNCTION WORD...: one step of converging, framed, with what it prints. After a failure all
# further steps are skipped (status 254) until the client starts anew. Functions named shell_… run in
# this very shell, because what they do must outlast the step; the lock's descriptor stays here.
step() {
    mf_id=$1
    shift
    printf '%s b %s\n' "$mf_nonce" "$mf_id"
    mf_status=254
    if [ -z "$mf_stopped" ]; then
        case $1 in
            shell_*) "$@" 2>&1 ;;
            *) ("$@") 2>&1 9>&- ;;
        esac
        mf_status=$?
        [ "$mf_status" -eq 0 ] || mf_stopped=yes
    fi
    printf '\n%s e %s %s\n' "$mf_nonce" "$mf_id" "$mf_status"
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

# fail WORD...: says why, and fails.
fail() {
    printf '%s\n' "$*"
    return 1
}

# paths_observe PATH...: what stands at each path; symlinks are not followed. `/` is asked along, so
# that an answer without it means "not seen", not "absent".
paths_observe() {
    stat --printf='%n\0type=%F\0mode=%a\0owner=%U\0group=%G\0size=%s\0mtime=%Y\0\0' -- / "$@" 2>/dev/null
    return 0
}

# pack ID FUNCTION: the frames that FUNCTION prints, compressed into one frame.
pack() {
    printf '%s b %s\n' "$mf_nonce" "$1"
    "$2" </dev/null | gzip -1
    printf '\n%s e %s %s\n' "$mf_nonce" "$1" 0
}

# survive NAME AFTER FUNCTION WORD...: runs a function as a unit of its own, which goes on when this
# connection is lost; the next run waits for it. What it prints is kept in /run/matrixform/NAME.log and shown
# as it comes. The words of AFTER are called when the unit ends, however it ends.
survive() {
    mf_unit=matrixform-$1.service
    mf_file=/run/matrixform/$1
    mf_after=$2
    shift 2
    # shellcheck disable=SC2086 # they are words
    [ -d /run/systemd/system ] || { ("$@"); mf_status=$?; $mf_after; return "$mf_status"; }
    survivor_await
    # shellcheck disable=SC2174 # /run is always there
    mkdir -p -m 0700 -- /run/matrixform && : >"$mf_file.log" && rm -f -- "$mf_file.status" &&
        printf '%s\n"$@"\n' "$mf_library" >"$mf_file.sh" || return
    systemd-run --quiet --wait --collect --unit="$mf_unit" -p "ExecStopPost=/bin/sh $mf_file.sh ${mf_after:-:}" \
        -p "StandardOutput=append:$mf_file.log" -p "StandardError=append:$mf_file.log" \
        -- /bin/sh "$mf_file.sh" survivor_run "$mf_file.status" "$@" &
    mf_running=$!
    tail -n +1 -f -s 0.1 --pid="$mf_running" -- "$mf_file.log"
    wait "$mf_running" && return
    mf_status=$?
    # An upgrade of libc or systemd can keep systemd from starting what comes after: what counts is
    # how the function itself ended.
    [ "$(cat -- "$mf_file.status" 2>/dev/null)" = 0 ] || return "$mf_status"
    $mf_after
}

# survivor_run FILE FUNCTION WORD...: runs it, and writes down how it ended.
survivor_run() {
    mf_file=$1
    shift
    ("$@")
    mf_status=$?
    printf '%s\n' "$mf_status" >"$mf_file"
    return "$mf_status"
}

# survivor_await: waits for what an earlier run left at work in mf_unit.
survivor_await() {
    systemctl --quiet is-active "$mf_unit" || return 0
    printf 'waiting for %s of an earlier run\n' "$mf_unit"
    while systemctl --quiet is-active "$mf_unit"; do
        sleep 1
    done
}
