#!/bin/sh
# Managed by matrixform.
# renew-in-window LINEAGE PREFIX: renews certbot's certificate LINEAGE at the time that its authority names (RFC 9773), at
# most once a day. certbot's own timer keeps running: it renews if the authority does not answer. A renewed pair
# that is not at PREFIX yet (certbot ignores the failure of a hook) is copied there first.

set -uf # text from an authority is never expanded as a file pattern
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
export LC_ALL PATH
umask 077
lineage=$1 prefix=$2
cert=/etc/letsencrypt/live/$lineage/cert.pem
answer=/run/matrixform-renewal/answer state=/var/lib/matrixform/renewal
number='(0|[1-9][0-9]{0,11})'
form="$number $number $number "'[!#-&(-;=?-Z_a-z~]{1,200}'
now=$(date +%s)

if ! cmp -s -- "${cert%/*}/fullchain.pem" "$prefix.crt"; then
    echo "$prefix.crt differs from certbot's: copying it"
    RENEWED_LINEAGE=${cert%/*} /usr/local/lib/matrixform/deploy-certificate
fi
print=$(sha256sum <"$cert") || exit
print=${print%% *}
mkdir -p -- "$state" || exit
known='' start=0 end=0 again=0 why=-
[ ! -e "$state/window" ] || read -r known start end again why <"$state/window"
# A time further ahead than allowed was written while the clock was wrong.
if [ "$known" != "$print" ] || [ "$now" -ge "$again" ] || [ "$again" -gt $((now + 86400)) ]; then
    # A user without any rights here asks the authority, and its answer is a line of a known form, or none.
    systemctl start matrixform-renewal-information.service
    line=$(head -c 400 -- "$answer" 2>/dev/null | head -n 1 | grep -Ex -- "$form") || line=
    # shellcheck disable=SC2086 # four words
    set -- $line
    if [ -n "$line" ] && [ "$2" -gt "$1" ] || [ "${1-}" = 0 ]; then
        again=$3
        [ "$again" -ge $((now + 3600)) ] || again=$((now + 3600))
        [ "$again" -le $((now + 86400)) ] || again=$((now + 86400))
        printf '%s\n' "$print $1 $2 $again $4" >"$state/window.new" && mv -fT -- "$state/window.new" "$state/window" || exit
    elif [ "$known" != "$print" ]; then
        echo "no answer from the authority: certbot's own timer renews $lineage in time"
        exit
    fi
    read -r known start end again why <"$state/window"
fi
if [ "$start" -eq 0 ]; then
    echo 'the authority gives no renewal window'
    exit
fi
# A moment in the window, the same one on each run.
seed=$(printf %s "$print$(cat /etc/machine-id)" | cksum)
moment=$((start + ${seed%% *} % (end - start)))
if [ "$now" -lt "$moment" ]; then
    echo "$lineage will be renewed after $(date -u -d "@$moment" '+%F %R') UTC"
    exit
fi
last=0
[ ! -e "$state/forced" ] || last=$(grep -Ex -- "$number" "$state/forced") || last=0
if [ "$last" -le "$now" ] && [ "$now" -lt $((last + 86400)) ]; then
    echo "the authority asks for $lineage to be renewed, but that was tried within the last day: not again yet"
    exit
fi
echo "$now" >"$state/forced"
echo "the authority asks for $lineage to be renewed now; its reason: $why"
output=$(certbot renew --quiet --cert-name "$lineage" --force-renewal --no-random-sleep-on-renew 2>&1)
status=$?
printf '%s\n' "$output"
case $output in *'Another instance of Certbot is already running'*) rm -f -- "$state/forced" ;; esac
exit "$status"
