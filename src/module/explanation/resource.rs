//! A resource of a spec: who declared it, where each line of its content comes from, and what its change causes.

use super::options::{OptionEntry, options};
use super::page::{ExplanationPage, line, row};
use super::sites::{of_contribution, of_derive, of_resource};
use super::{About, at, line_of, option, uses};
use crate::module::Manifest;
use crate::module::manifest::{BodyForm, ResourceForm};
use crate::resource::{Declared, DeclaredValue};

/// The page of a resource.
pub(super) fn page(about: &About<'_>, address: &str) -> ExplanationPage {
    let mut page = ExplanationPage::new(address);
    let wanted = about.wanted.iter().flat_map(|wanted| &wanted.resources);
    let Some(declared) = wanted.into_iter().find(|one| one.address.to_string() == address) else {
        return page;
    };
    let kind = about.known.kinds.iter().find(|kind| kind.name == declared.address.kind);
    page.sentence(kind.map_or(String::new(), |kind| kind.summary.to_owned()));
    page.sentence(declared.why.clone().unwrap_or_default());
    page.part("where it comes from", origin(about, declared));
    page.part("attributes", attributes(declared));
    if let Some((manifest, form)) = form(about, declared) {
        content(about, manifest, form, &mut page);
        let restart = option::restart(about, manifest, form);
        page.part("takes effect by", restart.into_iter().collect());
    }
    let needs = declared.needs.iter().map(|need| row(&need.pattern, ""));
    page.part("comes after", needs.collect());
    page
}

fn origin(about: &About<'_>, declared: &Declared) -> Vec<(String, String)> {
    let origin = &declared.origin;
    let section = about.spec().and_then(|spec| spec.section(&origin.module));
    let requested = origin.requested.as_ref().or(section);
    let mut rows = vec![row("module", &origin.module), row("declared", at(&origin.declared))];
    rows.extend(requested.map(|place| row("requested by", format!("{place}  {}", line_of(place)))));
    rows.push(row("facts", about.known.assumed));
    rows
}

/// The attributes, with short values in full; a secret is never shown, nor its position in a value.
fn attributes(declared: &Declared) -> Vec<(String, String)> {
    let rows = declared.attributes.iter().map(|(name, attribute)| {
        let value = match &attribute.value {
            DeclaredValue::Text(content) if content.has_secrets() => {
                "[contains a secret]".to_owned()
            }
            DeclaredValue::Text(content) => match content.as_plain_text() {
                Some(text) if text.lines().count() > 1 => format!("{} lines", text.lines().count()),
                Some(text) => line(text),
                None => "bytes".to_owned(),
            },
            DeclaredValue::List(items) => format!("a list of {}", items.len()),
            DeclaredValue::Table(table) => format!("a table of {}", table.len()),
            DeclaredValue::Bool(flag) => flag.to_string(),
            DeclaredValue::Int(number) => number.to_string(),
            DeclaredValue::Float(number) => number.to_string(),
        };
        row(name, format!("{value}  ({})", at(&attribute.place)))
    });
    rows.collect()
}

fn form<'m>(about: &About<'m>, declared: &Declared) -> Option<(&'m Manifest, &'m ResourceForm)> {
    let manifest = about.known.modules.get(&declared.origin.module)?;
    let form = manifest.resources.iter().find(|form| form.place == declared.origin.declared)?;
    Some((manifest, form))
}

/// The origin of every key or line of the content.
fn content(
    about: &About<'_>,
    manifest: &Manifest,
    form: &ResourceForm,
    page: &mut ExplanationPage,
) {
    let all = options(about.known.modules);
    if let Some(structured) = form.structured() {
        let settings = manifest.settings.iter();
        let mine = settings.filter(|one| Some(&one.document) == structured.document.as_ref());
        let rows = mine.filter_map(|setting| {
            let option = all
                .iter()
                .find(|one| one.manifest.name == manifest.name && one.path == setting.from)?;
            let value = option::value(about, option);
            Some(row(setting.key.join("."), format!("{} = {value}", option.name())))
        });
        page.part("keys that options set", rows.collect());
    }
    let what = match &form.body {
        Some(BodyForm::Template(..)) => "lines of its template",
        _ => "what else it consists of",
    };
    let modules = about.modules();
    let mut rows: Vec<(String, String)> = Vec::new();
    // A name without a dot is a template's own.
    for chain in of_resource(manifest, form).into_iter().filter(|chain| chain.names.len() > 1) {
        let mut from = Vec::new();
        options_behind(&modules, &all, &chain.names, &mut Vec::new(), &mut from);
        let values =
            from.iter().map(|one| format!("{} = {}", one.name(), option::value(about, one)));
        let values = values.collect::<Vec<_>>().join(", ");
        let name = chain.names.join(".");
        let comes = match from.as_slice() {
            [] => name,
            [one] if name.starts_with(&one.name()) => values,
            _ => format!("{name}: {values}"),
        };
        let new = row(at(&chain.place), comes);
        rows.extend(Some(new).filter(|new| !rows.contains(new)));
    }
    page.part(what, rows);
}

/// The options behind a read, through derived values.
fn options_behind<'o, 'm>(
    modules: &[&'m Manifest],
    all: &'o [OptionEntry<'m>],
    names: &[String],
    seen: &mut Vec<Vec<String>>,
    found: &mut Vec<&'o OptionEntry<'m>>,
) {
    let read = all.iter().filter(|option| {
        let whole = option.chain();
        whole.len() <= names.len() && uses::reads(modules, names, &whole)
    });
    // The deepest option covers the others.
    if let Some(option) = read.max_by_key(|option| option.path.len()) {
        if !found.iter().any(|one| one.name() == option.name()) {
            found.push(option);
        }
        return;
    }
    let Some([module, name]) = names.get(..2) else { return };
    let is = |one: &&&Manifest| one.name == *module || one.role.as_deref() == Some(module);
    let Some(manifest) = modules.iter().find(is) else { return };
    let field = names.get(2);
    let own = [vec![module.clone(), name.clone()], field.cloned().into_iter().collect()].concat();
    if seen.contains(&own) {
        return;
    }
    seen.push(own);
    let contributed = modules.iter().flat_map(|one| &one.contributions);
    let contributed = contributed.filter(|contribution| {
        let to = &contribution.to.module;
        contribution.to.collect == *name
            && (*to == manifest.name || Some(to) == manifest.role.as_ref())
    });
    let computed = manifest.derives.get(name).into_iter().flat_map(of_derive);
    for chain in computed.chain(contributed.flat_map(of_contribution)) {
        // In a row, only the reads that produce this key matter.
        match (&chain.under, field) {
            (Some(under), Some(field)) if under != field => continue,
            (None, Some(field)) => {
                let names = [chain.names.as_slice(), std::slice::from_ref(field)].concat();
                options_behind(modules, all, &names, seen, found);
            }
            _ => options_behind(modules, all, &chain.names, seen, found),
        }
    }
}
