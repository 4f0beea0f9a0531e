# firewall: the rules of the host's own firewall, read only if a port does not answer from outside.

# firewall_observe PORT...: the rules that drop incoming packets, except those about other ports.
firewall_observe() {
    mf_output=$(firewall_ufw | head -n 20)
    [ -n "$mf_output" ] || mf_output=$(firewall_nft "$*" | head -n 20)
    [ -n "$mf_output" ] || mf_output=$(firewall_iptables "$*" | head -n 20)
    [ -z "$mf_output" ] || record / "output=$mf_output"
}

# firewall_ufw: an active ufw drops what it does not allow.
firewall_ufw() {
    mf_status=$(LC_ALL=C ufw status 2>/dev/null) || return 0
    case $mf_status in *'Status: active'*) printf '%s\n' "$mf_status" | grep -v '^$' | sed 's/^/ufw: /' ;; esac
}

# firewall_nft PORTS: rules and policies that drop or reject, each with its table and chain.
firewall_nft() {
    nft list ruleset 2>/dev/null | awk -v ports="$1" '
    BEGIN { for (i = split(ports, all, " "); i > 0; i--) is_asked[all[i]] = 1 }
    $1 == "table" { table = $2 " " $3; next }
    $1 == "chain" { chain = $2; leads_out = 0; next }
    / hook (output|forward|postrouting) / { leads_out = 1 }
    leads_out || !/(drop|reject)/ { next }
    /dport/ {
        text = $0
        gsub(/[^0-9-]/, " ", text)
        about = 0
        for (i = split(text, word, " "); i > 0; i--) {
            split(word[i], range, "-")
            for (port in is_asked) if (word[i] == port || (range[2] != "" && range[1] + 0 <= port + 0 && port + 0 <= range[2] + 0)) about = 1
        }
        if (!about) next
    }
    { sub(/^[ \t]*/, ""); print "nft: " table ", chain " chain ": " $0 }'
}

# firewall_iptables PORTS
firewall_iptables() {
    for mf_program in iptables ip6tables; do
        "$mf_program" -S INPUT 2>/dev/null | grep -E 'DROP|REJECT' | sed "s/^/$mf_program: /"
    done
}
