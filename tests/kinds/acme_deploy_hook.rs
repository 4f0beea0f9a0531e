//! `acme_deploy_hook`: a certificate renewed by certbot is copied to where services read it, if complete and valid; and
//! certbot's configuration gets its renewal settings back.

use crate::declaring::declaring;
use crate::machine::{SHELLS, account};
use matrixform::for_tests::resource::AttributeValue;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A host's directories below a temporary one on this machine.
struct Host {
    root: tempfile::TempDir,
    shell: &'static [&'static str],
    program: String,
}

const CONF: &str = "# renew_before_expiry = 30 days\nversion = 2.1.0\narchive_dir = /x\n\n[renewalparams]\naccount = 1\n\
    pre_hook = systemctl stop nginx\nauthenticator = standalone\nrenew_before_expiry = 3 days\nserver = https://a/dir\n\
    installer = nginx\nrenew_hook = /elsewhere\nkey_type = rsa\n[[webroot_map]]\nwww.example.org = /elsewhere\n";

impl Host {
    fn new(shell: &'static [&'static str]) -> Host {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let hook = root.join("deploy");
        let of = declaring("acme_deploy_hook", hook.to_str().unwrap())
            .text("lineage", "www.example.org")
            .text("certificate", root.join("front").to_str().unwrap())
            .text("webroot", "/var/lib/challenges")
            .list("units", &["nginx.service"]);
        let wanted = of.made().wanted();
        let Some(AttributeValue::Body(body)) = wanted.get("content") else { panic!("no content") };
        let text = String::from_utf8(body.content.as_ref().unwrap().expose().to_vec()).unwrap();
        let bin = root.join("bin");
        fs::create_dir_all(&bin).unwrap();
        let systemctl = "#!/bin/sh\ncase $* in\n*InvocationID*) echo 0123 ;;\n*ActiveState*) echo active ;;\n\
            reload*) echo \"$*\" >>\"${0%/bin/*}/reloaded\" ;;\nesac\n";
        fs::write(bin.join("systemctl"), systemctl).unwrap();
        fs::set_permissions(bin.join("systemctl"), fs::Permissions::from_mode(0o755)).unwrap();
        let (owner, group) = account();
        let program = text
            .replace("PATH=/usr/local/sbin", &format!("PATH={}:/usr/local/sbin", bin.display()))
            .replace("/var/lib/matrixform", &root.join("matrixform").display().to_string())
            .replace("/run/matrixform", &root.join("run").display().to_string())
            .replace("/sys/fs/cgroup", &root.join("cgroup").display().to_string())
            .replace("/etc/letsencrypt", &root.join("letsencrypt").display().to_string())
            .replace("root:root", &format!("{owner}:{group}"));
        let host = Host { shell, program, root: directory };
        for directory in ["letsencrypt/live/www.example.org", "letsencrypt/renewal"] {
            fs::create_dir_all(host.path(directory)).unwrap();
        }
        fs::write(host.conf(), CONF).unwrap();
        host
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn conf(&self) -> PathBuf {
        self.path("letsencrypt/renewal/www.example.org.conf")
    }

    fn live(&self, name: &str) -> PathBuf {
        self.path("letsencrypt/live/www.example.org").join(name)
    }

    /// Issues a pair as certbot leaves it, valid for this number of days.
    fn issue(&self, days: u32) {
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
            ])
            .args(["-subj", "/CN=www.example.org", "-addext", "subjectAltName=DNS:www.example.org"])
            .args(["-days", &days.to_string(), "-keyout"])
            .arg(self.live("privkey.pem"))
            .arg("-out")
            .arg(self.live("fullchain.pem"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// Runs the hook as certbot does after a renewal; its output, and whether it succeeded.
    fn renewed(&self, more: &[(&str, &str)]) -> (String, bool) {
        let mut command = Command::new(self.shell[0]);
        command.args(&self.shell[1..]).args(["-c", &self.program]);
        command.env("RENEWED_LINEAGE", self.path("letsencrypt/live/www.example.org"));
        let ran = command.envs(more.iter().copied()).output().unwrap();
        let output = [ran.stdout, ran.stderr].concat();
        (String::from_utf8_lossy(&output).into_owned(), ran.status.success())
    }

    fn is_copied(&self) -> bool {
        let same =
            |one: PathBuf, other: &str| fs::read(one).ok() == fs::read(self.path(other)).ok();
        same(self.live("fullchain.pem"), "front.crt") && same(self.live("privkey.pem"), "front.key")
    }

    fn reloads(&self) -> usize {
        fs::read_to_string(self.path("reloaded")).unwrap_or_default().lines().count()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_renewed_pair_is_deployed_and_renewed_at_a_third() {
    for shell in SHELLS {
        let host = Host::new(shell);
        host.issue(90);
        let (output, ok) = host.renewed(&[]);
        assert!(ok && host.is_copied(), "{output}");
        assert_eq!((mode(&host.path("front.key")), mode(&host.path("front.crt"))), (0o600, 0o644));
        assert_eq!(host.reloads(), 1);
        let conf = fs::read_to_string(host.conf()).unwrap();
        let own = format!("renew_hook = {}", host.path("deploy").display());
        let expected = format!(
            "renew_before_expiry = 720 hours\n# renew_before_expiry = 30 days\nversion = 2.1.0\narchive_dir = /x\n\n\
             [renewalparams]\nauthenticator = webroot\nwebroot_path = /var/lib/challenges,\n{own}\naccount = 1\n\
             server = https://a/dir\nkey_type = rsa\n"
        );
        assert_eq!(conf, expected);
        let (output, ok) = host.renewed(&[]);
        assert!(ok && host.reloads() == 1, "nothing is new: {output}");
        host.issue(6);
        let (output, ok) = host.renewed(&[]);
        assert!(ok && host.is_copied() && host.reloads() == 2, "{output}");
        let conf = fs::read_to_string(host.conf()).unwrap();
        assert_eq!(conf, expected.replace("720", "48"), "the life of the new one counts");
    }
}

#[test]
fn foreign_lineages_are_left_alone() {
    for shell in SHELLS {
        let host = Host::new(shell);
        host.issue(90);
        for more in
            [("RENEWED_LINEAGE", "/etc/letsencrypt/live/other"), ("MATRIXFORM_APPLIES", "yes")]
        {
            let (output, ok) = host.renewed(&[more]);
            assert!(ok && !host.path("front.crt").exists(), "{output}");
            assert_eq!(fs::read_to_string(host.conf()).unwrap(), CONF);
        }
    }
}

/// Damages the pair left by certbot.
type Spoil = fn(&Host);

const BAD: [(&str, Spoil); 8] = [
    ("the key is another's", |host| {
        let key = fs::read(host.live("privkey.pem")).unwrap();
        host.issue(90);
        fs::write(host.live("privkey.pem"), key).unwrap();
    }),
    ("there is no key", |host| fs::remove_file(host.live("privkey.pem")).unwrap()),
    ("the key is cut", |host| {
        let key = fs::read(host.live("privkey.pem")).unwrap();
        fs::write(host.live("privkey.pem"), &key[..key.len() / 2]).unwrap();
    }),
    ("the key has a passphrase", |host| {
        let key = host.live("privkey.pem");
        let words = ["pkey", "-aes256", "-passout", "pass:secret", "-in", key.to_str().unwrap()];
        let locked = Command::new("openssl").args(words).output().unwrap().stdout;
        fs::write(key, locked).unwrap();
    }),
    ("there is no certificate", |host| fs::remove_file(host.live("fullchain.pem")).unwrap()),
    ("the chain is empty", |host| fs::write(host.live("fullchain.pem"), "").unwrap()),
    ("the certificate is cut", |host| {
        let chain = fs::read(host.live("fullchain.pem")).unwrap();
        fs::write(host.live("fullchain.pem"), &chain[..chain.len() / 2]).unwrap();
    }),
    ("another certificate comes first", |host| {
        let own = fs::read_to_string(host.live("fullchain.pem")).unwrap();
        let key = fs::read(host.live("privkey.pem")).unwrap();
        host.issue(90);
        let other = fs::read_to_string(host.live("fullchain.pem")).unwrap();
        fs::write(host.live("fullchain.pem"), other + &own).unwrap();
        fs::write(host.live("privkey.pem"), key).unwrap();
    }),
];

#[test]
fn a_bad_pair_never_reaches_a_service() {
    for shell in SHELLS {
        for (what, spoil) in BAD {
            let host = Host::new(shell);
            host.issue(90);
            assert!(host.renewed(&[]).1);
            let served = ["front.crt", "front.key"].map(|name| fs::read(host.path(name)).unwrap());
            host.issue(90);
            spoil(&host);
            let (output, ok) = host.renewed(&[]);
            assert!(!ok && !output.trim().is_empty(), "{what}: {output}");
            let now = ["front.crt", "front.key"].map(|name| fs::read(host.path(name)).unwrap());
            assert!(now == served && host.reloads() == 1, "{what}: {output}");
            let left = fs::read_dir(host.root.path()).unwrap().filter_map(Result::ok);
            let left =
                left.filter(|one| one.file_name().to_string_lossy().starts_with(".matrixform"));
            assert_eq!(left.count(), 0, "{what}");
        }
    }
}

#[test]
fn invalid_lineages_paths_and_units_are_refused() {
    let good = || {
        declaring("acme_deploy_hook", "/usr/local/sbin/deploy")
            .text("lineage", "a.example")
            .text("certificate", "/a")
            .text("webroot", "/b")
    };
    assert!(!good().text("lineage", "../a").refused().is_empty());
    assert!(!good().text("certificate", "a").refused().is_empty());
    assert!(!good().text("webroot", "b").refused().is_empty());
    assert!(!good().list("units", &["nginx"]).refused().is_empty());
}
