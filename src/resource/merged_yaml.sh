# merged_yaml: YAML files that a program merges key by key.

# merged_yaml_observe (PATH OWN LIMIT)...: the files that the program reads for each PATH, a file or the `*.yaml` in a
# directory, each with its size and, unless OWN (paths between colons) names it, its first LIMIT bytes (base64). At most
# 100 files of one directory are looked at; `/` says how many there are.
merged_yaml_observe() {
    mf_count=0
    while [ $# -gt 0 ]; do
        if [ -d "$1" ]; then
            for mf_file in "$1"/*.yaml "$1"/.*.yaml; do
                merged_yaml_file "$mf_file" "$2" "$3"
            done
        else
            merged_yaml_file "$1" "$2" "$3"
        fi
        shift 3
    done
    record / "files=$mf_count"
}

# merged_yaml_file PATH OWN LIMIT: one of them; what is no regular file is not read by the program either.
merged_yaml_file() {
    [ -f "$1" ] || return 0
    mf_count=$((mf_count + 1))
    [ "$mf_count" -le 100 ] || return 0
    record "$1" "size=$(stat -L -c %s -- "$1")"
    case :$2: in
        *:"$1":*) ;;
        *)
            printf '%s\0content=' "$1"
            peek "$1" "$3" | base64 -w 0
            printf '\0\0'
            ;;
    esac
}
