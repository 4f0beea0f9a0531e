# Managed by matrixform. What all verbs of the backup share: paths, settings, messages, and how a repository is reached and opened.
# shellcheck shell=sh
# shellcheck disable=SC2034 # the verbs use what is set here

set -uf # no name from a repository is a pattern of files
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077
etc=/etc/matrixform/backup
state=/var/lib/matrixform/backup
spool=/var/spool/matrixform-backup
runtime=/run/matrixform-backup
RESTIC_CACHE_DIR=/var/cache/matrixform-backup RESTIC_PROGRESS_FPS=0.5 HOME=$state
export RESTIC_CACHE_DIR RESTIC_PROGRESS_FPS HOME
connection='' pg_bin='' server_name='' repositories='' every=0 parts=1 key='' media='' keep='' synapse=''
# shellcheck source=/dev/null # written by matrixform
. "$etc/settings" || exit

# say TEXT: for the journal, and for whoever waits.
say() {
    printf '%s\n' "$1"
    [ ! -d "$runtime" ] || printf '%s\n' "$1" >>"$runtime/progress"
}

# one_line <TEXT: the last lines as one, of a length that fits a report.
one_line() {
    grep -v '^ *$' | tail -n 3 | tr '\n' ' ' | tr -d '\000-\037\177' | cut -c 1-600
}

# keep_as FILE TEXT: replaces a file of the state.
keep_as() {
    printf '%s\n' "$2" >"$state/.new" && mv -fT -- "$state/.new" "$state/$1"
}

# stop TEXT: nothing is backed up.
stop() {
    printf '%s\n' "$1" >&2
    keep_as run.failed "$1"
    exit 1
}

# text <TEXT: as a string of JSON.
text() {
    tr -d '\000-\037\177' | sed 's/[\\"]/\\&/g; s/^/"/; s/$/"/' | grep . || printf '""\n'
}

query() {
    "${pg_bin}psql" -XAtq -v ON_ERROR_STOP=1 -d "$connection" -c "$1"
}

# enter NAME: what restic needs to reach a repository: secrets in files that root alone can read, and in the environment what
# storages take there alone.
enter() {
    name=$1
    RESTIC_PASSWORD_FILE=$etc/$name.password
    RESTIC_REPOSITORY_FILE=$runtime/repository
    url=$(head -n 1 -- "$etc/$name.url")
    # shellcheck source=/dev/null # written by matrixform
    [ ! -e "$etc/$name.environment" ] || . "$etc/$name.environment"
    if [ -e "$etc/$name.login" ]; then
        # restic before 0.17 takes a login in the URL alone.
        rest=${url#rest:*://}
        login=$(sed -n 1p "$etc/$name.login" | encoded):$(sed 1d "$etc/$name.login" | encoded)
        url=${url%"$rest"}$login@$rest
    fi
    printf '%s\n' "$url" >"$RESTIC_REPOSITORY_FILE"
    export RESTIC_PASSWORD_FILE RESTIC_REPOSITORY_FILE
    ssh_command=
    case $url in
        sftp://*)
            ssh_command=${url#sftp://} port=
            ssh_command=${ssh_command%%/*}
            case $ssh_command in *:*) port="-p ${ssh_command##*:}" ssh_command=${ssh_command%:*} ;; esac
            ssh_command="$ssh_command $port"
            ;;
        sftp:*) ssh_command=${url#sftp:} ssh_command=${ssh_command%%:*} ;;
    esac
    [ -z "$ssh_command" ] || ssh_command="ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=$etc/$name.known_hosts \
-o GlobalKnownHostsFile=/dev/null -o IdentitiesOnly=yes -o ServerAliveInterval=30 -i $etc/$name.key $ssh_command -s sftp"
}

# encoded <TEXT: each byte as in a URL.
encoded() {
    tr -d '\n' | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'
}

# call WORD...: restic, at the repository that was entered.
call() {
    if [ -n "$ssh_command" ]; then
        restic -o sftp.command="$ssh_command" "$@"
    else
        restic "$@"
    fi
}

# bounded_call WORD...: the same, for a few minutes.
bounded_call() {
    if [ -n "$ssh_command" ]; then
        timeout -k 10 180 restic -o sftp.command="$ssh_command" "$@"
    else
        timeout -k 10 180 restic "$@"
    fi
}

# open_repository [make]: makes it where there is none yet, and only there: one that was there before is not made a second time, and an
# error of the network or a wrong password makes none.
# shellcheck disable=SC2119,SC2120 # a check gives it nothing, a backup `make`
open_repository() {
    # restic asks a server that is down again and again, for a quarter of an hour.
    if found=$(bounded_call cat config --no-lock 2>"$runtime/said"); then
        id=$(printf '%s\n' "$found" | sed -n 's/.*"id": *"\([0-9a-f]\{8,64\}\)".*/\1/p' | head -n 1)
        [ -n "$id" ] || { echo 'its configuration cannot be read' >"$runtime/said"; return 1; }
        if [ -e "$state/$name.id" ] && [ "$(cat -- "$state/$name.id")" != "$id" ]; then
            echo "another repository is there now; if that is right, delete $state/$name.id" >"$runtime/said"
            return 1
        fi
        keep_as "$name.id" "$id"
        # Of runs that were killed, on this host or long ago; no lock that is in use.
        call unlock >/dev/null 2>&1 || :
        return 0
    fi
    is_absent "$(cat -- "$runtime/said")" || return 1
    if [ -e "$state/$name.id" ]; then
        echo "the repository is gone; to start a new one, delete $state/$name.id" >"$runtime/said"
        return 1
    fi
    [ "${1-}" = make ] || { echo 'there is no repository yet: nothing was backed up' >"$runtime/said"; return 1; }
    say "$name: making the repository"
    call init >/dev/null 2>"$runtime/said" || return 1
    open_repository
}

# is_absent TEXT: restic says that there is no repository.
is_absent() {
    case $1 in
        *[Bb]'ucket does not exist'* | *[Pp]'ermission denied'*) return 1 ;;
        *'does not exist'* | *'no such file or directory'* | *NoSuchKey*) return 0 ;;
    esac
    return 1
}

# failed NAME WHAT: why, from what restic said last.
failed() {
    why=$(one_line <"$runtime/said")
    printf '%s: %s\n' "$1" "${why:-restic failed}" >&2
    keep_as "$1.$2" "${why:-restic failed}"
}
