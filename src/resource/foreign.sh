# Writing as root into folders that may be other users': the owner of a folder can put something else in the place of
# whatever lies in it, at any moment.

# private_enter FOLDER: makes a folder of this user's alone in FOLDER, and goes into it. Nobody else reaches what is inside:
# what is written there, given away and renamed out of there by relative names follows no foreign symlink. Had another
# folder been put there meanwhile, it would not be empty, or not this user's alone.
private_enter() {
    mf_private=
    mf_folder=$(mktemp -d -- "$1/.matrixform.XXXXXXXXXX") && cd -P -- "$mf_folder" || return
    case $(stat -c %u:%a .)$(ls -A .) in
        "$(id -u):700" | "$(id -u):2700") mf_private=$mf_folder ;;
        *) fail "somebody else changes $1" ;;
    esac
}

# private_leave: the folder and what is left in it are gone.
private_leave() {
    [ -n "$mf_private" ] || return 0
    rm -f -- ./*
    cd / && rmdir -- "$mf_private" 2>/dev/null
    mf_private=
}

# held PATH FUNCTION WORD...: calls FUNCTION with a path of the regular file at PATH that stays this file's, whatever is
# put in its place meanwhile. A symlink there is refused.
held() {
    if [ -L "$1" ] || [ ! -f "$1" ]; then
        fail "there is no regular file at $1"
        return
    fi
    exec 8<"$1" || return
    if [ "$(stat -L -c %d:%i /proc/self/fd/8)" != "$(stat -c %d:%i -- "$1")" ]; then
        exec 8<&-
        fail "somebody else changes $1"
        return
    fi
    shift
    mf_function=$1
    shift
    "$mf_function" /proc/self/fd/8 "$@"
    mf_status=$?
    exec 8<&-
    return "$mf_status"
}

# give PATH OWNER:GROUP MODE: the mode is narrowed first, so that it is never wider in between than before and after.
give() {
    chmod -- go= "$1" && chown -- "$2" "$1" && chmod -- "$3" "$1"
}
