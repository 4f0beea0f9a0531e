# file: a regular file with content, owner, group and mode.

# file_observe (PATH DIGEST LIMIT)...: the SHA-256 of each regular file, and its first LIMIT bytes
# (base64) where the digest differs. One sha256sum for all of them.
file_observe() {
    mf_count=$#
    mf_files=0
    while [ "$mf_count" -gt 0 ]; do
        if [ -f "$1" ] && [ ! -L "$1" ] && [ -r "$1" ]; then
            set -- "$@" "$1" "$2" "$3"
            mf_files=$((mf_files + 1))
        fi
        shift 3
        mf_count=$((mf_count - 3))
    done
    [ "$mf_files" -gt 0 ] || return 0
    file_digests "$@" | while [ $# -gt 0 ] && read -r mf_sum; do
        record "$1" "sha256=$mf_sum"
        if [ "$mf_sum" != "$2" ] && [ "$3" -gt 0 ]; then
            printf '%s\0content=' "$1"
            head -c "$3" -- "$1" | base64 -w 0
            printf '\0\0'
        fi
        shift 3
    done
}

# file_digests (PATH DIGEST LIMIT)...: a line with the digest of each path, in order.
file_digests() {
    mf_count=$#
    while [ "$mf_count" -gt 0 ]; do
        set -- "$@" "$1"
        shift 3
        mf_count=$((mf_count - 3))
    done
    sha256sum -z -- "$@" | tr '\n\0' ' \n' | cut -d ' ' -f 1
}

# file_write PATH OWNER GROUP MODE <CONTENT: replaces the file by a new one in the same directory:
# right owner and mode from the start, flushed, renamed. A symlink at the target is replaced, never followed.
file_write() {
    [ ! -d "$1" ] || [ -L "$1" ] || { fail "there is a directory at $1"; return; }
    mf_new=$(mktemp -- "${1%/*}/.matrixform.XXXXXXXXXX") || return
    if input >"$mf_new" && chown -- "$2:$3" "$mf_new" && chmod -- "$4" "$mf_new" &&
        sync -- "$mf_new" && mv -fT -- "$mf_new" "$1" && sync -- "${1%/*}/"; then
        return 0
    fi
    rm -f -- "$mf_new"
    fail "could not write $1"
}

# file_attributes PATH OWNER GROUP MODE: owner and mode of what is already right in content.
# The mode is narrowed first, so that it is never wider in between than before and after.
file_attributes() {
    [ ! -L "$1" ] || { fail "there is a symlink at $1"; return; }
    chmod -- go= "$1" && chown -h -- "$2:$3" "$1" && chmod -- "$4" "$1"
}
