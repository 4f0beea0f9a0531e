# symlink: a symbolic link and its target.

# symlink_observe PATH...: the target of each path that is a symlink. One find for all of them.
symlink_observe() {
    seen find "$@" -maxdepth 0 -type l -printf '%p\0target=%l\0\0'
}

# symlink_write PATH TARGET: created beside it, then renamed.
symlink_write() {
    private_enter "${1%/*}" || return
    if ln -s -- "$2" mf.new && private_place mf.new "$1"; then
        private_leave
        return
    fi
    unwritten "$1"
    private_leave
    return 1
}
