//! Edits of one spec: the demo's, with a resource of every kind. tests/diff shows what `diff` reports for each, and a
//! trial on a host made from the spec can compare that with its `plan`.
#![allow(dead_code)]

use std::path::Path;

/// The spec that every edit starts from.
pub(crate) const SPEC: &str =
    concat!(include_str!("../../examples/lab/lab.toml"), include_str!("../lab/whole/extra.toml"),);

/// The module `[lab]` that the spec uses, by path below `modules/lab`.
const MODULE: [(&str, &str); 3] = [
    ("module.toml", include_str!("../lab/whole/lab/module.toml")),
    (
        "templates/lab-daemon.service.j2",
        include_str!("../lab/whole/lab/templates/lab-daemon.service.j2"),
    ),
    ("files/lab-daemon", include_str!("../lab/whole/lab/files/lab-daemon")),
];

/// An edit of the spec.
pub(crate) struct Edit {
    /// Its name, also used for its snapshot.
    pub(crate) name: &'static str,
    /// Text that occurs once in the spec; empty for the end of the spec.
    find: &'static str,
    /// The replacement.
    replace: &'static str,
}

const fn edit(name: &'static str, find: &'static str, replace: &'static str) -> Edit {
    Edit { name, find, replace }
}

const HTOP: &str = "[[resource]]\nkind = \"apt\"\nname = \"htop\"\n";
const MOTD: &str = "kind = \"file\"\nname = \"/etc/motd\"\ncontent = \"This host is managed by matrixform: changes by hand are undone.\\n\"\n";

/// All edits that can be tried on one host.
pub(crate) const EDITS: &[Edit] = &[
    // Not visible on the host.
    edit("comment", "format = 1", "# Another comment.\nformat = 1"),
    edit("explicit_default", "[postgres]\n", "[postgres]\nmax_connections = 100\n"),
    // Each of the modules.
    edit("synapse_upload", "max_upload = \"20M\"", "max_upload = \"50M\""),
    edit("synapse_registration", "mode = \"token\"", "mode = \"closed\""),
    edit(
        "synapse_extra",
        "[tls]\n",
        "[synapse.extra]\nserver_notices = { system_mxid_localpart = \"notices\", room_name = \"News\" }\n\n[tls]\n",
    ),
    edit("synapse_version", "source = \"pypi\"", "source = \"pypi\"\nversion = \"1.162.0\""),
    edit("synapse_port", "source = \"pypi\"", "source = \"pypi\"\nport = 8018"),
    edit(
        "synapse_mail",
        "[tls]\n",
        "[synapse.email]\nhost = \"mail.example.org\"\nuser = \"matrix\"\npassword = { secret = \"mail/password\" }\nfrom = \"Example <matrix@example.org>\"\n\n[tls]\n",
    ),
    edit(
        "synapse_pepper_renamed",
        "[tls]\n",
        "[synapse.secrets]\npepper = { secret = \"another/pepper\" }\n\n[tls]\n",
    ),
    edit("synapse_database_renamed", "[tls]\n", "[synapse.database]\nname = \"matrix\"\n\n[tls]\n"),
    edit(
        "synapse_database_password",
        "[tls]\n",
        "[synapse.database]\npassword = { secret = \"another/password\" }\n\n[tls]\n",
    ),
    edit("postgres_connections", "[postgres]\n", "[postgres]\nmax_connections = 150\n"),
    edit(
        "postgres_listen",
        "[postgres]\n",
        "[postgres]\nlisten = [\"127.0.0.1\", \"10.83.0.7\"]\naccess = [{ database = \"lab\", role = \"lab\", from = \"10.83.0.9\" }]\n",
    ),
    edit("tls_days", "provider = \"self-signed\"", "provider = \"self-signed\"\ndays = 90"),
    edit(
        "tls_names",
        "provider = \"self-signed\"",
        "provider = \"self-signed\"\nextra_names = [\"chat.example.org\"]",
    ),
    edit(
        "nginx_hsts",
        "federation_port = true",
        "federation_port = true\nhsts = { max_age = \"1y\" }",
    ),
    edit("nginx_no_federation_port", "federation_port = true\n", ""),
    edit(
        "nginx_redirect",
        "to = \"https://www.example.org/\"",
        "to = \"https://blog.example.org/\"",
    ),
    edit(
        "nginx_route",
        "[[nginx.redirects]]",
        "[[nginx.extra_routes]]\nsite = \"matrix.example.org\"\npath = \"/livekit/\"\nto = \"127.0.0.1:7880\"\nupgrade = true\n\n[[nginx.redirects]]",
    ),
    edit("well_known_contact", "abuse@example.org", "help@example.org"),
    edit(
        "well_known_gone",
        "[well_known]\ncontacts = [{ role = \"m.role.admin\", email_address = \"abuse@example.org\" }]\n",
        "",
    ),
    edit("cron_schedule", "schedule = \"17 4 * * sun\"", "schedule = \"17 5 * * sun\""),
    edit(
        "cron_gone",
        "[[cron]]\nname = \"purge-remote-media\"\nschedule = \"17 4 * * sun\"\njob = \"purge-remote-media\"\nkeep = \"30d\"\n",
        "",
    ),
    edit(
        "cron_new",
        "",
        "[[cron]]\nname = \"tidy\"\nschedule = \"@daily\"\ncommand = \"find /var/cache/site -mtime +30 -delete\"\n",
    ),
    edit("own_module_option", "[lab]\n", "[lab]\nanswer = \"43\"\n"),
    edit("own_module_gone", "[lab]\n", ""),
    // Each kind among the spec's own resources: changed, removed, added.
    edit("apt_new", "", "[[resource]]\nkind = \"apt\"\nname = \"tree\"\n"),
    edit("apt_pinned", HTOP, "[[resource]]\nkind = \"apt\"\nname = \"htop\"\nversion = \"3.*\"\n"),
    edit("apt_gone", HTOP, ""),
    edit("apt_removed", HTOP, "[[resource]]\nkind = \"apt\"\nname = \"htop\"\ninstalled = false\n"),
    edit(
        "apt_source_new",
        "",
        "[[resource]]\nkind = \"apt_source\"\nname = \"vendor\"\nuris = [\"https://deb.example.org/\"]\nsuites = [\"stable\"]\ncomponents = [\"main\"]\nkey_url = \"https://deb.example.org/key.asc\"\nfingerprint = \"AAF9AE843A7584B5A3E4CD2BCF45A512DE2DA058\"\n",
    ),
    edit("file_content", "changes by hand are undone.", "changes by hand are lost."),
    edit(
        "file_mode",
        MOTD,
        "kind = \"file\"\nname = \"/etc/motd\"\nmode = \"0600\"\ncontent = \"This host is managed by matrixform: changes by hand are undone.\\n\"\n",
    ),
    edit(
        "file_gone",
        concat!(
            "[[resource]]\n",
            "kind = \"file\"\nname = \"/etc/motd\"\ncontent = \"This host is managed by matrixform: changes by hand are undone.\\n\"\n"
        ),
        "",
    ),
    edit(
        "file_becomes_link",
        MOTD,
        "kind = \"symlink\"\nname = \"/etc/motd\"\ntarget = \"/run/motd\"\n",
    ),
    edit("file_absent", MOTD, "kind = \"absent\"\nname = \"/etc/motd\"\n"),
    edit(
        "file_secret",
        "",
        "[[resource]]\nkind = \"file\"\nname = \"/etc/token\"\ncontent = { secret = \"vendor/token\" }\n",
    ),
    edit("symlink_target", "target = \"with blank.conf\"", "target = \"another.conf\""),
    edit("directory_mode", "mode = \"2750\"", "mode = \"2755\""),
    edit(
        "directory_purges_what_leaves",
        "[[resource]]\nkind = \"file\"\nname = \"/srv/lab/with blank.conf\"\ncontent = \"one = 1\\ntwo = 2\\n\"\nowner = \"lab-bridge\"\ngroup = \"lab-readers\"\nmode = \"0640\"\n",
        "",
    ),
    edit(
        "directory_gone",
        "[[resource]]\nkind = \"directory\"\nname = \"/etc/systemd/system/cron.service.d\"\n\n[[resource]]\nkind = \"file\"\nname = \"/etc/systemd/system/cron.service.d/lab.conf\"\ncontent = \"[Unit]\\nDescription=cron, as the lab describes it\\n\"\n",
        "",
    ),
    edit("user_groups", "groups = [\"adm\"]", "groups = [\"adm\", \"systemd-journal\"]"),
    edit("user_shell", "shell = \"/usr/sbin/nologin\"\n", "shell = \"/bin/sh\"\n"),
    edit("user_shell_left_out", "shell = \"/usr/sbin/nologin\"\n", ""),
    edit("user_new", "", "[[resource]]\nkind = \"user\"\nname = \"lab-other\"\nsystem = true\n"),
    edit("group_new", "", "[[resource]]\nkind = \"group\"\nname = \"lab-writers\"\n"),
    edit("debconf_answer", "value = \"an answer\"", "value = \"another answer\""),
    edit(
        "command_path",
        "run = \"echo counted >/srv/lab/counted\"\ncreates = \"/srv/lab/counted\"",
        "run = \"echo counted >/srv/lab/again\"\ncreates = \"/srv/lab/again\"",
    ),
    edit(
        "command_check",
        "",
        "[[resource]]\nkind = \"command\"\nname = \"look\"\nrun = \"true\"\ncheck = \"test -e /srv/lab\"\n",
    ),
    edit(
        "cron_entry_gone",
        "[[resource]]\nkind = \"cron\"\nname = \"lab-nightly\"\nschedule = \"5 3 * * *\"\nuser = \"lab-bridge\"\ncommand = \"test -e /srv/lab/current\"\n",
        "",
    ),
    edit(
        "service_new",
        "",
        "[[resource]]\nkind = \"file\"\nname = \"/etc/systemd/system/lab-new.service\"\ncontent = \"[Service]\\nExecStart=/bin/sleep infinity\\n\"\n\n[[resource]]\nkind = \"service\"\nname = \"lab-new.service\"\nenabled = false\n",
    ),
    edit(
        "service_of_others",
        "",
        "[[resource]]\nkind = \"service\"\nname = \"systemd-timesyncd.service\"\n",
    ),
    edit(
        "certificate_new",
        "",
        "[[resource]]\nkind = \"certificate\"\nname = \"/etc/ssl/lab\"\nnames = [\"lab.example.org\"]\n",
    ),
    edit(
        "role_new",
        "",
        "[[resource]]\nkind = \"postgres_role\"\nname = \"reporter\"\ncluster = \"17/main\"\npassword = { secret = \"lab/reporter\" }\n\n[[resource]]\nkind = \"postgres_database\"\nname = \"reports\"\ncluster = \"17/main\"\nowner = \"reporter\"\n",
    ),
    edit(
        "venv_new",
        "",
        "[[resource]]\nkind = \"venv\"\nname = \"/opt/lab/tools\"\npackages = [\"httpie==3.2.4\"]\n",
    ),
    edit(
        "ssh_hardened",
        "",
        "[[resource]]\nkind = \"file\"\nname = \"/etc/ssh/sshd_config.d/10-lab.conf\"\ncontent = \"LoginGraceTime 30\\n\"\n",
    ),
];

/// Edits that make no sense in a trial on the same host.
pub(crate) const ELSEWHERE: &[Edit] = &[
    edit("another_host", "address = \"127.0.0.1\"", "address = \"192.0.2.7\""),
    edit("another_installation", "format = 1", "format = 1\nid = \"other\""),
    edit("variable", "to = \"https://www.example.org/\"", "to = { env = \"REDIRECT\" }"),
];

impl Edit {
    /// Returns the spec with this edit.
    pub(crate) fn apply(&self, spec: &str) -> String {
        if self.find.is_empty() {
            return format!("{spec}\n{}", self.replace);
        }
        assert_eq!(
            spec.matches(self.find).count(),
            1,
            "{}: {:?} stands there once",
            self.name,
            self.find
        );
        spec.replacen(self.find, self.replace, 1)
    }
}

/// Writes a spec and its module into a directory.
pub(crate) fn write(directory: &Path, spec: &str) {
    for (name, text) in MODULE {
        let file = directory.join("modules/lab").join(name);
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
        std::fs::write(file, text).expect("a file");
    }
    std::fs::write(directory.join("prod.toml"), spec).expect("a spec");
}
