#!/bin/sh
# diff.sh BASE HEAD: shows offline what anyone's request changes: it needs no secret, and this job must not have one.
# Ends with 1 if HEAD cannot be read. The result goes to the job's summary, or to diff.md.
set -u
here=$(dirname "$0")
# shellcheck source=examples/ci/settings.sh
. "$here/settings.sh"
# shellcheck source=examples/ci/lib.sh
. "$here/lib.sh"
{ is_commit "$1" && is_commit "$2"; } || fail "usage: diff.sh BASE HEAD, both commits"
tree_of "$1" "$work/base" || fail "the base is not here"
commit=$(merged "$1" "$2") || fail "the request conflicts with its base: merge that first"
tree_of "$commit" "$work/head" || fail "the head is not here"
summary=${GITHUB_STEP_SUMMARY:-diff.md}
cd "$work" || exit 1
status=0
for spec in $SPECS; do
    if run "$MATRIXFORM" diff "base/$spec" "head/$spec" --format markdown >out 2>err; then
        jq -Rrs '.[0:65000]' <out >>"$OLDPWD/part.md"
    else
        status=1
        # shellcheck disable=SC2016 # they are Markdown's
        { printf '### No comparison of `%s`\n\n' "$spec" && head -c 20000 err | sed 's/^/    /'; } >>"$OLDPWD/part.md"
    fi
    cat err >&2
done
cd "$OLDPWD" || exit 1
cat part.md >>"$summary"
rm part.md
exit "$status"
