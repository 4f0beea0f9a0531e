# leftovers: what stays behind when a shell dies while it writes: private folders (see `private_enter`), and new files of
# what the host remembers.

# leftovers_observe FOLDER...: those of this user directly in each folder; one find for all. A folder that is not there has
# none.
leftovers_observe() {
    leftovers_find '%p\0kind=%y\0\0' -H /var/lib/matrixform /var/lib/matrixform/services "$@"
}

# leftovers_find FORMAT WORD...: in the folders that the words name. The files lie where root alone writes.
leftovers_find() {
    mf_ten='[0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z]'
    mf_ten=$mf_ten$mf_ten
    mf_format=$1
    shift
    find "$@" -mindepth 1 -maxdepth 1 -uid "$(user_number)" \( -type d -name ".matrixform.$mf_ten" \
        -o -type f \( -name ".secrets.$mf_ten" -o -name ".new.$mf_ten" \) \
        \( -path '/var/lib/matrixform/*' -o -path './*' \) \) -printf "$mf_format" 2>/dev/null
    return 0
}

# leftovers_clear FOLDER...: takes them away, and says which. The lock of a run is held, so nobody is writing now.
leftovers_clear() {
    for mf_folder in /var/lib/matrixform /var/lib/matrixform/services "$@"; do
        [ -d "$mf_folder/" ] || continue
        (enter_exactly "$mf_folder" && leftovers_here "$mf_folder") || return
    done
}

# leftovers_here FOLDER: those in this folder, by their names in it.
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

# leftovers_empty NAME: takes out what a step put into a private folder, and nothing else: whoever owns the folder around can
# give this name to any folder that lies there.
leftovers_empty() {
    mf_seen=$(stat -c '%d:%i %u' -- "./$1") && cd -P "./$1" 2>/dev/null || return
    case "$(stat -c '%d:%i %u %a' .)" in
        "$mf_seen 700" | "$mf_seen 2700") ;;
        *) return 1 ;;
    esac
    [ "${mf_seen#* }" = "$(id -u)" ] && rm -f -- ./mf.*
}
