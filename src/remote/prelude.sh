# The library that every session gets first; the kinds' functions follow. POSIX sh and coreutils alone.
# The client sets mf_nonce: no content can hold it by chance, so frames need no escaping.
# Functions of kinds are named KIND_verb. They answer in records (see `record`), read secrets from
# standard input (see `input`) and never from words, and return non-zero with a sentence on failure.

LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
unset LANGUAGE
umask 077
mf_stopped=
mf_client=${1-}
mf_login=${2-}

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
# further steps are skipped (status 254) until the client starts anew.
step() {
    mf_id=$1
    shift
    printf '%s b %s\n' "$mf_nonce" "$mf_id"
    mf_status=254
    if [ -z "$mf_stopped" ]; then
        ("$@") 2>&1
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
