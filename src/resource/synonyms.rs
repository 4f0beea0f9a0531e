//! The vocabulary of Ansible, Terraform, Salt, Puppet and Chef that has another name here: kinds, attributes, and
//! values that do not belong in a resource. A typo gets the nearest word as a suggestion; these get what to write
//! instead.

/// Returns the kind for another tool's word.
pub fn kind_synonym(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase().replace('-', "_");
    let word = word.rsplit_once("ansible.builtin.").map_or(word.as_str(), |(_, word)| word);
    let of = KINDS.iter().find(|(_, words)| words.contains(&word));
    of.map(|(kind, _)| *kind)
}

const KINDS: [(&str, &[&str]); 13] = [
    ("apt", &["package", "pkg", "packages", "apt_package", "pkg.installed", "dnf", "yum", "dpkg"]),
    (
        "apt_source",
        &[
            "repository",
            "apt_repository",
            "repo",
            "apt_repo",
            "pkgrepo",
            "pkgrepo.managed",
            "deb822_repository",
        ],
    ),
    (
        "service",
        &[
            "systemd",
            "systemd_service",
            "systemd_unit",
            "systemctl",
            "unit",
            "service.running",
            "daemon",
        ],
    ),
    (
        "file",
        &[
            "template",
            "copy",
            "local_file",
            "file.managed",
            "cookbook_file",
            "lineinfile",
            "blockinfile",
            "config",
        ],
    ),
    ("directory", &["folder", "dir", "file.directory", "mkdir"]),
    ("symlink", &["link", "file.symlink", "ln"]),
    ("absent", &["file.absent", "delete", "remove", "removed"]),
    (
        "command",
        &["exec", "shell", "cmd", "cmd.run", "execute", "script", "raw", "null_resource", "bash"],
    ),
    ("cron", &["cronjob", "cron_job", "cron.present", "crontab", "timer"]),
    ("user", &["account", "user.present"]),
    ("postgres_database", &["postgresql_db", "postgresql_database", "database"]),
    ("postgres_role", &["postgresql_user", "postgresql_role"]),
    ("venv", &["pip", "virtualenv", "pip.installed"]),
];

/// The counterpart of another tool's attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeAdvice {
    /// Another key, with the same value.
    Key(&'static str),
    /// Advice on what to do instead.
    Help(&'static str),
}

/// Returns what to write instead of another tool's attribute.
pub fn attribute_synonym(word: &str) -> Option<AttributeAdvice> {
    let word = word.to_ascii_lowercase().replace('-', "_");
    let of = ATTRIBUTES.iter().find(|(words, _)| words.contains(&word.as_str()));
    of.map(|(_, instead)| *instead)
}

const ATTRIBUTES: [(&[&str], AttributeAdvice); 11] = [
    (
        &["path", "dest", "destination", "filename", "file", "title", "pkg", "package", "unit"],
        AttributeAdvice::Key("name"),
    ),
    (&["src", "template_file"], AttributeAdvice::Key("source")),
    (&["body", "text", "data"], AttributeAdvice::Key("content")),
    (&["permissions", "perm", "perms", "chmod", "file_permission"], AttributeAdvice::Key("mode")),
    (
        &["depends_on", "require", "requires", "after", "dependencies"],
        AttributeAdvice::Key("needs"),
    ),
    (&["user_owner", "chown"], AttributeAdvice::Key("owner")),
    (&["cmd", "exec", "argv", "shell"], AttributeAdvice::Key("run")),
    (
        &["state", "ensure"],
        AttributeAdvice::Help(
            "remove it: resources in the spec are always present; for a path that must not exist, use `kind = \"absent\"`",
        ),
    ),
    (
        &[
            "notify",
            "notifies",
            "handler",
            "handlers",
            "watch",
            "watch_in",
            "subscribe",
            "triggers",
            "listen",
        ],
        AttributeAdvice::Help(
            "write `activation = \"NAME\"`: its files are tested and its services reloaded together; `matrixform explain activation` describes it",
        ),
    ),
    (
        &["count", "loop", "with_items", "foreach"],
        AttributeAdvice::Help("write `for_each = \"[1, 2]\"`, and `{{ item }}` where they differ"),
    ),
    (
        &["become", "become_user", "sudo", "provider", "lifecycle", "tags", "register", "backup"],
        AttributeAdvice::Help("remove it: a single resource has no such setting"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::kinds;

    #[test]
    fn every_synonym_leads_to_a_kind_and_is_not_one() {
        let known = |name: &str| kinds().iter().any(|kind| kind.name == name);
        for (kind, words) in KINDS {
            assert!(known(kind), "{kind}");
            assert!(words.iter().all(|word| !known(word)), "{words:?}");
        }
        assert_eq!(kind_synonym("ansible.builtin.Template"), Some("file"));
        assert_eq!(attribute_synonym("depends-on"), Some(AttributeAdvice::Key("needs")));
    }
}
