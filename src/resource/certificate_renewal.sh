# certificate_renewal: a host's own timer for a certificate of a local authority. It renews the certificate as apply
# would: with the same functions, and with key, names, owner and lifetime unchanged. A plan renews it when a third of
# its lifetime is left; this waits until a quarter is left, so that no plan meets an unexpected change unless nobody
# applied in between.

mf_renewal_lock=/var/lib/matrixform/lock

# renewal_run CERTIFICATE ISSUER UNIT...: renews it when it is due, and has the units read it.
renewal_run() {
    state_directory && exec 9>>"$mf_renewal_lock" || return
    renewal_hold 0 "the renewal of $1.crt" || { echo 'an apply is in progress: not now'; return 0; }
    mf_text=$(certificate_text "$1.crt") || { fail "$1.crt is not a certificate"; return; }
    mf_from=$(renewal_second notBefore) && mf_to=$(renewal_second notAfter) || return
    mf_life=$((mf_to - mf_from))
    if [ $((mf_to - $(date +%s))) -gt $((mf_life / 4)) ]; then
        echo "$1.crt is valid until $(date -u -d "@$mf_to")"
        return
    fi
    mf_prefix=$1 mf_signer=$2
    shift 2
    mf_known=$(renewal_known "$@")
    renewal_write "$mf_prefix" "$mf_signer" $((mf_life / 86400)) || return
    echo "$mf_prefix.crt was renewed"
    mf_result=0
    for mf_unit; do
        renewal_reload "$mf_unit" || mf_result=1
    done
    return "$mf_result"
}

# renewal_hold SECONDS WHO: takes the host for this program, whose descriptor 9 is the open lock, once no run holds it and
# no unit of a run is at work, for which it waits this long.
renewal_hold() {
    flock -w "$1" 9 || return
    mf_left=$1
    while run_units_at_work && [ -n "$mf_at_work" ]; do
        [ "$mf_left" -gt 0 ] || { flock -u 9; return 1; }
        sleep 1
        mf_left=$((mf_left - 1))
    done
    # The name is for messages only. Whoever waits does so for the lock.
    # shellcheck disable=SC2174 # /run is always there
    { mkdir -p -m 0700 -- "${mf_holder%/*}" && rm -f -- "${mf_holder%/*}/alive" && lock_record_holder "$$" "$$" "$2"; } 2>/dev/null || :
}

# renewal_second FIELD: one of its dates, in seconds since 1970.
renewal_second() {
    date -d "$(printf '%s\n' "$mf_text" | sed -n "s/^$1=//p")" +%s
}

# renewal_write PREFIX ISSUER DAYS: reissues it unchanged.
renewal_write() {
    mf_names=$(printf '%s\n' "$mf_text" | sed -n '/Subject Alternative Name/{n;s/IP Address:/IP:/g;s/[[:space:]]//g;p;}')
    mf_subject=$(printf '%s\n' "$mf_text" | sed -n 's/^subject=\(CN=.*\)$/\/\1/p')
    # shellcheck disable=SC2046 # owner, group and mode are three words
    certificate_write "$1" "$2" "$3" $(stat -c '%U %G %a' -- "$1.key") "${mf_subject:-/}" "$mf_names"
}

# renewal_known UNIT...: prints the units that run the files on disk, one per line.
renewal_known() {
    for mf_unit; do
        [ -r "$mf_services/$mf_unit" ] && renewal_current "$mf_unit" && echo "$mf_unit"
    done
    return 0
}

# renewal_current UNIT: whether it is recorded as having read its files as they are, or started after they changed: by
# hand, or at boot.
renewal_current() {
    read -r mf_line <"$mf_services/$1"
    if [ "${mf_line%% *}" = "$(service_property "$1" InvocationID)" ]; then
        [ "${mf_line#* }" = "$(renewal_digest "$1")" ]
        return
    fi
    mf_newest=$(renewal_lines "$(tail -n +2 -- "$mf_services/$1")" renewal_newest | cut -d ' ' -f 1,2)
    mf_started=$(systemctl show --timestamp=us+utc -p ExecMainStartTimestamp --value -- "$1" | cut -d ' ' -f 2,3)
    [ "$(printf '%s\n' "$mf_newest" "$mf_started" | sort | tail -n 1)" = "$mf_started" ]
}

# renewal_lines LIST FUNCTION: calls FUNCTION with the lines of LIST as words.
renewal_lines() (
    mf_function=$2
    set -f
    IFS='
'
    # shellcheck disable=SC2086 # split at line ends, and nowhere else
    set -- $1
    unset IFS
    "$mf_function" "$@"
)

# renewal_newest PATH...: the time and path of the last change (including a rename or a change of mode). A link counts,
# and so does its target; a directory does not, since its time changes whenever a file is created or removed in it.
renewal_newest() {
    mf_count=$# mf_links=
    while [ "$mf_count" -gt 0 ]; do
        [ ! -L "$1" ] || mf_links=yes
        if [ -L "$1" ] || [ ! -d "$1" ]; then
            set -- "$@" "$1"
        fi
        shift
        mf_count=$((mf_count - 1))
    done
    {
        TZ=UTC0 stat -c '%z %n' -- "$@"
        [ -z "$mf_links" ] || TZ=UTC0 stat -L -c '%z %n' -- "$@"
    } 2>/dev/null | sort -r | { IFS= read -r mf_line && printf '%s\n' "$mf_line"; }
}

# renewal_digest UNIT: the digest of its remembered files as they are now.
renewal_digest() {
    renewal_lines "$(tail -n +2 -- "$mf_services/$1")" service_digest
}

# renewal_reload UNIT: has it read the new certificate. If it had read all its files, it is recorded as having done so
# again; otherwise a plan keeps reporting what it has not read.
renewal_reload() {
    [ "$(service_property "$1" ActiveState)" = active ] || return 0
    mf_digest=
    case "
$mf_known
" in
        *"
$1
"*) mf_digest=$(renewal_digest "$1") ;;
    esac
    systemctl reload -- "$1" || { fail "\`systemctl reload $1\` failed"; return; }
    [ -z "$mf_digest" ] || renewal_lines "$1
$mf_digest
$(tail -n +2 -- "$mf_services/$1")" service_remember
}
