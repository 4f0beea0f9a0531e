# shellcheck shell=bash
# The identity of a fresh disk: names, addresses, keys. Written before its first boot.

identity_write() {
    local name=$1 root=$lab/guests/$1/root
    printf '%s\n' "$name" >"$root/etc/hostname"
    printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost ip6-localhost ip6-loopback\n' "$name" >"$root/etc/hosts"
    tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
    identity_resolver "$root"
    identity_network "$root" "$(guest_fact "$name" number)"
    identity_host_keys "$name" "$root"
    identity_access "$root"
}

# A resolver on the loopback (systemd-resolved's stub) is not reachable from a guest: uses its upstream servers.
identity_resolver() {
    local from=/etc/resolv.conf
    ! grep -qE '^nameserver +127\.' "$from" || [ ! -e /run/systemd/resolve/resolv.conf ] || from=/run/systemd/resolve/resolv.conf
    rm -f "$1/etc/resolv.conf"
    install -m 644 "$from" "$1/etc/resolv.conf"
}

identity_network() {
    local root=$1 address4 address6
    address4=$(network_address4 "$2")/24
    address6=$(network_address6 "$2")/64
    if [ -e "$root/usr/sbin/netplan" ]; then
        rm -f "$root"/etc/netplan/*
        install -m 600 /dev/stdin "$root/etc/netplan/50-cloud-init.yaml" <<END
network:
  version: 2
  ethernets:
    host0:
      addresses: [$address4, "$address6"]
      routes: [{to: default, via: $(network_address4 1)}]
      accept-ra: false
END
    else
        install -m 644 /dev/stdin "$root/etc/systemd/network/10-host0.network" <<END
[Match]
Name=host0
[Network]
Gateway=$(network_address4 1)
IPv6AcceptRA=no
[Address]
Address=$address4
[Address]
Address=$address6
END
    fi
}

# Host keys belong to the name, not to the disk: a reset host keeps them, unless new ones are asked for.
identity_host_keys() {
    local kind keys=$lab/guests/$1
    for kind in ed25519 ecdsa; do
        [ -e "$keys/ssh_host_${kind}_key" ] || ssh-keygen -q -t "$kind" -N '' -C "root@$1" -f "$keys/ssh_host_${kind}_key"
        install -m 600 "$keys/ssh_host_${kind}_key" "$2/etc/ssh/"
        install -m 644 "$keys/ssh_host_${kind}_key.pub" "$2/etc/ssh/"
    done
}

identity_access() {
    local root=$1 home user
    for home in root home/admin home/pwsudo; do
        user=${home##*/}
        install -d -m 700 "$root/$home/.ssh"
        install -m 600 "$lab/key.pub" "$root/$home/.ssh/authorized_keys"
        chown -R "$(stat -c %u:%g "$root/$home")" "$root/$home/.ssh" || fail "user $user has no home" "the base is damaged" "lab clean"
    done
    sed -i "s|^pwsudo:!matrixform-lab:|pwsudo:$(cat "$lab/password.hash"):|" "$root/etc/shadow"
}
