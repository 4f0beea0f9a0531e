# user: an account exists with the declared attributes.

# user_observe NAME...: home, shell and groups (the primary one first) of those that exist. Always queries root too:
# without it, nothing was seen.
user_observe() {
    mf_seen=$(getent passwd -- root "$@") || [ $? -eq 2 ] || return # 2: some are not there
    printf '%s\n' "$mf_seen" | while IFS=: read -r mf_user _ _ _ _ mf_home mf_shell; do
        case " $* " in
            *" $mf_user "*) record "$mf_user" "home=$mf_home" "shell=$mf_shell" "groups=$(id -Gn -- "$mf_user")" ;;
            *) record "$mf_user" ;;
        esac
    done
}

# user_make NAME HOME SHELL GROUP =GROUPS --create-home|--no-create-home --system|'': without GROUP it gets a group with
# its own name, which may already exist.
user_make() {
    if getent passwd -- "$1" >/dev/null; then
        user_change "$1" "$2" "$3" "$4" "$5"
        return
    fi
    mf_group=$4
    [ -n "$mf_group" ] || ! getent group -- "$1" >/dev/null || mf_group=$1
    mf_groups=${5#=}
    if [ -n "$mf_group" ]; then
        useradd "$6" ${7:+"$7"} --home-dir "$2" --shell "$3" --gid "$mf_group" ${mf_groups:+--groups "$mf_groups"} -- "$1"
    else
        useradd "$6" ${7:+"$7"} --home-dir "$2" --shell "$3" --user-group ${mf_groups:+--groups "$mf_groups"} -- "$1"
    fi
}

# user_change NAME HOME SHELL GROUP =GROUPS: empty values stay unchanged; `=` alone removes it from all supplementary
# groups.
user_change() {
    usermod ${2:+--home "$2"} ${3:+--shell "$3"} ${4:+--gid "$4"} ${5:+--groups "${5#=}"} -- "$1"
}
