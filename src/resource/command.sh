# command: for whatever no other kind can describe.

# command_observe (NAME CHECK USER ENVIRONMENT SECONDS)...: the exit status of each check. They run in parallel.
command_observe() {
    mf_checks=
    mf_count=$#
    while [ "$mf_count" -gt 0 ]; do
        command_run "$2" "$3" "$4" "$5" </dev/null >/dev/null 2>&1 &
        mf_checks="$mf_checks $!"
        set -- "$@" "$1"
        shift 5
        mf_count=$((mf_count - 5))
    done
    for mf_check in $mf_checks; do
        wait "$mf_check"
        record "$1" "status=$?"
        shift
    done
}

# command_run COMMAND USER ENVIRONMENT SECONDS <INPUT: ENVIRONMENT has one NAME=VALUE per line.
command_run() {
    mf_command=$1 mf_user=$2 mf_variables=$3 mf_limit=$4
    umask 022
    cd / || return
    set -f
    IFS='
'
    # shellcheck disable=SC2086 # one word per line, and no patterns
    set -- $mf_variables timeout -k 5 "$mf_limit" /bin/sh -c "$mf_command"
    unset IFS
    set +f
    if [ "$mf_user" = root ]; then
        input | env -- "$@"
    else
        mf_group=$(id -g -- "$mf_user") || return
        input | setpriv --reset-env --reuid="$mf_user" --regid="$mf_group" --init-groups -- env -- "$@"
    fi
}
