# activations: stage, validate, switch, health. The lock of a run.

# shell_lock: one apply at a time. The lock belongs to this shell and ends with it.
shell_lock() {
    mkdir -p -- /var/lib/matrixform && (: >>/var/lib/matrixform/lock) || return
    exec 9>>/var/lib/matrixform/lock
    flock -n 9 && return
    printf '%s\n' "another run of matrixform holds this host"
    return 6
}

# ledger_write NAME...: adds names of secrets to those that are in use on this host.
ledger_write() {
    mf_new=$(mktemp -- /var/lib/matrixform/.secrets.XXXXXXXXXX) || return
    {
        printf '%s\n' "$@"
        [ ! -f /var/lib/matrixform/secrets ] || cat -- /var/lib/matrixform/secrets
    } | sort -u >"$mf_new" && sync -- "$mf_new" && mv -fT -- "$mf_new" /var/lib/matrixform/secrets && return
    rm -f -- "$mf_new"
    fail "could not write /var/lib/matrixform/secrets"
}

# installation_write ID IDENTITY: which installation this host is, before anything else of it is here.
installation_write() {
    mf_new=$(mktemp -- /var/lib/matrixform/.installation.XXXXXXXXXX) || return
    {
        printf 'format=1\nid=%s\n' "$1"
        [ -z "$2" ] || printf 'identity=%s\n' "$2"
    } >"$mf_new" && sync -- "$mf_new" && mv -fT -- "$mf_new" /var/lib/matrixform/installation && return
    rm -f -- "$mf_new"
    fail "could not write /var/lib/matrixform/installation"
}

# activation_stage FOLDER... <SCRIPT: runs a script of steps and checks in a private mount namespace
# in which each folder is an overlay: real paths, nothing left behind, secrets in memory alone.
activation_stage() {
    # shellcheck disable=SC2154 # the client sets the library's text
    {
        printf '%s\n' "$mf_library" "stage_mount \"\$@\" || exit 125"
        input
    } | unshare -m -- /bin/sh -s -- "$@"
}

# stage_mount FOLDER...: an overlay in memory over each folder, and over each volume that is mounted in it.
stage_mount() {
    mf_stage=/run/matrixform/stage
    # shellcheck disable=SC2174 # /run is always there
    mkdir -p -m 0700 -- "${mf_stage%/*}" "$mf_stage" && mount -t tmpfs -o mode=0700 matrixform "$mf_stage" || return
    for mf_folder do
        printf '%s\n' "$mf_folder"
        stage_volumes "$mf_folder"
    done >"$mf_stage/points"
    # What lies below an overlay is reached by nobody, so all is bound elsewhere before the first one.
    stage_each stage_bind && stage_each stage_cover
}

# stage_volumes FOLDER: what is mounted in it, one per line, outer ones first.
stage_volumes() {
    while read -r _ _ _ _ mf_point _; do
        case $mf_point in "$1"/*) printf '%b\n' "$mf_point" ;; esac
    done </proc/self/mountinfo
}

# stage_each FUNCTION: calls it with the number and the path of each of the points.
stage_each() {
    mf_number=0
    while IFS= read -r mf_point; do
        mf_number=$((mf_number + 1))
        "$1" "$mf_stage/$mf_number" "$mf_point" || return
    done <"$mf_stage/points"
}

# stage_bind PLACE POINT
stage_bind() {
    mkdir -p -- "$1-lower" && { [ ! -d "$2" ] || mount --bind -- "$2" "$1-lower"; }
}

# stage_cover PLACE POINT: a volume that cannot be covered can be read and not written.
stage_cover() {
    [ -d "$2" ] || return 0
    mkdir -p -- "$1-upper" "$1-work" && chmod --reference="$1-lower" -- "$1-upper" &&
        chown --reference="$1-lower" -- "$1-upper" || return
    mount -t overlay -o "lowerdir=$1-lower,upperdir=$1-upper,workdir=$1-work" matrixform "$2" 2>/dev/null && return
    mount --bind -- "$1-lower" "$2" && mount -o remount,bind,ro -- "$2"
}

# stage_check USER COMMAND: a checker, as a user.
stage_check() {
    if [ "$1" = root ]; then
        /bin/sh -c "$2"
    else
        setpriv --reuid="$1" --regid="$(id -g -- "$1")" --init-groups -- /bin/sh -c "$2"
    fi
}

# restart_if_asked QUESTION UNIT restart TIMEOUT MEMBER...: restarts a unit that was reloaded, when a
# command says by its status 0 that it needs that.
restart_if_asked() {
    mf_question=$1
    shift
    if /bin/sh -c "$mf_question" >/dev/null; then service_converge "$@"; fi
}

# health_await SECONDS UNIT... <SCRIPT: runs the conditions until all hold, or remembers that the
# units do not do as their files say.
health_await() {
    mf_conditions=$(input)
    mf_seconds=$1
    shift
    mf_until=$(($(date +%s) + mf_seconds))
    while :; do
        mf_said=$(eval "$mf_conditions" 2>&1) && { service_accept "$@"; return; }
        if [ "$(date +%s)" -ge "$mf_until" ]; then
            printf '%s\n' "$mf_said"
            for mf_unit in "$@"; do service_unhealthy "$mf_unit"; done
            fail "not healthy after $mf_seconds s"
            return
        fi
        sleep 0.2
    done
}

# health_http URL STATUS BODY: the URL answers with this status, and this body unless it is empty.
health_http() {
    mf_got=$(curl -sS -o - -w '\n%{http_code}' --max-time 10 -- "$1") || return
    mf_line='
'
    mf_code=${mf_got##*"$mf_line"}
    mf_got=${mf_got%"$mf_line"*}
    [ "$mf_code" = "$2" ] || { fail "$1 answers $mf_code instead of $2"; return; }
    [ -z "$3" ] || [ "$mf_got" = "$3" ] || fail "$1 answers: $mf_got"
}

# switch_keep NAME PATH...: keeps what a switch will replace, so that a check after it can put it back.
switch_keep() {
    mf_keep=/var/lib/matrixform/switch/$1
    shift
    rm -rf -- "$mf_keep" && mkdir -p -- "$mf_keep" || return
    mf_number=0
    for mf_path do
        mf_number=$((mf_number + 1))
        printf '%s\n' "$mf_path" >"$mf_keep/$mf_number.path" || return
        if [ -e "$mf_path" ] || [ -L "$mf_path" ]; then
            cp -a -- "$mf_path" "$mf_keep/$mf_number.old" || return
        fi
    done
    sync -f -- "$mf_keep"
}

# switch_check NAME COMMAND: a checker of what was switched and has not taken effect yet. When it
# refuses, the kept files come back, and the status is 4.
switch_check() {
    /bin/sh -c "$2" && return
    mf_keep=/var/lib/matrixform/switch/$1
    [ -d "$mf_keep" ] || { fail "the check refused what is on disk, and nothing was reloaded"; return; }
    for mf_path in "$mf_keep"/*.path; do
        switch_back "$(cat -- "$mf_path")" "${mf_path%.path}.old" || return
    done
    rm -rf -- "$mf_keep"
    printf '%s\n' "the check refused it: the files are back as they were, and nothing was reloaded"
    return 4
}

# switch_back PATH KEPT: one file as it was; absent if it was absent.
switch_back() {
    if [ ! -e "$2" ] && [ ! -L "$2" ]; then
        rm -f -- "$1"
        return
    fi
    if private_enter "${1%/*}" && cp -a -- "$2" new && mv -fT -- new "$1"; then
        private_leave
        return
    fi
    private_leave
    fail "could not put $1 back; it is kept as $2"
}

# switch_done NAME: what was kept is no longer needed.
switch_done() {
    rm -rf -- "/var/lib/matrixform/switch/$1"
}
