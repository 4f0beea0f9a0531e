# shellcheck shell=bash
# Where packages come from: MATRIXFORM_LAB_MIRROR, else what this machine's own apt uses. No host name stands here.

# "URI SUITE" for each source of this machine's apt, both formats.
mirror_sources() {
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -e "$file" ] || sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]+) +([^ ]+).*/\2 \3/p' "$file"
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -e "$file" ] || { grep -v '^#' "$file"; echo; } | awk '
            tolower($1) == "uris:" { uri = $2 }
            tolower($1) == "suites:" { $1 = ""; suites = $0 }
            /^$/ { n = split(suites, s, " "); for (i = 1; i <= n; i++) if (uri != "") print uri, s[i]; uri = suites = "" }'
    done
}

# The archive proper: its path ends in /debian, or it has an -updates suite (packages of others have none).
mirror_debian() {
    local uri=${MATRIXFORM_LAB_MIRROR:-}
    [ -n "$uri" ] || uri=$(mirror_sources | awk '$1 ~ /\/debian\/?$/ { print $1; exit }')
    [ -n "$uri" ] || uri=$(mirror_sources | awk '$2 ~ /^(bookworm|trixie)-updates$/ { print $1; exit }')
    [ -n "$uri" ] || fail "no Debian mirror is known" "this machine's apt sources name none" \
        "set MATRIXFORM_LAB_MIRROR to the address of one, up to and with /debian"
    printf '%s' "${uri%/}"
}

mirror_security() {
    local uri=${MATRIXFORM_LAB_SECURITY_MIRROR:-}
    [ -n "$uri" ] || [ -n "${MATRIXFORM_LAB_MIRROR:-}" ] ||
        uri=$(mirror_sources | awk '$2 ~ /^(bookworm|trixie)-security$/ { print $1; exit }')
    [ -n "$uri" ] || uri=$(mirror_debian)-security
    printf '%s' "${uri%/}"
}

mirror_ubuntu() {
    local uri=${MATRIXFORM_LAB_UBUNTU_MIRROR:-}
    [ -n "$uri" ] || uri=$(mirror_sources | awk '$2 == "noble" && $1 ~ /\/ubuntu\/?$/ { print $1; exit }')
    [ -n "$uri" ] || fail "no Ubuntu mirror is known" "this machine's apt sources name none for noble" \
        "set MATRIXFORM_LAB_UBUNTU_MIRROR to the address of one, up to and with /ubuntu; or use \`--suite noble-like\`"
    [ -e /usr/share/keyrings/ubuntu-archive-keyring.gpg ] || fail "Ubuntu's archive keys are missing" \
        "without them the packages of noble cannot be verified" \
        "install the package ubuntu-keyring, or copy ubuntu-archive-keyring.gpg from an Ubuntu host to /usr/share/keyrings/"
    printf '%s' "${uri%/}"
}

# mirror_has URI SUITE
mirror_has() {
    local target
    target=$(mktemp)
    /usr/lib/apt/apt-helper -q -o Acquire::Retries=3 download-file "$1/dists/$2/InRelease" "$target" >/dev/null 2>&1
    local found=$?
    rm -f "$target"
    return "$found"
}

# The deb822 text a guest of SUITE gets; pockets that the mirror does not have are left out.
mirror_deb822() {
    local uri security
    if [ "$1" = noble ]; then
        uri=$(mirror_ubuntu)
        mirror_stanza ubuntu "$uri" "main universe" noble noble-updates noble-security
    else
        uri=$(mirror_debian)
        security=$(mirror_security)
        mirror_stanza debian "$uri" main "$1" "$1-updates"
        mirror_stanza debian "$security" main "$1-security"
    fi
}

# mirror_stanza WHOSE URI COMPONENTS SUITE…
mirror_stanza() {
    local whose=$1 uri=$2 components=$3 suite suites=''
    shift 3
    for suite in "$@"; do
        if mirror_has "$uri" "$suite"; then suites="$suites $suite"; else say "$uri has no $suite; going on without"; fi
    done
    [ -n "$suites" ] || return 0
    printf 'Types: deb\nURIs: %s\nSuites:%s\nComponents: %s\nSigned-By: /usr/share/keyrings/%s-archive-keyring.gpg\n\n' \
        "$uri" "$suites" "$components" "$whose"
}
