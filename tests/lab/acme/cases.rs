//! The life of a certificate: issued, refused, renewed under load, taken over.

use super::host::{Acme, LINEAGE, NAMES};
use crate::guest::lab;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

impl Acme {
    pub(super) fn a_failed_certificate_leaves_the_rest_applied(&self) {
        let ran = self.refused("\"refused.test\"");
        assert!(ran.stderr.contains("the authority says: "), "{ran}");
        assert!(ran.stderr.contains("refused.test"), "the authority's own words\n{ran}");
        assert!(!ran.stderr.contains("AttributeError"), "{ran}");
        let (answer, answered) = self.ask("https://example.org/.well-known/matrix/server", &[]);
        assert!(answered && answer.contains("matrix.example.org:443"), "{answer}");
        let (answer, _) = self.ask("http://example.org/_matrix/x", &[]);
        assert!(answer.ends_with("301"), "port 80 leads to port 443 alone: {answer}");
    }

    pub(super) fn a_misdirected_name_is_found_before_any_order(&self) {
        let before = self.orders();
        let gateway = self.guest.get("GATEWAY4");
        self.guest.run(&format!(
            "sed -i '/example.org/d' /etc/hosts; echo '{gateway} example.org' >>/etc/hosts"
        ));
        let ran = self.refused("");
        let wrong = format!(
            "example.org does not lead to this host: from the host itself, IPv4 [{gateway}]: "
        );
        assert!(ran.stderr.contains(&wrong), "{ran}");
        let nowhere = "matrix.example.org does not lead to this host: from the host itself, it has no address; \
                       from your machine, it has no address";
        assert!(ran.stderr.contains(nowhere), "{ran}");
        assert_eq!(self.orders(), before, "the authority was not asked");
        self.leads_here(&[&NAMES[..], &["turn.example.org"]].concat());
    }

    pub(super) fn it_is_issued_and_served(&self) {
        let spec = self.spec("");
        let before = self.served("example.org");
        let ran = self.guest.apply(&spec);
        assert!(ran.stdout.contains("1 to create, 0 to update"), "{ran}");
        self.its_account_is_the_only_one(&ran.stderr);
        let kept = self.kept();
        assert_ne!(kept, before);
        for name in NAMES {
            assert_eq!(self.served(name), kept, "{name}");
        }
        let root = self.guest.home.path().join("root.pem");
        std::fs::write(&root, lab(&["authority", "root", &self.authority])).expect("the root");
        let to = format!("::{}:", self.guest.get("ADDRESS4"));
        let mut trusting = Command::new("curl");
        trusting.args(["-q", "-sS", "--cacert"]).arg(&root).args([
            "--connect-to",
            &to,
            "https://matrix.example.org/",
        ]);
        let trusting = trusting.output().expect("curl can be run");
        assert!(trusting.status.success(), "{}", String::from_utf8_lossy(&trusting.stderr));
        assert!(self.guest.planned(&spec).is_empty());
        let conf = self.guest.run(&format!("head -n 1 /etc/letsencrypt/renewal/{LINEAGE}.conf"));
        assert_eq!(conf, "renew_before_expiry = 720 hours\n", "a third of 90 days");
        assert!(self.guest.run("systemctl is-enabled certbot.timer").starts_with("enabled"));
    }

    /// Sets the account reported at the first issue in the spec.
    fn its_account_is_the_only_one(&self, answer: &str) {
        let (_, account) =
            answer.split_once("this host's account at the authority is ").expect("it is named");
        let (account, _) = account.split_once(": ").expect("a URL");
        let with = |account: &str| {
            let more = format!("authority = \"ca.example\"\naccount = \"{account}\"");
            self.spec_with("", &more)
        };
        assert!(self.guest.planned(&with(account)).is_empty(), "{account}");
        let orders = self.orders();
        let ran = self.guest.on("apply", &with(&format!("{account}x")), &["--yes"]);
        assert_eq!(ran.status, 3, "{ran}");
        assert!(ran.stderr.contains("this host does not have it"), "{ran}");
        assert_eq!(self.orders(), orders, "the authority was not asked");
        self.spec("");
    }

    pub(super) fn it_is_renewed_under_load(&self) {
        let (before, process) =
            (self.kept(), self.guest.run("systemctl show -p InvocationID nginx"));
        let (ended, asked) = (AtomicBool::new(false), AtomicU32::new(0));
        // A terminating nginx worker announces on its HTTP/2 connections that it takes no more requests. Clients then
        // retry on another connection (RFC 9113, 8.7), which another worker may have accepted before it learned that it
        // is terminating, too.
        let workers = self.guest.run("pgrep -c -f '^nginx: worker'");
        let again =
            ["--http2", "--retry", workers.trim(), "--retry-all-errors", "--retry-delay", "0"];
        let document = "https://example.org/.well-known/matrix/server";
        let (whole, answered) = self.ask(document, &["--http1.1"]);
        assert!(answered && whole.ends_with("200"), "{whole}");
        std::thread::scope(|scope| {
            let (ended, asked, again) = (&ended, &asked, &again);
            let load = |protocol: &[&str]| {
                while !ended.load(Ordering::Relaxed) {
                    // curl can fail after the whole answer, when it acknowledges that to a worker that has closed its
                    // connection.
                    let (answer, _) = self.ask(document, protocol);
                    assert!(answer.contains(&whole), "a request failed: {answer}");
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            };
            let loads =
                [&["--http1.1"][..], again].map(|protocol| scope.spawn(move || load(protocol)));
            self.certbot(&format!(
                "renew -q --cert-name {LINEAGE} --force-renewal --no-random-sleep-on-renew"
            ));
            ended.store(true, Ordering::Relaxed);
            for load in loads {
                load.join().unwrap_or_else(|failed| std::panic::resume_unwind(failed));
            }
        });
        assert!(asked.load(Ordering::Relaxed) > 20, "{asked:?} requests are no load");
        assert_ne!(self.kept(), before);
        assert_eq!(self.served("example.org"), self.kept(), "the hook had it read");
        assert_eq!(
            self.guest.run("systemctl show -p InvocationID nginx"),
            process,
            "reloaded, not restarted"
        );
        assert!(self.guest.planned(&self.spec("")).is_empty(), "a renewal is no drift");
    }

    pub(super) fn it_is_renewed_in_the_suggested_window(&self) {
        // As if the hook had failed.
        self.guest.run(&format!(
            "MATRIXFORM_APPLIES=yes REQUESTS_CA_BUNDLE=/etc/ssl/matrixform/acme-directory.crt \
             certbot renew -q --cert-name {LINEAGE} --force-renewal --no-random-sleep-on-renew"
        ));
        let before = self.kept();
        assert_ne!(self.served("example.org"), before);
        assert_eq!(self.guest.planned(&self.spec("")), [format!("acme_certificate:{LINEAGE}")]);
        let journal = self.look("differs from certbot");
        assert_eq!(self.served("example.org"), before);
        assert!(
            journal.contains("will be renewed after 20"),
            "two thirds of its life are not over: {journal}"
        );
        let asked_again = "rm -f /var/lib/matrixform/renewal/window";
        for answer in [
            "{",
            "[]",
            r#"{"suggestedWindow":{"start":"2020-01-02T00:00:00Z","end":"2020-01-01T00:00:00Z"}}"#,
            r#"{"suggestedWindow":{"start":"$(reboot)","end":"2020-01-01T00:00:00Z"}}"#,
            r#"{"suggestedWindow":{"start":"2020-01-01T00:00:00Z"}}"#,
        ] {
            self.authority_wants(answer);
            self.guest.run(asked_again);
            self.look("no answer from the authority");
        }
        let now = r#"{"suggestedWindow":{"start":"2020-01-01T00:00:00Z","end":"2020-01-02T00:00:00Z"},
            "explanationURL":"https://example.net/why"}"#;
        self.authority_wants(now);
        self.guest.run(asked_again);
        let journal = self.look("its reason: https://example.net/why");
        let renewed = self.kept();
        assert_ne!(renewed, before, "{journal}");
        assert_eq!(self.served("example.org"), renewed);
        self.authority_wants(now);
        self.look("not again yet");
        assert_eq!(self.kept(), renewed);
        assert!(self.guest.planned(&self.spec("")).is_empty());
    }

    /// The authority revokes the certificate, without a renewal window set in the authority.
    pub(super) fn it_is_renewed_when_it_is_revoked(&self) {
        let state = "/var/lib/matrixform/renewal";
        self.guest.run(&format!("rm -f {state}/forced"));
        // The window requested for the last one.
        self.look("");
        // This one is good.
        self.look("will be renewed after 20");
        self.guest.run(&format!("rm -f {state}/window {state}/forced"));
        let before = self.kept();
        self.certbot(&format!("revoke -n -q --no-delete-after-revoke --cert-name {LINEAGE}"));
        let journal = self.look("renewed now");
        let renewed = self.kept();
        assert_ne!(renewed, before, "at once: {journal}");
        assert_eq!(self.served("example.org"), renewed);
        // So is the new one.
        self.look("will be renewed after 20");
        assert!(self.guest.planned(&self.spec("")).is_empty());
    }

    pub(super) fn an_unavailable_authority_breaks_nothing(&self) {
        let before = self.served("example.org");
        lab(&["authority", "down", &self.authority]);
        let ran = self.refused("\"turn.example.org\"");
        assert!(ran.stderr.contains("Connection refused"), "{ran}");
        assert!(!ran.stderr.contains("the authority says"), "it gave no reason this time\n{ran}");
        assert_eq!(self.served("example.org"), before);
        self.authority_up(&[]);
    }

    /// A lineage made with certbot alone, with nothing as in the spec.
    pub(super) fn lineages_of_certbot_are_adopted(&self) {
        self.certbot(&format!("delete -n --cert-name {LINEAGE}"));
        self.guest.run("rm -rf /etc/letsencrypt/accounts");
        let names = NAMES.map(|name| format!("-d {name}")).join(" ");
        self.certbot(&format!(
            "certonly -q -n --agree-tos -m a@example.org --no-eff-email --server {} --standalone --key-type rsa \
             --pre-hook 'systemctl stop nginx' --post-hook 'systemctl start nginx' --cert-name {LINEAGE} {names}",
            self.directory
        ));
        let theirs = self.kept();
        let spec = self.spec("");
        let shown = self.guest.on("plan", &spec, &[]);
        assert!(shown.stdout.contains("standalone"), "what it was is shown\n{shown}");
        let orders = self.orders();
        self.guest.apply(&spec);
        assert_eq!(self.orders(), orders, "it is good as it is");
        assert_eq!(self.kept(), theirs);
        assert_eq!(self.served("example.org"), theirs);
        assert!(self.guest.planned(&spec).is_empty());
        let process = self.guest.run("systemctl show -p InvocationID nginx");
        self.certbot(&format!(
            "renew -q --cert-name {LINEAGE} --force-renewal --no-random-sleep-on-renew"
        ));
        assert_ne!(self.kept(), theirs);
        assert_eq!(self.served("example.org"), self.kept());
        assert_eq!(
            self.guest.run("systemctl show -p InvocationID nginx"),
            process,
            "its hooks are gone"
        );
        assert!(self.guest.planned(&spec).is_empty());
    }

    /// External account binding: without a key, with a wrong one, and with the right one.
    pub(super) fn only_bound_accounts_are_accepted(&mut self) {
        let (right, wrong) =
            ("zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W", "AAAA");
        lab(&["authority", "down", &self.authority]);
        (self.directory, self.admin) = self.authority_up(&["--eab", "kid-1", right]);
        self.guest.run("rm -rf /etc/letsencrypt/accounts");
        self.certbot(&format!("delete -n --cert-name {LINEAGE}"));
        self.refused("");
        let secrets = self.guest.home.path().join("secrets.toml");
        let with = |key: &str| {
            let text = format!("\"tls/eab\" = \"{key}\"\n");
            std::fs::write(&secrets, text).expect("secrets");
            std::fs::set_permissions(&secrets, std::fs::Permissions::from_mode(0o600))
                .expect("a mode");
            let eab = "eab = { key_id = \"kid-1\", key = { secret = \"tls/eab\" } }";
            self.spec_with("", &format!("{eab}\n[secrets]\nfile = \"secrets.toml\"\n"))
        };
        let ran = self.guest.on("apply", &with(wrong), &["--yes"]);
        assert_eq!(ran.status, 3, "{ran}");
        let spec = with(right);
        let ran = self.guest.apply(&spec);
        assert!(!ran.to_string().contains(right), "the key is not shown\n{ran}");
        assert_eq!(self.served("example.org"), self.kept());
        assert!(self.guest.planned(&spec).is_empty());
        let traces = "grep -rlF {right} /etc /var/lib /var/log /run 2>/dev/null || :"
            .replace("{right}", right);
        assert_eq!(self.guest.run(&traces), "", "the host keeps no copy of the key");
    }

    /// As from staging to production: the certificate is replaced by one from another directory.
    pub(super) fn the_authority_can_be_replaced(&mut self) {
        let (before, first) = (self.kept(), self.directory.clone());
        let (old, slot) = (self.authority.clone(), self.slot);
        self.authority = format!("{old}-other");
        self.slot = if slot == "1" { "3" } else { "4" };
        (self.directory, self.admin) = self.authority_up(&[]);
        assert_ne!(self.directory, first);
        let spec = self.spec("");
        let shown = self.guest.on("plan", &spec, &[]);
        assert!(
            shown.stdout.contains(&format!("directory: {first} → {}", self.directory)),
            "{shown}"
        );
        assert!(shown.stdout.contains("it is replaced by one from another authority"), "{shown}");
        self.guest.apply(&spec);
        assert_ne!(self.kept(), before);
        assert_eq!(self.served("example.org"), self.kept());
        assert!(self.guest.planned(&spec).is_empty());
        lab(&["authority", "down", &self.authority]);
        (self.authority, self.slot) = (old, slot);
    }
}
