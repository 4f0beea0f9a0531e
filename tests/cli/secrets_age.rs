//! The age file beside a spec: created, filled and read by matrixform and by the `age` command, opened only by its
//! recipients, and never stored in clear.

use crate::assert_transcript;
use crate::secrets_home::{Home, MODULE, mode};
use std::io::Write;
use std::process::Stdio;

const FILE: &str = "inventory/prod.secrets.age";
const IDENTITY: &str = ".config/matrixform/age-identity";

/// A home with an age file and its identity in the usual place; there is no keyring here.
fn home() -> Home {
    let home = Home::new();
    home.does(&["create"]);
    home
}

#[test]
fn created_once_filled_and_read_by_age() {
    let home = Home::new();
    let canary = home.canary.as_str();
    let created = home.does(&["create"]);
    assert_eq!(mode(&home.path(IDENTITY)), 0o600);
    assert_eq!(mode(&home.path(".config/matrixform")), 0o700);
    assert_eq!(home.secrets(&["create"]).status, 1, "never over one that is there");
    let set = home.given(&["set", "vault/key"], &format!("{canary}\n"));
    assert_eq!(set.status, 0, "{set}");
    let opened = home.age(&["-d", "-i", IDENTITY, FILE], "");
    assert!(opened.stdout.contains(&format!("\"vault/key\" = \"{canary}\"\n")), "{opened}");
    let key = created.stdout.trim();
    assert!(key.starts_with("age1") && opened.stdout.contains(key), "{opened}");
    let got = home.does(&["get", "vault/key"]);
    assert_eq!(got.stdout, format!("{canary}\n"));
    let listed = home.does(&["list"]);
    for ran in [&created, &set, &listed] {
        assert!(!ran.to_string().contains(canary), "{ran}");
    }
    assert_eq!(home.holding(canary), [""; 0], "on the disk it is encrypted alone");
    let leftovers = std::fs::read_dir(home.path("inventory")).unwrap().count();
    assert_eq!(leftovers, 3, "the spec, the modules, the age file");
    assert_transcript!("secrets_list", listed);
}

#[test]
fn multiline_values_are_returned_byte_for_byte() {
    let home = home();
    let canary = home.canary.as_str();
    let pem = format!("-----BEGIN KEY-----\n{canary}\n\"it's\" \\ 'quoted'\n-----END KEY-----\n");
    assert_eq!(home.given(&["set", "vault/key"], &pem).status, 0);
    assert_eq!(home.does(&["get", "vault/key"]).stdout, pem);
}

#[test]
fn files_written_by_age_are_read() {
    let home = Home::new();
    let canary = home.canary.as_str();
    let own = home.keygen("id");
    let other = home.keygen("other");
    let text = format!("[secrets]\n\"vault/key\" = \"{canary}\"\n");
    for armor in [&["-a"][..], &[]] {
        let args = [&["-r", &own, "-r", &other, "-o", FILE], armor].concat();
        assert_eq!(home.age(&args, &text).status, 0);
        let with = |identity: &str, args: &[&str]| {
            crate::host::run(home.command(args).env("MATRIXFORM_AGE_IDENTITY", home.path(identity)))
        };
        assert_eq!(with("id", &["get", "vault/key"]).stdout, format!("{canary}\n"));
        assert_eq!(with("other", &["get", "vault/key"]).stdout, format!("{canary}\n"));
        // The file does not list its recipients, so rewriting it could lock someone out.
        let mut set = home.command(&["set", "vault/token"]);
        let set =
            crate::secrets_home::feed(set.env("MATRIXFORM_AGE_IDENTITY", home.path("id")), "x");
        assert!(set.status == 1 && set.stderr.contains("does not list its recipients"), "{set}");
        assert_eq!(with("id", &["recipients", "add", &other, "--name", "other"]).status, 0);
        assert_eq!(with("other", &["get", "vault/key"]).stdout, format!("{canary}\n"));
        let listed = with("id", &["recipients", "list"]);
        assert!(listed.stdout.contains(&format!("{own}  <- your identity")), "{listed}");
        std::fs::remove_file(home.path(FILE)).unwrap();
    }
}

#[test]
fn an_identity_in_a_variable_opens_it() {
    let home = home();
    let canary = home.canary.as_str();
    home.given(&["set", "vault/key"], canary);
    let identity = std::fs::read_to_string(home.path(IDENTITY)).unwrap();
    std::fs::remove_file(home.path(IDENTITY)).unwrap();
    let mut get = home.command(&["get", "vault/key"]);
    let got = crate::host::run(get.env("MATRIXFORM_AGE_IDENTITY", identity.trim()));
    assert_eq!(got.stdout, format!("{canary}\n"));
}

#[test]
fn recipients_are_added_and_removed() {
    let home = home();
    let canary = home.canary.as_str();
    home.given(&["set", "vault/key"], canary);
    let other = home.keygen("other");
    let opens = || home.age(&["-d", "-i", "other", FILE], "").status == 0;
    assert!(!opens());
    home.does(&["recipients", "add", &other, "--name", "alice"]);
    assert!(opens());
    home.does(&["recipients", "add", &other]);
    let named = home.does(&["recipients", "list"]);
    assert!(named.stdout.contains("(alice)"), "a name that is not given stays: {named}");
    home.does(&["recipients", "add", &other, "--name", "bob"]);
    home.does(&["recipients", "add", &other, "--name", "alice"]);
    assert_eq!(home.does(&["recipients", "list"]).stdout.lines().count(), 2);
    let removed = home.does(&["recipients", "remove", "alice"]);
    assert!(removed.stderr.contains("still knows every value"), "{removed}");
    assert!(!opens());
    let own = home.does(&["recipients", "list"]).stdout;
    let last = home.secrets(&["recipients", "remove", own.split_whitespace().next().unwrap()]);
    assert!(last.status == 1 && last.stderr.contains("your own access"), "{last}");
    assert_eq!(home.does(&["get", "vault/key"]).stdout, format!("{canary}\n"));
    let wrong = home.secrets(&["recipients", "add", "ssh-ed25519 AAAA"]);
    assert_eq!(wrong.status, 1, "{wrong}");
}

#[test]
fn a_file_that_cannot_be_opened_is_reported_and_never_taken_for_empty() {
    let home = home();
    let canary = home.canary.as_str();
    home.given(&["set", "vault/key"], canary);
    let whole = std::fs::read_to_string(home.path(FILE)).unwrap();
    let get = || {
        let ran = home.secrets(&["get", "vault/key"]);
        assert!(ran.status == 1 && ran.stdout.is_empty(), "{ran}");
        ran.stderr
    };
    let middle = whole.len() / 2;
    let flipped = if whole.as_bytes()[middle] == b'A' { "B" } else { "A" };
    for (name, text) in [
        ("changed", format!("{}{flipped}{}", &whole[..middle], &whole[middle + 1..])),
        ("cut", whole[..whole.len() - 60].to_owned()),
        ("other", "nothing of the kind\n".to_owned()),
        ("empty", String::new()),
    ] {
        home.write(FILE, &text);
        let error = get();
        assert!(
            error.contains("prod.secrets.age cannot be opened: it is damaged"),
            "{name}: {error}"
        );
        // Nor is it overwritten.
        assert_eq!(home.given(&["set", "vault/token"], "x").status, 1);
        assert_eq!(std::fs::read_to_string(home.path(FILE)).unwrap(), text);
    }
    home.write(FILE, &whole);
    std::fs::set_permissions(
        home.path(IDENTITY),
        std::os::unix::fs::PermissionsExt::from_mode(0o640),
    )
    .unwrap();
    assert!(get().contains("others could read it"));
    std::fs::remove_file(home.path(IDENTITY)).unwrap();
    assert_transcript!("no_age_identity", get());
    home.keygen("another");
    let mut wrong = home.command(&["get", "vault/key"]);
    let wrong = crate::host::run(wrong.env("MATRIXFORM_AGE_IDENTITY", home.path("another")));
    assert!(wrong.stderr.contains("is not encrypted for this identity"), "{wrong}");
    assert_eq!(home.age(&["-r", &home.keygen("p"), "-o", "x.age"], "x").status, 0);
}

#[test]
fn concurrent_writers_lose_nothing() {
    let home = home();
    let canary = home.canary.as_str();
    std::thread::scope(|scope| {
        for number in 0..6 {
            let home = &home;
            scope.spawn(move || {
                let name = format!("own/{number}");
                let set = home.given(&["set", &name], &format!("{canary}{number}"));
                assert_eq!(set.status, 0, "{set}");
            });
        }
    });
    for number in 0..6 {
        let got = home.does(&["get", &format!("own/{number}")]);
        assert_eq!(got.stdout, format!("{canary}{number}\n"));
    }
}

#[test]
fn a_value_is_replaced_only_on_request() {
    let home = home();
    let canary = home.canary.as_str();
    assert_eq!(home.given(&["set", "vault/key"], "first").status, 0);
    assert_eq!(home.given(&["set", "vault/key"], "first\n").status, 0, "the same is fine");
    let refused = home.given(&["set", "vault/key"], canary);
    assert!(refused.status == 1 && !refused.to_string().contains(canary), "{refused}");
    assert_eq!(home.does(&["get", "vault/key"]).stdout, "first\n");
    assert_eq!(home.given(&["set", "vault/key", "--replace"], canary).status, 0);
    assert_eq!(home.does(&["get", "vault/key"]).stdout, format!("{canary}\n"));
    let slip = home.given(&["set", "vault/kye"], "x");
    assert!(slip.stderr.contains("did you mean `vault/key`?"), "{slip}");
    for (name, value) in
        [("vault/key", ""), ("a", "x"), ("vault/key.previous", "x"), ("vault/token", "a\r\nb")]
    {
        assert_eq!(home.given(&["set", name], value).status, 1, "{name} {value:?}");
    }
}

/// A signing key that Synapse could not read is not stored: later it could not be replaced any more.
#[test]
fn a_signing_key_is_checked_before_it_is_stored() {
    let home = home();
    let identity = "[params.identity]\ntype = \"secret\"\ngenerate = \"synapse_signing_key\"\ndoc = \"The key.\"\n\n\
                    [[resource]]\nkind = \"file\"\nname = \"/srv/identity\"\ncontent = \"{{ vault.identity }}\"\n";
    home.write("inventory/modules/vault/module.toml", &format!("{MODULE}\n{identity}"));
    let slip = "-----BEGIN PRIVATE KEY-----";
    home.write_own("other.toml", &format!("\"vault/identity\" = \"{slip}\"\n"));
    for refused in [
        home.given(&["set", "vault/identity"], slip),
        home.secrets(&["import", "--from", "other.toml"]),
    ] {
        assert!(
            refused.status == 1 && refused.stderr.contains("is not a signing key"),
            "{refused}"
        );
        assert!(!refused.stderr.contains(slip), "{refused}");
    }
    let key = format!("ed25519 a_test {}", "A".repeat(43));
    assert_eq!(home.given(&["set", "vault/identity"], &key).status, 0);
    let other = key.replace("a_test", "a_other");
    let refused = home.given(&["set", "vault/identity", "--replace"], &other);
    assert!(refused.status == 1 && refused.stderr.contains("cannot be replaced"), "{refused}");
}

/// A pepper is part of every password hash, so no command overwrites it.
#[test]
fn a_permanent_value_has_no_alternative() {
    let home = home();
    let canary = home.canary.as_str();
    assert_eq!(home.given(&["set", "vault/pepper"], "the first one").status, 0);
    assert_eq!(home.given(&["set", "vault/pepper", "--replace"], "the first one").status, 0);
    let refused = home.given(&["set", "vault/pepper", "--replace"], canary);
    assert!(refused.status == 1 && refused.stderr.contains("cannot be replaced"), "{refused}");
    assert!(refused.stderr.contains("--from-host --replace vault/pepper"), "{refused}");
    home.write_own("other.toml", &format!("\"vault/pepper\" = \"{canary}\"\n"));
    let import = ["import", "--from", "other.toml", "--replace", "vault/pepper"];
    let refused = home.secrets(&import);
    assert!(refused.status == 1 && refused.stderr.contains("cannot be replaced"), "{refused}");
    assert_eq!(home.does(&["get", "vault/pepper"]).stdout, "the first one\n");
    let missing = home.secrets(&["import", "--from", "nope.toml"]);
    assert!(
        missing.status == 1 && missing.stderr.contains("there is no file nope.toml"),
        "{missing}"
    );
}

#[test]
fn no_process_shows_the_value() {
    let home = home();
    let canary = home.canary.as_str();
    let mut set = home.command(&["set", "vault/key"]);
    let mut child = set.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(canary.as_bytes()).unwrap();
    for file in ["cmdline", "environ"] {
        let seen = std::fs::read(format!("/proc/{}/{file}", child.id())).unwrap();
        assert!(!String::from_utf8_lossy(&seen).contains(canary), "{file}");
    }
    drop(input);
    assert!(child.wait().unwrap().success());
    assert_eq!(home.does(&["get", "vault/key"]).stdout, format!("{canary}\n"));
}

#[test]
fn values_are_imported_from_other_stores() {
    let home = Home::new();
    let canary = home.canary.as_str();
    home.write("inventory/prod.toml", "[host]\naddress = \"vps\"\n\n[secrets]\nfile = \"~/store.toml\"\n\n[vault]\nkey = { secret = \"vault/key\" }\n");
    home.write_own("store.toml", &format!("# mine\n\"vault/token\" = \"{canary}\"\n"));
    let none = home.secrets(&["import"]);
    assert!(none.status == 1 && none.stderr.contains("secrets create"), "{none}");
    home.does(&["create"]);
    let mut import = home.command(&["import"]);
    let ran = crate::host::run(import.env("MATRIXFORM_SECRET_VAULT_KEY", "from the environment"));
    assert_eq!(ran.status, 0, "{ran}");
    assert!(
        !ran.to_string().contains(canary) && !ran.to_string().contains("from the environment\n")
    );
    std::fs::remove_file(home.path("store.toml")).unwrap();
    assert_eq!(home.does(&["get", "vault/token"]).stdout, format!("{canary}\n"));
    assert_eq!(home.does(&["get", "vault/key"]).stdout, "from the environment\n");
    home.write_own(
        "other.toml",
        "\"vault/token\" = \"another one\"\n\"own/new\" = \"new value\"\n",
    );
    let refused = home.secrets(&["import", "--from", "other.toml"]);
    assert!(refused.status == 1 && refused.stderr.contains("--replace vault/token"), "{refused}");
    assert_eq!(home.secrets(&["get", "own/new"]).status, 1, "all or none");
    home.does(&["import", "--from", "other.toml", "--replace", "vault/token"]);
    assert_eq!(home.does(&["get", "vault/token"]).stdout, "another one\n");
}

#[test]
fn without_any_store_advice_is_given() {
    let home = Home::new();
    let canary = home.canary.as_str();
    let set = home.given(&["set", "vault/key"], canary);
    assert!(set.status == 1 && !set.to_string().contains(canary), "{set}");
    assert_transcript!("no_store_at_all", set);
}
