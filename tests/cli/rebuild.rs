//! `rebuild`, as far as it comes without a backup: what is refused before anything is touched. The rest is the lab's.

use crate::host::Host;

#[test]
fn a_spec_without_backups_says_so() {
    let host = Host::new();
    host.spec("[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ncontent = \"x\\n\"\n");
    let ran = host.matrixform(&["rebuild", "prod.toml", "--yes", "--old-server", "destroyed"]);
    assert!(ran.status == 1 && ran.stderr.contains("does not define backups"), "{ran}");
}

#[test]
fn words_that_mean_nothing_are_wrong_usage() {
    let host = Host::new();
    host.spec("");
    for words in [["--old-server", "gone"], ["--also", "example.org"], ["--snapshot", "latest"]] {
        let ran = host.matrixform(&[&["rebuild", "prod.toml"], &words[..]].concat());
        assert_eq!(ran.status, 64, "{words:?}: {ran}");
    }
}
