//! Finds what the argument of `explain` means, and similar names if it means nothing.

use super::options::{OptionEntry, options};
use super::page::{line, row};
use super::{About, ExplanationPage, control, foreign, own_key};
use crate::diagnostic::{Diagnostic, Problems, nearest, quote};
use crate::module::manifest::Finding;
use crate::module::{Manifest, Modules};
use crate::resource::{Address, Kind};

/// A thing that can be explained.
pub(super) enum ExplainedItem<'a> {
    /// An option of a module.
    Option(OptionEntry<'a>),
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
    if item.starts_with('/') {
        return path(item, about);
    }
    let name = item.trim_matches(['[', ']']).replace("[]", "").replace(".KEY", "");
    let name = finding_id(&name).unwrap_or(name);
    let mut found = Vec::new();
    let modules = known.modules;
    found
        .extend(modules.get(&name).or_else(|| of_role(modules, &name)).map(ExplainedItem::Section));
    found.extend(known.kinds.iter().find(|kind| kind.name == name).map(ExplainedItem::Kind));
    let mut findings = modules.iter().flat_map(|one| one.findings.iter().map(move |id| (one, id)));
    let same = |(_, finding): &(&Manifest, &Finding)| finding.id.eq_ignore_ascii_case(&name);
    found.extend(findings.find(same).map(|(manifest, one)| ExplainedItem::Finding(manifest, one)));
    found.extend(
        options(modules).into_iter().find(|one| one.name() == name).map(ExplainedItem::Option),
    );
    found.extend(own_key::names().into_iter().find(|own| *own == name).map(ExplainedItem::OwnKey));
    if let Some((module, value)) = name.split_once('.').filter(|_| found.is_empty()) {
        let manifest = modules.get(module).or_else(|| of_role(modules, module));
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

/// The module with this role.
fn of_role<'m>(modules: &'m Modules, role: &str) -> Option<&'m Manifest> {
    modules.iter().find(|one| one.role.as_deref() == Some(role))
}

/// `MF053` for `mf53`.
fn finding_id(typed: &str) -> Option<String> {
    let (letters, number) = typed.split_at_checked(2)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = number.parse().ok().filter(|_| is_number)?;
    letters.eq_ignore_ascii_case("MF").then(|| format!("MF{number:03}"))
}

/// The options whose name ends like this (`max_upload`), or the controls with this name. Of several options, the one at
/// the highest level is meant; if there are more at that level, all of them are listed.
fn by_its_end<'a>(name: &str, about: &About<'a>) -> Vec<ExplainedItem<'a>> {
    let modules = about.known.modules;
    let end = format!(".{name}");
    let mut own: Vec<String> = own_key::names();
    own.retain(|own| own.ends_with(&end));
    let mut ends: Vec<OptionEntry<'a>> = options(modules);
    ends.retain(|option| option.path.last().is_some_and(|last| last == name));
    let control = control::all(modules).find(|one| one.id == name);
    if let Some(control) = control.filter(|_| ends.is_empty()) {
        return vec![ExplainedItem::Control(control.id.clone())];
    }
    let depth = |name: &str| name.matches('.').count();
    let names = ends.iter().map(OptionEntry::name).chain(own.iter().cloned());
    let Some(top) = names.map(|name| depth(&name)).min() else { return Vec::new() };
    let all = listed(name, &ends, &own);
    ends.retain(|option| option.path.len() == top);
    own.retain(|own| depth(own) == top);
    match (ends.pop(), own.pop()) {
        (Some(option), None) if ends.is_empty() => vec![ExplainedItem::Option(option)],
        (None, Some(key)) if own.is_empty() => vec![ExplainedItem::OwnKey(key)],
        _ => vec![ExplainedItem::Foreign(all)],
    }
}

/// The page of a name that several options end in.
fn listed(name: &str, options: &[OptionEntry<'_>], own: &[String]) -> ExplanationPage {
    let mut page = ExplanationPage::new(name);
    page.sentence(format!(
        "Several options have this name; `matrixform explain {}` describes the first.",
        {
            let first = own.iter().cloned().chain(options.iter().map(OptionEntry::name)).next();
            first.unwrap_or_default()
        }
    ));
    let options = options.iter().map(|one| {
        let doc = one.field.doc.clone().unwrap_or_default();
        row(one.name(), line(&doc))
    });
    let own = own.iter().map(|own| row(own, line(&own_key::description(own))));
    page.part("options", own.chain(options).collect());
    page
}

/// The resource that manages a path on the host.
fn path<'a>(path: &str, about: &About<'a>) -> Result<Vec<ExplainedItem<'a>>, Problems> {
    let Some(wanted) = &about.wanted else {
        let message = format!("what manages {path} on the host depends on the spec");
        let help = format!("add the spec: `matrixform explain {} SPEC`", quote(path));
        return Err(vec![Diagnostic::error("explain/no-spec", message).help(help)]);
    };
    let manages = |address: &Address| {
        let kind = about.known.kinds.iter().find(|kind| kind.name == address.kind);
        let traces = kind.map(|kind| kind.footprint.own).unwrap_or_default().iter();
        let mut paths = traces.filter_map(|trace| trace.strip_prefix("path "));
        paths.any(|trace| trace.replace("{name}", &address.name) == path)
    };
    let found = wanted.resources.iter().map(|one| &one.address).filter(|address| manages(address));
    let found: Vec<_> = found.map(|one| ExplainedItem::Resource(one.to_string())).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let names: Vec<&str> = wanted.resources.iter().map(|one| one.address.name.as_str()).collect();
    let message = format!("no resource of this spec manages {path}");
    let problem = Diagnostic::error("explain/unknown", message);
    Err(vec![match nearest(path, names.into_iter().filter(|name| name.starts_with('/'))) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("`matrixform graph SPEC` draws all resources of a spec"),
    }])
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
        let help = nearest(kind, names.clone()).map(|near| format!("did you mean `{near}`?"));
        let all = || format!("the kinds are `{}`", names.collect::<Vec<_>>().join("`, `"));
        return Err(vec![problem.help(help.unwrap_or_else(all))]);
    }
    let Some(wanted) = &about.wanted else {
        let message = format!("`{item}` is a resource, and resources depend on the spec");
        let item = quote(item);
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
    let own = names(about.known.modules, about.known.kinds);
    let foreign = foreign::names(about.known.modules);
    let message = format!("there is no option, finding, kind or resource `{item}`");
    let problem = Diagnostic::error("explain/unknown", message);
    // `max_upload` means an option with that ending, however similar it is to other names.
    let ends = [format!(".{item}"), format!("control:{item}")];
    let ends: Vec<&str> = own
        .iter()
        .chain(&foreign)
        .filter(|name| ends.iter().any(|end| name.ends_with(end)))
        .map(String::as_str)
        .collect();
    // What a spec can say comes before Synapse's own options.
    let near = nearest(item, own.iter().map(String::as_str))
        .or_else(|| nearest_end(item, &own))
        .or_else(|| nearest(item, foreign.iter().map(String::as_str)))
        .or_else(|| nearest_end(item, &foreign));
    match (ends.as_slice(), near) {
        ([], Some(near)) => problem.help(format!("did you mean `{near}`?")),
        ([], None) => {
            let sections = about.known.modules.iter().map(|one| one.name.as_str());
            let all = sections.collect::<Vec<_>>().join("`, `");
            problem.help(format!(
                "`matrixform explain SECTION` lists the options of a section: `{all}`"
            ))
        }
        (ends, _) => problem.help(format!("did you mean `{}`?", ends.join("` or `"))),
    }
}
