# certificate, certificate_authority: PREFIX.crt and PREFIX.key, created on the host by openssl.

# Caches openssl's output about valid pairs, with the digests of its input: starting openssl three times per certificate
# takes longer than all other questions together.
mf_certificates=/var/lib/matrixform/certificates

# certificate_observe (PREFIX ISSUER)...: each certificate's text, whether its key matches, and whether ISSUER (a
# prefix, or `self`) signed it.
certificate_observe() {
    command -v openssl >/dev/null || return 0 # it may come with a package of this very plan
    mf_now=$(date +%s)
    mf_sums=$(certificate_sums "$@") || return
    while [ $# -gt 0 ]; do
        printf '%s\0' "$1" "now=$mf_now"
        if [ -f "$1.crt" ]; then
            if certificate_recall "$1" "$2"; then
                printf '%s\0' "text=$mf_text" key=fits issued=yes
            else
                mf_text=$(certificate_text "$1.crt")
                printf '%s\0' "text=${mf_text%%-----BEGIN*}" "key=$(certificate_key "$1.key" "$mf_text")"
                certificate_issued "$1" "$2" && printf 'issued=yes\0'
            fi
        fi
        printf '\0'
        shift 2
    done
}

# certificate_sums (PREFIX ISSUER)...: the digests of all pairs and their issuers, by one program.
certificate_sums() {
    while [ $# -gt 0 ]; do
        printf '%s\n' "$1.crt" "$1.key"
        [ "$2" = self ] || printf '%s\n' "$2.crt"
        shift 2
    done | seen timeout 60 xargs -d '\n' sha256sum --
}

# certificate_digests PREFIX ISSUER: the digests of the pair and its issuer, from mf_sums.
certificate_digests() {
    [ "$2" = self ] || set -- "$1" "$2" "$2.crt"
    mf_line='
'
    mf_all=$mf_line$mf_sums$mf_line
    for mf_path in "$1.crt" "$1.key" ${3:+"$3"}; do
        mf_before=${mf_all%%"  $mf_path$mf_line"*}
        [ "$mf_before" = "$mf_all" ] || printf '%s  %s\n' "${mf_before##*"$mf_line"}" "$mf_path"
    done
}

# certificate_recall PREFIX ISSUER: the text of this very pair, if it is cached as valid.
certificate_recall() {
    [ -r "$mf_certificates$1.whole" ] && [ ! -L "$1.key" ] || return
    mf_digests=$(certificate_digests "$@")
    mf_text='' mf_line='
'
    while IFS= read -r mf_row; do
        mf_text=$mf_text$mf_row$mf_line
    done <"$mf_certificates$1.whole"
    mf_text=$mf_text$mf_row
    case $mf_text in
        "$mf_digests"?-*) mf_text=${mf_text#"$mf_digests"?-} ;;
        *) return 1 ;;
    esac
    mf_text=${mf_text%.}
}

# certificate_remember PREFIX ISSUER: caches a new pair. A failure only costs time.
certificate_remember() {
    mf_sums=$(certificate_sums "$@")
    mf_digests=$(certificate_digests "$@")
    mf_text=$(certificate_text "$1.crt")
    [ "$(certificate_key "$1.key" "$mf_text")" = fits ] && certificate_issued "$@" || return 0
    mf_target=$mf_certificates$1.whole
    mkdir -p -- "${mf_target%/*}" && printf '%s\n-%s.' "$mf_digests" "${mf_text%%-----BEGIN*}" >"$mf_target.new" &&
        mv -fT -- "$mf_target.new" "$mf_target" || return 0
}

# certificate_openssl WORD...: runs openssl, with a time limit in case someone replaced a file by something endless.
certificate_openssl() {
    timeout 60 openssl "$@"
}

# certificate_text FILE: subject, issuer, dates, names; the public key comes last, since the output is cut off there.
certificate_text() {
    certificate_openssl x509 -in "$1" -noout -nameopt RFC2253 -subject -issuer -startdate -enddate \
        -ext subjectAltName -pubkey 2>/dev/null
}

# certificate_key KEY TEXT: whether the key matches the certificate (TEXT contains its public half).
certificate_key() {
    if [ ! -f "$1" ] || [ -L "$1" ]; then
        echo missing
    elif mf_public=$(certificate_openssl pkey -in "$1" -passin pass: -pubout 2>/dev/null) && [ -n "$mf_public" ]; then
        case $2 in *"$mf_public"*) echo fits ;; *) echo differs ;; esac
    else
        echo unreadable
    fi
}

# certificate_issued PREFIX ISSUER: whether the signature is the issuer's, at any time. No other authority counts, not
# even one that this host trusts.
certificate_issued() {
    mf_issuer=$2
    [ "$2" != self ] || mf_issuer=$1
    [ -f "$mf_issuer.crt" ] && certificate_openssl verify -no_check_time -partial_chain -no-CApath -no-CAstore \
        -CAfile "$mf_issuer.crt" -- "$1.crt" >/dev/null 2>&1
}

# certificate_write PREFIX ISSUER DAYS OWNER GROUP KEY_MODE SUBJECT NAMES: creates or renews it. A key that matches is
# kept. NAMES is a subjectAltName (`DNS:a,IP:b`), or `authority`.
certificate_write() {
    command -v openssl >/dev/null || { fail "openssl is not installed on this host: apt-get install openssl"; return; }
    private_enter "${1%/*}" || return
    if certificate_make "$@" && certificate_switch "$@"; then
        private_leave
        certificate_remember "$1" "$2"
        return
    fi
    mf_status=$?
    unwritten "$1.crt"
    private_leave
    return "$mf_status"
}

# certificate_make PREFIX ISSUER DAYS OWNER GROUP KEY_MODE SUBJECT NAMES: creates `mf.crt` in this directory, and
# `mf.key` unless the old key is kept.
certificate_make() {
    mf_key=../${1##*/}.key
    if [ "$(certificate_kept "../${1##*/}")" = no ]; then
        mf_key=mf.key
        openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out mf.key || return
    fi
    certificate_profile "$2" "$8" >mf.profile
    certificate_openssl req -new -config mf.profile -key "$mf_key" -subj "$7" -out mf.request || return
    mf_days=$3
    if [ "$2" = self ]; then
        set -- -signkey "$mf_key"
    elif [ -f "$2.crt" ] && [ -f "$2.key" ]; then
        set -- -CA "$2.crt" -CAkey "$2.key"
    else
        fail "the authority $2 or its key is missing on this host"
        return
    fi
    certificate_openssl x509 -req -in mf.request -out mf.crt -days "$mf_days" "$@" \
        -set_serial "0x$(openssl rand -hex 16)" -sha256 -extfile mf.profile -extensions extensions 2>mf.log ||
        { cat mf.log; return 1; }
}

# certificate_kept PREFIX: `yes` if the key is kept: it matches its certificate, or the certificate is gone.
certificate_kept() {
    if [ -f "$1.crt" ]; then
        mf_kept=$(certificate_key "$1.key" "$(certificate_text "$1.crt")")
    else
        mf_kept=$(certificate_key "$1.key" "")
    fi
    case $mf_kept in
        fits) echo yes ;;
        differs) [ -f "$1.crt" ] && echo no || echo yes ;;
        *) echo no ;;
    esac
}

# certificate_profile ISSUER NAMES: openssl's configuration: no prompts, and the extensions.
certificate_profile() {
    printf '%s\n' '[req]' 'distinguished_name = subject' 'prompt = no' '[subject]' 'CN = unused' \
        '[extensions]' 'subjectKeyIdentifier = hash'
    if [ "$2" = authority ]; then
        printf '%s\n' 'basicConstraints = critical, CA:TRUE, pathlen:0' \
            'keyUsage = critical, keyCertSign, cRLSign'
        return
    fi
    printf '%s\n' 'basicConstraints = critical, CA:FALSE' 'keyUsage = critical, digitalSignature' \
        'extendedKeyUsage = serverAuth, clientAuth' "subjectAltName = $2"
    [ "$1" = self ] || echo 'authorityKeyIdentifier = keyid'
}

# certificate_switch PREFIX ISSUER DAYS OWNER GROUP KEY_MODE ...: moves the new files from this directory into place,
# the key first: if it is interrupted in between, the pair does not match, and the next run sees that. It fails with a
# status of its own then.
certificate_switch() {
    if [ -f mf.key ]; then
        certificate_place mf.key "$1.key" "$4:$5" "$6" || return
    else
        private_give "$1.key" "$4:$5" "$6" || return
    fi
    certificate_place mf.crt "$1.crt" "$4:$5" 0644 || return "${mf_partly_changed-1}"
}

# certificate_place NEW TARGET OWNER:GROUP MODE
certificate_place() {
    chown -- "$3" "$1" && chmod -- "$4" "$1" && sync -- "$1" && private_place "$1" "$2"
}

# certificate_attributes PREFIX OWNER GROUP KEY_MODE: sets owners and modes of a valid pair.
certificate_attributes() {
    give "$1.key" "$2:$3" "$4" && give "$1.crt" "$2:$3" 0644
}
