# shellcheck shell=bash
# noble-like: trixie dressed as Ubuntu 24.04.

noble_like_build() { fail "noble-like is not built yet" "" "lab up NAME --suite trixie"; }
