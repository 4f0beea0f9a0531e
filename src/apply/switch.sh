# switch: what a run changes as one. It runs as a unit of its own, and ends applied or as it was before, whether or not
# anybody listens. The journal (docs/decisions/switch.md) has a folder for each run that did not end:
#   /var/lib/matrixform/switch/NNNN/part-NNN/name        the activation, or the resource
#   /var/lib/matrixform/switch/NNNN/part-NNN/NNN.path    a path that the run replaces; beside it either
#                                            NNN.old     what stood there, NNN.dir owner, group and mode of a directory,
#                                            or neither: nothing stood there
#   /var/lib/matrixform/switch/NNNN/part-NNN/units       UNIT ACTIVE ENABLED INVOCATION, one a line; ACTIVE is yes, no or
#                                            failing (over and over)
#   /var/lib/matrixform/switch/NNNN/part-NNN/UNIT.read   what the unit had read (see service.sh)
#   /var/lib/matrixform/switch/NNNN/part-NNN/health      the conditions under which the activation was found healthy now
#   /var/lib/matrixform/switch/NNNN/touched              units that were told to start, reload, restart, stop, enable
# A folder is whole before the first change: it is made as .new.XXXXXXXXXX, flushed and renamed.

mf_switches=/var/lib/matrixform/switch
mf_switch_unit=matrixform-switch.service
mf_switch_file=/run/matrixform/switch
mf_login_file=/run/matrixform/login

# guard END <SCRIPT: runs a script of switch_step and switch_end as a unit of its own, and shows what it prints, which
# are frames. When it ended without the frame END, one says so.
guard() {
    mf_end=$1
    mf_script=$(input) || mf_script=
    # shellcheck disable=SC2174 # /run is always there
    mkdir -p -m 0700 -- /run/matrixform && : >"$mf_switch_file.log" && rm -f -- "$mf_switch_file.status"
    [ ! -e "$mf_lost" ] || mf_stopped=lost
    if [ -z "$mf_stopped" ] && [ -n "$mf_script" ] && [ -f "$mf_switch_file.log" ]; then
        switch_start >"$mf_switch_file.err" 2>&1 &
        mf_running=$!
        mf_script=
        (tail -n +1 -f -s 0.1 --pid="$mf_running" -- "$mf_switch_file.log") 9>&-
        wait "$mf_running"
    fi
    mf_status=
    [ ! -r "$mf_switch_file.status" ] || read -r mf_status <"$mf_switch_file.status"
    [ "$mf_status" = 0 ] || mf_stopped=yes
    if [ -z "$mf_status" ]; then
        printf '\n%s b %s\n' "$mf_nonce" "$mf_end"
        printf '%s\n' "the unit $mf_switch_unit did not run to its end"
        cat -- "$mf_switch_file.err"
        mf_status=3
        if ! lock_at_work "$mf_switch_unit"; then
            (switch_undo) 2>&1
            mf_status=$?
        fi
        printf '\n%s e %s %s\n' "$mf_nonce" "$mf_end" "$mf_status"
    fi
    rm -f -- "$mf_switch_file.err"
}

# switch_start: the script goes through a pipe, for it holds secrets. Without systemd it runs in a session of its own,
# which holds the lock until it has ended.
switch_start() {
    mf_runs="mf_all=\$(cat); exec </dev/null >>$mf_switch_file.log 2>&1; eval \"\$mf_all\""
    if [ -d /run/systemd/system ]; then
        # Neither a process that the kernel kills for its memory, nor a stop, ends it half-way. A stop has a signal of its
        # own: a child that is being forked loses one that its parent has a trap for, and steps are watched by TERM.
        switch_text | systemd-run --quiet --pipe --collect --unit="$mf_switch_unit" -p OOMPolicy=continue \
            -p KillMode=mixed -p KillSignal=SIGUSR2 -p TimeoutStopSec=180 --description='matrixform: a switch, which ends applied or as it was before' -- /bin/sh -c "$mf_runs" 9>&-
    else
        switch_text | setsid -w /bin/sh -c "$mf_runs"
    fi
}

# switch_text: the library, and the script that uses it.
switch_text() {
    # shellcheck disable=SC2154 # the client sets the library's text
    printf '%s\n' "mf_nonce=$mf_nonce" 'mf_text() {' "cat <<'MF_LIBRARY'" "$mf_library" MF_LIBRARY '}'
    # shellcheck disable=SC2016 # the shell that reads it expands it
    printf '%s\n' 'mf_library=$(mf_text)' 'eval "$mf_library"' "trap 'mf_stopped=\${mf_stopped:-it was told to stop}' USR2" \
        "$mf_script"
}

# switch_step ID SAYS UNIT SECONDS FUNCTION WORD...: one step of a switch, framed. After a failure the others are left
# out. UNIT is what it starts, stops or reloads, or `-`. One that takes longer than SECONDS is ended (status 124).
switch_step() {
    [ -z "$mf_stopped" ] || return 0
    mf_id=$1 mf_says=$2
    # shellcheck disable=SC2034 # a purge asks
    mf_in_switch=yes
    [ "$3" = - ] || switch_touch "$3"
    mf_limit=$4
    shift 4
    printf '%s b %s\n' "$mf_nonce" "$mf_id"
    watch "$mf_limit" 2>/dev/null
    (mark && "$@") 2>&1 9>&-
    mf_status=$?
    ! unwatch || mf_status=124
    [ "$mf_status" -eq 0 ] || mf_stopped=$mf_says
    printf '\n%s e %s %s\n' "$mf_nonce" "$mf_id" "$mf_status"
}

# switch_end ID: accepts what was switched, or takes it back, framed. What came of it is kept for whoever asks later.
switch_end() {
    printf '%s b %s\n' "$mf_nonce" "$1"
    if [ -z "$mf_stopped" ]; then
        mf_status=0
        (switch_accept) 2>&1 || mf_status=3
    else
        (switch_undo) 2>&1
        mf_status=$?
    fi
    {
        printf '%s\n' "$mf_status" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$mf_stopped"
    } >"$mf_switch_file.status"
    # On a full disk it is not kept, and what is said of the cause is enough.
    [ "$mf_status" -eq 0 ] || cp -- "$mf_switch_file.status" /var/lib/matrixform/switch.ended 2>/dev/null ||
        rm -f -- /var/lib/matrixform/switch.ended
    printf '\n%s e %s %s\n' "$mf_nonce" "$1" "$mf_status"
}

# switch_keep (part NAME | path PATH | unit UNIT)...: writes the journal. When that fails, nothing is left of it.
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

# switch_unkept: fails, and says why; before anything is tidied up.
switch_unkept() {
    fail "could not keep what would be replaced$(unwritten_because "$mf_switches" "${mf_switches%/*}")"
}

# switch_write (part NAME | path PATH | unit UNIT)...
switch_write() {
    mf_part=0 mf_number=0
    : >"$mf_new/touched" || return
    while [ $# -gt 0 ]; do
        case $1 in
            part)
                mf_part=$((mf_part + 1)) mf_number=0
                mf_folder=$mf_new/part-$(printf %03d "$mf_part")
                mkdir -- "$mf_folder" && printf '%s\n' "$2" >"$mf_folder/name" && : >"$mf_folder/units" || return
                ;;
            path) switch_write_path "$2" || return ;;
            unit) switch_write_unit "$2" || return ;;
        esac
        shift 2
    done
}

# switch_write_path PATH: what stands there. A file that a package of ours has not brought yet is absent.
switch_write_path() {
    mf_number=$((mf_number + 1))
    mf_kept=$mf_folder/$(printf %03d "$mf_number")
    if [ -d "$1" ] && [ ! -L "$1" ]; then
        stat -c '%u:%g %a' -- "$1" >"$mf_kept.dir" || return
    elif [ -f "$1" ] || [ -L "$1" ]; then
        cp -dT --preserve=all -- "$1" "$mf_kept.old" || return
    elif [ -e "$1" ]; then
        fail "$1 is neither a file nor a directory: it is not replaced"
        return
    fi
    # Last, for a path counts when its copy is whole. A journal that is not in use yet is flushed as a whole.
    { [ -z "${mf_live-}" ] || sync -f -- "$mf_folder"; } && printf '%s\n' "$1" >"$mf_kept.new" && mv -fT -- "$mf_kept.new" "$mf_kept.path"
}

# switch_write_unit UNIT: how it stands, and what it has read.
switch_write_unit() {
    mf_active=no
    case $(service_property "$1" ActiveState)/$(service_property "$1" SubState) in
        */auto-restart*) mf_active=failing ;;
        active/* | reloading/* | refreshing/* | activating/*) mf_active=yes ;;
    esac
    mf_enabled=$(service_property "$1" UnitFileState)
    mf_invocation=$(service_property "$1" InvocationID)
    printf '%s\n' "$1 $mf_active ${mf_enabled:-none} ${mf_invocation:-none}" >>"$mf_folder/units" || return
    [ ! -f "$mf_services/$1" ] || cp -a -- "$mf_services/$1" "$mf_folder/$1.read"
}

# switch_runs: the folders of runs, oldest first.
switch_runs() {
    for mf_run in "$mf_switches"/[0-9]*; do
        [ ! -d "$mf_run" ] || printf '%s\n' "$mf_run"
    done
}

# switch_next: the name of the next folder.
switch_next() {
    mf_last=$(switch_runs | tail -n 1)
    mf_last=${mf_last##*/}
    printf '%04d\n' "$((1${mf_last:-0000} % 10000 + 1))"
}

# switch_now: the folder of the run under way; fails when there is none.
switch_now() {
    mf_run=$(switch_runs | tail -n 1)
    [ -n "$mf_run" ] && printf '%s\n' "$mf_run"
}

# switch_touch UNIT: it is about to be told something.
switch_touch() {
    mf_run=$(switch_now) || return 0
    printf '%s\n' "$1" >>"$mf_run/touched"
}

# switch_spare PATH: keeps one more file, that was found on the way (a purge), before it goes.
switch_spare() {
    mf_run=$(switch_now) || return 0
    mf_folder=$mf_run/part-000
    [ -d "$mf_folder" ] || { mkdir -- "$mf_folder" && : >"$mf_folder/units" && printf 'purged\n' >"$mf_folder/name"; } || return
    mf_number=$(find "$mf_folder" -name '*.path' | wc -l)
    mf_live=yes
    switch_write_path "$1" && sync -f -- "$mf_folder"
}

# switch_learn NAME CONDITIONS: the activation was found healthy by these.
switch_learn() {
    mf_run=$(switch_now) || return 0
    for mf_folder in "$mf_run"/part-*; do
        [ "$(cat -- "$mf_folder/name")" != "$1" ] || printf '%s\n' "$2" >"$mf_folder/health" || return
    done
}

# switch_check COMMAND: a checker of what was switched and has not taken effect yet.
switch_check() {
    /bin/sh -c "$1"
}

# switch_login SECONDS: waits until a new login has left the word that this run is known by (login_confirm).
switch_login() {
    mf_until=$(($(date +%s) + $1))
    until [ -r "$mf_login_file" ] && [ "$(cat -- "$mf_login_file")" = "$mf_nonce" ]; do
        [ "$(date +%s)" -lt "$mf_until" ] || { fail "nobody could log in again within $1 s"; return; }
        sleep 0.2
    done
    rm -f -- "$mf_login_file"
}

# login_confirm WORD: a new login is there, and is root. Said to the run whose word it is.
login_confirm() {
    # shellcheck disable=SC2174 # /run is always there
    mkdir -p -m 0700 -- "${mf_login_file%/*}" && printf '%s\n' "$1" >"$mf_login_file.new" &&
        mv -fT -- "$mf_login_file.new" "$mf_login_file"
}

# switch_accept: the conditions of health count from now on; what was kept is given up.
switch_accept() {
    mkdir -p -- /var/lib/matrixform/health || return
    for mf_run in $(switch_runs); do
        for mf_folder in "$mf_run"/part-*; do
            [ -f "$mf_folder/health" ] || continue
            mf_name=$(cat -- "$mf_folder/name")
            mv -fT -- "$mf_folder/health" "/var/lib/matrixform/health/$mf_name" || return
        done
    done
    switch_discard
}

# switch_discard: the journal is gone. A folder that is half deleted must not be read as one, and the oldest goes last: what
# it keeps stood there before all others.
switch_discard() {
    rm -rf -- "$mf_switches"/.new.* || return
    for mf_run in $(switch_runs | sort -r); do
        mv -T -- "$mf_run" "$mf_switches/.new.${mf_run##*/}" && sync -- "$mf_switches" || return
    done
    rm -rf -- "$mf_switches"/.new.*
}

# switch_undo: the host as it was before the oldest run in the journal: units that did not run are stopped, files come
# back in reverse order, and the units run on them again, in the order in which they depend on each other. Status 4;
# 1 when nothing had been changed; 3 when something does not run as before.
switch_undo() {
    switch_now >/dev/null || return 1
    mf_bad=0 mf_back=0
    for mf_run in $(switch_runs | sort -r); do
        for mf_folder in $(printf '%s\n' "$mf_run"/part-* | sort -r); do
            switch_stop "$mf_run" "$mf_folder" || mf_bad=1
            for mf_path in $(printf '%s\n' "$mf_folder"/*.path | sort -r); do
                [ ! -f "$mf_path" ] || switch_back "$(cat -- "$mf_path")" "${mf_path%.path}" || mf_bad=1
            done
        done
    done
    [ ! -d /run/systemd/system ] || systemctl daemon-reload || mf_bad=1
    mf_done=' '
    for mf_run in $(switch_runs); do
        for mf_folder in "$mf_run"/part-*; do
            switch_units "$mf_run" "$mf_folder" || mf_bad=1
        done
    done
    [ "$mf_bad" = 0 ] && switch_discard || return 3
    [ "$mf_back" -gt 0 ] || [ "$mf_done" != ' ' ] || return 1
    return 4
}

# switch_is_touched RUN UNIT
switch_is_touched() {
    grep -qxF -- "$2" "$1/touched"
}

# switch_stop RUN PART: units of it that did not run before are stopped while their files are still there.
switch_stop() {
    mf_running=
    while read -r mf_unit mf_active mf_enabled _; do
        switch_is_touched "$1" "$mf_unit" || continue
        if [ "$mf_active" = no ]; then
            systemctl stop -- "$mf_unit" || [ "$(service_property "$mf_unit" ActiveState)" = inactive ] || mf_running=yes
            systemctl reset-failed -- "$mf_unit" 2>/dev/null
        fi
        # One whose file goes cannot be disabled afterwards.
        case $mf_enabled in
            disabled | none) systemctl --quiet disable -- "$mf_unit" 2>/dev/null ;;
        esac
    done <"$2/units"
    [ -z "$mf_running" ]
}

# switch_back PATH KEPT: what stood at PATH, or nothing.
switch_back() {
    if [ -f "$2.dir" ]; then
        read -r mf_owner mf_mode <"$2.dir"
        [ "$(stat -c '%u:%g %a' -- "$1" 2>/dev/null)" != "$mf_owner $mf_mode" ] || return 0
        mf_back=$((mf_back + 1))
        (directory_make "$1" "${mf_owner%:*}" "${mf_owner#*:}" "0$mf_mode") || fail "could not set $1 back"
        return
    fi
    if [ ! -e "$2.old" ] && [ ! -L "$2.old" ]; then
        [ -e "$1" ] || [ -L "$1" ] || return 0
        mf_back=$((mf_back + 1))
        if [ -d "$1" ] && [ ! -L "$1" ]; then
            # What others have put into it stays.
            rmdir -- "$1" 2>/dev/null || :
            return 0
        fi
        (remove_entry "$1") || fail "could not remove $1"
        return
    fi
    ! switch_is_same "$1" "$2.old" || return 0
    mf_back=$((mf_back + 1))
    (place_copy "$1" "$2.old") || fail "could not put $1 back; it is kept as $2.old"
}

# switch_is_same PATH KEPT
switch_is_same() {
    [ "$(stat -c '%F %u:%g %a %Y' -- "$1" 2>/dev/null)" = "$(stat -c '%F %u:%g %a %Y' -- "$2")" ] || return
    if [ -L "$2" ]; then [ "$(readlink -- "$1")" = "$(readlink -- "$2")" ]; else cmp -s -- "$1" "$2"; fi
}

# switch_units RUN PART: the units of it run, and are enabled, as they were; those that ran are started again on their
# old files and must be healthy as they were when a run was last accepted.
switch_units() {
    mf_told='' mf_down=''
    while read -r mf_unit mf_active mf_enabled mf_invocation; do
        case $mf_done in *" $mf_unit "*) continue ;; esac
        if switch_is_touched "$1" "$mf_unit"; then
            switch_enabled "$mf_unit" "$mf_enabled" || mf_down=yes
        elif [ "$mf_active" = no ] || switch_is_same_run "$mf_unit" "$mf_invocation"; then
            continue
        fi
        mf_done="$mf_done$mf_unit "
        case $mf_active in
            no) continue ;;
            failing)
                systemctl --no-block restart -- "$mf_unit"
                continue
                ;;
        esac
        mf_told="$mf_told $mf_unit"
        printf '%s\n' "starting $mf_unit on its old files"
        switch_restart "$mf_unit" "$2/$mf_unit.read" || { printf '%s\n' "down: $mf_unit"; mf_down=yes; }
    done <"$2/units"
    [ -z "$mf_down" ] || return 1
    [ -n "$mf_told" ] || return 0
    mf_health=/var/lib/matrixform/health/$(cat -- "$2/name")
    [ -r "$mf_health" ] || return 0
    mf_until=$(($(date +%s) + 90))
    until mf_said=$(eval "$(cat -- "$mf_health")" 2>&1); do
        # A program that is missing stays so, and says nothing of the units, which run.
        [ $? -ne 127 ] || { printf '%s\n' "running on the old files:$mf_told"; return 0; }
        if [ "$(date +%s)" -ge "$mf_until" ]; then
            for mf_unit in $mf_told; do service_unhealthy "$mf_unit"; done
            printf '%s\n' "$mf_said" "not healthy on the old files:$mf_told"
            return 1
        fi
        sleep 0.2
    done
    printf '%s\n' "healthy on the old files:$mf_told"
}

# switch_is_same_run UNIT INVOCATION: it runs, and was not started since: it has read the old files.
switch_is_same_run() {
    systemctl --quiet is-active -- "$1" && [ "$(service_property "$1" InvocationID)" = "$2" ]
}

# switch_enabled UNIT STATE: enabled at boot, or masked, as before.
switch_enabled() {
    mf_state=$(service_property "$1" UnitFileState)
    [ "${mf_state:-none}" != "$2" ] || return 0
    case $2 in
        enabled) systemctl --quiet enable -- "$1" ;;
        enabled-runtime) systemctl --quiet --runtime enable -- "$1" ;;
        disabled) systemctl --quiet disable -- "$1" ;;
        masked) systemctl --quiet mask -- "$1" ;;
        masked-runtime) systemctl --quiet --runtime mask -- "$1" ;;
    esac
}

# switch_restart UNIT READ: starts it on its old files, and remembers that it has read them if it had before, with what was
# not tested then.
switch_restart() {
    systemctl reset-failed -- "$1" 2>/dev/null
    if ! systemctl restart -- "$1" || ! service_settled "$1"; then
        service_failed "$1" restart
        return
    fi
    if [ ! -f "$2" ]; then
        rm -f -- "$mf_services/$1"
        return
    fi
    read -r mf_line <"$2"
    case $mf_line in *' pending') mf_label=' pending' ;; *) mf_label='' ;; esac
    set -- "$1" "$(tail -n +2 -- "$2")"
    mf_name=$1
    mf_ifs=$IFS
    IFS='
'
    set -f
    # shellcheck disable=SC2086 # one path a line
    set -- $2
    set +f
    IFS=$mf_ifs
    service_remember "$mf_name" "$(service_digest "$@")$mf_label" "$@"
}
