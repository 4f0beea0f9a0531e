# activations: stage, validate, switch, health. The lock of a run.

# lock_take: one apply at a time. The lock belongs to this shell and ends with it.
lock_take() {
    mkdir -p -m 0700 -- /var/lib/matrixform && exec 9>>/var/lib/matrixform/lock || return
    flock -n 9 || fail "another run of matrixform holds this host"
}

# activation_stage FOLDER... <SCRIPT: runs a script of steps and checks in a private mount namespace
# in which each folder is an overlay: real paths, nothing left behind, secrets in memory alone.
activation_stage() {
    # shellcheck disable=SC2154 # the client sets the library's text
    {
        printf 'mf_nonce=%s\n%s\n' "$mf_nonce" "$mf_library"
        input
    } | unshare -m -- /bin/sh -c '
        stage=/mnt
        mount -t tmpfs -o mode=0700 matrixform "$stage" || exit 125
        number=0
        for folder do
            number=$((number + 1))
            upper=$stage/$number-upper work=$stage/$number-work
            mkdir -p -- "$upper" "$work" &&
                chmod --reference="$folder" -- "$upper" && chown --reference="$folder" -- "$upper" &&
                mount -t overlay -o "lowerdir=$folder,upperdir=$upper,workdir=$work" matrixform "$folder" || exit 125
        done
        exec /bin/sh -s' sh "$@"
}

# stage_check USER COMMAND: a checker, as a user.
stage_check() {
    if [ "$1" = root ]; then
        /bin/sh -c "$2"
    else
        setpriv --reuid="$1" --regid="$(id -g -- "$1")" --init-groups -- /bin/sh -c "$2"
    fi
}

# health_await SECONDS <SCRIPT: runs the conditions until all hold.
health_await() {
    mf_conditions=$(input)
    mf_until=$(($(date +%s) + $1))
    while :; do
        mf_said=$(eval "$mf_conditions" 2>&1) && return 0
        if [ "$(date +%s)" -ge "$mf_until" ]; then
            printf '%s\n' "$mf_said"
            fail "not healthy after $1 s"
            return
        fi
        sleep 0.2
    done
}

# health_http URL STATUS BODY: the URL answers with this status, and this body unless it is empty.
health_http() {
    mf_got=$(curl -sS -o - -w '\n%{http_code}' --max-time 10 -- "$1") || return
    mf_code=${mf_got##*
}
    mf_got=${mf_got%
*}
    [ "$mf_code" = "$2" ] || { fail "$1 answers $mf_code instead of $2"; return; }
    [ -z "$3" ] || [ "$mf_got" = "$3" ] || fail "$1 answers: $mf_got"
}
