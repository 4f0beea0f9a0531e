//! Builds the text of a new spec from the answers. The options that a profile sets appear as comments, taken from the
//! manifests.

use super::answers::InitAnswers;
use super::types::contact_key;
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::{Modules, followers};
use minijinja::{Environment, context};
use std::collections::BTreeMap;
use std::path::Path;

const TEMPLATE: &str = include_str!("prod.toml.j2");

/// Returns the path of the chain below the spec's directory.
pub(super) fn chain_beside(answers: &InitAnswers) -> String {
    format!("tls/{}.pem", answers.site())
}

/// Returns the text for a spec at this path, which commands in it refer to.
pub(super) fn text(
    answers: &InitAnswers,
    modules: &Modules,
    path: &Path,
) -> Result<String, Problems> {
    let mut answers = answers.clone();
    let (site, contact) = (answers.site().to_owned(), answers.text("contact").to_owned());
    let public = answers.text("public-name").to_owned();
    answers.set("id", crate::spec::Id::after(answers.text("server-name")));
    answers.set("chain_beside", chain_beside(&answers));
    answers.set("baseurl", format!("https://{public}/"));
    answers.set("admin_contact", uri(&contact));
    let plain: BTreeMap<&'static str, String> =
        answers.iter().map(|(flag, text)| (flag, text.to_owned())).collect();
    let quoted: BTreeMap<&'static str, String> =
        answers.iter().map(|(flag, text)| (flag, quoted(text))).collect();
    let elsewhere = !["", "no"].contains(&answers.text("web-site"));
    let names = match elsewhere || public == site {
        true => vec![public],
        false => vec![site.clone(), public],
    };
    let profile = answers.text("profile");
    let values = context! {
        path => path.display().to_string(), kit => path.with_extension("recovery-kit.txt").display().to_string(),
        answers => plain, elsewhere, quoted, site, names, contact_key => contact_key(&contact),
        synapse => set_by(modules, profile, "synapse."), nginx => set_by(modules, profile, "nginx."),
    };
    let text = Environment::empty().render_str(TEMPLATE, values);
    text.map(|text| text + "\n")
        .map_err(|error| vec![Diagnostic::bug(format!("the new spec has no text: {error}"))])
}

/// Returns lines with what a profile sets below a module's section, except what the spec sets anyway.
fn set_by(modules: &Modules, profile: &str, prefix: &str) -> Vec<String> {
    let followers = followers(modules, "synapse", "profile").into_iter();
    let lines = followers.filter(|one| one.name != "synapse.registration.mode").filter_map(|one| {
        let value = one.by_value.get(profile)?;
        Some(format!("{} = {value}", one.name.strip_prefix(prefix)?))
    });
    lines.collect()
}

/// Formats a contact for Synapse's own messages.
fn uri(contact: &str) -> String {
    match contact.strip_prefix('@') {
        Some(account) => format!("matrix:u/{account}"),
        None => format!("mailto:{contact}"),
    }
}

/// Returns a TOML string: TOML reads JSON's escapes the same way.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
