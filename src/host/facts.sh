# facts: observes the host's facts in one exchange. The client's address and the login user are passed as words of the
# shell, because sudo drops them from the environment.

# Every run pays for every program started here, so facts come from files and from output needed anyway, where possible.

# facts_observe STAMP PACKAGE...: STAMP is the stamp of apt's candidates in an earlier answer (see facts_offers).
facts_observe() {
    mf_known=${1-}
    [ $# -eq 0 ] || shift
    if [ -r /etc/os-release ]; then
        # shellcheck disable=SC1091
        (. /etc/os-release && record os "id=${ID-}" "version=${VERSION_ID-}" "codename=${VERSION_CODENAME-}")
    fi
    read -r mf_hostname </proc/sys/kernel/hostname
    read -r _ mf_memory _ </proc/meminfo # its first line is MemTotal
    record host "hostname=$mf_hostname" "memory=$mf_memory" "time=$(date +%s)" "cpus=$(nproc)" \
        "privileged=$(user_number)" "client=${mf_client-}" "user=${mf_login-}"
    [ ! -r /etc/machine-id ] || { read -r mf_machine </etc/machine-id && record host "machine=$mf_machine"; } || :
    [ ! -e /run/reboot-required ] || record host reboot_required=yes
    facts_systemd
    facts_addresses || return
    for mf_path in /etc/postgresql/*/*/postgresql.conf; do
        [ ! -e "$mf_path" ] || { mf_path=${mf_path#/etc/postgresql/} && record "cluster:${mf_path%/*}" seen=yes; }
    done
    facts_synapse
    mf_disks=$(df -Pk / /var) || return
    printf '%s\n' "$mf_disks" | while read -r _ _ _ mf_free _ mf_mount; do
        [ "$mf_free" = Available ] || record "disk:$mf_mount" "free=$mf_free"
    done
    facts_packages "$@"
}

# facts_systemd: the result of systemd-detect-virt, from its file; systemd's version comes with the packages.
facts_systemd() {
    [ -d /run/systemd/system ] || return 0
    mf_container=none
    [ ! -r /run/systemd/container ] || read -r mf_container </run/systemd/container
    record host "container=$mf_container"
    if [ -e /run/systemd/units/invocation:ssh.socket ]; then
        record host ssh_socket=yes
    fi
    if [ -e /snap/bin/certbot ] || [ -L /snap/bin/certbot ]; then
        record host certbot_snap=yes
    fi
}

# facts_synapse: the server name of the existing homeserver. If several files set it, the last one wins, as in Synapse.
facts_synapse() {
    [ -d /etc/matrix-synapse ] || return 0
    mf_name=$(grep -hs -D skip '^server_name:' /etc/matrix-synapse/homeserver.yaml /etc/matrix-synapse/conf.d/*.yaml)
    mf_name=${mf_name##*server_name:}
    mf_name=${mf_name#"${mf_name%%[! \"\']*}"}
    mf_name=${mf_name%%[ \"\']*}
    [ -z "$mf_name" ] || record host "synapse_server_name=$mf_name"
}

facts_addresses() {
    # The file exists if the kernel supports IPv6, even while no interface has an address.
    if [ -e /proc/net/if_inet6 ]; then record host ipv6=yes; else record host ipv6=no; fi
    mf_addresses=$(hostname -I) || return
    for mf_address in $mf_addresses; do
        record "address:$mf_address" seen=yes
    done
}

# facts_packages PACKAGE...: the architecture and the installed versions; for packages not installed, apt's candidates.
facts_packages() {
    mf_line='
'
    # shellcheck disable=SC2016
    mf_seen=$mf_line$(seen dpkg-query -W -f '${Package} ${db:Status-Status} ${Version} ${Architecture}\n' dpkg systemd "$@") || return
    printf '%s\n' "$mf_seen" | while read -r mf_package mf_status mf_version mf_arch; do
        [ "$mf_status" = installed ] || continue
        record "package:$mf_package" "installed=$mf_version"
        case $mf_package in
            dpkg) record host "arch=$mf_arch" ;;
            systemd) [ ! -d /run/systemd/system ] || record host "systemd=${mf_version%%[!0-9]*}" ;;
        esac
    done
    for mf_package; do
        shift
        case $mf_seen in
            *"$mf_line$mf_package installed "*) ;;
            *) set -- "$@" "$mf_package" ;;
        esac
    done
    [ $# -eq 0 ] || facts_offers "$@"
}

# facts_offers PACKAGE...: apt's candidates, unless the stamp of everything that decides them is the known one:
# apt-cache takes longer than all other facts together.
facts_offers() {
    mf_stamp=$(seen stat -c '%.Z %n' /var/lib/dpkg/status /var/lib/apt/lists /etc/apt /etc/apt/* /etc/apt/*.d/* | cksum)
    record host "offers=$mf_stamp"
    [ "$mf_stamp" != "$mf_known" ] || return 0
    # Without the cache files that apt would otherwise write.
    mf_policy=$(apt-cache -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= policy "$@") || return
    printf '%s\n' "$mf_policy" | while read -r mf_word mf_version; do
        case $mf_word in
            Candidate:) [ "$mf_version" = "(none)" ] || record "package:$mf_package" "candidate=$mf_version" ;;
            *:) [ -n "$mf_version" ] || mf_package=${mf_word%:} ;;
        esac
    done
}

# installation_observe: the installation that an earlier run recorded for this host; `/` means that there is a record.
# Also the progress of an unfinished rebuild, what a finished one restored, and whether another host has taken over.
installation_observe() {
    [ ! -f /var/lib/matrixform/fenced ] || record fenced "text=$(head -c 4096 /var/lib/matrixform/fenced)"
    [ ! -f /var/lib/matrixform/rebuild/state ] || record rebuild "text=$(head -c 4096 /var/lib/matrixform/rebuild/state)"
    [ ! -f /var/lib/matrixform/rebuilt ] || record rebuilt "text=$(head -c 4096 /var/lib/matrixform/rebuilt)"
    [ -f /var/lib/matrixform/installation ] || return 0
    record / seen=yes
    while IFS='=' read -r mf_word mf_value; do
        record "$mf_word" "value=$mf_value"
    done </var/lib/matrixform/installation
}

# ledger_observe: the record of what earlier runs made of this host or, after a version without a ledger, the files that
# carry our mark.
ledger_observe() {
    if [ -f /var/lib/matrixform/ledger.json ]; then
        record ledger "text=$(cat /var/lib/matrixform/ledger.json)"
    elif [ -f /var/lib/matrixform/installation ]; then
        grep -rlsIF -m 1 -D skip 'Managed by matrixform' /etc | while IFS= read -r mf_path; do
            record "mark:$mf_path" seen=yes
        done
    fi
}

# secrets_observe: the names of the secrets that earlier runs used here; `/` means that there is a list.
secrets_observe() {
    [ -f /var/lib/matrixform/secrets ] || return 0
    record / seen=yes
    while read -r mf_name; do
        record "$mf_name" seen=yes
    done </var/lib/matrixform/secrets
}
