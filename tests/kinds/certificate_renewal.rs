//! `certificate_renewal`: the program run by a timer makes the same certificate as a plan.

use crate::declaring::{Declaring, declaring};
use crate::machine::{Machine, SHELLS, account};
use matrixform::for_tests::resource::{AttributeValue, Comparison};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// The program of a declaration, for a host whose directories are in `root`: with its own lock and records, and
/// stand-ins for `date` (LATER days ahead) and `systemctl`.
fn program(declaring: &Declaring, root: &Path) -> String {
    let wanted = declaring.made().wanted();
    let Some(AttributeValue::Body(body)) = wanted.get("content") else { panic!("no content") };
    let text = String::from_utf8(body.content.as_ref().unwrap().expose().to_vec()).unwrap();
    let bin = root.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let stand_in = |name: &str, text: &str| {
        fs::write(bin.join(name), format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    let date =
        "[ \"$*\" = +%s ] || exec /bin/date \"$@\"\necho $(($(/bin/date +%s) + LATER * 86400))";
    stand_in("date", date);
    let systemctl = "case $* in\n*InvocationID*) echo 0123 ;;\n*StartTimestamp*c.service) echo Sat 2090-01-01 0:00 UTC ;;\n\
        *StartTimestamp*) echo Sat 2000-01-01 0:00 UTC ;;\n*ActiveState*) echo active ;;\n\
        reload*) echo \"$*\" >>\"${0%/bin/*}/reloaded\" ;;\nesac";
    stand_in("systemctl", systemctl);
    text.replace("PATH=/usr/local/sbin", &format!("PATH={}:/usr/local/sbin", bin.display()))
        .replace("/var/lib/matrixform", &root.join("matrixform").display().to_string())
        .replace("/run/matrixform", &root.join("run").display().to_string())
        .replace("/sys/fs/cgroup", &root.join("cgroup").display().to_string())
}

fn run(shell: &[&str], text: &str, later: u32) -> String {
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).args(["-c", text]).env("LATER", later.to_string());
    let output = command.output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    stdout
}

#[test]
fn renewal_by_timer_and_by_plan_agree() {
    for shell in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let (ca, prefix) = (root.join("ca"), root.join("it's a server"));
        let (ca, prefix) = (ca.to_str().unwrap(), prefix.to_str().unwrap());
        let (owner, group) = account();
        let authority = declaring("certificate_authority", ca).text("common_name", "local");
        let leaf = declaring("certificate", prefix)
            .list("names", &["localhost", "127.0.0.1", "::1", "db.example"])
            .text("issuer", ca)
            .text("owner", &owner)
            .text("group", &group)
            .text("key_mode", "0640");
        let machine = Machine(shell);
        machine.converge(&*authority.made());
        let leaf = leaf.made();
        machine.converge(&*leaf);
        let of = declaring("certificate_renewal", "/usr/local/sbin/renew")
            .text("certificate", prefix)
            .text("issuer", ca)
            .list("units", &["a.service", "b.service", "c.service", "d.service"]);
        let program = program(&of, root);
        let read = |end: &str| fs::read(format!("{prefix}{end}")).unwrap();
        let (key, certificate) = (read(".key"), read(".crt"));

        assert!(
            run(shell, &program, 500).contains("is valid until"),
            "two thirds of its life: a plan's"
        );
        assert_eq!(read(".crt"), certificate);

        remember(machine, root, prefix);
        let unit = root.join("cgroup/system.slice/matrixform-switch.service");
        fs::create_dir_all(&unit).unwrap();
        assert!(run(shell, &program, 600).contains("not now"), "a switch without a client");
        assert_eq!(read(".crt"), certificate);
        fs::remove_dir(&unit).unwrap();
        assert!(run(shell, &program, 600).contains("was renewed"));
        let holder = fs::read_to_string(root.join("run/holder")).unwrap();
        assert!(holder.ends_with(&format!(" the renewal of {prefix}.crt\n")), "{holder}");
        assert_ne!(read(".crt"), certificate);
        assert_eq!(read(".key"), key);
        assert_eq!(machine.plan(&*leaf), Comparison::unchanged());
        let reloaded = fs::read_to_string(root.join("reloaded")).unwrap();
        assert_eq!(reloaded.lines().count(), 4, "{reloaded}");
        let fresh = |unit: &str| current(machine, root, prefix, unit);
        assert_eq!(fresh("a.service"), (true, "0123".into()));
        assert!(!fresh("b.service").0, "it had not read all its files before");
        assert_eq!(fresh("c.service"), (true, "0123".into()));
        assert_eq!(fresh("d.service").1, "before", "nor had this one");
    }
}

/// `a.service` runs with the files on disk, `b.service` with older ones; `c.service` was restarted after its files
/// changed, `d.service` before.
fn remember(machine: Machine, root: &Path, prefix: &str) {
    let services = root.join("matrixform/services");
    fs::create_dir_all(&services).unwrap();
    let digest = digest(machine, prefix);
    let line = |digest: &str| format!("0123 {digest}\n{prefix}.crt\n{prefix}.key\n");
    fs::write(services.join("a.service"), line(&digest)).unwrap();
    fs::write(services.join("b.service"), line("older")).unwrap();
    let before = line(&digest).replacen("0123", "before", 1);
    fs::write(services.join("c.service"), &before).unwrap();
    fs::write(services.join("d.service"), &before).unwrap();
}

/// Whether a unit is recorded to have read the files on disk, and in which run.
fn current(machine: Machine, root: &Path, prefix: &str, unit: &str) -> (bool, String) {
    let text = fs::read_to_string(root.join("matrixform/services").join(unit)).unwrap();
    let (first, files) = text.split_once('\n').unwrap();
    assert_eq!(files, format!("{prefix}.crt\n{prefix}.key\n"));
    let (invocation, remembered) = first.split_once(' ').unwrap();
    (remembered == digest(machine, prefix), invocation.to_owned())
}

fn digest(machine: Machine, prefix: &str) -> String {
    let quoted = prefix.replace('\'', r"'\''");
    let (output, _) = machine.run(&format!("service_digest '{quoted}.crt' '{quoted}.key'\n"));
    String::from_utf8(output).unwrap().trim().to_owned()
}

#[test]
fn invalid_certificate_paths_and_units_are_refused() {
    let good = || {
        declaring("certificate_renewal", "/usr/local/sbin/renew")
            .text("certificate", "/a")
            .text("issuer", "/b")
    };
    assert!(!good().text("certificate", "a").refused().is_empty());
    assert!(!good().list("units", &["postgresql"]).refused().is_empty());
}
