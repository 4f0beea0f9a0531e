//! `acme_certificate`: differences of certbot's lineage, and the actions they cause.

use crate::declaring::{Declaring, declaring};
use crate::machine::{Machine, SHELLS};
use matrixform::for_tests::resource::{Action, Answers, Comparison, Context};
use std::path::Path;

const CONF: &str = "renew_before_expiry = 720 hours\n[renewalparams]\naccount = 1\nauthenticator = webroot\n\
    webroot_path = /webroot,\nserver = https://acme.example/dir\nrenew_hook = /hook\n[[webroot_map]]\na.example = /webroot\n";
const TEXT: &str = "subject=\nissuer=CN=Authority\nnotBefore=Jan  1 00:00:00 2026 GMT\nnotAfter=Mar 31 23:59:59 2026 GMT\n\
    X509v3 Subject Alternative Name: \n    DNS:a.example, DNS:b.example\n";
/// 2026-01-02.
const NOW: i64 = 1_767_312_000;
const DAY: i64 = 86_400;

fn good() -> Declaring {
    declaring("acme_certificate", "a.example")
        .list("names", &["b.example", "a.example"])
        .text("directory", "https://acme.example/dir")
        .text("webroot", "/webroot")
        .text("certificate", "/etc/ssl/front")
        .text("hook", "/hook")
        .list("units", &["nginx.service"])
        .list("served", &["a.example:443"])
}

/// The comparison with a host's answers, and the action of the step.
fn planned(of: &Declaring, conf: &str, now: i64, deployed: bool) -> (Comparison, Option<String>) {
    let copied = if deployed { "deployed=yes\0" } else { "" };
    let body = format!("a.example\0now={now}\0conf={conf}\0text={TEXT}\0{copied}\0");
    let mut answers = Answers::default();
    answers.add("acme_observe", 0, body.as_bytes());
    compared(of, &answers)
}

fn compared(of: &Declaring, answers: &Answers) -> (Comparison, Option<String>) {
    let (resource, context) = (of.made(), Context::default());
    let found = resource.compare(&context, &resource.observe(&context, answers));
    let steps = if found.is_change() { resource.converge(&context, &found) } else { Vec::new() };
    let action = steps.first().map(|step| {
        assert_eq!(
            step.proof.is_some(),
            step.call.args[0] == "issue",
            "names are proven before an issue"
        );
        step.call.args[0].clone()
    });
    (found, action)
}

#[test]
fn a_correct_certificate_is_left_alone() {
    let (found, action) = planned(&good(), CONF, NOW, true);
    assert_eq!((found, action), (Comparison::unchanged(), None));
    let a_quarter_is_left = planned(&good(), CONF, NOW + 60 * DAY, true);
    assert_eq!(a_quarter_is_left.1, None, "the timer has its time");
}

#[test]
fn each_difference_leads_to_its_action() {
    let with = |from: &str, to: &str| CONF.replace(from, to);
    let cases = [
        ("directory", with("acme.example/dir", "staging.example/dir"), "issue"),
        ("profile", with("account", "preferred_profile = shortlived\naccount"), "issue"),
        ("challenges", with("authenticator = webroot", "authenticator = nginx"), "keep"),
        ("challenges", with("a.example = /webroot", "a.example = /elsewhere"), "keep"),
        ("hooks", with("renew_hook = /hook", "renew_hook = /other"), "keep"),
        ("hooks", with("account", "pre_hook = systemctl stop nginx\naccount"), "keep"),
        ("renews", with("720 hours", "10 days"), "keep"),
        ("renews", with("renew_before_expiry", "# renew_before_expiry"), "keep"),
        ("renews", with("720 hours", "rubbish"), "keep"),
    ];
    for (attribute, conf, action) in cases {
        let (found, planned) = planned(&good(), &conf, NOW, true);
        let differing: Vec<&str> = found.differences.iter().map(|one| one.attribute).collect();
        assert_eq!((differing, planned.as_deref()), (vec![attribute], Some(action)), "{conf}");
        assert!(
            found.notes[0].contains("from CN=Authority and expires on 2026-03-31"),
            "{:?}",
            found.notes
        );
    }
    let (found, action) = planned(&good(), CONF, NOW, false);
    assert!(found.differs("copied") && action.as_deref() == Some("keep"));
    let (found, action) = planned(&good(), CONF, NOW + 80 * DAY, true);
    assert!(found.differs("renewal") && action.as_deref() == Some("renew"));
    let more = good().list("names", &["a.example", "b.example", "c.example"]);
    let (found, action) = planned(&more, CONF, NOW, true);
    assert!(found.differs("names") && action.as_deref() == Some("issue"));
    let (found, action) = compared(&good(), &Answers::default());
    assert_eq!((found.action, action.as_deref()), (Action::Create, Some("issue")));
}

#[test]
fn invalid_certificate_requests_are_refused() {
    let refused = |of: Declaring| !of.refused().is_empty();
    assert!(refused(good().list("names", &["*.example"])));
    assert!(refused(good().list("names", &[])));
    assert!(refused(good().text("directory", "http://acme.example/dir")));
    assert!(refused(good().text("contact", "-x@a.example")));
    assert!(refused(good().text("profile", "two words")));
    assert!(refused(good().text("eab_key_id", "kid-1")), "a key goes with its id");
    assert!(refused(good().text("webroot", "webroot")));
    assert!(refused(good().list("served", &["a.example"])));
    assert!(refused(good().list("units", &["nginx"])));
}

#[test]
fn only_the_account_of_the_spec_is_accepted() {
    let with = |account: &str| good().text("account", account);
    let answered = |account: &str| {
        let body = format!(
            "a.example\0now={NOW}\0conf={CONF}\0text={TEXT}\0account={account}\0deployed=yes\0\0"
        );
        let mut answers = Answers::default();
        answers.add("acme_observe", 0, body.as_bytes());
        answers
    };
    let own = "https://acme.example/acct/1";
    assert_eq!(compared(&good(), &answered(own)).1, None, "any is right where none is named");
    assert_eq!(compared(&with(own), &answered(own)), (Comparison::unchanged(), None));
    for other in ["https://acme.example/acct/12", ""] {
        let (found, action) = compared(&with(own), &answered(other));
        assert!(found.differs("account") && action.as_deref() == Some("issue"), "{other}");
    }
    assert!(!with("http://acme.example/acct/1").refused().is_empty());
}

/// certbot's directories with two accounts at one authority, one at another, and one with hostile contents.
fn accounts(etc: &Path) -> String {
    let put = |path: &str, text: &str| {
        let path = etc.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let account = |place: &str, url: &str| {
        put(
            &format!("accounts/{place}/regr.json"),
            &format!(
                "{{\"body\": {{\"contact\": [\"mailto:\\\"uri\\\"@x\"]}}, \"uri\": \"{url}\"}}"
            ),
        );
    };
    account("acme.example/dir/0a", "https://acme.example/acct/1");
    account("acme.example/dir/0b", "https://acme.example/acct/12");
    account("other.example/dir/0a", "https://other.example/acct/1");
    account("acme.example/0c", "https://acme.example/out/of/the/directory");
    account("hostile.example/dir/0d", "x\u{1b}[31m $(reboot) y");
    let conf = |server: &str, account: &str| {
        format!("version = 1\n[renewalparams]\naccount = {account}\nserver = https://{server}\n")
    };
    put("renewal/first.conf", &conf("acme.example/dir", "0a"));
    put("renewal/other.conf", &conf("other.example/dir", "0a"));
    put("renewal/climbing.conf", &conf("other.example/dir/../../acme.example", "0c"));
    put("renewal/strange.conf", &conf("acme.example/dir", "../0c"));
    put("renewal/lost.conf", &conf("acme.example/dir", "ff"));
    put("renewal/hostile.conf", &conf("hostile.example/dir", "0d"));
    etc.display().to_string()
}

#[test]
fn accounts_are_found_by_their_authority_url() {
    for shell in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let etc = accounts(directory.path());
        let library = matrixform::for_tests::run::library().replace("/etc/letsencrypt", &etc);
        let run = |script: &str| {
            let (output, ok) = Machine(shell).run_with(library.clone(), script);
            (String::from_utf8(output).unwrap().trim().to_owned(), ok)
        };
        for (lineage, url) in [
            ("first", "https://acme.example/acct/1"),
            ("other", "https://other.example/acct/1"),
            ("climbing", ""),
            ("strange", ""),
            ("lost", ""),
            ("hostile", ""),
        ] {
            assert_eq!(run(&format!("acme_url {lineage}")), (url.to_owned(), true), "{shell:?}");
        }
        let chosen = |only: &str, lineage: &str, at: &str| {
            run(&format!(
                "mf_only={only} mf_lineage={lineage} mf_directory_url=https://{at} acme_account"
            ))
            .0
        };
        assert_eq!(chosen("https://acme.example/acct/12", "first", "acme.example/dir"), "0b");
        assert_eq!(chosen("https://acme.example/acct/1", "new", "acme.example/dir"), "0a");
        assert_eq!(chosen("https://acme.example/acct/1", "first", "other.example/dir"), "");
        assert_eq!(chosen("''", "first", "acme.example/dir"), "0a", "the lineage's");
        assert!(["0a", "0b"].contains(&chosen("''", "new", "acme.example/dir").as_str()));
        assert_eq!(chosen("''", "new", "other.example/dir"), "", "certbot has but one");
        let (why, ok) = run(
            "mf_only=https://acme.example/acct/9 mf_lineage=first mf_directory_url=https://acme.example/dir acme_known",
        );
        assert!(!ok && why.contains("https://acme.example/acct/9"), "{why}");
    }
}

/// Runs a script of the library with the test's programs first on PATH, and `@` replaced by a directory of the test.
fn with_programs(
    shell: &'static [&'static str],
    programs: &[(&str, &str)],
    script: &str,
) -> (String, bool) {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().display().to_string();
    for (name, text) in programs {
        let program = directory.path().join(name);
        std::fs::write(&program, format!("#!/bin/sh\n{}\n", text.replace('@', &root))).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let library = matrixform::for_tests::run::library().replace("/var/log/letsencrypt", &root);
    let script = format!("PATH={root}:$PATH\nexec 2>&1\n{}\n", script.replace('@', &root));
    let (output, ok) = Machine(shell).run_with(library, &script);
    (String::from_utf8_lossy(&output).into_owned(), ok)
}

#[test]
fn authority_errors_come_from_the_current_run() {
    let detail = |text: &str| format!("  \"detail\": \"{text}\",");
    let old = format!("{} urn:ietf:params:acme:error:rateLimited", detail("of long ago"));
    let new = detail("of now");
    for shell in SHELLS {
        let failed = |certbot: &str| {
            let script =
                format!("echo '{old}' | tr '~' '\\n' >@/letsencrypt.log\nacme_certbot renew");
            let programs = [("certbot", format!("{certbot}\necho failed; exit 1"))];
            let (output, ok) = with_programs(shell, &[(programs[0].0, &programs[0].1)], &script);
            assert!(!ok && output.contains("failed") && !output.contains("long ago"), "{output}");
            assert!(!output.contains("its rate limit is reached"), "{output}");
            output
        };
        assert!(!failed(":").contains("the authority says"), "{shell:?}: it wrote nothing");
        assert!(!failed("echo x >>@/letsencrypt.log").contains("the authority says"), "{shell:?}");
        let appended = failed(&format!("echo '{new}' >>@/letsencrypt.log"));
        assert!(appended.contains("the authority says: of now"), "{shell:?}: {appended}");
        let rotated =
            format!("mv @/letsencrypt.log @/letsencrypt.log.1; echo '{new}' >@/letsencrypt.log");
        assert!(failed(&rotated).contains("the authority says: of now"), "{shell:?}");
        let first = "rm @/letsencrypt.log";
        assert!(!failed(first).contains("the authority says"), "{shell:?}");
        let first = format!("echo '{new}' >>@/letsencrypt.log; echo failed; exit 1");
        let (output, _) = with_programs(shell, &[("certbot", &first)], "acme_certbot renew");
        assert!(output.contains("the authority says: of now"), "{shell:?}: a first log: {output}");
    }
}

#[test]
fn every_address_of_a_name_must_lead_to_the_host() {
    let getent = "case $1 in ahostsv4) printf '%s STREAM x\\n' 192.0.2.1 192.0.2.1 192.0.2.2 ;; \
                  *) printf '%s STREAM x\\n' ::ffff:192.0.2.1 2001:db8::1 ;; esac";
    let curl = |wrong: &str, instead: &str| {
        format!("case $* in *:80:{wrong}:80*) {instead} ;; *:80:*:80*) echo word ;; esac")
    };
    for shell in SHELLS {
        for (wrong, instead, expected) in [
            ("nowhere", ":", ""),
            ("192.0.2.1", "echo other", "IPv4 [192.0.2.1]: other"),
            (
                "192.0.2.2",
                "echo 'curl: (7) refused'; exit 7",
                "IPv4 [192.0.2.2]: curl: (7) refused",
            ),
            (r"\[2001:db8::1\]", "printf 'a\\033[31m\\nword'", "IPv6 [2001:db8::1]: a[31m"),
            // Endless output is truncated and ended.
            ("192.0.2.2", "exec tr '\\0' x </dev/zero", "IPv4 [192.0.2.2]: xxx"),
        ] {
            let programs = [("getent", getent.to_owned()), ("curl", curl(wrong, instead))];
            let programs = programs.each_ref().map(|(name, text)| (*name, text.as_str()));
            let (output, _) = with_programs(shell, &programs, "acme_astray a.example word");
            assert!(
                output.starts_with(expected) && output.len() < 200,
                "{shell:?} {wrong}: {output}"
            );
            assert_eq!(output.is_empty(), expected.is_empty(), "{shell:?} {wrong}: {output}");
        }
        let (output, _) =
            with_programs(shell, &[("getent", "exit 2")], "acme_astray a.example word");
        assert_eq!(output, "it has no address", "{shell:?}");
    }
}

#[test]
fn a_leftover_challenge_is_removed() {
    for shell in SHELLS {
        let script =
            "acme_offer @ one; acme_offer @ two; cd @/.well-known/acme-challenge && grep . *";
        let (output, ok) = with_programs(shell, &[], script);
        assert!(ok && output.trim() == "two", "{shell:?}: {output}");
    }
}

/// Root, and certbot as root, would follow links that others put there.
#[test]
fn no_challenge_is_placed_where_others_can_write() {
    for shell in SHELLS {
        for others in ["@", "@/.well-known", "@/.well-known/acme-challenge"] {
            let script = format!(
                "mkdir -p @/.well-known/acme-challenge && chown nobody {others} || exit 9
                exec 2>&1; acme_offer @ one; mf_status=$?; find @ -name 'matrixform-*'; exit $mf_status"
            );
            let (output, ok) = with_programs(shell, &[], &script);
            assert!(
                !ok && output.contains("users other than root can change"),
                "{shell:?}: {output}"
            );
            assert!(!output.contains("matrixform-one"), "{shell:?}: {output}");
        }
    }
}

#[test]
fn an_unreadable_lineage_is_not_requested_again() {
    use std::os::unix::fs::symlink;
    for shell in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let etc = directory.path().display().to_string();
        let library = matrixform::for_tests::run::library().replace("/etc/letsencrypt", &etc);
        let check = || {
            let script = "exec 2>&1; mf_lineage=a acme_whole";
            let (output, ok) = Machine(shell).run_with(library.clone(), script);
            (String::from_utf8(output).unwrap(), ok)
        };
        assert_eq!(check(), (String::new(), true), "{shell:?}: there is none yet");
        for place in ["renewal", "live/a", "archive/a"] {
            std::fs::create_dir_all(directory.path().join(place)).unwrap();
        }
        std::fs::write(directory.path().join("renewal/a.conf"), "x").unwrap();
        for kind in ["cert", "chain", "fullchain", "privkey"] {
            let (why, ok) = check();
            assert!(!ok && why.contains(&format!("live/a/{kind}.pem is not a link")), "{why}");
            let link = directory.path().join(format!("live/a/{kind}.pem"));
            std::fs::write(&link, "as after a copy").unwrap();
            assert!(!check().1, "{shell:?} {kind}: a file");
            std::fs::remove_file(&link).unwrap();
            symlink(format!("../../archive/a/{kind}1.pem"), &link).unwrap();
            assert!(!check().1, "{shell:?} {kind}: a link to nothing");
            std::fs::write(directory.path().join(format!("archive/a/{kind}1.pem")), "x").unwrap();
        }
        assert_eq!(check(), (String::new(), true), "{shell:?}: whole");
    }
}
