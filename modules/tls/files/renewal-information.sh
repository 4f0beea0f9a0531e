#!/bin/sh
# Managed by matrixform.
# Asks the authority when to renew a certificate (RFC 9773), as a user that can do nothing else. DIRECTORY is the authority's
# ACME directory, AUTHORITY the CA file to verify it with, if not the system's. The certificate is a credential of the unit.
# Prints one line: START END AGAIN EXPLANATION, the first three in seconds since 1970; START 0: it has no such information.

set -u
LC_ALL=C PATH=/usr/bin:/bin
export LC_ALL PATH
cert=$CREDENTIALS_DIRECTORY/cert.pem
limit=16384 # bytes of an answer
now=$(date +%s)

fail() {
    printf '%s\n' "$*" >&2
    exit 75
}

# get URL: fetches head and body, over TLS only. A redirect is treated like any other answer that is not 200.
get() {
    case $1 in https://*) ;; *) fail 'the authority gives a URL that does not start with https://' ;; esac
    got=$(curl -q -gsSi --http1.1 --proto '=https' --max-redirs 0 --connect-timeout 10 --max-time 30 --max-filesize "$limit" \
        ${AUTHORITY:+--cacert "$AUTHORITY"} -- "$1" | head -c $((limit + 1)) | tr -d '\000\r')
    [ "${#got}" -le "$limit" ] || fail "the answer from $1 is too long"
    case $got in 'HTTP/1.1 200'*) ;; *) fail "no valid answer from $1" ;; esac
    body=$(printf '%s\n' "$got" | sed '1,/^$/d' | tr -d '\n')
}

# field NAME: a string in the body.
field() {
    printf '%s' "$body" | sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"\\\\]*\)\".*/\1/p"
}

base64url() {
    basenc --base16 -d | basenc --base64url -w0 | tr -d =
}

# second TEXT: a time in the format of RFC 3339, in seconds.
second() {
    printf '%s\n' "$1" | grep -Exq '20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-5][0-9])' &&
        date -d "$1" +%s 2>/dev/null
}

# again: when it may be asked again; the delay that the authority gives is limited to between an hour and a day.
again() {
    after=$(printf '%s\n' "$got" | sed -n '/^$/q;s/^[Rr][Ee][Tt][Rr][Yy]-[Aa][Ff][Tt][Ee][Rr]:[[:space:]]*//p' | tail -n 1)
    case $after in
        '' | *[!0-9]*) after=$(($(date -d "${after:-none}" +%s 2>/dev/null || echo $((now + 21600))) - now)) ;;
        ???????*) after=86400 ;;
    esac
    [ "$after" -ge 3600 ] || after=3600
    [ "$after" -le 86400 ] || after=86400
    echo "$((now + after))"
}

key=$(openssl x509 -in "$cert" -noout -ext authorityKeyIdentifier |
    sed -n 's/^ *\(keyid:\)\{0,1\}\(\([0-9A-F]\{2\}:\)\{7,\}[0-9A-F]\{2\}\) *$/\2/p' | tr -d ':\n')
serial=$(openssl x509 -in "$cert" -noout -serial) serial=${serial#serial=}
case $serial in [89A-F]*) serial=00$serial ;; esac # the bytes of a DER INTEGER: a set top bit needs a zero before it
case $key,$serial in ,* | *,) fail 'the certificate does not name the key of its authority' ;; esac
id=$(printf %s "$key" | base64url).$(printf %s "$serial" | base64url)

get "$DIRECTORY"
base=$(field renewalInfo)
if [ -z "$base" ]; then
    echo "0 0 $((now + 86400)) -"
    exit
fi
get "${base%/}/$id"
start=$(second "$(field start)") || fail 'the authority gives no start of its renewal window'
end=$(second "$(field end)") || fail 'the authority gives no end of its renewal window'
[ "$end" -gt "$start" ] || fail 'the renewal window ends before it starts'
[ "$end" -lt $((now + 315360000)) ] || fail 'the renewal window is too far in the future'
why=$(field explanationURL | grep -Exo '[!#-&(-;=?-Z_a-z~]{1,200}')
echo "$start $end $(again) ${why:--}"
