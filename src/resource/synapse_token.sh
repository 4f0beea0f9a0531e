# synapse_token: the token of an account that uses Synapse's admin API on this host, in a file that `curl --config`
# reads. It never appears in arguments or the environment. curl only gets the one line with the token: a configuration
# that someone else wrote could make root's curl write files.

# synapse_token_observe (FILE PORT LISTENER USER)...: whose token it is, and whether it is an admin's. `down` if nobody
# listens, `foreign UID` if the listener is not LISTENER. A plan does not wait: a Synapse that cannot answer within a
# second counts as unreachable. It retries a few times, since each connection to a database that was just restarted
# fails once.
synapse_token_observe() {
    command -v curl >/dev/null || return 0 # it may come with a package of this very plan
    mf_patience=1
    while [ $# -gt 0 ]; do
        if [ -f "$1" ] && [ ! -L "$1" ]; then
            mf_tries=4
            while mf_answer=$(synapse_token_asks_once "$@"); do
                case $mf_answer in
                    *504* | [!5i]*) break ;;
                    *5[0-9][0-9]*) [ "$mf_tries" -gt 1 ] || break ;;
                    *) break ;;
                esac
                mf_tries=$((mf_tries - 1))
                sleep 0.2
            done
            record "$1" "answer=$mf_answer"
        fi
        shift 4
    done
}

# synapse_token_asks FILE PORT LISTENER USER: `works`, or the answer received. A Synapse whose database was just
# restarted answers with errors, or late, until it notices: it gets 15 seconds.
synapse_token_asks() {
    mf_until=
    while mf_answer=$(synapse_token_asks_once "$@"); do
        case $mf_answer in
            *5[0-9][0-9]*)
                mf_until=${mf_until:-$(($(uptime_seconds) + 15))}
                [ "$(uptime_seconds)" -lt "$mf_until" ] || break
                ;;
            *) break ;;
        esac
        sleep 0.2
    done
    printf '%s\n' "$mf_answer"
}

# synapse_token_line FILE: its line for curl.
synapse_token_line() {
    peek "$1" 65536 ,nofollow | sed -n '1{/^header = "Authorization: Bearer [A-Za-z0-9_.~+\/=-]*"$/p;}'
}

# synapse_token_asks_once FILE PORT LISTENER USER: sends both requests with one curl, over one connection.
synapse_token_asks_once() {
    loopback_admits "$2" "$3" || return 0
    mf_url=http://127.0.0.1:$2
    mf_output=$(synapse_token_line "$1" | synapse_token_curl -K - -w '\n%{http_code}\n' -- "$mf_url/_matrix/client/v3/account/whoami" \
        "$mf_url/_synapse/admin/v2/users/$(synapse_token_in_path "$4")")
    {
        IFS= read -r mf_whose
        IFS= read -r mf_status
        IFS= read -r _
        IFS= read -r mf_admin
    } <<END
$mf_output
END
    case $mf_status in
        '') echo "$mf_whose"; return ;; # it was too late
        000) echo down; return ;;
        200) ;;
        *) echo "$mf_status"; return ;;
    esac
    case $mf_whose in
        *"\"$4\""*) ;;
        *) echo 'belongs to another account'; return ;;
    esac
    case $mf_admin in
        000 | '') echo down ;;
        200) echo works ;;
        *) echo "does not belong to an admin ($mf_admin)" ;;
    esac
}

# synapse_token_in_path USER: the user id, escaped for a URL path.
synapse_token_in_path() {
    mf_rest=$1 mf_name=
    while :; do
        case $mf_rest in
            '') break ;;
            @*) mf_name=$mf_name%40 ;;
            :*) mf_name=$mf_name%3A ;;
            '['*) mf_name=$mf_name%5B ;;
            ']'*) mf_name=$mf_name%5D ;;
            *) mf_name=$mf_name${mf_rest%"${mf_rest#?}"} ;;
        esac
        mf_rest=${mf_rest#?}
    done
    printf '%s\n' "$mf_name"
}

# synapse_token_curl WORD...: curl to the loopback: without root's configuration or a proxy. A timeout (mf_patience, or
# 5 seconds) counts as 504, a refused connection as 000.
synapse_token_curl() {
    mf_output=$(curl -q -s -m "${mf_patience:-5}" --max-filesize 1048576 --noproxy '*' "$@")
    mf_code=$?
    [ "$mf_code" -ne 28 ] || mf_output=504
    printf '%s\n' "$mf_output"
    return "$mf_code"
}

# synapse_token_write FILE PORT LISTENER USER DATABASE PYTHON <PROGRAM: mints a token and writes it, unless the existing
# one works. Synapse may still be starting, and creating its tables.
synapse_token_write() {
    command -v curl >/dev/null || { fail "curl is not installed on this host: apt-get install curl"; return; }
    mf_until=$(($(uptime_seconds) + 90))
    until mf_output=$(loopback_admits "$2" "$3") &&
        synapse_token_curl -f -o /dev/null -- "http://127.0.0.1:$2/health" >/dev/null; do
        [ "$(uptime_seconds)" -lt "$mf_until" ] || { fail "Synapse does not answer on port $2${mf_output:+ ($mf_output)}"; return; }
        sleep 0.5
    done
    if [ -f "$1" ] && [ ! -L "$1" ] && [ "$(synapse_token_asks "$1" "$2" "$3" "$4")" = works ]; then
        return 0
    fi
    private_enter "${1%/*}" || return
    if ! synapse_token_mint "$4" "$5" "$6" || ! private_place mf.new "$1"; then
        fail "could not create a token for $4$(unwritten_because "$1" "${1%/*}")"
        private_leave
        return 1
    fi
    private_leave
    mf_answer=$(synapse_token_asks "$1" "$2" "$3" "$4")
    [ "$mf_answer" = works ] || fail "the new token of $4 does not work: $mf_answer"
}

# synapse_token_mint USER DATABASE PYTHON <PROGRAM: mints into mf.new.
synapse_token_mint() {
    mf_program=$(input) && "$3" -I -c "$mf_program" "$2" "$1" mf.new </dev/null
}

# synapse_token_attributes FILE: makes it accessible to root only.
synapse_token_attributes() {
    give "$1" root:root 0600
}
