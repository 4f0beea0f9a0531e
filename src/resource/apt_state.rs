//! Interprets what dpkg and apt report about a package and its version. Notes always name the source of a version:
//! installed, apt's candidate, or the table of the release.

use super::*;

/// The observed state of a package, along with the wanted one.
pub(super) struct PackageState<'a> {
    pub(super) name: &'a str,
    pub(super) version: Option<&'a str>,
    pub(super) expected: Option<&'a str>,
    /// Whether this plan may write an apt source, so that apt's offers are not known yet.
    pub(super) source_comes: bool,
    pub(super) seen: &'a Attributes,
}

impl PackageState<'_> {
    /// Returns what the host reported about a package, as attributes.
    pub(super) fn attributes(name: &str, answers: &Answers) -> Result<Attributes, String> {
        if answers.get("apt_observe", "dpkg").is_none() {
            return Err("the host's `dpkg-query` did not answer".to_owned());
        }
        let empty = Record::default();
        let record = answers.get("apt_observe", name).unwrap_or(&empty);
        let word = |field: &str| match record.text(field) {
            Some(text) if !text.is_empty() && text != "(none)" => AttributeValue::Word(text),
            _ => AttributeValue::Nothing,
        };
        let lists = answers.get("apt_observe", "/lists").and_then(|lists| lists.text("state"));
        let mut seen = Attributes::new();
        seen.insert("state", state(record));
        let is_installed = seen.get("state") != Some(&AttributeValue::Nothing);
        seen.insert(
            "version",
            if is_installed { word("version") } else { AttributeValue::Nothing },
        );
        seen.insert("candidate", word("candidate"));
        seen.insert("offers", word("offers"));
        seen.insert("held", AttributeValue::flag(record.text("want").as_deref() == Some("hold")));
        seen.insert("lists", AttributeValue::Word(lists.unwrap_or_default()));
        Ok(seen)
    }

    /// Returns the same for a host that is not asked, from the facts and the previous declaration.
    pub(super) fn of_simulated(
        name: &str,
        host: &SimulatedHost<'_>,
        before: Option<&Wanted>,
    ) -> Attributes {
        let known = host.package(name);
        let removed = before
            .is_some_and(|one| one.attribute("installed") == Some(&DeclaredValue::Bool(false)));
        let is_installed = before.is_some() || known.is_some() || host.is_package_provided(name);
        let asked = before.and_then(|before| before.attribute_text("version"));
        let known = known.filter(|version| asked.is_none_or(|asked| fits(asked, version)));
        let version =
            known.or(asked).or(before.and_then(|before| before.attribute_text("expected")));
        let word = |word: Option<&str>| word.map_or(AttributeValue::Nothing, AttributeValue::word);
        let is_installed = is_installed && !removed;
        let unseen = || AttributeValue::Unknown("dpkg was not asked".to_owned());
        let version = if is_installed {
            version.map_or_else(unseen, AttributeValue::word)
        } else {
            AttributeValue::Nothing
        };
        Attributes::from([
            ("state", word(is_installed.then_some("installed"))),
            ("version", version),
            ("candidate", word(host.candidate(name))),
            ("offers", AttributeValue::Nothing),
            ("held", AttributeValue::flag(false)),
            ("lists", AttributeValue::word("")),
        ])
    }

    /// Adds the version to a comparison: installed version, target version, and whether it can be installed.
    pub(super) fn complete(&self, found: &mut Comparison) {
        let absent = self.seen.get("state") == Some(&AttributeValue::Nothing);
        let installed = self.word("version");
        let fits = |version: &str| self.version.is_none_or(|wanted| fits(wanted, version));
        let moves = absent || installed.is_some_and(|version| !fits(version));
        if moves {
            let from = self.seen.get("version").cloned().unwrap_or(AttributeValue::Nothing);
            let (to, note) = self.target();
            found.notes.push(note);
            found.differences.push(Difference { attribute: "version", from, to });
            found.action = if absent { Action::Create } else { Action::Update };
            self.obstacle().into_iter().for_each(|refuse| found.action = refuse);
        }
        if found.differs("state") && !absent {
            found.notes.push("an interrupted installation is finished first".to_owned());
        }
    }

    /// Returns the target version and where it is known from.
    fn target(&self) -> (AttributeValue, String) {
        if self.source_comes && self.version.is_some() && self.offered().is_none() {
            let note = "apt does not offer it yet: the package lists are updated first".to_owned();
            return (self.asked(), note);
        }
        match (self.offered(), self.expected) {
            (Some(version), _) if self.version.is_none() => {
                (AttributeValue::word(version), format!("{version} is apt's candidate"))
            }
            (Some(version), _) => (AttributeValue::word(version), format!("apt offers {version}")),
            (None, Some(version)) => {
                (AttributeValue::word(version), format!("{version} is recorded for this release"))
            }
            (None, None) => {
                (self.asked(), "apt chooses the version when it updates its lists".to_owned())
            }
        }
    }

    fn asked(&self) -> AttributeValue {
        AttributeValue::word(self.version.unwrap_or("apt's candidate"))
    }

    /// Returns the newest matching version that apt offers.
    fn offered(&self) -> Option<&str> {
        match self.version {
            None => self.word("candidate"),
            Some(wanted) => self.offers().find(|version| fits(wanted, version)),
        }
    }

    /// Returns all versions that apt offers, newest first.
    fn offers(&self) -> impl Iterator<Item = &str> {
        self.word("offers").unwrap_or_default().split(' ').filter(|version| !version.is_empty())
    }

    /// Explains why the version cannot be installed, if so.
    fn obstacle(&self) -> Option<Action> {
        let name = self.name;
        let refuse = |why: String, help: String| Some(Action::Refuse { why, help });
        if self.word("held") == Some("yes") {
            let help = format!("release it with `apt-mark unhold {name}`");
            return refuse(format!("{name} is on hold, so apt does not change it"), help);
        }
        if let (Some(installed), Some(target)) = (self.word("version"), self.offered()) {
            let place = |version: &str| self.offers().position(|offer| offer == version);
            if place(installed) < place(target) && place(installed).is_some() {
                let why = format!("{name} {installed} is installed, which is newer than {target}");
                let help =
                    "matrixform does not downgrade: allow the newer version, or downgrade by hand";
                return refuse(why, help.to_owned());
            }
        }
        let known = self.word("lists") == Some("fresh") && !self.source_comes;
        if !known || self.offered().is_some() {
            return None;
        }
        let offers: Vec<&str> = self.offers().collect();
        let help = "check the name, the version and the apt sources".to_owned();
        match (self.version, offers.is_empty()) {
            (Some(version), false) => {
                let offers = offers.join(", ");
                refuse(format!("apt offers {name} {offers}, but not {version}"), help)
            }
            _ => refuse(format!("apt knows no package {name}"), help),
        }
    }

    fn word(&self, name: &str) -> Option<&str> {
        match self.seen.get(name) {
            Some(AttributeValue::Word(word)) => Some(word),
            _ => None,
        }
    }
}

/// Returns dpkg's state: `installed`, nothing, or what is wrong.
fn state(record: &Record) -> AttributeValue {
    match (record.text("status").as_deref(), record.text("flag").as_deref()) {
        (None | Some("not-installed" | "config-files"), _) => AttributeValue::Nothing,
        (Some("installed"), Some("ok")) => AttributeValue::word("installed"),
        (Some("installed"), _) => AttributeValue::word("must be reinstalled"),
        (Some(other), _) => AttributeValue::word(other),
    }
}

/// Whether a version matches the wanted one: equal, or starting with it if it ends in `*`. apt accepts no other
/// patterns when it installs.
fn fits(wanted: &str, version: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(start) => version.starts_with(start),
        None => version == wanted,
    }
}
