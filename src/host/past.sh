# past: what happened on this host since a given time, to explain its state. It only reads, and only the end of long
# logs.

# past_changed_observe PATH...: when the inode of each was last changed, seconds since 1970.
past_changed_observe() {
    seen stat --printf='%n\0changed=%Z\0\0' -- "$@"
}

# past_units_observe UNIT...: when each unit last started or stopped.
past_units_observe() {
    [ -d /run/systemd/system ] || return 0
    for mf_unit do
        record "$mf_unit" "changed=$(timeout 5 systemctl show -p StateChangeTimestamp --value --timestamp=unix -- "$mf_unit")"
    done
}

# past_packages_observe SINCE: dpkg's log entries about installing and removing, and the time of each line in seconds
# since 1970, since the log uses local time.
past_packages_observe() {
    mf_lines=$(for mf_log in /var/log/dpkg.log.2.gz /var/log/dpkg.log.1 /var/log/dpkg.log; do
        [ -f "$mf_log" ] || continue
        # It contains no newer entries.
        [ "$(stat -c %Y -- "$mf_log")" -ge "$1" ] || continue
        case $mf_log in
            *.gz) timeout 10 gzip -dc -- "$mf_log" | head -c 33554432 ;;
            *) tail -c 4194304 -- "$mf_log" ;;
        esac
    done | grep -aE '^[0-9]{4}(-[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2} (install|upgrade|remove|purge) ' | cut -c 1-300 | tail -n 500)
    [ -n "$mf_lines" ] || return 0
    record dpkg "lines=$mf_lines" "times=$(printf '%s\n' "$mf_lines" | cut -c 1-19 | date -f - +%s)"
}

# past_sessions_observe SINCE: the journal entries of sshd, sudo, su and login about sessions of root, and the time of
# the first entry of the journal. Only processes that run as root, and the programs sudo
# and su, are trusted: a user can name another program like them.
past_sessions_observe() {
    command -v journalctl >/dev/null && [ -d /run/systemd/system ] || return 0
    record first "at=$(timeout 10 journalctl -q --no-pager -o short-unix | head -n 1 | cut -c 1-10)" "own=$mf_client"
    record journal "lines=$(timeout 20 journalctl -q --no-pager -o short-unix --since "@$1" \
        _UID=0 SYSLOG_IDENTIFIER=sshd SYSLOG_IDENTIFIER=sshd-session SYSLOG_IDENTIFIER=login + _EXE=/usr/bin/sudo + _EXE=/usr/bin/su |
        grep -aE 'Accepted [a-z/-]+ for root from |session\): session opened for user root|USER=root ; .*COMMAND=' |
        cut -c 1-400 | tail -n 500)"
}
