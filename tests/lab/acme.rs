//! Certificates of an authority that speaks ACME, on blank hosts: issued, refused, renewed under load, taken over. The
//! authority is Debian's pebble; what it makes of names is put into its own DNS, what the host makes of them into its hosts.

use crate::guest::{Guest, Ran, lab};
use libtest_mimic::Trial;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    let mut suites = vec![("bookworm", "1")];
    // The older certbot is the one that hides more.
    if std::env::var_os("MATRIXFORM_FULL").is_some() {
        suites.push(("trixie", "2"));
    }
    let trial = |(suite, slot): (&'static str, &'static str)| {
        Trial::test(format!("acme::{suite}::certificates_come_from_an_authority"), move || {
            let host = Acme::blank(suite, slot);
            host.what_fails_leaves_the_rest_done();
            host.a_name_that_leads_elsewhere_is_found_before_the_authority_is_asked();
            host.it_is_issued_and_served();
            host.it_is_renewed_under_load();
            host.it_is_renewed_when_the_authority_wants_it();
            host.an_authority_that_is_down_takes_nothing_away();
            host.what_certbot_has_is_taken_over();
            host.guest.down();
            lab(&["authority", "down", &host.authority]);
            Ok(())
        })
    };
    suites.into_iter().map(trial).collect()
}

const NAMES: [&str; 2] = ["example.org", "matrix.example.org"];
const LINEAGE: &str = "matrix.example.org";

struct Acme {
    guest: Guest,
    authority: String,
    slot: &'static str,
    directory: String,
    /// Where the authority is told what to do.
    admin: String,
}

impl Acme {
    fn blank(suite: &str, slot: &'static str) -> Acme {
        let guest = Guest::blank(&format!("t-acme-{suite}"), suite);
        let authority = format!("t-acme-{suite}");
        let mut host =
            Acme { guest, authority, slot, directory: String::new(), admin: String::new() };
        (host.directory, host.admin) = host.authority_up(&[]);
        host.leads_here(&[&NAMES[..], &["refused.test", "turn.example.org"]].concat());
        host
    }

    /// Starts the authority; its directory. It forgets all that it knew.
    fn authority_up(&self, more: &[&str]) -> (String, String) {
        let said =
            lab(&[&["authority", "up", &self.authority, "--slot", self.slot], more].concat());
        let value = |key: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(key)).expect("a value");
            line.trim_matches('\'').to_owned()
        };
        let ca = self.guest.home.path().join("directory.crt");
        std::fs::copy(value("LAB_DIRECTORY_CA="), ca).expect("the directory's authority");
        for name in [&NAMES[..], &["turn.example.org"]].concat() {
            let addresses = [self.guest.get("ADDRESS4"), self.guest.get("ADDRESS6")];
            lab(&["authority", "name", &self.authority, name, addresses[0], addresses[1]]);
        }
        (value("LAB_DIRECTORY="), value("LAB_ADMIN="))
    }

    /// What the host finds under these names: itself.
    fn leads_here(&self, names: &[&str]) {
        let hosts = ["ADDRESS4", "ADDRESS6"]
            .map(|address| format!("{} {}", self.guest.get(address), names.join(" ")));
        self.guest.run(&format!(
            "sed -i '/refused.test\\|example.org/d' /etc/hosts; printf '%s\\n' '{}' '{}' >>/etc/hosts",
            hosts[0], hosts[1]
        ));
    }

    fn spec(&self, extra: &str) -> PathBuf {
        let body = format!(
            r#"
[tls]
provider = "letsencrypt"
agree_terms = true
contact = "admin@example.org"
directory = "{}"
directory_ca = "directory.crt"
extra_names = [{extra}]

[nginx]

[[nginx.extra_routes]]
site = "matrix.example.org"
path = "/_matrix/"
to = "127.0.0.1:8008"

[well_known]
server_name = "example.org"
server = "matrix.example.org:443"
base_url = "https://matrix.example.org"
contacts = [{{ role = "m.role.admin", email_address = "abuse@example.org" }}]
"#,
            self.directory
        );
        self.guest.spec("acme.toml", "user = \"root\"", &body)
    }

    /// Applies what cannot be done whole: everything else is done, and the certificate alone is left.
    fn refused(&self, extra: &str) -> Ran {
        let spec = self.spec(extra);
        let ran = self.guest.on("apply", &spec, &["--yes"]);
        assert_eq!(ran.status, 3, "{ran}");
        assert!(ran.stderr.contains("asking for a certificate"), "{ran}");
        let left = self.guest.planned(&spec);
        assert_eq!(left, [format!("acme_certificate:{LINEAGE}")], "{ran}");
        ran
    }

    /// curl from here to the host.
    fn ask(&self, url: &str) -> (String, bool) {
        let to = format!("::{}:", self.guest.get("ADDRESS4"));
        let args =
            ["-q", "-sSk", "--max-time", "10", "--connect-to", &to, "-w", "%{http_code}", url];
        let output = Command::new("curl").args(args).output().expect("curl can be run");
        let text = [output.stdout, output.stderr].concat();
        (String::from_utf8_lossy(&text).into_owned(), output.status.success())
    }

    /// The fingerprint that is served for a name, over either kind of address.
    fn served(&self, name: &str) -> String {
        let at = |address: &str| {
            self.guest.run(&format!(
                "openssl s_client -connect {address}:443 -servername {name} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256"
            ))
        };
        let first = at(self.guest.get("ADDRESS4"));
        assert_eq!(first, at(&format!("[{}]", self.guest.get("ADDRESS6"))));
        first
    }

    /// The fingerprint of what certbot has.
    fn kept(&self) -> String {
        self.guest.run(&format!(
            "openssl x509 -noout -fingerprint -sha256 -in /etc/letsencrypt/live/{LINEAGE}/fullchain.pem"
        ))
    }

    /// A command of certbot's, which knows the directory's authority.
    fn certbot(&self, words: &str) {
        self.guest.run(&format!(
            "REQUESTS_CA_BUNDLE=/etc/ssl/matrixform/acme-directory.crt certbot {words}"
        ));
    }

    /// How many orders the authority has had.
    fn orders(&self) -> usize {
        let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".lab");
        let folder = std::env::var_os("MATRIXFORM_LAB_DIR").map_or(own, PathBuf::from);
        let log = folder.join("authorities").join(&self.authority).join("pebble.log");
        let log = std::fs::read_to_string(log).expect("the authority's log");
        log.matches("POST /order-plz").count()
    }

    fn what_fails_leaves_the_rest_done(&self) {
        let ran = self.refused("\"refused.test\"");
        assert!(ran.stderr.contains("the authority says: "), "{ran}");
        assert!(ran.stderr.contains("refused.test"), "the authority's own words\n{ran}");
        assert!(!ran.stderr.contains("AttributeError"), "{ran}");
        let (said, answered) = self.ask("https://example.org/.well-known/matrix/server");
        assert!(answered && said.contains("matrix.example.org:443"), "{said}");
        let (said, _) = self.ask("http://example.org/_matrix/x");
        assert!(said.ends_with("301"), "port 80 leads to port 443 alone: {said}");
    }

    fn a_name_that_leads_elsewhere_is_found_before_the_authority_is_asked(&self) {
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

    fn it_is_issued_and_served(&self) {
        let spec = self.spec("");
        let before = self.served("example.org");
        let ran = self.guest.apply(&spec);
        assert!(ran.stdout.contains("1 to create, 0 to update"), "{ran}");
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

    fn it_is_renewed_under_load(&self) {
        let (before, process) =
            (self.kept(), self.guest.run("systemctl show -p InvocationID nginx"));
        let (ended, asked) = (AtomicBool::new(false), AtomicU32::new(0));
        std::thread::scope(|scope| {
            let load = || {
                while !ended.load(Ordering::Relaxed) {
                    let (said, answered) =
                        self.ask("https://example.org/.well-known/matrix/server");
                    assert!(answered && said.ends_with("200"), "a request failed: {said}");
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            };
            let loads = [scope.spawn(load), scope.spawn(load)];
            self.certbot(&format!(
                "renew -q --cert-name {LINEAGE} --force-renewal --no-random-sleep-on-renew"
            ));
            ended.store(true, Ordering::Relaxed);
            loads.into_iter().for_each(|load| load.join().expect("no request fails"));
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

    /// Has the authority answer this when it is asked when to renew what certbot has.
    fn authority_wants(&self, answer: &str) {
        let certificate = self.guest.run(&format!("cat /etc/letsencrypt/live/{LINEAGE}/cert.pem"));
        let body = serde_json::json!({ "Certificate": certificate, "ARIResponse": answer });
        let url = format!("{}/set-renewal-info/", self.admin);
        let mut command = Command::new("curl");
        command.args(["-q", "-fsS", "--noproxy", "*", "--max-time", "10", "--cacert"]);
        command.arg(self.guest.home.path().join("directory.crt"));
        let sent = command.args(["-d", &body.to_string(), &url]).output().expect("curl can be run");
        assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    }

    /// Runs what the timer runs; what it and the poll say.
    fn look(&self) -> String {
        self.guest.run(
            "began=$(date +%s); systemctl start matrixform-renewal.service || :
            journalctl -q -o cat --since \"@$began\" -u matrixform-renewal.service -u matrixform-renewal-information.service",
        )
    }

    fn it_is_renewed_when_the_authority_wants_it(&self) {
        let before = self.kept();
        let said = self.look();
        assert!(
            said.contains("is renewed after 20"),
            "two thirds of its life are not over: {said}"
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
            let said = self.look();
            assert!(said.contains("nothing was heard of the authority"), "{answer}: {said}");
        }
        let now = r#"{"suggestedWindow":{"start":"2020-01-01T00:00:00Z","end":"2020-01-02T00:00:00Z"},
            "explanationURL":"https://example.net/why"}"#;
        self.authority_wants(now);
        self.guest.run(asked_again);
        let said = self.look();
        assert!(said.contains("why, as it says: https://example.net/why"), "{said}");
        let renewed = self.kept();
        assert_ne!(renewed, before, "{said}");
        assert_eq!(self.served("example.org"), renewed);
        self.authority_wants(now);
        let said = self.look();
        assert!(said.contains("not again so soon"), "{said}");
        assert_eq!(self.kept(), renewed);
        assert!(self.guest.planned(&self.spec("")).is_empty());
    }

    fn an_authority_that_is_down_takes_nothing_away(&self) {
        let before = self.served("example.org");
        lab(&["authority", "down", &self.authority]);
        let ran = self.refused("\"turn.example.org\"");
        assert!(ran.stderr.contains("Connection refused"), "{ran}");
        assert_eq!(self.served("example.org"), before);
        self.authority_up(&[]);
    }

    /// A lineage that somebody made with certbot alone, in a way of which nothing fits.
    fn what_certbot_has_is_taken_over(&self) {
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
}
