//! An option: its type, default and meaning, and the whole path from the line of the spec to the file on the host, with
//! what restarts.

use super::options::OptionEntry;
use super::page::{ExplanationPage, line, row};
use super::sites::NameReader;
use super::uses::Use;
use super::{About, at, line_of, spelt};
use crate::module::Manifest;
use crate::module::findings_reference::elided;
use crate::module::manifest::{ResourceForm, Setting};
use crate::module::types::{DefaultBy, ParamType};
use crate::resource::{Effect, Phase, kind};
use indexmap::IndexMap;

/// The page of an option.
pub(super) fn page(about: &About<'_>, option: &OptionEntry<'_>) -> ExplanationPage {
    let mut page = ExplanationPage::new(option.name());
    page.sentence(option.field.doc.clone().unwrap_or_default());
    let hardens = option.field.declared.get("hardens").and_then(|entry| entry.node.as_str());
    page.sentence(hardens.map_or(String::new(), |why| format!("Why it hardens: {why}")));
    page.part("option", declared(option));
    if let Some(spec) = about.spec() {
        let entries = option.entries_in(spec).into_iter();
        let mut rows: Vec<_> =
            entries.map(|one| row(spelt(&one.node.place), one.key.to_string())).collect();
        let taken = spec.unset.iter().filter(|one| option.name() == one.path.join("."));
        let taken =
            taken.map(|one| row(format!("not what {} says", one.was), one.place.to_string()));
        let taken: Vec<_> = taken.collect();
        if rows.is_empty() && !taken.is_empty() {
            rows.push(row(value(about, option), ""));
        }
        rows.extend(taken);
        let none = || vec![row(value(about, option), "")];
        page.part("in this spec", if rows.is_empty() { none() } else { rows });
    }
    let mut found = about.uses(&option.chain());
    found.retain(|one| {
        !matches!(one.site, NameReader::Derive(_) | NameReader::Contribution(_))
            || one.through.is_empty()
    });
    page.part("sets", settings(about, option));
    let written = written(option).filter_map(|form| restart(about, option.manifest, form));
    used(about, &found, written.collect(), &mut page);
    page
}

/// The option's value in the spec, or its default.
pub(super) fn value(about: &About<'_>, option: &OptionEntry<'_>) -> String {
    let entries = about.spec().map(|spec| option.entries_in(spec)).unwrap_or_default();
    let followed_default = about.spec().and_then(|spec| option.followed_default(spec));
    match (entries.first(), followed_default.or(default(option))) {
        (Some(entries), _) => format!("{} ({})", spelt(&entries.node.place), entries.key),
        (None, Some(default)) => format!("{default} (the default)"),
        (None, None) => "not set, no default".to_owned(),
    }
}

fn default(option: &OptionEntry<'_>) -> Option<String> {
    let generated = matches!(option.field.ty, ParamType::Secret(Some(_)));
    let declared = option.field.declared.get("default").map(|entry| spelt(&entry.node.place));
    declared.or_else(|| generated.then(|| "generated".to_owned()))
}

fn declared(option: &OptionEntry<'_>) -> Vec<(String, String)> {
    let flag = |key: &str| {
        option.field.declared.get(key).is_some_and(|entry| entry.node.place.text() == "true")
    };
    let mut rows = vec![row("takes", line(&option.field.ty.describe()))];
    let must = option.field.must_be_given().then(|| "required".to_owned());
    rows.push(row("default", must.or(default(option)).unwrap_or_else(|| "none".to_owned())));
    let by = option.field.by.iter().flat_map(DefaultBy::spelt);
    rows.extend(by.map(|(chooser, value)| row("", format!("with {chooser}: {value}"))));
    if flag("destructive") {
        rows.push(row("destroys", "changing it loses data"));
    }
    rows.push(row("declared", at(&option.place)));
    rows
}

/// The files that the option or its fields write to.
fn written<'m>(option: &OptionEntry<'m>) -> impl Iterator<Item = &'m ResourceForm> {
    let manifest = option.manifest;
    let path = option.path.clone();
    let mine = move |one: &&Setting| one.from.starts_with(&path) || path.starts_with(&one.from);
    manifest.settings.iter().filter(mine).flat_map(|one| document(manifest, &one.document))
}

/// The keys of structured files that the option and its fields set.
fn settings(about: &About<'_>, option: &OptionEntry<'_>) -> Vec<(String, String)> {
    let mine =
        |one: &&Setting| one.from.starts_with(&option.path) || option.path.starts_with(&one.from);
    let settings = option.manifest.settings.iter().filter(mine);
    settings
        .flat_map(|setting| {
            let forms = document(option.manifest, &setting.document);
            let files = forms.flat_map(|form| about.addresses(form));
            let (key, place) = (setting.key.join("."), at(&setting.place));
            files.map(|file| row(key.clone(), format!("in {file} ({place})"))).collect::<Vec<_>>()
        })
        .collect()
}

/// The resources whose content is the document with this name.
pub(super) fn document<'m>(
    manifest: &'m Manifest,
    name: &str,
) -> impl Iterator<Item = &'m ResourceForm> {
    let is = move |form: &&ResourceForm| {
        form.structured().and_then(|one| one.document.as_deref()) == Some(name)
    };
    manifest.resources.iter().filter(is)
}

/// Adds everything that reads a name, as parts of the page.
pub(super) fn used(
    about: &About<'_>,
    found: &[Use<'_>],
    restarts: Vec<(String, String)>,
    page: &mut ExplanationPage,
) {
    let through = |one: &Use<'_>| match one.through.as_slice() {
        [] => String::new(),
        names => format!("through {}: ", names.join(", ")),
    };
    let mut lists: [Vec<(String, String)>; 4] = Default::default();
    let [values, findings, resources, checks] = &mut lists;
    let mut restarts: IndexMap<String, String> = restarts.into_iter().collect();
    for one in found {
        let (place, text) = (at(&one.place), format!("{}{}", through(one), line_of(&one.place)));
        match one.site {
            NameReader::Derive(name) => {
                values.push(row(format!("{}.{name}", one.manifest.name), place))
            }
            NameReader::Contribution(contribution) => {
                values.push(row(
                    format!("{}.{}", contribution.to.module, contribution.to.collect),
                    place,
                ));
            }
            NameReader::Finding(finding) => {
                let level = finding.level.as_str();
                let message = format!("{level}: {}", line(&elided(&finding.message.text)));
                let new = row(finding.id.clone(), message);
                findings.extend(Some(new).filter(|new| !findings.contains(new)));
            }
            NameReader::Activation(name) => checks.push(row(format!("activation {name}"), place)),
            NameReader::Record => checks.push(row("DNS record".to_owned(), place)),
            NameReader::Accounts => checks.push(row("accounts".to_owned(), place)),
            NameReader::Backups => checks.push(row("backups".to_owned(), place)),
            NameReader::Control(id) => checks.push(row(format!("control {id}"), place)),
            NameReader::Resource(form) => {
                let names = about.addresses(form);
                resources.extend(names.iter().map(|name| row(name, "")));
                if !names.is_empty() {
                    resources.push(row("", format!("{place}  {text}")));
                    restarts.extend(restart(about, one.manifest, form));
                }
            }
        }
    }
    let [values, findings, resources, checks] = lists;
    page.part("derived from it", values);
    page.part("findings that read it", findings);
    page.part("resources that use it", grouped(resources));
    page.part("checks that use it", checks);
    page.part("takes effect by", restarts.into_iter().collect());
}

/// Groups rows by name: each name appears once, with all of its lines below it.
fn grouped(rows: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut lines: IndexMap<String, Vec<String>> = IndexMap::new();
    let mut names = Vec::new();
    for (name, text) in rows {
        match text.is_empty() {
            true => names.push(name),
            false => {
                for name in names.drain(..) {
                    let of = lines.entry(name).or_default();
                    of.extend(Some(text.clone()).filter(|text| !of.contains(text)));
                }
            }
        }
    }
    let rows = lines.into_iter().flat_map(|(name, lines)| {
        std::iter::once(row(name, "")).chain(lines.into_iter().map(|line| row("", line)))
    });
    rows.collect()
}

/// How a change of a resource affects services.
pub(super) fn restart(
    about: &About<'_>,
    manifest: &Manifest,
    form: &ResourceForm,
) -> Option<(String, String)> {
    let name = &form.activation.as_ref()?.text;
    let modules = about.modules();
    let activations = modules.iter().flat_map(|one| &one.activations);
    let activation = activations.into_iter().find(|one| one.name == *name)?;
    let effect = match form.effect.unwrap_or(activation.effect) {
        Effect::Reload => "reload",
        Effect::Restart => "restart",
    };
    let in_activation = |one: &&ResourceForm| {
        kind(&one.kind).is_some_and(|kind| kind.phase == Phase::Effect)
            && one.activation.as_ref().is_some_and(|other| other.text == *name)
    };
    let services = modules.iter().flat_map(|one| &one.resources).filter(in_activation);
    let services: Vec<String> = services.flat_map(|one| about.addresses(one)).collect();
    let of = if services.is_empty() { manifest.name.clone() } else { services.join(", ") };
    Some((format!("{effect} of {name}"), of))
}
