# file: a regular file with content, owner, group and mode.

# file_observe (PATH DIGEST LIMIT)...: the SHA-256 of each regular file, and its first LIMIT bytes (base64) if the sum
# does not start with DIGEST; for `-`, always. One sha256sum for all of them. The words are never copied file by file
# (`set -- "$@" …`): that would take quadratic time.
file_observe() {
    mf_sums=$(file_digests "$@") || return
    set -f
    IFS='
'
    for mf_sum in $mf_sums; do
        # The digests come in the order of the words; a path that is not a regular file has none.
        while [ "$1" != "${mf_sum#*  }" ]; do shift 3 || return; done
        mf_sum=${mf_sum%% *}
        record "$1" "sha256=$mf_sum"
        case $mf_sum in
            "$2"*) continue ;;
        esac
        [ "$3" -gt 0 ] || continue
        printf '%s\0content=' "$1"
        beginning "$3" "$1" ,nofollow || return
        printf '\0\0'
    done
}

# file_digests (PATH DIGEST LIMIT)...: a line `DIGEST  PATH` for each regular file, in order. If someone replaces one by
# something endless meanwhile, it is not waited for.
file_digests() {
    while [ $# -gt 0 ]; do
        [ ! -f "$1" ] || [ -L "$1" ] || printf '%s\0' "$1"
        shift 3
    done | digests
}

# file_write PATH OWNER GROUP MODE <CONTENT: replaces the file by a new one in the same directory: created with the
# right owner and mode, flushed, renamed. A symlink at the target is replaced, never followed.
file_write() {
    private_enter "${1%/*}" || return
    if input >mf.new && chown -- "$2:$3" mf.new && chmod -- "$4" mf.new && sync -- mf.new && private_place mf.new "$1"; then
        private_leave
        return
    fi
    unwritten "$1"
    private_leave
    return 1
}

# file_attributes PATH OWNER GROUP MODE: sets owner and mode of a file whose content is already right.
file_attributes() {
    give "$1" "$2:$3" "$4"
}
