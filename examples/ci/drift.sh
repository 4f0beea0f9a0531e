#!/bin/sh
# drift.sh: reports what on the hosts has changed since the last apply. Ends with 2 if anything has.
set -u
here=$(dirname "$0")
# shellcheck source=examples/ci/settings.sh
. "$here/settings.sh"
# shellcheck source=examples/ci/lib.sh
. "$here/lib.sh"
begin_key
worst=0
for spec in $SPECS; do
    echo "== $spec"
    # shellcheck disable=SC2086 # they are words
    run "$MATRIXFORM" drift "$spec" $DRIFT_FLAGS || { status=$? && [ "$worst" = 1 ] || worst=$status; }
done
exit "$worst"
