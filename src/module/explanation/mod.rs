//! `matrixform explain`: describes an option, a finding, a kind or a resource and, given a spec, the whole path from
//! its line to the file on the host. Everything comes from the manifests, so it cannot go stale. (Failing expressions
//! are explained elsewhere: `expand::missing_row`.)

mod chains;
mod control;
mod finding;
mod foreign;
mod item;
mod kind;
mod option;
mod options;
mod own_key;
mod page;
mod resource;
mod section;
mod sites;
mod uses;

#[cfg(test)]
mod tests;

pub(crate) use item::names as explainable;
pub use page::ExplanationPage;

use super::{Expansion, Manifest, Modules, forecast};
use crate::diagnostic::{Place, Problems};
use crate::facts::Facts;
use crate::resource::Kind;
use crate::spec::Spec;
use item::ExplainedItem;
use std::cell::OnceCell;

/// The input of an explanation.
#[derive(Clone, Copy)]
pub struct Knowledge<'a> {
    /// All modules.
    pub modules: &'a Modules,
    /// All kinds.
    pub kinds: &'a [Kind],
    /// A spec, and the facts assumed for its host.
    pub spec: Option<(&'a Spec, &'a Facts)>,
    /// The origin of those facts, in words.
    pub assumed: &'a str,
}

/// Returns a page for everything that the item may mean: `cron` is both a module and a kind.
///
/// # Errors
///
/// The item names nothing, or the given spec cannot be expanded.
pub fn explain(item: &str, known: &Knowledge<'_>) -> Result<Vec<ExplanationPage>, Problems> {
    pages(item, &About::new(known)?)
}

fn pages<'a>(item: &str, about: &About<'a>) -> Result<Vec<ExplanationPage>, Problems> {
    let meant = item::meant(item, about)?;
    let is_both =
        matches!(meant.as_slice(), [ExplainedItem::Section(_), ExplainedItem::Kind(_), ..]);
    let mut pages: Vec<ExplanationPage> = meant.into_iter().map(|item| about.page(item)).collect();
    if let Some(page) = pages.first_mut().filter(|_| is_both) {
        page.sentence(format!(
            "A kind has this name too, and follows below. `module:{item}` or `kind:{item}` shows only one."
        ));
    }
    Ok(pages)
}

/// The input, and the wanted state that follows from it.
struct About<'a> {
    known: &'a Knowledge<'a>,
    wanted: Option<Expansion>,
    /// All reads of the modules, computed once: it takes parsing every expression.
    readings: OnceCell<Vec<uses::ModuleReads<'a>>>,
}

impl<'a> About<'a> {
    fn new(known: &'a Knowledge<'a>) -> Result<About<'a>, Problems> {
        let wanted = known.spec.map(|(spec, facts)| forecast(spec, known.modules, facts));
        Ok(About { known, wanted: wanted.transpose()?, readings: OnceCell::new() })
    }

    fn page(&self, item: ExplainedItem<'a>) -> ExplanationPage {
        match item {
            ExplainedItem::Option(option) => option::page(self, &option),
            ExplainedItem::Finding(manifest, one) => finding::page(self, manifest, one),
            ExplainedItem::Kind(one) => kind::page(self, one),
            ExplainedItem::Resource(address) => resource::page(self, &address),
            ExplainedItem::Section(manifest) => section::page(self, manifest),
            ExplainedItem::Value(manifest, name) => section::value(self, manifest, &name),
            ExplainedItem::OwnKey(name) => own_key::page(self, &name),
            ExplainedItem::Control(id) => control::page(self, &id),
            ExplainedItem::Foreign(page) => page,
        }
    }

    fn spec(&self) -> Option<&'a Spec> {
        self.known.spec.map(|(spec, _)| spec)
    }

    /// The relevant modules: those of the spec, or all.
    fn modules(&self) -> Vec<&'a Manifest> {
        match self.known.spec {
            Some((spec, _)) => self.known.modules.used(spec).collect(),
            None => self.known.modules.iter().collect(),
        }
    }

    /// Everything that reads the value of this path.
    fn uses(&self, path: &[String]) -> Vec<uses::Use<'a>> {
        let modules = self.modules();
        let readings = self.readings.get_or_init(|| uses::readings(&modules));
        uses::uses(&modules, readings, path)
    }

    /// The addresses of the resources that a form produced; the form's template if there is no spec.
    fn addresses(&self, form: &super::manifest::ResourceForm) -> Vec<String> {
        let Some(wanted) = &self.wanted else {
            return vec![format!("{}:{}", form.kind, form.name.text)];
        };
        let of = wanted.resources.iter().filter(|one| one.origin.declared == form.place);
        of.map(|one| one.address.to_string()).collect()
    }
}

/// `modules/synapse/module.toml:12`, without the column, which does not help readers of a manifest.
fn at(place: &Place) -> String {
    format!("{}:{}", place.source.name, place.line_column().0)
}

/// The line of a place, trimmed.
fn line_of(place: &Place) -> String {
    let line = place.source.text.lines().nth(place.line_column().0.saturating_sub(1));
    page::line(line.unwrap_or_default())
}

/// The text of a place as in its file.
fn spelt(place: &Place) -> String {
    page::line(place.text())
}
