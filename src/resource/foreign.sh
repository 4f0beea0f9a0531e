# Working as root in directories that may belong to other users: the owner of a directory can replace anything in it at
# any moment. So root enters the directory, checks that it is the right one, and uses names relative to it: a directory
# that was entered stays the same, whatever replaces its path.

# enter_exactly DIRECTORY: enters it. The directories seen along its path must be the actual chain of `.`, `..` and so
# on: a symlink in place of any directory leads a path elsewhere, but never `..`.
enter_exactly() {
    mf_way=$(enter_way "$1") || { fail "$mf_way"; return; }
    [ -z "${mf_staged-}" ] || stage_covers "/${mf_way#*/}" || { fail "$1 leads through a symlink to /${mf_way#*/}, which the check does not cover: name that path in the spec instead"; return; }
    enter_walk "${mf_way%%/*}" "${mf_way#*/}" || fail "another process is changing $1"
}

# enter_walk IDS WAY: enters one directory after the other, starting at `/`. mf_here is the DEVICE:INODE of the last
# one.
enter_walk() {
    mf_ids=$1 mf_way=$2
    cd / || return
    set -- .
    while [ -n "$mf_way" ]; do
        cd -P "./${mf_way%%/*}" 2>/dev/null || return
        set -- "../$1" "$@"
        case $mf_way in
            */*) mf_way=${mf_way#*/} ;;
            *) mf_way= ;;
        esac
    done
    mf_seen=$(stat -c %d:%i -- "$@")
    mf_here=${mf_seen##*"
"}
    [ "$mf_seen
" = "$mf_ids" ]
}

# enter_way DIRECTORY: a line DEVICE:INODE for each directory from `/` to it, followed by its path without symlinks. A
# symlink on the way is followed only if none but root could create it (/var/run); otherwise it prints the reason and
# fails.
enter_way() (
    mf_way=$1 mf_turns=0
    while [ "$mf_turns" -lt 20 ]; do
        mf_turns=$((mf_turns + 1))
        [ -d "$mf_way/" ] || { fail "there is no directory $1"; exit; }
        mf_found=$(enter_look "$mf_way") || { fail "${mf_found:-another process is changing $1}"; exit; }
        case $mf_found in
            /*) ;;
            *) printf '%s\n%s' "$mf_found" "${mf_way:-/}"; exit ;;
        esac
        mf_target=$(readlink -- "$mf_found") || break
        mf_base=$(enter_joined "${mf_found%/*}" "$mf_target") || break
        mf_way=$mf_base${mf_way#"$mf_found"}
    done
    fail "another process is changing $1"
)

# enter_joined DIRECTORY TARGET: the path that a symlink in DIRECTORY points to, without `.` and `..`.
enter_joined() {
    mf_base=$1 mf_rest=$2/
    case $2 in
        /*) mf_base= ;;
    esac
    while [ -n "$mf_rest" ]; do
        case ${mf_rest%%/*} in
            '' | .) ;;
            ..) [ ! -L "$mf_base" ] || return
                mf_base=${mf_base%/*} ;;
            *) mf_base=$mf_base/${mf_rest%%/*} ;;
        esac
        mf_rest=${mf_rest#*/}
    done
    printf '%s' "$mf_base"
}

# enter_look DIRECTORY: the lines DEVICE:INODE from `/` to it; or, if there is a symlink on the way that only root could
# have created, the path of the first one.
enter_look() {
    mf_rest=${1#/} mf_path='' mf_safe=yes mf_ids=''
    set -- /
    while [ -n "$mf_rest" ]; do
        mf_path=$mf_path/${mf_rest%%/*}
        set -- "$@" "$mf_path"
        case $mf_rest in
            */*) mf_rest=${mf_rest#*/} ;;
            *) mf_rest= ;;
        esac
    done
    mf_seen=$(stat -c '%d:%i %u %g %a %F' -- "$@" 2>/dev/null) || return
    while read -r mf_id mf_owner mf_group mf_mode mf_type; do
        mf_ours=
        [ "$mf_owner" != 0 ] && [ "$mf_owner" != "$(id -u)" ] || mf_ours=yes
        # In a directory with the sticky bit, users can only remove their own files.
        [ -n "$mf_ours" ] || [ "$mf_safe" = yes ] || mf_safe=
        case $mf_type in
            directory) ;;
            symbolic*)
                [ -z "$mf_safe" ] || [ -z "$mf_ours" ] || { printf '%s' "$1"; return; }
                fail "$1 is a symlink that users other than root could create: it is not followed"
                return
                ;;
            *) return 1 ;;
        esac
        mf_ids="$mf_ids$mf_id
"
        [ -z "$mf_safe" ] || mf_safe=$(enter_safe)
        shift
    done <<END
$mf_seen
END
    printf '%s' "$mf_ids"
}

# enter_safe: for a directory's owner, mf_group and mf_mode: `yes` if only root can change its contents, `sticky` if
# others can only add to them, otherwise nothing. Members of Debian's group staff (50) are trusted like root, since
# /usr/local belongs to that group.
enter_safe() {
    [ -n "$mf_ours" ] || return 0
    mf_write=$((0$mf_mode & 2))
    case $mf_group in
        0 | 50) ;;
        *) mf_write=$((0$mf_mode & 022)) ;;
    esac
    if [ "$mf_write" -eq 0 ]; then
        echo yes
    elif [ $((0$mf_mode & 01000)) -ne 0 ]; then
        echo sticky
    fi
}

# in_directory DIRECTORY COMMAND WORD...: runs a command with names relative to DIRECTORY (`./a`), or to a private
# directory in it (`../a`). Its error messages show the full paths.
in_directory() {
    mf_directory=${1%/}
    shift
    {
        mf_output=$("$@" 2>&1 >&3 3>&-)
        mf_status=$?
    } 3>&1
    case $mf_output in
        '') return "$mf_status" ;;
        *"'../"*) mf_output="${mf_output%%"'../"*}'$mf_directory/${mf_output#*"'../"}" ;;
        *"'./"*) mf_output="${mf_output%%"'./"*}'$mf_directory/${mf_output#*"'./"}" ;;
        *"'.'"*) mf_output="${mf_output%%"'.'"*}'$mf_directory'${mf_output#*"'.'"}" ;;
    esac
    printf '%s\n' "$mf_output" >&2
    return "$mf_status"
}

# enter_trusted DIRECTORY: enters it; refuses if anyone but root can change its contents, or the directory itself.
enter_trusted() {
    enter_exactly "$1" || return
    [ "$(enter_trust "$1")" = yes ] || fail "users other than root can change what is in $1"
}

# enter_trust DIRECTORY: `yes` if only root decides what is there.
enter_trust() {
    mf_way=$(enter_way "$1") && enter_look "/${mf_way#*/}" >/dev/null && printf '%s\n' "$mf_safe"
}

# private_enter DIRECTORY: creates a directory private to this user in DIRECTORY, and enters it. Nobody else can reach
# its files: they are written and given away there, then renamed to `..`, which is DIRECTORY. Their names are mf.…
private_enter() {
    mf_private=
    enter_exactly "$1" || return
    mf_made=$(in_directory "$1" mktemp -d -- ./.matrixform.XXXXXXXXXX) ||
        { fail "could not write to $1$(unwritten_because "$1" "$1")"; return; }
    # shellcheck disable=SC2046 # four words
    if cd -P "$mf_made" 2>/dev/null && set -- "$1" $(stat -c '%d:%i %u:%a' .. .) && [ "$2" = "$mf_here" ]; then
        case $5$(ls -A .) in
            "$(id -u):700" | "$(id -u):2700") mf_private=$mf_made; return ;;
        esac
    fi
    fail "another process is changing $1"
}

# private_leave: removes the directory and whatever is left in it. Without -P, `cd ..` would follow the path.
private_leave() {
    [ -n "$mf_private" ] || return 0
    rm -f -- ./mf.*
    cd -P .. && rmdir -- "$mf_private" 2>/dev/null
    mf_private=
    cd /
}

# private_place NEW PATH: moves a file or symlink from the private directory to PATH, which is in the surrounding
# directory.
private_place() {
    if [ -d "../${2##*/}" ] && [ ! -L "../${2##*/}" ]; then
        fail "there is a directory at $2"
        return
    fi
    in_directory "${2%/*}" mv -fT -- "$1" "../${2##*/}" && sync -- ..
}

# private_give PATH OWNER:GROUP MODE: applies them to a regular file in the surrounding directory, through a second hard
# link that nobody else can replace, and without opening it. The mode is narrowed first, so that it is never wider than
# both the old and the new one.
private_give() {
    if [ -n "${mf_staged-}" ]; then
        # An overlay keeps checking the old mode of a file that was changed by another name: there it is a new file.
        if [ ! -f "../${1##*/}" ] || [ -L "../${1##*/}" ]; then
            fail "there is no regular file at $1"
            return
        fi
        {
            in_directory "${1%/*}" cp -dT --preserve=all -- "../${1##*/}" mf.held && chmod -- go= mf.held &&
                chown -h -- "$2" mf.held && chmod -- "$3" mf.held &&
                in_directory "${1%/*}" mv -fT -- mf.held "../${1##*/}"
        } || unchanged "$1"
        return
    fi
    if ! ln -P -- "../${1##*/}" mf.held 2>/dev/null; then
        fail "there is no regular file at $1 whose owner can be changed$(unwritten_because "$1" "${1%/*}")"
        return
    fi
    case $(stat -c '%F %h' -- mf.held) in
        regular*' 1' | regular*' 2')
            { chmod -- go= mf.held && chown -- "$2" mf.held && chmod -- "$3" mf.held; } || unchanged "$1"
            ;;
        regular*) fail "$1 has another hard link: its owner is not changed" ;;
        *) fail "there is no regular file at $1" ;;
    esac
    mf_status=$?
    rm -f -- mf.held
    return "$mf_status"
}

# give PATH OWNER:GROUP MODE: sets owner and mode of a regular file.
give() {
    private_enter "${1%/*}" || return
    private_give "$@"
    mf_status=$?
    private_leave
    return "$mf_status"
}

# place_copy PATH KEPT: puts a copy of KEPT, a file or a symlink at an absolute path of root's own, at PATH: complete,
# with its owner and mode, or not at all.
place_copy() {
    if [ ! -f "$2" ] && [ ! -L "$2" ]; then
        fail "$2 is neither a file nor a symlink"
        return
    fi
    private_enter "${1%/*}" || return
    if cp -dT --preserve=all -- "$2" mf.new && { [ -L mf.new ] || sync -- mf.new; } && private_place mf.new "$1"; then
        private_leave
        return
    fi
    private_leave
    fail "could not restore $1"
}

# remove_entry PATH: removes one file or symlink, but no directory. A missing path is not an error.
remove_entry() {
    [ -e "$1" ] || [ -L "$1" ] || return 0
    enter_exactly "${1%/*}" || return
    { in_directory "${1%/*}" rm -f -- "./${1##*/}" && sync -- .; } || unremoved "$1"
}

# peek FILE LIMIT [FLAGS]: prints its first bytes. Does not wait if a FIFO is in its place; FLAGS (`,nofollow`) are
# added to dd's.
peek() {
    dd "if=$1" "iflag=nonblock,fullblock,count_bytes${3-}" bs=65536 "count=$2" status=none
}

# Units that do the work of a run, with or without its client: matrixform-NAME.service.
mf_run_units='switch apt venv rebuild'
mf_holder=/run/matrixform/holder

# unit_at_work UNIT: succeeds if the unit has processes; does not ask systemd.
unit_at_work() {
    [ -d "/sys/fs/cgroup/system.slice/$1" ] || [ -d "/sys/fs/cgroup/systemd/system.slice/$1" ]
}

# run_units_at_work: sets mf_at_work to those of them that are at work.
run_units_at_work() {
    mf_at_work=
    for mf_unit in $mf_run_units; do
        ! unit_at_work "matrixform-$mf_unit.service" || mf_at_work="$mf_at_work $mf_unit"
    done
}

# lock_record_holder PROCESS GROUP WHO: records who holds the host.
lock_record_holder() {
    printf '%s\n' "$1 $2 $(date +%s) $3" >"$mf_holder.new" && mv -fT -- "$mf_holder.new" "$mf_holder"
}

# state_directory: checks that /var/lib/matrixform exists and belongs only to root. If others could write to it, its
# contents are not trusted.
state_directory() (
    mf_state=/var/lib/matrixform
    enter_exactly "${mf_state%/*}" &&
        { [ -d "$mf_state/" ] || in_directory "${mf_state%/*}" mkdir -m 0700 -- "./${mf_state##*/}" || unwritten "$mf_state"; } &&
        enter_exactly "$mf_state" || exit
    case $(stat -c %u:%a .) in
        "$(id -u)":700) exit 0 ;;
        "$(id -u)":*) ;;
        *) fail "$mf_state belongs to $(stat -c %U .): check what is in it, and give it to root or remove it"; exit ;;
    esac
    chmod -- 00700 . || exit
    mf_theirs=$(find . ! -uid "$(id -u)" -print -quit) || exit
    [ -z "$mf_theirs" ] ||
        fail "others could write into $mf_state, and ${mf_theirs#./} in it does not belong to root: check it, and remove it"
)
