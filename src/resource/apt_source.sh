# apt_source: a repository and its key.

# apt_source_keys PATH...: the fingerprints of the keys in each keyring.
apt_source_keys() {
    for mf_path; do
        [ -f "$mf_path" ] || continue
        mf_keys=$(openpgp_keys "$mf_path") || mf_keys=
        record "$mf_path" "fingerprints=$(printf %s "$mf_keys" | cut -d ' ' -f 1 | paste -s -d ' ')"
    done
}

# apt_source_place PATH <KEY: a key that was checked at home.
apt_source_place() {
    [ -d "${1%/*}" ] || mkdir -m 0755 -- "${1%/*}" || return
    file_write "$1" root root 0644
}

# apt_source_fetch URL FINGERPRINT PATH: the key is looked at where only root can reach it.
apt_source_fetch() {
    mf_place=$(mktemp -d /run/matrixform-key.XXXXXXXXXX) || return
    apt_source_check "$@" && apt_source_pinned "$mf_place/ring" "$2" | base64 | apt_source_place "$3"
    mf_status=$?
    rm -rf -- "$mf_place"
    return "$mf_status"
}

# apt_source_check URL FINGERPRINT PATH: fetches into mf_place; fails unless the pinned key is in it.
apt_source_check() {
    /usr/lib/apt/apt-helper -q -o APT::Sandbox::User=root -o Acquire::Retries=2 -o Acquire::http::Timeout=30 \
        -o Acquire::https::Timeout=30 download-file "$1" "$mf_place/fetched" || { fail "could not fetch $1"; return; }
    if [ "$(stat -c %s -- "$mf_place/fetched")" -gt 1048576 ]; then
        fail "$1 is larger than a key: nothing was placed"
    elif ! openpgp_binary "$mf_place/fetched" >"$mf_place/ring" ||
        ! openpgp_keys "$mf_place/ring" >"$mf_place/keys" || [ ! -s "$mf_place/keys" ]; then
        fail "$1 is no OpenPGP key: nothing was placed"
    elif ! grep -q "^$2 " -- "$mf_place/keys"; then
        mf_found=$(cut -d ' ' -f 1 -- "$mf_place/keys" | paste -s -d ' ')
        fail "$1 has the fingerprint $mf_found, not the pinned $2: nothing was placed"
    fi
}

# apt_source_pinned RING FINGERPRINT: the bytes of one key.
apt_source_pinned() {
    openpgp_keys "$1" | while read -r mf_key mf_first mf_size; do
        [ "$mf_key" != "$2" ] || { openpgp_bytes "$1" "$mf_first" "$mf_size"; break; }
    done
}

# openpgp_binary FILE: a key without its armor. Headers of an armor hold a colon, its checksum begins with `=`.
openpgp_binary() {
    if [ "0$(od -An -tu1 -N 1 -- "$1" | tr -d ' ')" -ge 128 ]; then
        cat -- "$1"
    else
        tr -d '\r' <"$1" | sed '/^-----/d; /:/d; /^=/d' | base64 -d
    fi
}

# openpgp_bytes FILE OFFSET SIZE
openpgp_bytes() {
    tail -c "+$(($2 + 1))" -- "$1" | head -c "$3"
}

# openpgp_keys FILE: a line FINGERPRINT OFFSET SIZE for every primary key with what belongs to it. Fails when
# the packets do not add up.
openpgp_keys() {
    mf_ring=$1 mf_at=0 mf_key='' mf_first=0
    # shellcheck disable=SC2046 # one word per byte
    set -- $(od -An -v -tu1 -- "$1")
    while [ $# -gt 0 ]; do
        openpgp_packet "$1" "${2:-0}" "${3:-0}" "${4:-0}" "${5:-0}" "${6:-0}" || return
        [ "$((mf_head + mf_body))" -le $# ] || return
        if [ "$mf_tag" -eq 6 ]; then
            [ -z "$mf_key" ] || printf '%s %s %s\n' "$mf_key" "$mf_first" "$((mf_at - mf_first))"
            mf_first=$mf_at
            shift "$mf_head"
            mf_key=$(openpgp_fingerprint "$1" "$((mf_at + mf_head))" "$mf_body") || return
            shift "$mf_body"
        else
            [ -n "$mf_key" ] || return
            shift "$((mf_head + mf_body))"
        fi
        mf_at=$((mf_at + mf_head + mf_body))
    done
    [ -z "$mf_key" ] || printf '%s %s %s\n' "$mf_key" "$mf_first" "$((mf_at - mf_first))"
}

# openpgp_packet BYTE...: mf_tag, and the lengths mf_head and mf_body. Lengths in pieces do not occur in keys.
openpgp_packet() {
    mf_tag=$(($1 & 63))
    case $(($1 >> 6)),$2 in
        3,255) mf_head=6 mf_body=$((($3 << 24) + ($4 << 16) + ($5 << 8) + $6)) ;;
        3,22[4-9] | 3,2[345]?) return 1 ;;
        3,19[2-9] | 3,2??) mf_head=3 mf_body=$((($2 - 192) * 256 + $3 + 192)) ;;
        3,*) mf_head=2 mf_body=$2 ;;
        2,*)
            mf_tag=$((($1 >> 2) & 15))
            case $(($1 & 3)) in
                0) mf_head=2 mf_body=$2 ;;
                1) mf_head=3 mf_body=$((($2 << 8) + $3)) ;;
                2) mf_head=5 mf_body=$((($2 << 24) + ($3 << 16) + ($4 << 8) + $5)) ;;
                *) return 1 ;;
            esac ;;
        *) return 1 ;;
    esac
}

# openpgp_fingerprint VERSION OFFSET SIZE: of the public key packet there in mf_ring.
openpgp_fingerprint() {
    case $1 in
        4) { openpgp_octets 153 $(($3 >> 8)) $(($3 & 255)) && openpgp_bytes "$mf_ring" "$2" "$3"; } | sha1sum ;;
        5) { openpgp_octets 154 $(($3 >> 24)) $(($3 >> 16 & 255)) $(($3 >> 8 & 255)) $(($3 & 255)) &&
            openpgp_bytes "$mf_ring" "$2" "$3"; } | sha256sum ;;
        6) { openpgp_octets 155 $(($3 >> 24)) $(($3 >> 16 & 255)) $(($3 >> 8 & 255)) $(($3 & 255)) &&
            openpgp_bytes "$mf_ring" "$2" "$3"; } | sha256sum ;;
        *) return 1 ;;
    esac | cut -d ' ' -f 1 | tr a-f A-F
}

# openpgp_octets NUMBER...: these bytes.
openpgp_octets() {
    for mf_octet; do
        # shellcheck disable=SC2059 # the format is the byte
        printf "\\$(printf %03o "$mf_octet")"
    done
}
