# Undoes a switch: restores the files from the journal, then the units that use them (units.sh).

# The time limit for stopping or restarting a unit, which is more than systemd's own default.
mf_unit_seconds=300

# switch_undo: restores the host to its state before the oldest run in the journal: stops units that did not run,
# restores files in reverse order, and starts the units on them in dependency order. Status 4; 1 if nothing was changed;
# 3 if something does not run as before.
switch_undo() {
    # Conditions that were begun are about the new files.
    rm -rf -- "$mf_early"
    switch_now >/dev/null || return 1
    mf_bad=0 mf_back=0
    for mf_run in $(switch_runs | sort -r); do
        for mf_directory in $(printf '%s\n' "$mf_run"/part-* | sort -r); do
            switch_stop "$mf_run" "$mf_directory" || mf_bad=1
            for mf_path in $(printf '%s\n' "$mf_directory"/*.path | sort -r); do
                [ ! -f "$mf_path" ] || switch_back "$(cat -- "$mf_path")" "${mf_path%.path}" || mf_bad=1
            done
        done
    done
    [ ! -d /run/systemd/system ] || systemctl daemon-reload || mf_bad=1
    mf_done=' '
    for mf_run in $(switch_runs); do
        for mf_directory in "$mf_run"/part-*; do
            switch_units "$mf_run" "$mf_directory" || mf_bad=1
        done
    done
    [ "$mf_bad" = 0 ] && switch_discard || return 3
    [ "$mf_back" -gt 0 ] || [ "$mf_done" != ' ' ] || return 1
    return 4
}

# switch_stop RUN PART: stops its units that did not run before, while their files still exist.
switch_stop() {
    mf_running=
    while read -r mf_unit mf_active mf_enabled _; do
        switch_is_touched "$1" "$mf_unit" || continue
        if [ "$mf_active" = no ]; then
            switch_systemctl stop "$mf_unit" || [ "$(service_property "$mf_unit" ActiveState)" = inactive ] || mf_running=yes
            systemctl reset-failed -- "$mf_unit" 2>/dev/null
        fi
        # A unit without its file cannot be disabled afterwards.
        case $mf_enabled in
            disabled | none) systemctl --quiet disable -- "$mf_unit" 2>/dev/null ;;
        esac
    done <"$2/units"
    [ -z "$mf_running" ]
}

# switch_systemctl VERB UNIT: a unit without a time limit of its own does not keep the others waiting.
switch_systemctl() {
    timeout "$mf_unit_seconds" systemctl "$1" -- "$2"
}

# switch_is_touched RUN UNIT
switch_is_touched() {
    grep -qxF -- "$2" "$1/touched"
}

# switch_back PATH KEPT: restores PATH to its previous content, or removes it if there was none.
switch_back() {
    if [ -f "$2.dir" ]; then
        read -r mf_owner mf_mode <"$2.dir"
        [ "$(stat -c '%u:%g %a' -- "$1" 2>/dev/null)" != "$mf_owner $mf_mode" ] || return 0
        mf_back=$((mf_back + 1))
        (directory_make "$1" "${mf_owner%:*}" "${mf_owner#*:}" "0$mf_mode") || fail "could not restore $1"
        return
    fi
    if [ ! -e "$2.old" ] && [ ! -L "$2.old" ]; then
        [ -e "$1" ] || [ -L "$1" ] || return 0
        mf_back=$((mf_back + 1))
        if [ -d "$1" ] && [ ! -L "$1" ]; then
            # A directory in which others have put something stays.
            rmdir -- "$1" 2>/dev/null || :
            return 0
        fi
        (remove_entry "$1") || fail "could not remove $1"
        return
    fi
    ! switch_is_same "$1" "$2.old" || return 0
    mf_back=$((mf_back + 1))
    (place_copy "$1" "$2.old") || fail "could not restore $1; it is kept as $2.old"
}

# switch_is_same PATH KEPT: does not wait if a FIFO takes the place of the file.
switch_is_same() (
    mf_form='%F %u:%g %a %Y'
    enter_exactly "${1%/*}" >/dev/null 2>&1 || exit
    mf_entry=./${1##*/}
    [ "$(stat -c "$mf_form" -- "$mf_entry" 2>/dev/null)" = "$(stat -c "$mf_form" -- "$2")" ] || exit
    if [ -L "$2" ]; then
        [ "$(readlink -- "$mf_entry")" = "$(readlink -- "$2")" ]
    else
        peek "$mf_entry" "$(($(stat -c %s -- "$2") + 1))" ,nofollow 2>/dev/null | cmp -s -- - "$2"
    fi
)
