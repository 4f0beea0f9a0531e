//! A certificate and key provided by the admin.

use super::changes::spec;
use super::host::{Front, spec_with};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// Makes a pair, `NAME.crt` and `NAME.key`, beside the specs; returns the key.
fn pair(front: &Front, name: &str) -> String {
    let home = front.guest.home.path();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "90", "-subj", "/CN=example.org", "-keyout"])
        .arg(home.join(format!("{name}.key")))
        .args(["-addext", "subjectAltName=DNS:*.example.org,DNS:example.org", "-out"])
        .arg(home.join(format!("{name}.crt")))
        .output()
        .expect("openssl");
    assert!(made.status.success());
    std::fs::read_to_string(home.join(format!("{name}.key"))).expect("a key")
}

/// A spec with a chain beside it and a key among its secrets.
fn with_files(front: &Front, chain: &str, key: &str) -> PathBuf {
    let secrets = front.guest.home.path().join("secrets.toml");
    std::fs::write(&secrets, format!("\"tls/front\" = '''{key}'''\n")).expect("secrets");
    std::fs::set_permissions(&secrets, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    let provider =
        format!("provider = \"files\"\nchain = \"{chain}\"\nkey = {{ secret = \"tls/front\" }}");
    let text = spec_with("provider = \"self-signed\"", &provider);
    spec(front, "files.toml", &format!("[secrets]\nfile = \"secrets.toml\"\n{text}"))
}

pub(super) fn the_provider_can_change(front: &Front) {
    let key = pair(front, "front");
    let files = with_files(front, "front.crt", &key);
    let shown = front.guest.on("plan", &files, &[]);
    let body: String = key.lines().skip(1).take(1).collect();
    assert!(!shown.stdout.contains(&body), "no key in a plan");
    front.guest.apply(&files);
    let served = front.handshake("example.org", &["-showcerts"]);
    let own = std::fs::read_to_string(front.guest.home.path().join("front.crt"));
    let own = own.expect("a certificate");
    assert!(served.contains(own.lines().nth(1).expect("a certificate")), "{served}");
    assert_eq!(front.guest.run("stat -c '%U:%a' /etc/ssl/matrixform/front.key"), "root:600\n");
    assert!(front.guest.planned(&files).is_empty());
    front.guest.apply(&front.spec);
    assert!(front.guest.planned(&front.spec).is_empty());
}

pub(super) fn a_key_of_another_certificate_is_refused(front: &Front) {
    let other = pair(front, "other");
    pair(front, "front");
    let files = with_files(front, "front.crt", &other);
    let look = "find /etc/nginx /etc/ssl/matrixform -type f -exec sha256sum {} + | sort; systemctl show -p InvocationID nginx";
    let before = front.guest.run(look);
    for words in [&["plan"][..], &["apply", "--yes"]] {
        let ran = front.guest.on(words[0], &files, &words[1..]);
        assert_eq!(ran.status, 1, "{ran}");
        assert!(ran.stderr.contains("the secret `tls/front` is not the private key of"), "{ran}");
        assert!(ran.stderr.contains("nothing was changed"), "{ran}");
    }
    assert_eq!(front.guest.run(look), before);
    assert_eq!(front.ask("https://example.org/nothing", &[]).status, 404, "it runs on");
    let own = std::fs::read_to_string(front.guest.home.path().join("front.key")).expect("a key");
    front.guest.apply(&with_files(front, "front.crt", &own));
    front.guest.apply(&front.spec);
    assert!(front.guest.planned(&front.spec).is_empty());
}
