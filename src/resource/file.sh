# file: a regular file with content, owner, group and mode.

# file_observe (PATH DIGEST LIMIT)...: the SHA-256 of each regular file, and its first LIMIT bytes
# (base64) where the digest differs; `-` differs from all. One sha256sum for all of them. The words are never copied file by
# file (`set -- "$@" …`): that would take the square of their number.
file_observe() {
    mf_sums=$(file_digests "$@")
    set -f
    IFS='
'
    for mf_sum in $mf_sums; do
        # The digests come in the order of the words; what is not regular has none.
        while [ "$1" != "${mf_sum#*  }" ]; do shift 3 || return; done
        mf_sum=${mf_sum%% *}
        record "$1" "sha256=$mf_sum"
        if [ "$mf_sum" != "$2" ] && [ "$3" -gt 0 ]; then
            printf '%s\0content=' "$1"
            head -c "$3" -- "$1" | base64 -w 0
            printf '\0\0'
        fi
    done
}

# file_digests (PATH DIGEST LIMIT)...: a line `DIGEST  PATH` for each regular file, in order.
file_digests() {
    while [ $# -gt 0 ]; do
        [ ! -f "$1" ] || [ -L "$1" ] || printf '%s\0' "$1"
        shift 3
    done | xargs -0 -r sha256sum -z -- | tr '\0' '\n'
}

# file_write PATH OWNER GROUP MODE <CONTENT: replaces the file by a new one in the same directory:
# right owner and mode from the start, flushed, renamed. A symlink at the target is replaced, never followed.
file_write() {
    [ ! -d "$1" ] || [ -L "$1" ] || { fail "there is a directory at $1"; return; }
    parent_of "$1" || return
    private_enter "${1%/*}" || return
    if input >new && chown -- "$2:$3" new && chmod -- "$4" new && sync -- new && mv -fT -- new "$1"; then
        private_leave
        sync -- "${1%/*}/"
        return
    fi
    private_leave
    fail "could not write $1"
}

# file_attributes PATH OWNER GROUP MODE: owner and mode of what is already right in content.
file_attributes() {
    held "$1" give "$2:$3" "$4"
}
