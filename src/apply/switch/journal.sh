# The journal of a switch (docs/decisions/switch.md): a backup of everything that it replaces, kept until it
# has ended. Every unfinished run has a directory:
#   /var/lib/matrixform/switch/NNNN/part-NNN/name        the activation, or the resource
#   /var/lib/matrixform/switch/NNNN/part-NNN/NNN.path    a path that the run replaces; beside it either
#                                            NNN.old     the previous file or link, NNN.dir the owner, group and mode of a
#                                            directory, or neither, if nothing existed there
#   /var/lib/matrixform/switch/NNNN/part-NNN/units       UNIT ACTIVE ENABLED INVOCATION, one per line; ACTIVE is yes, no or
#                                            failing (repeatedly)
#   /var/lib/matrixform/switch/NNNN/part-NNN/UNIT.read   what the unit had read (see service.sh)
#   /var/lib/matrixform/switch/NNNN/part-NNN/ill         the output of the activation's conditions before, if they did not hold
#   /var/lib/matrixform/switch/NNNN/part-NNN/health      the conditions by which the activation was found healthy in this run
#   /var/lib/matrixform/switch/NNNN/part-NNN/watched     the paths that its services now read outside of its directories
#   /var/lib/matrixform/switch/NNNN/touched              units that the run starts, reloads, restarts, stops or enables
# A directory is complete before the first change: it is created as .new.XXXXXXXXXX, flushed and renamed.

mf_switches=/var/lib/matrixform/switch

# switch_keep (part NAME | path PATH | unit UNIT)...: writes the journal. If that fails, nothing of it remains.
switch_keep() {
    { mkdir -p -- "$mf_switches" && mf_new=$(mktemp -d -- "$mf_switches/.new.XXXXXXXXXX"); } || { switch_unkept; return; }
    if switch_write "$@" && sync -f -- "$mf_new" &&
        mv -T -- "$mf_new" "$mf_switches/$(switch_next)" && sync -- "$mf_switches"; then
        return
    fi
    switch_unkept
    rm -rf -- "$mf_new"
    return 1
}

# switch_unkept: fails with the reason; to be called before anything is cleaned up.
switch_unkept() {
    fail "could not back up what would be replaced$(unwritten_because "$mf_switches" "${mf_switches%/*}")"
}

# switch_write (part NAME | path PATH | unit UNIT)...
switch_write() {
    mf_part=0 mf_number=0
    : >"$mf_new/touched" || return
    while [ $# -gt 0 ]; do
        case $1 in
            part)
                mf_part=$((mf_part + 1)) mf_number=0
                mf_directory=$mf_new/part-$(printf %03d "$mf_part")
                mkdir -- "$mf_directory" && printf '%s\n' "$2" >"$mf_directory/name" && : >"$mf_directory/units" || return
                ;;
            path) switch_write_path "$2" || return ;;
            unit) switch_write_unit "$2" || return ;;
        esac
        shift 2
    done
    for mf_directory in "$mf_new"/part-*; do
        mf_ill=$mf_switch_ill/$(cat -- "$mf_directory/name")
        [ ! -f "$mf_ill" ] || cp -- "$mf_ill" "$mf_directory/ill" || return
    done
}

# switch_write_path PATH: backs it up. A file that one of the plan's packages has yet to install counts as absent.
switch_write_path() {
    mf_number=$((mf_number + 1))
    mf_kept=$mf_directory/$(printf %03d "$mf_number")
    if [ -e "$1" ] || [ -L "$1" ]; then (switch_copy "$1" "$mf_kept") || return; fi
    # The .path file comes last: an entry counts once its copy is complete. A journal that is not in use yet is flushed
    # as a whole.
    { [ -z "${mf_live-}" ] || sync -f -- "$mf_directory"; } && printf '%s\n' "$1" >"$mf_kept.new" && mv -fT -- "$mf_kept.new" "$mf_kept.path"
}

# switch_copy PATH KEPT: copies from the entered directory, since another one may take its place at any time.
switch_copy() {
    enter_exactly "${1%/*}" || return
    mf_entry=./${1##*/}
    if [ -d "$mf_entry" ] && [ ! -L "$mf_entry" ]; then
        stat -c '%u:%g %a' -- "$mf_entry" >"$2.dir"
    elif [ -f "$mf_entry" ] || [ -L "$mf_entry" ]; then
        cp -dT --preserve=all -- "$mf_entry" "$2.old"
    elif [ -e "$mf_entry" ]; then
        fail "$1 is neither a file nor a directory: it is not replaced"
    fi
}

# switch_write_unit UNIT: records its state, and what it has read.
switch_write_unit() {
    mf_active=no
    case $(service_property "$1" ActiveState)/$(service_property "$1" SubState) in
        */auto-restart*) mf_active=failing ;;
        active/* | reloading/* | refreshing/* | activating/*) mf_active=yes ;;
    esac
    mf_enabled=$(service_property "$1" UnitFileState)
    mf_invocation=$(service_property "$1" InvocationID)
    printf '%s\n' "$1 $mf_active ${mf_enabled:-none} ${mf_invocation:-none}" >>"$mf_directory/units" || return
    [ ! -f "$mf_services/$1" ] || cp -a -- "$mf_services/$1" "$mf_directory/$1.read"
}

# switch_touch UNIT: records that it is about to be started, reloaded or stopped.
switch_touch() {
    mf_run=$(switch_now) || return 0
    printf '%s\n' "$1" >>"$mf_run/touched"
}

# switch_spare PATH: backs up one more file, found along the way (by a purge), before it is removed.
switch_spare() {
    mf_run=$(switch_now) || return 0
    mf_directory=$mf_run/part-000
    [ -d "$mf_directory" ] || { mkdir -- "$mf_directory" && : >"$mf_directory/units" && printf 'purged\n' >"$mf_directory/name"; } || return
    mf_number=$(find "$mf_directory" -name '*.path' | wc -l)
    mf_live=yes
    switch_write_path "$1" && sync -f -- "$mf_directory"
}

# switch_learn NAME CONDITIONS: records that the activation was found healthy by these conditions.
switch_learn() {
    mf_run=$(switch_now) || return 0
    for mf_directory in "$mf_run"/part-*; do
        [ "$(cat -- "$mf_directory/name")" != "$1" ] || printf '%s\n' "$2" >"$mf_directory/health" || return
    done
}

# switch_watch NAME DIRECTORIES COMMAND: records the paths that an activation's services read outside of its
# directories, as printed by COMMAND, one per line. If the command fails, there is no record, and the checkers run every
# time the host is observed.
switch_watch() {
    mf_run=$(switch_now) || return 0
    for mf_directory in "$mf_run"/part-*; do
        [ "$(cat -- "$mf_directory/name")" = "$1" ] || continue
        rm -f -- "$mf_directory/watched"
        mf_found=$(timeout 10 /bin/sh -c "$3" 2>/dev/null </dev/null) || continue
        printf '%s\n' "$mf_found" | inspect_elsewhere "$2" >"$mf_directory/watched" || rm -f -- "$mf_directory/watched"
    done
    return 0
}

# switch_discard: removes the journal. A partly deleted directory must not be read as a journal, and the oldest goes
# last, since its copies predate all others.
switch_discard() {
    rm -rf -- "$mf_switches"/.new.* || return
    for mf_run in $(switch_runs | sort -r); do
        mv -T -- "$mf_run" "$mf_switches/.new.${mf_run##*/}" && sync -- "$mf_switches" || return
    done
    rm -rf -- "$mf_switches"/.new.*
}

# switch_runs: the directories of runs, oldest first.
switch_runs() {
    for mf_run in "$mf_switches"/[0-9]*; do
        [ ! -d "$mf_run" ] || printf '%s\n' "$mf_run"
    done
}

# switch_now: the directory of the current run; fails if there is none.
switch_now() {
    mf_run=$(switch_runs | tail -n 1)
    [ -n "$mf_run" ] && printf '%s\n' "$mf_run"
}

# switch_next: the name of the next directory.
switch_next() {
    mf_last=$(switch_runs | tail -n 1)
    mf_last=${mf_last##*/}
    printf '%04d\n' "$((1${mf_last:-0000} % 10000 + 1))"
}
