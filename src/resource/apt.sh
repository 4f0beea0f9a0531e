# apt: packages. Every command that changes them runs as a unit of its own (see `survive`).

# apt_observe (NAME VERSION)...: one dpkg-query for all. Queries apt only about packages that are not installed, or not
# in VERSION, and without writing apt's cache files.
apt_observe() {
    mf_tab=$(printf '\t')
    mf_line='
'
    mf_good="${mf_tab}ok${mf_tab}installed${mf_tab}"
    # shellcheck disable=SC2016 # dpkg-query expands them
    mf_seen=$(apt_names "$@" | seen xargs -d '\n' dpkg-query -W \
        -f='${Package}\t${db:Status-Want}\t${db:Status-Eflag}\t${db:Status-Status}\t${Version}\n' -- dpkg) || return
    printf '%s\n' "$mf_seen" | while IFS=$mf_tab read -r mf_name mf_want mf_flag mf_status mf_version; do
        [ -z "$mf_status" ] || record "$mf_name" "want=$mf_want" "flag=$mf_flag" "status=$mf_status" "version=$mf_version"
    done
    mf_count=$#
    while [ "$mf_count" -gt 0 ]; do
        # shellcheck disable=SC2254,SC2027 # the version is a pattern
        case $mf_line$mf_seen$mf_line in
            *"$mf_line$1${mf_tab}install$mf_good"$2"$mf_line"* | *"$mf_line$1${mf_tab}hold$mf_good"$2"$mf_line"*) ;;
            *) set -- "$@" "$1" ;;
        esac
        shift 2
        mf_count=$((mf_count - 2))
    done
    [ $# -gt 0 ] || return 0
    apt_offers "$@" || return
    if apt_fresh; then record /lists state=fresh; else record /lists state=stale; fi
}

# apt_names (NAME VERSION)...: the names, one per line.
apt_names() {
    while [ $# -gt 0 ]; do
        printf '%s\n' "$1"
        shift 2
    done
}

# apt_offers NAME...: apt's candidate and all versions that it offers, newest first.
apt_offers() {
    mf_policy=$(apt-cache -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= policy -- "$@") || return
    mf_name=
    while IFS= read -r mf_row; do
        case $mf_row in
            [!\ ]*:) [ -z "$mf_name" ] || record "$mf_name" "candidate=$mf_candidate" "offers=$mf_offers"
                mf_name=${mf_row%:} mf_candidate='' mf_offers='' ;;
            '  Candidate: '*) mf_candidate=${mf_row#*: } ;;
            '     '[!\ ]* | ' *** '*) mf_row=${mf_row#?????}
                mf_offers="$mf_offers ${mf_row%% *}" ;;
        esac
    done <<END
$mf_policy
END
    [ -z "$mf_name" ] || record "$mf_name" "candidate=$mf_candidate" "offers=$mf_offers"
}

# apt_fresh: checks that apt's lists exist, are not older than a day, and newer than all sources.
apt_fresh() {
    mf_stamp=$(find /var/lib/apt/periodic -name 'update*stamp' -mmin -1440 2>/dev/null | head -n 1)
    [ -n "$mf_stamp" ] && [ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*Release' 2>/dev/null | head -n 1)" ] &&
        [ -z "$(find /etc/apt/sources.list /etc/apt/sources.list.d -newer "$mf_stamp" 2>/dev/null | head -n 1)" ]
}

# apt_install RECOMMENDS UNITS PACKAGE...: one installation, which survives a lost connection.
apt_install() {
    survive apt "apt_release $2" apt_converge "$@"
}

# apt_converge RECOMMENDS UNITS PACKAGE...: downloads everything before it changes anything: a failed download has the
# status of a step that changed nothing. If fresh lists name a file that is gone, the lists are updated.
apt_converge() {
    umask 022
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none LC_ALL=C.UTF-8
    mf_recommends=$1
    mf_units=$2
    shift 2
    apt_settle && apt_hold || return "$mf_nothing_changed"
    mf_failed=$mf_nothing_changed
    apt_repair || return
    if ! apt_fresh || ! apt_get -qq --download-only install "$@" 2>/dev/null; then
        apt_update
        apt_get --download-only install "$@" || { apt_report_offers "$@"; return "$mf_failed"; }
    fi
    apt_get install "$@"
}

# apt_remove PACKAGE: removes this package and no other; survives a lost connection.
apt_remove() {
    survive apt true apt_without "$1"
}

# apt_without PACKAGE
apt_without() {
    umask 022
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none LC_ALL=C.UTF-8
    apt_settle || return
    mf_goes=$(apt-get -q -s --no-auto-remove remove "$1" | sed -n 's/^\(Remv\|Inst\|Purg\) \([^ ]*\).*/\2/p') || return
    case $mf_goes in
        "$1") ;;
        *) fail "not removed: apt would also change $(printf '%s\n' "$mf_goes" | grep -vxF -e "$1" | paste -s -d ' ')"; return ;;
    esac
    apt-get -q -y --no-auto-remove -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 remove "$1"
}

# apt_get WORD...: never prompts, replaces no changed configuration file, removes nothing.
apt_get() {
    apt-get -q -y --no-remove -o APT::Install-Recommends="$mf_recommends" -o DPkg::Lock::Timeout=600 \
        -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# apt_update: updates the lists, once. A failing source must not stop the others.
apt_update() {
    if apt-get -q update -o DPkg::Lock::Timeout=600; then
        mkdir -p /var/lib/apt/periodic && touch /var/lib/apt/periodic/update-success-stamp
    else
        printf '%s\n' 'apt-get update had errors: continuing with the lists it could read'
    fi
}

# apt_report_offers PACKAGE[=VERSION]...: fails with the versions that apt offers.
apt_report_offers() {
    for mf_package; do
        mf_offers=$(apt-cache madison "${mf_package%%=*}" | cut -d '|' -f 2 | tr -d ' ' | uniq | paste -s -d ' ')
        printf 'apt offers %s: %s\n' "${mf_package%%=*}" "${mf_offers:-nothing}"
    done
    fail "apt-get could not fetch $*"
}

# apt_hold, apt_release UNIT...: units that the installation must not start. A reboot clears the masks in any case.
apt_hold() {
    [ -n "$mf_units" ] && [ -d /run/systemd/system ] || return 0
    # shellcheck disable=SC2086 # names of units have no blanks
    mf_output=$(systemctl --quiet mask --runtime -- $mf_units 2>&1) || fail "$mf_output"
}
apt_release() {
    [ $# -eq 0 ] || [ ! -d /run/systemd/system ] || systemctl --quiet unmask --runtime -- "$@"
}

# apt_repair: finishes what an earlier run or another program left incomplete. A package that was cut while it was
# unpacked is installed again first: others wait for it, and apt would configure those before.
apt_repair() {
    [ -n "$(ls -A /var/lib/dpkg/updates)" ] || [ -n "$(dpkg --audit)" ] || return 0
    printf '%s\n' 'finishing an interrupted installation'
    mf_failed=1
    mf_left=
    dpkg --force-confdef --force-confold --configure -a || mf_left=yes
    mf_cut=$(dpkg-query -W -f='${db:Status-Eflag} ${binary:Package}\n' | sed -n 's/^reinstreq //p')
    if [ -n "$mf_cut" ]; then
        apt_fresh || apt_update
        # shellcheck disable=SC2086 # names of packages have no blanks
        apt_get --reinstall install $mf_cut && return
    elif [ -z "$mf_left" ]; then
        return
    fi
    apt_get --fix-broken install
}

# apt_settle: waits until no other program is changing packages, and reports which one is.
apt_settle() {
    mf_until=$(($(uptime_seconds) + 600))
    mf_told=
    while mf_busy=$(apt_busy); do
        [ "$mf_busy" = "$mf_told" ] || printf 'waiting for %s\n' "$mf_busy"
        mf_told=$mf_busy
        [ "$(uptime_seconds)" -lt "$mf_until" ] || { fail "gave up after 600 s: $mf_busy is still at work"; return; }
        sleep 1
    done
}

# apt_busy: the program that is changing packages now; fails if there is none.
apt_busy() {
    if [ -d /run/systemd/system ]; then
        systemctl show -p Id -p ActiveState -p Job cloud-init-local.service cloud-init.service cloud-init-network.service \
            cloud-config.service cloud-final.service apt-daily.service apt-daily-upgrade.service 2>/dev/null | apt_unit && return
    fi
    for mf_lock in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock; do
        mf_pid=$(apt_holder "$mf_lock") || continue
        printf 'process %s (%s), which holds %s\n' "$mf_pid" "$(cat "/proc/$mf_pid/comm" 2>/dev/null)" "$mf_lock"
        return
    done
    return 1
}

# apt_unit <SHOW: the first unit that is active or queued.
apt_unit() {
    mf_id='' mf_work=''
    while IFS='=' read -r mf_key mf_value || [ -n "$mf_id" ]; do
        case $mf_key=$mf_value in
            Id=*) mf_id=$mf_value ;;
            ActiveState=activating | Job=[1-9]*) mf_work=yes ;;
            =) [ -z "$mf_work" ] || { printf '%s\n' "$mf_id"; return; }
                mf_id='' mf_work='' ;;
        esac
    done
    return 1
}

# apt_holder FILE: the process that holds a lock on the file.
apt_holder() {
    mf_inode=$(stat -c %i -- "$1" 2>/dev/null) && mf_device=$(apt_device "$(stat -c %m -- "$1")") || return
    while read -r _ mf_kind _ _ mf_pid mf_where _; do
        # shellcheck disable=SC2254 # an unknown device is a pattern: `*`
        case $mf_kind,$mf_where in
            POSIX,$mf_device:"$mf_inode") printf '%s\n' "$mf_pid"; return ;;
        esac
    done </proc/locks
    return 1
}

# apt_device MOUNT: the mounted device, as /proc/locks names it. On btrfs, `stat` names another one.
apt_device() {
    mf_found=
    while read -r _ _ mf_numbers _ mf_point _; do
        [ "$mf_point" != "$1" ] || mf_found=$mf_numbers
    done </proc/self/mountinfo
    [ -n "$mf_found" ] || { echo '*'; return; }
    printf '%02x:%02x\n' "${mf_found%:*}" "${mf_found#*:}"
}
