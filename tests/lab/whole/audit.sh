# shellcheck shell=sh
# The state of a host, one item per line: `path NAME`, `unit NAME`, `package NAME`, `row NAME`, tab, state, and for
# paths a tab and the time of the last change. Leaves out what a login writes, and the database's internal data.
cd / || exit
directories='/etc /usr/local /opt /root /home /srv /boot /var/lib/matrixform /var/lib/matrix-synapse /var/spool/cron'
# shellcheck disable=SC2086 # words
find $directories -xdev \( -name __pycache__ -o -path '/var/lib/matrix-synapse/media/*' -o -path /root/.cache \
    -o -path '/opt/*/site-packages/*/*' \) -prune -o \
    -type d -printf 'path %p\t%y %m %U:%G\t%C@\n' -o -printf 'path %p\t%y %m %U:%G %s %l\t%C@\n'
find /etc /usr/local /srv /var/lib/matrixform -xdev -type f -printf '%p\0' | xargs -0 sha256sum |
    sed 's/^\([0-9a-f]*\)  \(.*\)/content \2\t\1/'
units=$(systemctl list-units --type=service --state=running --plain --no-legend | cut -d ' ' -f 1 |
    grep -vE '^(user@|ssh@|ssh\.service|snapd\.service|systemd-(hostnamed|timedated|localed|tmpfiles|networkd|journald))')
# shellcheck disable=SC2086 # words
systemctl show -p Id -p InvocationID $units | awk -F = '$1 == "Id" { id = $2 } $1 == "InvocationID" { run = $2 }
    !NF { print "unit " id "\t" run } END { print "unit " id "\t" run }'
systemctl list-unit-files --no-legend --plain | awk '!/\.scope / && $2 != "transient" { print "enabled " $1 "\t" $2 }'
dpkg-query -W -f 'package ${Package}\t${Version} ${db:Status-Abbrev}\n'
if [ -d /run/postgresql ]; then
    setpriv --reuid=postgres --regid=postgres --init-groups -- psql -XAtq -F ' ' -c "
        select 'row role ' || rolname || e'\t' || rolcanlogin || rolsuper || rolcreatedb || rolcreaterole || coalesce(rolpassword, '')
            from pg_authid;
        select 'row database ' || datname || e'\t' || pg_get_userbyid(datdba) || ' ' || datcollate || ' ' || datctype
            from pg_database"
fi
exit 0
