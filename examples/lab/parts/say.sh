# shellcheck shell=bash
# Words for people, and waiting. A failure says what happened, why, and what to do; results alone go to standard output.

say() { printf 'lab: %s\n' "$*" >&2; }

# fail WHAT WHY DO
fail() {
    printf 'lab: error: %s\n' "$1" >&2
    [ -z "${2:-}" ] || printf '  why: %s\n' "$2" >&2
    [ -z "${3:-}" ] || printf '  do:  %s\n' "$3" >&2
    exit 1
}

fail_usage() {
    printf 'lab: error: %s\n\n%s\n' "$1" "$usage" >&2
    exit 64
}

# await SECONDS COMMAND…: polls until COMMAND succeeds; false once the deadline has passed.
await() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}
