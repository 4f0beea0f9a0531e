//! Packages whose installation was interrupted: files, links and accounts that come with its end are not there yet, and
//! are not taken for missing.

use crate::guest::Guest;
use crate::noble_like::FRONT;
use crate::{seed, timing};
use libtest_mimic::{Failed, Trial};

/// The trials of this file, of which a run draws one.
pub(crate) fn trials() -> Vec<Trial> {
    let drawn = seed::sample(&["trixie", "bookworm"], 1, "unfinished");
    let trial = |suite: &'static str| {
        let name = format!("unfinished::{suite}::unpacked_packages_are_configured");
        timing::trial(name, move || unpacked(suite))
    };
    drawn.into_iter().map(|suite| trial(suite)).collect()
}

/// As after a loss of power between the two halves of an installation; of one package, which others need, in the first
/// half.
const UNPACKED: &str = r#"set -e
export DEBIAN_FRONTEND=noninteractive
mkdir -p /var/tmp/none/partial
cd /var/cache/apt/archives
words='-qq -y --no-install-recommends install nginx postgresql-NUMBER'
apt-get -qq update
apt-get --download-only $words
files=$(apt-get --print-uris -o Dir::Cache::archives=/var/tmp/none $words | cut -d ' ' -f 2)
client=$(printf '%s\n' $files | grep '^postgresql-client-[1-9]')
dpkg --unpack --force-depends $(printf '%s\n' $files | grep -vxF "$client")
mkdir /var/tmp/cut
printf '%s\n' '#!/bin/sh' 'case $* in *--fsys-tarfile*) kill -KILL $PPID ;; esac' 'exec /usr/bin/dpkg-deb "$@"' >/var/tmp/cut/dpkg-deb
chmod 755 /var/tmp/cut/dpkg-deb
! PATH=/var/tmp/cut:$PATH dpkg --unpack --force-depends "$client"
dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' nginx "${client%%_*}""#;

/// As after a loss of power while packages are upgraded.
const UPGRADING: &str = r#"set -e
is() { sed -i "/^Package: $1\$/,/^\$/s/^Status: .*/Status: install $2/" /var/lib/dpkg/status; }
is postgresql-client-NUMBER 'reinstreq half-installed'
is postgresql-NUMBER 'ok unpacked'
is nginx 'ok unpacked'
[ "$(dpkg --audit | grep -c '^ ')" = 3 ]"#;

fn unpacked(suite: &str) -> Result<(), Failed> {
    let guest = Guest::blank(&format!("t-unfinished-{suite}"), suite);
    let text = format!("{FRONT}\n[postgres]\nmemory_percent = 5\n");
    let spec = guest.spec("front.toml", "user = \"root\"", &text);
    let number = if suite == "trixie" { "17" } else { "15" };
    let output = guest.run(&UNPACKED.replace("NUMBER", number));
    assert!(
        output.contains("iU  nginx\n") && output.contains("iHR postgresql-client-"),
        "{output}"
    );
    guest.run("test ! -e /etc/nginx/nginx.conf && test ! -e /etc/nginx/sites-enabled/default");
    guest.apply(&spec);
    assert_eq!(guest.run("dpkg --audit"), "");
    assert!(guest.planned(&spec).is_empty(), "the default site came at the end, and was removed");

    guest.run(&UPGRADING.replace("NUMBER", number));
    guest.apply(&spec);
    assert_eq!(guest.run("dpkg --audit"), "");
    assert!(guest.planned(&spec).is_empty());
    guest.down();
    Ok(())
}
