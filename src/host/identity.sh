# identity: the host's identity among servers, by its signing key file. The seed only goes through pipes, since other
# users of the host can see the arguments of programs.

# identity_observe PATH...: for each file of signing keys, the id and public half of the first key, or why they are
# unknown. Follows links, as programs that sign with the key do.
identity_observe() {
    for mf_path do
        mf_known=$(identity_of "$mf_path")
        case $? in
            0) record "$mf_path" "id=${mf_known%% *}" "public=${mf_known#* }" ;;
            *) record "$mf_path" "unread=$mf_known" ;;
        esac
    done
}

# identity_of PATH: prints a line `ID PUBLIC`, or fails with the reason.
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

# identity_derive SEED: the 32 bytes of the public half. The prefix of the seed makes it a PKCS #8 private key (RFC
# 8410).
identity_derive() {
    {
        printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040'
        printf '%s=\n' "$1" | base64 -d
    } 2>/dev/null | openssl pkey -inform DER -pubout -outform DER 2>/dev/null | tail -c 32
}
