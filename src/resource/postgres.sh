# postgres_role, postgres_database: use psql as the operating system's user postgres. Statements come only from standard
# input; names were already checked to contain no quotes.

# postgres_observe (CLUSTER role|database NAME)...: records `cluster C`, `role C NAME`,
# `database C NAME`; one psql for each cluster.
postgres_observe() {
    mf_seen=
    mf_turns=$(($# / 3))
    while [ "$mf_turns" -gt 0 ]; do
        case " $mf_seen " in
            *" $1 "*) ;;
            *)
                mf_seen="$mf_seen $1"
                postgres_cluster "$1" "$@"
                ;;
        esac
        set -- "$@" "$1" "$2" "$3"
        shift 3
        mf_turns=$((mf_turns - 1))
    done
}

# postgres_cluster CLUSTER (CLUSTER role|database NAME)...: answers all questions about one cluster.
postgres_cluster() {
    mf_cluster=$1
    mf_roles="''"
    mf_databases="''"
    shift
    while [ $# -gt 0 ]; do
        case $1-$2 in
            "$mf_cluster-role") mf_roles="$mf_roles, '$3'" ;;
            "$mf_cluster-database") mf_databases="$mf_databases, '$3'" ;;
        esac
        shift 3
    done
    if [ ! -d "/etc/postgresql/$mf_cluster" ]; then
        record "cluster $mf_cluster" state=absent
        return
    fi
    {
        mf_reason=$(postgres_select "$mf_cluster" "$mf_roles" "$mf_databases" |
            PGCONNECT_TIMEOUT=10 postgres_psql "$mf_cluster" -0 -z 2>&1 >&3)
        mf_status=$?
    } 3>&1
    # A connection that breaks off may leave half a record: an empty one ends it.
    printf '\0\0'
    if [ "$mf_status" -eq 0 ]; then
        record "cluster $mf_cluster" state=up
    else
        record "cluster $mf_cluster" state=down "reason=$mf_reason"
    fi
}

# postgres_select CLUSTER ROLES DATABASES: the two queries; each row is a record. Columns that older servers lack are
# read through the row's JSON.
postgres_select() {
    printf '%s\n' "SET statement_timeout = '20s';
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SELECT 'role $1 ' || rolname, 'login=' || rolcanlogin, 'superuser=' || rolsuper,
    'create_databases=' || rolcreatedb, 'create_roles=' || rolcreaterole,
    'replication=' || rolreplication, 'bypass_rls=' || rolbypassrls,
    'connections=' || rolconnlimit, 'expires=' || coalesce(rolvaliduntil::text, 'infinity'),
    'verifier=' || coalesce(rolpassword, ''), ''
FROM pg_catalog.pg_authid WHERE rolname IN ($2);
SELECT 'database $1 ' || datname, 'owner=' || pg_catalog.pg_get_userbyid(datdba),
    'encoding=' || pg_catalog.pg_encoding_to_char(encoding), 'collate=' || datcollate,
    'ctype=' || datctype, 'provider=' || coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'), ''
FROM pg_catalog.pg_database d WHERE datname IN ($3);"
}

# postgres_psql CLUSTER OPTION...: psql as postgres, statements from standard input. Runs the program itself instead of
# Debian's wrapper (which starts Perl) if the running server says how to reach it.
postgres_psql() (
    mf_program=/usr/lib/postgresql/${1%%/*}/bin/psql
    mf_pid_file=/var/lib/postgresql/$1/postmaster.pid
    mf_cluster=$1
    shift
    set -- -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=terse -U postgres -d postgres "$@"
    if [ -x "$mf_program" ] && [ -r "$mf_pid_file" ] && postgres_address "$mf_pid_file"; then
        set -- "$mf_program" -h "$mf_socket" -p "$mf_port" "$@"
    else
        set -- psql --cluster "$mf_cluster" "$@"
    fi
    cd / || return
    if command -v setpriv >/dev/null; then
        exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    fi
    exec runuser -u postgres -- "$@"
)

# postgres_address FILE: port and socket directory, from lines 4 and 5 of a postmaster.pid.
postgres_address() {
    {
        read -r _ && read -r _ && read -r _ && read -r mf_port && read -r mf_socket
    } <<END && [ -n "$mf_socket" ]
$(peek "$1" 4096)
END
}

# postgres_run CLUSTER <STATEMENTS: runs them; the server is asked to log none of them.
postgres_run() {
    input | postgres_psql "$1" 2>&1 || fail "PostgreSQL $1 rejected the statement"
}
