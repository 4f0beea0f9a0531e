# symlink: a symbolic link and where it points.

# symlink_observe PATH...: the target of each path that is a symlink. One find for all of them.
symlink_observe() {
    find "$@" -maxdepth 0 -type l -printf '%p\0target=%l\0\0'
}

# symlink_write PATH TARGET: made beside it under a name that nobody can guess, then renamed.
symlink_write() {
    [ ! -d "$1" ] || [ -L "$1" ] || { fail "there is a directory at $1"; return; }
    parent_of "$1" || return
    mf_new=$(mktemp -d -- "${1%/*}/.matrixform.XXXXXXXXXX") || return
    if ln -s -- "$2" "$mf_new/link" && mv -fT -- "$mf_new/link" "$1"; then
        rmdir -- "$mf_new" && sync -- "${1%/*}/"
        return
    fi
    rm -f -- "$mf_new/link"
    rmdir -- "$mf_new"
    fail "could not link $1"
}
