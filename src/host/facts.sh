# facts: what the host is, in one exchange. The client's address and the login user come in as the
# shell's own words, because sudo drops them.

# facts_observe PACKAGE...
facts_observe() {
    if [ -r /etc/os-release ]; then
        # shellcheck disable=SC1091
        (. /etc/os-release && record os "id=${ID-}" "version=${VERSION_ID-}" "codename=${VERSION_CODENAME-}")
    fi
    record host "arch=$(dpkg --print-architecture)" "hostname=$(uname -n)" "time=$(date +%s)" \
        "client=${mf_client-}" "user=${mf_login-}" "cpus=$(nproc)" "privileged=$(id -u)" \
        "memory=$(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo)"
    [ ! -e /run/reboot-required ] || record host reboot_required=yes
    facts_systemd
    facts_addresses
    for mf_path in /etc/postgresql/*/*/postgresql.conf; do
        [ ! -e "$mf_path" ] || { mf_path=${mf_path#/etc/postgresql/} && record "cluster:${mf_path%/*}" seen=yes; }
    done
    df -Pk / /var | while read -r _ _ _ mf_free _ mf_mount; do
        [ "$mf_free" = Available ] || record "disk:$mf_mount" "free=$mf_free"
    done
    facts_packages "$@"
}

facts_systemd() {
    [ -d /run/systemd/system ] || return 0
    record host "systemd=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')" \
        "container=$(systemd-detect-virt -c)"
    if [ -e /run/systemd/units/invocation:ssh.socket ]; then
        record host ssh_socket=yes
    fi
}

facts_addresses() {
    # The file is there when the kernel speaks IPv6, also while no interface has an address.
    if [ -e /proc/net/if_inet6 ]; then record host ipv6=yes; else record host ipv6=no; fi
    for mf_address in $(hostname -I); do
        record "address:$mf_address" seen=yes
    done
}

# facts_packages PACKAGE...: installed versions; apt's candidates of the others.
facts_packages() {
    [ $# -gt 0 ] || return 0
    # shellcheck disable=SC2016
    mf_installed=$(dpkg-query -W -f '${Package} ${db:Status-Status} ${Version}\n' "$@" | sed -n 's/ installed / /p')
    for mf_package in "$@"; do
        shift
        mf_version=$(printf '%s\n' "$mf_installed" | sed -n "s/^$mf_package //p")
        if [ -n "$mf_version" ]; then
            record "package:$mf_package" "installed=$mf_version"
        else
            set -- "$@" "$mf_package"
        fi
    done
    [ $# -gt 0 ] || return 0
    apt-cache policy "$@" | while read -r mf_word mf_version; do
        case $mf_word in
            Candidate:) [ "$mf_version" = "(none)" ] || record "package:$mf_package" "candidate=$mf_version" ;;
            *:) [ -n "$mf_version" ] || mf_package=${mf_word%:} ;;
        esac
    done
}
