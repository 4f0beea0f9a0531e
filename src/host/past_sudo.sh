# mf_root WORD...: runs root's shell with these words on the standard streams of this function. SUDO is replaced by the
# sudo command. This text is inserted between single quotes, so its code contains none.

mf_root() {
    mf_mask=$(umask)
    umask 077
    mf_pipes=
    for mf_place in "${XDG_RUNTIME_DIR:-/nowhere}" /dev/shm /tmp /var/tmp; do
        mf_pipes=$(mktemp -d "$mf_place/.matrixform.XXXXXXXXXX" 2>/dev/null) || continue
        mkfifo "$mf_pipes/in" "$mf_pipes/out" "$mf_pipes/err" 2>/dev/null && break
        rm -rf "$mf_pipes"
        mf_pipes=
    done
    umask "$mf_mask"
    [ -n "$mf_pipes" ] || { echo "no place for named pipes" >&2; return 74; }
    # Background jobs get no standard input unless it is given explicitly.
    exec 3<&0
    cat <&3 >"$mf_pipes/in" 2>/dev/null &
    mf_in=$!
    cat <"$mf_pipes/err" >&2 3<&- &
    mf_err=$!
    # Root opens this one last.
    { rm -rf "$mf_pipes"; exec cat; } <"$mf_pipes/out" 3<&- &
    mf_out=$!
    SUDO -- /bin/sh -c "exec <\"\$1/in\" 2>\"\$1/err\" >\"\$1/out\"; shift; exec /bin/sh -s -- \"\$@\"" sh "$mf_pipes" "$@" </dev/null 3<&-
    mf_status=$?
    # If sudo refused, nothing will open the pipes. A shell that ran did open them, even if it ended before they were
    # deleted.
    [ "$mf_status" -eq 0 ] || [ ! -e "$mf_pipes/out" ] || kill "$mf_err" "$mf_out" 2>/dev/null
    kill "$mf_in" 2>/dev/null
    wait "$mf_err" "$mf_out" 2>/dev/null
    rm -rf "$mf_pipes"
    return "$mf_status"
}
