//! The lint: finds everything that can be known about manifests, templates and a spec's own resources before anything
//! runs, even in branches that are never taken. All modules are linted together, because they read each other.

mod checker;
mod defaults;
mod filters;
mod infer;
mod names;
mod resource;
mod statements;

#[cfg(test)]
mod tests;

use super::Modules;
use super::form::FormShape;
use super::manifest::{ActivationForm, Collect, Contribution, DeriveForm, Manifest, ResourceForm};
use crate::diagnostic::{Diagnostic, Place, Problems, Source};
use crate::resource::Kind;
use crate::spec::Spec;
use crate::spec::keys::suggest;
use checker::Checker;
use indexmap::IndexMap;
use names::KnownNames;
use std::sync::Arc;

/// The problems of all modules.
pub(super) fn lint(modules: &Modules, kinds: &[Kind]) -> Problems {
    let names = KnownNames::new(modules);
    let mut problems = roles(modules);
    problems.extend(ids(modules));
    problems.extend(defaults::defaults(modules));
    for manifest in modules.iter() {
        problems.extend(module(&names, manifest, kinds));
    }
    problems
}

/// The problems of a spec's own activations.
pub(super) fn lint_activations(own: &[ActivationForm], modules: &Modules) -> Problems {
    let names = KnownNames::new(modules);
    let mut checker = Checker::of_spec(&names);
    own.iter().for_each(|form| activation(&mut checker, form));
    checker.problems
}

fn activation(checker: &mut Checker<'_, '_>, form: &ActivationForm) {
    let expressions = form.when.iter().chain(&form.network);
    expressions.for_each(|expression| drop(checker.expression(expression, true)));
    form.texts().for_each(|text| checker.plain_text(text));
    form.owns.iter().for_each(|owns| drop(checker.form(owns)));
}

/// The problems of a spec's own resources.
pub(super) fn lint_spec(
    spec: &Spec,
    own: &[ResourceForm],
    modules: &Modules,
    kinds: &[Kind],
) -> Problems {
    let names = KnownNames::new(modules);
    let mut checker = Checker::of_spec(&names);
    let templates = |path: &str, place: &Place| -> Result<Option<Arc<Source>>, Diagnostic> {
        super::named_files::read_text_beside(spec, path, place).map(Some).map_err(|mut problems| {
            problems.pop().unwrap_or_else(|| Diagnostic::bug("a failure without a message"))
        })
    };
    let found: Vec<Problems> =
        own.iter().map(|form| resource::resource(&mut checker, form, kinds, &templates)).collect();
    let plain = own.iter().flat_map(|form| resource::plain(form, kinds));
    let found = found.into_iter().flatten().chain(plain);
    checker.problems.into_iter().chain(found).collect()
}

fn module(names: &KnownNames<'_>, manifest: &Manifest, kinds: &[Kind]) -> Problems {
    let mut checker = Checker::of_module(names, manifest);
    let mut problems = Problems::new();
    for derive in manifest.derives.values() {
        match &derive.form {
            DeriveForm::One(expression) => drop(checker.expression(expression, false)),
            DeriveForm::Each { for_each, when, value } => {
                problems.extend(each(&mut checker, Some(for_each), |inner| {
                    when.iter().for_each(|when| drop(inner.expression(when, true)));
                    inner.form(value);
                }));
            }
        }
    }
    for contribution in &manifest.contributions {
        problems.extend(target(names, contribution));
        problems.extend(each(&mut checker, contribution.for_each.as_ref(), |inner| {
            contribution.when.iter().for_each(|when| drop(inner.expression(when, true)));
            inner.form(&contribution.value);
        }));
    }
    for finding in &manifest.findings {
        problems.extend(each(&mut checker, finding.for_each.as_ref(), |inner| {
            inner.expression(&finding.condition, true);
            inner.plain_text(&finding.message);
            inner.plain_text(&finding.fix);
            finding.at.iter().for_each(|at| inner.plain_text(at));
        }));
    }
    problems.extend(surveys(manifest));
    let services = manifest.accounts.iter().chain(&manifest.backups);
    services.for_each(|form| drop(checker.form(form)));
    for control in &manifest.controls {
        problems.extend(each(&mut checker, control.for_each.as_ref(), |inner| {
            control.when.iter().for_each(|when| drop(inner.expression(when, true)));
            inner.plain_text(&control.title);
            control.fix.iter().for_each(|fix| inner.plain_text(fix));
            control.probes.iter().for_each(|probe| drop(inner.form(probe)));
        }));
    }
    for record in &manifest.records {
        problems.extend(each(&mut checker, record.for_each.as_ref(), |inner| {
            record.when.iter().for_each(|when| drop(inner.expression(when, true)));
            record.texts().for_each(|text| inner.plain_text(text));
        }));
    }
    manifest.activations.iter().for_each(|form| activation(&mut checker, form));
    problems.extend(resources(&mut checker, manifest, kinds));
    checker.problems.into_iter().chain(problems).collect()
}

/// A finding about the host must come from the survey of one of its module's activations.
fn surveys(manifest: &Manifest) -> Problems {
    let has = |name: &str| {
        let reports = |form: &ActivationForm| form.survey.is_some() || form.reports.is_some();
        manifest.activations.iter().any(|form| form.name == name && reports(form))
    };
    let lost = manifest.findings.iter().filter(|finding| {
        finding.survey.as_deref().is_some_and(|name| finding.for_each.is_some() || !has(name))
    });
    lost.map(|finding| {
        let message = format!("no survey can report `{}`", finding.id);
        Diagnostic::error("lint/survey", message).at(&finding.place).help(
            "`survey` must name an activation of this module that has a `survey` or `reports`, and cannot be combined with `for_each`",
        )
    })
    .collect()
}

fn resources(checker: &mut Checker<'_, '_>, manifest: &Manifest, kinds: &[Kind]) -> Problems {
    let templates = |path: &str, place: &Place| match manifest.template(path) {
        Some(source) => Ok(Some(Arc::clone(source))),
        None => {
            let known: Vec<&str> = manifest.templates.keys().map(String::as_str).collect();
            let message = format!("there is no `templates/{path}` in this module");
            let problem = Diagnostic::error("lint/template", message).at(place);
            Err(suggest(problem, path, &known, "known here:"))
        }
    };
    let forms = manifest.resources.iter();
    let found = forms.flat_map(|form| resource::resource(checker, form, kinds, &templates));
    let mut problems: Problems = Vec::new();
    // A template used by two resources is checked for both, but reported once.
    for problem in found {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems.extend(unused(manifest));
    problems
}

/// Reports templates that no resource uses.
fn unused(manifest: &Manifest) -> Problems {
    use super::manifest::BodyForm::Template;
    let used = |name: &str| {
        let bodies = manifest.resources.iter().filter_map(|form| form.body.as_ref());
        bodies.into_iter().any(|body| matches!(body, Template(path, _) if path == name))
    };
    let left = manifest.templates.iter().filter(|(name, _)| !used(name));
    left.map(|(name, source)| {
        let message = format!("no resource uses the template `{name}`");
        Diagnostic::error("lint/template", message).at(&Place::new(source, 0..0))
    })
    .collect()
}

/// Checks everything below a `for_each`.
fn each(
    checker: &mut Checker<'_, '_>,
    for_each: Option<&super::text::Expression>,
    check: impl FnOnce(&mut Checker<'_, '_>),
) -> Problems {
    let item = for_each.and_then(|list| checker.items(list));
    let mut inner = checker.with_item(item);
    check(&mut inner);
    inner.problems
}

/// Checks the list that a contribution names, in every module that may be meant, and the keys of the row.
fn target(names: &KnownNames<'_>, contribution: &Contribution) -> Problems {
    let (module, list) = (&contribution.to.module, &contribution.to.collect);
    let behind = names.behind(module);
    if behind.is_empty() {
        let message = format!("there is no module or role `{module}`");
        let problem = Diagnostic::error("lint/contribute", message).at(&contribution.to.place);
        return vec![suggest(problem, module, &names.roots(), "known here:")];
    }
    let mut problems = Problems::new();
    for manifest in behind {
        match manifest.collects.get(list) {
            Some(collect) => problems.extend(row(contribution, collect)),
            None => {
                let known: Vec<&str> = manifest.collects.keys().map(String::as_str).collect();
                let message = format!("`{}` collects no `{list}`", manifest.name);
                let problem =
                    Diagnostic::error("lint/contribute", message).at(&contribution.to.place);
                problems.push(suggest(problem, list, &known, "it collects"));
            }
        }
    }
    problems
}

fn row(contribution: &Contribution, collect: &Collect) -> Problems {
    let FormShape::Table(table) = &contribution.value.shape else {
        let message = "`value` is a table: a row";
        return vec![Diagnostic::error("lint/contribute", message).at(&contribution.value.place)];
    };
    let known: Vec<&str> = collect.fields.keys().map(String::as_str).collect();
    let unknown = table.iter().filter(|(key, _)| !collect.fields.contains_key(*key));
    let unknown = unknown.map(|(key, form)| {
        let problem = Diagnostic::error("lint/contribute", format!("this row has no `{key}`"));
        suggest(problem.at(&form.place), key, &known, "known here:")
    });
    let required = collect.fields.iter().filter(|(_, field)| field.must_be_given());
    let missing = required.filter(|(name, _)| !table.contains_key(*name)).map(|(name, field)| {
        let problem = Diagnostic::error("lint/contribute", format!("this row needs `{name}`"));
        let help = format!("add `{name}`: {}", field.ty.describe());
        problem.at(&contribution.value.place).help(help)
    });
    unknown.chain(missing).collect()
}

/// Refuses roles with the name of a module.
fn roles(modules: &Modules) -> Problems {
    let clash = modules
        .iter()
        .filter(|manifest| manifest.role.as_ref().is_some_and(|role| modules.get(role).is_some()));
    clash
        .map(|manifest| {
            let role = manifest.role.as_deref().unwrap_or_default();
            let message = format!("the role `{role}` has the name of a module");
            Diagnostic::error("lint/role", message).at(&manifest.place)
        })
        .collect()
}

/// Checks that ids of findings are unique across all modules: a spec accepts findings by id.
fn ids(modules: &Modules) -> Problems {
    let mut seen: IndexMap<&str, &Place> = IndexMap::new();
    let mut problems = Problems::new();
    for finding in modules.iter().flat_map(|manifest| &manifest.findings) {
        if let Some(first) = seen.insert(&finding.id, &finding.place) {
            let message = format!("two findings have the id `{}`", finding.id);
            let problem = Diagnostic::error("lint/finding", message).at(&finding.place);
            problems.push(problem.see(first, "also here"));
        }
    }
    problems
}
