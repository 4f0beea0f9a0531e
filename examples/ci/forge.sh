# The forges' APIs: requests of the repository's own branches, and one comment for each host. The token is in the job's
# environment as TOKEN, and reaches curl on standard input: it is never in an argument or a file.
# shellcheck shell=sh

: "${work:?lib.sh comes first}"

# The longest comment (characters). GitHub takes 65,536.
LONGEST=65000

# How many pages of a list are read.
PAGES=20

forge=${FORGE:-}
if [ -z "$forge" ]; then
    if [ -n "${GITLAB_CI:-}" ]; then forge=gitlab
    elif [ -n "${FORGEJO_ACTIONS:-}${FORGEJO_TOKEN:-}" ]; then forge=forgejo
    else forge=github
    fi
fi
case $forge in
    github | forgejo)
        api=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY
        [ "$forge" = github ] && header='Authorization: Bearer' || header='Authorization: token'
        [ "$forge" = github ] && bot='github-actions[bot]' || bot=forgejo-actions
        ;;
    gitlab)
        api=$CI_API_V4_URL/projects/$CI_PROJECT_ID
        header='PRIVATE-TOKEN:'
        bot=
        ;;
    *) fail "no such forge: $forge" ;;
esac
bot=${BOT:-$bot}

# call METHOD URL [FILE]: prints the forge's answer; the file is JSON. Redirects are not followed: they would get the token.
call() {
    case $TOKEN in '' | *[!A-Za-z0-9._=-]*) fail "TOKEN is not the token of a forge" ;; esac
    printf 'header = "%s %s"\n' "$header" "$TOKEN" |
        curl --config - --silent --show-error --fail --max-time 60 --max-filesize 33554432 --request "$1" \
            --header 'Content-Type: application/json' ${3:+--data-binary "@$3"} "$2"
}

# list URL FILTER [JQ-OPTION]…: the filter's output for all pages.
list() {
    list_url=$1 filter=$2 page=1
    shift 2
    case $list_url in *\?*) list_url="$list_url&" ;; *) list_url="$list_url?" ;; esac
    while [ "$page" -le "$PAGES" ]; do
        call GET "${list_url}per_page=50&limit=50&page=$page" >"$work/page" || return 1
        jq -c "$@" ".[] | $filter" <"$work/page" || return 1
        [ "$(jq length <"$work/page")" -ge 50 ] || return 0
        page=$((page + 1))
    done
}

# open_requests: number and commit of each open request of this repository's own branches; those of forks are left out.
open_requests() {
    case $forge in
        gitlab)
            # shellcheck disable=SC2016 # they are jq's
            list "$api/merge_requests?state=opened&target_branch=$BRANCH" \
                'select(.source_project_id == .target_project_id) | "\(.iid) \(.sha)"' -r
            ;;
        *)
            # shellcheck disable=SC2016
            list "$api/pulls?state=open" \
                'select(.head.repo.full_name == $own and .base.ref == $branch) | "\(.number) \(.head.sha)"' \
                -r --arg own "$GITHUB_REPOSITORY" --arg branch "$BRANCH"
            ;;
    esac
}

# merged_requests COMMIT: the numbers of the requests that introduced it.
merged_requests() {
    case $forge in
        gitlab) call GET "$api/repository/commits/$1/merge_requests" | jq -r '.[].iid' ;;
        forgejo) call GET "$api/commits/$1/pull" | jq -r '.number' ;;
        *) call GET "$api/commits/$1/pulls" | jq -r '.[].number' ;;
    esac
}

comments_of() {
    case $forge in
        gitlab) echo "$api/merge_requests/$1/notes" ;;
        *) echo "$api/issues/$1/comments" ;;
    esac
}

# find_comment NUMBER MARKER FILE: our own comment that begins with the marker, as {id, body}; never one by others.
find_comment() {
    if [ -z "$bot" ]; then
        bot=$(call GET "$CI_API_V4_URL/user" | jq -r .username) || return 1
    fi
    # shellcheck disable=SC2016
    list "$(comments_of "$1")" \
        'select((.user.login // .author.username) == $bot and (.body | startswith($marker))) | {id, body}' \
        --arg bot "$bot" --arg marker "$2" >"$work/comments" || return 1
    head -n 1 "$work/comments" >"$3"
}

# comment NUMBER MARKER FILE: creates the comment, or updates it if its text differs.
comment() {
    find_comment "$1" "$2" "$work/old" || return 1
    jq -Rs --argjson longest "$LONGEST" \
        'if length > $longest then .[0:$longest] + "\n\nThe rest is too long for a comment.\n" else . end | {body: .}' \
        <"$3" >"$work/new" || return 1
    id=$(jq -r '.id // empty' <"$work/old")
    case $id in *[!0-9]*) fail "the forge gave a comment without a number" ;; esac
    if [ -z "$id" ]; then
        call POST "$(comments_of "$1")" "$work/new" >/dev/null
    elif [ "$(jq -r .body <"$work/old")" != "$(jq -r .body <"$work/new")" ]; then
        case $forge in
            gitlab) call PUT "$(comments_of "$1")/$id" "$work/new" >/dev/null ;;
            *) call PATCH "$api/issues/comments/$id" "$work/new" >/dev/null ;;
        esac
    fi
}
