# backup: the program on the host that makes and reads backups, called for whoever waits. Each function succeeds and prints what
# came of it: a step that fails would end the session's others.

# backup_wait UNIT PROGRAM: starts the unit, or waits for the one that is running. What it does is printed as it changes. It goes on
# when nobody waits any more.
backup_wait() {
    if [ ! -x "$2" ]; then
        printf 'absent\n'
        return 0
    fi
    # What an earlier one left was shown then.
    mf_seen=$({ wc -l </run/matrixform-backup/progress; } 2>/dev/null) || mf_seen=0
    systemctl start -- "$1" >/dev/null 2>&1 </dev/null &
    mf_job=$!
    mf_ended=
    while [ -z "$mf_ended" ]; do
        sleep 0.5
        kill -0 "$mf_job" 2>/dev/null || mf_ended=yes
        backup_progress /run/matrixform-backup/progress
    done
    wait "$mf_job"
    printf 'ended %s\n' "$(systemctl show -p Result --value -- "$1")"
    "$2" state | head -c 65536
    return 0
}

# backup_progress FILE: the lines that are new in it; it begins again with each run.
backup_progress() {
    mf_lines=$({ wc -l <"$1"; } 2>/dev/null) || return 0
    [ "$mf_lines" -ge "$mf_seen" ] || mf_seen=0
    [ "$mf_lines" -eq "$mf_seen" ] || sed -n "$((mf_seen + 1)),${mf_lines}s/^/progress /p" "$1"
    mf_seen=$mf_lines
}

# backup_list PROGRAM: lines `repository NAME`, each with its snapshots as JSON in the next one, and with `said` where restic
# complains.
backup_list() {
    if [ ! -x "$1" ]; then
        printf 'absent\n'
        return 0
    fi
    "$1" list </dev/null 2>/dev/null | head -c 33554432
    return 0
}

# backup_restore PROGRAM REPOSITORY SNAPSHOT PATH FOLDER
backup_restore() {
    if [ ! -x "$1" ]; then
        printf 'absent\n'
        return 0
    fi
    "$1" restore "$2" "$3" "$4" "$5" </dev/null 2>&1 | tail -c 16384
    return 0
}
