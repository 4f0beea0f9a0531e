//! `certificate` and `certificate_authority`, made by the real openssl under awkward names.

use crate::declaring::{Declaring, declaring, record};
use crate::machine::{Machine, SHELLS, account};
use matrixform::for_tests::resource::{
    Action, AttributeValue, Comparison, Context, DeclaredValue, Observed,
};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::SystemTime;

const DIRECTORY: &str = "it's \"a\" $(dir) * of 'mine'";

/// A directory with an awkward name, per shell.
fn on_hosts(test: impl Fn(Machine, &str)) {
    for shell in SHELLS {
        let temporary = tempfile::tempdir().unwrap();
        let directory = temporary.path().join(DIRECTORY);
        fs::create_dir(&directory).unwrap();
        test(Machine(shell), directory.to_str().unwrap());
    }
}

fn leaf(prefix: &str, issuer: &str) -> Declaring {
    let (owner, group) = account();
    declaring("certificate", prefix)
        .list("names", &["b.example", "127.0.0.1", "::1", "*.a.example"])
        .text("issuer", issuer)
        .text("owner", &owner)
        .text("group", &group)
        .text("key_mode", "0640")
}

fn authority(prefix: &str) -> Declaring {
    declaring("certificate_authority", prefix).text("common_name", "a local authority")
}

fn mode(path: &str) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names(comparison: &Comparison) -> Vec<&str> {
    comparison.differences.iter().map(|difference| difference.attribute).collect()
}

/// Makes a self-signed certificate for PREFIX without the kind, with these options.
fn by_hand(host: Machine, prefix: &str, options: &str) {
    let script = format!(
        "openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
         -keyout k.pem -out c.pem -subj /CN=x {options} 2>/dev/null; mv k.pem \"$P.key\"; mv c.pem \"$P.crt\""
    );
    let directory = Path::new(prefix).parent().unwrap().to_str().unwrap();
    let quote = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let (_, ok) = host.run(&format!("P={}; cd {}; {script}\n", quote(prefix), quote(directory)));
    assert!(ok);
}

#[test]
fn a_self_signed_certificate_is_created_and_kept() {
    on_hosts(|host, directory| {
        let prefix = format!("{directory}/front");
        let wanted = leaf(&prefix, "self").made();
        assert_eq!(host.converge(&*wanted).action, Action::Create);
        assert_eq!(
            (mode(&format!("{prefix}.key")), mode(&format!("{prefix}.crt"))),
            (0o640, 0o644)
        );
        let key = fs::read(format!("{prefix}.key")).unwrap();
        assert!(key.starts_with(b"-----BEGIN PRIVATE KEY"));
        assert_eq!(fs::read_dir(directory).unwrap().count(), 2, "nothing else is left there");
    });
}

#[test]
fn a_verified_pair_is_recognized_without_openssl() {
    on_hosts(|host, directory| {
        let prefix = format!("{directory}/front");
        host.converge(&*leaf(&prefix, "self").made());
        let quoted = format!("'{}'", prefix.replace('\'', r"'\''"));
        let ask =
            format!("certificate_openssl() {{ return 9; }}\ncertificate_observe {quoted} self\n");
        let text = |answer: (Vec<u8>, bool)| String::from_utf8(answer.0).unwrap();
        let known = text(host.run(&ask));
        assert!(known.contains("key=fits\0issued=yes"), "{known}");
        assert_eq!(
            known.split("now=").last().map(|text| &text[11..]),
            text(
                host.run(&format!("mf_certificates=/nowhere\ncertificate_observe {quoted} self\n"))
            )
            .split("now=")
            .last()
            .map(|text| &text[11..]),
            "it is the same answer"
        );
        by_hand(host, &prefix, "");
        assert!(!text(host.run(&ask)).contains("issued"), "another pair is not known");
    });
}

#[test]
fn every_difference_is_seen_and_corrected() {
    on_hosts(|host, directory| {
        let prefix = format!("{directory}/front");
        let wanted = leaf(&prefix, "self").made();
        let key = || fs::read(format!("{prefix}.key")).unwrap();
        host.converge(&*wanted);
        let first = key();

        fs::set_permissions(format!("{prefix}.key"), fs::Permissions::from_mode(0o644)).unwrap();
        let before = fs::read(format!("{prefix}.crt")).unwrap();
        assert_eq!(names(&host.converge(&*wanted)), ["key_mode"]);
        assert_eq!(fs::read(format!("{prefix}.crt")).unwrap(), before, "only the mode was set");

        let more = leaf(&prefix, "self").list("names", &["c.example"]).made();
        assert_eq!(names(&host.converge(&*more)), ["names"]);
        assert_eq!(key(), first, "a key that fits is kept");

        let shorter = leaf(&prefix, "self").with("days", DeclaredValue::Int(90)).made();
        assert_eq!(names(&host.converge(&*shorter)), ["names", "days"]);

        fs::remove_file(format!("{prefix}.crt")).unwrap();
        assert_eq!(host.plan(&*wanted).action, Action::Update);
        host.converge(&*wanted);
        assert_eq!(key(), first, "a key that lost its certificate is kept");

        fs::write(format!("{prefix}.key"), "no key").unwrap();
        assert_eq!(names(&host.converge(&*wanted)), ["key"]);
        assert_ne!(key(), first);

        fs::write(format!("{prefix}.crt"), "no certificate").unwrap();
        assert!(host.converge(&*wanted).differs("names"));

        fs::rename(format!("{prefix}.crt"), format!("{directory}/elsewhere")).unwrap();
        symlink("elsewhere", format!("{prefix}.crt")).unwrap();
        assert!(host.converge(&*wanted).differs("key"), "a link is replaced, not followed");
        assert!(fs::symlink_metadata(format!("{prefix}.crt")).unwrap().is_file());

        by_hand(host, &prefix, "-days 730 -addext subjectAltName=DNS:other");
        let found = host.converge(&*wanted);
        assert!(found.differs("names") && !found.differs("key"), "{found:?}");
    });
}

#[test]
fn a_certificate_is_renewed_at_a_third_of_its_life() {
    on_hosts(|host, directory| {
        let prefix = format!("{directory}/front");
        let wanted = leaf(&prefix, "self").with("days", DeclaredValue::Int(90)).made();
        host.converge(&*wanted);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        for (days, due) in [(-1, true), (0, false), (59, false), (61, true), (91, true)] {
            let context = Context::default();
            let mut answers = host.answers(&*wanted, &context);
            let later = (now as i64 + days * 86_400).to_string();
            answers.add("certificate_observe", 0, &record(&prefix, &[("now", &later)]));
            let found = wanted.compare(&context, &wanted.observe(&context, &answers));
            assert_eq!(names(&found), if due { vec!["renewal"] } else { vec![] }, "{days}");
        }
        let early = leaf(&prefix, "self").with("renew_before", DeclaredValue::Int(1)).made();
        host.converge(&*early);
        let late = leaf(&prefix, "self").with("renew_before", DeclaredValue::Int(729)).made();
        assert_eq!(host.plan(&*late), Comparison::unchanged());
    });
}

#[test]
fn an_authority_signs_and_its_renewal_breaks_nothing() {
    on_hosts(|host, directory| {
        let (ca, prefix) = (format!("{directory}/ca"), format!("{directory}/postgres"));
        let wanted = leaf(&prefix, &ca).made();
        assert_eq!(account().0, "root", "an authority belongs to root: run the tests as root");
        host.converge(&*authority(&ca).made());
        host.converge(&*wanted);
        assert_eq!(mode(&format!("{ca}.key")), 0o600);

        let shorter = authority(&ca).with("days", DeclaredValue::Int(3650)).made();
        assert_eq!(names(&host.converge(&*shorter)), ["days"]);
        assert_eq!(host.plan(&*wanted), Comparison::unchanged(), "signed before, and still good");

        let renamed = authority(&ca).text("common_name", "another").made();
        assert!(matches!(host.plan(&*renamed).action, Action::Refuse { .. }));

        fs::remove_file(format!("{ca}.key")).unwrap();
        assert!(host.plan(&*authority(&ca).made()).differs("key"));
        let found = host.plan(&*wanted);
        let lost = AttributeValue::word(format!("{ca}, but its key is lost"));
        assert_eq!(found.differences[0].from, lost, "planned with the authority, not after it");
        host.converge(&*authority(&ca).made());
        assert_eq!(names(&host.converge(&*wanted)), ["issuer"]);
    });
}

#[test]
fn a_bootstrap_pair_is_replaced_by_any_valid_one() {
    on_hosts(|host, directory| {
        let prefix = format!("{directory}/front");
        let wanted = leaf(&prefix, "self").with("bootstrap", DeclaredValue::Bool(true)).made();
        host.converge(&*wanted);
        by_hand(host, &prefix, "-days 1");
        fs::set_permissions(format!("{prefix}.key"), fs::Permissions::from_mode(0o640)).unwrap();
        fs::set_permissions(format!("{prefix}.crt"), fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(host.plan(&*wanted), Comparison::unchanged());
    });
}

#[test]
fn without_openssl_an_existing_certificate_is_unknown() {
    let host = Machine(SHELLS[0]);
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("x").to_str().unwrap().to_owned();
    let wanted = leaf(&prefix, "self").made();
    let observe = || {
        let (body, _) = host.run(&format!("paths_observe {prefix}.crt {prefix}.key\n"));
        let mut answers = matrixform::for_tests::resource::Answers::default();
        answers.add("paths_observe", 0, &body);
        wanted.observe(&Context::default(), &answers)
    };
    assert_eq!(observe(), Observed::Absent);
    fs::write(format!("{prefix}.crt"), "").unwrap();
    assert!(matches!(observe(), Observed::Unknown(_)));
}

#[test]
fn invalid_names_are_refused() {
    for name in ["", "a b", "a,DNS:b", "a/CN=b", "é.example", "a..b"] {
        let wrong = declaring("certificate", "/x").list("names", &[name]);
        assert!(!wrong.refused().is_empty(), "{name}");
    }
    assert!(!authority("/x").text("common_name", "a/O=b").refused().is_empty());
    assert!(!leaf("/x", "ca").refused().is_empty());
    assert!(!leaf("/x", "self").with("renew_before", DeclaredValue::Int(730)).refused().is_empty());
}
