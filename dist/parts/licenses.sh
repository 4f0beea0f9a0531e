# shellcheck shell=bash
# LICENSES.md: the crates linked into the program, their licences, and each licence text once.

# licenses WORK
licenses() {
    local work=$1 name version license file sum
    declare -A users=() files=()
    printf '# Licences\n\nmatrixform is licensed under MIT or Apache-2.0, at your option. Linked into it are these crates.\n\n'
    printf '| crate | version | licence |\n| --- | --- | --- |\n'
    while IFS='|' read -r name version license; do
        printf '| %s | %s | %s |\n' "$name" "$version" "${license:-see below}"
        while read -r file; do
            sum=$(tr -d '\r' <"$file" | sha256sum | cut -d' ' -f1)
            files[$sum]=$file
            users[$sum]="${users[$sum]:-} $name"
        done < <(find "$work/crates/$name-$version" -maxdepth 1 -type f \
            -iregex '.*/\(licen[sc]e\|copying\|copyright\|notice\|unlicense\)[^/]*' | sort)
    done < <(licenses_crates "$work")
    printf '\n## Texts\n'
    for sum in "${!files[@]}"; do printf '%s %s\n' "${users[$sum]}" "$sum"; done | sort | while read -r line; do
        sum=${line##* } name=${line% *}
        printf '\n### %s\n\n```text\n' "$name"
        # A code fence in a text would end its block.
        tr -d '\r' <"${files[$sum]}" | sed -E 's/^[`]{3}/ &/'
        printf '\n```\n'
    done
}

# NAME|VERSION|LICENCE from `cargo metadata`; build-time crates are not in the binary.
licenses_crates() {
    (cd "$1/source" && cargo tree --quiet --locked --edges normal,no-proc-macro --prefix none --target x86_64-unknown-linux-gnu \
        --format '{p}|{l}') |
        sed -nE 's/ \(\*\)$//; s/^([^ ]+) v([^ |]+)( \(.*\))?\|(.*)$/\1|\2|\4/p' | grep -v '^matrixform|' | sort -u
}
