# apt_source: a repository and its key.

# apt_source_keys PATH...: the fingerprints of the keys in each keyring.
apt_source_keys() {
    for mf_path; do
        [ -f "$mf_path" ] || continue
        mf_keys=$(openpgp_keys "$mf_path") || mf_keys=
        record "$mf_path" "fingerprints=$(printf %s "$mf_keys" | cut -d ' ' -f 1 | paste -s -d ' ')"
    done
}

# apt_source_place PATH <KEY: installs a key that was checked locally.
apt_source_place() {
    [ -d "${1%/*}" ] || mkdir -m 0755 -- "${1%/*}" || { unwritten "$1"; return; }
    file_write "$1" root root 0644
}

# apt_source_fetch URL FINGERPRINT PATH: checks the key where only root can reach it.
apt_source_fetch() {
    mf_place=$(mktemp -d /run/matrixform-key.XXXXXXXXXX) || return
    apt_source_check "$@" && apt_source_pinned "$mf_place/ring" "$2" | base64 | apt_source_place "$3"
    mf_status=$?
    rm -rf -- "$mf_place"
    return "$mf_status"
}

# apt_source_check URL FINGERPRINT PATH: fetches into mf_place; fails unless the pinned key is in it.
apt_source_check() {
    # A process that writes more than 1 MiB to a file (2048 blocks) is killed: the directory is in memory. apt-helper is
    # fine with that.
    if ! (ulimit -f 2048 && /usr/lib/apt/apt-helper -q -o APT::Sandbox::User=root -o Acquire::Retries=2 \
        -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 download-file "$1" "$mf_place/fetched") ||
        [ ! -s "$mf_place/fetched" ]; then
        fail "could not fetch $1, or it is larger than 1 MiB"
    elif ! openpgp_binary "$mf_place/fetched" >"$mf_place/ring" ||
        ! openpgp_keys "$mf_place/ring" >"$mf_place/keys" || [ ! -s "$mf_place/keys" ]; then
        fail "$1 is not an OpenPGP key: nothing was installed"
    elif ! grep -q "^$2 " -- "$mf_place/keys"; then
        mf_found=$(cut -d ' ' -f 1 -- "$mf_place/keys" | paste -s -d ' ')
        fail "$1 has the fingerprint $mf_found, not the pinned $2: nothing was installed"
    fi
}

# apt_source_pinned RING FINGERPRINT: the bytes of one key.
apt_source_pinned() {
    openpgp_keys "$1" | while read -r mf_key mf_first mf_size; do
        [ "$mf_key" != "$2" ] || { openpgp_bytes "$1" "$mf_first" "$mf_size"; break; }
    done
}

# openpgp_binary FILE: decodes an armored key. Armor headers contain a colon, and the checksum starts with `=`.
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

# openpgp_keys FILE: a line FINGERPRINT OFFSET SIZE for every primary key with its packets. Fails if the packets are
# malformed.
openpgp_keys() {
    mf_ring=$1
    mf_found=$(od -An -v -tu1 -w1 -- "$1" | openpgp_packets) || return
    while read -r mf_first mf_size mf_at mf_body mf_version; do
        [ -n "$mf_first" ] || continue
        mf_key=$(openpgp_fingerprint "$mf_version" "$mf_at" "$mf_body") && [ -n "$mf_key" ] || return
        printf '%s %s %s\n' "$mf_key" "$mf_first" "$mf_size"
    done <<END
$mf_found
END
}

# openpgp_packets <BYTES: a line OFFSET SIZE BODY_OFFSET BODY_SIZE VERSION for every primary key: its start, its size
# including the packets that belong to it, and its public key packet. Reads one number per line, each once. Keys have no
# partial body lengths, and a file does not have 100 keys.
openpgp_packets() {
    awk '
        function refuse() { wrong = 1; exit 1 }
        function finish(end) { if (first >= 0) print first, end - first, body_at, body, version }
        function begin() { # the header is read: `left` bytes of the body follow
            state = "body"
            if (tag == 6) {
                finish(start)
                if (++keys > 100 || left < 1) refuse()
                first = start; body_at = at; body = left; version = ""
            } else if (first < 0) refuse()
            if (left == 0) state = "tag"
        }
        BEGIN { first = -1; state = "tag"; at = 0 }
        {
            byte = $1 + 0
            at++
            if (state == "body") {
                if (tag == 6 && version == "") version = byte
                if (--left == 0) state = "tag"
            } else if (state == "tag") {
                if (byte < 128) refuse()
                start = at - 1
                if (byte >= 192) { tag = byte - 192; state = "new" }
                else {
                    tag = int((byte - 128) / 4)
                    if (byte % 4 == 3) refuse()
                    more = byte % 4 == 0 ? 1 : byte % 4 == 1 ? 2 : 4
                    left = 0; state = "length"
                }
            } else if (state == "new") {
                if (byte < 192) { left = byte; begin() }
                else if (byte < 224) { left = byte - 192; more = 1; state = "two" }
                else if (byte == 255) { left = 0; more = 4; state = "length" }
                else refuse()
            } else if (state == "two") { left = left * 256 + byte + 192; begin() }
            else { left = left * 256 + byte; if (--more == 0) begin() }
        }
        END {
            if (wrong || state != "tag") exit 1
            finish(at)
        }
    '
}

# openpgp_fingerprint VERSION OFFSET SIZE: the fingerprint of that public key packet in mf_ring.
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

# openpgp_octets NUMBER...: prints these bytes.
openpgp_octets() {
    for mf_octet; do
        # shellcheck disable=SC2059 # the format is the byte
        printf "\\$(printf %03o "$mf_octet")"
    done
}
