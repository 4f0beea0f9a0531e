# shellcheck shell=bash
# One bridge per lab with a private /24 and a ULA /64; the machine is .1 and ::1, host number N is .N and ::N.
# Everything is named after the lab's tag, so another lab on this machine is never touched.

tag=$(printf %s "$lab" | sha256sum | cut -c1-4)
bridge=mfl$tag
table=matrixform_lab_$tag
shared=/run/matrixform-lab

network_prefix4() { printf '10.83.%s' "$(cat "$lab/range")"; }
# In its shortest form: ssh looks up an address in known_hosts literally.
network_prefix6() { printf 'fd6d:6678:%x:' "$(($(cat "$lab/range") + 1))"; }
network_address4() { printf '%s.%s' "$(network_prefix4)" "$1"; }
network_address6() { printf '%s:%s' "$(network_prefix6)" "$1"; }

network_is_up() { [ -e "$lab/range" ] && [[ $(ip -4 -o addr show dev "$bridge" 2>/dev/null) == *" $(network_prefix4).1/24 "* ]]; }

network_up() {
    mkdir -p "$shared"
    (
        flock 7
        network_is_up && nft list table ip "$table" >/dev/null 2>&1 && exit
        network_remove
        network_range >"$lab/range.new"
        mv "$lab/range.new" "$lab/range"
        network_create
    ) 7>"$shared/lock"
}

# The last range if it is free, otherwise the first free one; the machine-wide lock is held.
network_range() {
    local number taken last=''
    [ ! -e "$lab/range" ] || last=$(cat "$lab/range")
    taken=$(ip -4 -o addr show && ip -4 route show table all)
    for number in $last $(seq 0 254); do
        grep -qF "10.83.$number." <<<"$taken" || { echo "$number" && return; }
    done
    fail "no address range is free" "all of 10.83.0.0/16 is in use on this machine" "delete labs that are no longer needed"
}

network_create() {
    ip link add name "$bridge" type bridge
    ip addr add "$(network_address4 1)/24" dev "$bridge"
    ip addr add "$(network_address6 1)/64" dev "$bridge" nodad
    ip link set "$bridge" up
    [ "$(sysctl -n net.ipv4.ip_forward)" = 1 ] || {
        touch "$shared/forwarding-was-off"
        sysctl -q -w net.ipv4.ip_forward=1
    }
    nft -f - <<END || fail "the lab's nft table could not be made" "nft's own words stand above" "check that nftables works here"
table ip $table {
    chain postrouting {
        type nat hook postrouting priority srcnat
        ip saddr $(network_prefix4).0/24 ip daddr != $(network_prefix4).0/24 masquerade
    }
}
END
}

network_remove() {
    nft delete table ip "$table" 2>/dev/null || true
    ip link delete "$bridge" 2>/dev/null || true
}

# Removes what this lab added to the machine; the last lab to go restores forwarding.
network_down() {
    mkdir -p "$shared"
    (
        flock 7
        network_remove
        [ -e "$shared/forwarding-was-off" ] || exit 0
        # Not piped into grep -q: the closed pipe would sometimes kill nft, which would look like no match.
        tables=$(nft list tables)
        [[ $tables != *matrixform_lab_* ]] || exit 0
        sysctl -q -w net.ipv4.ip_forward=0
        rm "$shared/forwarding-was-off"
    ) 7>"$shared/lock"
}
