//! The lab's own bookkeeping of processes: hosts that boot side by side leave each other alone.

use crate::timing;
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use std::process::Command;

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        timing::trial("processes::a_keeper_is_never_half_written", keeper_file),
        timing::trial("processes::a_booting_host_is_no_leftover", booting),
    ]
}

fn lab_directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/lab"))
}

/// A file renamed into place leaves the old one as it was: a hard link to it shows which it was.
fn keeper_file() -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let (keeper, old) = (directory.path().join("keeper"), directory.path().join("old"));
    std::fs::write(&keeper, "an earlier one\n")?;
    std::fs::hard_link(&keeper, &old)?;
    let status = Command::new(lab_directory().join("parts/keeper"))
        .arg(directory.path())
        .args([&format!("mf-keeper-{}", std::process::id()), "true"])
        .status()?;
    assert!(status.success());
    assert_eq!(std::fs::read_to_string(old)?, "an earlier one\n", "it was not written in place");
    let written = std::fs::read_to_string(keeper)?;
    assert!(written.split(' ').all(|number| number.trim().parse::<u64>().is_ok()), "{written}");
    Ok(())
}

/// Two stand-ins for systemd-nspawn, each with a child of the same name: host 11 is on record, 12 is not.
const TWO_HOSTS: &str = r#"
set -euo pipefail
here=$1 lab=$2
for part in say network guest stale; do . "$here/parts/$part.sh"; done
mkdir -p "$lab/guests/booting"
mkfifo "$lab/never"
cp "$(command -v bash)" "$lab/systemd-nspawn"
start() {
    bash -c '"$@" & wait' keeper "$lab/systemd-nspawn" -c '(read -r _ <"$0") & wait' "$lab/never" "--machine=$bridge-$1" &
}
nspawn() { pgrep -P "$1" -x systemd-nspawn; }
has_grandchild() { nspawn=$(nspawn "$1") && nspawn "$nspawn" >/dev/null; }
start 11
kept=$!
start 12
left=$!
guest_set booting number 11
guest_set booting keeper "$kept $(process_started "$kept")"
await 20 has_grandchild "$kept" && await 20 has_grandchild "$left"
stale_clear
gone() { ! nspawn "$left" >/dev/null; }
await 20 gone || echo "the leftover lives"
has_grandchild "$kept" || echo "the booting host was ended"
exec 3<>"$lab/never"
exec 3>&-
wait
"#;

fn booting() -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let ran = Command::new("bash")
        .args(["-c", TWO_HOSTS, "two-hosts"])
        .args([lab_directory(), directory.path()])
        .output()?;
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{stderr}");
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "", "{stderr}");
    Ok(())
}
