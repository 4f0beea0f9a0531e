//! `matrixform dns` against the test's own servers: a resolver and the two name servers of a zone. The latter are
//! queried on port 53, so the test needs root.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod server;

use serde_json::Value;
use server::Server;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

const SPEC: &str = r#"
format = 1
[host]
address = "203.0.113.10"
[synapse]
server_name = "example.org"
public_baseurl = "https://matrix.example.org/"
[postgres]
[tls]
provider = "self-signed"
authority = "ca.example"
[nginx]
[well_known]
"#;

/// All records, correct.
const RIGHT: &str = "
    host.example.net A 203.0.113.10
    example.org NS one.example.net
    example.org NS two.example.net
    one.example.net A 127.0.53.1
    two.example.net A 127.0.53.2
    example.org A 203.0.113.10
    matrix.example.org A 203.0.113.10
    example.org CAA ca.example
";

/// The servers and a home with a spec.
struct VerifyContext {
    resolver: Server,
    one: Server,
    two: Server,
    home: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// The zone's servers have fixed addresses, so only one test may run at a time.
static ALONE: Mutex<()> = Mutex::new(());

impl VerifyContext {
    fn new() -> VerifyContext {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let home = tempfile::tempdir().unwrap();
        let spec = SPEC.replace("203.0.113.10", "host.example.net");
        std::fs::write(home.path().join("prod.toml"), spec).unwrap();
        VerifyContext {
            resolver: Server::at("127.0.0.1:0".parse().unwrap()),
            one: Server::at("127.0.53.1:53".parse().unwrap()),
            two: Server::at("127.0.53.2:53".parse().unwrap()),
            home,
            _alone: alone,
        }
    }

    /// Gives all servers these records.
    fn says(&self, records: &str) {
        for server in [&self.resolver, &self.one, &self.two] {
            server.has(records);
        }
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_matrixform")));
        command.env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        command.args(["dns", "prod.toml"]).args(args);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// The exit status, and each fault with its name and the value seen.
    fn found(&self) -> (i32, Vec<String>) {
        let resolver = self.resolver.address.to_string();
        let (status, stdout, errors) = self.run(&["--format", "json", "--resolver", &resolver]);
        let report: Value =
            serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stdout}{errors}"));
        assert_eq!(report["passed"], status == 0, "{report:#}");
        let faults = report["steps"][0]["faults"].as_array().expect("faults").iter();
        let line = |fault: &Value| {
            assert!(!fault["fix"].as_str().unwrap().is_empty(), "{fault}");
            format!("{}: {}", fault["at"].as_str().unwrap(), fault["seen"].as_str().unwrap())
        };
        (status, faults.map(line).collect())
    }
}

#[test]
fn public_records_are_compared() {
    let world = VerifyContext::new();
    let without = |record: &str| {
        assert!(RIGHT.contains(record), "{record}");
        RIGHT.replace(record, "")
    };
    let with = |record: &str| format!("{RIGHT}\n{record}");

    world.says(RIGHT);
    assert_eq!(world.found(), (0, vec![]));

    // A missing record.
    world.says(&without("matrix.example.org A 203.0.113.10"));
    assert_eq!(world.found(), (7, vec!["matrix.example.org: no A and no AAAA".into()]));

    // A record that points to another host.
    world.says(
        &RIGHT.replace("\n    example.org A 203.0.113.10", "\n    example.org A 203.0.113.99"),
    );
    let seen = "example.org: A 203.0.113.99, which is not an address of this host";
    assert_eq!(world.found(), (7, vec![seen.into()]));

    // A stale AAAA record, preferred by many clients.
    world.says(&with("matrix.example.org AAAA 2001:db8::99"));
    let seen = "matrix.example.org: AAAA 2001:db8::99, which is not an address of this host";
    assert_eq!(world.found(), (7, vec![seen.into()]));

    // With only an address in the spec, the host's other addresses are unknown.
    let by_name = world.home.path().join("prod.toml");
    let spec = std::fs::read_to_string(&by_name).unwrap();
    std::fs::write(&by_name, SPEC).unwrap();
    let seen = "matrix.example.org: AAAA 2001:db8::99, which may or may not be this host";
    assert_eq!(world.found(), (0, vec![seen.into()]));
    std::fs::write(&by_name, spec).unwrap();

    // A CAA record that excludes the authority.
    world.says(&RIGHT.replace("CAA ca.example", "CAA other.example"));
    let (status, seen) = world.found();
    assert_eq!(status, 7);
    assert_eq!(seen[0], "matrix.example.org: CAA 0 issue \"other.example\"");

    // Name servers of the zone that disagree.
    world.says(RIGHT);
    world.two.has(&without("\n    example.org A 203.0.113.10"));
    let seen = "example.org: A: one.example.net says 203.0.113.10, two.example.net says nothing";
    assert_eq!(world.found(), (7, vec![seen.into()]));

    // A stale answer from a resolver's cache is reported, but is not a failure.
    world.says(RIGHT);
    world.resolver.has(&with("_matrix-fed._tcp.example.org SRV 1 2 8448 old.example.org"));
    let (status, seen) = world.found();
    assert_eq!(status, 0, "{seen:?}");
    assert_eq!(seen[0], "_matrix-fed._tcp.example.org: SRV 1 2 8448 old.example.org.");

    // Answers that do not fit into a datagram.
    world.says(&without("matrix.example.org A 203.0.113.10"));
    world.resolver.cut.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(world.found(), (7, vec!["matrix.example.org: no A and no AAAA".into()]));

    // No answer is reported, and not mistaken for a missing record.
    drop(world.resolver);
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("prod.toml"), SPEC).unwrap();
    let resolver = Server::at("127.0.0.1:0".parse().unwrap());
    let address = resolver.address.to_string();
    drop(resolver);
    std::thread::sleep(std::time::Duration::from_millis(100));
    let world = VerifyContext {
        resolver: Server::at("127.0.0.1:0".parse().unwrap()),
        one: world.one,
        two: world.two,
        home,
        _alone: world._alone,
    };
    let (status, stdout, errors) = world.run(&["--resolver", &address]);
    assert_eq!(status, 7, "{stdout}{errors}");
    assert!(errors.contains("no answer"), "{errors}");
}

#[test]
fn lets_encrypt_must_be_allowed_to_issue() {
    let world = VerifyContext::new();
    let path = world.home.path().join("prod.toml");
    let account = "https://acme-v02.api.letsencrypt.org/acme/acct/1";
    let with = |more: &str| {
        let tls = format!("provider = \"letsencrypt\"\nagree_terms = true\n{more}");
        let spec = SPEC.replace("203.0.113.10", "host.example.net");
        let own = "provider = \"self-signed\"\nauthority = \"ca.example\"";
        assert!(spec.contains(own));
        std::fs::write(&path, spec.replace(own, &tls)).unwrap();
    };
    let named = format!("account = \"{account}\"");
    let of_account = |url: &str, methods: &str| {
        format!("letsencrypt.org; accounturi={url}; validationmethods={methods}")
    };
    for (spec, record, status, seen) in [
        ("", "letsencrypt.org".to_owned(), 0, ""),
        ("staging = true", "letsencrypt.org".to_owned(), 0, ""),
        ("", "ca.example".to_owned(), 7, "CAA 0 issue \"ca.example\""),
        ("staging = true", "ca.example".to_owned(), 7, "CAA 0 issue \"ca.example\""),
        ("", of_account(account, "dns-01"), 7, "validationmethods=dns-01"),
        // Whether this is the host's account is unknown here, so it is only reported.
        ("", of_account(account, "http-01"), 0, "accounturi"),
        (&named, of_account(account, "http-01"), 0, ""),
        (&named, of_account(&format!("{account}2"), "http-01"), 7, "acct/12"),
        (&named, "letsencrypt.org".to_owned(), 0, "CAA 0 issue \"letsencrypt.org\""),
    ] {
        with(spec);
        world.says(&RIGHT.replace("CAA ca.example", &format!("CAA {record}")));
        let (ended, faults) = world.found();
        assert_eq!(ended, status, "{spec} {record}: {faults:?}");
        assert_eq!(faults.is_empty(), seen.is_empty(), "{spec} {record}: {faults:?}");
        assert!(faults.iter().all(|one| one.contains(seen)), "{spec} {record}: {faults:?}");
    }
    let (_, listed, _) = world.run(&["--list", "--format", "zone"]);
    let whole = of_account(account, "http-01");
    for name in ["example.org", "matrix.example.org"] {
        assert!(listed.contains(&format!("{name}. IN CAA 0 issue \"{whole}\"")), "{listed}");
    }
}

#[test]
fn records_are_listed_without_a_query() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("prod.toml"), SPEC).unwrap();
    let listed = |format: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_matrixform"));
        command.env_clear().env("HOME", home.path()).current_dir(home.path());
        // Querying an unreachable resolver would cause a delay.
        command.args(["dns", "prod.toml", "--list", "--resolver", "192.0.2.1", "--format", format]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    insta::assert_snapshot!("table", listed("table"));
    insta::assert_snapshot!("zone", listed("zone"));
    insta::assert_snapshot!("json", listed("json"));
}
