//! Targets and configurations, and the resulting hops.

use super::*;
use crate::remote::pin::Pin;
use std::path::{Path, PathBuf};

fn environment(directory: &Path, config: &str) -> SshEnvironment {
    std::fs::write(directory.join("config"), config).unwrap();
    SshEnvironment {
        home: Some("/home/ada".into()),
        agent_socket: Some("/run/agent".into()),
        ssh_config: vec![directory.join("config")],
        known_hosts: vec!["/home/ada/.ssh/known_hosts".into(), "/etc/ssh/ssh_known_hosts".into()],
        user: "ada".to_owned(),
        variables: [("PATH".to_owned(), std::env::var("PATH").unwrap())].into(),
    }
}

fn plan(config: &str, target: &Target) -> Result<Route, Diagnostic> {
    let directory = tempfile::tempdir().unwrap();
    Route::plan(target, &environment(directory.path(), config))
}

fn places(route: &Route) -> Vec<String> {
    route.hops.iter().map(|hop| format!("{}@{}:{}", hop.user, hop.address, hop.port)).collect()
}

#[test]
fn a_bare_address_is_the_local_user_on_port_22() {
    let route = plan("", &Target::new("host.example")).unwrap();
    assert_eq!(places(&route), ["ada@host.example:22"]);
    assert_eq!(route.hops[0].sources.agent_socket.as_deref(), Some(Path::new("/run/agent")));
}

#[test]
fn the_spec_wins_over_the_configuration() {
    let config = "Host web\n HostName %h.example\n User conf\n Port 99\n IdentityFile ~/.ssh/%r\n";
    let target = Target { user: Some("root".into()), port: Some(2), ..Target::new("web") };
    let route = plan(config, &target).unwrap();
    assert_eq!(places(&route), ["root@web.example:2"]);
    assert_eq!(route.hops[0].sources.configured, [Path::new("/home/ada/.ssh/root")]);
    let own = Target { identity_files: vec!["~/100%".into()], ..Target::new("web") };
    let required = &plan(config, &own).unwrap().hops[0].sources.required;
    assert_eq!(required, &[PathBuf::from("/home/ada/100%")]);
    assert_eq!(places(&plan(config, &Target::new("web")).unwrap()), ["conf@web.example:99"]);
}

#[test]
fn jump_hosts_come_first_with_their_own_settings() {
    let config = "Host inner\n ProxyJump one,b@two:7\nHost one\n User o\n ProxyJump zero\nHost two\n ProxyJump zero\n";
    let route = plan(config, &Target::new("inner")).unwrap();
    assert_eq!(places(&route), ["ada@zero:22", "o@one:22", "b@two:7", "ada@inner:22"]);
}

#[test]
fn the_jump_of_the_spec_overrides_and_may_be_none() {
    let config = "Host inner\n ProxyJump one\n";
    let through = |jump: &str| {
        let target = Target { jump: Some(jump.to_owned()), ..Target::new("inner") };
        plan(config, &target).map(|route| places(&route))
    };
    assert_eq!(through("none").unwrap(), ["ada@inner:22"]);
    assert_eq!(through("[::1]:9, x@y").unwrap(), ["ada@::1:9", "x@y:22", "ada@inner:22"]);
    for wrong in ["@y", "x@", "y:port", "[::1]9"] {
        assert_eq!(through(wrong).unwrap_err().code, "remote/jump", "{wrong}");
    }
}

#[test]
fn a_pin_applies_only_to_the_final_host() {
    let target = Target {
        host_key: Some("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU".into()),
        jump: Some("one".into()),
        ..Target::new("inner")
    };
    let route = plan("", &target).unwrap();
    assert_eq!(route.hops[0].pin, None);
    assert_eq!(
        route.hops[1].pin,
        Some(Pin::Fingerprint("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU".into()))
    );
}

#[test]
fn jump_loops_and_proxy_commands_are_refused() {
    let circle = plan("Host a\n ProxyJump b\nHost b\n ProxyJump a\n", &Target::new("a"));
    assert_eq!(circle.unwrap_err().code, "remote/jump");
    let command = "Host a\n ProxyCommand nc %h %p\n";
    assert_eq!(plan(command, &Target::new("a")).unwrap_err().code, "remote/proxy-command");
    let direct = Target { jump: Some("none".into()), ..Target::new("a") };
    assert_eq!(places(&plan(command, &direct).unwrap()), ["ada@a:22"]);
}

#[test]
fn known_hosts_files_and_names() {
    let route = plan("", &Target::new("a")).unwrap();
    assert_eq!(route.hops[0].known_hosts.len(), 2);
    let config = "Host a\n UserKnownHostsFile /srv/mine\n HostKeyAlias lab\n Port 9\n";
    let route = plan(config, &Target::new("a")).unwrap();
    let files = [Path::new("/srv/mine"), Path::new("/etc/ssh/ssh_known_hosts")];
    assert_eq!(route.hops[0].known_hosts, files);
    assert_eq!(route.hops[0].known_as, ("lab".to_owned(), 22));
}
