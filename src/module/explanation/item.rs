//! Finds what the argument of `explain` means, and similar names if it means nothing.

use super::options::{OptionArticle, options};
use super::{About, ExplanationPage, control, foreign, own_key};
use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::module::manifest::Finding;
use crate::module::{Manifest, Modules};
use crate::resource::Kind;

/// A thing that can be explained.
pub(super) enum ExplainedItem<'a> {
    /// An option of a module.
    Option(OptionArticle<'a>),
    /// A finding of a module.
    Finding(&'a Manifest, &'a Finding),
    /// A kind of resource.
    Kind(&'a Kind),
    /// A resource of the spec, by its address.
    Resource(String),
    /// A module.
    Section(&'a Manifest),
    /// A derived value, a constant or a list that other modules fill.
    Value(&'a Manifest, String),
    /// A key of the spec itself.
    OwnKey(String),
    /// The controls with this id.
    Control(String),
    /// A name that is not an option here, with its page.
    Foreign(ExplanationPage),
}

/// Everything that an item may mean.
pub(super) fn meant<'a>(item: &str, about: &About<'a>) -> Result<Vec<ExplainedItem<'a>>, Problems> {
    let known = about.known;
    if let Some(("kind", name)) = item.split_once(':') {
        let kind = known.kinds.iter().find(|kind| kind.name == name);
        return kind
            .map(|kind| vec![ExplainedItem::Kind(kind)])
            .ok_or_else(|| vec![unknown(name, about)]);
    }
    if let Some(("module", name)) = item.split_once(':') {
        let module = known.modules.get(name).map(ExplainedItem::Section);
        return module.map(|one| vec![one]).ok_or_else(|| vec![unknown(name, about)]);
    }
    if let Some(("control", id)) = item.split_once(':') {
        let is_there = control::all(known.modules).any(|one| one.id == id);
        let control = is_there.then(|| vec![ExplainedItem::Control(id.to_owned())]);
        return control.ok_or_else(|| vec![unknown(id, about)]);
    }
    if let Some((kind, _)) = item.split_once(':').filter(|(_, name)| !name.is_empty()) {
        return resource(item, kind, about);
    }
    let name = item.trim_matches(['[', ']']).replace("[]", "").replace(".KEY", "");
    let mut found = Vec::new();
    let modules = known.modules;
    found.extend(modules.get(&name).map(ExplainedItem::Section));
    found.extend(known.kinds.iter().find(|kind| kind.name == name).map(ExplainedItem::Kind));
    let mut findings = modules.iter().flat_map(|one| one.findings.iter().map(move |id| (one, id)));
    let same = |(_, finding): &(&Manifest, &Finding)| finding.id.eq_ignore_ascii_case(&name);
    found.extend(findings.find(same).map(|(manifest, one)| ExplainedItem::Finding(manifest, one)));
    found.extend(
        options(modules).into_iter().find(|one| one.name() == name).map(ExplainedItem::Option),
    );
    found.extend(own_key::names().into_iter().find(|own| *own == name).map(ExplainedItem::OwnKey));
    if let Some((module, value)) = name.split_once('.').filter(|_| found.is_empty()) {
        let fills = |one: &&Manifest| one.role.as_deref() == Some(module);
        let manifest = modules.get(module).or_else(|| modules.iter().find(fills));
        let manifest = manifest.filter(|one| {
            let mut names = one.names();
            names.any(|(known, _)| known == value) && !one.params.contains_key(value)
        });
        found.extend(manifest.map(|one| ExplainedItem::Value(one, value.to_owned())));
    }
    if found.is_empty() {
        found.extend(by_its_end(&name, about));
    }
    if found.is_empty() {
        found.extend(foreign::page(about, item).map(ExplainedItem::Foreign));
    }
    if found.is_empty() { Err(vec![unknown(item, about)]) } else { Ok(found) }
}

/// The only option whose name ends like this (`max_upload`), and the controls with this name.
fn by_its_end<'a>(name: &str, about: &About<'a>) -> Vec<ExplainedItem<'a>> {
    let mut ends: Vec<OptionArticle<'a>> = options(about.known.modules);
    ends.retain(|option| option.path.last().is_some_and(|last| last == name));
    let control = control::all(about.known.modules).find(|one| one.id == name);
    match (ends.pop(), ends.is_empty(), control) {
        (Some(option), true, None) => vec![ExplainedItem::Option(option)],
        (None, _, Some(control)) => vec![ExplainedItem::Control(control.id.clone())],
        _ => Vec::new(),
    }
}

fn resource<'a>(
    item: &str,
    kind: &str,
    about: &About<'a>,
) -> Result<Vec<ExplainedItem<'a>>, Problems> {
    let kinds = about.known.kinds;
    if !kinds.iter().any(|one| one.name == kind) {
        let names = kinds.iter().map(|one| one.name);
        let problem = Diagnostic::error("explain/unknown", format!("there is no kind `{kind}`"));
        let help = nearest(kind, names).map(|near| format!("did you mean `{near}`?"));
        return Err(vec![problem.help(help.unwrap_or("docs/kinds.md lists the kinds".to_owned()))]);
    }
    let Some(wanted) = &about.wanted else {
        let message = format!("`{item}` is a resource, and resources depend on the spec");
        let help = format!("add the spec: `matrixform explain {item} inventory/prod.toml`");
        return Err(vec![Diagnostic::error("explain/no-spec", message).help(help)]);
    };
    let all: Vec<String> = wanted.resources.iter().map(|one| one.address.to_string()).collect();
    if all.iter().any(|one| one == item) {
        return Ok(vec![ExplainedItem::Resource(item.to_owned())]);
    }
    let problem = Diagnostic::error("explain/unknown", format!("this spec has no `{item}`"));
    let end = |address: &str| address.rsplit_once('/').map(|(_, end)| end.to_owned());
    let same_end = all.iter().find(|one| end(item).is_some() && end(one) == end(item));
    let near = nearest(item, all.iter().map(String::as_str)).or(same_end.map(String::as_str));
    let of_kind = || {
        let start = format!("{kind}:");
        let some: Vec<&str> =
            all.iter().filter(|one| one.starts_with(&start)).map(String::as_str).take(5).collect();
        format!("it has `{}`, among others", some.join("`, `"))
    };
    Err(vec![problem.help(near.map_or_else(of_kind, |near| format!("did you mean `{near}`?")))])
}

/// Everything that can be explained without a spec.
pub fn names(modules: &Modules, kinds: &[Kind]) -> Vec<String> {
    let sections = modules.iter().map(|manifest| manifest.name.clone());
    let options = options(modules).into_iter().map(|option| option.name());
    let findings = modules.iter().flat_map(|one| one.findings.iter().map(|one| one.id.clone()));
    let values = modules.iter().flat_map(|one| {
        let computed = one.names().filter(|(name, _)| !one.params.contains_key(*name));
        computed.map(|(name, _)| format!("{}.{name}", one.name))
    });
    let kinds = kinds.iter().map(|kind| kind.name.to_owned());
    let controls = control::all(modules).map(|one| format!("control:{}", one.id));
    let all = sections.chain(options).chain(findings).chain(values).chain(kinds).chain(controls);
    all.chain(own_key::names()).collect()
}

/// The first name whose last part is similar to a word (`max_uplod`).
fn nearest_end<'n>(item: &str, names: &'n [String]) -> Option<&'n str> {
    let ends = names.iter().filter_map(|name| Some(name.rsplit_once('.')?.1));
    let near = format!(".{}", nearest(item, ends)?);
    names.iter().map(String::as_str).find(|name| name.ends_with(&near))
}

fn unknown(item: &str, about: &About<'_>) -> Diagnostic {
    let mut names = names(about.known.modules, about.known.kinds);
    names.extend(foreign::names(about.known.modules));
    let message = format!("there is no option, finding, kind or resource `{item}`");
    let problem = Diagnostic::error("explain/unknown", message);
    // `max_upload` means an option with that ending, however similar it is to other names.
    let ends = [format!(".{item}"), format!("control:{item}")];
    let ends: Vec<&String> =
        names.iter().filter(|name| ends.iter().any(|end| name.ends_with(end))).collect();
    let near = nearest(item, names.iter().map(String::as_str));
    let near = near.or_else(|| nearest_end(item, &names));
    match (ends.as_slice(), near) {
        ([], Some(near)) => problem.help(format!("did you mean `{near}`?")),
        ([], None) => problem.help("options: docs/options.md; kinds: docs/kinds.md"),
        (ends, _) => {
            let ends: Vec<&str> = ends.iter().map(|name| name.as_str()).collect();
            problem.help(format!("did you mean `{}`?", ends.join("` or `")))
        }
    }
}
