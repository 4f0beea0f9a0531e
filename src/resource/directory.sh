# directory: owner, group and mode of a directory, and the undeclared files in it.

# directory_observe (PATH GLOB)...: the matching files and symlinks directly in each directory.
directory_observe() {
    while [ $# -gt 0 ]; do
        if [ -d "$1" ] && [ ! -L "$1" ] && [ -r "$1" ]; then
            printf '%s\0readable=yes\0' "$1"
            directory_entries "$1" "$2"
            printf '\0'
        fi
        shift 2
    done
}

# directory_entries PATH GLOB: prints a numbered field for every name.
directory_entries() {
    IFS=
    mf_number=0
    # shellcheck disable=SC2086 # the pattern is meant to be one; IFS is empty, so it is not split
    for mf_entry in "$1"/$2; do
        if [ -f "$mf_entry" ] || [ -L "$mf_entry" ]; then
            printf 'entry%s=%s\0' "$mf_number" "${mf_entry##*/}"
            mf_number=$((mf_number + 1))
        fi
    done
}

# directory_make PATH OWNER GROUP MODE: creates it if necessary. Owner and mode are set from inside, so that a symlink
# that replaces it meanwhile is not followed. Five digits clear setgid; four would keep it.
directory_make() {
    enter_exactly "${1%/*}" || return
    [ -d "./${1##*/}" ] || [ -L "./${1##*/}" ] || in_directory "${1%/*}" mkdir -- "./${1##*/}" ||
        { unwritten "$1"; return; }
    mf_seen=$(stat -c %d:%i -- "./${1##*/}")
    cd -P "./${1##*/}" || { fail "could not enter $1"; return; }
    if [ "$(stat -c %d:%i .)" != "$mf_seen" ]; then
        fail "$1 is a symlink, not a directory"
        return
    fi
    { in_directory "$1" chown -- "$2:$3" . && in_directory "$1" chmod -- "0$4" . && sync -- .; } || unchanged "$1"
}

# directory_purge PATH NAME...: removes these files and symlinks from it, but no directories.
directory_purge() {
    enter_exactly "$1" || return
    mf_purged=$1 mf_failed=1
    shift
    for mf_entry; do
        case $mf_entry in
            */*) fail "$mf_entry is not the name of a file"; return ;;
        esac
        [ ! -d "./$mf_entry" ] || [ -L "./$mf_entry" ] || continue
        # A failed switch restores it.
        [ -z "${mf_in_switch-}" ] || switch_spare "$mf_purged/$mf_entry" || return "$mf_failed"
        in_directory "$mf_purged" rm -f -- "./$mf_entry" || { unremoved "$mf_purged/$mf_entry"; return "$mf_failed"; }
        mf_failed=$mf_partly_changed
    done
    sync -- .
}
