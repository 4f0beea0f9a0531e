//! Which resources join an activation, and how to override it.

use super::*;

/// A resource in a directory that an activation's services read joins it automatically, unless the resource says
/// otherwise.
#[test]
fn files_in_an_owned_directory_join_its_activation() {
    let owning = |name: &str, owns: &str| {
        module(
            name,
            &format!("[[activation]]\nname = \"{name}\"\neffect = \"reload\"\nowns = {owns}\n"),
        )
    };
    let directories = [
        owning("a", "['/etc/a/', \"{{ ['/srv/x/bridge.yaml', '/srv/templates'] }}\"]"),
        owning("b", "['/etc/a/inner', '/etc/a']"),
    ];
    let file = |path: &str, more: &str| {
        format!("[[resource]]\nkind = \"file\"\nname = \"{path}\"\ncontent = \"\"\n{more}\n")
    };
    let spec = "[a]\n[b]\n".to_owned()
        + &file("/etc/a/x", "")
        + &file("/etc/a/inner/x", "")
        + &file("/etc/a/out", "activation = \"none\"")
        + &file("/etc/a/other", "activation = \"b\"")
        + &file("/etc/ab", "")
        + &file("/srv/x/bridge.yaml", "")
        + &file("/srv/x/bridge.yaml.old", "")
        + &file("/srv/templates/mail/a.html", "")
        + "[[resource]]\nkind = \"command\"\nname = \"/etc/a/run\"\nrun = \"true\"\ncheck = \"true\"\n"
        + "[[resource]]\nkind = \"absent\"\nname = \"/etc/a/gone\"\n";
    let resources = run(&directories, &spec).unwrap().expansion.resources;
    let in_activation = resources
        .iter()
        .map(|one| format!("{} {}", one.address.name, one.activation.as_deref().unwrap_or("-")));
    assert_eq!(
        in_activation.collect::<Vec<_>>(),
        [
            "/etc/a/x a",
            "/etc/a/inner/x b",
            "/etc/a/out -",
            "/etc/a/other b",
            "/etc/ab -",
            "/srv/x/bridge.yaml a",
            "/srv/x/bridge.yaml.old -",
            "/srv/templates/mail/a.html a",
            "/etc/a/run -",
            "/etc/a/gone a",
        ]
    );
}

/// sshd's directory belongs to an activation that no module has to declare, and that exists only if something is
/// declared there.
#[test]
fn files_in_sshds_directory_are_tested_by_sshd() {
    let file = |path: &str, more: &str| {
        format!("[[resource]]\nkind = \"file\"\nname = \"{path}\"\ncontent = \"\"\n{more}\n")
    };
    let run = |spec: &str| run(&[], spec).unwrap().expansion;
    let plain = run(&(file("/etc/ssh/x", "activation = \"none\"") + &file("/etc/sshd", "")));
    assert!(plain.activations.is_empty() && plain.resources.len() == 2);
    let expansion = run(&file("/etc/ssh/sshd_config.d/x.conf", ""));
    let names: Vec<&str> = expansion.activations.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["sshd"]);
    let in_activation =
        expansion.resources.iter().map(|one| (one.address.to_string(), one.activation.clone()));
    let sshd = Some("sshd".to_owned());
    assert_eq!(
        in_activation.collect::<Vec<_>>(),
        [
            ("file:/etc/ssh/sshd_config.d/x.conf".to_owned(), sshd.clone()),
            ("service:ssh.service".to_owned(), sshd)
        ]
    );
}

/// systemd reads unit files and drop-ins only for a restart, so they belong to the service's activation: of a module's
/// service, of an instance of a template, and of sshd.
#[test]
fn unit_files_and_drop_ins_belong_to_their_service() {
    let service = |name: &str, more: &str| {
        format!("[[resource]]\nkind = \"service\"\nname = \"{name}\"\n{more}\n")
    };
    let text = "[[activation]]\nname = \"a\"\neffect = \"reload\"\n".to_owned()
        + &service("a@1.service", "activation = \"a\"")
        + &service("free.service", "")
        + &service("none.service", "activation = \"gone?\"");
    let directory = "/etc/systemd/system";
    let of = |kind: &str, path: &str, more: &str| {
        format!("[[resource]]\nkind = \"{kind}\"\nname = \"{directory}/{path}\"\n{more}\n")
    };
    let file = |path: &str| of("file", path, "content = \"\"");
    let spec = "[a]\n".to_owned()
        + &of("directory", "a@.service.d", "")
        + &file("a@.service.d/x.conf")
        + &file("a@1.service.d/y.conf")
        + &of("absent", "a@1.service.d/z.conf", "")
        + &of("file", "a@1.service.d/out.conf", "content = \"\"\nactivation = \"none\"")
        + &of("file", "a@1.service.d/named.conf", "content = \"\"\nactivation = \"a\"")
        + &of("file", "free.service.d/named.conf", "content = \"\"\nactivation = \"a\"")
        + &of("file", "other.service", "content = \"\"\nactivation = \"a\"")
        + &file("free.service.d/x.conf")
        + &file("none.service.d/x.conf")
        + &file("ssh.service.d/x.conf");
    let resources = run(&[module("a", &text)], &spec).unwrap().expansion.resources;
    let own = resources.iter().filter_map(|one| {
        let path = one.address.name.strip_prefix(&format!("{directory}/"))?;
        let is_restart = one.effect == Some(crate::resource::Effect::Restart);
        let effect = if is_restart { " restarts" } else { "" };
        Some(format!("{path} {}{effect}", one.activation.as_deref().unwrap_or("-")))
    });
    assert_eq!(
        own.collect::<Vec<_>>(),
        [
            "a@.service.d -",
            "a@.service.d/x.conf a restarts",
            "a@1.service.d/y.conf a restarts",
            "a@1.service.d/z.conf a restarts",
            "a@1.service.d/out.conf -",
            "a@1.service.d/named.conf a restarts",
            "free.service.d/named.conf a",
            "other.service a",
            "free.service.d/x.conf -",
            "none.service.d/x.conf -",
            "ssh.service.d/x.conf sshd restarts",
        ]
    );
}

/// Whatever decides who can log in or become root is accepted only after a new login.
#[test]
fn files_of_a_login_belong_to_sshd() {
    let file =
        |path: &str| format!("[[resource]]\nkind = \"file\"\nname = \"{path}\"\ncontent = \"\"\n");
    let joins = |path: &str| {
        let resources = run(&[], &file(path)).unwrap().expansion.resources;
        resources.iter().any(|one| one.activation.is_some())
    };
    for path in [
        "/etc/pam.d/sshd",
        "/etc/security/access.conf",
        "/etc/sudoers",
        "/etc/sudoers.d/90-admin",
        "/etc/default/ssh",
        "/etc/nsswitch.conf",
        "/etc/hosts.deny",
        "/etc/systemd/system/ssh.service.d/own.conf",
        "/etc/systemd/system/sshd.service.d/own.conf",
        "/root/.ssh/authorized_keys",
        "/home/admin/.ssh/authorized_keys",
    ] {
        assert!(joins(path), "{path}");
    }
    for path in ["/etc/sudoers.dpkg-old", "/etc/default/sshd", "/etc/sudo.conf", "/srv/ssh/x"] {
        assert!(!joins(path), "{path}");
    }
}

/// A spec's own activation is read, linted and joined like one of a module.
#[test]
fn a_spec_may_declare_its_own_activation() {
    let spec = "[[activation]]\nname = \"own\"\neffect = \"reload\"\nowns = [\"/etc/own\"]\nvalidate = [\"own -t\"]\n\
        [[resource]]\nkind = \"file\"\nname = \"/etc/own/x\"\ncontent = \"\"\n";
    let expansion = run(&[], spec).unwrap().expansion;
    assert_eq!(expansion.activations[0].validate, ["own -t"]);
    assert_eq!(expansion.resources[0].activation.as_deref(), Some("own"));
    let wrong = spec.replace("own -t", "own {{ nothing.here }}");
    assert!(rendered(&run(&[], &wrong).unwrap_err()).contains("nothing"));
    let wrong = spec.replace("name = \"own\"", "name = \"none\"");
    assert!(rendered(&run(&[], &wrong).unwrap_err()).contains("join no activation"));
}

/// Anything but a file would be applied for real before the checks of the activation that it joins.
#[test]
fn only_files_join_an_activation() {
    let spec = "[nginx]\n[[resource]]\nkind = \"user\"\nname = \"web\"\nactivation = \"nginx\"\n";
    insta::assert_snapshot!(shown(run(&[module("nginx", FRONT)], spec)));
}
