# activations: stage, validate, health. What the host remembers of secrets.

# ledger_write NAME...: adds names of secrets to those that are in use on this host.
ledger_write() {
    mf_new=$(mktemp -- /var/lib/matrixform/.secrets.XXXXXXXXXX) || { unwritten /var/lib/matrixform/secrets; return; }
    {
        printf '%s\n' "$@"
        [ ! -f /var/lib/matrixform/secrets ] || cat -- /var/lib/matrixform/secrets
    } | sort -u >"$mf_new" && sync -- "$mf_new" && mv -fT -- "$mf_new" /var/lib/matrixform/secrets && return
    unwritten /var/lib/matrixform/secrets
    rm -f -- "$mf_new"
    return 1
}

# installation_write ID IDENTITY: which installation this host is, before anything else of it is here.
installation_write() {
    mf_new=$(mktemp -- /var/lib/matrixform/.installation.XXXXXXXXXX) || { unwritten /var/lib/matrixform/installation; return; }
    {
        printf 'format=1\nid=%s\n' "$1"
        [ -z "$2" ] || printf 'identity=%s\n' "$2"
    } >"$mf_new" && sync -- "$mf_new" && mv -fT -- "$mf_new" /var/lib/matrixform/installation && return
    unwritten /var/lib/matrixform/installation
    rm -f -- "$mf_new"
    return 1
}

# activation_stage FOLDER... <SCRIPT: runs a script of steps and checks in a private mount namespace
# in which each folder is an overlay: real paths, nothing left behind, secrets in memory alone.
activation_stage() {
    # shellcheck disable=SC2154 # the client sets the library's text
    {
        printf '%s\n' "$mf_library" 'mf_staged=yes' "stage_mount \"\$@\" || exit 125"
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

# stage_needs PROGRAM
stage_needs() {
    command -v "$1" >/dev/null || fail "$1 is not on this host: apt-get install $1"
}

# stage_check NAME USER COMMAND: a checker of the activation NAME, as a user. Warnings of one that is content are marked, so
# that somebody hears of them.
stage_check() {
    {
        mf_said=$(check_as "$2" /bin/sh -c "$3" 2>&1 >&3 3>&-)
        mf_status=$?
    } 3>&1
    if [ "$mf_status" -eq 0 ]; then
        printf '%s\n' "$mf_said" | check_warnings | sed 's/^/warned: /'
        return 0
    fi
    printf '%s\n' "$mf_said" "the check of $1 refused what is staged"
    return "$mf_status"
}

# check_as USER COMMAND WORD...
check_as() {
    mf_user=$1
    shift
    [ "$mf_user" = root ] || set -- setpriv --reuid="$mf_user" --regid="$(id -g -- "$mf_user")" --init-groups -- "$@"
    "$@"
}

# check_warnings <TEXT: the lines that warn, each once.
check_warnings() {
    grep -i warn | awk '!seen[$0]++'
}

# inspect_observe (NAME USER COMMAND)...: what checkers say of the files that are there now: of those that refuse them, and
# of those that warn. They work side by side, and each record is one write that fits a pipe. What is not installed yet (127) and what takes too long (124) says nothing.
inspect_observe() {
    mf_number=0
    while [ $# -gt 2 ]; do
        mf_number=$((mf_number + 1))
        ! id -u -- "$2" >/dev/null 2>&1 || inspect_one "$mf_number" "$@" &
        shift 3
    done
    wait
}

# inspect_one NUMBER NAME USER COMMAND
inspect_one() {
    mf_said=$(check_as "$3" timeout 5 /bin/sh -c "$4" 2>&1 </dev/null)
    mf_status=$?
    case $mf_status in
        124 | 127) return ;;
        0) mf_said=$(printf '%s\n' "$mf_said" | check_warnings) ;;
    esac
    [ "$mf_status" -eq 0 ] && [ -z "$mf_said" ] ||
        printf '%s\0name=%s\0status=%s\0said=%s\0\0' "$1" "$2" "$mf_status" "$(printf %s "$mf_said" | tr -d "\r" | tail -c 2048)"
}

# restart_if_asked QUESTION UNIT restart TIMEOUT MEMBER...: restarts a unit that was reloaded, when a
# command says by its status 0 that it needs that.
restart_if_asked() {
    mf_question=$1
    shift
    if /bin/sh -c "$mf_question" >/dev/null; then service_converge "$@"; fi
}

# health_await NAME SECONDS UNIT... <SCRIPT: runs the conditions until all hold, or remembers that the
# units do not do as their files say. A unit that has failed is not waited for.
health_await() {
    mf_conditions=$(input)
    mf_activation=$1 mf_seconds=$2
    shift 2
    mf_until=$(($(date +%s) + mf_seconds))
    while :; do
        mf_said=$(eval "$mf_conditions" 2>&1) && { service_accept "$@" && switch_learn "$mf_activation" "$mf_conditions"; return; }
        # A program that is missing stays so.
        [ $? -ne 127 ] || { printf '%s\n' "$mf_said"; fail "nobody can tell whether $mf_activation is healthy"; return; }
        for mf_unit in "$@"; do
            service_gave_up "$mf_unit" || continue
            service_unhealthy "$mf_unit"
            service_failed "$mf_unit" start
            return
        done
        if [ "$(date +%s)" -ge "$mf_until" ]; then
            printf '%s\n' "not healthy after $mf_seconds s" "$mf_said"
            for mf_unit in "$@"; do service_unhealthy "$mf_unit"; done
            return 1
        fi
        sleep 0.2
    done
}

# health_http URL STATUS BODY: the URL answers with this status, and this body unless it is empty. It is asked from here:
# by no configuration of root's (-q comes first), through no proxy.
health_http() {
    mf_got=$(curl -q -sS -o - -w '\n%{http_code}' --noproxy '*' --connect-timeout 5 --max-time 10 \
        --max-filesize 1048576 -- "$1") || return
    mf_line='
'
    mf_code=${mf_got##*"$mf_line"}
    mf_got=${mf_got%"$mf_line"*}
    [ "$mf_code" = "$2" ] || { fail "$1 answers $mf_code instead of $2"; return; }
    [ -z "$3" ] || [ "$mf_got" = "$3" ] || fail "$1 answers: $mf_got"
}
