# rebuild: the role that restores the dump. A dump is a program: its tables, functions, triggers and checks run as whoever
# restores it, and `SET ROLE` does not confine it, because it can reset that. So the connection itself has no rights: its role
# owns the new database and nothing else, and exists only for the restore. Synapse's system user logs in as that role, over
# the socket and by its name (peer); pg_hba.conf admits it only to this database. The superuser executes nothing there
# except what gives the objects to their owner.

# rebuild_roles: sets the cluster, the login, and the owner that gets its database.
rebuild_roles() {
    mf_cluster=$(rebuild_value cluster) mf_login=$(rebuild_value user) mf_owner=$(rebuild_value owner)
}

# rebuild_as PROGRAM WORD...: runs a program of PostgreSQL as the login, in the new database.
rebuild_as() (
    mf_program=$1
    shift
    postgres_address "/var/lib/postgresql/$mf_cluster/postmaster.pid" || { fail "PostgreSQL $mf_cluster is not running"; exit; }
    rebuild_apart "$mf_program" -w -h "$mf_socket" -p "$mf_port" -U "$mf_login" -d matrixform_rebuild "$@"
)

# rebuild_apart PROGRAM WORD...: runs one as the login's system user, without a connection.
rebuild_apart() (
    mf_program=/usr/lib/postgresql/${mf_cluster%%/*}/bin/$1
    shift
    cd / || exit
    exec runuser -u "$mf_login" -- env -i LC_ALL=C.UTF-8 PGCONNECT_TIMEOUT=10 "$mf_program" "$@"
)

# rebuild_login: creates the role and its database. A role that someone else created is not used, because it may have
# rights. If the spec gives the owner itself that name, the owner is the login, without further rights.
rebuild_login() {
    mf_provider=''
    [ "${mf_cluster%%/*}" -lt 15 ] || mf_provider=' LOCALE_PROVIDER libc'
    if [ "$mf_login" != "$mf_owner" ]; then
        printf '%s\n' 'BEGIN;' \
            "CREATE ROLE \"$mf_login\" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;" \
            "COMMENT ON ROLE \"$mf_login\" IS 'matrixform rebuild';" 'COMMIT;' |
            postgres_psql "$mf_cluster" || { fail "the role $mf_login cannot be created to restore the dump: if it already exists, drop it"; return; }
    fi
    printf '%s\n' "CREATE DATABASE matrixform_rebuild TEMPLATE template0 OWNER \"$mf_login\" ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'$mf_provider;" \
        "ALTER DATABASE matrixform_rebuild SET lc_messages = 'C';" |
        postgres_psql "$mf_cluster" || fail 'the database cannot be created'
}

# rebuild_try: checks that the login and its database can be created, and that it can log in. If someone else has a role of
# that name, or the socket is closed, that is known before hours are spent on fetching the dump.
rebuild_try() {
    rebuild_roles
    rebuild_logout || return
    rebuild_login || { rebuild_logout; return 1; }
    mf_tried=0
    rebuild_as psql -XAtq -c 'SELECT 1' >/dev/null || mf_tried=$?
    rebuild_logout || return
    [ "$mf_tried" -eq 0 ] || fail "the role $mf_login cannot log in over PostgreSQL's socket, which restoring the dump needs"
}

# rebuild_hand_over: gives the database and everything in it to the owner, and removes the login. Before that, the login is
# locked out, and its settings for the database are reset: the superuser would otherwise connect with them.
rebuild_hand_over() {
    mf_shut=''
    [ "$mf_login" = "$mf_owner" ] || mf_shut="ALTER ROLE \"$mf_login\" NOLOGIN;"
    printf '%s\n' "$mf_shut" "SELECT pg_catalog.pg_terminate_backend(pid, 10000) FROM pg_catalog.pg_stat_activity
WHERE datname = 'matrixform_rebuild' AND usename = '$mf_login';" \
        'ALTER DATABASE matrixform_rebuild RESET ALL;' "ALTER ROLE \"$mf_login\" RESET ALL;" \
        "ALTER ROLE \"$mf_login\" IN DATABASE matrixform_rebuild RESET ALL;" |
        postgres_psql "$mf_cluster" >/dev/null || return
    [ -n "$mf_shut" ] || return 0
    # None of it runs code from the database.
    printf '%s\n' 'BEGIN;' "REASSIGN OWNED BY \"$mf_login\" TO \"$mf_owner\";" "DROP OWNED BY \"$mf_login\";" \
        "DROP ROLE \"$mf_login\";" 'COMMIT;' |
        PGOPTIONS='-c search_path=pg_catalog' postgres_psql "$mf_cluster" -d matrixform_rebuild
}

# rebuild_logout: removes the database, and the role if rebuild_login made it.
rebuild_logout() {
    printf '%s\n' 'SET client_min_messages = warning;' 'DROP DATABASE IF EXISTS matrixform_rebuild WITH (FORCE);' "DO \$\$ BEGIN
IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '$mf_login' AND pg_catalog.shobj_description(oid, 'pg_authid') = 'matrixform rebuild') THEN
DROP ROLE \"$mf_login\";
END IF;
END \$\$;" | postgres_psql "$mf_cluster" || fail 'what an earlier restore left behind cannot be removed'
}
