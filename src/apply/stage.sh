# stage: writes what a switch would write, in memory only, and runs the checkers on it (docs/decisions/check.md). The
# overlays are mounts on the host itself, since systemd has to see them, but inside a directory of root's: they cover
# the real paths only in namespaces that use them. A separate unit creates and clears them, even if a process is killed
# meanwhile.

mf_stage=/run/matrixform/stage
mf_stage_unit=matrixform-check.service
mf_checks=/run/systemd/system/matrixform-check
mf_checked=/run/matrixform/checked

# activation_stage DIRECTORY... <SCRIPT: the script defines stage_write, which writes files into these directories, and
# stage_checks. The exit status alone is not reliable: a stopped unit, and a shell whose input is truncated, exit
# with 0. So the check leaves a marker file when it completes.
activation_stage() {
    mf_script=$(input) && run_directory && rm -f -- "$mf_checked" || return
    stage_run "$@" || return
    [ -e "$mf_checked" ] || { fail 'the check was stopped before it had passed'; return; }
    rm -f -- "$mf_checked"
}

# stage_run DIRECTORY...: runs mf_script as a separate unit.
stage_run() {
    mf_runs="mf_all=\$(cat); eval \"\$mf_all\"; exit 125"
    if [ ! -d /run/systemd/system ]; then
        stage_text | unshare -m -- /bin/sh -c "$mf_runs" stage "$@"
        mf_status=$?
        /bin/sh -c "$(stage_cleanup_command)"
        return "$mf_status"
    fi
    stage_drop
    trap 'stage_drop; exit 143' TERM
    stage_text | systemd-run --quiet --pipe --wait --collect --unit="$mf_stage_unit" -p TimeoutStopSec=60 \
        -p "ExecStopPost=/bin/sh -c '$(stage_clearing)'" --description='matrixform: the check before a switch' \
        -- /bin/sh -c "$mf_runs" stage "$@" 9>&- &
    wait "$!"
}

# stage_text: the library, the script, and the call that starts it. A truncated text lacks that last line, so none of it
# runs.
stage_text() {
    # shellcheck disable=SC2154 # the client sets the library's text
    printf '%s\n' "$mf_library" 'mf_staged=yes' "$mf_script" "[ -n \"\${mf_inside-}\" ] || stage_main \"\$@\""
}

# stage_drop: ends a check that no client waits for, and clears what it created. It has changed nothing.
stage_drop() {
    ! unit_at_work "$mf_stage_unit" || systemctl --quiet stop -- "$mf_stage_unit"
}

# stage_clearing: a command without quotes that removes every trace of a check from the host.
stage_clearing() {
    printf '%s' "rm -rf -- $mf_checks-*; set -f; systemctl --quiet stop matrixform-check-*.service; " \
        "systemctl --quiet reset-failed matrixform-check-*.service; " \
        "while umount -R -l $mf_stage 2>/dev/null; do :; done; rmdir $mf_stage; $(stage_cleanup_command)"
}

# stage_cleanup_command: a command without quotes that removes the directories that were made to be covered.
stage_cleanup_command() {
    printf '%s' "[ ! -f $mf_stage.made ] || xargs -r -a $mf_stage.made rmdir --; rm -f -- $mf_stage.made"
}

# stage_needs PROGRAM
stage_needs() {
    command -v "$1" >/dev/null || fail "$1 is not installed on this host: apt-get install $1"
}

# stage_main DIRECTORY...
stage_main() {
    stage_mount "$@" || exit 125
    mf_unit_paths=$(sandbox_paths)
    stage_inside stage_write_all || exit
    # shellcheck disable=SC2034 # counts the copies of units
    mf_number=0
    stage_checks
    : >"$mf_checked"
    exit
}

# stage_mount DIRECTORY...: mounts an overlay in memory for the top of each directory, for those where services write,
# and for each volume mounted inside one.
stage_mount() {
    # Mounts below a private mount are invisible to services that already run.
    # shellcheck disable=SC2174 # /run is always there
    run_directory && mkdir -p -m 0700 -- "$mf_stage" && mount --bind --make-private -- "$mf_stage" "$mf_stage" &&
        mount -t tmpfs -o mode=0700 --make-private matrixform "$mf_stage" || return
    # /run comes last, since it contains the overlays.
    { printf '%s\n' /etc /tmp /var && stage_tops "$@"; } | grep -vx /run | sort -u | while IFS= read -r mf_directory; do
        printf '%s\n' "$mf_directory"
        stage_volumes "$mf_directory"
    done >"$mf_stage/points"
    printf '%s\n' /run >>"$mf_stage/points"
    stage_each stage_make || return
    mf_run=$mf_stage/$mf_place mf_live=$mf_stage/$mf_place/.matrixform
    # In a namespace where the overlay of /run covers it, the other overlays are still at their paths.
    mkdir -m 0755 -- "$mf_live" && stage_each stage_reach && mount --rbind --make-rprivate -- "$mf_stage" "$mf_run${mf_stage#/run}"
}

# stage_tops DIRECTORY...: the top-level directory of each, and of where root's symlinks lead it. A directory directly
# in / that is not there yet is made, because only what exists can be covered, and is removed after the check.
stage_tops() {
    for mf_directory do
        for mf_path in "$mf_directory" "$(readlink -m -- "$mf_directory")"; do
            mf_path=${mf_path#/}
            mf_path=/${mf_path%%/*}
            [ "$mf_path" != / ] || continue
            case ${mf_path#/} in
                *[!A-Za-z0-9._-]*) ;;
                *) [ -e "$mf_path" ] || [ -L "$mf_path" ] || ! mkdir -m 0700 -- "$mf_path" || printf '%s\n' "$mf_path" >>"$mf_stage.made" ;;
            esac
            printf '%s\n' "$mf_path"
        done
    done
}

# stage_covers DIRECTORY: whether an overlay covers it, so that nothing written into it reaches the host. In / itself,
# only directories with overlays are changed (src/apply/stage.rs).
stage_covers() {
    [ "$1" != / ] || return 0
    while IFS= read -r mf_point; do
        case $1/ in "$mf_point"/*) return 0 ;; esac
    done <"$mf_stage/points"
    return 1
}

# stage_volumes DIRECTORY: the mounts below it, one per line, outer ones first. Mounts of containers and mounts made on
# access are irrelevant to services.
stage_volumes() {
    while read -r _ _ _ _ mf_point mf_rest; do
        case $mf_rest in
            *' - overlay '* | *' - nsfs '* | *' - proc '* | *' - sysfs '* | *' - autofs '* | *' - squashfs '*) continue ;;
        esac
        case $mf_point in "$1"/*) printf '%b\n' "$mf_point" ;; esac
    done </proc/self/mountinfo
}

# stage_each FUNCTION: calls it with the place and the path of every point.
stage_each() {
    mf_place=0
    while IFS= read -r mf_point; do
        mf_place=$((mf_place + 1))
        "$1" "$mf_stage/$mf_place" "$mf_point" || return
    done <"$mf_stage/points"
}

# stage_make PLACE POINT: makes the overlay; a volume that cannot be covered becomes read-only.
stage_make() {
    [ -d "$2" ] || return 0
    mkdir -- "$1" "$1-lower" "$1-upper" "$1-work" && mount --bind --make-private -- "$2" "$1-lower" &&
        chmod --reference="$1-lower" -- "$1-upper" && chown --reference="$1-lower" -- "$1-upper" || return
    mount -t overlay -o "lowerdir=$1-lower,upperdir=$1-upper,workdir=$1-work" matrixform "$1" 2>/dev/null ||
        { mount --bind --make-private -- "$1-lower" "$1" && mount -o remount,bind,ro -- "$1"; }
}

# stage_reach PLACE: makes the directory below an overlay reachable in /run/.matrixform, for the sake of sockets.
stage_reach() {
    [ ! -d "$1" ] || { mkdir -m 0755 -- "$mf_live/${1##*/}" &&
        mount --bind --make-private -- "$1-lower" "$mf_live/${1##*/}"; }
}

# stage_write_all: links the sockets, and writes the files of the switch. Must be called in the namespace.
stage_write_all() {
    sed -n 's|^[^/]* \(/.*\)$|\1|p' /proc/net/unix | sort -u | while IFS= read -r mf_path; do
        (stage_socket "$mf_path")
    done
    stage_write
}

# stage_socket PATH: sockets do not work through an overlay, so it gets a link to the one below; removing it there only
# removes the link. A directory in the path may be a link by now, so the actual working directory decides.
stage_socket() {
    cd -P -- "${1%/*}/" 2>/dev/null && [ -S "./${1##*/}" ] || return 0
    mf_place=0 mf_of='' mf_deepest=''
    while IFS= read -r mf_point; do
        mf_place=$((mf_place + 1))
        case $PWD/ in
            "$mf_point"/*) [ "${#mf_point}" -le "${#mf_deepest}" ] || mf_of=$mf_place mf_deepest=$mf_point ;;
        esac
    done <"$mf_stage/points"
    [ -z "$mf_of" ] || ln -sfn -- "/run/.matrixform/$mf_of${PWD#"$mf_deepest"}/${1##*/}" "./${1##*/}" 2>/dev/null
}

# stage_cover PLACE POINT
stage_cover() {
    [ ! -d "$1" ] || mount --rbind -- "$1" "$2"
}

# stage_inside FUNCTION WORD...: calls it in a namespace in which the overlays cover the real paths.
stage_inside() {
    rm -f -- "$mf_stage/whole"
    printf '%s\n' mf_inside=yes "mf_unit_paths='$mf_unit_paths'" "$mf_all" "{ stage_each stage_cover || exit 125; \"\$@\" </dev/null || exit; : >\"\$mf_stage/whole\"; exit; }" |
        unshare -m -- /bin/sh -s -- "$@" || return
    [ -e "$mf_stage/whole" ] || { fail 'the check was stopped before it had passed'; return 125; }
}

# stage_check NAME USER UNIT NETWORK COMMAND...: runs the checkers of the activation NAME in the sandbox of UNIT, or as
# USER if UNIT is `-` or cannot be sandboxed here. Warnings of checkers that pass are marked, so that they are reported.
stage_check() {
    # shellcheck disable=SC2034 # what runs in a sandbox asks
    mf_name=$1 mf_user=$2 mf_unit=$3 mf_network=$4
    shift 4
    if [ "$mf_unit" != - ]; then
        sandbox_check "$@"
        mf_status=$?
        [ "$mf_status" -eq 3 ] || return "$mf_status"
        printf '%s\n' "outside: $mf_name: checked outside the sandbox of $mf_unit, because $mf_why"
    fi
    stage_inside stage_plain "$mf_name" "$mf_user" "$@"
}

# stage_plain NAME USER COMMAND...
stage_plain() {
    mf_name=$1 mf_user=$2
    shift 2
    for mf_command do
        {
            mf_output=$(cd / && check_as "$mf_user" /bin/sh -c "$mf_command" 2>&1 >&3 3>&-)
            mf_status=$?
        } 3>&1
        [ "$mf_status" -eq 0 ] || { stage_refused "$mf_output"; return; }
        printf '%s\n' "$mf_output" | check_warnings | sed 's/^/warned: /'
    done
}

# stage_refused SAID: prints the reason, and fails with the status of the check.
stage_refused() {
    printf '%s\n' "$1" "the check of $mf_name rejected the new files"
    return "$mf_status"
}

# check_as USER COMMAND WORD...
check_as() {
    mf_user=$1
    shift
    [ "$mf_user" = root ] || [ "$(id -u)" != 0 ] ||
        set -- setpriv --reuid="$mf_user" --regid="$(id -g -- "$mf_user")" --init-groups -- "$@"
    "$@"
}

# check_warnings <TEXT: the lines with warnings, without duplicates.
check_warnings() {
    grep -i warn | awk '!seen[$0]++'
}
