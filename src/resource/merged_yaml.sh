# merged_yaml: YAML files that a program merges key by key.

# merged_yaml_observe (PATH OWN LIMIT)...: the files that the program reads for each PATH, a file or the `*.yaml` in a
# directory, each with its size and, unless listed in OWN (paths separated by colons), its first LIMIT bytes (base64).
# Reads at most 100 files of one directory; the record `/` has their number.
merged_yaml_observe() {
    mf_count=0
    while [ $# -gt 0 ]; do
        if [ -d "$1" ]; then
            merged_yaml_files "$2" "$3" "$1"/*.yaml "$1"/.*.yaml || return
        else
            merged_yaml_files "$2" "$3" "$1" || return
        fi
        shift 3
    done
    record / "files=$mf_count"
}

# merged_yaml_files OWN LIMIT PATH...: the files of one directory, their sizes by one stat. The program does not read
# anything but regular files either.
merged_yaml_files() {
    mf_own=$1 mf_limit=$2
    shift 2
    mf_rest=$#
    while [ "$mf_rest" -gt 0 ]; do
        if [ -f "$1" ]; then
            mf_count=$((mf_count + 1))
            [ "$mf_count" -gt 100 ] || set -- "$@" "$1"
        fi
        shift
        mf_rest=$((mf_rest - 1))
    done
    [ $# -gt 0 ] || return 0
    stat -L --printf='%n\0size=%s\0\0' -- "$@" || return
    for mf_file do
        case :$mf_own: in
            *:"$mf_file":*) continue ;;
        esac
        printf '%s\0content=' "$mf_file"
        beginning "$mf_limit" "$mf_file" || return
        printf '\0\0'
    done
}
