//! Configurations as an operator writes them, and what becomes of them.

use super::*;
use std::path::Path;

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

    fn read(&self, host: &str) -> Result<Settings, Diagnostic> {
        let environment = Environment {
            home: Some(self.path().to_owned()),
            ssh_config: vec![self.path().join(".ssh/config"), self.path().join(".ssh/system")],
            ..Environment::default()
        };
        read(&environment, host)
    }
}

#[test]
fn reads_what_a_host_needs() {
    let home = Home::new(
        "Host web\n  HostName 10.0.0.1\n  User admin\n  Port 2222\n  IdentityFile ~/.ssh/web\n  \
         IdentitiesOnly yes\n  ProxyJump a@one:22,two\n  UserKnownHostsFile ~/k1 ~/k2\n  \
         ConnectTimeout 7\n  HostKeyAlias webkey\n  ForwardAgent ask\n",
    );
    let web = home.read("web").unwrap();
    assert_eq!(web.host_name.as_deref(), Some("10.0.0.1"));
    assert_eq!((web.user.as_deref(), web.port), (Some("admin"), Some(2222)));
    assert_eq!(web.identity_files, [home.path().join(".ssh/web")]);
    assert!(web.identities_only);
    assert_eq!(web.proxy_jump, Some(vec!["a@one:22".to_owned(), "two".to_owned()]));
    assert_eq!(web.known_hosts, Some(vec!["~/k1".to_owned(), "~/k2".to_owned()]));
    assert_eq!(web.connect_timeout, Some(Duration::from_secs(7)));
    assert_eq!(web.host_key_alias.as_deref(), Some("webkey"));
    assert_eq!(home.read("other").unwrap(), Settings::default());
}

#[test]
fn the_first_value_counts_over_all_files() {
    let home = Home::new("Host web\n  User first\nHost *\n  User second\n  Port 22\n");
    home.write("system", "Host *\n  User third\n  Port 33\n  ConnectTimeout 3\n");
    let web = home.read("web").unwrap();
    assert_eq!((web.user.as_deref(), web.port), (Some("first"), Some(22)));
    assert_eq!(web.connect_timeout, Some(Duration::from_secs(3)));
}

#[test]
fn a_match_block_is_skipped_and_warned_of() {
    let home = Home::new(
        "Host web\n  Port 2\nMatch exec \"true\"\n  User wrong\n  Port 9\nMatch all\n  User right\n",
    );
    let web = home.read("web").unwrap();
    assert_eq!((web.user.as_deref(), web.port), (Some("right"), Some(2)));
    let [warning] = web.warnings.as_slice() else { panic!("{:?}", web.warnings) };
    assert_eq!(warning.code, "remote/ssh-config-match");
    assert_eq!(warning.place.as_ref().unwrap().0.line_column().0, 3);
}

#[test]
fn includes_are_read_in_place_and_only_for_their_host() {
    let home = Home::new(
        "Include config.d/*.conf\nHost web\n  Include only-web\n  Port 2\nHost db\n  \
         Include only-db\n",
    );
    home.write("config.d/1.conf", "Host web\n  User one\nMatch user x\n  Port 7\n");
    home.write("config.d/2.conf", "Host web\n  User two\n");
    home.write("only-web", "ConnectTimeout 5\n");
    home.write("only-db", "HostName wrong\n");
    let web = home.read("web").unwrap();
    assert_eq!((web.user.as_deref(), web.port), (Some("one"), Some(2)));
    assert_eq!((web.connect_timeout, web.host_name), (Some(Duration::from_secs(5)), None));
    assert_eq!(web.warnings.len(), 1);
}

#[test]
fn a_file_that_includes_itself_is_refused() {
    let home = Home::new("Include config\n");
    assert_eq!(home.read("web").unwrap_err().code, "remote/ssh-config");
}

#[test]
fn faults_and_settings_not_honoured_are_told() {
    let home = Home::new("Host web\n  Port many\n");
    assert_eq!(home.read("web").unwrap_err().code, "remote/ssh-config");
    let home = Home::new("Host web\n  BindAddress 10.0.0.9\n  AddressFamily any\n");
    assert_eq!(home.read("web").unwrap().warnings.len(), 1);
}
