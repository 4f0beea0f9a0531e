# shellcheck shell=bash
# shellcheck disable=SC2154 # set by the script that reads this
# The Debian package, built with dpkg-deb only: sorted, owned by root, no time later than the commit's.

# package BINARY VERSION DIRECTORY
package() {
    local version=$2 tree=$INSIDE/tree
    local doc=$tree/usr/share/doc/matrixform
    rm -rf "$tree"
    install -D -m 755 "$1" "$tree/usr/bin/matrixform"
    package_generated "$tree"
    install -d "$doc/docs/decisions" "$doc/examples"
    install -m 644 "$source/README.md" "$source/ARCHITECTURE.md" "$source/SECURITY.md" "$out/LICENSES.md" "$doc/"
    install -m 644 "$source"/docs/*.md "$source"/docs/*.json "$doc/docs/"
    install -m 644 "$source"/docs/decisions/*.md "$doc/docs/decisions/"
    install -m 644 "$source"/inventory/*.toml "$doc/examples/"
    install -m 644 "$source/CHANGELOG.md" "$doc/CHANGELOG.md"
    package_changelog "$version" >"$doc/changelog"
    gzip -9n "$doc/changelog" "$doc/CHANGELOG.md" "$doc/LICENSES.md"
    package_copyright >"$doc/copyright"
    install -d "$tree/DEBIAN"
    (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
    package_control "$version" "$tree" >"$tree/DEBIAN/control"
    find "$tree" -type d -exec chmod 755 {} +
    find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
    # With threads, xz output depends on the number of processors.
    dpkg-deb --root-owner-group --threads-max=1 -Zxz --build "$tree" "$3/matrixform_${version}_amd64.deb" >/dev/null
}

# The manual and completions, as written by the program itself.
package_generated() {
    local program=$1/usr/bin/matrixform
    install -d "$1/usr/share/man/man1" "$1/usr/share/bash-completion/completions" "$1/usr/share/zsh/vendor-completions" \
        "$1/usr/share/fish/vendor_completions.d"
    "$program" man "$1/usr/share/man/man1" >/dev/null
    gzip -9n "$1"/usr/share/man/man1/*.1
    "$program" completions bash >"$1/usr/share/bash-completion/completions/matrixform"
    "$program" completions zsh >"$1/usr/share/zsh/vendor-completions/_matrixform"
    "$program" completions fish >"$1/usr/share/fish/vendor_completions.d/matrixform.fish"
}

# Read from the binary: the libraries it links, and the newest glibc version of its symbols.
package_depends() {
    local library glibc depends=()
    glibc=$(objdump -T "$1" | grep -oE 'GLIBC_[0-9.]+' | sort -Vu | tail -n 1)
    while read -r library; do
        case $library in
            libc.so.6 | libm.so.6 | ld-linux-x86-64.so.2) depends+=("libc6 (>= ${glibc#GLIBC_})") ;;
            libgcc_s.so.1) depends+=("libgcc-s1 (>= 4.2)") ;;
            *) echo "the binary needs $library, which no package is named for" >&2 && return 1 ;;
        esac
    done < <(objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }')
    printf '%s\n' "${depends[@]}" | sort -u | paste -sd , | sed 's/,/, /g'
}

package_control() {
    local depends
    depends=$(package_depends "$2/usr/bin/matrixform")
    cat <<END
Package: matrixform
Version: $1
Architecture: amd64
Maintainer: $MAINTAINER
Installed-Size: $(find "$2/usr" -type f -printf '%s\n' | awk '{ kb += int(($1 + 1023) / 1024) } END { print kb }')
Depends: $depends
Section: admin
Priority: optional
Description: make a Matrix homeserver host be what a TOML spec says
 matrixform is a command-line tool that makes a host with PostgreSQL, Synapse
 and nginx be what one TOML file says, over SSH. It shows a plan first, changes
 only what differs, checks every configuration before it goes live, and finds
 nothing to do the second time. On the host it needs sshd and a POSIX shell.
END
}

package_changelog() {
    cat <<END
matrixform ($1) unstable; urgency=medium

  * CHANGELOG.md.gz beside this file tells what is new.
  * Built is the commit $COMMIT.

 -- $MAINTAINER  $(LC_ALL=C TZ=UTC date -R --date="@$SOURCE_DATE_EPOCH")
END
}

package_copyright() {
    cat <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: matrixform
Comment: The binary holds crates of others: LICENSES.md.gz beside this file
 names each with its licence and has the texts.

Files: *
Copyright: $(sed -nE 's/^Copyright \(c\) //p' "$source/LICENSE-MIT")
License: Expat or Apache-2.0

License: Expat
$(sed -n '/^Permission/,$p' "$source/LICENSE-MIT" | sed 's/^$/./; s/^/ /')

License: Apache-2.0
 On Debian systems the text of the Apache License 2.0 is in
 /usr/share/common-licenses/Apache-2.0.
END
}
