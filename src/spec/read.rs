//! A spec as read: what belongs to matrixform itself is typed here; the sections of modules stay trees,
//! because their types are in the manifests (see `module::settings`).

use super::files::Files;
use super::host::Host;
use super::keys::Keys;
use super::node::{self, Node, Table};
use crate::diagnostic::{Diagnostic, Place, Problems, Source};
use std::sync::Arc;

/// Keys of a spec that are no module's section.
pub const OWN_KEYS: [&str; 5] = ["format", "host", "secrets", "accept", "resource"];

/// The format of specs that this version reads.
const FORMAT: i64 = 1;

/// The wanted state of a host, as written.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The text.
    pub source: Arc<Source>,
    /// How to reach the host.
    pub host: Host,
    /// Where secrets are, when not in the environment or the keyring.
    pub secrets_file: Option<SecretsFile>,
    /// Findings that the user has accepted.
    pub accepted: Vec<Accepted>,
    /// The user's own `[[resource]]`.
    pub resources: Vec<Node>,
    /// The sections of modules, in the order of the file.
    pub sections: Table,
    /// The files beside it.
    pub files: Arc<dyn Files>,
}

/// `[secrets] file`: a file outside the repository that holds the secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretsFile {
    /// Its path as written: relative to the spec, or below `~`.
    pub path: String,
    /// Where that is said.
    pub place: Place,
}

/// A finding that the user has accepted, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The finding's id, such as `MF052`.
    pub id: String,
    /// Why it is fine here.
    pub reason: String,
    /// Where that is said.
    pub place: Place,
}

impl Spec {
    /// Reads a spec; all problems at once, except those of the modules' own sections.
    pub fn read(source: &Arc<Source>, files: Arc<dyn Files>) -> Result<Spec, Problems> {
        let (spec, problems) = Spec::judge(source, files)?;
        if problems.is_empty() { Ok(spec) } else { Err(problems) }
    }

    /// The same as far as it can be read, with its problems: what is wrong with `[host]` hides nothing of
    /// the sections. An error when nothing can be judged.
    pub fn judge(
        source: &Arc<Source>,
        files: Arc<dyn Files>,
    ) -> Result<(Spec, Problems), Problems> {
        let root = node::parse(source)?;
        let start = Place::new(source, 0..0);
        let table = root.as_table().cloned().unwrap_or_default();
        let mut keys = Keys::new("the spec", &table, &start);
        // Sections are known to the modules alone: unknown ones are refused there.
        let sections: Vec<_> = table.iter().filter(|(key, _)| !is_own(key)).collect();
        sections.iter().for_each(|(key, _)| keys.allow(key));
        format(&mut keys);
        let host = keys.required("host", "a section with at least `address`");
        let host = host.and_then(|entry| keys.keep(Host::read(&entry.node)));
        let secrets_file = secrets_file(&mut keys);
        let accepted = accepted(&mut keys);
        let resources = keys.list("resource").to_vec();
        let problems = keys.finish();
        if problems.iter().any(|problem| problem.code == "spec/format") {
            return Err(problems);
        }
        let host = host.unwrap_or_else(|| Host::unknown(&start));
        let sections = sections.into_iter().map(|(key, entry)| (key.clone(), entry.clone()));
        let (source, sections) = (Arc::clone(source), sections.collect());
        let spec = Spec { source, host, secrets_file, accepted, resources, sections, files };
        Ok((spec, problems))
    }

    /// Where a module's section begins.
    pub fn section(&self, module: &str) -> Option<&Place> {
        self.sections.get(module).map(|entry| &entry.key)
    }
}

fn is_own(key: &str) -> bool {
    OWN_KEYS.contains(&key)
}

fn format(keys: &mut Keys<'_>) {
    let Some(format) = keys.whole("format").filter(|format| *format != FORMAT) else { return };
    let place = keys.entry("format").map(|entry| entry.node.place.clone());
    let message =
        format!("this spec has format {format}, and this matrixform reads format {FORMAT}");
    let problem = Diagnostic::error("spec/format", message).help("use a newer matrixform");
    keys.push(problem.at(&place.unwrap_or_else(|| keys.place().clone())));
}

fn secrets_file(keys: &mut Keys<'_>) -> Option<SecretsFile> {
    let entry = keys.entry("secrets")?;
    let mut section = keys.keep(one(Keys::of_node("`[secrets]`", &entry.node)))?;
    let path =
        section.required_text("file", "a file outside the repository that holds the secrets");
    let place = section.entry("file").map(|entry| entry.node.place.clone());
    keys.keep(nothing(section.finish()));
    Some(SecretsFile { path: path?.to_owned(), place: place? })
}

fn accepted(keys: &mut Keys<'_>) -> Vec<Accepted> {
    let nodes = keys.list("accept");
    nodes.iter().filter_map(|node| keys.keep(accept(node))).collect()
}

fn accept(node: &Node) -> Result<Accepted, Problems> {
    let mut keys = one(Keys::of_node("`[[accept]]`", node))?;
    let id = keys.required_text("id", "the finding's id, such as `MF052`").unwrap_or_default();
    let reason = keys.required_text("reason", "why it is fine here").unwrap_or_default();
    let accepted =
        Accepted { id: id.to_owned(), reason: reason.to_owned(), place: node.place.clone() };
    nothing(keys.finish()).map(|()| accepted)
}

fn one<T>(result: Result<T, Diagnostic>) -> Result<T, Problems> {
    result.map_err(|problem| vec![problem])
}

fn nothing(problems: Problems) -> Result<(), Problems> {
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::files::InMemory;

    fn read(text: &str) -> Result<Spec, Problems> {
        Spec::read(&Source::new("inventory/prod.toml", text), Arc::new(InMemory::default()))
    }

    fn problems(text: &str) -> String {
        let problems = read(text).unwrap_err();
        let shown: Vec<String> = problems.iter().map(|problem| problem.render(false)).collect();
        shown.join("\n\n")
    }

    #[test]
    fn reads_its_own_keys_and_leaves_sections() {
        let spec = read(
            "format = 1\n[host]\naddress = \"a.example\"\nport = 2222\nuser = \"ops\"\n\
             connect_timeout = \"5s\"\nsudo_password = { secret = \"host/sudo\" }\n\
             [secrets]\nfile = \"~/lab.secrets\"\n[nginx]\n[[cron]]\nname = \"x\"\n\
             [[accept]]\nid = \"MF052\"\nreason = \"a lab\"\n",
        )
        .unwrap();
        assert_eq!(spec.host.port, Some(2222));
        assert_eq!(spec.host.sudo_password.as_deref(), Some("host/sudo"));
        assert_eq!(spec.host.become_as("ops"), crate::spec::host::Become::Sudo);
        assert_eq!(spec.sections.keys().collect::<Vec<_>>(), ["nginx", "cron"]);
        assert_eq!(spec.accepted[0].id, "MF052");
        assert_eq!(spec.section("nginx").unwrap().line_column(), (10, 2));
    }

    #[test]
    fn tells_everything_that_is_wrong_at_once() {
        insta::assert_snapshot!(problems(
            "format = 2\n[host]\nadress = \"a\"\nport = 70000\nbecome = \"sud\"\n\
             identity_files = \"x\"\nsudo_password = \"hunter2\"\nconnect_timeout = \"5m\"\n\
             [secrets]\n[[accept]]\nid = 5\n"
        ));
    }

    #[test]
    fn needs_a_host() {
        insta::assert_snapshot!(problems("[nginx]\n"));
    }
}
