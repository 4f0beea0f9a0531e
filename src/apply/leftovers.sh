# leftovers: files that remain when a shell dies while writing: private directories (see `private_enter`), and temporary
# files of the host's records.

# leftovers_observe DIRECTORY...: leftovers of this user directly in each directory, from a single find. A missing
# directory has none.
leftovers_observe() {
    leftovers_find '%p\0kind=%y\0\0' -H /var/lib/matrixform /var/lib/matrixform/services "$@"
}

# leftovers_find FORMAT WORD...: finds leftovers in the directories given by the words. The files are where only root
# can write.
leftovers_find() {
    mf_ten='[0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z]'
    mf_ten=$mf_ten$mf_ten
    mf_format=$1
    shift
    find "$@" -mindepth 1 -maxdepth 1 -uid "$(user_number)" \( -type d -name ".matrixform.$mf_ten" \
        -o -type f -name ".new.$mf_ten" \
        \( -path '/var/lib/matrixform/*' -o -path './*' \) \) -printf "$mf_format" 2>/dev/null
    return 0
}

# leftovers_clear DIRECTORY...: removes leftovers, and prints which. The caller holds the lock, so no other run is
# writing.
leftovers_clear() {
    for mf_directory in /var/lib/matrixform /var/lib/matrixform/services "$@"; do
        [ -d "$mf_directory/" ] || continue
        (enter_exactly "$mf_directory" && leftovers_here "$mf_directory") || return
    done
}

# leftovers_here DIRECTORY: removes the leftovers in the current directory, which is DIRECTORY.
leftovers_here() {
    leftovers_find '%f\n' . | while IFS= read -r mf_name; do
        case $mf_name in
            .matrixform.*) (leftovers_empty "$mf_name") && rmdir -- "$mf_name" ;;
            *)
                case $1 in
                    /var/lib/matrixform | /var/lib/matrixform/services) rm -f -- "$mf_name" ;;
                    *) false ;;
                esac
                ;;
        esac && printf 'cleared %s\n' "$1/$mf_name"
    done
    sync -- .
}

# leftovers_empty NAME: removes the files that a step put into a private directory, and nothing else: the owner of the
# enclosing directory could rename any directory there to this name.
leftovers_empty() {
    mf_seen=$(stat -c '%d:%i %u' -- "./$1") && cd -P "./$1" 2>/dev/null || return
    case "$(stat -c '%d:%i %u %a' .)" in
        "$mf_seen 700" | "$mf_seen 2700") ;;
        *) return 1 ;;
    esac
    [ "${mf_seen#* }" = "$(id -u)" ] && rm -f -- ./mf.*
}
