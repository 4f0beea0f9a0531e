# loopback: who would receive data sent to this host's own port. While a service is down, any user of the host may take
# its port, and would receive a token that root sends there.

# loopback_owner PORT: the user id of the listener on 127.0.0.1:PORT, chosen among sockets like the kernel does: the one
# with the exact address first, then any address, then IPv6 sockets that accept IPv4 too (net/ipv4/inet_hashtables.c).
# Empty: nobody.
loopback_owner() {
    mf_hex=$(printf %04X "$1")
    for mf_at in "tcp 0100007F" "tcp 00000000" "tcp6 0000000000000000FFFF00000100007F" \
        "tcp6 00000000000000000000000000000000"; do
        mf_line=$(grep -m 1 -E "^ *[0-9]+: ${mf_at#* }:$mf_hex 0+:0000 0A " "/proc/net/${mf_at% *}" 2>/dev/null) || continue
        # shellcheck disable=SC2086 # they are words
        set -- $mf_line
        printf '%s\n' "$8"
        return
    done
}

# loopback_admits PORT USER: whether a process of USER listens there; if not, prints `down`, or the owner.
loopback_admits() {
    mf_owner=$(loopback_owner "$1")
    [ -n "$mf_owner" ] || { echo down; return 1; }
    [ "$mf_owner" = "$(id -u -- "$2" 2>/dev/null)" ] || { echo "foreign $mf_owner"; return 1; }
}
