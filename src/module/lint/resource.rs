//! Checks resources against the kinds: the kind's name, its attributes, and all texts in them.

use super::checker::Checker;
use crate::diagnostic::{Diagnostic, Place, Problems, Source, nearest};
use crate::module::form::{Form, FormShape};
use crate::module::manifest::{BodyForm, CONTENT_KEYS, GENERAL_KEYS, ResourceForm};
use crate::module::text::TextForm;
use crate::module::types::is_secret_name;
use crate::resource::{
    AttributeAdvice, AttributeDoc, Kind, SECRET, attribute_synonym, kind_synonym,
};
use crate::spec::keys::suggest;
use crate::spec::plain_secret_at;
use std::sync::Arc;

/// Finds the text of a template, or fails if it is missing.
pub(super) type Templates<'a> = &'a dyn Fn(&str, &Place) -> Result<Option<Arc<Source>>, Diagnostic>;

/// The problems of one resource.
pub(super) fn resource(
    checker: &mut Checker<'_, '_>,
    form: &ResourceForm,
    kinds: &[Kind],
    templates: Templates<'_>,
) -> Problems {
    let mut problems = attributes(form, kinds);
    let item = form.for_each.as_ref().and_then(|list| checker.items(list));
    let mut inner = checker.with_item(item);
    form.when.iter().for_each(|when| drop(inner.expression(when, true)));
    inner.plain_text(&form.name);
    form.needs
        .iter()
        .chain(&form.activation)
        .chain(&form.why)
        .for_each(|text| inner.plain_text(text));
    form.attributes.values().for_each(|(_, form)| drop(inner.form(form)));
    match &form.body {
        Some(BodyForm::Structured(structured)) => {
            structured.header.iter().for_each(|header| inner.plain_text(header));
            structured.parts.iter().for_each(|part| drop(inner.form(part)));
        }
        Some(BodyForm::Template(path, place)) => match templates(path, place) {
            Ok(Some(source)) => {
                let whole = Place::new(&source, 0..source.text.len());
                inner.template(&source.text, &whole);
            }
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        },
        _ => {}
    }
    problems.append(&mut inner.problems);
    problems
}

/// Reports attributes that take a secret but hold plain text in a spec.
pub(super) fn plain(form: &ResourceForm, kinds: &[Kind]) -> Problems {
    let kind = kinds.iter().find(|kind| kind.name == form.kind);
    let secrets = kind.into_iter().flat_map(|kind| kind.attributes);
    let secrets = secrets.filter(|doc| doc.takes == SECRET);
    let given = secrets.filter_map(|doc| Some((doc, &form.attributes.get(doc.name)?.1)));
    let plain = given.filter(|(_, form)| match &form.shape {
        FormShape::Text(text) => text.form == TextForm::Literal,
        FormShape::Whole(_) | FormShape::Number(_) => true,
        _ => false,
    });
    let problem = |(doc, value): (&AttributeDoc, &Form)| {
        let name = format!("{}/{}", form.name.text, doc.name);
        let name = if is_secret_name(&name) { name } else { format!("own/{}", doc.name) };
        let help = format!(
            "put it into a store with `matrixform secrets set SPEC {name}`, and write `{} = {{ secret = \"{name}\" }}`",
            doc.name
        );
        plain_secret_at(&value.place).help(help)
    };
    plain.map(problem).collect()
}

/// Checks the kind and its attributes.
fn attributes(form: &ResourceForm, kinds: &[Kind]) -> Problems {
    let Some(kind) = kinds.iter().find(|kind| kind.name == form.kind) else {
        let known: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
        let problem = Diagnostic::error("lint/kind", format!("there is no kind `{}`", form.kind));
        let problem = problem.at(&form.kind_place);
        return vec![match kind_synonym(&form.kind) {
            Some(kind) => problem.help(format!("write `kind = \"{kind}\"`")),
            None => suggest(problem, &form.kind, &known, "known kinds:"),
        }];
    };
    let has_content = kind.attributes.iter().any(|doc| doc.name == "content");
    let mut known: Vec<&str> = kind.attributes.iter().map(|doc| doc.name).collect();
    let mut problems = Problems::new();
    for (name, (place, _)) in
        form.attributes.iter().filter(|(name, _)| !known.contains(&name.as_str()))
    {
        let mut all: Vec<&str> = known.iter().copied().chain(GENERAL_KEYS).collect();
        all.extend(CONTENT_KEYS.iter().filter(|_| has_content));
        let message = format!("kind `{}` has no attribute `{name}`", kind.name);
        let problem = Diagnostic::error("lint/attribute", message).at(place);
        problems.push(match attribute_synonym(name) {
            Some(AttributeAdvice::Key(key)) if all.contains(&key) => {
                problem.help(format!("it is called `{key}` here"))
            }
            Some(AttributeAdvice::Help(help)) => problem.help(help),
            _ => suggest(problem, name, &all, "known here:"),
        });
    }
    // A misspelt attribute is not reported as missing too.
    let unknown: Vec<&str> =
        form.attributes.keys().map(String::as_str).filter(|name| !known.contains(name)).collect();
    let all = known.clone();
    let is_misspelt = |missing: &str| {
        unknown.iter().any(|name| match attribute_synonym(name) {
            Some(AttributeAdvice::Key(key)) => {
                key == missing || (key == "source" && missing == "content")
            }
            _ => nearest(name, all.iter().copied()) == Some(missing),
        })
    };
    if form.body.is_some() && !has_content {
        let message = format!("kind `{}` has no content", kind.name);
        problems.push(Diagnostic::error("lint/attribute", message).at(&form.place));
    }
    let given = |name: &str| {
        form.attributes.contains_key(name) || (name == "content" && form.body.is_some())
    };
    known.retain(|name| !given(name));
    let missing = kind.attributes.iter().filter(|doc| doc.required && known.contains(&doc.name));
    let missing = missing.filter(|doc| !is_misspelt(doc.name));
    problems.extend(missing.map(|doc| {
        let message = format!("kind `{}` needs `{}`", kind.name, doc.name);
        let problem = Diagnostic::error("lint/attribute", message).at(&form.place);
        problem.help(format!("add `{}`: {}", doc.name, doc.takes))
    }));
    problems
}
