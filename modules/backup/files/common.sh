# Managed by matrixform. Shared by all verbs of the backup: paths, settings, messages, reaching and opening a repository.
# shellcheck shell=sh
# shellcheck disable=SC2034 # the verbs use what is set here

set -uf # names from a repository are never expanded as file patterns
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077
etc=/etc/matrixform/backup
state=/var/lib/matrixform/backup
spool=/var/spool/matrixform-backup
runtime=/run/matrixform-backup
RESTIC_CACHE_DIR=/var/cache/matrixform-backup RESTIC_PROGRESS_FPS=0.5 HOME=$state
export RESTIC_CACHE_DIR RESTIC_PROGRESS_FPS HOME
connection='' pg_bin='' server_name='' repositories='' every=0 parts=1 key='' media='' keep='' asked='' elsewhere='' synapse=''
# shellcheck source=/dev/null # written by matrixform
. "$etc/settings" || exit

# say TEXT: to the journal, and to whoever waits for the result.
say() {
    printf '%s\n' "$1"
    [ ! -d "$runtime" ] || printf '%s\n' "$1" >>"$runtime/progress"
}

# one_line <TEXT: the last lines as one, short enough for a report. restic since 0.17 prints errors as JSON where its results are.
one_line() {
    grep -v '^ *$' | tail -n 3 |
        sed -e '/^{/{ s/.*"message":"\(\([^"\\]\|\\.\)*\)".*/\1/; s/\\n/ /g; s/\\\(.\)/\1/g; }' |
        tr '\n' ' ' | tr -d '\000-\037\177' | cut -c 1-600
}

# keep_as FILE TEXT: replaces a file in the state directory.
keep_as() {
    printf '%s\n' "$2" >"$state/.new" && mv -fT -- "$state/.new" "$state/$1"
}

# stop TEXT: ends the run; nothing is backed up.
stop() {
    printf '%s\n' "$1" >&2
    keep_as run.failed "$1"
    exit 1
}

# text <TEXT: as a JSON string.
text() {
    tr -d '\000-\037\177' | sed 's/[\\"]/\\&/g; s/^/"/; s/$/"/' | grep . || printf '""\n'
}

query() {
    "${pg_bin}psql" -XAtq -v ON_ERROR_STOP=1 -d "$connection" -c "$1"
}

# enter NAME: sets up what restic needs to reach a repository: secrets in files that only root can read, or in the environment
# if the storage only takes them there.
enter() {
    name=$1
    RESTIC_PASSWORD_FILE=$etc/$name.password
    RESTIC_REPOSITORY_FILE=$runtime/repository
    url=$(head -n 1 -- "$etc/$name.url")
    # shellcheck source=/dev/null # written by matrixform
    [ ! -e "$etc/$name.environment" ] || . "$etc/$name.environment"
    if [ -e "$etc/$name.login" ]; then
        # restic before 0.17 takes a login only in the URL.
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
            case $ssh_command in
                *\]:*) port="-p ${ssh_command##*:}" ssh_command=${ssh_command%:*} ;;
                *\]) ;;
                *:*) port="-p ${ssh_command##*:}" ssh_command=${ssh_command%:*} ;;
            esac
            # ssh takes an IPv6 address without brackets.
            ssh_command="$(printf %s "$ssh_command" | tr -d '[]') $port"
            ;;
        sftp:*) ssh_command=${url#sftp:} ssh_command=${ssh_command%%:*} ;;
    esac
    [ -z "$ssh_command" ] || ssh_command="ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=$etc/$name.known_hosts \
-o GlobalKnownHostsFile=/dev/null -o IdentitiesOnly=yes -o ServerAliveInterval=30 -i $etc/$name.key $ssh_command -s sftp"
}

# encoded <TEXT: each byte percent-encoded, as in a URL.
encoded() {
    tr -d '\n' | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'
}

# call WORD...: runs restic on the repository that was entered.
call() {
    if [ -n "$ssh_command" ]; then
        restic -o sftp.command="$ssh_command" "$@"
    else
        restic "$@"
    fi
}

# bounded_call WORD...: the same, for a few minutes at most.
bounded_call() {
    if [ -n "$ssh_command" ]; then
        timeout -k 10 180 restic -o sftp.command="$ssh_command" "$@"
    else
        timeout -k 10 180 restic "$@"
    fi
}

# open_repository [make]: creates it if there is none yet, and only then: one that existed before is not created again, and a
# network error or a wrong password creates none.
# shellcheck disable=SC2119,SC2120 # a check passes nothing, a backup `make`
open_repository() {
    # restic keeps retrying a server that is down, for a quarter of an hour.
    if found=$(bounded_call cat config --no-lock 2>"$runtime/output"); then
        id=$(printf '%s\n' "$found" | sed -n 's/.*"id": *"\([0-9a-f]\{8,64\}\)".*/\1/p' | head -n 1)
        [ -n "$id" ] || { echo 'its configuration cannot be read' >"$runtime/output"; return 1; }
        if [ -e "$state/$name.id" ] && [ "$(cat -- "$state/$name.id")" != "$id" ]; then
            echo "another repository is there now; if that is right, delete $state/$name.id" >"$runtime/output"
            return 1
        fi
        keep_as "$name.id" "$id"
        # Removes locks of runs that were killed, on this host or long ago; never a lock that is in use.
        call unlock >/dev/null 2>&1 || :
        return 0
    fi
    is_absent "$(cat -- "$runtime/output")" || return 1
    if [ -e "$state/$name.id" ]; then
        echo "the repository is gone; to start a new one, delete $state/$name.id" >"$runtime/output"
        return 1
    fi
    [ "${1-}" = make ] || { echo 'there is no repository yet: nothing was backed up' >"$runtime/output"; return 1; }
    say "$name: creating the repository"
    call init >/dev/null 2>"$runtime/output" || return 1
    open_repository
}

# is_absent TEXT: whether restic says that there is no repository.
is_absent() {
    case $1 in
        *[Bb]'ucket does not exist'* | *[Pp]'ermission denied'* | *'in our records'*) return 1 ;;
        *'does not exist'* | *'no such file or directory'* | *NoSuchKey*) return 0 ;;
        # restic before 0.17, with the words of gs, swift and b2.
        *config*"doesn't exist"* | *config*'Object Not Found'* | *config*'b2_download_file_by_name: 404'*) return 0 ;;
    esac
    return 1
}

# failed NAME WHAT: reports and keeps the reason, from restic's last output.
failed() {
    why=$(one_line <"$runtime/output")
    printf '%s: %s\n' "$1" "${why:-restic failed}" >&2
    keep_as "$1.$2" "${why:-restic failed}"
}
