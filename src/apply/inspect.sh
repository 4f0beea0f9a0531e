# inspect: what checkers say about the files on disk if anything changed since a service read them, and which changes by
# others an apply would affect.

# The paths outside of their own directories that activations read, one file for each activation.
mf_watches=/var/lib/matrixform/watched

# inspect_observe (NAME USER COMMAND SINCE DIRECTORIES WATCHES)...: runs checkers on the current files, and reports
# those that refuse them and those that warn. A checker runs if anything in its DIRECTORIES, or among the paths watched
# elsewhere (if WATCHES is yes), is a dangling link or changed after one of the SINCE files was written, which is when a
# service had read its files. DIRECTORIES and SINCE are lists of lines. The checkers run in parallel, and each record is
# one write that fits into a pipe. A checker that is not installed yet (127) or takes too long (124) reports nothing.
inspect_observe() {
    mf_due=" $(inspect_due "$@" 2>/dev/null) " || mf_due=all
    mf_number=0
    while [ $# -gt 5 ]; do
        mf_number=$((mf_number + 1))
        case $mf_due in
            all | *" $mf_number "*) inspect_one "$mf_number" "$1" "$2" "$3" & ;;
        esac
        shift 6
    done
    wait
}

# inspect_due (NAME USER COMMAND SINCE DIRECTORIES WATCHES)...: the numbers of the checkers that are due, from a single
# find that follows links.
inspect_due() {
    IFS='
'
    set -f
    mf_number=0 mf_directories='' mf_rest=$# mf_now=$(date +%s)
    while [ "$mf_rest" -gt 5 ]; do
        mf_number=$((mf_number + 1))
        if inspect_watched "$1" "$6" && inspect_is_taken_up "$4" "$5" "$mf_watched"; then
            mf_directories="$mf_directories$5
$mf_watched"
            # Does not descend into paths watched elsewhere.
            set -- "$@" '('
            for mf_path in $mf_watched; do set -- "$@" -path "$mf_path" -o; done
            set -- "$@" -false ')' -prune , '('
            for mf_path in $mf_watched; do set -- "$@" -path "$mf_path" -o; done
            for mf_path in $5; do set -- "$@" -path "$mf_path" -o -path "$mf_path/*" -o; done
            set -- "$@" -false ')'
            # With -L, only dangling links count as links: it is unknown when their target disappeared.
            set -- "$@" '(' -type l
            for mf_path in $4; do set -- "$@" -o -newercm "$mf_path"; done
            set -- "$@" ')' -printf "$mf_number " ,
        else
            printf '%s ' "$mf_number"
        fi
        shift 6
        mf_rest=$((mf_rest - 6))
    done
    # shellcheck disable=SC2086 # one path a line
    [ -z "$mf_directories" ] || timeout 5 find -L $mf_directories "$@" -false
}

# inspect_watched NAME yes|no: sets mf_watched to the recorded paths that an activation reads elsewhere, one per line.
# Fails if there should be a record but there is none.
inspect_watched() {
    mf_watched=''
    [ "$2" = yes ] || return 0
    while IFS= read -r mf_path; do
        mf_watched="$mf_watched$mf_path
"
    done <"$mf_watches/$1"
}

# inspect_elsewhere DIRECTORIES <PATHS: the paths outside DIRECTORIES, in the form that `inspect_due` watches: a
# directory is given as its `.` entry. For a link, the parent directory is watched too, since only that shows when the
# link is replaced.
inspect_elsewhere() {
    while IFS= read -r mf_path; do
        case $mf_path in /*) ;; *) continue ;; esac
        printf '%s\n' "$1" | inspect_is_below "$mf_path" || {
            if [ -d "$mf_path" ]; then printf '%s/.\n' "$mf_path"; else printf '%s\n' "$mf_path"; fi
            [ ! -L "$mf_path" ] || printf '%s/.\n' "${mf_path%/*}"
        }
    done | sort -u
}

# inspect_is_below PATH <DIRECTORIES
inspect_is_below() {
    while IFS= read -r mf_directory; do
        case $1 in "$mf_directory" | "$mf_directory"/*) return 0 ;; esac
    done
    return 1
}

# inspect_is_taken_up SINCE DIRECTORIES WATCHED: succeeds if the records exist, are neither pending nor unhealthy, and
# are not from the future (wrong clock), and if find can search the directories, which it treats as patterns.
inspect_is_taken_up() {
    [ -n "$1" ] && [ -n "$2" ] || return
    for mf_path in $1; do
        read -r mf_line <"$mf_path" || return
        case $mf_line in
            *' pending' | *' unhealthy') return 1 ;;
        esac
    done
    # shellcheck disable=SC2086 # one path a line
    mf_changes=$(stat -L -c %Y -- $1) || return
    for mf_changed in $mf_changes; do
        [ "$mf_changed" -le "$mf_now" ] || return
    done
    for mf_path in $2 $3; do
        case $mf_path in
            *[]?*\\[]*) return 1 ;;
        esac
        [ -e "$mf_path" ] || return
    done
}

# inspect_one NUMBER NAME USER COMMAND
inspect_one() {
    id -u -- "$3" >/dev/null 2>&1 || return 0
    mf_output=$(check_as "$3" timeout 5 /bin/sh -c "$4" 2>&1 </dev/null)
    mf_status=$?
    case $mf_status in
        124 | 127) return ;;
        0) mf_output=$(printf '%s\n' "$mf_output" | check_warnings) ;;
    esac
    [ "$mf_status" -eq 0 ] && [ -z "$mf_output" ] ||
        printf '%s\0name=%s\0status=%s\0output=%s\0\0' "$1" "$2" "$mf_status" "$(printf %s "$mf_output" | tr -d "\r" | tail -c 2048)"
}

# survey_observe (NAME COMMAND)...: what a change of an activation takes from others, and whether the survey succeeded
# (124: it took too long).
survey_observe() {
    while [ $# -gt 1 ]; do
        mf_output=$(timeout 10 /bin/sh -c "$2" 2>&1 </dev/null)
        mf_status=$?
        [ "$mf_status$mf_output" = 0 ] ||
            printf '%s\0status=%s\0output=%s\0\0' "$1" "$mf_status" "$(printf '%s\n' "$mf_output" | tr -d '\r' | head -c 8192)"
        shift 2
    done
}

# report_observe (NAME COMMAND)...: what needs attention, regardless of any plan.
report_observe() {
    survey_observe "$@"
}
