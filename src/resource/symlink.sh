# symlink: a symbolic link and where it points.

# symlink_observe PATH...: the target of each path that is a symlink. One find for all of them.
symlink_observe() {
    seen find "$@" -maxdepth 0 -type l -printf '%p\0target=%l\0\0'
}

# symlink_write PATH TARGET: made beside it, then renamed.
symlink_write() {
    [ ! -d "$1" ] || [ -L "$1" ] || { fail "there is a directory at $1"; return; }
    parent_of "$1" || return
    private_enter "${1%/*}" || return
    if ln -s -- "$2" new && mv -fT -- new "$1"; then
        private_leave
        sync -- "${1%/*}/"
        return
    fi
    unwritten "$1"
    private_leave
    return 1
}
