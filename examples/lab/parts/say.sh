# shellcheck shell=bash
# Messages, and waiting. A failure says what happened, why, and what to do; only results go to standard output.

say() { printf 'lab: %s\n' "$*" >&2; }

# fail WHAT WHY DO
fail() {
    printf 'lab: error: %s\n' "$1" >&2
    [ -z "${2:-}" ] || printf '  why: %s\n' "$2" >&2
    [ -z "${3:-}" ] || printf '  do:  %s\n' "$3" >&2
    exit 69
}

fail_usage() {
    printf 'lab: error: %s\n  do:  see `lab help`\n' "$1" >&2
    exit 64
}

# For commands that fail unexpectedly. Failures already reported pass through subshells silently, with their status.
status_of_bug() {
    case $1 in 64 | 69 | 70) exit "$1" ;; esac
    printf 'lab: bug: `%s` failed (%s, line %s)\n' "$BASH_COMMAND" "${BASH_SOURCE[1]}" "${BASH_LINENO[0]}" >&2
    exit 70
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
