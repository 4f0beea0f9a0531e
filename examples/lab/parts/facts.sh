# shellcheck shell=bash
# The facts needed to reach a host: as shell variables, and as the [host] table of a spec.

guest_known_hosts() {
    local number
    number=$(guest_fact "$1" number)
    printf '%s,%s %s\n' "$(network_address4 "$number")" "$(network_address6 "$number")" \
        "$(cut -d' ' -f1,2 "$lab/guests/$1/ssh_host_ed25519_key.pub")"
}

verb_env() {
    local name=${1:-} number
    guest_must_exist "$name"
    number=$(guest_fact "$name" number)
    guest_known_hosts "$name" >"$lab/guests/$name/known_hosts"
    env_line NAME "$name"
    env_line SUITE "$(guest_fact "$name" suite)"
    env_line FROM "$(guest_fact "$name" from)"
    env_line ADDRESS4 "$(network_address4 "$number")"
    env_line ADDRESS6 "$(network_address6 "$number")"
    env_line GATEWAY4 "$(network_address4 1)"
    env_line GATEWAY6 "$(network_address6 1)"
    env_line SSH_PORT 22
    env_line KNOWN_HOSTS "$(guest_known_hosts "$name")"
    env_line KNOWN_HOSTS_FILE "$lab/guests/$name/known_hosts"
    env_line HOST_KEY "$(facts_fingerprint "$name")"
    env_line IDENTITY_FILE "$lab/key"
    env_line PWSUDO_PASSWORD "$(cat "$lab/password")"
    env_line LEADER "$(guest_leader "$name" || true)"
    env_line ROOT "$lab/guests/$name/root"
}

# No value contains a quote: names and paths of the lab are checked, and the rest is generated here.
env_line() { printf "LAB_%s='%s'\n" "$1" "$2"; }

# spec NAME FILE: FILE with its [host] table pointed at the host, whatever it named before.
verb_spec() {
    local name=${1:-} file=${2:-} number
    guest_must_exist "$name"
    [ -r "$file" ] || fail "there is no spec \`$file\`" "" "name a file with a [host] table"
    number=$(guest_fact "$name" number)
    awk -v address="$(network_address4 "$number")" -v host_key="$(facts_fingerprint "$name")" -v identity="$lab/key" '
        /^\[/ { inside = ($0 ~ /^\[host\]/) }
        inside && /^(address|port|user|host_key|identity_files) *=/ { next }
        { print }
        /^\[host\]/ {
            printf "address = \"%s\"\nport = 22\nuser = \"root\"\n", address
            printf "host_key = \"%s\"\nidentity_files = [\"%s\"]\n", host_key, identity
        }' "$file"
}

facts_fingerprint() { ssh-keygen -lf "$lab/guests/$1/ssh_host_ed25519_key.pub" | cut -d' ' -f2; }
