//! User certificates at a real sshd that trusts an authority, but no individual key.

use std::path::{Path, PathBuf};
use std::process::Command;

use matrixform::for_tests::remote::{SshEnvironment, Target};

use crate::agent::Agent;
use crate::sshd::{Key, Sshd};
use crate::{open, refusal};

/// A server that admits certificates signed by its authority.
struct Trusting {
    sshd: Sshd,
    authority: PathBuf,
    _directory: tempfile::TempDir,
}

impl Trusting {
    fn start() -> Trusting {
        let directory = tempfile::tempdir().unwrap();
        let authority = Key::new(directory.path(), "authority", "ed25519").path;
        let line = format!("TrustedUserCAKeys {}.pub\n", authority.display());
        let sshd = Sshd::with(&line, &["ed25519"]);
        sshd.write_known_hosts(&sshd.known_hosts_line("ed25519"));
        Trusting { sshd, authority, _directory: directory }
    }

    /// Signs a key; the certificate is stored beside it.
    fn sign(&self, key: &Key, args: &[&str]) -> PathBuf {
        let signed = Command::new("ssh-keygen")
            .args(["-q", "-I", "ada@work", "-s"])
            .arg(&self.authority)
            .args(args)
            .arg(key.path.with_extension("pub"))
            .status();
        assert!(signed.unwrap().success());
        PathBuf::from(format!("{}-cert.pub", key.path.display()))
    }

    fn key(&self, name: &str, kind: &str) -> Key {
        Key::new(self.sshd.directory(), name, kind)
    }

    fn environment(&self) -> SshEnvironment {
        self.sshd.environment()
    }

    fn configure(&self, lines: &str) {
        std::fs::write(self.sshd.directory().join("ssh_config"), lines).unwrap();
    }

    /// Asserts that the login succeeds.
    async fn lets_in(&self, target: &Target, environment: &SshEnvironment) {
        open(target, environment, &self.sshd).await.close().await;
    }

    async fn refuses(&self, target: &Target) -> String {
        refusal(target, &self.environment()).await.render(false)
    }
}

fn bare(target: Target) -> Target {
    Target { identity_files: Vec::new(), ..target }
}

fn away(certificate: &Path, to: &Path) {
    std::fs::rename(certificate, to).unwrap();
}

#[tokio::test]
async fn a_certificate_next_to_a_key_of_every_type() {
    let host = Trusting::start();
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let key = host.key(kind, kind);
        let target = host.sshd.target(&key);
        let refused = host.refuses(&target).await;
        assert!(refused.contains("refused the key offered"), "{kind}: {refused}");
        host.sign(&key, &["-n", "root"]);
        host.lets_in(&target, &host.environment()).await;
    }
}

#[tokio::test]
async fn a_certificate_named_in_the_configuration() {
    let host = Trusting::start();
    let key = host.key("id", "ed25519");
    let elsewhere = host.sshd.directory().join("of-the-day.pub");
    away(&host.sign(&key, &["-n", "root"]), &elsewhere);
    let target = bare(host.sshd.target(&key));
    let (id, named) = (key.path.display(), elsewhere.display());
    host.configure(&format!("IdentityFile {id}\nCertificateFile {named}\n"));
    host.lets_in(&target, &host.environment()).await;

    let other = host.key("other", "ed25519");
    let id = other.path.display();
    host.configure(&format!("IdentityFile {id}\nCertificateFile {named}\n"));
    let message = host.refuses(&target).await;
    assert!(message.contains("of-the-day.pub` is a certificate whose key is neither"), "{message}");
}

#[tokio::test]
async fn certificates_of_the_agent() {
    for kind in ["ed25519", "rsa"] {
        let host = Trusting::start();
        let key = host.key("id", kind);
        host.sign(&key, &["-n", "root"]);
        let agent = Agent::start(host.sshd.directory());
        // ssh-add gives the agent the certificate beside the key, too.
        agent.add(&key.path, "");
        let mut environment = host.environment();
        environment.agent_socket = Some(agent.socket.clone());
        std::fs::remove_file(host.sshd.directory().join("id-cert.pub")).unwrap();
        std::fs::remove_file(&key.path).unwrap();
        host.lets_in(&bare(host.sshd.target(&key)), &environment).await;
        // The public key also selects the certificate.
        host.lets_in(&host.sshd.target(&key), &environment).await;
    }
}

/// The certificate is a file; the agent does not know it, but signs with the key.
#[tokio::test]
async fn a_file_with_a_key_that_only_the_agent_has() {
    for kind in ["ed25519", "rsa"] {
        let host = Trusting::start();
        let key = Key::with_passphrase(host.sshd.directory(), "locked", kind, "sesame");
        let agent = Agent::start(host.sshd.directory());
        agent.add(&key.path, "sesame");
        host.sign(&key, &["-n", "root"]);
        let mut environment = host.environment();
        environment.agent_socket = Some(agent.socket.clone());
        host.lets_in(&host.sshd.target(&key), &environment).await;
    }
}

#[tokio::test]
async fn invalid_certificates_are_explained() {
    let host = Trusting::start();
    let key = host.key("id", "ed25519");
    let target = host.sshd.target(&key);
    for (args, words) in [
        (
            &["-n", "root", "-V", "20200101000000Z:20200102000000Z"] as &[&str],
            "it expired at 2020-01-02 00:00 UTC",
        ),
        (
            &["-n", "root", "-V", "20990101000000Z:20990102000000Z"],
            "it is not valid before 2099-01-01 00:00 UTC",
        ),
        (&["-n", "ada,bob"], "it is for `ada`, `bob`, not for `root`"),
        (&[], "it has no principals"),
        (
            &["-h", "-n", "root"],
            "id-cert.pub` contains no user certificate: it is a host certificate",
        ),
    ] {
        host.sign(&key, args);
        let message = host.refuses(&target).await;
        assert!(message.contains(words), "{words}: {message}");
    }
    std::fs::write(host.sshd.directory().join("id-cert.pub"), "nonsense\n").unwrap();
    let message = host.refuses(&target).await;
    assert!(message.contains("id-cert.pub` contains no user certificate"), "{message}");
}

/// When the host refuses a certificate, the plain key is tried, which it may accept.
#[tokio::test]
async fn the_plain_key_is_tried_after_its_certificate() {
    let host = Trusting::start();
    let key = host.key("id", "ecdsa");
    host.sign(&key, &["-n", "ada"]);
    host.sshd.authorize(&key);
    host.lets_in(&host.sshd.target(&key), &host.environment()).await;
}
