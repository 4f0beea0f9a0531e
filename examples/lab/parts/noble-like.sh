# shellcheck shell=bash
# noble-like: a layer over trixie that meets matrixform as Ubuntu 24.04 does. The packages are Debian's, so versions are
# trixie's; what is Ubuntu's is what a server image adds to Debian and how it names itself.

# Recommends are left out: snapd's and cloud-init's draw in what a guest cannot run.
noble_like_packages=(needrestart ufw cloud-init netplan.io unattended-upgrades snapd)

noble_like_build() {
    local layer=$1 base root=$lab/$1/root
    base=$(base_of trixie)
    disk_lower "$base" >"$lab/$layer/lower"
    disk_cache_seed noble-like "$lab/$layer/upper"
    disk_mount "$layer" "$(cat "$lab/$layer/lower")"
    noble_like_install "$layer" || {
        tail -n 15 "$lab/$layer/log" >&2
        fail "building noble-like failed" "apt-get's last words stand above, all of them in $lab/$layer/log" \
            "check that the mirror is reachable, then run \`lab build noble-like\`"
    }
    noble_like_dress "$root"
    disk_unmount "$layer"
    disk_cache_collect noble-like "$lab/$layer/upper"
    mv "$lab/$layer/upper" "$lab/$layer/fs"
}

# In a container without a network of its own: this machine's is used, and nothing is started.
noble_like_install() {
    systemd-nspawn --quiet --directory="$lab/$1/root" --register=no --keep-unit --resolv-conf=replace-host --pipe \
        --setenv=DEBIAN_FRONTEND=noninteractive \
        sh -ec 'apt-get -qq update && apt-get -qq -o Acquire::Retries=3 install --no-install-recommends "$@"
            rm -rf /var/lib/apt/lists/* /etc/resolv.conf' sh "${noble_like_packages[@]}" \
        >"$lab/$1/log" 2>&1 </dev/null
}

noble_like_dress() {
    local root=$1
    install -m 644 "$here/guest/os-release" "$root/usr/lib/os-release"
    install -m 644 "$here/guest/lsb-release" "$root/etc/lsb-release"
    echo trixie/sid >"$root/etc/debian_version"
    noble_like_sshd "$root"
    noble_like_cloud_init "$root"
}

# Ubuntu starts sshd by its socket; cloud-init's drop-in allows passwords and sorts before most others.
noble_like_sshd() {
    systemctl --quiet --root="$1" disable ssh.service
    systemctl --quiet --root="$1" enable ssh.socket
    install -m 600 /dev/stdin "$1/etc/ssh/sshd_config.d/50-cloud-init.conf" <<<'PasswordAuthentication yes'
}

# No metadata service is there to ask: the datasource is None. What the lab has set (host name, keys, network) stays.
noble_like_cloud_init() {
    install -m 644 /dev/stdin "$1/etc/cloud/cloud.cfg.d/99-lab.cfg" <<'END'
datasource_list: [None]
network: {config: disabled}
preserve_hostname: true
manage_etc_hosts: false
ssh_deletekeys: false
ssh_genkeytypes: []
users: []
disable_root: false
END
}
