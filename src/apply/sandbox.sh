# sandbox: a check in the environment that systemd gives a unit: its namespaces, paths, variables, user and limits,
# including all drop-ins. A copy of the future unit runs the check in place of its program.

# sandbox_check COMMAND...: checks mf_name in the sandbox of mf_unit. Status 3: it is impossible, for the reason mf_why.
sandbox_check() {
    [ -d /run/systemd/system ] || { mf_why='systemd does not run here'; return 3; }
    ! grep -q '[^A-Za-z0-9/._@+~=,-]' -- "$mf_stage/points" || { mf_why='a volume has an unusual name'; return 3; }
    stage_inside sandbox_text "$mf_unit" >"$mf_stage/text" || { mf_why='the unit is not there yet'; return 3; }
    ! mf_why=$(sed -n 's/^#unfit: //p' "$mf_stage/text" | grep .) || return 3
    sandbox_required && stage_inside sandbox_directories && sandbox_readonly >"$mf_stage/readonly" || return
    mf_script=$(sandbox_script "$@")
    if [ "$mf_network" = no ] && sandbox_is_preceded; then
        # Start-up commands added by others may wait for another service, so they get the network of a real start.
        mf_network=yes
        sandbox_run all "$(sandbox_script)"
        mf_status=$?
        mf_network=no
    else
        sandbox_run all "$mf_script"
        mf_status=$?
        [ "$mf_status" -eq 4 ] || return "$mf_status"
    fi
    case $mf_status in
        0 | 4) sandbox_run none "$mf_script" ;;
        *) return "$mf_status" ;;
    esac
}

# sandbox_is_preceded: succeeds if commands run before the unit's program.
sandbox_is_preceded() {
    grep -qE '^(ExecStartPre|ExecCondition)=.' -- "$mf_stage/text"
}

# sandbox_required: checks that every unit required for a start exists, or will exist.
sandbox_required() {
    mf_all_required=$(sed -n 's/^#requires: //p' "$mf_stage/text")
    for mf_required in $mf_all_required; do
        case $mf_required in *.service | *.socket | *.target | *.path | *.timer) ;; *) continue ;; esac
        [ "$(service_property "$mf_required" LoadState)" = not-found ] || continue
        ! stage_inside sandbox_files "$mf_required" >/dev/null || continue
        mf_status=1
        mf_file=$(awk -v word="$mf_required" '/^#: / { file = substr($0, 4) }
            /^#requires: / && index($0, word) { print file }' "$mf_stage/text" | tail -n 1)
        stage_refused "$mf_unit would not start: it requires $mf_required (in $mf_file), which does not exist"
        return
    done
}

# sandbox_script COMMAND...: the script that runs in place of the unit's program. Its last line of output marks its
# completion.
sandbox_script() {
    printf '%s\n' "$mf_all" | sed -n '/^check_as() {$/,/^}$/p'
    for mf_command do
        printf 'check_as %s /bin/sh -c %s </dev/null || exit 1\n' "$(sandbox_quote "$mf_user")" "$(sandbox_quote "$mf_command")"
    done
    printf '%s\n' "echo 'matrixform: came to its end'"
}

# sandbox_quote WORD: quotes it for the shell.
sandbox_quote() {
    printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"
}

# sandbox_run PRE SCRIPT: starts the copy. PRE says whether `all` or `none` of the commands before its program run.
sandbox_run() {
    sandbox_start "$1" "$2" overlays && return
    mf_status=$?
    [ "$mf_status" -eq 3 ] || return "$mf_status"
    [ "${mf_exit-}" != 203 ] || { mf_why='no shell can be run in it'; return 3; }
    # The copy did not reach its program: is that due to the unit itself, or to what the check adds to it?
    mf_first=$mf_why mf_words=$(sandbox_words)
    sandbox_start none "$(sandbox_script)" plain >/dev/null && { mf_why="$mf_first with what a check adds"; return 3; }
    mf_status=1
    stage_refused "$mf_words
$(sed -n 's/^#: \(.*[.]conf\)$/it has the drop-in \1/p' "$mf_stage/text")
with its drop-ins $mf_unit does not start: $mf_first"
}

# sandbox_start PRE SCRIPT overlays|plain: status 0: it completed; 1: the files are refused, and the reason is printed;
# 3: it did not get that far; 4: the commands before the program took too long.
sandbox_start() {
    mf_number=$((mf_number + 1))
    mf_copy=matrixform-check-$mf_number.service
    : >"$mf_stage/log"
    # Drop-ins that only root can read must stay that way in the copy.
    if ! (umask 077 && mkdir -- "$mf_checks-$mf_number.service.d" && sandbox_mask "$mf_checks-$mf_number.service.d" &&
        sandbox_unit "$@" >"$mf_checks-$mf_number.service"); then
        mf_why='no unit can be written to /run'
        return 3
    fi
    if systemctl start -- "$mf_copy" >/dev/null 2>&1; then
        if [ "$(tail -n 1 -- "$mf_stage/log")" = 'matrixform: came to its end' ]; then
            sandbox_words | check_warnings | sed 's/^/warned: /'
            return 0
        fi
        mf_status=1
        sandbox_condition
        return
    fi
    sandbox_explain
    mf_status=$?
    systemctl --quiet reset-failed -- "$mf_copy" 2>/dev/null
    return "$mf_status"
}

# sandbox_explain: explains a failed start, with the status of sandbox_start.
sandbox_explain() {
    mf_shown=$(systemctl show -p Result -p ExecMainCode -p ExecMainStatus -p AssertResult -p ExecStartPre -p ExecCondition -- "$mf_copy")
    mf_result=$(sandbox_shown Result) mf_code=$(sandbox_shown ExecMainCode) mf_exit=$(sandbox_shown ExecMainStatus)
    mf_status=1
    if [ "$(sandbox_shown AssertResult)" = no ]; then
        stage_refused "$mf_unit would not start: one of its assertions fails: $(sandbox_conditions '#condition: Assert')"
        return 1
    fi
    if [ "$mf_code" = 0 ]; then
        mf_before=$(printf '%s\n' "$mf_shown" | grep -E '^Exec(StartPre|Condition)=' | grep 'ignore_errors=no' |
            grep -vE 'code=\(null\)|status=0(/| )' | tail -n 1)
        case $mf_result/$mf_before in
            */) ;;
            timeout/*)
                printf '%s\n' "warned: the start-up commands of $mf_unit take longer than the check waits: $(sandbox_command)"
                return 4
                ;;
            # These statuses are systemd's own; all but 203 (no such program) come from the sandbox.
            *status=203/*) sandbox_before; return 1 ;;
            *status=2[0-4][0-9]/*) ;;
            *) sandbox_before; return 1 ;;
        esac
    elif [ "$mf_code" = 1 ] && [ "$mf_exit" -lt 200 ]; then
        stage_refused "$(sandbox_words)"
        return 1
    fi
    mf_why="systemd says $mf_result (status ${mf_exit:-unknown}): $(journalctl --no-pager --quiet -o cat -n 3 -p warning \
        -u "$mf_copy" 2>/dev/null | grep -v "^Failed to start\|^$mf_copy: Failed with" | tail -n 1)"
    return 3
}

# sandbox_shown PROPERTY: its value in mf_shown.
sandbox_shown() {
    printf '%s\n' "$mf_shown" | sed -n "s/^$1=//p"
}

# sandbox_command: the command in mf_before.
sandbox_command() {
    printf '%s\n' "$mf_before" | sed 's/.*argv\[\]=\([^;]*\) ; ignore_errors=.*/\1/'
}

# sandbox_before: reports a failing command that runs before every start, and the file that adds it.
sandbox_before() {
    mf_command=$(sandbox_command)
    mf_file=$(awk -v word="${mf_command%% *}" '/^#: / { file = substr($0, 4) }
        /^Exec(StartPre|Condition)=/ && index($0, word) { print file }' "$mf_stage/text" | tail -n 1)
    stage_refused "$(sandbox_words)
$mf_unit would not start: \`$mf_command\`, which comes before its start${mf_file:+ by $mf_file}, fails"
}

# sandbox_condition: the unit started, but its program did not run.
sandbox_condition() {
    mf_conditions="$(sandbox_conditions '#condition: Condition')$(sandbox_conditions 'ExecCondition=')"
    [ -n "$mf_conditions" ] || { mf_why='systemd did not hand the check over'; return 3; }
    stage_refused "$mf_unit would not start: one of its conditions fails: $mf_conditions"
}

# sandbox_conditions BEGINNING: the unit's conditions that begin like this, as written.
sandbox_conditions() {
    grep "^$1" -- "$mf_stage/text" | sed 's/^#condition: //' | tr '\n' ' '
}

# sandbox_words: the output of the copy.
sandbox_words() {
    grep -vxF 'matrixform: came to its end' -- "$mf_stage/log"
}

# sandbox_mask DIRECTORY: masks drop-ins for all services: their settings are already in the text, except for those that
# must not apply twice.
sandbox_mask() {
    for mf_path in $mf_unit_paths; do
        for mf_file in "$mf_path"/service.d/*.conf; do
            [ ! -e "$mf_file" ] || ln -sfn /dev/null "$1/${mf_file##*/}"
        done
    done
}

# sandbox_unit PRE SCRIPT overlays|plain: prints the copy of the unit.
sandbox_unit() {
    mf_limit=300
    if [ "$1" = all ]; then
        ! sandbox_is_preceded || mf_limit=60
        cat -- "$mf_stage/text"
    else
         grep -vE '^(ExecStartPre|ExecCondition)=' -- "$mf_stage/text"
    fi
    printf '%s\n' '[Unit]' "Description=matrixform: the check of $mf_name" DefaultDependencies=no StartLimitIntervalSec=0 \
        '[Service]' Type=oneshot 'ExecStart=/bin/sh -s' StandardInput=data \
        "StandardInputData=$(printf '%s\n' "$2" | base64 -w 0)" "StandardOutput=append:$mf_stage/log" StandardError=inherit \
        SyslogIdentifier=matrixform-check TimeoutStartSec="$mf_limit" TimeoutStopSec=10 Restart=no RemoveIPC=no
    [ "$3" = overlays ] || return 0
    [ "$mf_network" = yes ] || printf '%s\n' PrivateNetwork=yes
    stage_each sandbox_bind
}

# sandbox_bind PLACE POINT: binds the overlay there, unless the unit mounts something else. The unit's read-only rule
# for a parent directory would not apply to a separate mount, so the mount itself is read-only.
sandbox_bind() {
    if [ ! -d "$1" ] || grep -qxF "#covered: $2" -- "$mf_stage/text"; then return 0; fi
    mf_kind=BindPaths
    ! grep -qxF "$2" -- "$mf_stage/readonly" || mf_kind=BindReadOnlyPaths
    printf '%s="%s":"%s"\n' "$mf_kind" "$1" "$2"
}

# sandbox_readonly: the points that the unit may not write to. The setting for the deepest directory decides, and for
# the same directory read-only wins.
sandbox_readonly() {
    sed -n 's/^#rights: //p' "$mf_stage/text" | while read -r mf_right mf_path; do
        ! mf_path=$(readlink -f -- "$mf_path") || printf '%s %s\n' "$mf_right" "$mf_path"
    done | awk -v points="$mf_stage/points" '
        { path = substr($0, 4); if (path != "/") path = path "/"; if (!(path in right) || $1 == "ro") right[path] = $1 }
        END {
            while ((getline point < points) > 0) {
                best = ""
                for (path in right)
                    if (index(point "/", path) == 1 && length(path) > length(best)) best = path
                if (right[best] == "ro") print point
            }
        }'
}
