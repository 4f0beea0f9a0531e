# activations: their health. Also what the host records about secrets and about itself.

# Results of conditions that were begun before their services.
mf_early=/run/matrixform/early

# remember NAME COMMAND WORD...: replaces /var/lib/matrixform/NAME by the output of COMMAND, completely or not at all.
remember() {
    mf_kept=/var/lib/matrixform/$1
    mf_new=$(mktemp -- /var/lib/matrixform/.new.XXXXXXXXXX) || { unwritten "$mf_kept"; return; }
    shift
    "$@" >"$mf_new" && sync -- "$mf_new" && mv -fT -- "$mf_new" "$mf_kept" && return
    unwritten "$mf_kept"
    rm -f -- "$mf_new"
    return 1
}

# secrets_write NAME...: adds the names of secrets to those in use on this host.
secrets_write() {
    remember secrets secrets_and "$@"
}
secrets_and() {
    {
        printf '%s\n' "$@"
        [ ! -f /var/lib/matrixform/secrets ] || cat -- /var/lib/matrixform/secrets
    } | sort -u
}

# ledger_write <TEXT: records what this host consists of.
ledger_write() {
    remember ledger.json input
}

# history_append SAYS <LINE: appends the line to the history, and SAYS to the system journal. Removes the oldest lines
# when there are very many.
history_append() {
    mf_kept=/var/lib/matrixform/history.jsonl
    if [ -f "$mf_kept" ] && [ "$(wc -c <"$mf_kept")" -gt 4194304 ]; then
        mf_new=$(mktemp -- /var/lib/matrixform/.new.XXXXXXXXXX) || { unwritten "$mf_kept"; return; }
        { tail -c 2097152 -- "$mf_kept" | sed 1d >"$mf_new" && mv -fT -- "$mf_new" "$mf_kept"; } || { unwritten "$mf_kept"; rm -f -- "$mf_new"; return 1; }
    fi
    (umask 077 && input >>"$mf_kept" && sync -- "$mf_kept") || { unwritten "$mf_kept"; return 1; }
    ! command -v logger >/dev/null || logger -t matrixform -- "$1" || :
}

# history_observe: the end of the history file.
history_observe() {
    [ -f /var/lib/matrixform/history.jsonl ] || return 0
    record history "text=$(tail -c 2097152 -- /var/lib/matrixform/history.jsonl)"
}

# installation_write ID IDENTITY: records which installation this host is, before anything else of it exists here.
installation_write() {
    remember installation installation_lines "$@"
}
installation_lines() {
    printf 'format=1\nid=%s\n' "$1"
    [ -z "$2" ] || printf 'identity=%s\n' "$2"
}

# restart_if_asked QUESTION UNIT restart TIMEOUT MEMBER...: restarts a reloaded unit if the command QUESTION exits with
# 0, which means that it needs a restart.
restart_if_asked() {
    mf_question=$1
    shift
    if /bin/sh -c "$mf_question" >/dev/null; then service_converge "$@"; fi
}

# health_await NAME SECONDS UNIT... <SCRIPT: runs the conditions until all hold; if they do not, records the units as
# unhealthy. Does not wait for a unit that has failed. A hanging attempt leaves time for another one: each gets half of
# the time, at most 30 s, and at least enough for a slow response.
health_await() {
    mf_conditions=$(input)
    mf_activation=$1 mf_seconds=$2
    shift 2
    mf_until=$(($(uptime_seconds) + mf_seconds)) mf_each=$((mf_seconds / 2))
    [ "$mf_each" -ge 5 ] || mf_each=5
    [ "$mf_each" -le 30 ] || mf_each=30
    while :; do
        mf_output=$(health_ask "$mf_each" "$mf_conditions" 2>&1) && { service_accept "$@" && switch_learn "$mf_activation" "$mf_conditions"; return; }
        # A missing program stays missing.
        [ $? -ne 127 ] || { printf '%s\n' "$mf_output"; fail "cannot tell whether $mf_activation is healthy"; return; }
        for mf_unit in "$@"; do
            service_gave_up "$mf_unit" || continue
            service_unhealthy "$mf_unit"
            service_failed "$mf_unit" start
            return
        done
        if [ "$(uptime_seconds)" -ge "$mf_until" ]; then
            printf '%s\n' "not healthy after $mf_seconds s" "$mf_output"
            for mf_unit in "$@"; do service_unhealthy "$mf_unit"; done
            return 1
        fi
        sleep 0.2
    done
}

# health_begin COMMAND...: begins conditions that need no service, before the services start. Where there is one processor,
# the start comes first.
health_begin() {
    run_directory && mkdir -p -- "$mf_early" || return
    [ -d "$(health_early_directory)" ] || mktemp -d -- "$mf_early/XXXXXXXXXX" >/dev/null || return
    for mf_command do
        mf_at=$(health_early_at "$mf_command")
        rm -f -- "$mf_at".*
        {
            nice -n 10 /bin/sh -c "$mf_command" >"$mf_at.output" 2>&1
            printf '%s\n' "$?" >"$mf_at.new" && mv -fT -- "$mf_at.new" "$mf_at.status"
        } </dev/null >/dev/null 2>&1 9>&- &
        printf '%s\n' "$!" >"$mf_at.process" || return
    done
}

# health_early COMMAND: the result of a condition that this run began; once that is used, or without one, it runs here.
health_early() {
    mf_at=$(health_early_at "$1")
    if read -r mf_process 2>/dev/null <"$mf_at.process"; then
        # shellcheck disable=SC2046 # numbers
        renice -n 0 -p $(family "$mf_process") >/dev/null 2>&1
        while [ ! -f "$mf_at.status" ] && kill -0 "$mf_process" 2>/dev/null; do sleep 0.1; done
        mf_status=
        [ ! -f "$mf_at.status" ] || { read -r mf_status <"$mf_at.status"; cat -- "$mf_at.output"; }
        rm -f -- "$mf_at".*
        [ -z "$mf_status" ] || return "$mf_status"
    fi
    /bin/sh -c "$1"
}

# health_early_directory: the directory for the results of this run; what an earlier one began writes into another one.
health_early_directory() {
    set -- "$mf_early"/*
    printf '%s\n' "$1"
}

# health_early_at COMMAND: where its result is kept. The run's word must not be part of the name: all users of the host
# can read the arguments of programs.
health_early_at() {
    printf '%s/%s\n' "$(health_early_directory)" "$(printf '%s\n' "$1" | cksum | tr ' ' .)"
}

# health_ask SECONDS CONDITIONS: runs the conditions once, and waits no longer than that for a result (status 124).
health_ask() {
    (eval "$2") </dev/null &
    mf_asked=$!
    {
        sleep "$1"
        # Once the first process is gone, this one is ended as well, but not before all are killed.
        trap '' TERM
        # shellcheck disable=SC2046 # numbers
        kill -s KILL $(family "$mf_asked")
    } </dev/null >/dev/null 2>&1 9>&- &
    mf_timer=$!
    wait "$mf_asked" 2>/dev/null
    mf_status=$?
    # shellcheck disable=SC2046 # numbers
    kill $(family "$mf_timer") 2>/dev/null
    [ "$mf_status" -ne 137 ] || { printf '%s\n' "no answer within $1 s"; return 124; }
    return "$mf_status"
}

# health_missing SAID: the program that a shell reported as not found, if it is indeed missing.
health_missing() {
    mf_program=$(printf '%s\n' "$1" | sed -n 's/^.*: \([^: ]*\): \(command \)\{0,1\}not found$/\1/p' | tail -n 1)
    [ -n "$mf_program" ] && ! command -v "$mf_program" >/dev/null && printf '%s\n' "$mf_program"
}

# health_http URL STATUS BODY: the URL returns this status, and this body unless BODY is empty. The request comes from
# the host itself, ignoring root's configuration (-q must come first) and proxies.
health_http() {
    mf_got=$(curl -q -sS -o - -w '\n%{http_code}' --noproxy '*' --connect-timeout 5 --max-time 10 \
        --max-filesize 1048576 -- "$1") || return
    mf_line='
'
    mf_code=${mf_got##*"$mf_line"}
    mf_got=${mf_got%"$mf_line"*}
    [ "$mf_code" = "$2" ] || { fail "$1 answered $mf_code instead of $2"; return; }
    [ -z "$3" ] || [ "$mf_got" = "$3" ] || fail "$1 answers: $mf_got"
}
