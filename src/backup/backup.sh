# backup: runs the program on the host that makes and reads backups, for the client that waits. Each function succeeds
# and prints the outcome: a failed step would end the other steps of the session.

# backup_wait UNIT PROGRAM: starts the unit, or waits for it if it is already running. Prints its progress. The unit
# continues even if the client stops waiting.
backup_wait() {
    if [ ! -x "$2" ]; then
        printf 'absent\n'
        return 0
    fi
    # Progress of an earlier run was shown at the time.
    mf_seen=$({ wc -l </run/matrixform-backup/progress; } 2>/dev/null) || mf_seen=0
    systemctl start -- "$1" >/dev/null 2>&1 </dev/null &
    mf_job=$!
    mf_ended=
    while [ -z "$mf_ended" ]; do
        sleep 0.5
        kill -0 "$mf_job" 2>/dev/null || mf_ended=yes
        backup_progress /run/matrixform-backup/progress
    done
    mf_status=0
    wait "$mf_job" || mf_status=$?
    mf_result=$(systemctl show -p Result --value -- "$1")
    # A unit that systemd did not start has the result of its last run.
    [ "$mf_status" = 0 ] || [ "$mf_result" != success ] || mf_result=unstarted
    printf 'ended %s\n' "$mf_result"
    "$2" state | head -c 65536
    return 0
}

# backup_progress FILE: prints its new lines; every run starts the file from the beginning.
backup_progress() {
    mf_lines=$({ wc -l <"$1"; } 2>/dev/null) || return 0
    [ "$mf_lines" -ge "$mf_seen" ] || mf_seen=0
    [ "$mf_lines" -eq "$mf_seen" ] || sed -n "$((mf_seen + 1)),${mf_lines}s/^/progress /p" "$1"
    mf_seen=$mf_lines
}

# backup_list PROGRAM [ID]: for each repository, a line `repository NAME`, then a line with its snapshots as JSON, and a line
# `failed` if restic complains.
backup_list() {
    if [ ! -x "$1" ]; then
        printf 'absent\n'
        return 0
    fi
    "$1" list "${2-}" </dev/null 2>/dev/null | head -c 33554432
    return 0
}

# backup_restore PROGRAM REPOSITORY SNAPSHOT PATH DIRECTORY
backup_restore() {
    if [ ! -x "$1" ]; then
        printf 'absent\n'
        return 0
    fi
    "$1" restore "$2" "$3" "$4" "$5" </dev/null 2>&1 | tail -c 16384
    return 0
}
