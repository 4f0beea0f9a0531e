# acme_certificate: a certbot lineage, issued and configured. acme_deploy.sh handles the copy that services read.

# acme_observe (LINEAGE PREFIX)...: each lineage's configuration, its certificate's text, and whether PREFIX.crt and
# PREFIX.key are copies of it.
acme_observe() {
    mf_now=$(date +%s)
    while [ $# -gt 0 ]; do
        mf_live=/etc/letsencrypt/live/$1
        if [ -f "/etc/letsencrypt/renewal/$1.conf" ]; then
            printf '%s\0' "$1" "now=$mf_now" "conf=$(peek "/etc/letsencrypt/renewal/$1.conf" 65536 | tr -d '\0')"
            if command -v openssl >/dev/null; then
                mf_text=$(certificate_text "$mf_live/fullchain.pem")
                printf '%s\0' "text=${mf_text%%-----BEGIN*}"
            fi
            printf '%s\0' "account=$(acme_url "$1")"
            cmp -s -- "$mf_live/fullchain.pem" "$2.crt" && cmp -s -- "$mf_live/privkey.pem" "$2.key" && printf 'deployed=yes\0'
            printf '\0'
        fi
        shift 2
    done
}

# acme_converge ACTION LINEAGE PREFIX DIRECTORY_URL AUTHORITY CONTACT WEBROOT HOOK PROFILE NAMES UNITS SERVED ACCOUNT
# [WORD ASTRAY]: ACTION is `issue`, `renew` or `keep`. AUTHORITY is the file of the CA that issued DIRECTORY_URL's own
# certificate, CONTACT an address, PROFILE a name, ACCOUNT the URL of the only account to use; each of these may be
# empty. NAMES, UNITS and SERVED (NAME:PORT) are each a list in one word. Input: certbot settings that nobody else may
# see.
acme_converge() {
    mf_action=$1 mf_lineage=$2 mf_prefix=$3 mf_directory_url=$4 mf_authority=$5 mf_contact=$6 mf_webroot=$7 mf_hook=$8 mf_profile=$9
    shift 9
    mf_names=$1 mf_units=$2 mf_served=$3 mf_only=$4 mf_word=${5-} mf_from_there=${6-}
    PATH=$PATH:/snap/bin
    command -v certbot >/dev/null || { fail "certbot is not installed on this host: apt-get install certbot"; return; }
    # Tells the hook to do nothing: this step does its work.
    MATRIXFORM_APPLIES=yes
    export MATRIXFORM_APPLIES
    [ -z "$mf_authority" ] || { REQUESTS_CA_BUNDLE=$mf_authority; export REQUESTS_CA_BUNDLE; }
    case $mf_action in
        issue) acme_whole && acme_known && acme_proven "$mf_word" "$mf_from_there" && acme_issue && acme_named ;;
        renew) acme_certbot renew -q --cert-name "$mf_lineage" --no-random-sleep-on-renew ;;
    esac || return
    acme_conf "$mf_lineage" "$mf_webroot" "$mf_hook" || return
    # shellcheck disable=SC2086 # lists
    acme_deploy "$mf_lineage" "$mf_prefix" $mf_units && acme_serves "$mf_prefix" $mf_served
}

# acme_whole: certbot's files for the lineage are ones that certbot can read; otherwise each apply would create another
# lineage beside it, until the authority refuses to issue more.
acme_whole() {
    [ -f "/etc/letsencrypt/renewal/$mf_lineage.conf" ] || return 0
    for mf_kind in cert chain fullchain privkey; do
        mf_link=/etc/letsencrypt/live/$mf_lineage/$mf_kind.pem
        { [ -L "$mf_link" ] && [ -e "$mf_link" ]; } ||
            { fail "no certificate was requested, because certbot cannot read its files for $mf_lineage: $mf_link is not a link to a file
as after a restore without links: restore it whole, or \`certbot delete --cert-name $mf_lineage\`, and apply again"; return; }
    done
}

# acme_issue: requests the certificate. Secrets are in a file of root's own until certbot has read it.
acme_issue() {
    state_directory && private_enter /var/lib/matrixform || return
    input >mf.ini || { unwritten /var/lib/matrixform; private_leave; return 1; }
    set -- --server "$mf_directory_url" --webroot --webroot-path "$mf_webroot" --cert-name "$mf_lineage"
    for mf_name in $mf_names; do
        set -- "$@" -d "$mf_name"
    done
    if [ -n "$mf_contact" ]; then
        set -- "$@" --email "$mf_contact" --no-eff-email
    else
        set -- "$@" --register-unsafely-without-email
    fi
    mf_account=$(acme_account)
    [ -z "$mf_account" ] || set -- "$@" --account "$mf_account"
    [ -z "$mf_profile" ] || set -- "$@" --required-profile "$mf_profile"
    # If the names are the same, certbot would find nothing to do.
    [ ! -f "/etc/letsencrypt/renewal/$mf_lineage.conf" ] || set -- "$@" --force-renewal
    acme_certbot certonly --config "$PWD/mf.ini" --non-interactive --quiet --agree-tos "$@"
    mf_status=$?
    private_leave
    return "$mf_status"
}

# acme_accounts: the host's accounts at the authority: lines ID URL, newest first.
acme_accounts() {
    find "/etc/letsencrypt/accounts/${mf_directory_url#*://}" -mindepth 2 -maxdepth 2 -name regr.json -printf '%T@ %h\n' 2>/dev/null |
        sort -rn | while read -r _ mf_directory; do
        printf '%s %s\n' "${mf_directory##*/}" "$(acme_uri "$mf_directory")"
    done
}

# acme_uri ACCOUNT_DIRECTORY: the URL at the authority of the account that certbot keeps there.
acme_uri() {
    peek "$1/regr.json" 65536 2>/dev/null | sed -n 's/.*"uri": *"\([!#-~]*\)".*/\1/p' | head -n 1 | cut -c 1-500
}

# acme_url LINEAGE: the URL at the authority of the account that renews the lineage; empty if there is none.
acme_url() {
    mf_server='' mf_id=''
    while IFS=' =' read -r mf_key mf_value; do
        case $mf_key in server) mf_server=$mf_value ;; account) mf_id=$mf_value ;; esac
    done <<EOF
$(peek "/etc/letsencrypt/renewal/$1.conf" 65536)
EOF
    case $mf_id in "" | *[!0-9a-f]*) return ;; esac
    case $mf_server in *..*) ;; *) acme_uri "/etc/letsencrypt/accounts/${mf_server#*://}/$mf_id" ;; esac
}

# acme_known: checks that the only permitted account is on this host.
acme_known() {
    [ -z "$mf_only" ] || [ -n "$(acme_account)" ] ||
        fail "no certificate was requested, because only the account $mf_only may be used, and this host does not have it:
leave \`account\` out, take \`accounturi\` out of the CAA records, and apply again: a new account is made then"
}

# acme_account: the account to use, by certbot's name for it: the wanted one or, if certbot has several and would prompt
# for one, the lineage's or the newest.
acme_account() {
    mf_has=$(acme_accounts)
    if [ -n "$mf_only" ]; then
        printf '%s\n' "$mf_has" | while read -r mf_id mf_url; do [ "$mf_url" != "$mf_only" ] || { echo "$mf_id" && break; }; done
        return
    fi
    mf_known=$(sed -n 's/^account = \([0-9a-f]*\)$/\1/p' "/etc/letsencrypt/renewal/$mf_lineage.conf" 2>/dev/null)
    [ -z "$mf_known" ] || [ ! -d "/etc/letsencrypt/accounts/${mf_directory_url#*://}/$mf_known" ] || { echo "$mf_known"; return; }
    case $mf_has in
        *'
'*) echo "${mf_has%% *}" ;;
    esac
}

# acme_named: prints the account's URL at the authority, if it is known.
acme_named() {
    [ -n "$mf_only" ] || mf_url=$(acme_url "$mf_lineage")
    [ -n "$mf_only" ] || [ -z "$mf_url" ] ||
        echo "noted: this host's account at the authority is $mf_url: set it as \`account\` in the spec, and no other account can get certificates for these names"
}

# acme_certbot WORD...: runs certbot, and waits for another certbot to end. On failure it prints the messages of certbot
# and of the authority: certbot 2.1 writes the latter only to its log.
acme_certbot() {
    mf_turns=0 mf_log=/var/log/letsencrypt/letsencrypt.log
    mf_was=$(stat -c '%i %s' -- "$mf_log" 2>/dev/null)
    while :; do
        mf_output=$(umask 022; certbot "$@" 2>&1 9>&-) && return
        case $mf_output in
            *'Another instance of Certbot is already running'*) [ "$mf_turns" -lt 60 ] || break ;;
            *) break ;;
        esac
        mf_turns=$((mf_turns + 1))
        sleep 5
    done
    # Debian's certbot appends to the same file: messages of earlier runs are not the reason for this failure.
    mf_size=0
    case $mf_was in "$(stat -c %i -- "$mf_log" 2>/dev/null) "*) mf_size=${mf_was#* } ;; esac
    mf_log=$(tail -c "+$((mf_size + 1))" -- "$mf_log" 2>/dev/null | tail -c 4194304)
    mf_detail=$(printf '%s\n' "$mf_log" | sed -n 's/^ *"detail": "\(.*\)",\{0,1\}$/\1/p' | tail -n 1 | acme_plain)
    [ -z "$mf_detail" ] || echo "the authority says: $mf_detail"
    case $mf_log in
        *urn:ietf:params:acme:error:rateLimited*)
            echo 'its rate limit is reached: test with its staging directory, and try again after the time it names' ;;
    esac
    printf '%s\n' "$mf_output" | grep -v -e '^$' -e '^Saving debug log' -e '^Ask for help' -e "AttributeError: can't set attribute" |
        acme_plain | tail -n 12
    return 1
}

# acme_plain: turns foreign output into plain text: no control characters, and not too long.
acme_plain() {
    tr -d '\000-\010\013-\037\177' | cut -c 1-500
}

# acme_offer WEBROOT WORD: creates the file for the check that names lead here; acme_proven removes it.
acme_offer() {
    mf_file=$1/.well-known/acme-challenge/matrixform-$2
    [ -d "$1/" ] || (umask 022 && mkdir -p -- "$1") || { unwritten "$1"; return; }
    # certbot, too, writes there as root, and follows links.
    for mf_directory in "$1" "$1/.well-known" "${mf_file%/*}"; do
        [ -d "$mf_directory/" ] || (umask 022 && mkdir -- "$mf_directory") || { unwritten "$mf_directory"; return; }
        (enter_trusted "$mf_directory") || return
    done
    # A killed run leaves its file behind.
    (umask 022 && rm -f -- "${mf_file%/*}"/matrixform-* && printf '%s\n' "$2" >"$mf_file") || unwritten "$mf_file"
}

# acme_proven WORD ASTRAY: checks that each name leads to this host, as seen from here or from the operator's machine.
# ASTRAY lists the names that led elsewhere from there (lines NAME WHY, where WHY is `-` if it could not check). An
# authority counts failures and treats them as abuse.
acme_proven() {
    [ -n "$1" ] || return 0
    mf_astray='
'$2 mf_failed=
    for mf_name in $mf_names; do
        mf_why=$(acme_astray "$mf_name" "$1")
        mf_theirs=
        case $mf_astray in
            *"
$mf_name "*) mf_theirs=${mf_astray#*"
$mf_name "} && mf_theirs=${mf_theirs%%"
"*} ;;
        esac
        [ "$mf_theirs" != - ] || mf_theirs=${mf_why:+not tried}
        case ${mf_why:+here},${mf_theirs:+there} in
            ,) ;;
            here,) echo "warned: $mf_name points to this host, but not from the host itself ($mf_why)" ;;
            ,there) echo "warned: $mf_name points to this host as seen from the host, but not from here ($mf_theirs)" ;;
            *) mf_failed="$mf_failed
$mf_name does not lead to this host: from the host itself, $mf_why; from your machine, $mf_theirs" ;;
        esac
    done
    rm -f -- "$mf_webroot/.well-known/acme-challenge/matrixform-$1"
    [ -z "$mf_failed" ] || fail "no certificate was requested, because the authority would refuse:$mf_failed
see that the records A and AAAA of each name are the addresses of this host; \`--skip-name-check\` asks all the same"
}

# acme_astray NAME WORD: why NAME does not lead to this host, on any one of its addresses; empty if it does.
acme_astray() {
    mf_way=
    for mf_family in 4 6; do
        for mf_at in $(getent "ahostsv$mf_family" "$1" | awk '!seen[$1]++ { print $1 }' | head -n 8); do
            case $mf_family$mf_at in
                6::ffff:*) continue ;;
                6*) mf_to=[$mf_at] ;;
                *) mf_to=$mf_at ;;
            esac
            mf_way=yes
            # The responder may be anyone, and may never stop sending.
            mf_got=$(curl -q -gsS --max-time 10 --noproxy '*' --connect-to "$1:80:$mf_to:80" \
                "http://$1/.well-known/acme-challenge/matrixform-$2" 2>&1 | head -c 4096)
            [ "$mf_got" != "$2" ] || continue
            printf 'IPv%s [%s]: %s' "$mf_family" "$mf_at" "$(printf '%s' "$mf_got" | head -n 1 | acme_plain | cut -c 1-120)"
            return
        done
    done
    [ -n "$mf_way" ] || printf 'it has no address'
}

# acme_serves PREFIX NAME:PORT...: checks that each of them answers with the certificate in PREFIX.crt.
acme_serves() {
    mf_print=$(acme_fingerprint <"$1.crt")
    shift
    for mf_site; do
        mf_turns=0
        until [ "$(timeout 10 openssl s_client -connect "127.0.0.1:${mf_site##*:}" -servername "${mf_site%:*}" </dev/null 2>/dev/null |
            acme_fingerprint)" = "$mf_print" ]; do
            mf_turns=$((mf_turns + 1))
            [ "$mf_turns" -lt 20 ] || { fail "the certificate was issued, but $mf_site still serves another one"; return; }
            sleep 0.5
        done
    done
}

# acme_fingerprint: the fingerprint of the first certificate on standard input.
acme_fingerprint() {
    certificate_openssl x509 -noout -fingerprint -sha256 2>/dev/null
}
