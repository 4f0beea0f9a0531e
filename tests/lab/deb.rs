//! The package of dist/build on blank hosts of each suite: it installs with packages from the host's own repositories,
//! runs, and is removed without a trace. `tests/full deb` sets the package; building one takes minutes, so `tests/run`
//! skips these.

use crate::guest::Guest;
use crate::timing;
use libtest_mimic::{Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The trials of this file: none unless a package is set.
pub(crate) fn trials() -> Vec<Trial> {
    let Some(package) = std::env::var_os("MATRIXFORM_DEB").map(PathBuf::from) else {
        return Vec::new();
    };
    let suites = [("bookworm", "t-deb-b"), ("trixie", "t-deb-t"), ("noble-like", "t-deb-n")];
    let trial = |(suite, name): (&'static str, &'static str)| {
        let package = package.clone();
        timing::trial(format!("deb::on_{}", suite.replace('-', "_")), move || {
            on(suite, name, &package)
        })
    };
    suites.into_iter().map(trial).collect()
}

const SPEC: &str = "format = 1\n[host]\naddress = \"matrix.example.org\"\n";

fn on(suite: &str, name: &str, package: &Path) -> Result<(), Failed> {
    let guest = Guest::blank(name, suite);
    send(&guest, package);
    // A cloud image omits manuals, and the lab's images lack bash-completion and man.
    guest.run("sed -i '/path-exclude/d' /etc/dpkg/dpkg.cfg.d/* 2>/dev/null || true; apt-get -qq update >/dev/null");
    guest.run("DEBIAN_FRONTEND=noninteractive apt-get -qq install -y man-db bash-completion /root/matrixform.deb >/dev/null");
    let version = guest.run("matrixform --version");
    assert!(version.starts_with("matrixform ") && !version.contains("unknown commit"), "{version}");
    let packaged = guest.run("dpkg-query -W -f '${Version}' matrixform");
    assert!(version.contains(packaged.trim()), "{version}{packaged}");
    for page in ["matrixform", "matrixform-apply", "matrixform-secrets-rotate"] {
        let page = guest.run(&format!("man {page} | col -b"));
        assert!(page.contains("EXAMPLES") && page.contains("matrixform"), "{page}");
    }
    for file in [
        "bash-completion/completions/matrixform",
        "zsh/vendor-completions/_matrixform",
        "fish/vendor_completions.d/matrixform.fish",
        "doc/matrixform/copyright",
        "doc/matrixform/LICENSES.md.gz",
    ] {
        guest.run(&format!("test -s /usr/share/{file}"));
    }
    // Bash's completion of `matrixform expl`.
    let completed = guest.run(
        "bash -c '. /usr/share/bash-completion/bash_completion; . /usr/share/bash-completion/completions/matrixform; \
        COMP_WORDS=(matrixform expl) COMP_CWORD=1; _clap_complete_matrixform matrixform expl matrixform; echo \"${COMPREPLY[@]}\"'",
    );
    assert_eq!(completed.trim(), "explain");
    guest.run(&format!("printf '{}' >/root/prod.toml", SPEC.replace('\n', "\\n")));
    guest.run("HOME=/root matrixform check /root/prod.toml");
    guest.run("DEBIAN_FRONTEND=noninteractive apt-get -qq purge -y matrixform >/dev/null");
    let left = guest.run("find /usr /etc -iname '*matrixform*' -not -path '/usr/local/*'");
    assert_eq!(left, "");
    guest.down();
    Ok(())
}

/// Copies the package to the host.
fn send(guest: &Guest, package: &Path) {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/lab/lab");
    let bytes = std::fs::File::open(package).expect("the package is there");
    let sent = Command::new(lab)
        .args(["ssh", &guest.name, "cat >/root/matrixform.deb"])
        .stdin(Stdio::from(bytes))
        .status()
        .expect("the lab can be run");
    assert!(sent.success());
}
