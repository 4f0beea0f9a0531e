//! A module and the values that it computes: derived values, constants, lists that other modules fill.

use super::page::{ExplanationPage, line, row};
use super::{About, at, option};
use crate::module::Manifest;
use crate::module::findings_reference::elided;
use crate::module::manifest::{DeriveForm, ModuleShape};

/// The page of a module.
pub(super) fn page(about: &About<'_>, manifest: &Manifest) -> ExplanationPage {
    let name = &manifest.name;
    let mut page = ExplanationPage::new(match manifest.shape {
        ModuleShape::Table => format!("[{name}]"),
        ModuleShape::List => format!("[[{name}]]"),
    });
    page.sentence(format!("{}.", manifest.summary.trim_end_matches('.')));
    page.sentence(
        manifest
            .role
            .as_ref()
            .map_or(String::new(), |role| format!("Other modules call it `{role}`.")),
    );
    let options = super::options::options(about.known.modules).into_iter();
    let own = options.filter(|option| option.manifest.name == *name && option.path.len() == 1);
    page.part(
        "options",
        own.map(|one| row(one.name(), one.field.doc.clone().unwrap_or_default())).collect(),
    );
    let findings =
        manifest.findings.iter().map(|one| row(&one.id, line(&elided(&one.message.text))));
    page.part("findings", findings.collect());
    let place = about
        .spec()
        .map(|spec| spec.section(name).map_or("not set".to_owned(), ToString::to_string));
    page.part("in this spec", place.into_iter().map(|place| row(place, "")).collect());
    page
}

/// The page of a computed value.
pub(super) fn value(about: &About<'_>, manifest: &Manifest, name: &str) -> ExplanationPage {
    let mut page = ExplanationPage::new(format!("{}.{name}", manifest.name));
    if let Some(derive) = manifest.derives.get(name) {
        page.sentence("Derived from other values.");
        let how = match &derive.form {
            DeriveForm::One(expression) => vec![row("is", line(&expression.text))],
            DeriveForm::Each { for_each, .. } => vec![row("for each of", line(&for_each.text))],
        };
        page.part("how", how);
    }
    if let Some(collect) = manifest.collects.get(name) {
        page.sentence(&collect.doc);
        let fields = collect.fields.iter().map(|(name, field)| row(name, field.ty.describe()));
        page.part("each row has", fields.collect());
    }
    if manifest.constants.contains_key(name) {
        page.sentence("Fixed by the module.");
    }
    let declared = manifest.names().find(|(known, _)| *known == name).map(|(_, place)| at(place));
    page.part("declared", declared.into_iter().map(|at| row(at, "")).collect());
    let path = [manifest.name.clone(), name.to_owned()];
    option::used(about, &about.uses(&path), Vec::new(), &mut page);
    page
}
