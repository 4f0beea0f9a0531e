//! Kind `user`: an account exists with the declared attributes. Undeclared ones are not compared; its id never changes,
//! and it is never deleted.

use super::footprint::ACCOUNT_FILES;
use super::reader::{AttributeReader, is_account};
use super::*;
use crate::diagnostic::Problems;
use crate::host_path;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "user",
    summary: "A user account without a password; created if missing, never deleted.",
    example: "[[resource]]\nkind = \"user\"\nname = \"bridge\"\nsystem = true\nhome = \"/var/lib/bridge\"\ngroups = [\"ssl-cert\"]\n",
    attributes: &[
        AttributeDoc {
            name: "system",
            takes: "boolean",
            required: false,
            default: Some("false"),
            doc: "Whether a new account's id comes from the range for system users.",
        },
        AttributeDoc {
            name: "home",
            takes: "path",
            required: false,
            default: Some("/nonexistent for a new system account, else /home/NAME"),
            doc: "Its home directory.",
        },
        AttributeDoc {
            name: "create_home",
            takes: "boolean",
            required: false,
            default: Some("false"),
            doc: "Whether to create a new account's home directory; otherwise declare a `directory`.",
        },
        AttributeDoc {
            name: "shell",
            takes: "path",
            required: false,
            default: Some("/usr/sbin/nologin for a new system account, else /bin/bash"),
            doc: "Its login shell.",
        },
        AttributeDoc {
            name: "group",
            takes: "group",
            required: false,
            default: Some("a group with its name"),
            doc: "Its primary group.",
        },
        AttributeDoc {
            name: "groups",
            takes: "list of groups",
            required: false,
            default: Some("not managed"),
            doc: "All its supplementary groups: it is removed from any other.",
        },
    ],
    shell: include_str!("user.sh"),
    declare,
    phase: Phase::Prepare,
    forget: OrphanPolicy::Left("deluser NAME"),
    volatile: &[],
    implied: &[],
    footprint: Footprint {
        own: &["user {name}", "member */{name}"],
        by_products: &[
            ByProduct { traces: &["group {name}"], why: "its own group, if none is set" },
            ACCOUNT_FILES,
        ],
    },
    batch: None,
};

/// Programs that refuse a login.
const NO_SHELLS: [&str; 3] = ["false", "nologin", "true"];

#[derive(Debug)]
struct UserResource {
    name: String,
    system: bool,
    create_home: bool,
    home: Option<String>,
    shell: Option<String>,
    group: Option<String>,
    groups: Option<Vec<String>>,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let mut groups = reader.list("groups");
    groups.sort();
    groups.dedup();
    let user = UserResource {
        name: declared.address.name.clone(),
        system: reader.flag("system").unwrap_or(false),
        create_home: reader.flag("create_home").unwrap_or(false),
        home: reader.text("home"),
        shell: reader.text("shell"),
        group: reader.text("group"),
        groups: reader.has("groups").then_some(groups),
    };
    if !is_account(&user.name) {
        reader.refuse("name", "its name must be that of a user: `a-z`, `0-9`, `_` and `-`");
    }
    for (name, path) in [("home", &user.home), ("shell", &user.shell)] {
        if path.as_deref().is_some_and(|path| !host_path::is_normal(path) || path.contains(':')) {
            reader.refuse(name, format!("`{name}` takes an absolute path"));
        }
    }
    if user.name == "root" {
        protect_root(&user, &mut reader);
    }
    if user.group.as_deref().is_some_and(|group| !is_account(group)) {
        reader.refuse("group", "`group` takes the name of a group");
    }
    if !user.groups.iter().flatten().all(|group| is_account(group)) {
        reader.refuse("groups", "`groups` takes names of groups");
    }
    reader.finish(Box::new(user))
}

/// Refuses what would end logins as root, and whatever root runs with its own shell.
fn protect_root(user: &UserResource, reader: &mut AttributeReader<'_>) {
    let shell = user.shell.as_deref().and_then(|shell| shell.rsplit('/').next());
    if shell.is_some_and(|shell| NO_SHELLS.contains(&shell)) {
        reader.refuse("shell", "with this shell, nobody could log in as root, not even on the console or with `sudo -i`; to refuse only SSH logins, declare a file in /etc/ssh/sshd_config.d with `PermitRootLogin no`");
    }
    if user.home.as_deref().is_some_and(|home| home != "/root") {
        reader.refuse("home", "root's home is /root: sshd would no longer find its keys");
    }
}

impl Resource for UserResource {
    fn provides(&self) -> Vec<String> {
        let mut provisions = vec![format!("user:{}", self.name)];
        if self.group.is_none() {
            provisions.push(format!("group:{}", self.name));
        }
        provisions
    }

    fn requires(&self) -> Vec<String> {
        let groups = self.group.iter().chain(self.groups.iter().flatten());
        let mut requirements: Vec<String> = groups.map(|group| format!("group:{group}")).collect();
        requirements.extend(self.shell.iter().map(|shell| format!("path:{shell}")));
        requirements
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        questions.ask("user_observe", &[&self.name]);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        if answers.get("user_observe", "root").is_none() {
            return Observed::Unknown("the host's `getent` did not answer".to_owned());
        }
        let Some(record) = answers.get("user_observe", &self.name) else { return Observed::Absent };
        let word = |field: &str| AttributeValue::Word(record.text(field).unwrap_or_default());
        let all = record.text("groups").unwrap_or_default();
        let (group, _) = all.split_once(' ').unwrap_or((&all, ""));
        // The primary group also counts as a supplementary one, if it is declared as both.
        let declared = |name: &str| self.groups.iter().flatten().any(|group| group == name);
        let mut further: Vec<&str> = all.split(' ').collect();
        further.retain(|name| !name.is_empty() && (*name != group || declared(name)));
        further.sort_unstable();
        Observed::Present(Attributes::from_iter([
            ("state", AttributeValue::word("present")),
            ("home", word("home")),
            ("shell", word("shell")),
            ("group", AttributeValue::word(group)),
            ("groups", AttributeValue::word(further.join(","))),
        ]))
    }

    /// An earlier user has the defaults that `make` gives it.
    fn simulate(&self, _: &Context, host: &SimulatedHost<'_>, before: Option<&Wanted>) -> Observed {
        let mut found = host.observation(&self.provides(), before);
        if let (Observed::Present(seen), Some(before)) = (&mut found, before) {
            let system = before.attribute("system") == Some(&DeclaredValue::Bool(true));
            let (home, shell) = defaults(&self.name, system);
            let group = self.name.clone();
            for (name, value) in
                [("home", home), ("shell", shell), ("group", group), ("groups", String::new())]
            {
                seen.entry(name).or_insert(AttributeValue::Word(value));
            }
        }
        found
    }

    fn wanted(&self) -> Attributes {
        let mut wanted = Attributes::from_iter([("state", AttributeValue::word("present"))]);
        let given = [("home", &self.home), ("shell", &self.shell), ("group", &self.group)];
        for (name, value) in given {
            wanted.extend(value.as_ref().map(|value| (name, AttributeValue::word(value))));
        }
        wanted.extend(
            self.groups.as_ref().map(|groups| ("groups", AttributeValue::word(groups.join(",")))),
        );
        wanted
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        if change.action == Action::Create {
            return vec![self.make()];
        }
        let differing = |name: &str, value: &Option<String>| match value {
            Some(value) if change.differs(name) => value.clone(),
            _ => String::new(),
        };
        let groups = if change.differs("groups") { self.groups_word() } else { String::new() };
        let home = differing("home", &self.home);
        let shell = differing("shell", &self.shell);
        let group = differing("group", &self.group);
        let args = [self.name.as_str(), &home, &shell, &group, &groups];
        vec![Step::new(format!("changing user {}", self.name), "user_change", &args)]
    }
}

/// Returns the default home and shell of a user.
fn defaults(name: &str, system: bool) -> (String, String) {
    match system {
        true => ("/nonexistent".to_owned(), "/usr/sbin/nologin".to_owned()),
        false => (format!("/home/{name}"), "/bin/bash".to_owned()),
    }
}

impl UserResource {
    fn make(&self) -> Step {
        let (home, shell) = defaults(&self.name, self.system);
        let home = self.home.clone().unwrap_or(home);
        let shell = self.shell.clone().unwrap_or(shell);
        let group = self.group.clone().unwrap_or_default();
        let system = if self.system { "--system" } else { "" };
        let create = if self.create_home { "--create-home" } else { "--no-create-home" };
        let groups = self.groups_word();
        let args = [self.name.as_str(), &home, &shell, &group, &groups, create, system];
        Step::new(format!("adding user {}", self.name), "user_make", &args)
    }

    /// Returns `=a,b`; empty if its supplementary groups are not declared.
    fn groups_word(&self) -> String {
        self.groups.as_ref().map(|groups| format!("={}", groups.join(","))).unwrap_or_default()
    }
}
