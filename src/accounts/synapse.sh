# accounts: requests to Synapse's admin API over the loopback, with a token that root inserts into its database for one
# minute. The token exists only in the memory of this shell, on the standard input of curl, and in the database: it is
# in no argument, environment or file, and in no statement that could be logged, since the database generates it. Both
# functions take the words PORT LISTENER ACCOUNT SCHEMA SCHEMA CLUSTER CONNECTION PYTHON. In CALLS, each request is
# `expect STATUS`, lines of curl configuration, and `end`; `paged STEP URL` replaces the URL for a list with pages, and
# after `last` the same curl process revokes the token.

mf_end='
'

# accounts_ask WORD... CALLS: requests that change nothing.
accounts_ask() {
    mf_calls=$9
    accounts_session "$@"
}

# accounts_change WORD... <CALLS: requests that may contain secrets. Those after a refused one are not made.
accounts_change() {
    mf_calls=$(input) || return
    accounts_session "$@"
}

# accounts_session WORD...: makes the requests of mf_calls; revokes the token however it ends.
accounts_session() {
    mf_url=http://127.0.0.1:$1 mf_token=
    accounts_admit "$1" "$2" || return 0
    trap '' PIPE
    trap 'accounts_log_out; exit 143' HUP INT TERM
    mf_output=$(accounts_statements "$3" "$4" "$5" "$(date +%s)" | accounts_database "$6" "$7" "$8" 2>&1 | head -c 65536)
    case $mf_output in
        syt_matrixform_*[!0-9a-z_]*) ;;
        syt_matrixform_*) mf_token=$mf_output ;;
    esac
    if [ -z "$mf_token" ]; then
        record refused reason=database "output=$(printf '%s\n' "$mf_output" | head -c 2048)"
        return 0
    fi
    printf '%s\n' "$mf_calls" | accounts_calls || mf_token=
    accounts_log_out || record kept reason=token
}

# accounts_admit PORT LISTENER: succeeds if Synapse itself listens there.
accounts_admit() {
    command -v curl >/dev/null || { record refused reason=curl; return 1; }
    mf_output=$(loopback_admits "$1" "$2") && return
    case $mf_output in
        foreign*) record refused reason=foreign "output=${mf_output#* }" ;;
        *) record refused "reason=$mf_output" ;;
    esac
    return 1
}

# accounts_statements ACCOUNT SCHEMA SCHEMA NOW: creates the account if there is none, and a token valid for one minute.
# An account that a person logs in to gets no rights: ours has no password, no device, and only tokens of ours. The id
# of the token is negative, because Synapse numbers its own tokens upwards from the highest id at its start.
accounts_statements() {
    printf '%s\n' "SET LOCAL statement_timeout = '10s';
DO \$\$ BEGIN
IF NOT EXISTS (SELECT FROM schema_version WHERE version BETWEEN $2 AND $3) THEN
RAISE EXCEPTION 'matrixform: schema %', (SELECT version FROM schema_version);
END IF;
IF EXISTS (SELECT FROM users WHERE name = '$1' AND password_hash IS NOT NULL)
OR EXISTS (SELECT FROM user_external_ids WHERE user_id = '$1')
OR EXISTS (SELECT FROM devices WHERE user_id = '$1')
OR EXISTS (SELECT FROM access_tokens WHERE user_id = '$1' AND left(token, 15) <> 'syt_matrixform_') THEN
RAISE EXCEPTION 'matrixform: taken';
END IF;
END \$\$;
INSERT INTO users (name, creation_ts, admin) VALUES ('$1', $4, 1)
ON CONFLICT (name) DO UPDATE SET admin = 1, deactivated = 0 WHERE users.admin <> 1 OR users.deactivated <> 0;
DELETE FROM access_tokens WHERE user_id = '$1' AND valid_until_ms < $4 * 1000::bigint;
INSERT INTO access_tokens (id, user_id, token, valid_until_ms) VALUES (
(-1 - floor(random() * 4611686018427387904))::bigint, '$1',
'syt_matrixform_' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''),
($4 + 60) * 1000::bigint) RETURNING token;"
}

# accounts_database CLUSTER CONNECTION PYTHON <STATEMENTS: runs them as one transaction, and prints the result of the
# last one. It connects to the database as Synapse does, even where root could be its superuser: triggers and views left
# there by Synapse's role run with the rights of the connected role.
accounts_database() {
    mf_psql=/usr/lib/postgresql/${1%%/*}/bin/psql
    if [ -n "$1" ] && [ -x "$mf_psql" ]; then
        env -i PGCONNECT_TIMEOUT=10 "$mf_psql" -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=terse -1 -f - -d "$2"
        return
    fi
    "$3" -I -c 'import sys, psycopg2
connection = psycopg2.connect(sys.argv[1], connect_timeout=10)
cursor = connection.cursor()
cursor.execute(sys.stdin.read())
token = cursor.fetchone()[0]
connection.commit()
print(token)' "$2"
}

# accounts_calls <CALLS: makes the requests in order, until one has an unexpected status. Fails if the token is already
# revoked.
accounts_calls() {
    mf_number=0 mf_ended=''
    while IFS= read -r mf_line; do
        case $mf_line in
            'expect '*)
                mf_expect=${mf_line#expect }
                mf_config='' mf_paged='' mf_last=''
                ;;
            'paged '*) mf_paged=${mf_line#paged } ;;
            last) mf_last=yes ;;
            end) accounts_call || break ;;
            *) mf_config="$mf_config$mf_line$mf_end" ;;
        esac
    done
    [ -z "$mf_ended" ]
}

# accounts_call: makes one request, or requests all pages of a list; writes a record NUMBER for each reply.
accounts_call() {
    mf_from=0
    while :; do
        mf_number=$((mf_number + 1))
        mf_answer=$(accounts_try)
        if [ -n "$mf_last" ]; then
            case $mf_answer in *200) mf_ended=yes ;; esac
            mf_answer=${mf_answer%???}
        fi
        mf_body=${mf_answer%???}
        mf_status=${mf_answer#"$mf_body"}
        record "$mf_number" "status=$mf_status" "body=$mf_body"
        [ "$mf_status" = "$mf_expect" ] || return
        # Inside a JSON string, the quotes of this pattern would be escaped.
        case $mf_paged,$mf_answer in
            ?*,*'"next_token":"'[0-9]*) ;;
            *) return 0 ;;
        esac
        mf_from=$((mf_from + ${mf_paged%% *}))
        [ "$mf_number" -lt 100 ] || return 0
    done
}

# accounts_try: prints the reply, with its status on the last line. Reads are retried: after a restart of the database,
# each of Synapse's connections fails once.
accounts_try() {
    mf_tries=1
    case $mf_last,$mf_config in yes,* | *'request = '*) ;; *) mf_tries=4 ;; esac
    while mf_answer=$(accounts_once); do
        mf_tries=$((mf_tries - 1))
        case $mf_tries,$mf_answer in
            0,* | *[!5]??) break ;;
        esac
        sleep 0.3
    done
    printf '%s\n' "$mf_answer"
}

accounts_once() {
    {
        printf '%s' "$mf_config"
        [ -z "$mf_paged" ] || printf 'url = "%s%s"\n' "${mf_paged#* }" "$mf_from"
        if [ -n "$mf_last" ]; then
            echo next
            accounts_end
        fi
    } | accounts_curl | head -c 16777216
}

# accounts_curl <CONFIGURATION: curl to the loopback with the token, ignoring root's configuration.
accounts_curl() {
    {
        accounts_options
        cat
    } | curl -q -s -K -
}

# accounts_options: the options that curl resets with each request.
accounts_options() {
    printf '%s\n' "header = \"Authorization: Bearer $mf_token\"" 'max-time = 30' 'noproxy = "*"' 'proto = "=http"' path-as-is \
        'write-out = "%{http_code}"'
}

# accounts_end: the request that revokes the token.
accounts_end() {
    accounts_options
    printf '%s\n' 'request = "POST"' 'data-raw = "{}"' 'output = "/dev/null"' "url = \"$mf_url/_matrix/client/v3/logout\""
}

# accounts_log_out: Synapse itself revokes the token, so that it stays in none of its caches.
accounts_log_out() {
    [ -n "$mf_token" ] || return 0
    trap '' HUP INT TERM
    mf_answer=$(accounts_end | curl -q -s -K -)
    mf_token=
    case $mf_answer in *200) ;; *) return 1 ;; esac
}
