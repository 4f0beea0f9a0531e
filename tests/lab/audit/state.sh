# shellcheck shell=sh
# The state of a host apart from its files, one item per line: name, tab, state. Runs on the host without a login, and
# writes nothing there.
cd / || exit
systemctl show --type=service,socket,timer -p Id -p ActiveState -p InvocationID -p StateChangeTimestampMonotonic '*' |
    awk -F = '
        function tell() {
            # A timer changes its state whenever it is due. Inactive units come and go as systemd likes.
            if (id !~ /\.service$/) since = ""
            if (id != "" && active != "inactive") print "unit " id "\t" active " " run " " since
            id = active = run = since = ""
        }
        !NF { tell() }
        $1 == "Id" { id = $2 }
        $1 == "ActiveState" { active = $2 }
        $1 == "InvocationID" { run = $2 }
        $1 == "StateChangeTimestampMonotonic" { since = $2 }
        END { tell() }'
ask() {
    setpriv --reuid=postgres --regid=postgres --init-groups -- \
        env PGCONNECT_TIMEOUT=3 psql -h /run/postgresql -p "$port" -XAtq -F ' ' postgres 2>/dev/null
}
for cluster in /var/lib/postgresql/*/main; do
    [ -e "$cluster/PG_VERSION" ] || continue
    port=$(sed -n 4p "$cluster/postmaster.pid" 2>/dev/null)
    databases=$(ask <<'SQL'
select 'row role ' || rolname || e'\t' || concat_ws(' ', rolcanlogin, rolsuper, rolinherit, rolcreatedb, rolcreaterole,
    rolreplication, rolbypassrls, rolconnlimit, rolvaliduntil, rolpassword) from pg_authid;
select 'row grant roles/' || m.rolname || ' in ' || g.rolname || e'\t' || admin_option
    from pg_auth_members join pg_roles m on m.oid = member join pg_roles g on g.oid = roleid;
select 'row database ' || datname || e'\t' || concat_ws(' ', pg_get_userbyid(datdba), datcollate, datctype, datallowconn)
    from pg_database;
select 'row grant ' || datname || '/database' || e'\t' || datacl::text from pg_database where datacl is not null;
select 'row setting ' || coalesce(datname, '*') || ' ' || coalesce(rolname, '*') || e'\t' || setconfig::text
    from pg_db_role_setting left join pg_database d on d.oid = setdatabase left join pg_roles r on r.oid = setrole;
select 'row setting ' || name || e'\t' || setting from pg_file_settings where sourcefile like '%/postgresql.auto.conf';
select '\connect "' || datname || '"' from pg_database where datallowconn;
SQL
    ) || { echo "down"; continue; }
    printf '%s\n' "$databases" | sed -n 's/^row //p'
    printf '%s\n' "$databases" | grep '^\\connect' | while read -r connect; do
        printf '%s\n' "$connect"
        cat <<'SQL'
select 'grant ' || current_database() || '/schema ' || nspname || e'\t' || pg_get_userbyid(nspowner) || ' ' || coalesce(nspacl::text, '')
    from pg_namespace where nspname !~ '^pg_(toast|temp)';
select 'grant ' || current_database() || '/default ' || defaclrole::regrole || ' ' || defaclobjtype || e'\t' || defaclacl::text
    from pg_default_acl;
select 'grant ' || current_database() || '/relation ' || c.oid::regclass || e'\t' || relacl::text
    from pg_class c join pg_namespace n on n.oid = relnamespace
    where relacl is not null and nspname not in ('pg_catalog', 'information_schema');
SQL
    done | ask
done
exit 0
