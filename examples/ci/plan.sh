#!/bin/sh
# plan.sh: plans each open request of the repository's own branches, and keeps one comment per host on it. It runs in a
# checkout of the protected branch, whose scripts, `[host]` and host key it uses; requests are only read as data.
set -u
here=$(dirname "$0")
# shellcheck source=examples/ci/settings.sh
. "$here/settings.sh"
# shellcheck source=examples/ci/lib.sh
. "$here/lib.sh"
# shellcheck source=examples/ci/forge.sh
. "$here/forge.sh"

base=$(git rev-parse HEAD) || fail "this is no checkout"
begin_key
failed=0

# about NUMBER HEAD SPEC: the comment about one host.
about() {
    start=$(marker "$3")
    [ -n "$start" ] || fail "$3 of the protected branch cannot be read"
    find_comment "$1" "$start" "$work/old" || return 1
    seen="<!-- matrixform-ci head=$2 base=$base -->"
    if [ -z "${AGAIN:-}" ] && [ -s "$work/old" ] && jq -r .body <"$work/old" | grep -qxF -- "$seen"; then
        return 0
    fi
    # shellcheck disable=SC2016,SC2086 # Markdown; flags are words
    if [ ! -d "$work/head-$1" ]; then
        printf '%snone -->\n%s\n### No plan\n\nThe branch conflicts with `%s`: merge that first.\n' "$start" "$seen" "$BRANCH" >"$work/body"
    elif run timeout 600 "$MATRIXFORM" plan "$work/head-$1/$3" --host-of "$3" $PLAN_FLAGS --format markdown >"$work/out" 2>"$work/err"; then
        { head -n 1 "$work/out" && echo "$seen" && tail -n +2 "$work/out"; } >"$work/body"
    else
        { printf '%snone -->\n%s\n### No plan\n\n' "$start" "$seen" &&
            head -c 20000 "$work/err" | sed "s|$work/head-$1/||g; s/^/    /"; } >"$work/body"
    fi
    cat "$work/err" >&2 2>/dev/null
    comment "$1" "$start" "$work/body"
}

open_requests >"$work/requests" || fail "the forge does not tell which requests are open"
while read -r number head; do
    case $number in '' | *[!0-9]*) fail "the forge gave a request without a number" ;; esac
    is_commit "$head" || fail "the forge gave a request without a commit"
    git cat-file -e "$head^{commit}" 2>/dev/null || git fetch --quiet --no-tags --no-recurse-submodules origin "$head" ||
        fail "commit $head of request $number cannot be fetched"
    if commit=$(merged "$base" "$head"); then
        tree_of "$commit" "$work/head-$number" || fail "commit $head cannot be laid out"
    fi
    for spec in $SPECS; do
        : >"$work/err"
        about "$number" "$head" "$spec" || { failed=1 && echo "ci: request $number has no comment about $spec" >&2; }
    done
done <"$work/requests"
exit "$failed"
