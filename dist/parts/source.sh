# shellcheck shell=bash
# shellcheck disable=SC2154 # set by the script that reads this
# The source to build: the files of the commit, and the locked crates from the registry configured on this machine.

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
    source_settle "$1/crates"
    cat >"$1/cargo/config.toml" <<'END'
[source.crates-io]
replace-with = "here"
[source.here]
directory = "crates"
END
}

# source_settle CRATES: the macro `fl!` of i18n-embed-fl (used by age) writes its arguments in HashMap order, which
# differs between builds: https://github.com/kellpossible/cargo-i18n/pull/151. Sorting them yields the same code each
# time.
source_settle() {
    local crate line='            for (key, value) in &specified_args {'
    crate=$(echo "$1"/i18n-embed-fl-*)
    [ "$(grep -cxF "$line" "$crate/src/lib.rs")" = 1 ] ||
        fail "i18n-embed-fl is not as dist/parts/source.sh knows it" "a newer version may have the order of its own" \
            "see whether source_settle is still needed (dist/check), and adapt or remove it"
    sed -i "s/^$line\$/            let mut sorted: Vec<_> = specified_args.iter().collect();\n            sorted.sort_by_key(|(key, _)| key.value());\n            for (key, value) in sorted {/" "$crate/src/lib.rs"
    # cargo compares the files of a vendored crate with these checksums.
    sed -i 's/"files":{[^}]*}/"files":{}/' "$crate/.cargo-checksum.json"
}
