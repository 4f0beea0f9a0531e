# shellcheck shell=bash
# shellcheck disable=SC2154 # set by the script that reads this
# What is built: the files of the commit, and the crates that its lock names, from the registry that this machine's cargo uses.

# source_write WORK
source_write() {
    local changed
    changed=$(git -C "$top" status --porcelain | wc -l)
    [ "$changed" = 0 ] || say "$changed files are not as in ${commit:0:12}, which is what is built"
    mkdir -p "$1/source" "$1/cargo" "$1/out"
    git -C "$top" archive "$commit" | tar -x -C "$1/source"
    git -C "$top" show -s --format=%ct "$commit" >"$1/epoch"
    TZ=UTC git -C "$top" -c log.showSignature=false show -s --format=%cd --date=format-local:%Y-%m-%d "$commit" >"$1/date"
    (cd "$1/source" && cargo vendor --quiet --locked --versioned-dirs "$1/crates" >/dev/null) ||
        fail "the crates cannot be had" "cargo's own words stand above" \
            "check that cargo reaches its registry, or configure another: [source] in ~/.cargo/config.toml"
    cat >"$1/cargo/config.toml" <<'END'
[source.crates-io]
replace-with = "here"
[source.here]
directory = "crates"
END
}
