//! `rebuild` without a backup: what is refused before any change. The lab covers the rest.

use crate::host::Host;

#[test]
fn a_spec_without_backups_is_reported() {
    let host = Host::new();
    host.spec("[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ncontent = \"x\\n\"\n");
    let ran = host.matrixform(&["rebuild", "prod.toml", "--yes", "--old-server", "destroyed"]);
    assert!(ran.status == 1 && ran.stderr.contains("does not define backups"), "{ran}");
}

#[test]
fn a_database_on_another_host_is_refused_by_name() {
    let host = Host::new();
    host.machine.run("rm -rf /etc/postgresql");
    host.write("ca.crt", include_bytes!("../../modules/backup/golden/database-ca.crt"));
    let secrets = host.write(
        "secrets.toml",
        "\"backup/away\" = \"CANARY-away\"\n\"synapse/database\" = \"CANARY-database\"\n",
    );
    std::fs::set_permissions(secrets, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    host.spec(
        "[secrets]\nfile = \"secrets.toml\"\n[synapse]\nserver_name = \"example.org\"\nsource = \"pypi\"\n\
         [synapse.database]\nhost = \"db.example.org\"\nca = \"ca.crt\"\npassword = { secret = \"synapse/database\" }\n\
         [backup]\n[[backup.repositories]]\nname = \"away\"\nurl = \"rest:https://backup.example.org/a/\"\n\
         password = { secret = \"backup/away\" }\n",
    );
    let ran = host.matrixform(&["rebuild", "prod.toml", "--yes", "--old-server", "destroyed"]);
    let why = "the database of prod.toml is on another host";
    assert!(ran.status == 1 && ran.stderr.contains(why), "{ran}");
    assert!(!ran.stderr.contains("installing what reads backups"), "{ran}");
    host.machine.run("! [ -e /var/lib/matrixform ]");
}

#[test]
fn invalid_arguments_are_a_usage_error() {
    let host = Host::new();
    host.spec("");
    for args in [
        ["--old-server", "gone"],
        ["--also", "example.org"],
        ["--snapshot", "latest"],
        ["--fence", "-oProxyCommand=x"],
    ] {
        let ran = host.matrixform(&[&["rebuild", "prod.toml"], &args[..]].concat());
        assert_eq!(ran.status, 64, "{args:?}: {ran}");
    }
}
