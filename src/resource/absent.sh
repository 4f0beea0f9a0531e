# absent: nothing exists at a path.

# absent_observe PATH...: prints those that are empty directories. One find for all of them.
absent_observe() {
    seen find "$@" -maxdepth 0 -type d -empty -printf '%p\0empty=yes\0\0'
}

# absent_inside PATH...: lists the contents of these directories, at any depth, up to 1000 names each; that is still
# more than anyone expects.
absent_inside() {
    for mf_path; do
        if [ -d "$mf_path" ] && [ ! -L "$mf_path" ]; then
            printf '%s\0' "$mf_path"
            find "$mf_path" -mindepth 1 -printf '%i=%p\0' | head -z -n 1000
            printf '\0'
        fi
    done
}

# absent_remove PATH: never removes more than one file, one symlink or one empty directory.
absent_remove() {
    if [ -d "$1" ] && [ ! -L "$1" ]; then
        enter_exactly "${1%/*}" || return
        { in_directory "${1%/*}" rmdir -- "./${1##*/}" && sync -- .; } || unremoved "$1"
    else
        remove_entry "$1"
    fi
}
