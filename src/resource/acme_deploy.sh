# acme_deploy_hook: runs after each renewal by certbot, whoever started it. Checks the pair, copies it to where services
# read it, and reloads them; then sets the time of the next renewal from the new certificate's lifetime.

# acme_hook LINEAGE PREFIX WEBROOT HOOK UNIT...: called by certbot. Does nothing during an apply, which does the same
# itself.
acme_hook() {
    [ "${RENEWED_LINEAGE-}" = "/etc/letsencrypt/live/$1" ] && [ -z "${MATRIXFORM_APPLIES-}" ] || return 0
    state_directory && exec 9>>/var/lib/matrixform/lock || return
    # An apply may be waiting for this certbot, which then must not wait for that apply.
    renewal_hold 60 "the renewal of $1" || { fail 'an apply is running on this host: the new certificate will be copied within the hour'; return; }
    mf_lineage=$1 mf_prefix=$2
    acme_conf "$1" "$3" "$4" || return
    shift 4
    acme_deploy "$mf_lineage" "$mf_prefix" "$@"
}

# acme_hours FILE: a third of the certificate's lifetime, in hours; at least 1.
acme_hours() {
    # shellcheck disable=SC2034 # renewal_second reads it
    mf_text=$(certificate_text "$1") || { fail "$1 is not a certificate"; return; }
    mf_from=$(renewal_second notBefore) && mf_to=$(renewal_second notAfter) || return
    mf_hours=$(((mf_to - mf_from + 1) / 10800))
    echo "$((mf_hours > 0 ? mf_hours : 1))"
}

# acme_conf LINEAGE WEBROOT HOOK: writes these to the lineage's file, with the time of renewal at the top, the only
# place where certbot reads it. Removes other hooks, which would run with each renewal, and a map of names to
# directories, which would override the directory.
acme_conf() {
    mf_conf=/etc/letsencrypt/renewal/$1.conf
    mf_hours=$(acme_hours "/etc/letsencrypt/live/$1/fullchain.pem") || { printf '%s\n' "$mf_hours"; return 1; }
    private_enter "${mf_conf%/*}" || return
    # shellcheck disable=SC2016
    if awk -v hours="$mf_hours" -v webroot="$2" -v hook="$3" '
        BEGIN { print "renew_before_expiry = " hours " hours" }
        /^[ \t]*renew_before_expiry[ \t]*=/ { next }
        /^[ \t]*\[/ { map = 0 }
        /^[ \t]*\[\[/ { map = 1 }
        map { next }
        /^[ \t]*(authenticator|installer|webroot_path|pre_hook|post_hook|renew_hook|deploy_hook)[ \t]*=/ { next }
        /^[ \t]*\[renewalparams\]/ {
            print
            print "authenticator = webroot"
            print "webroot_path = " webroot ","
            print "renew_hook = " hook
            next
        }
        { print }' "$mf_conf" >mf.conf && grep -q '^renew_hook = ' mf.conf && acme_same_as mf.conf "$mf_conf"; then
        private_leave
        return
    fi
    unwritten "$mf_conf"
    private_leave
    return 1
}

# acme_same_as NEW FILE: replaces FILE with NEW, keeping owner and mode, unless they are the same.
acme_same_as() {
    ! cmp -s -- "$1" "$2" || return 0
    # shellcheck disable=SC2046 # two words
    set -- "$1" "$2" $(stat -c '%u:%g %a' -- "$2")
    certificate_place "$1" "$2" "$3" "0$4"
}

# acme_deploy LINEAGE PREFIX UNIT...: copies the lineage's pair to PREFIX, if it is complete and valid, and has the
# units read it.
acme_deploy() {
    mf_live=/etc/letsencrypt/live/$1 mf_prefix=$2
    shift 2
    ! cmp -s -- "$mf_live/fullchain.pem" "$mf_prefix.crt" || ! cmp -s -- "$mf_live/privkey.pem" "$mf_prefix.key" || return 0
    certificate_openssl x509 -in "$mf_live/fullchain.pem" -noout -checkend 0 >/dev/null ||
        { fail "$mf_live/fullchain.pem has expired, or is not a certificate"; return; }
    # shellcheck disable=SC2034 # renewal_reload reads it
    mf_known=$(renewal_known "$@")
    private_enter "${mf_prefix%/*}" || return
    if acme_copy; then
        private_leave
    else
        private_leave
        return 1
    fi
    mf_result=0
    for mf_unit; do
        renewal_reload "$mf_unit" || mf_result=1
    done
    return "$mf_result"
}

# acme_copy: copies from mf_live, by way of this directory, where the two are compared as they will be read.
acme_copy() {
    { cat "$mf_live/privkey.pem" >mf.key && cat "$mf_live/fullchain.pem" >mf.crt; } || { unwritten "$mf_prefix.crt"; return; }
    [ "$(certificate_key mf.key "$(certificate_text mf.crt)")" = fits ] ||
        { fail "$mf_live/privkey.pem is not the key of the certificate beside it"; return; }
    certificate_place mf.key "$mf_prefix.key" root:root 0600 && certificate_place mf.crt "$mf_prefix.crt" root:root 0644
}
