# identity: who this host is among others, by the key in its file. The seed goes through pipes alone: words of programs can
# be seen by the host's other users.

# identity_observe PATH...: of each file of signing keys, the first one's id and public half; or why that is not known.
# Links are followed, as whoever signs with the key does.
identity_observe() {
    for mf_path do
        mf_known=$(identity_of "$mf_path")
        case $? in
            0) record "$mf_path" "id=${mf_known%% *}" "public=${mf_known#* }" ;;
            *) record "$mf_path" "unread=$mf_known" ;;
        esac
    done
}

# identity_of PATH: a line `ID PUBLIC`; or says why not, and fails.
identity_of() {
    command -v openssl >/dev/null || { fail 'openssl is not installed on this host'; return; }
    [ -f "$1" ] || { fail 'it is not a file'; return; }
    peek "$1" 4096 2>/dev/null | {
        while read -r mf_algorithm mf_id mf_seed mf_rest; do
            [ -z "$mf_algorithm" ] || break
        done
        mf_seed=${mf_seed%"${mf_seed##*[!=]}"}
        case "$mf_algorithm ${#mf_seed} $mf_rest" in
            'ed25519 43 ') ;;
            *) fail 'its first line is not "ed25519 ID SEED"'; return ;;
        esac
        mf_public=$(identity_derive "$mf_seed" | base64 -w 0)
        [ "${#mf_public}" -eq 44 ] || { fail 'openssl cannot read the key'; return; }
        printf '%s %s\n' "$mf_id" "$mf_public"
    }
}

# identity_derive SEED: the public half's 32 bytes. What stands before the seed makes it a private key by PKCS #8 (RFC 8410).
identity_derive() {
    {
        printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040'
        printf '%s=\n' "$1" | base64 -d
    } 2>/dev/null | openssl pkey -inform DER -pubout -outform DER 2>/dev/null | tail -c 32
}
