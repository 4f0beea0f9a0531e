//! A kind of resource: its meaning, its attributes, an example, and the resources of this kind in a spec.

use super::About;
use super::page::{ExplanationPage, row};
use crate::resource::Kind;

/// The page of a kind.
pub(super) fn page(about: &About<'_>, kind: &Kind) -> ExplanationPage {
    let mut page = ExplanationPage::new(format!("kind {}", kind.name));
    page.sentence(kind.summary);
    let attributes = kind.attributes.iter().map(|doc| {
        let default = match (doc.required, doc.default) {
            (true, _) => " Required.".to_owned(),
            (false, Some(default)) => format!(" Default: {default}."),
            (false, None) => String::new(),
        };
        row(format!("{}: {}", doc.name, doc.takes), format!("{}{default}", doc.doc))
    });
    page.part("attributes", attributes.collect());
    page.part("example", kind.example.trim().lines().map(|line| row("", line)).collect());
    let wanted = about.wanted.iter().flat_map(|wanted| &wanted.resources);
    let of = wanted.filter(|one| one.address.kind == kind.name);
    let rows = of.map(|one| row(one.address.to_string(), super::at(&one.origin.declared)));
    page.part("in this spec", rows.collect());
    page
}
