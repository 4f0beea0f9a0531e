# shellcheck shell=bash
# ACME certificate authorities for the lab's hosts: pebble from Debian forky (older releases lack profiles and settable
# renewal information), and its DNS server, whose names can be set while it runs. Nothing is installed.

authority_programs=$lab/authority-programs/usr/bin

# authority_fetch: forky's pebble, through a separate apt configuration, from this machine's package source.
authority_fetch() {
    [ ! -x "$authority_programs/pebble" ] || return 0
    local apt=$lab/authority-apt
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$(mirror_debian)" forky >"$apt/sources.list"
    printf '%s\n' "Dir::Etc::sourcelist \"$apt/sources.list\";" 'Dir::Etc::sourceparts "/nonexistent";' \
        'Dir::Etc::preferencesparts "/nonexistent";' "Dir::State::lists \"$apt/lists\";" "Dir::Cache \"$apt/cache\";" \
        'Dir::State::status "/dev/null";' 'APT::Sandbox::User "root";' >"$apt/apt.conf"
    say "fetching pebble of Debian forky"
    (cd "$apt" && export APT_CONFIG=$apt/apt.conf && apt-get -q update >apt.log 2>&1 && apt-get -q download pebble >>apt.log 2>&1 &&
        rm -rf -- "$lab/authority-programs.new" && dpkg-deb -x pebble_*.deb "$lab/authority-programs.new") ||
        fail "pebble could not be fetched" "$(tail -n 2 "$apt/apt.log")" \
            "see that $(mirror_debian) can be reached, or name another archive in MATRIXFORM_LAB_MIRROR"
    say "it is $(basename "$apt"/pebble_*.deb)"
    mv -T "$lab/authority-programs.new" "$lab/authority-programs"
    rm -rf -- "$apt"
}

authority_place() { printf '%s/authorities/%s' "$lab" "$1"; }

authority_get() {
    curl -fsS --max-time 5 --noproxy '*' --cacert "$(authority_place "$1")/ca.pem" "${@:2}" 2>/dev/null
}

authority_answers() { authority_get "$1" -o /dev/null "$2"; }

# verb_authority up NAME [--seconds N] [--eab ID KEY] [--slot N] | down NAME | name NAME HOST ADDRESS… | root NAME
verb_authority() {
    local what=${1:-} name=${2:-}
    [[ $name =~ ^[a-z][a-z0-9-]{0,30}$ ]] || fail_usage "authority: \`up\`, \`down\`, \`name\` or \`root\`, and a name"
    shift 2
    case $what in
        up) authority_up "$name" "$@" ;;
        down) authority_down "$name" ;;
        name) authority_name "$name" "$@" ;;
        root) authority_get "$name" "$(cat "$(authority_place "$name")/admin")/roots/0" ;;
        *) fail_usage "authority: \`up\`, \`down\`, \`name\` or \`root\`, not \`$what\`" ;;
    esac
}

authority_up() {
    local name=$1 seconds=7776000 eab='' slot=0 directory at
    shift
    while [ $# -gt 0 ]; do
        case $1 in
            --seconds) seconds=$2 && shift 2 ;;
            --slot) slot=$2 && shift 2 ;;
            --eab) eab="\"externalAccountBindingRequired\": true, \"externalAccountMACKeys\": { \"$2\": \"$3\" }," && shift 3 ;;
            *) fail_usage "unknown option \`$1\`" ;;
        esac
    done
    network_up
    authority_fetch
    authority_down "$name"
    directory=$(authority_place "$name") at=$(network_address4 1)
    mkdir -p "$directory"
    (cd "$directory" && authority_endpoint "$at" && authority_settings "$at" $((24100 + slot * 10)) "$seconds" "$eab" >pebble.json)
    local port=$((24100 + slot * 10))
    authority_run "$directory" names "$authority_programs/pebble-challtestsrv" -defaultIPv4 '' -defaultIPv6 '' -dnsserver "$at:$((port + 2))" \
        -management "$at:$((port + 3))" -http01 '' -https01 '' -tlsalpn01 '' -doh ''
    PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0 \
        authority_run "$directory" pebble "$authority_programs/pebble" -config pebble.json -dnsserver "$at:$((port + 2))"
    printf 'https://%s:%s' "$at" $((port + 1)) >"$directory/admin"
    printf 'http://%s:%s' "$at" $((port + 3)) >"$directory/dns"
    await 20 authority_answers "$name" "https://$at:$port/dir" ||
        fail "the authority $name does not answer" "$(tail -n 3 "$directory/pebble.log")" "see $directory"
    printf '%s\n' "LAB_DIRECTORY='https://$at:$port/dir'" "LAB_DIRECTORY_CA='$directory/ca.pem'" "LAB_ADMIN='https://$at:$((port + 1))'"
}

# The endpoint's certificate, valid for years, since hosts may have another date. Kept while the address stays the same.
authority_endpoint() {
    [ ! -e tls.pem ] || ! openssl x509 -in tls.pem -noout -checkip "$1" | grep -q 'does match' || return 0
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj '/CN=authority of the lab' \
        -keyout ca.key -out ca.pem 2>/dev/null
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3600 -subj '/CN=acme.lab' -CA ca.pem -CAkey ca.key \
        -addext "subjectAltName=DNS:acme.lab,IP:$1,IP:127.0.0.1" -addext basicConstraints=critical,CA:FALSE \
        -keyout tls.key -out tls.pem 2>/dev/null
}

# A single profile: pebble picks a random one for an order that names none.
authority_settings() {
    printf '{ "pebble": { "listenAddress": "%s:%s", "managementListenAddress": "%s:%s", "certificate": "tls.pem", "privateKey": "tls.key",
      "httpPort": 80, "tlsPort": 443, "retryAfter": { "authz": 1, "order": 1 }, "keyAlgorithm": "ecdsa", %s
      "domainBlocklist": ["refused.test"],
      "profiles": { "default": { "description": "the only one", "validityPeriod": %s } } } }\n' "$1" "$2" "$1" $(($2 + 1)) "$4" "$3"
}

# authority_run DIRECTORY NAME COMMAND…: runs it in the background, without this program's file descriptors.
authority_run() {
    (cd "$1" && exec setsid "${@:3}" >"$2.log" 2>&1 </dev/null 3>&- 7>&-) &
    printf '%s\n' "$!" >"$1/$2.pid"
}

authority_down() {
    local directory pid file
    directory=$(authority_place "$1")
    for file in "$directory"/*.pid; do
        [ -e "$file" ] || continue
        pid=$(cat "$file")
        case $(readlink "/proc/$pid/exe" 2>/dev/null) in
            "$lab"/authority-programs/*) kill "$pid" 2>/dev/null && await 5 authority_gone "$pid" || : ;;
        esac
        rm -f -- "$file"
    done
}

authority_gone() { [ ! -e "/proc/$1" ]; }

# authority_name NAME HOST ADDRESS…: sets the addresses of HOST in the authority's DNS server; none without ADDRESS.
authority_name() {
    local dns name=$1 host=$2 address kind
    dns=$(cat "$(authority_place "$name")/dns")
    shift 2
    for kind in a aaaa; do
        curl -fsS --noproxy '*' -d "{\"host\":\"$host\"}" "$dns/clear-$kind" >/dev/null
    done
    for address; do
        kind=a && [[ $address != *:* ]] || kind=aaaa
        curl -fsS --noproxy '*' -d "{\"host\":\"$host\",\"addresses\":[\"$address\"]}" "$dns/add-$kind" >/dev/null
    done
}
