//! Configurations as an operator writes them, and the results.

use super::*;

struct Home(tempfile::TempDir);

impl Home {
    fn new(config: &str) -> Home {
        let home = Home(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(home.path().join(".ssh/config.d")).unwrap();
        home.write("config", config);
        home
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(".ssh").join(name), text).unwrap();
    }

    fn environment(&self) -> SshEnvironment {
        let path = std::env::var("PATH").unwrap();
        SshEnvironment {
            home: Some(self.path().to_owned()),
            ssh_config: vec![self.path().join(".ssh/config"), self.path().join(".ssh/system")],
            variables: [("PATH".to_owned(), path)].into(),
            ..SshEnvironment::default()
        }
    }

    fn read(&self, host: &str) -> Result<HostSettings, Diagnostic> {
        read(&self.environment(), &Target::new(host))
    }
}

#[test]
fn the_settings_of_a_host_are_read() {
    let home = Home::new(
        "Host web\n  HostName 10.0.0.1\n  User admin\n  Port 2222\n  IdentityFile ~/.ssh/web\n  \
         IdentitiesOnly yes\n  ProxyJump a@one:22,two\n  UserKnownHostsFile /k1 /k2\n  \
         ConnectTimeout 7\n  HostKeyAlias webkey\n  ForwardAgent yes\n",
    );
    let web = home.read("web").unwrap();
    assert_eq!(web.host_name.as_deref(), Some("10.0.0.1"));
    assert_eq!((web.user.as_deref(), web.port), (Some("admin"), Some(2222)));
    assert_eq!(web.identity_files.len(), 1);
    assert!(web.identity_files[0].ends_with(".ssh/web"));
    assert!(web.identities_only);
    let jumps = web.proxy_jump.unwrap();
    assert!(jumps[0].starts_with("a@one") && jumps[1].contains("two"), "{jumps:?}");
    assert_eq!(web.known_hosts, Some(vec!["/k1".to_owned(), "/k2".to_owned()]));
    assert_eq!(web.connect_timeout, Some(Duration::from_secs(7)));
    assert_eq!(web.host_key_alias.as_deref(), Some("webkey"));
    assert_eq!(web.warnings, []);
}

#[test]
fn unset_options_stay_unset() {
    let home = Home::new("Host web\n  User admin\n");
    let other = home.read("other").unwrap();
    assert_eq!(other.host_name.as_deref(), Some("other"));
    assert_eq!((other.port, other.identities_only), (Some(22), false));
    let expected = HostSettings {
        host_name: other.host_name.clone(),
        port: other.port,
        user: other.user.clone(),
        ..HostSettings::default()
    };
    assert_eq!(other, expected);
    std::fs::remove_file(home.path().join(".ssh/config")).unwrap();
    assert_eq!(
        home.read("web").unwrap(),
        HostSettings::default(),
        "without a file nobody is asked"
    );
}

#[test]
fn the_first_value_wins_across_files() {
    let home = Home::new("Host web\n  User first\nHost *\n  User second\n  Port 22\n");
    home.write("system", "Host *\n  User third\n  Port 33\n  ConnectTimeout 3\n");
    let web = home.read("web").unwrap();
    assert_eq!((web.user.as_deref(), web.port), (Some("first"), Some(22)));
    assert_eq!(web.connect_timeout, Some(Duration::from_secs(3)));
}

#[test]
fn match_blocks_and_includes_work_as_in_ssh() {
    let home = Home::new("");
    let directory = home.path().join(".ssh").display().to_string();
    home.write(
        "config",
        &format!(
            "Include {directory}/config.d/*.conf\nHost web\n  Port 2\nMatch exec \"true\"\n  User right\nMatch exec \"false\"\n  \
             ConnectTimeout 9\nMatch all\n  User wrong\n"
        ),
    );
    home.write("config.d/1.conf", "Host db\n  User db\n");
    let web = home.read("web").unwrap();
    assert_eq!((web.user.as_deref(), web.port), (Some("right"), Some(2)));
    assert_eq!((web.connect_timeout, web.warnings), (None, vec![]));
    assert_eq!(home.read("db").unwrap().user.as_deref(), Some("db"));
    // Conditions are evaluated with the spec's values.
    home.write("config", "Match user root\n  Port 7\nMatch user ops\n  Port 8\n");
    let target = Target { user: Some("ops".into()), ..Target::new("web") };
    assert_eq!(read(&home.environment(), &target).unwrap().port, Some(8));
}

#[test]
fn config_errors_are_quoted_from_ssh() {
    for (config, complaint) in [("Host web\n  Port many\n", "many"), ("Hosst web\n", "hosst")] {
        let fault = Home::new(config).read("web").unwrap_err();
        assert_eq!(fault.code, "remote/ssh-config");
        let text = format!("{fault:?}");
        assert!(text.to_lowercase().contains(complaint) && text.contains("config"), "{text}");
    }
    let directory = Home::new("");
    let itself = directory.path().join(".ssh/config").display().to_string();
    directory.write("config", &format!("Include {itself}\n"));
    assert_eq!(directory.read("web").unwrap_err().code, "remote/ssh-config");
}

#[test]
fn unsupported_settings_cause_a_warning() {
    let config = "Host web\n  BindAddress 10.0.0.9\n  AddressFamily any\n  CertificateFile /a\n  CertificateFile /b\n";
    let web = Home::new(config).read("web").unwrap();
    assert_eq!(web.warnings.len(), 2, "{:?}", web.warnings);
    assert_eq!(web.certificate_file, Some("/a".into()));
}

#[test]
fn a_config_writable_by_others_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new("Host web\n  User admin\n");
    let file = home.path().join(".ssh/config");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(home.read("web").unwrap_err().code, "remote/ssh-config");
}

#[test]
fn without_ssh_the_files_are_named() {
    let home = Home::new("Host web\n  User admin\n");
    let environment = SshEnvironment { variables: Default::default(), ..home.environment() };
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().display().to_string();
    let environment =
        SshEnvironment { variables: [("PATH".to_owned(), path)].into(), ..environment };
    let web = read(&environment, &Target::new("web")).unwrap();
    assert_eq!(web.user, None);
    assert_eq!(web.warnings[0].code, "remote/ssh-config-unread");
}

#[test]
fn unusual_file_names_are_escaped() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a [b]* \"c\" \\d?");
    std::fs::write(&file, "User odd\n").unwrap();
    let home = Home::new("");
    let environment = SshEnvironment { ssh_config: vec![file], ..home.environment() };
    let settings = read(&environment, &Target::new("web")).unwrap();
    assert_eq!(settings.user.as_deref(), Some("odd"));
}
