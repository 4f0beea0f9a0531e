#!/bin/sh
# install.sh DIRECTORY: puts the matrixform that settings.sh names there, if its digest matches.
set -u
here=$(dirname "$0")
# shellcheck source=examples/ci/settings.sh
. "$here/settings.sh"
[ -n "$MATRIXFORM_URL" ] || exit 0
mkdir -p "$1" || exit 1
curl --silent --show-error --fail --location --proto '=https' --max-time 300 --output "$1/matrixform.new" "$MATRIXFORM_URL" || exit 1
printf '%s  %s\n' "$MATRIXFORM_SHA256" "$1/matrixform.new" | sha256sum --check --status ||
    { rm -f "$1/matrixform.new" && echo "ci: what lies at $MATRIXFORM_URL has another digest" >&2 && exit 1; }
chmod 0755 "$1/matrixform.new" && mv "$1/matrixform.new" "$1/matrixform"
